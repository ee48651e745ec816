//! What the screens may ask, declared once. Each runs off the main thread, so that a slow disk never freezes the window.

use tauri::State;
use tauri::ipc::Invoke;

use crate::error::ApiError;
use crate::host::Host;
use crate::view::{About, Counts, LedgerPage, LedgerQuery, Record};
use crate::{ledger, record};

type Answer<T> = Result<T, ApiError>;

/// The one list of commands.
pub fn all() -> impl Fn(Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![read_ledger, read_record, read_counts, read_about]
}

/// A page of the ledger.
#[tauri::command(async, rename = "ledger")]
fn read_ledger(host: State<'_, Host>, query: LedgerQuery) -> Answer<LedgerPage> {
    host.with(|home| ledger::page(home, &query))
}

/// One record with everything known about it.
#[tauri::command(async, rename = "record")]
fn read_record(host: State<'_, Host>, id: &str) -> Answer<Record> {
    host.with(|home| record::read(home, id))
}

/// How many sites there are of each kind.
#[tauri::command(async, rename = "counts")]
fn read_counts(host: State<'_, Host>) -> Answer<Counts> {
    host.with(ledger::counts)
}

/// Whose device this is and where its data lies.
#[tauri::command(async, rename = "about")]
fn read_about(host: State<'_, Host>) -> Answer<About> {
    host.with(ledger::about)
}
