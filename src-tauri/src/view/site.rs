//! A site over the years: visits, photos, tasks, history.

use serde::Serialize;

use super::{Card, Custody, Label, MoveOption, PhotoInfo, Record, State};

/// One visit of a site.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// The inspection.
    pub id: String,
    /// When it began, RFC 3339.
    pub at: Option<String>,
    /// Its state.
    pub state: Option<State>,
    /// What was concluded.
    pub conclusion: Option<Label>,
    /// The officers' names.
    pub officers: Vec<String>,
    /// Values over their limits.
    pub exceeded: u32,
    /// The gravest verdict, if anything was judged.
    pub verdict: Option<String>,
    /// Its photos.
    pub photos: u32,
    /// How far it has come.
    pub custody: Custody,
}

/// A site with everything that hangs on it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SitePage {
    /// What is filled in.
    pub record: Record,
    /// Its position as a GeoJSON point.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub position: serde_json::Value,
    /// Its boundary as a GeoJSON polygon: its own, else that of the latest visit that has one.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub boundary: serde_json::Value,
    /// What the user may do with it.
    pub moves: Vec<MoveOption>,
    /// Its visits, the latest first.
    pub visits: Vec<Visit>,
    /// Photos of the site and of its visits, in the order they were taken.
    pub photos: Vec<PhotoInfo>,
    /// Its tasks, the next due first.
    pub tasks: Vec<Card>,
    /// Whether its deadline is over and it is not done with.
    pub overdue: bool,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// One change of a document.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HistoryLine {
    /// The device's number.
    pub device: u32,
    /// The change's number there.
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// Who; empty before enrolment.
    pub author: String,
    /// When, by that device's clock, RFC 3339.
    pub at: Option<String>,
    /// Which clock: `device`, `gnss` or `server`.
    pub clock: Option<String>,
    /// Where the device was, GeoJSON.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub position: serde_json::Value,
    /// `applied`, `refused`, `waiting` or `unsent`.
    pub status: String,
    /// Why it was refused.
    pub reason: Option<Label>,
    /// What it wrote.
    pub wrote: Vec<WroteLine>,
}

/// One write of a change.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WroteLine {
    /// Where.
    pub path: String,
    /// What the field is called.
    pub label: Label,
    /// What.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: serde_json::Value,
    /// Its words, if it is a choice.
    pub words: Vec<Label>,
}
