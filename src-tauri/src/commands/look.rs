//! Looking: the ledger, records, whose device this is.

use device::Now;
use device::capture::parse_id;
use device::store::Local;
use tauri::State;

use super::Answer;
use crate::host::Host;
use crate::view::{
    About, Choice, Conflict, Counts, Decision, HistoryLine, LedgerPage, LedgerQuery, Record, Refusal, SitePage, Today,
};
use crate::{disputes, form, ledger, record as records, site, today as todays};

/// A page of the ledger.
#[tauri::command(async)]
pub fn ledger(host: State<'_, Host>, query: LedgerQuery) -> Answer<LedgerPage> {
    host.with(|home| ledger::page(home, &query, &day()))
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

/// Today, by this device's clock.
fn day() -> String {
    Now::system().rfc3339().chars().take(10).collect()
}

/// The first screen.
#[tauri::command(async)]
pub fn today(host: State<'_, Host>) -> Answer<Today> {
    host.with(|home| todays::read(home, &day()))
}

/// A site with everything that hangs on it.
#[tauri::command(async)]
pub fn site_page(host: State<'_, Host>, id: &str) -> Answer<SitePage> {
    host.with(|home| site::page(home, parse_id(id)?, &day()))
}

/// What this device knows of a document's changes.
#[tauri::command(async)]
pub fn history(host: State<'_, Host>, id: &str) -> Answer<Vec<HistoryLine>> {
    host.with(|home| site::changes(&home.store, parse_id(id)?))
}

/// Notes where the person is.
#[tauri::command(async)]
pub fn remember(host: State<'_, Host>, place: String) -> Answer<()> {
    host.with(|home| home.store.set_local(Local::Place, Some(&place)))
}

/// Fields in conflict.
#[tauri::command(async)]
pub fn conflicts(host: State<'_, Host>, record: Option<&str>) -> Answer<Vec<Conflict>> {
    host.with(|home| disputes::conflicts(home, record))
}

/// Decides a conflict.
#[tauri::command(async)]
pub fn resolve(host: State<'_, Host>, decision: Decision) -> Answer<()> {
    host.change(|home| disputes::decide(home, &decision))
}

/// What the server refused.
#[tauri::command(async)]
pub fn refusals(host: State<'_, Host>) -> Answer<Vec<Refusal>> {
    host.with(|home| disputes::refusals(&home.store))
}
