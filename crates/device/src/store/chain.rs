//! The device's own chain of changes: sending them, numbering them anew, noting what the server acknowledged.

use std::ops::RangeInclusive;

use domain::change::{Change, DocWrites, GENESIS, Hash, Op, link};
use domain::register::{Clock, Put, Register};
use domain::sync::batch::BATCH_CHANGES_MAX;
use domain::sync::plan::{Have, Note};
use domain::{ActorId, DocId, OpId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::meta::{self, Own};
use super::write::Writer;
use super::{Store, registers};
use crate::error::{Error, Result};

impl Store {
    /// What this device has, as far as syncing goes.
    ///
    /// # Errors
    /// When the database fails.
    pub fn have(&self) -> Result<Have> {
        let own = Own::load(&self.db)?;
        Ok(Have { head: own.head, acked: own.acked, epoch: meta::get(&self.db, meta::EPOCH)? })
    }

    /// This device's present number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn actor(&self) -> Result<ActorId> {
        Ok(Own::load(&self.db)?.actor)
    }

    /// The chain hash of one of its own changes; that of the empty chain at 0, `None` past the head.
    ///
    /// # Errors
    /// When the database fails.
    pub fn own_hash(&self, seq: Seq) -> Result<Option<Hash>> {
        if seq == 0 {
            return Ok(Some(GENESIS));
        }
        let sql = "select hash from changes where actor = ?1 and seq = ?2";
        Ok(self.db.prepare_cached(sql)?.query_row((self.actor()?.0, seq), |r| r.get(0)).optional()?)
    }

    /// Own changes of a range from its start, as many as fit into so many bytes but at least one.
    ///
    /// # Errors
    /// When the database fails or a change does not read back.
    pub fn own_changes(&self, range: RangeInclusive<Seq>, bytes_max: usize) -> Result<Vec<Change>> {
        let sql = "select body from changes where actor = ?1 and seq between ?2 and ?3 order by seq limit ?4";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query((self.actor()?.0, range.start(), range.end(), BATCH_CHANGES_MAX))?;
        let (mut out, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let body = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            bytes += body.len();
            if bytes > bytes_max && !out.is_empty() {
                break;
            }
            out.push(read(body)?);
        }
        Ok(out)
    }

    /// Records what an answer of the server means, in one transaction. A new number is taken by [`Store::renumber`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn note(&mut self, notes: &[Note]) -> Result<()> {
        self.write(|w| {
            for note in notes {
                match note {
                    Note::Acked(seq) => w.own.acked = (*seq).min(w.own.head),
                    Note::Lost(seq) => w.own.acked = *seq,
                    Note::Epoch(epoch) => w.new_epoch(epoch)?,
                    Note::Renumber(_) => {}
                }
            }
            Ok(())
        })
    }

    /// Takes a new number for every own change after `common`: this device turned out to be a copy of another state.
    ///
    /// # Errors
    /// When the database fails.
    pub fn renumber(&mut self, common: Seq, to: ActorId) -> Result<()> {
        self.write(|w| w.rewrite(common, to, |author| author).map(|_| ()))
    }
}

impl Writer<'_> {
    /// Another history of the server: cursors start over and photo receipts are void, because it may have lost both.
    fn new_epoch(&mut self, epoch: &[u8; 16]) -> Result<()> {
        meta::set(self.db, meta::EPOCH, epoch)?;
        self.db.execute_batch(
            "delete from cursors; update photos set original_sent = 0, thumbnail_sent = 0, upload_url = null, thumbnail_url = null;
             update docs set on_server = 0 where on_server = 1;",
        )?;
        Ok(())
    }

    /// Gives own changes after `common` to another actor, numbered from 1; gives how many there were.
    pub(super) fn rewrite(&mut self, common: Seq, to: ActorId, author_of: impl Fn(UserId) -> UserId) -> Result<u64> {
        let moved = Moved { from: self.own.actor, common, to };
        let bodies = bodies_after(self.db, moved.from, common)?;
        self.db.execute("delete from changes where actor = ?1 and seq > ?2", (moved.from.0, common))?;
        let (mut head, mut hash) = (0, GENESIS);
        for body in bodies {
            let mut change = moved.change(read(&body)?);
            change.author = author_of(change.author);
            let body = change.encode();
            hash = link(&hash, &body);
            head = change.seq;
            let sql = "insert into changes (actor, seq, hash, body) values (?1, ?2, ?3, ?4)";
            self.db.prepare_cached(sql)?.execute((to.0, head, hash, body))?;
        }
        moved.rows(self.db)?;
        (self.own.actor, self.own.head, self.own.hash, self.own.acked) = (to, head, hash, 0);
        Ok(head)
    }

    /// Own changes to a document that the server did not refuse, oldest first.
    pub(super) fn standing_changes(&self, doc: DocId) -> Result<Vec<Change>> {
        let sql = "select c.body from change_docs t join changes c on c.actor = t.actor and c.seq = t.seq \
                   where t.doc = ?1 and not exists (select 1 from refused r where r.actor = t.actor and r.seq = t.seq) \
                   order by t.actor, t.seq";
        let mut statement = self.db.prepare_cached(sql)?;
        let bodies = statement.query_map([doc.as_bytes()], |r| r.get::<_, Vec<u8>>(0))?;
        bodies.map(|body| read(&body?)).collect()
    }
}

/// Own changes after `common` going from one number to another.
#[derive(Clone, Copy)]
struct Moved {
    from: ActorId,
    common: Seq,
    to: ActorId,
}

impl Moved {
    fn op(self, op: OpId) -> OpId {
        let moves = op.actor == self.from && op.seq > self.common;
        if moves { OpId { actor: self.to, seq: op.seq - self.common } } else { op }
    }

    fn clock(self, clock: Clock) -> Clock {
        let moves = clock.0.get(&self.from).is_some_and(|&seq| seq > self.common);
        if !moves {
            return clock;
        }
        let own = OpId { actor: self.from, seq: clock.0[&self.from] };
        let moved = clock.without(self.from).with(self.op(own));
        // What was written under the old number and stays there was seen as well.
        if self.common > 0 { moved.with(OpId { actor: self.from, seq: self.common }) } else { moved }
    }

    fn change(self, mut change: Change) -> Change {
        let op = self.op(change.id());
        (change.actor, change.seq) = (op.actor, op.seq);
        for DocWrites { ops, .. } in &mut change.docs {
            for op in ops {
                if let Op::Put { context, .. } = op {
                    *context = self.clock(std::mem::take(context));
                }
            }
        }
        change
    }

    /// The registers, and which documents a change touched.
    fn rows(self, db: &Connection) -> Result<()> {
        for doc in self.docs(db)? {
            registers::rewrite(db, doc, |registers| {
                registers.values_mut().for_each(|register| *register = self.register(register));
            })?;
        }
        let sql = "update change_docs set actor = ?3, seq = seq - ?2 where actor = ?1 and seq > ?2";
        db.execute(sql, (self.from.0, self.common, self.to.0))?;
        db.execute("delete from refused where actor = ?1 and seq > ?2", (self.from.0, self.common))?;
        Ok(())
    }

    /// The same writes, the moved ones under their new number.
    fn register(self, register: &Register) -> Register {
        let moved = |put: Put| match self.op(put.op) {
            op if op == put.op => put,
            op => Put { op, clock: self.clock(put.clock), ..put },
        };
        register.puts().into_iter().map(moved).collect()
    }

    /// The documents that the moved changes touched.
    fn docs(self, db: &Connection) -> Result<Vec<DocId>> {
        let sql = "select distinct doc from change_docs where actor = ?1 and seq > ?2";
        let mut statement = db.prepare(sql)?;
        let docs = statement.query_map((self.from.0, self.common), |r| Ok(DocId(uuid::Uuid::from_bytes(r.get(0)?))))?;
        Ok(docs.collect::<Result<_, _>>()?)
    }
}

fn bodies_after(db: &Connection, actor: ActorId, common: Seq) -> Result<Vec<Vec<u8>>> {
    let mut statement = db.prepare("select body from changes where actor = ?1 and seq > ?2 order by seq")?;
    let bodies = statement.query_map((actor.0, common), |r| r.get(0))?;
    Ok(bodies.collect::<Result<_, _>>()?)
}

fn read(body: &[u8]) -> Result<Change> {
    Change::decode(body).map_err(|e| Error::Damaged(e.to_string()))
}

impl Store {
    /// What SQLite and SQLCipher find wrong with the file itself.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub fn integrity(&self) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        for pragma in ["pragma cipher_integrity_check", "pragma integrity_check"] {
            let mut statement = self.db.prepare(pragma)?;
            let rows = statement.query_map([], |r| r.get::<_, String>(0))?;
            wrong.extend(rows.filter_map(std::result::Result::ok).filter(|line| line != "ok"));
        }
        Ok(wrong)
    }
}

/// What is wrong with the chains of own changes, as sentences.
pub(crate) fn broken_links(store: &Store) -> Result<Vec<String>> {
    let db = &store.db;
    let own = Own::load(db)?;
    let mut statement = db.prepare("select actor, seq, hash, body from changes order by actor, seq")?;
    let mut rows = statement.query([])?;
    let mut wrong = Vec::new();
    let mut last: (Option<u32>, Seq, Hash) = (None, 0, GENESIS);
    while let Some(row) = rows.next()? {
        let (actor, seq): (u32, Seq) = (row.get(0)?, row.get(1)?);
        let (hash, body): (Hash, Vec<u8>) = (row.get(2)?, row.get(3)?);
        if last.0 != Some(actor) {
            last = (Some(actor), 0, GENESIS);
        }
        if seq != last.1 + 1 {
            wrong.push(format!("change {actor}:{} is missing", last.1 + 1));
        } else if link(&last.2, &body) != hash {
            wrong.push(format!("change {actor}:{seq} does not have the content its hash was made of"));
        }
        match Change::decode(&body) {
            Ok(change) if (change.actor.0, change.seq) == (actor, seq) => {}
            Ok(_) => wrong.push(format!("change {actor}:{seq} names itself otherwise")),
            Err(e) => wrong.push(format!("change {actor}:{seq} does not read back: {e}")),
        }
        last = (Some(actor), seq, hash);
    }
    let head = if last.0 == Some(own.actor.0) { (last.1, last.2) } else { own_last(store, own.actor)? };
    if head != (own.head, own.hash) {
        wrong.push(format!("the head says {} changes, the chain has {} or another hash", own.head, head.0));
    }
    Ok(wrong)
}

fn own_last(store: &Store, actor: ActorId) -> Result<(Seq, Hash)> {
    let sql = "select seq, hash from changes where actor = ?1 order by seq desc limit 1";
    let row = store.db.query_row(sql, [actor.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    Ok(row.unwrap_or((0, GENESIS)))
}
