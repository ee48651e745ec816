//! Everything a device does without a window: a durable encrypted store, capture, photos, search, sync.
//!
//! The window (`src-tauri`) and the `shanxun` program are thin: they read arguments, take a [`Now`], call one function
//! of [`Home`] or of a module here, and print what it gives.

pub mod capture;
pub mod code;
pub mod demo;
mod error;
pub mod export;
mod home;
pub mod import;
pub mod maps;
mod now;
pub mod photos;
pub mod position;
pub mod rescue;
pub mod series;
pub mod settings;
pub mod storage;
pub mod store;
pub mod sync;

pub use error::{Error, Result};
pub use home::{Home, Key};
pub use now::Now;
