//! Photos and uploads in SQLite.

use domain::{DocId, UserId};
use rusqlite::{Row, params};

use super::SqliteTx;
use super::rows::{array, corrupt, doc_id, number, user_id};
use crate::storage::{Photos, Stored, Upload, UploadKind};

fn kind(row: &Row<'_>, at: usize) -> Stored<UploadKind> {
    let word: String = row.get(at)?;
    UploadKind::from_word(&word).ok_or_else(|| corrupt(format!("an upload of kind '{word}'")))
}

fn upload(row: &Row<'_>) -> Stored<Upload> {
    Ok(Upload {
        id: row.get(0)?,
        user: user_id(row, 1)?,
        doc: doc_id(row, 2)?,
        kind: kind(row, 3)?,
        sha256: array(row, 4)?,
        length: number(row, 5)?,
        mime: row.get(6)?,
        done: row.get(7)?,
        expires_at_ms: row.get(8)?,
    })
}

impl Photos for SqliteTx<'_> {
    fn set_named(&self, doc: DocId, named: &[[u8; 32]]) -> Stored<()> {
        self.run("DELETE FROM photos_named WHERE doc = ?1", params![doc.as_bytes()])?;
        for sha256 in named {
            let sql = "INSERT OR IGNORE INTO photos_named (doc, sha256) VALUES (?1, ?2)";
            self.run(sql, params![doc.as_bytes(), sha256])?;
        }
        Ok(())
    }

    fn named(&self, doc: DocId) -> Stored<Vec<[u8; 32]>> {
        let sql = "SELECT sha256 FROM photos_named WHERE doc = ?1 ORDER BY sha256";
        self.all(sql, params![doc.as_bytes()], |row| array(row, 0))
    }

    fn naming(&self, sha256: &[u8; 32]) -> Stored<Vec<DocId>> {
        let sql = "SELECT doc FROM photos_named WHERE sha256 = ?1 ORDER BY doc";
        self.all(sql, params![sha256], |row| doc_id(row, 0))
    }

    fn set_held(&self, doc: DocId, sha256: &[u8; 32], kind: UploadKind) -> Stored<()> {
        if kind == UploadKind::Thumbnail {
            // One file a document: the last that took its place.
            self.run("DELETE FROM holdings WHERE doc = ?1 AND kind = ?2", params![doc.as_bytes(), kind.as_str()])?;
        }
        let sql = "INSERT OR IGNORE INTO holdings (doc, kind, sha256) VALUES (?1, ?2, ?3)";
        self.run(sql, params![doc.as_bytes(), kind.as_str(), sha256])?;
        Ok(())
    }

    fn is_held(&self, doc: DocId, kind: UploadKind) -> Stored<bool> {
        let sql = include_str!("is_held.sql");
        Ok(self.one(sql, params![doc.as_bytes(), kind.as_str()], |row| Ok(row.get(0)?))?.unwrap_or(false))
    }

    fn holders(&self, sha256: &[u8; 32], kind: UploadKind) -> Stored<Vec<DocId>> {
        let sql = "SELECT doc FROM holdings WHERE sha256 = ?1 AND kind = ?2 ORDER BY doc";
        self.all(sql, params![sha256, kind.as_str()], |row| doc_id(row, 0))
    }

    fn holdings(&self) -> Stored<Vec<(DocId, [u8; 32], UploadKind)>> {
        let sql = "SELECT doc, sha256, kind FROM holdings ORDER BY doc, kind, sha256";
        self.all(sql, [], |row| Ok((doc_id(row, 0)?, array(row, 1)?, kind(row, 2)?)))
    }

    fn drop_holding(&self, doc: DocId, sha256: &[u8; 32], kind: UploadKind) -> Stored<()> {
        let sql = "DELETE FROM holdings WHERE doc = ?1 AND kind = ?2 AND sha256 = ?3";
        self.run(sql, params![doc.as_bytes(), kind.as_str(), sha256])?;
        Ok(())
    }

    fn drop_blob(&self, sha256: &[u8; 32]) -> Stored<()> {
        self.run("DELETE FROM blobs WHERE sha256 = ?1", params![sha256])?;
        Ok(())
    }

    fn add_blob(&self, sha256: &[u8; 32], length: u64, mime: &str) -> Stored<()> {
        let sql = "INSERT OR IGNORE INTO blobs (sha256, length, mime) VALUES (?1, ?2, ?3)";
        self.run(sql, params![sha256, length.cast_signed(), mime])?;
        Ok(())
    }

    fn blob(&self, sha256: &[u8; 32]) -> Stored<Option<(u64, String)>> {
        let sql = "SELECT length, mime FROM blobs WHERE sha256 = ?1";
        self.one(sql, params![sha256], |row| Ok((number(row, 0)?, row.get(1)?)))
    }

    fn blobs(&self) -> Stored<Vec<([u8; 32], u64)>> {
        self.all("SELECT sha256, length FROM blobs ORDER BY sha256", [], |row| Ok((array(row, 0)?, number(row, 1)?)))
    }

    fn add_upload(&self, u: &Upload) -> Stored<()> {
        let sql = "INSERT INTO uploads (id, user, doc, kind, sha256, length, mime, done, expires_at_ms) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let (doc, kind, length) = (u.doc.as_bytes(), u.kind.as_str(), u.length.cast_signed());
        self.run(sql, params![u.id, u.user.0, doc, kind, u.sha256, length, u.mime, u.done, u.expires_at_ms])?;
        Ok(())
    }

    fn upload(&self, id: &str) -> Stored<Option<Upload>> {
        let sql = "SELECT id, user, doc, kind, sha256, length, mime, done, expires_at_ms FROM uploads WHERE id = ?1";
        self.one(sql, params![id], upload)
    }

    fn finish_upload(&self, id: &str) -> Stored<()> {
        self.run("UPDATE uploads SET done = 1 WHERE id = ?1", params![id])?;
        Ok(())
    }

    fn remove_upload(&self, id: &str) -> Stored<()> {
        self.run("DELETE FROM uploads WHERE id = ?1", params![id])?;
        Ok(())
    }

    fn unfinished_uploads(&self, user: UserId, doc: DocId, kind: UploadKind) -> Stored<Vec<String>> {
        let sql = "SELECT id FROM uploads WHERE user = ?1 AND doc = ?2 AND kind = ?3 AND done = 0";
        self.all(sql, params![user.0, doc.as_bytes(), kind.as_str()], |row| Ok(row.get(0)?))
    }

    fn open_uploads(&self, user: UserId) -> Stored<u64> {
        let sql = "SELECT count(*) FROM uploads WHERE user = ?1 AND done = 0";
        Ok(self.one(sql, params![user.0], |row| number(row, 0))?.unwrap_or(0))
    }

    fn expired_uploads(&self, before_ms: i64) -> Stored<Vec<String>> {
        self.all("SELECT id FROM uploads WHERE expires_at_ms < ?1", params![before_ms], |row| Ok(row.get(0)?))
    }
}
