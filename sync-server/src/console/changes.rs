//! Every change to a record, in the words of its form.

use domain::DocId;
use domain::change::Change;
use domain::forms::Form;
use serde::Serialize;
use serde_json::Value as Json;

use super::catalogue::Words;
use super::facts::{Fact, fact};
use crate::accounts::Caller;
use crate::documents::{entry, visible};
use crate::error::ServerError;
use crate::limits::HISTORY_ROWS_MAX;
use crate::permission::Permission;
use crate::presentation::{STATE, form_of};
use crate::server::Server;
use crate::storage::{Stored, StoredChange, Tx, read};

/// One change to a record.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChangeShown {
    /// Who made it.
    pub author: String,
    /// On which device.
    pub device: u32,
    /// What people call that device.
    pub device_label: String,
    /// The change's number there.
    pub seq: u64,
    /// When, by that device's clock, RFC 3339.
    pub at: String,
    /// Which clock that was.
    #[schema(value_type = String)]
    pub clock: domain::clock::TimeSource,
    /// Where the device was, GeoJSON.
    #[schema(value_type = Option<Object>)]
    pub position: Option<Json>,
    /// When it arrived, milliseconds since 1970.
    pub received_at_ms: i64,
    /// `applied`, `refused` or `waiting`.
    pub status: String,
    /// Why it was refused.
    pub reason: Option<Words>,
    /// What it wrote.
    pub facts: Vec<Fact>,
}

impl Server {
    /// The changes of a record, in the order the server decided them.
    ///
    /// # Errors
    /// As [`Server::record`].
    pub fn record_changes(&self, caller: &Caller, id: DocId) -> Result<Vec<ChangeShown>, ServerError> {
        caller.may(Permission::UseConsole)?;
        read(self.storage(), |tx| {
            let head = visible(tx, caller.user(), id)?;
            let form = form_of(self.forms(), &head.key, head.form_version);
            let changes = tx.history(id, HISTORY_ROWS_MAX)?;
            Ok(changes.iter().map(|change| shown(tx, id, form, change)).collect::<Stored<_>>()?)
        })
    }
}

fn shown(tx: &dyn Tx, id: DocId, form: Option<&Form>, stored: &StoredChange) -> Stored<ChangeShown> {
    let known = entry(tx, id, stored)?;
    let device = tx.device_of(stored.stamp.op.actor)?;
    Ok(ChangeShown {
        author: known.author,
        device: known.device,
        device_label: device.map(|device| device.label).unwrap_or_default(),
        seq: known.seq,
        at: known.at,
        clock: known.clock,
        position: known.position,
        received_at_ms: known.received_at_ms,
        status: known.status,
        reason: known.reason.map(|(_, zh, en)| Words { zh, en }),
        facts: facts(id, form, stored),
    })
}

pub(super) fn facts(id: DocId, form: Option<&Form>, stored: &StoredChange) -> Vec<Fact> {
    let change = Change::decode(&stored.body).ok();
    let puts = change.iter().flat_map(Change::puts).filter(|(key, ..)| key.id == id);
    puts.map(|(_, path, put)| match form.and_then(|form| form.field(path)) {
        Some(found) => fact(found.field, path.to_owned(), &put.value),
        None => plain(form, path, &put.value),
    })
    .collect()
}

/// A value that no field of the form describes; a state has its word all the same.
fn plain(form: Option<&Form>, path: &str, value: &domain::Value) -> Fact {
    let state = value.as_text().filter(|_| path == STATE).and_then(|id| form?.workflow.as_ref()?.state(id));
    Fact {
        path: path.to_owned(),
        label: Words::name(path),
        kind: String::new(),
        unit: None,
        value: value.to_json(),
        words: state.map(|state| Words::from(&state.label)).into_iter().collect(),
        derived: false,
    }
}
