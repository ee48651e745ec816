//! Where photo files lie, and how one is put there so that it survives a power cut.
//!
//! ```text
//! photos/incoming/            being written; whatever is left here after a crash is rubbish
//! photos/originals/ab/<sha256>.<jpg|png|webp>
//! photos/thumbnails/ab/<sha256>.jpg
//! photos/views/ab/<sha256>.jpg
//! ```
//! `ab` are the first two letters of the hash, always that of the original: ten thousand files in one folder are slow.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::error::PhotoError;
use super::sniff::Format;
use crate::store::sync_folder;

const CHUNK_BYTES: usize = 256 * 1024;

/// Where an original lies.
#[must_use]
pub fn original_path(folder: &Path, sha256: &str, format: Format) -> PathBuf {
    within(folder, "originals", sha256, format.extension())
}

/// Where the thumbnail of an original lies.
#[must_use]
pub fn thumbnail_path(folder: &Path, sha256: &str) -> PathBuf {
    within(folder, "thumbnails", sha256, "jpg")
}

/// Where the copy for the screen lies.
#[must_use]
pub fn view_path(folder: &Path, sha256: &str) -> PathBuf {
    within(folder, "views", sha256, "jpg")
}

fn within(folder: &Path, shelf: &str, sha256: &str, extension: &str) -> PathBuf {
    // A hash from elsewhere may be anything; only letters and digits may become a path.
    let safe: String = sha256.chars().filter(char::is_ascii_alphanumeric).collect();
    folder.join(shelf).join(safe.get(..2).unwrap_or("00")).join(format!("{safe}.{extension}"))
}

fn incoming(folder: &Path) -> PathBuf {
    folder.join("incoming")
}

/// Removes what a crash left half written; called when a home is opened. Does nothing while another process takes a
/// photo in. Gives how many files went.
///
/// # Errors
/// When the folder cannot be read or a file cannot be removed.
pub fn clear_incoming(folder: &Path) -> io::Result<usize> {
    let shelf = incoming(folder);
    let entries = match fs::read_dir(&shelf) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?.collect::<io::Result<Vec<_>>>()?,
    };
    if entries.is_empty() {
        return Ok(0);
    }
    let turn = File::open(turn_of(folder)).or_else(|_| File::create(turn_of(folder)))?;
    match turn.try_lock() {
        Err(fs::TryLockError::WouldBlock) => return Ok(0),
        other => other.map_err(io::Error::from)?,
    }
    for entry in &entries {
        match fs::remove_file(entry.path()) {
            // It took its name between the look and the lock.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(entries.len())
}

/// Everybody who takes a photo in shares this lock; who clears up needs it alone.
fn turn_of(folder: &Path) -> PathBuf {
    folder.join("incoming.lock")
}

/// Makes sure that a file which is there already, maybe from a program that was killed, would survive a power cut.
pub(super) fn settle(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// A file on its way in: invisible under its final name until [`Incoming::place`].
pub(super) struct Incoming {
    file: NamedTempFile,
    /// Kept as long as the file may be half written.
    _turn: File,
}

impl Incoming {
    /// Begins a file; dropping it without placing it removes it.
    pub fn begin(folder: &Path) -> Result<Self, PhotoError> {
        let shelf = incoming(folder);
        let failed = |source| PhotoError::NotStored { path: shelf.clone(), source };
        fs::create_dir_all(&shelf).map_err(failed)?;
        let turn = File::options().create(true).truncate(false).write(true).open(turn_of(folder)).map_err(failed)?;
        turn.lock_shared().map_err(failed)?;
        let file = tempfile::Builder::new().prefix("photo-").tempfile_in(&shelf).map_err(failed)?;
        Ok(Self { file, _turn: turn })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), PhotoError> {
        let path = self.file.path().to_owned();
        self.file.write_all(bytes).map_err(PhotoError::not_stored(&path))
    }

    /// Gives the file its name: its bytes, then its name, then the folders are on the disk when this returns.
    pub fn place(self, path: &Path) -> Result<(), PhotoError> {
        let failed = |source| PhotoError::NotStored { path: path.to_owned(), source };
        self.file.as_file().sync_all().map_err(failed)?;
        let parent = path.parent().unwrap_or(Path::new("."));
        create_folder_durably(parent).map_err(failed)?;
        self.file.persist(path).map_err(|e| failed(e.error))?;
        sync_folder(parent).map_err(failed)
    }
}

/// Writes a whole small file the same way.
pub(super) fn store(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), PhotoError> {
    let mut file = Incoming::begin(folder)?;
    file.write(bytes)?;
    file.place(path)
}

/// Makes a folder and its missing parents; each new name is on the disk when this returns.
fn create_folder_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(parent) = folder.parent() else { return fs::create_dir_all(folder) };
    create_folder_durably(parent)?;
    match fs::create_dir(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    sync_folder(parent)
}

/// Reads in pieces, so that the caller decides what is kept in memory. Gives the size and the hash.
pub(super) fn read_hashing<E: From<ReadFailed>>(
    reader: &mut impl Read,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(u64, String), E> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut size_bytes = 0;
    loop {
        let n = match reader.read(&mut buffer) {
            Ok(0) => return Ok((size_bytes, hex::encode(hash.finalize()))),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(ReadFailed(e).into()),
        };
        hash.update(&buffer[..n]);
        size_bytes += n as u64;
        take(&buffer[..n])?;
    }
}

/// The source failed while it was read, as opposed to what was done with its bytes.
pub(super) struct ReadFailed(pub io::Error);

impl From<ReadFailed> for io::Error {
    fn from(failed: ReadFailed) -> Self {
        failed.0
    }
}

/// Size and hash of a file.
pub(super) fn hash_file(path: &Path) -> io::Result<(u64, String)> {
    read_hashing(&mut File::open(path)?, |_| Ok::<(), io::Error>(()))
}

/// The hash of bytes in memory.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
