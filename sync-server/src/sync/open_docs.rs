//! The documents that one transaction works on: loaded when first asked for, merged in memory, written back at the end.

use std::collections::{BTreeSet, HashMap};

use domain::change::{Change, DocKey, DocWrites, Op};
use domain::document::{Document, View};
use domain::forms::Catalogue;
use domain::register::Put;
use domain::{DocId, DocType, OpId, UserId, Value};

use crate::console::summary_of;
use crate::presentation::{self, STATE, TOWN, form_of, parent_paths};
use crate::storage::{DocHead, Pos, RegisterRow, StateWrite, Stored, Tx};

/// One document in work.
#[derive(Clone)]
pub struct OpenDoc {
    /// Its registers.
    pub document: Document,
    /// Who made it.
    pub creator: UserId,
    /// The version of the form it was last written with.
    pub form_version: u32,
    /// As it is stored, if it is.
    stored: Option<DocHead>,
    /// When each stored write was merged; all others are merged now.
    positions: HashMap<String, HashMap<OpId, Pos>>,
    /// Changes with operations this program does not know, to be noted when it is saved.
    unknown: BTreeSet<OpId>,
    dirty: bool,
}

impl OpenDoc {
    fn new(key: DocKey, creator: UserId, form_version: u32) -> Self {
        Self {
            document: Document::new(key),
            creator,
            form_version,
            stored: None,
            positions: HashMap::new(),
            unknown: BTreeSet::new(),
            dirty: false,
        }
    }

    fn load(tx: &dyn Tx, head: DocHead) -> Stored<Self> {
        let mut doc = Self::new(head.key.clone(), head.creator, head.form_version);
        let rows = tx.registers(head.key.id)?;
        doc.positions = positions(&rows);
        for row in rows {
            doc.document.apply(&row.path, row.put);
        }
        doc.stored = Some(head);
        Ok(doc)
    }

    /// The distinct texts of one register: more than one while nobody has reconciled them.
    #[must_use]
    pub fn texts(&self, path: &str) -> Vec<String> {
        let register = self.document.registers.get(path);
        let candidates = register.map(domain::register::Register::distinct).unwrap_or_default();
        candidates.iter().filter_map(|put| put.value.as_text().map(str::to_owned)).collect()
    }

    /// The townships it is said to lie in.
    #[must_use]
    pub fn towns(&self) -> Vec<String> {
        self.texts(TOWN)
    }

    /// The documents it follows.
    #[must_use]
    pub fn parents(&self) -> Vec<DocId> {
        let paths = parent_paths(self.document.key.doc_type).iter();
        paths.flat_map(|path| self.texts(path)).filter_map(|id| id.parse().ok()).collect()
    }

    /// What is displayed of it.
    #[must_use]
    pub fn view(&self, forms: &Catalogue) -> View {
        presentation::view(forms, &self.document, self.form_version)
    }
}

/// All documents in work.
pub struct OpenDocs<'a> {
    /// The transaction.
    pub tx: &'a dyn Tx,
    /// The forms in use.
    pub forms: &'a Catalogue,
    docs: HashMap<DocId, Option<OpenDoc>>,
    /// In the order in which they were first written to.
    order: Vec<DocId>,
}

/// Documents as they were before a change.
pub struct Before(Vec<(DocId, Option<OpenDoc>)>);

impl<'a> OpenDocs<'a> {
    /// Nothing in work yet.
    #[must_use]
    pub fn new(tx: &'a dyn Tx, forms: &'a Catalogue) -> Self {
        Self { tx, forms, docs: HashMap::new(), order: Vec::new() }
    }

    /// One document as it stands now, if it exists.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn get(&mut self, id: DocId) -> Stored<Option<&OpenDoc>> {
        if !self.docs.contains_key(&id) {
            let loaded = self.tx.doc(id)?.map(|head| OpenDoc::load(self.tx, head)).transpose()?;
            self.docs.insert(id, loaded);
        }
        Ok(self.docs.get(&id).and_then(Option::as_ref))
    }

    /// Where a document was saved last, and whether it was made then; `None` if it was not saved here.
    #[must_use]
    pub fn saved_at(&self, id: DocId) -> Option<(Pos, bool)> {
        let head = self.docs.get(&id)?.as_ref()?.stored.as_ref()?;
        Some((head.changed_pos, head.created_pos == head.changed_pos))
    }

    /// Merges a change; what it gives back undoes that.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn apply(&mut self, change: &Change) -> Stored<Before> {
        // Only a move is judged after it was merged; nothing else is ever undone.
        let mut ops = change.docs.iter().flat_map(|writes| &writes.ops);
        let moves = ops.any(|op| matches!(op, domain::change::Op::Put { path, .. } if path == STATE));
        let mut before = Vec::new();
        for writes in &change.docs {
            let doc = self.get(writes.doc.id)?;
            if moves {
                before.push((writes.doc.id, doc.cloned()));
            }
            self.write(change, writes)?;
        }
        Ok(Before(before))
    }

    fn write(&mut self, change: &Change, writes: &DocWrites) -> Stored<()> {
        let id = writes.doc.id;
        let fresh = || OpenDoc::new(writes.doc.clone(), change.author, writes.form_version);
        let doc = self.docs.entry(id).or_default().get_or_insert_with(fresh);
        doc.form_version = doc.form_version.max(writes.form_version);
        if !doc.dirty {
            doc.dirty = true;
            self.order.push(id);
        }
        let mut moved = false;
        for (path, put) in writes.puts(change) {
            moved |= parent_paths(writes.doc.doc_type).contains(&path);
            doc.document.apply(path, put);
        }
        if writes.ops.iter().any(|o| matches!(o, Op::Unknown { .. })) {
            doc.unknown.insert(change.id());
        }
        // At once, not at the end: a later move in the same transaction asks what belongs to a site.
        if moved { self.tx.set_parents(id, &doc.parents()) } else { Ok(()) }
    }

    /// Undoes a change that turned out not to be allowed.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn undo(&mut self, before: Before) -> Stored<()> {
        for (id, doc) in before.0.into_iter().rev() {
            let parents = doc.as_ref().map(OpenDoc::parents).unwrap_or_default();
            self.tx.set_parents(id, &parents)?;
            self.docs.insert(id, doc);
        }
        let docs = &self.docs;
        self.order.retain(|id| docs.get(id).and_then(Option::as_ref).is_some_and(|doc| doc.dirty));
        Ok(())
    }

    /// Keeps the state writes of a change that counts.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn keep_states(&mut self, change: &Change) -> Stored<()> {
        for (key, path, put) in change.puts() {
            let Some(state) = put.value.as_text().filter(|_| path == STATE) else { continue };
            let write = StateWrite { op: put.op, state: state.to_owned(), clock: put.clock.clone() };
            self.tx.add_state_write(key.id, &write)?;
        }
        Ok(())
    }

    /// Writes everything back, once: nothing is merged after this. Each document gets its own place in the server's order,
    /// so that a page can be cut between any two.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn save(&mut self, now_ms: i64) -> Stored<Vec<DocId>> {
        let order = std::mem::take(&mut self.order);
        for id in &order {
            let pos = self.tx.next_pos()?;
            let Some(Some(doc)) = self.docs.get_mut(id) else { continue };
            save_registers(self.tx, doc, pos)?;
            for op in std::mem::take(&mut doc.unknown) {
                self.tx.add_unknown_write(*id, op, pos)?;
            }
            let view = doc.view(self.forms);
            let head = head_of(self.forms, doc, &view, pos, now_ms);
            self.tx.set_doc(&head)?;
            if let Some(summary) = summary_of(self.forms, &head, &view) {
                self.tx.set_summary(&summary)?;
            }
            if head.key.doc_type == DocType::Photo {
                self.tx.set_named(*id, &named(doc))?;
            }
            doc.stored = Some(head);
            doc.dirty = false;
        }
        Ok(order)
    }
}

trait Puts {
    fn puts<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = (&'a str, Put)>;
}

impl Puts for DocWrites {
    fn puts<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = (&'a str, Put)> {
        let (op, hlc) = (change.id(), change.hlc);
        self.ops.iter().filter_map(move |o| match o {
            Op::Put { path, context, value } => {
                Some((path.as_str(), Put { op, hlc, clock: context.clone().with(op), value: value.clone() }))
            }
            Op::Unknown { .. } => None,
        })
    }
}

/// Writes the surviving writes; those that were merged before keep their position.
fn save_registers(tx: &dyn Tx, doc: &OpenDoc, pos: Pos) -> Stored<()> {
    let mut rows = Vec::new();
    for (path, register) in &doc.document.registers {
        let known = doc.positions.get(path);
        for put in register.survivors() {
            let pos = known.and_then(|known| known.get(&put.op)).copied().unwrap_or(pos);
            rows.push(RegisterRow { path: path.clone(), put: put.clone(), pos });
        }
    }
    tx.set_registers(doc.document.key.id, &rows)
}

fn positions(rows: &[RegisterRow]) -> HashMap<String, HashMap<OpId, Pos>> {
    let mut out: HashMap<String, HashMap<OpId, Pos>> = HashMap::new();
    for row in rows {
        out.entry(row.path.clone()).or_default().insert(row.put.op, row.pos);
    }
    out
}

fn head_of(forms: &Catalogue, doc: &OpenDoc, view: &View, pos: Pos, now_ms: i64) -> DocHead {
    let form = form_of(forms, &doc.document.key, doc.form_version);
    let state = view.values.get(STATE).and_then(Value::as_text).unwrap_or_default();
    DocHead {
        key: doc.document.key.clone(),
        form_version: doc.form_version,
        creator: doc.creator,
        title: presentation::title(form, &view.values),
        state: state.to_owned(),
        towns: doc.towns().join(" "),
        text: presentation::search_text(form, &view.values),
        conflicts: u32::try_from(view.conflicts.len()).unwrap_or(u32::MAX),
        deleted: presentation::is_deleted(view),
        created_pos: doc.stored.as_ref().map_or(pos, |head| head.created_pos),
        changed_pos: pos,
        updated_at_ms: now_ms,
    }
}

fn named(doc: &OpenDoc) -> Vec<[u8; 32]> {
    let texts = doc.texts("sha256").into_iter();
    texts.filter_map(|text| hex::decode(text).ok()?.try_into().ok()).collect()
}
