//! Areas, distances and directions on the WGS-84 ellipsoid (Karney's geodesics), and checks of drawn shapes.
//!
//! Rings are those of `Value::Polygon`: outer first, then holes, not closed; their direction does not matter.

mod shape;

use std::sync::LazyLock;

use geographiclib_rs::{Geodesic, InverseGeodesic, PolygonArea, Winding};
use rust_decimal::prelude::FromPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use crate::value::Vertex;

pub use shape::{PolygonProblem, check_polygon, contains, distance_to_polygon_m};

static WGS84: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// Decimals kept of areas (m²), lengths (m) and bearings (degrees).
pub const DECIMALS_KEPT: u32 = 4;

/// A polygon in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PolygonMeasures {
    /// Area without the holes, m².
    pub area_m2: Decimal,
    /// Length of the outer ring, m.
    pub perimeter_m: Decimal,
    /// One standard deviation of the area, m²; `None` if no corner has an accuracy (a drawn shape).
    pub uncertainty_m2: Option<Decimal>,
}

/// Area, perimeter and uncertainty of a polygon; zeros for rings of fewer than three corners.
#[must_use]
pub fn measure(rings: &[Vec<Vertex>]) -> PolygonMeasures {
    PolygonMeasures {
        area_m2: kept(area_m2(rings)),
        perimeter_m: kept(rings.first().map_or(0.0, |ring| perimeter_m(ring))),
        uncertainty_m2: area_uncertainty_m2(rings).map(kept),
    }
}

/// A figure as a decimal of four places; zero for what is not finite.
#[must_use]
pub fn kept(x: f64) -> Decimal {
    let decimal = Decimal::from_f64_retain(x).or_else(|| Decimal::from_f64(x)).unwrap_or_default();
    decimal.round_dp_with_strategy(DECIMALS_KEPT, RoundingStrategy::MidpointNearestEven).normalize()
}

/// Square metres in mu (1 亩 = 2000/3 m²), four decimals.
#[must_use]
pub fn mu_of(area_m2: Decimal) -> Decimal {
    let mu = area_m2.checked_mul(Decimal::new(15, 4)).unwrap_or_default();
    mu.round_dp_with_strategy(DECIMALS_KEPT, RoundingStrategy::MidpointNearestEven).normalize()
}

/// Geodesic area, m²: the outer ring less its holes, never below zero.
#[must_use]
pub fn area_m2(rings: &[Vec<Vertex>]) -> f64 {
    let mut areas = rings.iter().map(|ring| perimeter_and_area(ring).1);
    let outer = areas.next().unwrap_or(0.0);
    (outer - areas.sum::<f64>()).max(0.0)
}

/// Length of a closed ring, m.
#[must_use]
pub fn perimeter_m(ring: &[Vertex]) -> f64 {
    perimeter_and_area(ring).0
}

fn perimeter_and_area(ring: &[Vertex]) -> (f64, f64) {
    if ring.len() < 3 {
        return (0.0, 0.0);
    }
    let mut polygon = PolygonArea::new(&WGS84, Winding::CounterClockwise);
    for v in ring {
        polygon.add_point(v.lat(), v.lon());
    }
    let (perimeter, area, _) = polygon.compute(true);
    (perimeter, area.abs())
}

/// Length of an open line, m.
#[must_use]
pub fn length_m(line: &[Vertex]) -> f64 {
    line.windows(2).map(|pair| distance_m(&pair[0], &pair[1])).sum()
}

/// Distance between two positions along the ellipsoid, m.
#[must_use]
pub fn distance_m(a: &Vertex, b: &Vertex) -> f64 {
    WGS84.inverse(a.lat(), a.lon(), b.lat(), b.lon())
}

/// Direction from `a` to `b`, degrees clockwise from north, 0 up to 360.
#[must_use]
pub fn bearing_deg(a: &Vertex, b: &Vertex) -> f64 {
    distance_and_bearing(a, b).1.rem_euclid(360.0)
}

/// Distance in metres and azimuth in degrees (−180 to 180) from `a` to `b`.
fn distance_and_bearing(a: &Vertex, b: &Vertex) -> (f64, f64) {
    let (distance, azimuth, _, _): (f64, f64, f64, f64) = WGS84.inverse(a.lat(), a.lon(), b.lat(), b.lon());
    (distance, azimuth)
}

/// Where `v` lies as seen from `centre`, metres east and north; distances from the centre are true.
fn local_m(centre: &Vertex, v: &Vertex) -> (f64, f64) {
    let (distance, azimuth) = distance_and_bearing(centre, v);
    let (sin, cos) = azimuth.to_radians().sin_cos();
    (distance * sin, distance * cos)
}

/// One standard deviation of the area that the accuracies of the corners give, m².
///
/// A corner moved by `d` across the chord of its neighbours changes the area by ½·|p(i+1) − p(i−1)|·d (the derivative of
/// the shoelace formula), so with independent errors var = Σ (½·|p(i+1) − p(i−1)|)²·σᵢ². σ is the accuracy as the
/// receiver reports it, a radius of 68 %, which is up to 1.5 times the deviation along one axis; and errors common to
/// all corners shift the plot without changing its area. Both make this figure cautious. A corner without an accuracy
/// counts as the worst of the others; with none at all there is no figure.
#[must_use]
pub fn area_uncertainty_m2(rings: &[Vec<Vertex>]) -> Option<f64> {
    let worst_mm = rings.iter().flatten().filter_map(|v| v.accuracy_mm).max()?;
    let variance: f64 = rings.iter().filter(|ring| ring.len() >= 3).map(|ring| ring_variance(ring, worst_mm)).sum();
    Some(variance.sqrt())
}

fn ring_variance(ring: &[Vertex], default_mm: u32) -> f64 {
    let count = ring.len();
    let corner = |at: usize| {
        let chord_m = distance_m(&ring[(at + 1) % count], &ring[(at + count - 1) % count]);
        let sigma_m = f64::from(ring[at].accuracy_mm.unwrap_or(default_mm)) / 1000.0;
        (0.5 * chord_m * sigma_m).powi(2)
    };
    (0..count).map(corner).sum()
}
