//! Syncing: the planner of `domain::sync::plan` decides, this carries it out over a [`Transport`].
//!
//! Text goes first, then thumbnails, then originals, the newest record first. Every answer is written down in one
//! transaction before the next step, so a sync may be cut anywhere and started again.

pub mod auto;
mod enrol;
mod http;
mod observed;
mod pace;
mod patience;
mod photos;
mod relay;
mod run;
mod transport;

pub use enrol::{Enrolled, enrol};
pub use http::HttpTransport;
pub use observed::{Observed, Stage, Step};
pub use pace::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN};
pub use photos::PhotoMode;
pub use run::{RefusedChange, SyncOptions, SyncReport, run};
pub use transport::{
    EnrolAnswer, EnrolRequest, FormFile, Forms, Transport, TransportError, UploadBegin, UploadFile, UploadStart,
};
