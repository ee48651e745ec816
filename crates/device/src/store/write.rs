//! The write path: one transaction for one save, durable before anybody is told "saved".

use std::fs::File;
use std::path::Path;

use domain::change::{CHANGE_BYTES_MAX, Change, ChangeError, DocKey, DocWrites, Op, link};
use domain::clock::WallTime;
use domain::document::Document;
use domain::forms::{Catalogue, Form};
use domain::lifecycle::{DELETED, LIFECYCLE, LIFECYCLE_SEEN, seen_of};
use domain::register::{Clock, Put, Register};
use domain::{ActorId, OpId, Position, Value};
use rusqlite::{Connection, TransactionBehavior};

use super::meta::Own;
use super::{Store, registers};
use crate::error::{AtPath, Error, Result};
use crate::now::Now;

/// What one save is to do, over one or several documents; all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The documents, each once.
    pub docs: Vec<DocEdit>,
    /// Where the device was, if it knew.
    pub at: Option<Position>,
}

/// The writes of one save to one document.
#[derive(Clone, Debug)]
pub struct DocEdit {
    /// Which document; it is made if it is new.
    pub key: DocKey,
    /// What to write.
    pub sets: Vec<Set>,
}

/// One write.
#[derive(Clone, Debug)]
pub struct Set {
    /// Which register.
    pub path: String,
    /// The new value, already of the field's type.
    pub value: Value,
    /// The writes a person saw when deciding; `None` for all that are there.
    pub seen: Option<Vec<OpId>>,
}

impl Set {
    /// A write that has seen all there is.
    pub fn new(path: impl Into<String>, value: Value) -> Self {
        Self { path: path.into(), value, seen: None }
    }
}

/// What a save did.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The change; `None` if every value was there already.
    pub change: Option<OpId>,
    /// When it was saved.
    pub wall: WallTime,
}

/// A write transaction under way.
pub struct Writer<'a> {
    pub(super) db: &'a Connection,
    pub(super) catalogue: &'a Catalogue,
    pub(super) own: Own,
    /// The documents whose text changed, by number: for the full-text index, which is written at the end.
    pub(super) texts: Vec<i64>,
}

/// Our place in the queue of writers; given up when dropped.
pub(super) struct Turn<'a>(pub &'a File);

impl<'a> Turn<'a> {
    fn take(lock: &'a File, dir: &Path) -> Result<Self> {
        lock.lock().at(&dir.join("lock"))?;
        Ok(Self(lock))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Closing the file at exit frees the lock too; there is nothing to tell anybody here.
        let _ = self.0.unlock();
    }
}

impl Store {
    /// Runs one write transaction: committed and on disk when this returns `Ok`, undone otherwise. Writers of several
    /// processes queue on the home's lock file.
    ///
    /// # Errors
    /// What the function or the database says.
    pub fn write<T>(&mut self, act: impl FnOnce(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        let turn = self.lock.as_ref().map(|lock| Turn::take(lock, &self.dir)).transpose()?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = Own::load(&tx)?;
        let mut writer = Writer { db: &tx, catalogue: &self.catalogue, own: before, texts: Vec::new() };
        let result = act(&mut writer)?;
        super::texts::bring_in(&tx, &writer.texts)?;
        if writer.own != before {
            writer.own.store(&tx)?;
        }
        tx.commit()?;
        drop(turn);
        Ok(result)
    }

    /// Saves one edit.
    ///
    /// # Errors
    /// When a value cannot be stored or the database fails; nothing is written then.
    pub fn save(&mut self, edit: &Edit, now: &Now) -> Result<Saved> {
        self.write(|w| w.save(edit, now))
    }
}

impl<'a> Writer<'a> {
    /// Reads documents as they stand within the transaction.
    #[must_use]
    pub fn reader(&self) -> super::Reader<'_> {
        super::Reader { db: self.db, catalogue: self.catalogue }
    }

    /// The forms in use.
    #[must_use]
    pub fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    /// Who works with this device; nobody before enrolment.
    #[must_use]
    pub fn user(&self) -> domain::UserId {
        self.own.user
    }

    /// What the user may do; an inspector before enrolment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn role(&self) -> Result<domain::Role> {
        let user: Option<domain::sync::Person> = super::meta::get(self.db, super::meta::USER)?;
        Ok(user.map_or(domain::Role::Inspector, |p| p.role))
    }

    /// Runs a part of the transaction that may fail alone: what it wrote is undone, the rest goes on.
    ///
    /// # Errors
    /// What the function says; the outer transaction stays usable.
    pub fn attempt<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (before, texts) = (self.own, self.texts.len());
        self.db.execute_batch("savepoint attempt")?;
        let result = act(self);
        if result.is_err() {
            self.own = before;
            self.texts.truncate(texts);
            self.db.execute_batch("rollback to attempt")?;
        }
        self.db.execute_batch("release attempt")?;
        result
    }

    /// Saves one edit within the transaction.
    ///
    /// # Errors
    /// When a value cannot be stored or the database fails.
    pub fn save(&mut self, edit: &Edit, now: &Now) -> Result<Saved> {
        let op = OpId { actor: self.own.actor, seq: self.own.head + 1 };
        let mut touched: Vec<Touched> = Vec::new();
        for doc in &edit.docs {
            touched.push(self.prepare(doc)?);
        }
        touched.retain(|t| !t.writes.is_empty());
        if touched.is_empty() {
            return Ok(Saved { change: None, wall: now.wall });
        }
        let change = Change {
            actor: op.actor,
            seq: op.seq,
            author: self.own.user,
            hlc: self.own.hlc.next(now.wall.unix_ms),
            wall: now.wall,
            at: edit.at.or(now.at),
            docs: touched.iter().map(|t| t.doc_writes(op.actor)).collect(),
        };
        self.append(&change)?;
        for doc in touched {
            self.apply_own(doc, &change)?;
        }
        Ok(Saved { change: Some(op), wall: now.wall })
    }

    /// The document an edit touches, with the writes that change anything.
    fn prepare(&self, doc: &DocEdit) -> Result<Touched> {
        let form = self.catalogue.form(doc.key.doc_type, &doc.key.kind);
        let document = registers::load_document(self.db, doc.key.clone())?;
        let known = !document.registers.is_empty() || super::read::key(self.db, doc.key.id)?.is_some();
        let form_version = form.map_or(0, |f| f.version);
        let seen = what_was_seen(doc, &document);
        let mut touched = Touched { document, known, form_version, writes: Vec::with_capacity(doc.sets.len()) };
        for set in doc.sets.iter().chain(&seen) {
            if let Some(presence) = form.and_then(|f| row_presence(f, set)) {
                touched.add_presence(doc, presence);
            }
            let single = matches!(touched.candidates(&set.path).as_slice(), [only] if only.value == set.value);
            if !single {
                touched.writes.push(set.clone());
            }
        }
        Ok(touched)
    }

    /// Adds a change to the chain.
    fn append(&mut self, change: &Change) -> Result<()> {
        change.check()?;
        let body = change.encode();
        if body.len() > CHANGE_BYTES_MAX {
            let what = format!("{} bytes, the most is {CHANGE_BYTES_MAX}", body.len());
            return Err(ChangeError::TooLarge(what).into());
        }
        let hash = link(&self.own.hash, &body);
        let sql = "insert into changes (actor, seq, hash, body) values (?1, ?2, ?3, ?4)";
        self.db.prepare_cached(sql)?.execute((change.actor.0, change.seq, hash, body))?;
        for doc in &change.docs {
            let sql = "insert into change_docs (doc, actor, seq) values (?1, ?2, ?3)";
            self.db.prepare_cached(sql)?.execute((doc.doc.id.as_bytes(), change.actor.0, change.seq))?;
        }
        (self.own.head, self.own.hash, self.own.hlc) = (change.seq, hash, change.hlc);
        Ok(())
    }

    fn apply_own(&mut self, doc: Touched, change: &Change) -> Result<()> {
        let op = change.id();
        let contexts: Vec<Clock> = doc.writes.iter().map(|set| doc.context(set, op.actor)).collect();
        let Touched { mut document, known, form_version, writes } = doc;
        for (set, context) in writes.into_iter().zip(contexts) {
            document.apply(&set.path, Put { op, hlc: change.hlc, clock: context.with(op), value: set.value });
        }
        registers::store(self.db, &document)?;
        self.materialise_linked(&document, form_version, known)
    }
}

/// A deletion says what it knew of the document.
fn what_was_seen(doc: &DocEdit, document: &Document) -> Option<Set> {
    let deletes = |set: &Set| set.path == LIFECYCLE && set.value.as_text() == Some(DELETED);
    doc.sets.iter().any(deletes).then(|| Set::new(LIFECYCLE_SEEN, seen_of(document)))
}

/// A document an edit touches.
struct Touched {
    document: Document,
    /// Whether it was here before.
    known: bool,
    form_version: u32,
    writes: Vec<Set>,
}

impl Touched {
    fn candidates(&self, path: &str) -> Vec<&Put> {
        self.document.registers.get(path).map(Register::distinct).unwrap_or_default()
    }

    /// A row is there as soon as one of its fields is written.
    fn add_presence(&mut self, doc: &DocEdit, path: String) {
        let written = self.writes.iter().any(|w| w.path == path) || doc.sets.iter().any(|s| s.path == path);
        let there = || {
            let register = self.document.registers.get(&path);
            register.is_some_and(|r| r.survivors().iter().any(|p| p.value == Value::Bool(true)))
        };
        if !written && !there() {
            self.writes.push(Set::new(path, Value::Bool(true)));
        }
    }

    fn context(&self, set: &Set, own: ActorId) -> Clock {
        let Some(register) = self.document.registers.get(&set.path) else { return Clock::default() };
        match &set.seen {
            Some(seen) => register.context_of(seen, own),
            None => register.context(),
        }
    }

    fn doc_writes(&self, own: ActorId) -> DocWrites {
        let put =
            |set: &Set| Op::Put { path: set.path.clone(), context: self.context(set, own), value: set.value.clone() };
        let ops = self.writes.iter().map(put).collect();
        DocWrites { doc: self.document.key.clone(), form_version: self.form_version, ops }
    }
}

/// The register that says the row of a written field is there.
fn row_presence(form: &Form, set: &Set) -> Option<String> {
    if set.value.is_null() {
        return None;
    }
    let field = form.field(&set.path)?;
    let group = field.field.group()?;
    let presence = format!("{group}/{}", field.row?);
    form.field(&presence).is_some().then_some(presence)
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("own", &self.own).finish_non_exhaustive()
    }
}

/// Refuses an edit that names one path of a document twice: which of them was meant cannot be known.
pub(crate) fn check_twice(sets: &[Set]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match sets.iter().find(|s| !seen.insert(s.path.as_str())) {
        Some(set) => Err(Error::field("twice", &set.path, "同一次保存里写了两遍", "is given twice in one save")),
        None => Ok(()),
    }
}
