//! Syncing and disagreeing.

use serde::{Deserialize, Serialize};

use super::{Label, Named};
use crate::error::ApiError;

/// How syncing stands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SyncState {
    /// Whether this device has a server.
    pub enrolled: bool,
    /// Whether it syncs right now.
    pub running: bool,
    /// What it does: `text`, `thumbnails` or `originals`; null when it does nothing.
    pub stage: Option<String>,
    /// Bytes sent in this stage.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_done: u64,
    /// Bytes this stage has to send, if known.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_all: u64,
    /// Seconds left at the speed so far, if it can be said.
    pub seconds_left: Option<u32>,
    /// When everything last went through, RFC 3339.
    pub last_ok_at: Option<String>,
    /// What stopped the last one.
    pub last_error: Option<ApiError>,
    /// When that was, RFC 3339.
    pub last_error_at: Option<String>,
    /// When it tries again by itself, RFC 3339.
    pub next_at: Option<String>,
    /// Whether originals wait for a person because the link is metered.
    pub originals_wait: bool,
    /// Whether a relay answered last.
    pub at_relay: bool,
}

/// A change that the server refused; its content stays readable.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Refusal {
    /// The document.
    pub record: Named,
    /// The change's number.
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// Stable.
    pub code: String,
    /// Why, and what to do.
    pub says: Label,
    /// What it wanted to write.
    pub wrote: Vec<super::WroteLine>,
}

/// One of several values of a field.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConflictValue {
    /// The write, as `device:number`: what a decision has seen.
    pub op: String,
    /// The value.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: serde_json::Value,
    /// Its words, if it is a choice.
    pub words: Vec<Label>,
    /// Who wrote it.
    pub author: String,
    /// On which device.
    pub device: Option<String>,
    /// Whether that was this device.
    pub own: bool,
    /// When, by that device's clock, RFC 3339.
    pub at: Option<String>,
    /// Which clock that was: `device`, `gnss` or `server`.
    pub clock: Option<String>,
    /// Where the device was, GeoJSON.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub position: serde_json::Value,
    /// Metres from the site, if both are known.
    pub from_site_m: Option<f64>,
    /// What this value leads to: the computed fields that depend on it, in words.
    pub leads_to: Vec<super::Fact>,
}

/// A field that several people filled without knowing of each other.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Conflict {
    /// The document.
    pub record: Named,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// The field.
    pub path: String,
    /// What it is called.
    pub label: Label,
    /// What it holds.
    #[serde(rename = "fieldType")]
    pub field_type: String,
    /// Unit of its number.
    pub unit: Option<String>,
    /// What a choice may be.
    pub choices: Vec<super::Choice>,
    /// Its values, the latest first; nothing is preselected.
    pub values: Vec<ConflictValue>,
    /// Photos of the record.
    pub photos: Vec<super::PhotoInfo>,
}

/// A decision of a conflict.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Decision {
    /// The document.
    pub record: String,
    /// The field.
    pub path: String,
    /// The write that is kept; else `text` counts.
    pub keep: Option<String>,
    /// Another value, as typed.
    pub text: Option<String>,
    /// The writes that were on the screen.
    pub seen: Vec<String>,
    /// Why.
    pub reason: Option<String>,
}
