//! Registers as rows: all registers of a document in one row, as their surviving writes. A save touches one row then, not
//! one for each field, and a document is read with one look.

use std::collections::BTreeMap;

use domain::DocId;
use domain::change::DocKey;
use domain::clock::Hlc;
use domain::document::Document;
use domain::register::{Put, Register};
use rusqlite::{Connection, OptionalExtension};

use super::meta::{decode, encode};
use crate::error::Result;

/// One register as it is stored: path and surviving writes, latest first.
type Stored = Vec<(String, Vec<Put>)>;

/// Every register of a document by path; empty for one that is not here.
pub(super) fn load(db: &Connection, doc: DocId) -> Result<BTreeMap<String, Register>> {
    let mut statement = db.prepare_cached("select body from registers where doc = ?1")?;
    let mut rows = statement.query([doc.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(BTreeMap::new()) };
    read(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
}

fn read(body: &[u8]) -> Result<BTreeMap<String, Register>> {
    let stored: Stored = decode(body, "the registers of a document")?;
    Ok(stored.into_iter().map(|(path, puts)| (path, Register::stored(puts))).collect())
}

/// One register; empty if nobody wrote it.
pub(super) fn load_one(db: &Connection, doc: DocId, path: &str) -> Result<Register> {
    Ok(load(db, doc)?.remove(path).unwrap_or_default())
}

/// Every register of a document.
pub(super) fn load_document(db: &Connection, key: DocKey) -> Result<Document> {
    Ok(Document { registers: load(db, key.id)?, key })
}

/// The hybrid time of the latest write.
pub(super) fn updated(document: &Document) -> Hlc {
    let latest = document.registers.values().filter_map(|r| r.survivors().first());
    latest.map(|put| put.hlc).max().unwrap_or_default()
}

/// Writes a document's registers over what was there.
pub(super) fn store(db: &Connection, document: &Document) -> Result<()> {
    let body: Vec<(&str, &[Put])> =
        document.registers.iter().map(|(path, register)| (path.as_str(), register.survivors())).collect();
    let sql = "insert into registers (doc, body) values (?1, ?2) on conflict (doc) do update set body = excluded.body";
    db.prepare_cached(sql)?.execute((document.key.id.as_bytes(), encode(&body)))?;
    Ok(())
}

/// Changes the registers of a document in place, whatever it is.
pub(super) fn rewrite(db: &Connection, doc: DocId, act: impl FnOnce(&mut BTreeMap<String, Register>)) -> Result<()> {
    let sql = "select body from registers where doc = ?1";
    let body: Option<Vec<u8>> = db.prepare_cached(sql)?.query_row([doc.as_bytes()], |r| r.get(0)).optional()?;
    let Some(body) = body else { return Ok(()) };
    let mut registers = read(&body)?;
    act(&mut registers);
    let body: Vec<(&str, &[Put])> = registers.iter().map(|(path, r)| (path.as_str(), r.survivors())).collect();
    let sql = "update registers set body = ?2 where doc = ?1";
    db.prepare_cached(sql)?.execute((doc.as_bytes(), encode(&body)))?;
    Ok(())
}

/// Forgets all registers of a document.
pub(super) fn forget(db: &Connection, doc: DocId) -> Result<()> {
    db.prepare_cached("delete from registers where doc = ?1")?.execute([doc.as_bytes()])?;
    Ok(())
}
