//! Registers as rows: one row for each surviving write.

use domain::change::DocKey;
use domain::clock::Hlc;
use domain::document::Document;
use domain::register::{Clock, Put, Register};
use domain::{ActorId, DocId, OpId};
use rusqlite::{Connection, Row};

use super::meta::{decode, encode};
use crate::error::Result;

/// The write in a row of (actor, seq, hlc, clock, value) starting at column `from`.
fn put_of(row: &Row<'_>, from: usize) -> Result<Put> {
    let clock = row.get_ref(from + 3)?.as_blob().map_err(rusqlite::Error::from)?;
    let value = row.get_ref(from + 4)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(Put {
        op: OpId { actor: ActorId(row.get(from)?), seq: row.get(from + 1)? },
        hlc: Hlc(row.get::<_, i64>(from + 2)?.cast_unsigned()),
        clock: decode::<Clock>(clock, "a register's clock")?,
        value: decode(value, "a register's value")?,
    })
}

/// One register; empty if nobody wrote it.
pub(super) fn load_one(db: &Connection, doc: DocId, path: &str) -> Result<Register> {
    let sql = "select actor, seq, hlc, clock, value from registers where doc = ?1 and path = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query((doc.as_bytes(), path))?;
    let mut register = Register::default();
    while let Some(row) = rows.next()? {
        register.apply(put_of(row, 0)?);
    }
    Ok(register)
}

/// Every register of a document, and the hybrid time of its latest write.
pub(super) fn load_document(db: &Connection, key: DocKey) -> Result<(Document, Hlc)> {
    let sql = "select path, actor, seq, hlc, clock, value from registers where doc = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([key.id.as_bytes()])?;
    let (mut document, mut updated) = (Document::new(key.clone()), Hlc::default());
    while let Some(row) = rows.next()? {
        let path = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let put = put_of(row, 1)?;
        updated = updated.max(put.hlc);
        document.apply(path, put);
    }
    Ok((document, updated))
}

/// Writes the survivors of a register over what was there.
pub(super) fn store(db: &Connection, doc: DocId, path: &str, register: &Register, existed: bool) -> Result<()> {
    if existed {
        let sql = "delete from registers where doc = ?1 and path = ?2";
        db.prepare_cached(sql)?.execute((doc.as_bytes(), path))?;
    }
    for put in register.puts() {
        insert(db, doc, path, &put)?;
    }
    Ok(())
}

/// Writes one surviving write.
pub(super) fn insert(db: &Connection, doc: DocId, path: &str, put: &Put) -> Result<()> {
    let sql = "insert or replace into registers (doc, path, actor, seq, hlc, clock, value) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute((
        doc.as_bytes(),
        path,
        put.op.actor.0,
        put.op.seq,
        put.hlc.0.cast_signed(),
        encode(&put.clock),
        encode(&put.value),
    ))?;
    Ok(())
}

/// Merges writes of one path into what is there.
pub(super) fn merge(db: &Connection, doc: DocId, path: &str, puts: Vec<Put>, known: bool) -> Result<()> {
    if !known && let [put] = puts.as_slice() {
        return insert(db, doc, path, put); // the usual case of a first start
    }
    let mut register = if known { load_one(db, doc, path)? } else { Register::default() };
    let before = register.puts();
    puts.into_iter().for_each(|put| register.apply(put));
    let after = register.puts();
    if before == after {
        return Ok(());
    }
    store(db, doc, path, &register, !before.is_empty())
}

/// Forgets all registers of a document.
pub(super) fn forget(db: &Connection, doc: DocId) -> Result<()> {
    db.prepare_cached("delete from registers where doc = ?1")?.execute([doc.as_bytes()])?;
    Ok(())
}
