//! A ledger: the rows of one kind, filtered, sorted and paged, and how many there are in each state.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::accounts::Caller;
use crate::error::ServerError;
use crate::permission::Permission;
use crate::server::Server;
use crate::storage::{Stored, Summary, SummaryQuery, read};

/// A row of a ledger.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerRow {
    /// The document.
    pub id: String,
    /// Its local code, if it has one.
    pub code: Option<String>,
    /// What it is called; empty while it has no name.
    pub title: String,
    /// Its township's code; empty without one.
    pub town: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: String,
    /// Whether people disagree about the state: then no single word may stand for it.
    pub contested: bool,
    /// How many fields hold more than one value.
    pub conflicts: u32,
    /// Values of the columns that the catalogue lists, by path.
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Json>,
    /// When it last changed here, milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// How many rows are in a state.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StateCount {
    /// The state.
    pub state: String,
    /// So many.
    pub count: u64,
}

/// A page of a ledger.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerPage {
    /// How many rows fit the filter.
    pub total: u64,
    /// How many fit it in each state, whatever states it names.
    pub states: Vec<StateCount>,
    /// The rows of the page.
    pub rows: Vec<LedgerRow>,
}

impl Server {
    /// A page of a ledger, within the caller's townships.
    ///
    /// # Errors
    /// When the caller may not use the console, or the storage fails.
    pub fn ledger(&self, caller: &Caller, query: SummaryQuery) -> Result<LedgerPage, ServerError> {
        caller.may(Permission::UseConsole)?;
        let query = SummaryQuery { scopes: caller.user().scopes(), ..query };
        let (found, counts) =
            read(self.storage(), |tx| Stored::Ok((tx.find_summaries(&query)?, tx.count_summaries(&query)?)))?;
        let is_asked = |state: &String| query.states.is_empty() || query.states.contains(state);
        Ok(LedgerPage {
            total: counts.iter().filter(|(state, _)| is_asked(state)).map(|(_, count)| count).sum(),
            states: counts.into_iter().map(|(state, count)| StateCount { state, count }).collect(),
            rows: found.into_iter().map(row).collect(),
        })
    }
}

fn row(summary: Summary) -> LedgerRow {
    let mut values: BTreeMap<String, Json> = serde_json::from_str(&summary.columns).unwrap_or_default();
    let code = values.remove("code_local").and_then(|code| code.as_str().map(str::to_owned));
    LedgerRow {
        id: summary.doc.to_string(),
        code,
        title: summary.title,
        town: summary.town,
        state: summary.state,
        contested: summary.contested,
        conflicts: summary.conflicts,
        values,
        updated_at_ms: summary.updated_at_ms,
    }
}
