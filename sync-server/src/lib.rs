//! The server of Shanxun: authenticates devices, stores and relays their changes and photos.
//!
//! [`Server`] is the whole of it without a network; [`serve`] puts HTTP round it; the binary reads a command line.

pub mod accounts;
pub mod backup;
pub mod cli;
pub mod console;
pub mod desk;
pub mod documents;
pub mod environment;
pub mod error;
mod guard;
pub mod http;
pub mod integrity;
pub mod limits;
pub mod metrics;
pub mod permission;
pub mod photos;
pub mod presentation;
pub mod relay;
mod repair;
mod server;
pub mod storage;
pub mod sync;
mod turns;

pub use accounts::{Caller, Enrol, Enrolled, Login, NewUser};
pub use environment::Environment;
pub use error::ServerError;
pub use http::{Patience, serve, serve_with};
pub use server::{Config, DATABASE, Server, begin_new_epoch, load_forms};
