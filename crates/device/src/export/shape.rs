//! Shapes in the datum that was asked for: which one stands for a document, GeoJSON's winding, WKT, GeoPackage bytes.

use std::collections::BTreeMap;

use domain::datum::{Datum, LonLat, convert};
use serde_json::{Value as Json, json};

/// Corners as longitude and latitude, degrees.
type Ring = Vec<[f64; 2]>;

/// A shape of one of the three kinds that fields hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Point([f64; 2]),
    Line(Ring),
    /// Closed rings, outer first.
    Polygon(Vec<Ring>),
}

/// The shape that stands for a document: its boundary, else what was walked, else where it is.
pub(super) fn of_document(values: &BTreeMap<String, Json>) -> Option<Shape> {
    let own = |path: &str| values.get(path).and_then(read);
    let named = ["boundary", "track", "position"].iter().find_map(|path| own(path));
    named.or_else(|| values.iter().filter(|(path, _)| !path.contains('/')).find_map(|(_, value)| read(value)))
}

/// A shape from the GeoJSON of a value.
pub(super) fn read(value: &Json) -> Option<Shape> {
    let coordinates = value.as_object()?.get("coordinates")?;
    match value.get("type")?.as_str()? {
        "Point" => corner(coordinates).map(Shape::Point),
        "LineString" => ring(coordinates).map(Shape::Line),
        "Polygon" => coordinates.as_array()?.iter().map(ring).collect::<Option<_>>().map(Shape::Polygon),
        _ => None,
    }
}

fn corner(value: &Json) -> Option<[f64; 2]> {
    Some([value.get(0)?.as_f64()?, value.get(1)?.as_f64()?])
}

fn ring(value: &Json) -> Option<Ring> {
    value.as_array()?.iter().map(corner).collect()
}

impl Shape {
    /// From WGS-84 into another datum, to the nano-degree that is stored.
    pub fn into_datum(self, datum: Datum) -> Self {
        let moved = |[lon, lat]: [f64; 2]| {
            let p = convert(LonLat::new(lon, lat), Datum::Wgs84, datum);
            [nano(p.lon), nano(p.lat)]
        };
        let ring = |r: Ring| r.into_iter().map(moved).collect();
        match self {
            Self::Point(p) => Self::Point(moved(p)),
            Self::Line(line) => Self::Line(ring(line)),
            Self::Polygon(rings) => Self::Polygon(rings.into_iter().map(ring).collect()),
        }
    }

    /// The outer ring counter-clockwise, holes clockwise (RFC 7946, 3.1.6).
    pub fn wound(mut self) -> Self {
        if let Self::Polygon(rings) = &mut self {
            for (at, ring) in rings.iter_mut().enumerate() {
                if (signed_area(ring) > 0.0) != (at == 0) {
                    ring.reverse();
                }
            }
        }
        self
    }

    /// As GeoJSON.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Point(p) => json!({"type": "Point", "coordinates": p}),
            Self::Line(line) => json!({"type": "LineString", "coordinates": line}),
            Self::Polygon(rings) => json!({"type": "Polygon", "coordinates": rings}),
        }
    }

    fn rings(&self) -> Vec<&[[f64; 2]]> {
        match self {
            Self::Point(p) => vec![std::slice::from_ref(p)],
            Self::Line(line) => vec![line],
            Self::Polygon(rings) => rings.iter().map(Vec::as_slice).collect(),
        }
    }

    /// West, south, east, north.
    pub fn envelope(&self) -> [f64; 4] {
        let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        self.rings()
            .into_iter()
            .flatten()
            .fold(start, |[w, s, e, n], [lon, lat]| [w.min(*lon), s.min(*lat), e.max(*lon), n.max(*lat)])
    }

    fn is_empty(&self) -> bool {
        self.rings().iter().all(|ring| ring.is_empty())
    }

    /// As the binary of a GeoPackage (OGC 12-128r19, 2.1.3): header with envelope, then little-endian WKB.
    pub fn to_gpkg(&self, srs_id: i32) -> Vec<u8> {
        let flags = if self.is_empty() { 0b0001_0001 } else { 0b0000_0011 };
        let mut out = b"GP\0".to_vec();
        out.push(flags);
        out.extend(srs_id.to_le_bytes());
        if !self.is_empty() {
            let [w, s, e, n] = self.envelope();
            [w, e, s, n].iter().for_each(|v| out.extend(v.to_le_bytes()));
        }
        self.wkb(&mut out);
        out
    }

    fn wkb(&self, out: &mut Vec<u8>) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        let corners = |out: &mut Vec<u8>, ring: &[[f64; 2]]| {
            ring.iter().flatten().for_each(|v| out.extend(v.to_le_bytes()));
        };
        let kind: u32 = match self {
            Self::Point(_) => 1,
            Self::Line(_) => 2,
            Self::Polygon(_) => 3,
        };
        out.push(1);
        out.extend(kind.to_le_bytes());
        if kind == 3 {
            out.extend(count(self.rings().len()));
        }
        for ring in self.rings() {
            if kind > 1 {
                out.extend(count(ring.len()));
            }
            corners(out, ring);
        }
    }

    fn wkt(&self) -> String {
        let corner = |[lon, lat]: &[f64; 2]| format!("{lon} {lat}");
        let ring = |ring: &[[f64; 2]]| format!("({})", ring.iter().map(corner).collect::<Vec<_>>().join(", "));
        match self {
            Self::Point(p) => format!("POINT ({})", corner(p)),
            Self::Line(line) => format!("LINESTRING {}", ring(line)),
            Self::Polygon(rings) => {
                format!("POLYGON ({})", rings.iter().map(|r| ring(r)).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn nano(degrees: f64) -> f64 {
    (degrees * 1e9).round() / 1e9
}

/// Twice the area, positive if counter-clockwise; good enough for a direction.
fn signed_area(ring: &[[f64; 2]]) -> f64 {
    ring.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum()
}

/// The shape of a value as text; nothing for an object that is none.
pub(super) fn wkt(value: &Json) -> String {
    read(value).map(|shape| shape.wkt()).unwrap_or_default()
}

/// A value with every shape in it in another datum, so that no coordinate of a file contradicts its label.
pub(super) fn value_in_datum(value: &Json, datum: Datum) -> Json {
    let Some(shape) = read(value).filter(|_| datum != Datum::Wgs84) else { return value.clone() };
    let mut out = shape.into_datum(datum).to_json();
    if let (Some(out), Some(old)) = (out.as_object_mut(), value.as_object()) {
        let further = old.iter().filter(|(key, _)| !matches!(key.as_str(), "type" | "coordinates"));
        out.extend(further.map(|(key, value)| (key.clone(), value.clone())));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clockwise_boundary_is_turned() {
        let clockwise = vec![vec![[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]];
        let Shape::Polygon(rings) = Shape::Polygon(clockwise).wound() else { panic!() };
        assert!(signed_area(&rings[0]) > 0.0);
    }

    #[test]
    fn the_binary_of_a_point_is_as_the_standard_says() {
        let bytes = Shape::Point([1.0, 2.0]).to_gpkg(4326);
        assert_eq!(bytes.len(), 8 + 32 + 21);
        assert_eq!(&bytes[..8], b"GP\0\x03\xE6\x10\0\0");
        assert_eq!(&bytes[40..45], &[1, 1, 0, 0, 0]);
    }
}
