//! Whether the originals are still what they were when they were taken.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::PhotoError;
use super::files::hash_file;

/// One file among the originals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Where it lies.
    pub path: PathBuf,
    /// The hash that its name says; `None` if the name is none of ours.
    pub sha256: Option<String>,
}

/// Compares an original with the hash and, if given, the size it was recorded with.
///
/// # Errors
/// `photo-changed` if it differs, `photo-unreadable` if it is missing or cannot be read.
pub fn check(path: &Path, sha256: &str, size_bytes: Option<u64>) -> Result<(), PhotoError> {
    let (size, hash) = hash_file(path).map_err(PhotoError::unreadable(path))?;
    let why = match size_bytes {
        Some(expected) if expected != size => format!("it has {size} bytes instead of {expected}"),
        _ if hash != sha256 => format!("its SHA-256 is {hash} instead of {sha256}"),
        _ => return Ok(()),
    };
    Err(PhotoError::Changed { path: path.to_owned(), why })
}

/// All files among the originals of a photo folder, by name; none if no photo was ever taken.
///
/// # Errors
/// When a folder cannot be read.
pub fn originals(folder: &Path) -> io::Result<Vec<Original>> {
    let mut found = Vec::new();
    for shelf in entries(&folder.join("originals"))? {
        if shelf.is_dir() {
            found.extend(entries(&shelf)?.into_iter().map(original));
        } else {
            found.push(Original { path: shelf, sha256: None });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Checks one listed original against its own name.
///
/// # Errors
/// As [`check`]; a file with a foreign name is `photo-changed` as well.
pub fn check_listed(original: &Original) -> Result<(), PhotoError> {
    match &original.sha256 {
        Some(sha256) => check(&original.path, sha256, None),
        None => Err(PhotoError::Changed {
            path: original.path.clone(),
            why: "no photo was ever stored under such a name".into(),
        }),
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
        Ok(entries) => entries.map(|entry| entry.map(|e| e.path())).collect(),
    }
}

fn original(path: PathBuf) -> Original {
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let is_hash = stem.len() == 64 && stem.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let sha256 = is_hash.then(|| stem.to_owned());
    Original { path, sha256 }
}
