//! Photos as evidence: the original kept bit for bit under its hash, and small upright copies of it to show and send.

mod copies;
mod decode;
mod error;
pub mod exif;
mod files;
mod intake;
mod jpeg;
mod sniff;
pub mod stamp;
pub mod verify;

pub use error::PhotoError;
pub use exif::ExifFacts;
pub use files::{clear_incoming, original_path, thumbnail_path, view_path};
pub use intake::{Ingested, Kept, intake, restore_copies};
pub use sniff::Format;

/// Largest photo file taken, in bytes. A 108-megapixel phone photo has about 40 MB.
pub const PHOTO_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Most pixels of one photo.
pub const PIXELS_MAX: u64 = 120_000_000;
/// Most memory that one photo may take while it is read, in bytes; a small file that unfolds to more is refused.
pub const DECODED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE_PX: u32 = 320;
/// Longest side of the copy shown on a screen, in pixels.
pub const VIEW_SIDE_PX: u32 = 2048;
