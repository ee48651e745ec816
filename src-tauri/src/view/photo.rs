//! Photos as evidence, for the screens.

use serde::{Deserialize, Serialize};

use super::Custody;

/// What is known of one photo.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PhotoInfo {
    /// The photo document: its fields are edited by `setFields(id, …)`, its pictures are `photoUrl(id, copy)`.
    pub id: String,
    /// The record it belongs to.
    pub of: String,
    /// What it proves.
    pub proves: Option<String>,
    /// `before`, `during` or `after` the treatment.
    pub stage: Option<String>,
    /// When, RFC 3339.
    pub taken_at: Option<String>,
    /// By which clock: `device`, `gnss`, `exif`, `exif-local` (the camera's, its offset assumed).
    pub taken_at_source: Option<String>,
    /// Where, degrees.
    pub lat: Option<f64>,
    /// Degrees.
    pub lon: Option<f64>,
    /// `gnss`, `network`, `exif` (from the file), `manual` (from the map), `unknown`; null without a position.
    pub position_source: Option<String>,
    /// Metres, 68 %.
    pub accuracy_m: Option<f64>,
    /// How old the fix was at the shutter, seconds.
    pub age_s: Option<u32>,
    /// Degrees clockwise from north.
    pub bearing_deg: Option<f64>,
    /// Who took it.
    pub photographer: Option<String>,
    /// Hex SHA-256 of the original.
    pub sha256: String,
    /// Of the original.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub size_bytes: Option<u64>,
    /// Pixels, the right way up.
    pub width_px: Option<u32>,
    /// Pixels.
    pub height_px: Option<u32>,
    /// The name it came with.
    pub file_name: Option<String>,
    /// Whether the original is on this device.
    pub here: bool,
    /// How far the original has come.
    pub custody: Custody,
    /// Why it cannot be sent, if it cannot.
    pub problem: Option<String>,
    /// Metres from the site's boundary, or from its position without one.
    pub from_site_m: Option<f64>,
}

/// What the shutter knows; the bytes of the picture come beside it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Shot {
    /// The record it belongs to.
    pub record: String,
    /// The file's name.
    pub file_name: String,
    /// `camera`: taken now, the device's fix counts. `file`: an older picture, only its EXIF counts.
    pub origin: String,
    /// What it proves.
    pub proves: Option<String>,
    /// `before`, `during` or `after`.
    pub stage: Option<String>,
    /// Where the camera looked, if the device knows: degrees clockwise from north.
    pub bearing_deg: Option<f64>,
    /// Who took it; the device's user without it.
    pub photographer: Option<String>,
}

/// What became of a photo.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AddedPhoto {
    /// Its document.
    pub id: String,
    /// True if the record had the same picture already; nothing was added then.
    pub known: bool,
    /// What is known of it.
    pub photo: PhotoInfo,
}
