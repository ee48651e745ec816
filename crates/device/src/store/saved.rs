//! When this device last saved a document, and since when something waits.

use domain::DocId;
use domain::change::Change;
use domain::clock::WallTime;
use rusqlite::{Connection, OptionalExtension};

use super::Store;
use super::meta::Own;
use crate::error::{Error, Result};

impl Store {
    /// The moment of this device's last save of a document; `None` if it never wrote it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_saved(&self, doc: DocId) -> Result<Option<WallTime>> {
        let sql = "select c.body from change_docs t join changes c on c.actor = t.actor and c.seq = t.seq \
                   where t.doc = ?1 order by t.actor desc, t.seq desc limit 1";
        wall_of(self.db.prepare_cached(sql)?.query_row([doc.as_bytes()], |r| r.get(0)).optional()?)
    }

    /// The documents of which the server refused a change of this device.
    ///
    /// # Errors
    /// When the database fails.
    pub fn with_refusals(&self) -> Result<Vec<DocId>> {
        let sql = "select distinct t.doc from refused r join change_docs t on t.actor = r.actor and t.seq = r.seq";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| Ok(DocId(uuid::Uuid::from_bytes(r.get(0)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The moment of the oldest save that no server acknowledged; `None` when nothing waits.
    ///
    /// # Errors
    /// When the database fails.
    pub fn waiting_since(&self) -> Result<Option<WallTime>> {
        let own = Own::load(&self.db)?;
        let sql = "select body from changes where actor = ?1 and seq > ?2 order by seq limit 1";
        let body = self.db.prepare_cached(sql)?.query_row((own.actor.0, own.acked), |r| r.get(0)).optional()?;
        match wall_of(body)? {
            Some(wall) => Ok(Some(wall)),
            None => oldest_photo(&self.db),
        }
    }
}

/// The moment the oldest photo was taken in whose original no server confirmed.
fn oldest_photo(db: &Connection) -> Result<Option<WallTime>> {
    let sql = "select c.body from photos p join change_docs t on t.doc = p.doc \
               join changes c on c.actor = t.actor and c.seq = t.seq \
               where p.original_sent = 0 and p.original = 1 order by p.doc, t.seq limit 1";
    wall_of(db.prepare_cached(sql)?.query_row([], |r| r.get(0)).optional()?)
}

fn wall_of(body: Option<Vec<u8>>) -> Result<Option<WallTime>> {
    let change = body.map(|b| Change::decode(&b).map_err(|e| Error::Damaged(e.to_string()))).transpose()?;
    Ok(change.map(|c| c.wall))
}
