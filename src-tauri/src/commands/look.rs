//! Looking: the ledger, records, whose device this is.

use tauri::State;

use super::Answer;
use crate::host::Host;
use crate::view::{About, Choice, Counts, LedgerPage, LedgerQuery, Record};
use crate::{form, ledger, record as records};

/// A page of the ledger.
#[tauri::command(async)]
pub fn ledger(host: State<'_, Host>, query: LedgerQuery) -> Answer<LedgerPage> {
    host.with(|home| ledger::page(home, &query))
}

/// One record with everything known about it.
#[tauri::command(async)]
pub fn record(host: State<'_, Host>, id: &str) -> Answer<Record> {
    host.with(|home| records::read(home, id))
}

/// How many sites there are of each kind.
#[tauri::command(async)]
pub fn counts(host: State<'_, Host>) -> Answer<Counts> {
    host.with(|home| ledger::counts(home))
}

/// Whose device this is and where its data lies.
#[tauri::command(async)]
pub fn about(host: State<'_, Host>) -> Answer<About> {
    host.with(|home| ledger::about(home))
}

/// The states of sites of a kind.
#[tauri::command(async)]
pub fn states(host: State<'_, Host>, kind: &str) -> Answer<Vec<Choice>> {
    host.with(|home| Ok(ledger::states(home, kind)))
}

/// The townships of the district.
#[tauri::command(async)]
pub fn towns() -> Vec<Choice> {
    form::towns()
}
