//! What a register can hold. No floating point: numbers are decimals as they were typed, coordinates are whole
//! nano-degrees, so equal input is equal everywhere and rounding never decides a limit.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::sync::room;

/// Longest text of one value, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most vertices of one line or polygon.
pub const VERTICES_MAX: usize = 10_000;
/// Most items of one list (a noise series of 24 h at 10 s is 8,640).
pub const LIST_ITEMS_MAX: usize = 20_000;

/// One value of one field.
///
/// The order of the variants is the wire format: append only (`docs/sync-protocol.md`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// Emptied by a person; distinct from never written.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A decimal number as typed (`12.50` keeps its zero).
    Number(Number),
    /// Text, the id of a choice, a code, a date (`2026-11-23`), a time (RFC 3339), the id of another document.
    Text(String),
    /// The ids of several choices, or a series of numbers.
    List(#[serde(deserialize_with = "room::list_of::<_, Item, _>")] Vec<Value>),
    /// Where something is.
    Point(Position),
    /// A walked or drawn line, WGS-84.
    Line(#[serde(deserialize_with = "room::list")] Vec<Vertex>),
    /// Rings of a polygon, WGS-84, outer first, not closed (the last vertex is not the first again).
    Polygon(#[serde(deserialize_with = "room::lists")] Vec<Vec<Vertex>>),
}

/// An item of a list as it is read: any value but a list. Lists in lists in lists would fill the stack of the reader
/// before anybody could look at them.
#[derive(Deserialize)]
#[serde(rename = "Value")]
enum Item {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(NoList),
    Point(Position),
    Line(#[serde(deserialize_with = "room::list")] Vec<Vertex>),
    Polygon(#[serde(deserialize_with = "room::lists")] Vec<Vec<Vertex>>),
}

/// What cannot be read.
enum NoList {}

impl<'de> Deserialize<'de> for NoList {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("a list within a list"))
    }
}

impl From<Item> for Value {
    fn from(item: Item) -> Self {
        match item {
            Item::Null => Self::Null,
            Item::Bool(b) => Self::Bool(b),
            Item::Number(n) => Self::Number(n),
            Item::Text(t) => Self::Text(t),
            Item::List(never) => match never {},
            Item::Point(p) => Self::Point(p),
            Item::Line(l) => Self::Line(l),
            Item::Polygon(p) => Self::Polygon(p),
        }
    }
}

/// A decimal as mantissa and scale: compact on the wire, exact, and `12.50` stays distinct from `12.5` as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Number {
    mantissa: i128,
    scale: u8,
}

impl From<Decimal> for Number {
    fn from(d: Decimal) -> Self {
        Self { mantissa: d.mantissa(), scale: u8::try_from(d.scale()).expect("a decimal's scale is at most 28") }
    }
}

impl Number {
    /// The decimal; `None` if the bytes came from elsewhere and are out of a decimal's range.
    #[must_use]
    pub fn decimal(self) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.mantissa, u32::from(self.scale)).ok()
    }
}

/// One corner of a line or polygon, WGS-84, in 1e-9 degrees, with the accuracy of its fix if it was walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vertex {
    /// Longitude, 1e-9 degrees, east positive.
    pub lon_ndeg: i64,
    /// Latitude, 1e-9 degrees, north positive.
    pub lat_ndeg: i64,
    /// Horizontal accuracy of the fix (68 %), millimetres; `None` if drawn.
    pub accuracy_mm: Option<u32>,
}

impl Vertex {
    /// From degrees; `None` outside ±180 / ±90 or not finite.
    #[must_use]
    pub fn from_degrees(lon: f64, lat: f64) -> Option<Self> {
        let inside = lon.is_finite() && lat.is_finite() && lon.abs() <= 180.0 && lat.abs() <= 90.0;
        inside.then(|| Self { lon_ndeg: to_ndeg(lon), lat_ndeg: to_ndeg(lat), accuracy_mm: None })
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(&self) -> f64 {
        self.lon_ndeg as f64 / 1e9
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(&self) -> f64 {
        self.lat_ndeg as f64 / 1e9
    }
}

fn to_ndeg(degrees: f64) -> i64 {
    (degrees * 1e9).round().to_i64().expect("a finite angle within ±180 degrees fits")
}

/// Where a position came from; the system never claims more than that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PositionSource {
    /// Not said.
    #[default]
    Unknown,
    /// A satellite fix of this device.
    Gnss,
    /// The network's estimate.
    Network,
    /// Set on the map or typed by a person.
    Manual,
    /// Read from a photo's EXIF.
    Exif,
    /// Taken over from an imported ledger.
    Import,
}

/// A position as it was got: WGS-84 with accuracy, source and fix age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Where, with the horizontal accuracy (68 %) if known.
    pub at: Vertex,
    /// Where it came from.
    pub source: PositionSource,
    /// How old the fix was when it was used, seconds.
    pub age_s: Option<u32>,
    /// Height above the ellipsoid, centimetres.
    pub height_cm: Option<i32>,
}

impl Position {
    /// A position from degrees with nothing else known; `None` if out of range.
    #[must_use]
    pub fn from_degrees(lon: f64, lat: f64) -> Option<Self> {
        let at = Vertex::from_degrees(lon, lat)?;
        Some(Self { at, source: PositionSource::default(), age_s: None, height_cm: None })
    }
}

/// The values of one document by path, as displayed (one per path).
pub type Values = BTreeMap<String, Value>;

impl Value {
    /// A number from anything that is exactly a decimal.
    #[must_use]
    pub fn number(d: Decimal) -> Self {
        Self::Number(d.into())
    }

    /// Text.
    #[must_use]
    pub fn text(t: impl Into<String>) -> Self {
        Self::Text(t.into())
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Number(n) => n.decimal(),
            _ => None,
        }
    }

    /// The yes or no, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The position, if this is one.
    #[must_use]
    pub fn as_position(&self) -> Option<&Position> {
        match self {
            Self::Point(p) => Some(p),
            _ => None,
        }
    }

    /// Roughly how much room it takes, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 1,
            Self::Number(_) => 4,
            Self::Text(text) => 1 + text.len(),
            Self::List(items) => 1 + items.iter().map(Self::bytes).sum::<usize>(),
            Self::Point(_) => 20,
            Self::Line(line) => 1 + 16 * line.len(),
            Self::Polygon(rings) => 1 + 16 * rings.iter().map(Vec::len).sum::<usize>(),
        }
    }

    /// True for an emptied value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Two values a person would call the same: numbers by amount (`12.5` and `12.50`), everything else to the letter.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (self.as_decimal(), other.as_decimal()) {
            (Some(a), Some(b)) => a == b,
            _ => self == other,
        }
    }

    /// As a person would type it, and as a form reads it again: nothing for an emptied value, lists and geometry as JSON.
    #[must_use]
    pub fn typed(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(b) => b.to_string(),
            Self::Number(n) => n.decimal().map_or_else(String::new, |d| d.to_string()),
            Self::Text(t) => t.clone(),
            other => other.to_json().to_string(),
        }
    }

    /// As JSON for people and scripts: numbers as numbers (as text where JSON's usual reader would lose digits),
    /// geometry as GeoJSON in WGS-84 degrees with our extra members beside the coordinates.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value as J, json};
        match self {
            Self::Null => J::Null,
            Self::Bool(b) => J::Bool(*b),
            Self::Number(n) => n.decimal().map_or(J::Null, decimal_json),
            Self::Text(t) => J::String(t.clone()),
            Self::List(items) => J::Array(items.iter().map(Self::to_json).collect()),
            Self::Point(p) => position_json(p),
            Self::Line(line) => {
                let mut out = json!({"type": "LineString", "coordinates": line.iter().map(pair).collect::<Vec<_>>()});
                add_accuracies(&mut out, line.iter());
                out
            }
            Self::Polygon(rings) => {
                let closed =
                    |ring: &Vec<Vertex>| -> Vec<[f64; 2]> { ring.iter().chain(ring.first()).map(pair).collect() };
                let mut out = json!({"type": "Polygon", "coordinates": rings.iter().map(closed).collect::<Vec<_>>()});
                add_accuracies(&mut out, rings.iter().flatten());
                out
            }
        }
    }

    /// Refuses what is too large or not a number; the reason names the limit.
    ///
    /// # Errors
    /// The reason, as a sentence.
    pub fn check_size(&self) -> Result<(), String> {
        match self {
            Self::Text(t) if t.len() > TEXT_BYTES_MAX => {
                Err(format!("a text of {} bytes; the most is {TEXT_BYTES_MAX}", t.len()))
            }
            Self::Number(n) if n.decimal().is_none() => Err("a number outside the range of a decimal".into()),
            Self::List(items) if items.len() > LIST_ITEMS_MAX => {
                Err(format!("a list of {} items; the most is {LIST_ITEMS_MAX}", items.len()))
            }
            Self::List(items) => items.iter().try_for_each(|item| match item {
                Self::List(_) => Err("a list within a list".into()),
                other => other.check_size(),
            }),
            Self::Line(v) => check_vertices(v.iter()),
            Self::Polygon(rings) => check_vertices(rings.iter().flatten()),
            Self::Point(p) => check_vertices(std::iter::once(&p.at)),
            _ => Ok(()),
        }
    }
}

fn check_vertices<'a>(vertices: impl Iterator<Item = &'a Vertex>) -> Result<(), String> {
    let mut count = 0;
    for v in vertices {
        count += 1;
        if v.lon_ndeg.unsigned_abs() > 180_000_000_000 || v.lat_ndeg.unsigned_abs() > 90_000_000_000 {
            return Err(format!("a position outside the globe: {}, {}", v.lon(), v.lat()));
        }
    }
    if count > VERTICES_MAX {
        return Err(format!("a shape of {count} corners; the most is {VERTICES_MAX}"));
    }
    Ok(())
}

fn pair(v: &Vertex) -> [f64; 2] {
    [v.lon(), v.lat()]
}

fn metres(mm: u32) -> f64 {
    f64::from(mm) / 1000.0
}

fn add_accuracies<'a>(out: &mut serde_json::Value, vertices: impl Iterator<Item = &'a Vertex>) {
    let known: Vec<Option<f64>> = vertices.map(|v| v.accuracy_mm.map(metres)).collect();
    if known.iter().any(Option::is_some) {
        out["accuracies_m"] = serde_json::json!(known);
    }
}

fn position_json(p: &Position) -> serde_json::Value {
    let mut out = serde_json::json!({"type": "Point", "coordinates": pair(&p.at), "source": p.source});
    if let Some(mm) = p.at.accuracy_mm {
        out["accuracy_m"] = metres(mm).into();
    }
    if let Some(age_s) = p.age_s {
        out["age_s"] = age_s.into();
    }
    if let Some(height_cm) = p.height_cm {
        out["height_m"] = (f64::from(height_cm) / 100.0).into();
    }
    out
}

/// A decimal as a JSON number where reading it as a double gives the same decimal again, else as text.
#[must_use]
pub fn decimal_json(d: Decimal) -> serde_json::Value {
    if let Some(whole) = d.is_integer().then(|| d.to_i64()).flatten() {
        return whole.into();
    }
    let exact = d.to_f64().filter(|f| Decimal::from_f64(*f) == Some(d));
    exact.map_or_else(|| serde_json::Value::String(d.normalize().to_string()), serde_json::Value::from)
}
