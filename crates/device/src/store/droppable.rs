//! Originals that are on the server by its receipt, and that this device may therefore do without.

use std::path::PathBuf;

use super::Store;
use crate::error::Result;
use crate::photos::{Format, original_path};

/// An original that may be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Droppable {
    /// Its hash.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its file.
    pub path: PathBuf,
}

impl Store {
    /// Originals here that every photo of this content has a receipt for.
    ///
    /// # Errors
    /// When the database fails.
    pub fn droppable(&self) -> Result<Vec<Droppable>> {
        let sql = "select sha256, max(size_bytes) from photos where original = 1 group by sha256 having min(original_sent) = 1";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get(1)?)))?;
        let folder = self.photos_dir();
        let mut out = Vec::new();
        for row in rows {
            let (sha256, size_bytes) = row?;
            let paths = [Format::Jpeg, Format::Png, Format::WebP].map(|format| original_path(&folder, &sha256, format));
            let path = paths.into_iter().find(|path| path.exists());
            out.extend(path.map(|path| Droppable { sha256, size_bytes, path }));
        }
        Ok(out)
    }

    /// Notes that an original is not here any more, if the server has it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_original(&mut self, sha256: &str) -> Result<()> {
        let sql = "update photos set original = 0 where sha256 = ?1 and original_sent = 1";
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute([sha256]).map(drop)?))
    }
}
