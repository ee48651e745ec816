//! What a person sets on this device, and what the device says of itself.

use serde::{Deserialize, Serialize};

use super::Label;

/// How the home stands before anything else is asked.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// `new` (nothing there yet), `locked` (a passphrase is needed) or `open`.
    pub home: String,
    /// Whether this is the demo, which needs no server.
    pub demo: bool,
    /// Whether this device was enrolled.
    pub enrolled: bool,
    /// The settings, once open.
    pub settings: Option<AppSettings>,
}

/// What a person sets on this device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AppSettings {
    /// `zh` or `en`.
    pub language: String,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    /// Whether the link is metered: then originals wait until they are asked for.
    pub metered: bool,
    /// Whether it syncs by itself.
    pub auto_sync: bool,
    /// `auto`, `gpsd`, `nmea`, `device` or `off`.
    pub position_source: String,
    /// Where gpsd listens.
    pub gpsd_address: String,
    /// A file of NMEA sentences, for `nmea`.
    pub nmea_file: String,
    /// Metres above which a fix needs a reason.
    pub gate_m: f64,
    /// Fixes an average needs.
    pub average_min: u32,
    /// The base map in use.
    pub base_map: Option<String>,
    /// The officer's own name and certificate, filled into new inspections.
    pub officer_name: String,
    /// The certificate's number.
    pub certificate_no: String,
}

/// What a code or a picture of one says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnrolCode {
    /// The server's address, if it says.
    pub server: Option<String>,
    /// The code.
    pub code: String,
}

/// What enrolment gave.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Enrolment {
    /// The user's name.
    pub user: String,
    /// The user's role.
    pub role: String,
    /// The user's townships; null is all.
    pub towns: Option<Vec<Label>>,
    /// How many changes from before were claimed.
    pub claimed: u32,
}

/// What this device holds, in bytes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// The database.
    #[cfg_attr(test, ts(type = "number"))]
    pub database_bytes: u64,
    /// Originals.
    #[cfg_attr(test, ts(type = "number"))]
    pub originals_bytes: u64,
    /// Thumbnails and screen copies.
    #[cfg_attr(test, ts(type = "number"))]
    pub copies_bytes: u64,
    /// Base maps.
    #[cfg_attr(test, ts(type = "number"))]
    pub maps_bytes: u64,
    /// Originals here that the server gave a receipt for: these may be dropped.
    pub droppable: u32,
    /// Their bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub droppable_bytes: u64,
}

/// What was written somewhere.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Written {
    /// The file.
    pub file: String,
    /// Records, originals or files in it.
    pub n: u32,
    /// Its size.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// Something that is wrong with this home.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HomeFault {
    /// `chain`, `signature`, `key`, `database`, `photo-changed`, `photo-unreadable`.
    pub code: String,
    /// What, where.
    pub message: String,
}

impl From<device::settings::Settings> for AppSettings {
    fn from(s: device::settings::Settings) -> Self {
        Self {
            language: s.language,
            theme: s.theme,
            metered: s.metered,
            auto_sync: s.auto_sync,
            position_source: s.position_source,
            gpsd_address: s.gpsd_address,
            nmea_file: s.nmea_file,
            gate_m: s.gate_m,
            average_min: s.average_min,
            base_map: s.base_map,
            officer_name: s.officer_name,
            certificate_no: s.certificate_no,
        }
    }
}

impl From<AppSettings> for device::settings::Settings {
    fn from(s: AppSettings) -> Self {
        Self {
            language: s.language,
            theme: s.theme,
            metered: s.metered,
            auto_sync: s.auto_sync,
            position_source: s.position_source,
            gpsd_address: s.gpsd_address,
            nmea_file: s.nmea_file,
            gate_m: s.gate_m,
            average_min: s.average_min,
            base_map: s.base_map,
            officer_name: s.officer_name,
            certificate_no: s.certificate_no,
        }
    }
}
