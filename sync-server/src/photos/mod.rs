//! Photos: resumable uploads, contents stored once, readable only through a record that holds them.

mod files;
mod locks;
mod uploads;

pub use files::{PhotoFiles, hash_file};
pub use locks::{UploadLock, UploadLocks};
pub use uploads::{NewUpload, Picture, Progress};
