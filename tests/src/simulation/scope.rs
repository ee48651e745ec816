//! Who may see a document: the rule of `docs/sync-protocol.md`, worked out from the registers and from nothing the server
//! keeps about scopes.

use std::collections::BTreeSet;

use domain::change::Change;
use domain::{DocId, DocType};
use sync_server::storage::{Status, Stored, Tx};

/// The scopes of a document on the server: its townships, else those of what it follows, else its author's own.
pub fn scopes(tx: &dyn Tx, doc: DocId) -> Stored<BTreeSet<String>> {
    within(tx, doc, 4)
}

fn within(tx: &dyn Tx, doc: DocId, depth: usize) -> Stored<BTreeSet<String>> {
    let Some(head) = tx.doc(doc)? else { return Ok(BTreeSet::new()) };
    let follows: &[&str] = match head.key.doc_type {
        DocType::Site | DocType::Patrol => &[],
        DocType::Inspection => &["site"],
        DocType::Photo => &["of"],
        DocType::Task => &["site", "of"],
    };
    let registers = tx.registers(doc)?;
    let texts = |path: &str| -> BTreeSet<String> {
        let rows = registers.iter().filter(|row| row.path == path);
        rows.filter_map(|row| row.put.value.as_text().map(str::to_owned)).collect()
    };
    if head.key.doc_type != DocType::Photo && !texts("town").is_empty() {
        return Ok(texts("town"));
    }
    let mut followed = BTreeSet::new();
    for parent in follows.iter().flat_map(|path| texts(path)).filter(|_| depth > 0) {
        if let Ok(parent) = parent.parse() {
            followed.extend(within(tx, parent, depth - 1)?);
        }
    }
    if followed.is_empty() {
        followed.extend(creator(tx, doc)?.map(|user| format!("u{user}")));
    }
    Ok(followed)
}

/// The author of the first change that counts.
fn creator(tx: &dyn Tx, doc: DocId) -> Stored<Option<u32>> {
    let history = tx.history(doc, u32::MAX)?;
    let counts = history.iter().filter(|change| change.status == Status::Applied);
    let first = counts.min_by_key(|change| change.pos);
    Ok(first.and_then(|change| Change::decode(&change.body).ok()).map(|change| change.author.0))
}
