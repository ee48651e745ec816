//! Photo files in the spool: taken in piece by piece, passed on whole, thumbnails first.

use std::io::{self, Read, Seek, SeekFrom};

use domain::DocId;
use rusqlite::{Connection, Row, params};

use super::Spool;
use crate::error::ServerError;
use crate::limits::{PHOTO_BYTES_MAX, THUMBNAIL_BYTES_MAX, UPLOAD_VALID_MS};
use crate::photos::NewUpload;
use crate::storage::{StorageError, Stored, UploadKind};

const COLUMNS: &str = "n, id, doc, kind, sha256, length, mime, done, url, arrived_at_ms, refused";

/// A photo file that a device sends or has sent.
#[derive(Clone, Debug)]
pub struct KeptPhoto {
    /// Its place in the order of arrival.
    pub n: i64,
    /// The upload's name.
    pub id: String,
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
    /// Whether everything is here and adds up.
    pub done: bool,
    /// The upload that was begun at the central server.
    pub url: Option<String>,
    /// When it was announced, milliseconds since 1970.
    pub arrived_at_ms: i64,
    refused: bool,
}

impl Spool {
    /// Begins to take in a photo file, or goes on with one that was begun: the same file has one upload.
    ///
    /// # Errors
    /// When it is too large, the spool is full, or the disk fails.
    pub fn begin_photo(
        &self,
        new: &NewUpload,
        fresh_id: &str,
        came_from: &str,
        now_ms: i64,
    ) -> Result<KeptPhoto, ServerError> {
        let most = if new.kind == UploadKind::Original { PHOTO_BYTES_MAX } else { THUMBNAIL_BYTES_MAX };
        if new.length == 0 || new.length > most {
            return Err(ServerError::TooLarge(new.length, most));
        }
        if let Some(known) = self.known_photo(new)? {
            if known.length == new.length && !known.refused && self.files.upload_offset(&known.id).is_ok() {
                return Ok(known);
            }
            self.drop_photo(&known.id)?;
        }
        self.check_photo_room(came_from, new.length)?;
        let sql = "INSERT INTO photos (id, doc, kind, sha256, length, mime, came_from, arrived_at_ms) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let (doc, kind) = (new.doc.as_bytes().as_slice(), new.kind.as_str());
        let row = params![fresh_id, doc, kind, new.sha256.as_slice(), new.length, new.mime, came_from, now_ms];
        self.files.begin_upload(fresh_id)?;
        self.db().execute(sql, row).map_err(StorageError::from)?;
        self.photo(fresh_id)?.ok_or(ServerError::Internal)
    }

    fn known_photo(&self, new: &NewUpload) -> Stored<Option<KeptPhoto>> {
        let sql = format!("SELECT {COLUMNS} FROM photos WHERE doc = ?1 AND kind = ?2 AND sha256 = ?3");
        let key = params![new.doc.as_bytes().as_slice(), new.kind.as_str(), new.sha256.as_slice()];
        one(&self.db(), &sql, key)
    }

    fn check_photo_room(&self, came_from: &str, bytes: u64) -> Result<(), ServerError> {
        let sql = "SELECT coalesce(sum(length), 0), coalesce(sum(came_from = ?1), 0) FROM photos WHERE refused IS NULL";
        let room = self.db().query_row(sql, params![came_from], |r| Ok((r.get::<_, u64>(0)?, r.get::<_, u64>(1)?)));
        let (held, from_there) = room.map_err(StorageError::from)?;
        let is_full = held.saturating_add(bytes) > self.limits.photo_bytes;
        if is_full || from_there >= self.limits.photos_per_address { Err(ServerError::RelayFull) } else { Ok(()) }
    }

    /// One upload.
    ///
    /// # Errors
    /// When the database fails.
    pub fn photo(&self, id: &str) -> Stored<Option<KeptPhoto>> {
        one(&self.db(), &format!("SELECT {COLUMNS} FROM photos WHERE id = ?1 AND refused IS NULL"), params![id])
    }

    /// How many of its bytes are durable here.
    ///
    /// # Errors
    /// `upload-gone` if there is no such upload.
    pub fn photo_offset(&self, id: &str) -> Result<(KeptPhoto, u64), ServerError> {
        let photo = self.photo(id)?.ok_or(ServerError::Gone)?;
        match self.files.upload_offset(id) {
            Ok(offset) => Ok((photo, offset)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(ServerError::Gone),
            Err(e) => Err(e.into()),
        }
    }

    /// Adds a piece at the end; when it was the last, checks the whole. Gives the new end.
    ///
    /// # Errors
    /// `upload-offset` if it is not the end, `too-large` beyond the announced length, `content-mismatch` if the whole is
    /// not what was announced: then it is dropped.
    pub fn append_photo(&self, id: &str, at: u64, bytes: &[u8]) -> Result<u64, ServerError> {
        let (photo, offset) = self.photo_offset(id)?;
        if at != offset {
            return Err(ServerError::Offset { offset });
        }
        let end = offset.saturating_add(bytes.len() as u64);
        if end > photo.length {
            return Err(ServerError::TooLarge(end, photo.length));
        }
        if !photo.done {
            self.files.append_upload(id, offset, bytes)?;
            self.complete_photo(&photo, end)?;
        }
        Ok(end)
    }

    /// Checks a file that has all its bytes. Also for one whose last piece was written when the process ended.
    ///
    /// # Errors
    /// `content-mismatch`, and the upload is dropped.
    pub fn complete_photo(&self, photo: &KeptPhoto, end: u64) -> Result<(), ServerError> {
        if photo.done || end < photo.length {
            return Ok(());
        }
        if self.files.upload_hash(&photo.id)? != photo.sha256 {
            self.drop_photo(&photo.id)?;
            return Err(ServerError::Content);
        }
        let sql = "UPDATE photos SET done = 1 WHERE id = ?1";
        self.db().execute(sql, params![photo.id]).map_err(StorageError::from)?;
        Ok(())
    }

    /// The next photo file to pass on: thumbnails before originals, in the order they arrived.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_photo(&self, now_ms: i64) -> Stored<Option<KeptPhoto>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM photos WHERE done = 1 AND refused IS NULL AND next_try_ms <= ?1 \
             ORDER BY kind DESC, n LIMIT 1"
        );
        one(&self.db(), &sql, params![now_ms])
    }

    /// A piece of a photo file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_photo(&self, id: &str, at: u64, bytes_max: usize) -> io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(self.files.upload(id))?;
        file.seek(SeekFrom::Start(at))?;
        let mut piece = Vec::new();
        file.take(bytes_max as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }

    /// Notes the upload that was begun at the central server, or that it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_photo_url(&self, id: &str, url: Option<&str>) -> Stored<()> {
        self.db().execute("UPDATE photos SET url = ?2 WHERE id = ?1", params![id, url])?;
        Ok(())
    }

    /// Lets a photo wait until its record is there.
    ///
    /// # Errors
    /// When the database fails.
    pub fn postpone_photo(&self, id: &str, until_ms: i64) -> Stored<()> {
        self.db().execute("UPDATE photos SET next_try_ms = ?2 WHERE id = ?1", params![id, until_ms])?;
        Ok(())
    }

    /// New records have arrived at the central server: every photo may be tried again.
    ///
    /// # Errors
    /// When the database fails.
    pub fn retry_photos(&self) -> Stored<()> {
        self.db().execute("UPDATE photos SET next_try_ms = 0 WHERE next_try_ms > 0", [])?;
        Ok(())
    }

    /// Forgets an upload and its file.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub fn drop_photo(&self, id: &str) -> Result<(), ServerError> {
        self.db().execute("DELETE FROM photos WHERE id = ?1", params![id]).map_err(StorageError::from)?;
        Ok(self.files.drop_upload(id)?)
    }

    /// Sets a photo aside that the central server refused for good; its device still has the file.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub fn set_photo_aside(&self, id: &str, code: &str, now_ms: i64) -> Result<(), ServerError> {
        let sql = "UPDATE photos SET refused = ?2, refused_at_ms = ?3 WHERE id = ?1";
        let bound = "DELETE FROM photos WHERE refused IS NOT NULL AND n NOT IN \
                     (SELECT n FROM photos WHERE refused IS NOT NULL ORDER BY refused_at_ms DESC, n DESC LIMIT ?1)";
        {
            let db = self.db();
            db.execute(sql, params![id, code, now_ms]).map_err(StorageError::from)?;
            db.execute(bound, params![self.limits.aside]).map_err(StorageError::from)?;
        }
        Ok(self.files.drop_upload(id)?)
    }

    /// Clears away uploads that were begun and not finished in time.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub fn sweep_photos(&self, now_ms: i64) -> Result<(), ServerError> {
        let before_ms = now_ms.saturating_sub(UPLOAD_VALID_MS);
        let sql = "SELECT id FROM photos WHERE done = 0 AND refused IS NULL AND arrived_at_ms < ?1";
        let expired: Vec<String> = {
            let db = self.db();
            let mut statement = db.prepare_cached(sql).map_err(StorageError::from)?;
            let rows = statement.query_map(params![before_ms], |r| r.get(0)).map_err(StorageError::from)?;
            rows.collect::<Result<_, _>>().map_err(StorageError::from)?
        };
        expired.iter().try_for_each(|id| self.drop_photo(id))
    }
}

fn one(db: &Connection, sql: &str, key: impl rusqlite::Params) -> Stored<Option<KeptPhoto>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(key)?;
    rows.next()?.map(kept).transpose()
}

fn kept(row: &Row<'_>) -> Stored<KeptPhoto> {
    let corrupt = |what: &str| StorageError::Corrupt(format!("a photo of the spool: {what}"));
    let (doc, sha256): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(4)?);
    Ok(KeptPhoto {
        n: row.get(0)?,
        id: row.get(1)?,
        doc: DocId::from_slice(&doc).ok_or_else(|| corrupt("its record"))?,
        kind: UploadKind::from_word(&row.get::<_, String>(3)?).ok_or_else(|| corrupt("its kind"))?,
        sha256: sha256.try_into().map_err(|_| corrupt("its hash"))?,
        length: row.get(5)?,
        mime: row.get(6)?,
        done: row.get(7)?,
        url: row.get(8)?,
        arrived_at_ms: row.get(9)?,
        refused: row.get::<_, Option<String>>(10)?.is_some(),
    })
}
