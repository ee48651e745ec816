//! The texts documents are found by, and the full-text index of them. A save brings its few texts into the index at once;
//! thousands of them, as a first start brings, would take longer than everything else together, so they are brought in
//! by and by while people search, and are found by looking through the texts themselves until then.

use rusqlite::{Connection, OptionalExtension};

use super::Store;
use super::write::Turn;
use crate::error::Result;

/// Most texts that one transaction brings into the index at its end.
const AT_ONCE_MAX: usize = 64;
/// How many texts one search brings into the index after it has answered.
const PER_SEARCH: usize = 500;

/// The index has this very text.
const INDEXED: i64 = 0;
/// The index has none of this document.
const ABSENT: i64 = 1;
/// The index has an older text.
const OLDER: i64 = 2;

/// Sets the text of a document; says whether it is another now. `known` is false if it surely has none yet.
pub(super) fn put(db: &Connection, n: i64, text: &str, known: bool) -> Result<bool> {
    let before = if known { before(db, n)? } else { None };
    let stale = match &before {
        Some((old, _)) if old == text => return Ok(false),
        Some((_, INDEXED | OLDER)) => OLDER,
        _ => ABSENT,
    };
    let sql = "insert or replace into docs_words (n, text, stale) values (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute((n, text, stale))?;
    Ok(true)
}

fn before(db: &Connection, n: i64) -> Result<Option<(String, i64)>> {
    let mut statement = db.prepare_cached("select text, stale from docs_words where n = ?1")?;
    Ok(statement.query_row([n], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

/// Takes the text of a document out.
pub(super) fn forget(db: &Connection, n: i64) -> Result<()> {
    if before(db, n)?.is_some_and(|(_, stale)| stale != ABSENT) {
        db.prepare_cached("delete from docs_text where rowid = ?1")?.execute([n])?;
    }
    db.prepare_cached("delete from docs_words where n = ?1")?.execute([n])?;
    Ok(())
}

/// Brings the texts of a transaction into the index, if they are few.
pub(super) fn bring_in_few(db: &Connection, texts: &[i64]) -> Result<()> {
    if texts.len() > AT_ONCE_MAX {
        return Ok(());
    }
    let mut stale = Vec::with_capacity(texts.len());
    for &n in texts {
        if let Some((text, state @ (ABSENT | OLDER))) = before(db, n)? {
            stale.push((n, text, state));
        }
    }
    bring_in(db, stale)
}

/// The index stores what it has gathered whenever another statement comes between, so it is written in one go.
fn bring_in(db: &Connection, mut stale: Vec<(i64, String, i64)>) -> Result<()> {
    // Of a document that was touched twice the text is the same.
    stale.sort();
    stale.dedup();
    for (n, _, _) in stale.iter().filter(|(_, _, state)| *state == OLDER) {
        db.prepare_cached("delete from docs_text where rowid = ?1")?.execute([n])?;
    }
    for (n, text, _) in &stale {
        db.prepare_cached("insert into docs_text (rowid, text) values (?1, ?2)")?.execute((n, text))?;
    }
    for (n, _, _) in &stale {
        db.prepare_cached("update docs_words set stale = 0 where n = ?1")?.execute([n])?;
    }
    Ok(())
}

impl Store {
    /// Brings some more texts into the index. Does nothing while somebody writes: a search waits for nobody.
    pub(super) fn bring_in_more(&self) -> Result<()> {
        let turn = match &self.lock {
            Some(lock) if lock.try_lock().is_err() => return Ok(()),
            lock => lock.as_ref().map(Turn),
        };
        let done = self.bring_in_some();
        drop(turn);
        done
    }

    fn bring_in_some(&self) -> Result<()> {
        let sql = "select w.n, w.text, w.stale from docs_words w where w.stale > 0 limit ?1";
        let tx = self.db.unchecked_transaction()?;
        let stale: Vec<(i64, String, i64)> = {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([PER_SEARCH], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
            rows.collect::<std::result::Result<_, _>>()?
        };
        if !stale.is_empty() {
            bring_in(&tx, stale)?;
        }
        Ok(tx.commit()?)
    }
}
