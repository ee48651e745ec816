//! The queue of photo files: what is here, what was sent by receipt, what cannot be sent and why.

use std::path::{Path, PathBuf};

use domain::sync::Left;
use domain::{DocId, Seq};
use rusqlite::OptionalExtension;

use super::meta::Own;
use super::write::Writer;
use super::{Store, read};
use crate::error::Result;
use crate::photos::{Ingested, thumbnail_path, view_path};
use crate::sync::UploadFile;

/// A file that is to be sent.
#[derive(Clone, Debug)]
pub struct PendingUpload {
    /// The photo document.
    pub photo: DocId,
    /// Which of its files.
    pub file: UploadFile,
    /// Hex SHA-256 of the file.
    pub sha256: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The address of an upload that was begun.
    pub address: Option<String>,
}

/// A photo as far as its files go.
#[derive(Clone, Debug)]
pub struct PhotoFile {
    /// The photo document.
    pub photo: DocId,
    /// Hex SHA-256 of the original.
    pub sha256: String,
    /// Bytes of the original.
    pub size_bytes: u64,
    /// The original, if it is here.
    pub original: Option<PathBuf>,
    /// The copy for lists.
    pub thumbnail: PathBuf,
    /// The copy for the screen.
    pub view: PathBuf,
    /// Whether the server gave a receipt for the original.
    pub original_sent: bool,
    /// Why it cannot be sent, if it cannot.
    pub problem: Option<String>,
}

impl Store {
    /// The folder of the photo files.
    #[must_use]
    pub fn photos_dir(&self) -> PathBuf {
        self.dir.join("photos")
    }

    /// Files to send, the newest record first; photos whose own record is not on the server yet wait for it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_uploads(&self, file: UploadFile, limit: usize) -> Result<Vec<PendingUpload>> {
        let own = Own::load(&self.db)?;
        let sql = match file {
            UploadFile::Thumbnail => include_str!("next_thumbnails.sql"),
            UploadFile::Original => include_str!("next_originals.sql"),
        };
        self.pending_uploads(sql, file, (own.actor.0, own.acked, limit))
    }

    /// The files a query names, given this device's number, the last change that is where the files go, and a limit.
    pub(super) fn pending_uploads(
        &self,
        sql: &str,
        file: UploadFile,
        which: (u32, Seq, usize),
    ) -> Result<Vec<PendingUpload>> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(which)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let (original, sha256): (String, String) = (row.get(1)?, row.get(2)?);
            let path = match file {
                UploadFile::Thumbnail => thumbnail_path(&self.photos_dir(), &original),
                UploadFile::Original => original_at(&self.photos_dir(), &original),
            };
            let photo = DocId(uuid::Uuid::from_bytes(row.get(0)?));
            out.push(PendingUpload { photo, file, sha256, path, address: row.get(3)? });
        }
        Ok(out)
    }

    /// Remembers where a begun upload goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_upload(&mut self, upload: &PendingUpload, address: &str) -> Result<()> {
        let sql = match upload.file {
            UploadFile::Thumbnail => "update photos set thumbnail_url = ?2 where doc = ?1",
            UploadFile::Original => "update photos set upload_url = ?2 where doc = ?1",
        };
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute((upload.photo.as_bytes(), address)).map(|_| ())?))
    }

    /// Writes down the server's receipt.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_sent(&mut self, upload: &PendingUpload) -> Result<()> {
        let sql = match upload.file {
            UploadFile::Thumbnail => "update photos set thumbnail_sent = 1, thumbnail_url = null where doc = ?1",
            UploadFile::Original => "update photos set original_sent = 1, upload_url = null where doc = ?1",
        };
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute([upload.photo.as_bytes()]).map(|_| ())?))
    }

    /// Notes what the thumbnail of a photo is now; without one only the original is sent.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_thumbnail(&mut self, photo: DocId, sha256: Option<&str>) -> Result<()> {
        let sql = "update photos set thumbnail_sha256 = ?2, thumbnail_url = null where doc = ?1";
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute((photo.as_bytes(), sha256)).map(|_| ())?))
    }

    /// Sets a photo aside that cannot be sent, with the reason.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_upload_problem(&mut self, upload: &PendingUpload, why: &str) -> Result<()> {
        let sql = "update photos set problem = ?2 where doc = ?1";
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute((upload.photo.as_bytes(), why)).map(|_| ())?))
    }

    /// Gives the photos that were set aside another chance.
    ///
    /// # Errors
    /// When the database fails.
    pub fn clear_upload_problems(&mut self) -> Result<()> {
        let any: bool =
            self.db.query_row("select exists (select 1 from photos where problem is not null)", [], |r| r.get(0))?;
        if !any {
            return Ok(());
        }
        self.write(|w| Ok(w.db.execute("update photos set problem = null", []).map(|_| ())?))
    }

    /// What is still only on this device.
    ///
    /// # Errors
    /// When the database fails.
    pub fn left(&self) -> Result<Left> {
        let own = Own::load(&self.db)?;
        let records = "select count(distinct t.doc) from change_docs t left join docs d on d.id = t.doc \
                       where t.actor = ?1 and t.seq > ?2 and coalesce(d.type, '') <> 'photo'";
        let photos =
            "select count(*), coalesce(sum(size_bytes), 0) from photos where original = 1 and original_sent = 0";
        let (photos, photo_bytes) = self.db.query_row(photos, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let records = self.db.query_row(records, (own.actor.0, own.acked), |r| r.get(0))?;
        Ok(Left { records, photos, photo_bytes })
    }

    /// The files of a photo document; `None` if none of them is here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn photo_file(&self, photo: DocId) -> Result<Option<PhotoFile>> {
        let sql = "select doc, sha256, size_bytes, original, original_sent, problem from photos where doc = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        Ok(statement.query_row([photo.as_bytes()], |r| self.photo_row(r)).optional()?)
    }

    /// Every photo whose files are here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn photo_files(&self) -> Result<Vec<PhotoFile>> {
        let sql = "select doc, sha256, size_bytes, original, original_sent, problem from photos order by doc";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| self.photo_row(r))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn photo_row(&self, row: &rusqlite::Row<'_>) -> rusqlite::Result<PhotoFile> {
        let sha256: String = row.get(1)?;
        let folder = self.photos_dir();
        Ok(PhotoFile {
            photo: DocId(uuid::Uuid::from_bytes(row.get(0)?)),
            size_bytes: row.get(2)?,
            original: row.get::<_, bool>(3)?.then(|| original_at(&folder, &sha256)),
            thumbnail: thumbnail_path(&folder, &sha256),
            view: view_path(&folder, &sha256),
            original_sent: row.get(4)?,
            problem: row.get(5)?,
            sha256,
        })
    }
}

impl Writer<'_> {
    /// Notes the files of a photo document that was just taken in.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add_photo_file(&mut self, photo: DocId, taken: &Ingested) -> Result<()> {
        let sql = "insert into photos (doc, sha256, size_bytes, original, thumbnail_sha256) values (?1, ?2, ?3, 1, ?4) \
                   on conflict (doc) do update set original = 1";
        self.db.prepare_cached(sql)?.execute((
            photo.as_bytes(),
            &taken.sha256,
            taken.size_bytes,
            &taken.thumbnail_sha256,
        ))?;
        Ok(())
    }

    /// The photo document of a record with the same content, if it has one already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn same_photo(&self, owner: DocId, sha256: &str) -> Result<Option<DocId>> {
        let Some((key, version)) = read::key(self.db, owner)? else { return Ok(None) };
        let form = super::view::form_of(self.catalogue, &key, version);
        let document = super::registers::load_document(self.db, key)?;
        let values = super::view::view_of(&document, form).values;
        let mut statement = self.db.prepare_cached("select sha256 from photos where doc = ?1")?;
        for photo in read::photos_of(&values) {
            let known: Option<String> = statement.query_row([photo.as_bytes()], |r| r.get(0)).optional()?;
            if known.as_deref() == Some(sha256) {
                return Ok(Some(photo));
            }
        }
        Ok(None)
    }
}

/// The original of a photo, whatever its ending.
fn original_at(folder: &Path, sha256: &str) -> PathBuf {
    use crate::photos::{Format, original_path};
    let of = |format| original_path(folder, sha256, format);
    let candidates = [Format::Jpeg, Format::Png, Format::WebP].map(of);
    let [jpeg, ..] = &candidates;
    candidates.iter().find(|p| p.exists()).unwrap_or(jpeg).clone()
}
