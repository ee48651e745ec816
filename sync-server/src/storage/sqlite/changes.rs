//! Chains, changes, waits and signatures in SQLite.

use domain::change::{GENESIS, Hash};
use domain::sync::{RefusalCode, Stamp};
use domain::{ActorId, DocId, OpId, Seq};
use rusqlite::{Row, params};

use super::SqliteTx;
use super::rows::{actor, array, corrupt, limit, number, op, pack, packed};
use crate::storage::{Chain, Changes, Pos, Refusal, Signed, Status, Stored, StoredChange, Wait};

const CHAIN: &str = "SELECT actor, device, head, hash, restored FROM chains";
const CHANGE: &str =
    "SELECT c.hash, c.status, c.code, c.zh, c.en, c.pos, c.stamp, c.received_at_ms, c.body FROM changes c";

const CODES: [RefusalCode; 7] = [
    RefusalCode::Role,
    RefusalCode::Scope,
    RefusalCode::Form,
    RefusalCode::Workflow,
    RefusalCode::Author,
    RefusalCode::Identity,
    RefusalCode::Malformed,
];

fn chain(row: &Row<'_>) -> Stored<Chain> {
    let (actor, device) = (actor(row, 0)?, actor(row, 1)?);
    Ok(Chain { actor, device, head: number(row, 2)?, hash: array(row, 3)?, restored: number(row, 4)? })
}

fn status(row: &Row<'_>) -> Stored<Status> {
    match row.get::<_, i64>(1)? {
        0 => Ok(Status::Applied),
        1 => Ok(Status::Refused(refusal(row)?)),
        2 => Ok(Status::Waiting),
        other => Err(corrupt(format!("a change of status {other}"))),
    }
}

fn refusal(row: &Row<'_>) -> Stored<Refusal> {
    let word: String = row.get(2)?;
    let code = CODES.into_iter().find(|code| code.as_str() == word);
    let code = code.ok_or_else(|| corrupt(format!("a refusal for '{word}'")))?;
    Ok(Refusal { code, zh: row.get(3)?, en: row.get(4)? })
}

fn change(row: &Row<'_>) -> Stored<StoredChange> {
    Ok(StoredChange {
        hash: array(row, 0)?,
        status: status(row)?,
        pos: number(row, 5)?,
        stamp: packed(row, 6)?,
        received_at_ms: row.get(7)?,
        body: row.get(8)?,
    })
}

/// A status as its columns: number, code, Chinese, English.
fn columns(status: &Status) -> (i64, Option<&str>, Option<&str>, Option<&str>) {
    match status {
        Status::Applied => (0, None, None, None),
        Status::Refused(r) => (1, Some(r.code.as_str()), Some(&r.zh), Some(&r.en)),
        Status::Waiting => (2, None, None, None),
    }
}

impl SqliteTx<'_> {
    pub(super) fn insert_chain(&self, actor: ActorId, device: ActorId) -> Stored<()> {
        let sql = "INSERT INTO chains (actor, device, hash) VALUES (?1, ?2, ?3)";
        self.run(sql, params![actor.0, device.0, GENESIS])?;
        Ok(())
    }
}

impl Changes for SqliteTx<'_> {
    fn chain(&self, actor: ActorId) -> Stored<Option<Chain>> {
        self.one(&format!("{CHAIN} WHERE actor = ?1"), params![actor.0], chain)
    }

    fn chains(&self) -> Stored<Vec<Chain>> {
        self.all(&format!("{CHAIN} ORDER BY actor"), [], chain)
    }

    fn set_head(&self, actor: ActorId, head: Seq, hash: &Hash) -> Stored<()> {
        let sql = "UPDATE chains SET head = ?2, hash = ?3 WHERE actor = ?1";
        self.run(sql, params![actor.0, head.cast_signed(), hash])?;
        Ok(())
    }

    fn change_hash(&self, op: OpId) -> Stored<Option<Hash>> {
        let sql = "SELECT hash FROM changes WHERE actor = ?1 AND seq = ?2";
        self.one(sql, params![op.actor.0, op.seq.cast_signed()], |row| array(row, 0))
    }

    fn change(&self, op: OpId) -> Stored<Option<StoredChange>> {
        let sql = format!("{CHANGE} WHERE c.actor = ?1 AND c.seq = ?2");
        self.one(&sql, params![op.actor.0, op.seq.cast_signed()], change)
    }

    fn changes_after(&self, actor: ActorId, after: Seq, rows: usize) -> Stored<Vec<StoredChange>> {
        let sql = format!("{CHANGE} WHERE c.actor = ?1 AND c.seq > ?2 ORDER BY c.seq LIMIT ?3");
        self.all(&sql, params![actor.0, after.cast_signed(), limit(rows)], change)
    }

    fn stamp(&self, op: OpId) -> Stored<Option<Stamp>> {
        let sql = "SELECT stamp FROM changes WHERE actor = ?1 AND seq = ?2";
        self.one(sql, params![op.actor.0, op.seq.cast_signed()], |row| packed(row, 0))
    }

    fn add_change(&self, change: &StoredChange, docs: &[DocId]) -> Stored<()> {
        let (status, code, zh, en) = columns(&change.status);
        let (actor, seq) = (change.stamp.op.actor.0, change.stamp.op.seq.cast_signed());
        let (pos, stamp) = (change.pos.cast_signed(), pack(&change.stamp)?);
        let values =
            params![actor, seq, change.hash, status, code, zh, en, pos, stamp, change.received_at_ms, change.body];
        self.run(include_str!("add_change.sql"), values)?;
        for doc in docs {
            let sql = "INSERT OR IGNORE INTO change_docs (doc, actor, seq) VALUES (?1, ?2, ?3)";
            self.run(sql, params![doc.as_bytes(), actor, seq])?;
        }
        Ok(())
    }

    fn decide(&self, op: OpId, status: &Status, pos: Pos) -> Stored<()> {
        let (status, code, zh, en) = columns(status);
        let sql = "UPDATE changes SET status = ?3, code = ?4, zh = ?5, en = ?6, pos = ?7 WHERE actor = ?1 AND seq = ?2";
        self.run(sql, params![op.actor.0, op.seq.cast_signed(), status, code, zh, en, pos.cast_signed()])?;
        Ok(())
    }

    fn refused_after(&self, actor: ActorId, seq: Seq, pos: Pos, rows: usize) -> Stored<Vec<StoredChange>> {
        let sql = format!("{CHANGE} {}", include_str!("refused_after.sql"));
        self.all(&sql, params![actor.0, seq.cast_signed(), pos.cast_signed(), limit(rows)], change)
    }

    fn history(&self, doc: DocId, rows: u32) -> Stored<Vec<StoredChange>> {
        let sql = format!("{CHANGE} {}", include_str!("history.sql"));
        self.all(&sql, params![doc.as_bytes(), rows], change)
    }

    fn wrote(&self, device: ActorId, doc: DocId) -> Stored<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM change_docs d JOIN chains c ON c.actor = d.actor \
            WHERE d.doc = ?1 AND c.device = ?2)";
        Ok(self.one(sql, params![doc.as_bytes(), device.0], |row| Ok(row.get(0)?))?.unwrap_or(false))
    }

    fn waits(&self) -> Stored<Vec<Wait>> {
        let sql = "SELECT actor, seq, needs_actor, needs_seq FROM waits ORDER BY actor, seq";
        self.all(sql, [], |row| Ok(Wait { op: op(row, 0)?, needs: op(row, 2)? }))
    }

    fn waits_of(&self, actor: ActorId) -> Stored<Vec<Wait>> {
        let sql = "SELECT actor, seq, needs_actor, needs_seq FROM waits WHERE actor = ?1 ORDER BY seq";
        self.all(sql, params![actor.0], |row| Ok(Wait { op: op(row, 0)?, needs: op(row, 2)? }))
    }

    fn set_wait(&self, wait: Wait) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO waits (actor, seq, needs_actor, needs_seq) VALUES (?1, ?2, ?3, ?4)";
        let (op, needs) = (wait.op, wait.needs);
        self.run(sql, params![op.actor.0, op.seq.cast_signed(), needs.actor.0, needs.seq.cast_signed()])?;
        Ok(())
    }

    fn end_wait(&self, op: OpId) -> Stored<()> {
        let sql = "DELETE FROM waits WHERE actor = ?1 AND seq = ?2";
        self.run(sql, params![op.actor.0, op.seq.cast_signed()])?;
        Ok(())
    }

    fn add_signature(&self, signed: &Signed) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO signatures (actor, seq, hash, signature) VALUES (?1, ?2, ?3, ?4)";
        let (actor, seq) = (signed.op.actor.0, signed.op.seq.cast_signed());
        self.run(sql, params![actor, seq, signed.hash, signed.signature])?;
        Ok(())
    }

    fn signatures(&self, of: ActorId) -> Stored<Vec<Signed>> {
        let sql = "SELECT actor, seq, hash, signature FROM signatures WHERE actor = ?1 ORDER BY seq";
        self.all(sql, params![of.0], |row| Ok(Signed { op: op(row, 0)?, hash: array(row, 2)?, signature: row.get(3)? }))
    }

    fn mark_restored(&self) -> Stored<()> {
        self.run("UPDATE chains SET restored = head", [])?;
        self.retire_desks()?;
        self.run("UPDATE counters SET value = value + 1000 WHERE name IN ('actor', 'user')", [])?;
        Ok(())
    }
}
