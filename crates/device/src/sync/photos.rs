//! The photo lane: thumbnails before originals, the newest record first, in chunks that a cut may cost one of.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::relay;
use super::run::SyncReport;
use super::transport::{Transport, TransportError, UploadBegin, UploadFile, UploadStart};
use crate::error::Error;
use crate::store::{Custody, PendingUpload, Store};

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
            let pending = relay::next_uploads(store, report, file, UPLOADS_PER_READ)?;
            if pending.is_empty() {
                break;
            }
            for upload in pending {
                match send_one(store, transport, &upload) {
                    Ok(Custody::Relay) => relay::count(report, file),
                    Ok(_) if file == UploadFile::Original => report.photos_sent += 1,
                    Ok(_) => {}
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

/// Sends one file; says who holds it now.
fn send_one(store: &mut Store, transport: &mut dyn Transport, upload: &PendingUpload) -> Result<Custody, Error> {
    let mut file = File::open(&upload.path).map_err(|e| Error::photo(&upload.path, &e))?;
    let size_bytes = file.metadata().map_err(|e| Error::photo(&upload.path, &e))?.len();
    let begin = UploadBegin { photo: upload.photo, file: upload.file, sha256: upload.sha256.clone(), size_bytes };
    let Some((address, offset)) = resume_or_begin(store, transport, upload, &begin)? else {
        return store.mark_sent(upload).map(|()| Custody::Server);
    };
    if relay::is_address(&address) {
        let offset = relay::offset(transport, &address)?;
        send_chunks(transport, &mut file, &upload.path, &address, offset, size_bytes)?;
        return store.mark_photo_relayed(upload).map(|()| Custody::Relay);
    }
    send_chunks(transport, &mut file, &upload.path, &address, offset, size_bytes)?;
    store.mark_sent(upload).map(|()| Custody::Server)
}

/// The address and the offset to go on from; `None` if the server has it all already.
fn resume_or_begin(
    store: &mut Store,
    transport: &mut dyn Transport,
    upload: &PendingUpload,
    begin: &UploadBegin,
) -> Result<Option<(String, u64)>, Error> {
    if let Some(address) = &upload.address
        && let Some(offset) = relay::unless_no_link(transport.upload_offset(address))?
    {
        return Ok(Some((address.clone(), offset)));
    }
    match transport.upload_begin(begin)? {
        UploadStart::Held => Ok(None),
        // Not remembered: the relay knows the file again, and the server's own upload may go on another day.
        UploadStart::At(address) if relay::is_address(&address) => Ok(Some((address, 0))),
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
