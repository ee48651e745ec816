//! What a person sets on this device; nobody else is told.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::store::{Local, Store};

/// What a person sets on this device. What an older program did not know has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
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
    /// The officer's own name, filled into new inspections.
    pub officer_name: String,
    /// The officer's certificate.
    pub certificate_no: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: "zh".into(),
            theme: "auto".into(),
            metered: false,
            auto_sync: true,
            position_source: "auto".into(),
            gpsd_address: "127.0.0.1:2947".into(),
            nmea_file: String::new(),
            gate_m: 15.0,
            average_min: 10,
            base_map: None,
            officer_name: String::new(),
            certificate_no: String::new(),
        }
    }
}

/// The settings of this device.
///
/// # Errors
/// When the database fails.
pub fn read(store: &Store) -> Result<Settings> {
    Ok(store.local(Local::Settings)?.unwrap_or_default())
}

/// Keeps the settings; gives them as they are used.
///
/// # Errors
/// When the database fails.
pub fn write(store: &mut Store, mut settings: Settings) -> Result<Settings> {
    let defaults = Settings::default();
    if !(1.0..=1000.0).contains(&settings.gate_m) {
        settings.gate_m = defaults.gate_m;
    }
    settings.average_min = settings.average_min.clamp(3, 600);
    store.set_local(Local::Settings, Some(&settings))?;
    Ok(settings)
}
