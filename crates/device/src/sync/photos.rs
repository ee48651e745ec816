//! The photo lane: thumbnails before originals, the newest record first, in chunks that a cut may cost one of.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::run::SyncReport;
use super::transport::{Transport, TransportError, UploadBegin, UploadFile, UploadStart};
use crate::error::Error;
use crate::photos::{Format, restore_copies, verify};
use crate::store::{PendingUpload, Store};

/// Bytes of the smallest chunk, with which an upload starts.
pub const CHUNK_BYTES_MIN: usize = 64 * 1024;
/// Bytes of the largest chunk: what a cut may cost.
pub const CHUNK_BYTES_MAX: usize = 1024 * 1024;
/// A chunk that takes less than this lets the next be larger.
const QUICK: Duration = Duration::from_secs(2);
/// How often a chunk may fail, one after another, before the sync gives up for now.
const FAILURES_MAX: u32 = 3;
/// How many uploads are read from the store at once.
const UPLOADS_PER_READ: usize = 64;

/// How much of the photos to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoMode {
    /// Thumbnails, then originals.
    #[default]
    All,
    /// Thumbnails only: a metered link.
    Thumbnails,
    /// Nothing but text.
    None,
}

/// Sends what the mode allows, until nothing is left that can be sent.
pub(super) fn send(
    store: &mut Store,
    transport: &mut dyn Transport,
    mode: PhotoMode,
    report: &mut SyncReport,
) -> Result<(), Error> {
    let files: &[UploadFile] = match mode {
        PhotoMode::None => &[],
        PhotoMode::Thumbnails => &[UploadFile::Thumbnail],
        PhotoMode::All => &[UploadFile::Thumbnail, UploadFile::Original],
    };
    store.clear_upload_problems()?;
    for &file in files {
        loop {
            let pending = store.next_uploads(file, UPLOADS_PER_READ)?;
            if pending.is_empty() {
                break;
            }
            for upload in pending {
                match send_one(store, transport, &upload) {
                    Ok(()) if file == UploadFile::Original => report.photos_sent += 1,
                    Ok(()) => {}
                    // One photo that cannot be sent must not hold up the others: its reason is kept beside it.
                    Err(Error::Photo { message, .. }) => set_aside(store, &upload, &message, report)?,
                    Err(Error::Transport(TransportError::Refused { status, code, message }))
                        if (400..500).contains(&status) && !matches!(status, 408 | 423 | 425 | 429) =>
                    {
                        set_aside(store, &upload, &format!("{code}: {message}"), report)?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(())
}

fn set_aside(store: &mut Store, upload: &PendingUpload, why: &str, report: &mut SyncReport) -> Result<(), Error> {
    store.set_upload_problem(upload, why)?;
    report.photo_problems.push(format!("{}: {why}", upload.photo));
    Ok(())
}

fn send_one(store: &mut Store, transport: &mut dyn Transport, upload: &PendingUpload) -> Result<(), Error> {
    // What is damaged here would be refused at its end, again with every sync.
    if let Err(error) = verify::check(&upload.path, &upload.sha256, None) {
        return match upload.file {
            UploadFile::Original => Err(error.into()),
            UploadFile::Thumbnail => renew_thumbnail(store, upload),
        };
    }
    let mut file = File::open(&upload.path).map_err(|e| Error::photo(&upload.path, &e))?;
    let size_bytes = file.metadata().map_err(|e| Error::photo(&upload.path, &e))?.len();
    let begin = UploadBegin { photo: upload.photo, file: upload.file, sha256: upload.sha256.clone(), size_bytes };
    let Some((address, offset)) = resume_or_begin(store, transport, upload, &begin)? else {
        return store.mark_sent(upload);
    };
    send_chunks(transport, &mut file, &upload.path, &address, offset, size_bytes)?;
    store.mark_sent(upload)
}

/// Makes a damaged thumbnail again; it is sent when its turn comes. Where the original is damaged too there is none.
fn renew_thumbnail(store: &mut Store, upload: &PendingUpload) -> Result<(), Error> {
    let file = store.photo_file(upload.photo)?;
    let original = file.as_ref().and_then(|file| file.original.as_deref());
    let made = match original.and_then(Format::of_file).zip(file.as_ref()) {
        Some((format, file)) => {
            // A file that is not there need not be removed.
            let _ = std::fs::remove_file(&upload.path);
            restore_copies(&store.photos_dir(), &file.sha256, format)
        }
        None => return store.set_thumbnail(upload.photo, None),
    };
    match made {
        Err(error) if error.is_disk_full() => Err(error.into()),
        made => store.set_thumbnail(upload.photo, made.ok().as_deref()),
    }
}

/// The address and the offset to go on from; `None` if the server has it all already.
fn resume_or_begin(
    store: &mut Store,
    transport: &mut dyn Transport,
    upload: &PendingUpload,
    begin: &UploadBegin,
) -> Result<Option<(String, u64)>, Error> {
    if let Some(address) = &upload.address
        && let Some(offset) = transport.upload_offset(address)?
    {
        return Ok(Some((address.clone(), offset)));
    }
    match transport.upload_begin(begin)? {
        UploadStart::Held => Ok(None),
        UploadStart::At(address) => {
            store.mark_upload(upload, &address)?;
            Ok(Some((address, 0)))
        }
    }
}

fn send_chunks(
    transport: &mut dyn Transport,
    file: &mut File,
    path: &std::path::Path,
    address: &str,
    mut offset: u64,
    size_bytes: u64,
) -> Result<(), Error> {
    let mut chunk_bytes = CHUNK_BYTES_MIN;
    let mut failures = 0;
    while offset < size_bytes {
        let chunk = read_at(file, offset, chunk_bytes).map_err(|e| Error::photo(path, &e))?;
        let started = Instant::now();
        match transport.upload_chunk(address, offset, &chunk) {
            Ok(reached) => {
                failures = 0;
                if started.elapsed() < QUICK {
                    chunk_bytes = (chunk_bytes * 2).min(CHUNK_BYTES_MAX);
                }
                offset = reached;
            }
            Err(error) if error.is_permanent() => return Err(error.into()),
            Err(error) => {
                failures += 1;
                chunk_bytes = (chunk_bytes / 2).max(CHUNK_BYTES_MIN);
                if failures >= FAILURES_MAX {
                    return Err(error.into());
                }
                // Only the server knows how much of the broken chunk it kept.
                offset = transport.upload_offset(address)?.ok_or(error)?;
            }
        }
    }
    Ok(())
}

fn read_at(file: &mut File, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut chunk = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut chunk)?;
    if chunk.is_empty() {
        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the file became shorter"));
    }
    Ok(chunk)
}
