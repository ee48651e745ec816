//! Who changed a document, when and where: what the server tells, with what only this device has; without a link, what
//! this device knows by itself.

use std::collections::{BTreeMap, BTreeSet};

use domain::change::Change;
use domain::clock::TimeSource;
use domain::register::Put;
use domain::{DocId, OpId, Seq, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::Result;
use crate::store::{RefusedChange, Store, Written};

/// One change to a document, as the server's `/v1/documents/{id}/history` gives it too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The device.
    pub device: u32,
    /// The change's number there.
    pub seq: Seq,
    /// Who made it; empty before enrolment.
    pub author: String,
    /// When, by that device's clock, RFC 3339.
    pub at: Option<String>,
    /// Which clock that was.
    pub clock: Option<TimeSource>,
    /// Where the device was, GeoJSON.
    pub position: Option<Json>,
    /// When it reached the server, milliseconds since 1970; `None` for what only this device knows.
    #[serde(default)]
    pub received_at_ms: Option<i64>,
    /// `applied`, `refused`, `waiting`; `unsent` for what the server has not acknowledged.
    pub status: String,
    /// Why it was refused: code, Chinese, English.
    #[serde(default)]
    pub reason: Option<(String, String, String)>,
    /// What it wrote; of others' changes that came with a page, what still stands.
    pub values: BTreeMap<String, Json>,
}

/// What this device knows of a document's changes, latest first: its own, and of others' what still stands.
///
/// # Errors
/// When the document is not here.
pub fn history(store: &Store, id: DocId) -> Result<Vec<HistoryEntry>> {
    store.reader().key(id)?;
    let mut entries = Vec::new();
    let refused = store.refused(id)?;
    for change in store.history(id)? {
        entries.push((change.hlc, change.id(), own(store, id, &change, &refused)?));
    }
    let known: BTreeSet<OpId> = entries.iter().map(|(_, op, _)| *op).collect();
    for (op, puts) in standing(store, id)?.into_iter().filter(|(op, _)| !known.contains(op)) {
        let hlc = puts.first().map(|(_, put)| put.hlc).unwrap_or_default();
        entries.push((hlc, op, others(store.written(op)?, op, puts)));
    }
    entries.sort_by_key(|(hlc, op, _)| std::cmp::Reverse((*hlc, *op)));
    Ok(entries.into_iter().map(|(.., entry)| entry).collect())
}

/// The server's history with what only this device has of it, latest first.
#[must_use]
pub fn with_servers(here: Vec<HistoryEntry>, mut theirs: Vec<HistoryEntry>) -> Vec<HistoryEntry> {
    let known: BTreeSet<(u32, Seq)> = theirs.iter().map(|e| (e.device, e.seq)).collect();
    // The server lists them as it decided them; what it does not know came after.
    theirs.reverse();
    let only_here = here.into_iter().filter(|e| e.status == UNSENT && !known.contains(&(e.device, e.seq)));
    only_here.chain(theirs).collect()
}

const UNSENT: &str = "unsent";

fn own(store: &Store, id: DocId, change: &Change, refused: &[RefusedChange]) -> Result<HistoryEntry> {
    let mine = change.puts().filter(|(key, ..)| key.id == id);
    let refusal = refused.iter().find(|r| r.op == change.id());
    let status = match refusal {
        Some(_) => "refused",
        None if store.is_unsent(change.id())? => UNSENT,
        None => "applied",
    };
    Ok(HistoryEntry {
        device: change.actor.0,
        seq: change.seq,
        author: store.name_of(change.author)?,
        at: Some(change.wall.rfc3339()),
        clock: Some(change.wall.source),
        position: change.at.map(|p| Value::Point(p).to_json()),
        received_at_ms: None,
        status: status.to_owned(),
        reason: refusal.map(|r| (r.code.clone(), r.zh.clone(), r.en.clone())),
        values: mine.map(|(_, path, put)| (path.to_owned(), put.value.to_json())).collect(),
    })
}

/// The surviving writes of a document by the change that made them.
fn standing(store: &Store, id: DocId) -> Result<BTreeMap<OpId, Vec<(String, Put)>>> {
    let mut by_change: BTreeMap<OpId, Vec<(String, Put)>> = BTreeMap::new();
    for (path, register) in &store.reader().load(id)?.document.registers {
        for put in register.puts() {
            by_change.entry(put.op).or_default().push((path.clone(), put));
        }
    }
    Ok(by_change)
}

fn others(written: Written, op: OpId, puts: Vec<(String, Put)>) -> HistoryEntry {
    HistoryEntry {
        device: op.actor.0,
        seq: op.seq,
        author: written.author,
        at: written.at,
        clock: written.clock,
        position: written.position.map(|p| Value::Point(p).to_json()),
        received_at_ms: None,
        status: "applied".to_owned(),
        reason: None,
        values: puts.into_iter().map(|(path, put)| (path, put.value.to_json())).collect(),
    }
}
