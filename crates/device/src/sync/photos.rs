//! The photo lane: thumbnails before originals, the newest record first, in chunks that a cut may cost one of.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::pace::Pace;
use super::relay;
use super::run::SyncReport;
use super::transport::{Transport, TransportError, UploadBegin, UploadFile, UploadStart};
use crate::error::Error;
use crate::photos::{Format, restore_copies, verify};
use crate::store::{Custody, PendingUpload, Store};

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
    let mut lane = Lane { store, transport, pace: Pace::default() };
    for &file in files {
        loop {
            let pending = relay::next_uploads(lane.store, report, file, UPLOADS_PER_READ)?;
            if pending.is_empty() {
                break;
            }
            for upload in pending {
                match lane.send_one(&upload) {
                    Ok(Custody::Relay) => relay::count(report, file),
                    Ok(Custody::Server) if file == UploadFile::Original => report.photos_sent += 1,
                    Ok(_) => {}
                    // One photo that cannot be sent must not hold up the others: its reason is kept beside it.
                    Err(Error::Photo { message, .. }) => set_aside(lane.store, &upload, &message, report)?,
                    Err(Error::Transport(TransportError::Refused { status, code, message }))
                        if (400..500).contains(&status) && !matches!(status, 408 | 423 | 425 | 429) =>
                    {
                        set_aside(lane.store, &upload, &format!("{code}: {message}"), report)?;
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

/// The store, the link, and what was learned of the link so far.
struct Lane<'a> {
    store: &'a mut Store,
    transport: &'a mut dyn Transport,
    pace: Pace,
}

/// One file on its way.
struct Sending<'u> {
    upload: &'u PendingUpload,
    begin: UploadBegin,
    file: File,
    /// The address of the upload, once there is one.
    address: Option<String>,
    /// Where the server stands; `None` while only the server knows.
    offset: Option<u64>,
}

impl Lane<'_> {
    /// Sends one file; says who holds it now, by whose receipt.
    fn send_one(&mut self, upload: &PendingUpload) -> Result<Custody, Error> {
        // What is damaged here would be refused at its end, again with every sync.
        if let Err(error) = verify::check(&upload.path, &upload.sha256, None) {
            return match upload.file {
                UploadFile::Original => Err(error.into()),
                UploadFile::Thumbnail => renew_thumbnail(self.store, upload).map(|()| Custody::Device),
            };
        }
        let mut sending = Sending::open(upload)?;
        let (mut failures, mut furthest) = (0, 0);
        while !sending.is_done() {
            match self.step(&mut sending) {
                Ok(()) => {}
                Err(Error::Transport(error)) if helps_to_ask_again(&error) => {
                    failures += 1;
                    // Only the server knows how much it kept of what broke off.
                    sending.offset = None;
                    self.pace.broke();
                    if !self.transport.pause(failures) {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error),
            }
            if let Some(offset) = sending.offset.filter(|&offset| offset > furthest) {
                (failures, furthest) = (0, offset);
            }
        }
        if sending.is_at_relay() {
            return self.store.mark_photo_relayed(upload).map(|()| Custody::Relay);
        }
        self.store.mark_sent(upload).map(|()| Custody::Server)
    }

    /// One round trip: asks where the server stands if that is not known, else sends the next chunk.
    fn step(&mut self, sending: &mut Sending<'_>) -> Result<(), Error> {
        let Some(address) = sending.address.clone() else { return self.begin(sending) };
        let Some(offset) = sending.offset else {
            sending.offset = relay::unless_no_link(self.transport.upload_offset(&address))?;
            if sending.offset.is_none() {
                sending.address = None;
            }
            return Ok(());
        };
        let chunk = sending.chunk(offset, self.pace.chunk_bytes())?;
        let started = Instant::now();
        sending.offset = Some(self.transport.upload_chunk(&address, offset, &chunk)?);
        self.pace.arrived(chunk.len(), started.elapsed());
        Ok(())
    }

    /// The first chunk goes with the announcement: of a small photo that is all of it.
    fn begin(&mut self, sending: &mut Sending<'_>) -> Result<(), Error> {
        // What a relay took the server may hold by now.
        let is_relayed = self.store.is_photo_relayed(sending.upload)?;
        let chunk = if is_relayed { Vec::new() } else { sending.chunk(0, self.pace.chunk_bytes())? };
        let started = Instant::now();
        let (start, offset) = self.transport.upload_begin_with(&sending.begin, &chunk)?;
        if offset > 0 {
            self.pace.arrived(chunk.len(), started.elapsed());
        }
        match start {
            UploadStart::Held => sending.offset = Some(sending.begin.size_bytes),
            // Not remembered: the relay knows the file again, and the server's own upload may go on another day.
            UploadStart::At(address) if relay::is_address(&address) => {
                sending.offset = Some(relay::offset(self.transport, &address)?);
                sending.address = Some(address);
            }
            UploadStart::At(address) => {
                // Nothing to remember of an upload that is complete.
                if offset < sending.begin.size_bytes {
                    self.store.mark_upload(sending.upload, &address)?;
                }
                (sending.address, sending.offset) = (Some(address), Some(offset));
            }
        }
        Ok(())
    }
}

impl<'u> Sending<'u> {
    fn open(upload: &'u PendingUpload) -> Result<Self, Error> {
        let file = File::open(&upload.path).map_err(|e| Error::photo(&upload.path, &e))?;
        let size_bytes = file.metadata().map_err(|e| Error::photo(&upload.path, &e))?.len();
        let begin = UploadBegin { photo: upload.photo, file: upload.file, sha256: upload.sha256.clone(), size_bytes };
        Ok(Self { upload, begin, file, address: upload.address.clone(), offset: None })
    }

    fn is_at_relay(&self) -> bool {
        self.address.as_deref().is_some_and(relay::is_address)
    }

    fn is_done(&self) -> bool {
        self.offset.is_some_and(|offset| offset >= self.begin.size_bytes)
    }

    fn chunk(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        read_at(&mut self.file, offset, length).map_err(|e| Error::photo(&self.upload.path, &e))
    }
}

/// A link that broke, a server that is busy, or one that stands elsewhere than was believed.
fn helps_to_ask_again(error: &TransportError) -> bool {
    !error.is_permanent() || matches!(error, TransportError::Refused { status: 409, .. })
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
