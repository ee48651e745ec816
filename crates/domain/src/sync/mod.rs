//! The sync protocol as pure data and pure decisions; `docs/sync-protocol.md` describes it, the device and the server
//! carry it out.

pub mod batch;
mod columns;
mod cursors;
pub mod envelope;
pub mod message;
pub mod plan;
pub mod room;

pub use batch::Batch;
pub use envelope::{BODY_BYTES_MAX, EnvelopeError, open, seal};
pub use message::*;
