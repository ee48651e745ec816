//! Taking a decision back: a further change that writes what the decision had replaced. Where that were several values,
//! they stand beside each other again, each written under a number of its own.

use domain::change::Change;
use domain::document::Document;
use domain::register::{Put, Register};
use domain::{DocId, OpId, Value};

use super::pen::{Pen, Write};
use super::{Decided, STATE_SINCE};
use crate::accounts::Caller;
use crate::documents::{document_of, visible};
use crate::error::ServerError;
use crate::limits::HISTORY_ROWS_MAX;
use crate::permission::Permission;
use crate::server::Server;
use crate::storage::{Status, Stored, StoredChange, Tx, write};

/// A note of this name says why the named decision was taken back, and by that which change takes one back.
const UNDOES: &str = "notes/undoes-";

/// What a decision wrote to one path, and what had been there.
struct Replaced {
    put: Put,
    path: String,
    before: Vec<Value>,
}

impl Server {
    /// Takes back what was decided at a desk, whoever decided it, as long as nobody has written over it.
    ///
    /// # Errors
    /// `not-found` outside the caller's townships or for a change that no desk wrote; `stale` when something of it was
    /// replaced since.
    pub fn take_back(&self, caller: &Caller, id: DocId, op: OpId, reason: &str) -> Result<Decided, ServerError> {
        caller.may(Permission::Decide)?;
        write(self.storage(), |tx| {
            let head = visible(tx, caller.user(), id)?;
            let replaced = replaced_by(tx, id, &decision_of(tx, id, op)?)?;
            if !stands(&document_of(tx, &head)?, &replaced) {
                return Err(ServerError::Stale);
            }
            let pen = Pen::of(self, tx, caller.user())?;
            let note = Write::first(format!("{UNDOES}{}-{}", op.actor, op.seq), Value::text(reason));
            let lists = lists(&replaced, note);
            pen.have_numbers(lists.len())?;
            pen.write(&head, lists).map(Decided::from)
        })
    }
}

/// The change of a desk that was merged into a document.
fn decision_of(tx: &dyn Tx, id: DocId, op: OpId) -> Result<Change, ServerError> {
    let stored = tx.change(op)?.filter(|stored| stored.status == Status::Applied).ok_or(ServerError::NotFound)?;
    let change = Change::decode(&stored.body)?;
    let is_desk = tx.desk_in_use(op.actor)?.is_some() && tx.chain(op.actor)?.is_some_and(|c| c.device == op.actor);
    let writes_here = change.docs.iter().any(|writes| writes.doc.id == id);
    if is_desk && writes_here && !is_undo(&change) { Ok(change) } else { Err(ServerError::NotFound) }
}

/// Who takes a decision back decides anew; that is not taken back in turn.
fn is_undo(change: &Change) -> bool {
    change.puts().any(|(_, path, _)| path.starts_with(UNDOES))
}

/// Whether a decision still stands as it was made, so that it can be taken back.
pub(crate) fn can_be_taken_back(tx: &dyn Tx, document: &Document, change: &Change) -> Stored<bool> {
    Ok(!is_undo(change) && stands(document, &replaced_by(tx, document.key.id, change)?))
}

fn stands(document: &Document, replaced: &[Replaced]) -> bool {
    let survives = |r: &Replaced| {
        let puts = document.registers.get(&r.path).map(Register::survivors).unwrap_or_default();
        puts.iter().any(|put| put.op == r.put.op)
    };
    !replaced.is_empty() && replaced.iter().all(survives)
}

/// Notes stay: what was said was said.
fn replaced_by(tx: &dyn Tx, id: DocId, decision: &Change) -> Stored<Vec<Replaced>> {
    let history = tx.history(id, HISTORY_ROWS_MAX)?;
    let puts = decision.puts().filter(|(key, path, _)| key.id == id && !path.starts_with("notes/"));
    let known = puts.map(|(_, path, put)| {
        let before = before(&history, id, path, &put);
        Replaced { path: path.to_owned(), put, before }
    });
    Ok(known.filter(|replaced| !replaced.before.is_empty()).collect())
}

/// The values that a write replaced: of all it had seen, those that nothing else it had seen replaced.
fn before(history: &[StoredChange], id: DocId, path: &str, put: &Put) -> Vec<Value> {
    let applied = history.iter().filter(|stored| stored.status == Status::Applied);
    let seen = applied.filter(|stored| stored.stamp.op != put.op && put.clock.covers(stored.stamp.op));
    let changes: Vec<Change> = seen.filter_map(|stored| Change::decode(&stored.body).ok()).collect();
    let puts = changes.iter().flat_map(Change::puts).filter(|(key, at, _)| key.id == id && *at == path);
    let register: Register = puts.map(|(_, _, put)| put).collect();
    let values: Vec<Value> = register.distinct().into_iter().map(|put| put.value.clone()).collect();
    match (values.is_empty(), &put.value) {
        // A remark is a row: taken back, the row is not there.
        (true, Value::Bool(true)) if path.starts_with("remarks/") => vec![Value::Bool(false)],
        (true, _) if path.starts_with("remarks/") => Vec::new(),
        (true, _) => vec![Value::Null],
        _ if path == STATE_SINCE => values.into_iter().take(1).collect(),
        _ => values,
    }
}

fn lists(replaced: &[Replaced], note: Write) -> Vec<Vec<Write>> {
    let most = replaced.iter().map(|r| r.before.len()).max().unwrap_or_default();
    let mut lists: Vec<Vec<Write>> = (0..most)
        .map(|nth| {
            let values = replaced.iter().filter_map(|r| Some((r, r.before.get(nth)?)));
            values
                .map(|(r, value)| Write { path: r.path.clone(), context: r.put.clock.clone(), value: value.clone() })
                .collect()
        })
        .collect();
    if let Some(first) = lists.first_mut() {
        first.push(note);
    }
    lists
}
