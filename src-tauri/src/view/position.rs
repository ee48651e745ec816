//! Where the device is, and walking.

use serde::{Deserialize, Serialize};

use super::Label;
use crate::error::ApiError;

/// One fix.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// Degrees, WGS-84.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// Metres, 68 %.
    pub accuracy_m: Option<f64>,
    /// Seconds since it was taken.
    pub age_s: u32,
    /// `gnss`, `network` or `manual`.
    pub source: String,
    /// When, by the receiver's clock, RFC 3339.
    pub at: Option<String>,
    /// Metres above the ellipsoid.
    pub height_m: Option<f64>,
    /// Metres a second.
    pub speed_mps: Option<f64>,
    /// Direction of movement, degrees clockwise from north.
    pub heading_deg: Option<f64>,
    /// Whether it is good enough to be used without a reason.
    pub good: bool,
    /// The position as a `point` field takes it.
    pub text: String,
}

/// Several fixes taken together.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Average {
    /// Fixes so far.
    pub count: u32,
    /// Fixes needed.
    pub minimum: u32,
    /// Where, once there are enough.
    pub fix: Option<Fix>,
}

/// Where the device is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PositionState {
    /// `off`, `connecting`, `searching` (no fix yet), `fix`, `stale` (the last fix is old), `fault`.
    pub status: String,
    /// Where it comes from: `gpsd`, `nmea`, `device` or `none`.
    pub source: String,
    /// The last fix that may be used.
    pub fix: Option<Fix>,
    /// Satellites used, if the receiver says.
    pub satellites: Option<u32>,
    /// Metres above which a fix needs a reason.
    pub gate_m: f64,
    /// Averaging under way.
    pub average: Option<Average>,
    /// Fixes that were refused because a program made them up.
    pub mocked: u32,
    /// What is wrong.
    pub error: Option<ApiError>,
}

/// A fix of the platform's own receiver (phones, the web view), handed in by the screens.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DeviceFix {
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// Metres, 68 %.
    pub accuracy_m: Option<f64>,
    /// When, milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub unix_ms: i64,
    /// Whether a program made it up.
    #[serde(default)]
    pub mocked: bool,
}

/// A position for a field.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct UsePosition {
    /// The record.
    pub record: String,
    /// Its field of type `point`.
    pub path: String,
    /// `fix` (the last one), `average` or `map`.
    pub from: String,
    /// Degrees, for `map`.
    pub lat: Option<f64>,
    /// Degrees, for `map`.
    pub lon: Option<f64>,
    /// Why a poor fix is used all the same.
    pub reason: Option<String>,
}

/// A point of a walk.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WalkPoint {
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// Metres, 68 %.
    pub accuracy_m: Option<f64>,
    /// False for a poor fix: shown and counted, no part of the shape.
    pub used: bool,
}

/// A walk under way: round a boundary, or a patrol.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Walk {
    /// `boundary` or `patrol`.
    pub purpose: String,
    /// The document whose field it fills.
    pub record: String,
    /// The field: `boundary` or `track`.
    pub path: String,
    /// Whether it pauses.
    pub paused: bool,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Its points.
    pub points: Vec<WalkPoint>,
    /// Points that are part of the shape.
    pub used: u32,
    /// Poor fixes.
    pub poor: u32,
    /// Metres walked.
    pub length_m: f64,
    /// Square metres if it were closed now.
    pub area_m2: Option<f64>,
    /// One standard deviation of that.
    pub uncertainty_m2: Option<f64>,
    /// Metres from the last point back to the first.
    pub gap_m: Option<f64>,
    /// Why it cannot be closed now.
    pub problem: Option<Label>,
}
