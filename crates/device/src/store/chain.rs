//! The device's own chain of changes: sending them, numbering them anew, noting what the server acknowledged.

use std::ops::RangeInclusive;

use domain::change::{Change, DocWrites, GENESIS, Hash, Op, link, sign_head, verify_head};
use domain::lifecycle::{LIFECYCLE_SEEN, renumbered};
use domain::register::{Clock, Put, Register};
use domain::sync::batch::BATCH_CHANGES_MAX;
use domain::sync::plan::{Have, Note};
use domain::{ActorId, DocId, OpId, Seq, UserId, Value};
use rusqlite::{Connection, OptionalExtension};

use super::enrolment::device_key;
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
        self.hash_of(self.actor()?, seq)
    }

    /// The same under one of its numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hash_of(&self, actor: ActorId, seq: Seq) -> Result<Option<Hash>> {
        if seq == 0 {
            return Ok(Some(GENESIS));
        }
        let sql = "select hash from changes where actor = ?1 and seq = ?2";
        Ok(self.db.prepare_cached(sql)?.query_row((actor.0, seq), |r| r.get(0)).optional()?)
    }

    /// An earlier number whose changes a restored server may have lost, and how many it kept.
    ///
    /// # Errors
    /// When the database fails.
    pub fn former(&self) -> Result<Option<(ActorId, Seq)>> {
        let former: Vec<ActorId> = meta::get(&self.db, meta::FORMER)?.unwrap_or_default();
        let Some(&actor) = former.first() else { return Ok(None) };
        let sql = "select coalesce(max(seq), 0) from changes where actor = ?1";
        Ok(Some((actor, self.db.prepare_cached(sql)?.query_row([actor.0], |r| r.get(0))?)))
    }

    /// The server has what was written under an earlier number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn former_is_sent(&mut self, actor: ActorId) -> Result<()> {
        self.write(|w| {
            let mut former: Vec<ActorId> = meta::get(w.db, meta::FORMER)?.unwrap_or_default();
            former.retain(|other| *other != actor);
            meta::set(w.db, meta::FORMER, &former)
        })
    }

    /// Own changes of a range from its start, as many as fit into so many bytes but at least one.
    ///
    /// # Errors
    /// When the database fails or a change does not read back.
    pub fn own_changes(&self, range: RangeInclusive<Seq>, bytes_max: usize) -> Result<Vec<Change>> {
        self.changes_of(self.actor()?, range, bytes_max)
    }

    /// The same under one of its numbers.
    ///
    /// # Errors
    /// When the database fails or a change does not read back.
    pub fn changes_of(&self, actor: ActorId, range: RangeInclusive<Seq>, bytes_max: usize) -> Result<Vec<Change>> {
        let sql = "select body from changes where actor = ?1 and seq between ?2 and ?3 order by seq limit ?4";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query((actor.0, range.start(), range.end(), BATCH_CHANGES_MAX))?;
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
                    Note::Acked(seq) => {
                        w.own.acked = (*seq).min(w.own.head);
                        w.sign_up_to(w.own.actor, w.own.acked)?;
                    }
                    Note::Lost(seq) => {
                        w.own.acked = *seq;
                        w.forget_relayed()?;
                    }
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
        let another = meta::get::<[u8; 16]>(self.db, meta::EPOCH)?.is_some();
        if another {
            self.forget_relayed()?;
            self.doubt_all()?;
        }
        meta::set(self.db, meta::EPOCH, epoch)?;
        let sql = "select distinct actor from changes where actor <> ?1 order by actor";
        let former = self
            .db
            .prepare_cached(sql)?
            .query_map([self.own.actor.0], |r| Ok(ActorId(r.get(0)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        meta::set(self.db, meta::FORMER, &former)?;
        // What it refused it judges again, and tells again.
        self.db.execute_batch(
            "delete from refused; delete from cursors; update photos set original_sent = 0, thumbnail_sent = 0, upload_url = null, thumbnail_url = null;
             update docs set on_server = 0 where on_server = 1;",
        )?;
        Ok(())
    }

    /// What the user may see of what is here comes again in full; what does not come he may not see any more.
    fn doubt_all(&self) -> Result<()> {
        let mut statement = self.db.prepare_cached("select id from docs order by id")?;
        let docs = statement.query_map([], |r| Ok(DocId(uuid::Uuid::from_bytes(r.get(0)?))))?;
        meta::set(self.db, meta::UNCONFIRMED, &docs.collect::<Result<Vec<_>, _>>()?)
    }

    /// Gives own changes after `common` to another actor, numbered from 1; gives how many there were.
    pub(super) fn rewrite(&mut self, common: Seq, to: ActorId, author_of: impl Fn(UserId) -> UserId) -> Result<u64> {
        let moved = Moved { from: self.own.actor, common, to };
        let bodies = bodies_after(self.db, moved.from, common)?;
        self.sign_up_to(moved.from, common)?;
        let mut contexts = Contexts::new();
        self.db.execute("delete from changes where actor = ?1 and seq > ?2", (moved.from.0, common))?;
        let (mut head, mut hash) = (0, GENESIS);
        for body in bodies {
            let mut change = moved.change(read(&body)?);
            change.author = author_of(change.author);
            contexts.extend(change.puts().map(|(key, path, put)| ((key.id, path.to_owned(), put.op), put.clock)));
            let body = change.encode();
            hash = link(&hash, &body);
            head = change.seq;
            let sql = "insert into changes (actor, seq, hash, body) values (?1, ?2, ?3, ?4)";
            self.db.prepare_cached(sql)?.execute((to.0, head, hash, body))?;
        }
        moved.rows(self.db, &contexts)?;
        (self.own.actor, self.own.head, self.own.hash, self.own.acked) = (to, head, hash, 0);
        Ok(head)
    }

    /// Keeps the signature of a chain's head that the server acknowledged: the same 64 bytes that went with the batch.
    fn sign_up_to(&self, actor: ActorId, seq: Seq) -> Result<()> {
        let signed: Option<Seq> = self
            .db
            .prepare_cached("select seq from signed_heads where actor = ?1")?
            .query_row([actor.0], |r| r.get(0))
            .optional()?;
        if signed == Some(seq) {
            return Ok(());
        }
        self.db.prepare_cached("delete from signed_heads where actor = ?1")?.execute([actor.0])?;
        let sql = "select hash from changes where actor = ?1 and seq = ?2";
        let hash: Option<Hash> = self.db.prepare_cached(sql)?.query_row((actor.0, seq), |r| r.get(0)).optional()?;
        let Some(hash) = hash else { return Ok(()) };
        let signature = sign_head(&device_key(self.db)?, actor, seq, &hash);
        let sql = "insert into signed_heads (actor, seq, hash, signature) values (?1, ?2, ?3, ?4)";
        self.db.prepare_cached(sql)?.execute((actor.0, seq, hash, signature))?;
        Ok(())
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

/// What each write of a re-numbered change had seen.
type Contexts = std::collections::HashMap<(DocId, String, OpId), Clock>;

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

    /// What a deletion had seen names writes as well.
    fn value(self, path: &str, value: &mut Value) {
        if path == LIFECYCLE_SEEN {
            *value = renumbered(value, |op| self.op(op));
        }
    }

    fn change(self, mut change: Change) -> Change {
        let op = self.op(change.id());
        (change.actor, change.seq) = (op.actor, op.seq);
        for DocWrites { ops, .. } in &mut change.docs {
            for op in ops {
                if let Op::Put { path, context, value } = op {
                    *context = self.clock(std::mem::take(context));
                    self.value(path, value);
                }
            }
        }
        change
    }

    /// The registers, and which documents a change touched.
    fn rows(self, db: &Connection, contexts: &Contexts) -> Result<()> {
        for doc in self.docs(db)? {
            registers::rewrite(db, doc, |registers| {
                for (path, register) in registers {
                    *register = self.register(doc, path, register, contexts);
                }
            })?;
        }
        let sql = "update change_docs set actor = ?3, seq = seq - ?2 where actor = ?1 and seq > ?2";
        db.execute(sql, (self.from.0, self.common, self.to.0))?;
        db.execute("delete from refused where actor = ?1 and seq > ?2", (self.from.0, self.common))?;
        Ok(())
    }

    /// The same writes, the moved ones under their new number.
    fn register(self, doc: DocId, path: &str, register: &Register, contexts: &Contexts) -> Register {
        let moved = |mut put: Put| {
            let op = self.op(put.op);
            if op == put.op {
                return put;
            }
            self.value(path, &mut put.value);
            // As the change says it, so that the server makes the same of it.
            let clock = contexts.get(&(doc, path.to_owned(), op)).cloned().unwrap_or_else(|| self.clock(put.clock));
            Put { op, clock, ..put }
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
        // SQLCipher looks at the file alone: pages that a power cut tore are whole in the log, and are put in place first.
        // Where that cannot be done now, for want of room, what is found is said all the same.
        let _ = self.db.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()));
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

/// What is wrong with the signatures of own chains, as sentences: each acknowledged head must be signed by this device's
/// key over the hash that the chain has there.
pub(crate) fn wrong_signatures(store: &Store) -> Result<Vec<String>> {
    let key = store.device_key()?.verifying_key().to_bytes();
    let own = Own::load(&store.db)?;
    let sql = "select s.actor, s.seq, s.hash, s.signature, c.hash from signed_heads s \
               left join changes c on c.actor = s.actor and c.seq = s.seq order by s.actor";
    let mut statement = store.db.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut wrong, mut covered) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let (actor, seq, hash): (u32, Seq, Hash) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (signature, chained): ([u8; 64], Option<Hash>) = (row.get(3)?, row.get(4)?);
        if chained != Some(hash) {
            wrong.push(format!("the signed head {actor}:{seq} is not the chain's content there"));
        } else if !verify_head(&key, ActorId(actor), seq, &hash, &signature) {
            wrong.push(format!("the signature of head {actor}:{seq} is not this device's"));
        } else if actor == own.actor.0 {
            covered = seq;
        }
    }
    if covered < own.acked && wrong.is_empty() {
        wrong.push(format!("{} changes are acknowledged, the signature covers {covered}", own.acked));
    }
    Ok(wrong)
}
