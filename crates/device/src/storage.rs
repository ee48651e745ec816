//! What a home takes on the disk, and what may be given back: originals that the server gave a receipt for, never others.

use std::path::Path;

use crate::error::{AtPath, Result};
use crate::home::Home;

/// A home in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The database with its log.
    pub database_bytes: u64,
    /// Originals.
    pub originals_bytes: u64,
    /// Thumbnails and screen copies.
    pub copies_bytes: u64,
    /// Base maps.
    pub maps_bytes: u64,
    /// Originals that may be dropped.
    pub droppable: u32,
    /// Their bytes.
    pub droppable_bytes: u64,
}

/// What a home takes.
///
/// # Errors
/// When the database fails.
pub fn usage(home: &Home) -> Result<Usage> {
    let photos = home.store.photos_dir();
    let droppable = home.store.droppable()?;
    let file = |name: &str| std::fs::metadata(home.dir.join(name)).map_or(0, |m| m.len());
    Ok(Usage {
        database_bytes: file("device.db") + file("device.db-wal"),
        originals_bytes: bytes_below(&photos.join("originals")),
        copies_bytes: bytes_below(&photos.join("thumbnails")) + bytes_below(&photos.join("views")),
        maps_bytes: bytes_below(&home.dir.join("maps")),
        droppable: u32::try_from(droppable.len()).unwrap_or(u32::MAX),
        droppable_bytes: droppable.iter().map(|d| d.size_bytes).sum(),
    })
}

/// Drops every original that is on the server by its receipt. The record says so before the file goes.
///
/// # Errors
/// When the database or the disk fails; what was not dropped stays as it was.
pub fn free_originals(home: &mut Home) -> Result<()> {
    for photo in home.store.droppable()? {
        home.store.forget_original(&photo.sha256)?;
        match std::fs::remove_file(&photo.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e).at(&photo.path),
            _ => {}
        }
    }
    Ok(())
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_below(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
