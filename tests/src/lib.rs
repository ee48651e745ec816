//! The harness: real programs as real processes, each with a home of its own, and the demo that is also a test.
//!
//! Everything here drives the machine interface (`shanxun --json`, `sync-server`, HTTP), as a user's script would.

pub mod clients;
pub mod crash;
pub mod demo;
pub mod device;
pub mod photographs;
pub mod programs;
pub mod proxy;
pub mod relay;
pub mod server;
pub mod simulation;
pub mod small_disk;
pub mod weak_link;
pub mod weather;

pub use device::Device;
pub use proxy::Proxy;
pub use relay::Relay;
pub use server::Server;
pub use weather::{Link, Weather};
