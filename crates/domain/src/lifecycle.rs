//! Deleting a document, and "deleted there, edited here": told by what the person who deleted had seen, never by clocks.
//!
//! A deletion is two registers of one save: `lifecycle`, and `lifecycle_seen`, which names the writes of the other
//! registers that were there. A write that survives and was not among them is work the deletion did not know of.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, View};
use crate::ids::{ActorId, DocType, OpId, Seq};
use crate::register::{Put, Register};
use crate::value::Value;

/// The path that says whether a document was deleted.
pub const LIFECYCLE: &str = "lifecycle";
/// The path that names what a deletion had seen, as `device:number,number device:number`.
pub const LIFECYCLE_SEEN: &str = "lifecycle_seen";
/// The value of [`LIFECYCLE`] that deletes.
pub const DELETED: &str = "deleted";
/// The value of [`LIFECYCLE`] that brings back.
pub const ACTIVE: &str = "active";

/// The states of an inspection in which it is what was signed: it is no longer written, only spoken about.
const LOCKED: [&str; 2] = ["submitted", "approved"];

/// Whether a document in this state is closed to everybody but a supervisor.
#[must_use]
pub fn is_locked(doc_type: DocType, state: &str) -> bool {
    doc_type == DocType::Inspection && LOCKED.contains(&state)
}

/// What may still be written to a locked document: its state, notes, and corrections that stand beside what was signed.
#[must_use]
pub fn is_free_when_locked(path: &str) -> bool {
    path == "state" || path == "state_since" || path.starts_with("notes/") || path.starts_with("corrections/")
}

/// Whether a document is deleted and nobody disagrees.
#[must_use]
pub fn is_deleted(view: &View) -> bool {
    view.values.get(LIFECYCLE).and_then(Value::as_text) == Some(DELETED) && !view.conflicts.contains_key(LIFECYCLE)
}

/// What a deletion of this document must write to [`LIFECYCLE_SEEN`].
#[must_use]
pub fn seen_of(document: &Document) -> Value {
    written(contents(document).map(|put| put.op))
}

/// The same value after the device's own numbers changed.
#[must_use]
pub fn renumbered(value: &Value, moved: impl Fn(OpId) -> OpId) -> Value {
    written(read(value).into_iter().map(moved))
}

/// Makes a conflict of a deletion that did not know of work which is still there, and keeps the bookkeeping out of sight.
pub(crate) fn show_conflict(document: &Document, view: &mut View) {
    view.values.remove(LIFECYCLE_SEEN);
    view.conflicts.remove(LIFECYCLE_SEEN);
    if !is_deleted(view) {
        return;
    }
    let Some(deletion) = document.registers.get(LIFECYCLE).and_then(|r| r.puts().into_iter().next()) else { return };
    // Several people may have deleted it: what one of them knew of is no surprise.
    let noted = document.registers.get(LIFECYCLE_SEEN).map(Register::puts).unwrap_or_default();
    let seen: BTreeSet<OpId> = noted.iter().flat_map(|put| read(&put.value)).collect();
    let unseen = contents(document).filter(|put| put.op != deletion.op && !seen.contains(&put.op));
    if let Some(edit) = unseen.max_by_key(|put| (put.hlc, put.op)) {
        let kept = Put { value: Value::text(ACTIVE), ..edit };
        view.conflicts.insert(LIFECYCLE.to_owned(), vec![kept, deletion]);
    }
}

fn contents(document: &Document) -> impl Iterator<Item = Put> {
    let own = [LIFECYCLE, LIFECYCLE_SEEN];
    document.registers.iter().filter(move |(path, _)| !own.contains(&path.as_str())).flat_map(|(_, r)| r.puts())
}

fn written(ops: impl Iterator<Item = OpId>) -> Value {
    let mut by_actor: BTreeMap<ActorId, BTreeSet<Seq>> = BTreeMap::new();
    for op in ops {
        by_actor.entry(op.actor).or_default().insert(op.seq);
    }
    let numbers = |seqs: &BTreeSet<Seq>| seqs.iter().map(Seq::to_string).collect::<Vec<_>>().join(",");
    let parts: Vec<String> = by_actor.iter().map(|(actor, seqs)| format!("{actor}:{}", numbers(seqs))).collect();
    Value::text(parts.join(" "))
}

/// Anything that is no such text names nothing.
fn read(value: &Value) -> BTreeSet<OpId> {
    let of_one = |part: &str| {
        let (actor, seqs) = part.split_once(':')?;
        let actor = ActorId(actor.parse().ok()?);
        Some(seqs.split(',').filter_map(|s| s.parse().ok()).map(|seq| OpId { actor, seq }).collect::<Vec<_>>())
    };
    value.as_text().unwrap_or_default().split(' ').filter_map(of_one).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::DocKey;
    use crate::clock::Hlc;
    use crate::display::view_of;
    use crate::ids::DocId;
    use crate::register::Clock;

    fn put(actor: u32, seq: u64, hlc: u64, value: Value) -> Put {
        let op = OpId { actor: ActorId(actor), seq };
        Put { op, hlc: Hlc(hlc), clock: Clock::default().with(op), value }
    }

    fn deleted_after(writes: &[(&str, Put)]) -> Document {
        let id = DocId(uuid::Uuid::from_u128(1));
        let mut document = Document::new(DocKey { id, doc_type: DocType::Site, kind: "voc".into() });
        writes.iter().for_each(|(path, put)| document.apply(path, put.clone()));
        let seen = seen_of(&document);
        document.apply(LIFECYCLE, put(1, 9, 100, Value::text(DELETED)));
        document.apply(LIFECYCLE_SEEN, put(1, 9, 100, seen));
        document
    }

    #[test]
    fn a_deletion_of_what_was_seen_is_no_conflict_however_the_clocks_stand() {
        let from_the_future = put(2, 5, 900, Value::text("x"));
        let view = view_of(&deleted_after(&[("name", from_the_future)]), None);
        assert!(is_deleted(&view));
        assert!(!view.values.contains_key(LIFECYCLE_SEEN));
    }

    #[test]
    fn an_edit_the_deletion_had_not_seen_is_a_conflict_even_from_a_clock_that_is_days_behind() {
        let mut document = deleted_after(&[("name", put(2, 5, 50, Value::text("x")))]);
        document.apply("note", put(3, 1, 1, Value::text("still working here")));
        let view = view_of(&document, None);
        assert!(!is_deleted(&view));
        assert_eq!(view.conflicts[LIFECYCLE].len(), 2);
    }

    #[test]
    fn what_a_deletion_had_seen_follows_a_device_to_its_new_number() {
        let ops = [OpId { actor: ActorId(0), seq: 3 }, OpId { actor: ActorId(4), seq: 7 }];
        let moved = |op: OpId| if op.actor == ActorId(0) { OpId { actor: ActorId(8), seq: op.seq } } else { op };
        assert_eq!(renumbered(&written(ops.into_iter()), moved), Value::text("4:7 8:3"));
    }
}
