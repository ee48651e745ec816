//! Uploads and reading of photos. A picture may be read only through a photo record in the caller's scopes for which it
//! was uploaded; knowing a hash opens nothing.

use std::path::PathBuf;

use domain::{DocId, DocType};

use super::files::hash_file;
use crate::accounts::Caller;
use crate::error::ServerError;
use crate::limits::{PHOTO_BYTES_MAX, THUMBNAIL_BYTES_MAX, UPLOAD_VALID_MS, UPLOADS_PER_USER_MAX};
use crate::permission::Permission;
use crate::server::Server;
use crate::storage::{Stored, Tx, Upload, UploadKind, User, read, write};

/// What a client announces.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// The photo record it belongs to.
    pub doc: DocId,
    /// Original or thumbnail.
    pub kind: UploadKind,
    /// What the bytes add up to.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub length: u64,
    /// Their media type.
    pub mime: String,
}

/// An upload and how far it is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The upload.
    pub upload: Upload,
    /// Bytes that are durable.
    pub offset: u64,
    /// Whether nothing needs to be sent, as the server holds it.
    pub held: bool,
}

/// A picture to be read.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its file.
    pub path: PathBuf,
    /// Its media type.
    pub mime: String,
}

impl Server {
    /// Begins an upload for a photo record the caller may see, which names this very picture.
    ///
    /// # Errors
    /// `photo-unknown` if there is no such record, `too-large`, `uploads-too-many`.
    pub fn begin_upload(&self, caller: &Caller, new: &NewUpload) -> Result<Progress, ServerError> {
        caller.may(Permission::UploadPhotos)?;
        let most = if new.kind == UploadKind::Original { PHOTO_BYTES_MAX } else { THUMBNAIL_BYTES_MAX };
        if new.length == 0 {
            return Err(ServerError::invalid("照片不能为空", "a picture has at least one byte"));
        }
        if new.length > most {
            return Err(ServerError::TooLarge(new.length, most));
        }
        let id = hex::encode(self.environment().random::<16>());
        let expires_at_ms = self.now_ms().saturating_add(UPLOAD_VALID_MS);
        let user = caller.user();
        let (upload, replaced) = write(self.storage(), |tx| {
            check_record(tx, user, new)?;
            // A client that never heard the address of its upload begins again; the other one is of no use to anybody.
            let replaced = tx.unfinished_uploads(user.person.id, new.doc, new.kind)?;
            replaced.iter().try_for_each(|id| tx.remove_upload(id))?;
            if tx.open_uploads(user.person.id)? >= UPLOADS_PER_USER_MAX {
                return Err(ServerError::TooManyUploads);
            }
            let done = take_from_held(tx, user, new)?;
            let upload = Upload {
                id,
                user: user.person.id,
                doc: new.doc,
                kind: new.kind,
                sha256: new.sha256,
                length: new.length,
                mime: new.mime.clone(),
                done,
                expires_at_ms,
            };
            tx.add_upload(&upload)?;
            Ok((upload, replaced))
        })?;
        replaced.iter().try_for_each(|id| self.files().drop_upload(id))?;
        if !upload.done {
            self.files().begin_upload(&upload.id)?;
        }
        Ok(Progress { offset: if upload.done { upload.length } else { 0 }, held: upload.done, upload })
    }

    /// How far an upload of the caller is.
    ///
    /// # Errors
    /// `not-found` for another's, `upload-gone` after it expired.
    pub fn upload_progress(&self, caller: &Caller, id: &str) -> Result<Progress, ServerError> {
        caller.may(Permission::UploadPhotos)?;
        let upload = read(self.storage(), |tx| tx.upload(id))?;
        let upload = upload.filter(|u| u.user == caller.user().person.id).ok_or(ServerError::NotFound)?;
        if upload.expires_at_ms <= self.now_ms() {
            return Err(ServerError::Gone);
        }
        if upload.done {
            return Ok(Progress { offset: upload.length, held: true, upload });
        }
        match self.files().upload_offset(id) {
            // The process ended after the last piece and before the whole was checked: the client has nothing to send.
            Ok(offset) if offset >= upload.length => {
                self.complete(&upload)?;
                Ok(Progress { offset: upload.length, held: true, upload: Upload { done: true, ..upload } })
            }
            Ok(offset) => Ok(Progress { upload, offset, held: false }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => self.resume_moved(upload),
            Err(e) => Err(e.into()),
        }
    }

    /// The process ended after the file was moved to its place and before that was noted.
    fn resume_moved(&self, upload: Upload) -> Result<Progress, ServerError> {
        self.take_moved(&upload)?;
        Ok(Progress { offset: upload.length, held: true, upload: Upload { done: true, ..upload } })
    }

    fn take_moved(&self, upload: &Upload) -> Result<(), ServerError> {
        let place = self.place_of(upload);
        if hash_file(&place).ok() != Some(upload.sha256) {
            return Err(ServerError::Gone);
        }
        self.files().settle(&place)?;
        self.note_held(upload)
    }

    /// Adds a piece at the end of an upload; when it was the last, checks the whole.
    ///
    /// # Errors
    /// `upload-offset` if it is not the end, `too-large` beyond the announced length, `content-mismatch` if the whole is
    /// not what was announced: then the upload is dropped.
    pub fn append(&self, progress: &Progress, bytes: &[u8]) -> Result<Progress, ServerError> {
        let Progress { upload, offset, held } = progress;
        let end = offset.saturating_add(bytes.len() as u64);
        if end > upload.length {
            return Err(ServerError::TooLarge(end, upload.length));
        }
        if *held {
            return Ok(progress.clone());
        }
        self.files().append_upload(&upload.id, *offset, bytes).map_err(gone_if_missing)?;
        self.metrics().received(bytes.len() as u64);
        if end < upload.length {
            return Ok(Progress { upload: upload.clone(), offset: end, held: false });
        }
        self.complete(upload)?;
        Ok(Progress { upload: Upload { done: true, ..upload.clone() }, offset: end, held: true })
    }

    fn complete(&self, upload: &Upload) -> Result<(), ServerError> {
        match self.check_and_keep(upload) {
            // Another request of the same client did that just now.
            Err(ServerError::Io(e)) if e.kind() == std::io::ErrorKind::NotFound => return self.take_moved(upload),
            other => other?,
        }
        self.note_held(upload)?;
        self.metrics().uploaded();
        Ok(())
    }

    fn check_and_keep(&self, upload: &Upload) -> Result<(), ServerError> {
        if self.files().upload_hash(&upload.id)? != upload.sha256 {
            write(self.storage(), |tx| tx.remove_upload(&upload.id))?;
            self.files().drop_upload(&upload.id)?;
            return Err(ServerError::Content);
        }
        Ok(self.files().keep_upload(&upload.id, &self.place_of(upload))?)
    }

    fn place_of(&self, upload: &Upload) -> PathBuf {
        match upload.kind {
            UploadKind::Original => self.files().original(&upload.sha256),
            UploadKind::Thumbnail => self.files().thumbnail(upload.doc),
        }
    }

    fn note_held(&self, upload: &Upload) -> Result<(), ServerError> {
        Ok(write(self.storage(), |tx| {
            if upload.kind == UploadKind::Original {
                tx.add_blob(&upload.sha256, upload.length, &upload.mime)?;
            }
            tx.finish_upload(&upload.id)?;
            hold(tx, upload.doc, &upload.sha256, upload.kind)
        })?)
    }

    /// Ends an upload of the caller and forgets what arrived of it.
    ///
    /// # Errors
    /// As [`Server::upload_progress`].
    pub fn end_upload(&self, caller: &Caller, id: &str) -> Result<(), ServerError> {
        self.upload_progress(caller, id)?;
        write(self.storage(), |tx| tx.remove_upload(id))?;
        Ok(self.files().drop_upload(id)?)
    }

    /// An original, if a photo record in the caller's scopes holds it.
    ///
    /// # Errors
    /// `not-found` otherwise, whether it exists or not.
    pub fn original(&self, caller: &Caller, sha256: &[u8; 32]) -> Result<Picture, ServerError> {
        caller.may(Permission::ReadPhotos)?;
        let mime = read(self.storage(), |tx| {
            let readable = held_by_visible(tx, caller.user(), sha256)?;
            Ok::<_, ServerError>(tx.blob(sha256)?.filter(|_| readable).map(|(_, mime)| mime))
        })?;
        Ok(Picture { path: self.files().original(sha256), mime: mime.ok_or(ServerError::NotFound)? })
    }

    /// The thumbnail of a photo record in the caller's scopes that names this original.
    ///
    /// # Errors
    /// `not-found` otherwise, whether it exists or not.
    pub fn thumbnail(&self, caller: &Caller, sha256: &[u8; 32]) -> Result<Picture, ServerError> {
        caller.may(Permission::ReadPhotos)?;
        let doc = read(self.storage(), |tx| {
            for doc in tx.naming(sha256)? {
                if caller.user().sees(&tx.scopes(doc)?) && tx.is_held(doc, UploadKind::Thumbnail)? {
                    return Ok::<_, ServerError>(Some(doc));
                }
            }
            Ok(None)
        })?;
        let doc = doc.ok_or(ServerError::NotFound)?;
        Ok(Picture { path: self.files().thumbnail(doc), mime: "image/jpeg".into() })
    }
}

/// The file is missing when the upload was ended or begun again meanwhile.
fn gone_if_missing(error: std::io::Error) -> ServerError {
    if error.kind() == std::io::ErrorKind::NotFound { ServerError::Gone } else { error.into() }
}

/// The record must be here first, be one the user sees, and name this picture: text goes before photos.
fn check_record(tx: &dyn Tx, user: &User, new: &NewUpload) -> Result<(), ServerError> {
    let head = tx.doc(new.doc)?.filter(|head| head.key.doc_type == DocType::Photo);
    let seen = head.is_some() && user.sees(&tx.scopes(new.doc)?);
    let names = new.kind == UploadKind::Thumbnail || tx.named(new.doc)?.contains(&new.sha256);
    if seen && names { Ok(()) } else { Err(ServerError::PhotoUnknown) }
}

/// What the user could already read need not be sent again.
fn take_from_held(tx: &dyn Tx, user: &User, new: &NewUpload) -> Stored<bool> {
    if new.kind == UploadKind::Thumbnail {
        return tx.is_held(new.doc, UploadKind::Thumbnail);
    }
    if !held_by_visible(tx, user, &new.sha256)? {
        return Ok(false);
    }
    hold(tx, new.doc, &new.sha256, new.kind)?;
    Ok(true)
}

fn held_by_visible(tx: &dyn Tx, user: &User, sha256: &[u8; 32]) -> Stored<bool> {
    for doc in tx.holders(sha256, UploadKind::Original)? {
        if user.sees(&tx.scopes(doc)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Everyone who has the record learns that its picture is here. A thumbnail alone is no news to anybody.
fn hold(tx: &dyn Tx, doc: DocId, sha256: &[u8; 32], kind: UploadKind) -> Stored<()> {
    tx.set_held(doc, sha256, kind)?;
    if !tx.is_held(doc, UploadKind::Original)? {
        return Ok(());
    }
    let pos = tx.next_pos()?;
    tx.touch(doc, pos)
}
