//! What the map shows.

use serde::{Deserialize, Serialize};

/// Which sites of the map.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapQuery {
    /// West, south, east, north in degrees of WGS-84; all without it.
    pub bbox: Option<[f64; 4]>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this state.
    pub state: Option<String>,
    /// Sites to pass over.
    pub offset: u32,
    /// Sites wanted, at most 20,000.
    pub limit: u32,
}

/// A site on the map.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapSite {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its state.
    pub state: String,
    /// What it is called.
    pub title: String,
    /// Degrees, WGS-84.
    pub lon: f64,
    /// Degrees.
    pub lat: f64,
}

/// A page of the map's sites.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapPage {
    /// The sites.
    pub sites: Vec<MapSite>,
    /// How many all pages have.
    pub total: u32,
}

/// A base map that was imported.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BaseMap {
    /// Its file's name, which also names it in addresses.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// `pmtiles` or `mbtiles`.
    pub format: String,
    /// What its tiles are: `png`, `jpg`, `webp` or `pbf` (vectors).
    pub tiles: String,
    /// West, south, east, north, degrees.
    pub bounds: [f64; 4],
    /// The smallest zoom.
    pub min_zoom: u32,
    /// The largest zoom.
    pub max_zoom: u32,
    /// `wgs84` or `gcj02`: then everything drawn over it must be shifted by `shift`.
    pub datum: String,
    /// Its size.
    #[cfg_attr(test, ts(type = "number"))]
    pub size_bytes: u64,
    /// Its layers' names, for vectors.
    pub layers: Vec<String>,
    /// Whom to name for it.
    pub attribution: Option<String>,
}
