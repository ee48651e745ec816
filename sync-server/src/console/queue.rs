//! Queues: what waits for a person, and how much of it.

use domain::forms::Form;
use domain::{DocType, Value, places};
use serde::Serialize;

use super::catalogue::Words;
use super::record::StateShown;
use crate::accounts::Caller;
use crate::desk::round_of;
use crate::error::ServerError;
use crate::permission::Permission;
use crate::presentation::{STATE, TOWN, form_of};
use crate::server::Server;
use crate::storage::{DocHead, Queue, QueueQuery, Stored, Tx, read};

/// Minutes that the district's days begin before those of UTC.
const DISTRICT_OFFSET_MS: i64 = 8 * 3_600_000;

/// A document that waits.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct QueueRow {
    /// The document.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// What the site of an inspection is called.
    pub site: Option<String>,
    /// Its township's name, if it has one.
    pub town: Option<String>,
    /// Its state.
    pub state: StateShown,
    /// The fields that hold several values.
    pub fields: Vec<Words>,
    /// Who made it.
    pub author: String,
    /// The round of review it is in, from 1.
    pub round: u32,
    /// The day by which something was to be done.
    pub deadline: Option<String>,
    /// When it last changed here, milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// A page of a queue.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct QueuePage {
    /// How many there are.
    pub total: u64,
    /// These of them.
    pub rows: Vec<QueueRow>,
}

impl Server {
    /// A page of a queue, within the caller's townships.
    ///
    /// # Errors
    /// When the caller may not use the console, or the storage fails.
    pub fn queue(&self, caller: &Caller, query: QueueQuery) -> Result<QueuePage, ServerError> {
        caller.may(Permission::UseConsole)?;
        let query = self.within(caller, query);
        Ok(read(self.storage(), |tx| {
            let heads = tx.queued(&query)?;
            let total = tx.count_queued(&query)?.iter().map(|count| count.count).sum();
            let rows = heads.iter().map(|head| self.queue_row(tx, caller, head)).collect::<Stored<_>>()?;
            Stored::Ok(QueuePage { total, rows })
        })?)
    }

    /// A query as it may be asked: the caller's scopes, today, and the states in which there is still something to do.
    pub(super) fn within(&self, caller: &Caller, query: QueueQuery) -> QueueQuery {
        let sites = self.forms().forms().into_iter().filter(|form| form.doc_type == DocType::Site);
        let open = sites.flat_map(|form| {
            let states = form.workflow.iter().flat_map(|workflow| &workflow.open);
            states.map(|state| format!("{}/{state}", form.kind)).collect::<Vec<_>>()
        });
        QueueQuery { scopes: caller.user().scopes(), today: self.today_is(), open: open.collect(), ..query }
    }

    fn today_is(&self) -> String {
        let local = chrono::DateTime::from_timestamp_millis(self.now_ms().saturating_add(DISTRICT_OFFSET_MS));
        local.map(|now| now.format("%Y-%m-%d").to_string()).unwrap_or_default()
    }

    fn queue_row(&self, tx: &dyn Tx, caller: &Caller, head: &DocHead) -> Stored<QueueRow> {
        let view = self.view_of(tx, head)?;
        let form = form_of(self.forms(), &head.key, head.form_version);
        let text = |path: &str| view.values.get(path).and_then(Value::as_text);
        let site = text("site").and_then(|id| id.parse().ok()).map(|id| tx.doc(id)).transpose()?.flatten();
        let site = match site {
            Some(site) if caller.user().sees(&tx.scopes(site.key.id)?) => Some(site.title),
            _ => None,
        };
        Ok(QueueRow {
            id: head.key.id.to_string(),
            doc_type: head.key.doc_type.to_string(),
            kind: head.key.kind.clone(),
            title: head.title.clone(),
            site,
            town: text(TOWN).map(|code| places::town(code).map_or(code, |town| &town.name).to_owned()),
            state: self.state_shown(head, view.conflicts.contains_key(STATE)),
            fields: view.conflicts.keys().map(|path| label_of(form, path)).collect(),
            author: tx.user(head.creator)?.map(|user| user.person.name).unwrap_or_default(),
            round: if head.key.doc_type == DocType::Inspection { round_of(tx, head.key.id)? } else { 1 },
            deadline: view.values.get("deadline").and_then(|v| v.to_json().as_str().map(str::to_owned)),
            updated_at_ms: head.updated_at_ms,
        })
    }
}

impl QueueQuery {
    /// Everything in a queue.
    #[must_use]
    pub fn all(queue: Queue) -> Self {
        Self {
            queue,
            scopes: None,
            towns: Vec::new(),
            kind: None,
            since_ms: None,
            search: None,
            today: String::new(),
            open: Vec::new(),
            limit: 0,
            offset: 0,
        }
    }
}

/// What a path is called.
pub(super) fn label_of(form: Option<&Form>, path: &str) -> Words {
    form.and_then(|form| form.field(path)).map_or_else(|| Words::name(path), |found| Words::from(&found.field.label))
}
