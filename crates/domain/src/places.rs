//! The district's townships, villages, waters and outline, as shipped in `forms/places/` (with their sources).
//!
//! A township has at most an envelope: it suggests a township for a position, a person confirms it.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::geodesy;
use crate::value::Vertex;
use crate::water::WaterClass;

/// A township-level unit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Town {
    /// Statistical code, 9 digits; also the name of a sync scope.
    pub code: String,
    /// Chinese name.
    pub name: String,
    /// West, south, east, north, degrees (believed WGS-84); three units have none.
    #[serde(default)]
    pub envelope: Option<[f64; 4]>,
}

impl Town {
    /// The code with 12 digits.
    #[must_use]
    pub fn code12(&self) -> String {
        format!("{}000", self.code)
    }

    fn holds(&self, lat: f64, lon: f64) -> bool {
        self.envelope.is_some_and(|[w, s, e, n]| w <= lon && lon <= e && s <= lat && lat <= n)
    }

    fn extent(&self) -> f64 {
        self.envelope.map_or(f64::INFINITY, |[w, s, e, n]| (e - w) * (n - s))
    }
}

/// A village or community.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Village {
    /// Statistical code, 12 digits; the first 9 are the township's.
    pub code: &'static str,
    /// Chinese name.
    pub name: &'static str,
}

impl Village {
    /// The code of its township.
    #[must_use]
    pub fn town_code(&self) -> &'static str {
        self.code.get(..9).unwrap_or(self.code)
    }
}

/// A river or reservoir of the district.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Water {
    /// Chinese name.
    pub name: String,
    /// `river` or `reservoir`.
    pub kind: String,
    /// The class it must keep; `None` where the plan does not say it for the whole water.
    #[serde(default)]
    pub target: Option<WaterClass>,
    /// What is not settled.
    #[serde(default)]
    pub doubt: Option<String>,
}

/// A monitoring section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Section {
    /// Chinese name.
    pub name: String,
    /// `national` (国考) or `entry` (入境).
    pub kind: String,
}

#[derive(Deserialize)]
struct TownFile {
    town: Vec<Town>,
}

#[derive(Deserialize)]
struct WaterFile {
    water: Vec<Water>,
    section: Vec<Section>,
}

static TOWNS: LazyLock<Vec<Town>> = LazyLock::new(|| {
    let file: TownFile =
        toml::from_str(include_str!("../../../forms/places/towns.toml")).expect("a test reads the embedded townships");
    file.town
});

static VILLAGES: LazyLock<Vec<Village>> = LazyLock::new(|| {
    let lines = include_str!("../../../forms/places/villages.csv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).skip(1);
    rows.filter_map(|line| line.split_once(',')).map(|(code, name)| Village { code, name: name.trim() }).collect()
});

static VILLAGES_BY_CODE: LazyLock<HashMap<&'static str, Village>> =
    LazyLock::new(|| VILLAGES.iter().map(|v| (v.code, *v)).collect());

static WATERS: LazyLock<WaterFile> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../forms/places/waters.toml")).expect("a test reads the embedded waters")
});

static OUTLINE: LazyLock<Vec<Vec<Vertex>>> = LazyLock::new(|| {
    let file: serde_json::Value =
        serde_json::from_str(district_outline_geojson()).expect("a test reads the embedded outline");
    let rings = file["geometry"]["coordinates"][0].as_array();
    rings.into_iter().flatten().map(outline_ring).collect()
});

fn outline_ring(ring: &serde_json::Value) -> Vec<Vertex> {
    let corner = |pair: &serde_json::Value| Vertex::from_degrees(pair[0].as_f64()?, pair[1].as_f64()?);
    let mut corners: Vec<Vertex> = ring.as_array().into_iter().flatten().filter_map(corner).collect();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

/// The 21 township-level units, by code.
#[must_use]
pub fn towns() -> &'static [Town] {
    &TOWNS
}

/// The township with this code, 9 digits (12 ending in 000 too).
#[must_use]
pub fn town(code: &str) -> Option<&'static Town> {
    let code9 = if code.len() == 12 { code.strip_suffix("000")? } else { code };
    TOWNS.iter().find(|t| t.code == code9)
}

/// The villages and communities of a township by its 9-digit code; all 429 for an empty code.
pub fn villages(town_code: &str) -> impl Iterator<Item = &'static Village> {
    VILLAGES.iter().filter(move |v| town_code.is_empty() || v.town_code() == town_code)
}

/// The village with this 12-digit code.
#[must_use]
pub fn village(code: &str) -> Option<&'static Village> {
    VILLAGES_BY_CODE.get(code)
}

/// Townships whose envelope holds a position, smallest envelope first. Envelopes overlap, and units without one never
/// appear: a suggestion, not a decision.
#[must_use]
pub fn town_at(lat: f64, lon: f64) -> Vec<&'static Town> {
    let mut found: Vec<_> = TOWNS.iter().filter(|t| t.holds(lat, lon)).collect();
    found.sort_by(|a, b| a.extent().total_cmp(&b.extent()));
    found
}

/// The outline of the district as rings: 120 corners, for orientation only. Its datum is not known, so it may be off by
/// about 600 m; it is no legal boundary, and a public map needs an approval number (审图号).
#[must_use]
pub fn district_outline() -> &'static [Vec<Vertex>] {
    &OUTLINE
}

/// The outline as GeoJSON, with its source.
#[must_use]
pub fn district_outline_geojson() -> &'static str {
    include_str!("../../../forms/places/outline.geojson")
}

/// Whether a position is in the district, give or take `margin_m`: 600 m covers what is not known of the outline.
#[must_use]
pub fn in_district(v: &Vertex, margin_m: f64) -> bool {
    geodesy::distance_to_polygon_m(&OUTLINE, v).is_some_and(|distance| distance <= margin_m)
}

/// The rivers and reservoirs of the district, with the class each must keep where it is known.
#[must_use]
pub fn waters() -> &'static [Water] {
    &WATERS.water
}

/// The monitoring sections on them.
#[must_use]
pub fn sections() -> &'static [Section] {
    &WATERS.section
}
