//! Taking one photo: hash first, then look at it, then keep the original and make its copies.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::copies;
use super::decode::{self, Decoded};
use super::error::PhotoError;
use super::exif::{self, ExifFacts};
use super::files::{self, Incoming, ReadFailed, original_path, thumbnail_path, view_path};
use super::sniff::{Content, Format, sniff};
use super::{PHOTO_BYTES_MAX, jpeg};

/// How the original came to lie where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was not here before.
    New,
    /// The same bytes were here already.
    Reused,
    /// A file of this name was here with other bytes (a bad disk); it was replaced by the good one.
    Repaired,
}

/// A photo that was taken: its facts and where its files lie. All of it is on the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingested {
    /// Of the original's bytes, lower-case hex.
    pub sha256: String,
    /// Of the original.
    pub size_bytes: u64,
    /// What it is, by content.
    pub format: Format,
    /// Width the right way up, pixels.
    pub width_px: u32,
    /// Height the right way up, pixels.
    pub height_px: u32,
    /// What the camera wrote.
    pub exif: ExifFacts,
    /// The original, bit for bit.
    pub original_path: PathBuf,
    /// The copy for lists.
    pub thumbnail_path: PathBuf,
    /// Of the thumbnail's bytes, lower-case hex.
    pub thumbnail_sha256: String,
    /// The copy for the screen.
    pub view_path: PathBuf,
    /// How the original came there.
    pub kept: Kept,
}

impl Ingested {
    /// The media type of the original.
    #[must_use]
    pub fn mime(&self) -> &'static str {
        self.format.mime()
    }

    /// The ending of the original.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        self.format.extension()
    }

    /// Whether the same bytes were here already.
    #[must_use]
    pub fn reused(&self) -> bool {
        self.kept == Kept::Reused
    }
}

/// Takes a photo into the folder `photos` of a home.
///
/// The bytes that are hashed are the bytes that are kept and the bytes that are looked at: the file is read once.
///
/// # Errors
/// See [`PhotoError`]. No record knows of it then; an original whose copies found no room stays for the next try.
pub fn intake(folder: &Path, file: &Path) -> Result<Ingested, PhotoError> {
    let Read { bytes, sha256, incoming } = read(folder, file)?;
    let format = recognise(file, &bytes)?;
    let picture = decode::decode(file, &bytes, format)?;
    let facts = exif::read(&bytes);
    let (width_px, height_px) = upright(picture.image.width(), picture.image.height(), facts.orientation);

    let original = original_path(folder, &sha256, format);
    let kept = keep(incoming, &original, bytes.len() as u64, &sha256)?;
    let size_bytes = bytes.len() as u64;
    drop(bytes);
    let thumbnail_sha256 = make_copies(folder, &sha256, picture, facts.orientation)?;
    Ok(Ingested {
        size_bytes,
        format,
        width_px,
        height_px,
        exif: facts,
        original_path: original,
        thumbnail_path: thumbnail_path(folder, &sha256),
        thumbnail_sha256,
        view_path: view_path(folder, &sha256),
        kept,
        sha256,
    })
}

/// Makes the copies of an original that is here again, for instance after somebody emptied `views/` to gain space.
/// Gives the hash of the thumbnail.
///
/// # Errors
/// When the original is missing, changed or cannot be decoded, or the copies cannot be written.
pub fn restore_copies(folder: &Path, sha256: &str, format: Format) -> Result<String, PhotoError> {
    let original = original_path(folder, sha256, format);
    let bytes = fs::read(&original).map_err(PhotoError::unreadable(&original))?;
    if files::hash(&bytes) != sha256 {
        return Err(PhotoError::Changed { path: original, why: "its hash differs".into() });
    }
    let picture = decode::decode(&original, &bytes, format)?;
    make_copies(folder, sha256, picture, exif::read(&bytes).orientation)
}

struct Read {
    bytes: Vec<u8>,
    sha256: String,
    incoming: Incoming,
}

/// Reads, hashes and copies in one pass.
fn read(folder: &Path, file: &Path) -> Result<Read, PhotoError> {
    let unreadable = |source| PhotoError::Unreadable { file: file.to_owned(), source };
    let about = fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    check_length(file, about.len())?;
    let mut source = File::open(file).map_err(unreadable)?;
    let mut incoming = Incoming::begin(folder)?;
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
    let read = files::read_hashing(&mut source, |chunk| {
        check_length(file, (bytes.len() + chunk.len()) as u64)?; // it may grow while it is read
        bytes.extend_from_slice(chunk);
        incoming.write(chunk).map_err(Stopped::Other)
    });
    let (_, sha256) = read.map_err(|stopped| match stopped {
        Stopped::Source(ReadFailed(source)) => unreadable(source),
        Stopped::Other(error) => error,
    })?;
    if bytes.is_empty() {
        return Err(PhotoError::Empty { file: file.to_owned() });
    }
    Ok(Read { bytes, sha256, incoming })
}

enum Stopped {
    Source(ReadFailed),
    Other(PhotoError),
}

impl From<ReadFailed> for Stopped {
    fn from(failed: ReadFailed) -> Self {
        Self::Source(failed)
    }
}

impl From<PhotoError> for Stopped {
    fn from(error: PhotoError) -> Self {
        Self::Other(error)
    }
}

fn check_length(file: &Path, bytes: u64) -> Result<(), PhotoError> {
    if bytes <= PHOTO_BYTES_MAX {
        return Ok(());
    }
    let (have, most) = (bytes >> 20, PHOTO_BYTES_MAX >> 20);
    Err(PhotoError::too_large(file, format!("the file has {have} MiB or more, the most is {most}")))
}

fn recognise(file: &Path, bytes: &[u8]) -> Result<Format, PhotoError> {
    match sniff(&bytes[..bytes.len().min(64)]) {
        Content::Picture(format) => Ok(format),
        Content::Other(what, advice) => {
            Err(PhotoError::Unsupported { file: file.to_owned(), what: what.to_owned(), advice })
        }
        Content::Zeros => Err(PhotoError::damaged(file, "it holds only zeros: its content never reached the card")),
        Content::Unknown => Err(PhotoError::Unsupported {
            file: file.to_owned(),
            what: "neither a JPEG nor a PNG nor a WebP picture".to_owned(),
            advice: "choose a photo",
        }),
    }
}

fn upright(width: u32, height: u32, orientation: u8) -> (u32, u32) {
    if (5..=8).contains(&orientation) { (height, width) } else { (width, height) }
}

/// Puts the original in its place, unless the same bytes lie there.
fn keep(incoming: Incoming, original: &Path, size_bytes: u64, sha256: &str) -> Result<Kept, PhotoError> {
    let there = match files::hash_file(original) {
        Ok((size, hash)) if size == size_bytes && hash == sha256 => {
            files::settle(original).map_err(PhotoError::not_stored(original))?;
            return Ok(Kept::Reused);
        }
        Ok(_) => Kept::Repaired,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Kept::New,
        Err(_) => Kept::Repaired, // unreadable sectors: the good copy takes its name
    };
    incoming.place(original)?;
    Ok(there)
}

/// Makes what is missing of the two copies and gives the thumbnail's hash. A sound thumbnail stays as it is: its hash
/// is written in a record already.
fn make_copies(folder: &Path, sha256: &str, picture: Decoded, orientation: u8) -> Result<String, PhotoError> {
    let (thumbnail, view) = (thumbnail_path(folder, sha256), view_path(folder, sha256));
    let sound = |path: &Path| fs::read(path).ok().filter(|bytes| jpeg::skeleton(bytes).is_ok());
    let there = sound(&thumbnail);
    if let Some(bytes) = there.as_ref().filter(|_| sound(&view).is_some()) {
        return Ok(files::hash(bytes));
    }
    let made = copies::make(picture, orientation)
        .map_err(|why| PhotoError::NotStored { path: view.clone(), source: io::Error::other(why) })?;
    files::store(folder, &view, &made.view)?;
    if let Some(bytes) = there {
        return Ok(files::hash(&bytes));
    }
    files::store(folder, &thumbnail, &made.thumbnail)?;
    Ok(files::hash(&made.thumbnail))
}
