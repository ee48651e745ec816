//! Inside, near and well-formed: polygons as shapes. Crossings and containment are decided on whole nano-degrees.

use super::{distance_m, local_m};
use crate::value::Vertex;

/// Why a polygon cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolygonProblem {
    /// A ring with fewer than three different corners.
    #[error("ring {ring} has {corners} different corners; walk or draw at least three")]
    TooFewCorners {
        /// The ring, outer = 0.
        ring: usize,
        /// How many it has.
        corners: usize,
    },
    /// Two sides of one ring cross or touch, or sides of two rings cross.
    #[error("side {first} crosses side {second}: the boundary must not cross itself")]
    Crossing {
        /// The first side: it starts at this corner, counted over all rings from 0.
        first: usize,
        /// The other side.
        second: usize,
    },
}

impl PolygonProblem {
    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::TooFewCorners { corners, .. } => format!("边界只有 {corners} 个不同的点，至少需要 3 个"),
            Self::Crossing { first, second } => {
                format!("边界第 {} 条边与第 {} 条边相交，请修改", first + 1, second + 1)
            }
        }
    }
}

type Point = (i128, i128);

/// One side of a ring; `number` is its first corner, counted over all rings as given.
struct Side {
    a: Point,
    b: Point,
    ring: usize,
    number: usize,
    /// Place within the ring without repeated corners, and how many sides that ring has.
    place: usize,
    of: usize,
}

/// Checks that every ring has three corners and no sides cross. A hole may touch the outer ring.
///
/// # Errors
/// The first problem found.
pub fn check_polygon(rings: &[Vec<Vertex>]) -> Result<(), PolygonProblem> {
    let mut all = Vec::new();
    let mut first_number = 0;
    for (ring, vertices) in rings.iter().enumerate() {
        let sides = ring_sides(ring, vertices, first_number);
        let mut corners: Vec<Point> = sides.iter().map(|s| s.a).collect();
        corners.sort_unstable();
        corners.dedup();
        if corners.len() < 3 {
            return Err(PolygonProblem::TooFewCorners { ring, corners: corners.len() });
        }
        first_number += vertices.len();
        all.extend(sides);
    }
    if all.is_empty() {
        return Err(PolygonProblem::TooFewCorners { ring: 0, corners: 0 });
    }
    first_crossing(&mut all).map_or(Ok(()), Err)
}

/// The sides of a ring; a corner given twice in a row is one corner.
fn ring_sides(ring: usize, vertices: &[Vertex], first_number: usize) -> Vec<Side> {
    let mut corners: Vec<(usize, Point)> = Vec::with_capacity(vertices.len());
    for (at, v) in vertices.iter().enumerate() {
        let point = whole(v);
        if corners.last().is_none_or(|(_, last)| *last != point) {
            corners.push((at, point));
        }
    }
    while corners.len() > 1 && corners.first().map(|c| c.1) == corners.last().map(|c| c.1) {
        corners.pop();
    }
    let of = corners.len();
    let side = |place: usize| {
        let (at, a) = corners[place];
        Side { a, b: corners[(place + 1) % of].1, ring, number: first_number + at, place, of }
    };
    (0..of).map(side).collect()
}

/// Bytes from elsewhere can hold any number; beyond this, products of differences would overflow.
const NDEG_MAX: i64 = 1 << 40;

fn whole(v: &Vertex) -> Point {
    let bounded = |ndeg: i64| i128::from(ndeg.clamp(-NDEG_MAX, NDEG_MAX));
    (bounded(v.lon_ndeg), bounded(v.lat_ndeg))
}

/// Sweeps from west to east, so that only sides that overlap in longitude are compared.
fn first_crossing(sides: &mut [Side]) -> Option<PolygonProblem> {
    sides.sort_unstable_by_key(|s| s.a.0.min(s.b.0));
    for (at, one) in sides.iter().enumerate() {
        let east_end = one.a.0.max(one.b.0);
        let overlapping = sides[at + 1..].iter().take_while(|other| other.a.0.min(other.b.0) <= east_end);
        if let Some(other) = overlapping.into_iter().find(|other| conflict(one, other)) {
            let (first, second) = (one.number.min(other.number), one.number.max(other.number));
            return Some(PolygonProblem::Crossing { first, second });
        }
    }
    None
}

fn conflict(one: &Side, other: &Side) -> bool {
    if one.ring != other.ring {
        return cross_properly(one, other);
    }
    let follows = (one.place + 1) % one.of == other.place;
    let leads = (other.place + 1) % other.of == one.place;
    match (follows, leads) {
        (false, false) => meet(one, other),
        // Neighbours share a corner; they conflict only if one runs back over the other.
        (true, _) => turns_back(one, other),
        (false, true) => turns_back(other, one),
    }
}

fn turns_back(one: &Side, next: &Side) -> bool {
    let (u, v) = ((one.b.0 - one.a.0, one.b.1 - one.a.1), (next.b.0 - next.a.0, next.b.1 - next.a.1));
    turn(one.a, one.b, next.b) == 0 && u.0 * v.0 + u.1 * v.1 < 0
}

/// Which side of the line from `a` to `b` the point `c` lies on: 1 left, −1 right, 0 on it.
fn turn(a: Point, b: Point, c: Point) -> i128 {
    ((b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)).signum()
}

fn cross_properly(s: &Side, t: &Side) -> bool {
    turn(s.a, s.b, t.a) * turn(s.a, s.b, t.b) < 0 && turn(t.a, t.b, s.a) * turn(t.a, t.b, s.b) < 0
}

fn meet(s: &Side, t: &Side) -> bool {
    cross_properly(s, t)
        || lies_on(s.a, s.b, t.a)
        || lies_on(s.a, s.b, t.b)
        || lies_on(t.a, t.b, s.a)
        || lies_on(t.a, t.b, s.b)
}

fn lies_on(a: Point, b: Point, p: Point) -> bool {
    let within = |x: i128, y: i128, z: i128| x.min(y) <= z && z <= x.max(y);
    turn(a, b, p) == 0 && within(a.0, b.0, p.0) && within(a.1, b.1, p.1)
}

/// Whether a position lies in the polygon: inside the outer ring, not inside a hole; a boundary counts as inside.
#[must_use]
pub fn contains(rings: &[Vec<Vertex>], v: &Vertex) -> bool {
    let point = whole(v);
    let mut inside = false;
    for ring in rings.iter().filter(|ring| ring.len() >= 3) {
        for (a, b) in closed_sides(ring).map(|(a, b)| (whole(a), whole(b))) {
            if lies_on(a, b, point) {
                return true;
            }
            let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
            let spans = low.1 <= point.1 && point.1 < high.1;
            inside ^= spans && turn(low, high, point) > 0;
        }
    }
    inside
}

fn closed_sides(ring: &[Vertex]) -> impl Iterator<Item = (&Vertex, &Vertex)> {
    ring.iter().zip(ring.iter().cycle().skip(1))
}

/// How far a position is from the polygon's boundary, metres; 0 inside. `None` for a polygon without corners.
///
/// Sides are straight lines in a plane centred on the position, where distances from it are true; for sides of a few
/// kilometres the difference to a geodesic is far below a millimetre.
#[must_use]
pub fn distance_to_polygon_m(rings: &[Vec<Vertex>], v: &Vertex) -> Option<f64> {
    if contains(rings, v) {
        return Some(0.0);
    }
    let sides = rings.iter().flat_map(|ring| closed_sides(ring));
    let nearest = sides.map(|(a, b)| distance_to_side_m(v, a, b)).min_by(f64::total_cmp)?;
    Some(nearest)
}

fn distance_to_side_m(v: &Vertex, a: &Vertex, b: &Vertex) -> f64 {
    let ((ax, ay), (bx, by)) = (local_m(v, a), local_m(v, b));
    let (dx, dy) = (bx - ax, by - ay);
    let length2 = dx * dx + dy * dy;
    if length2 == 0.0 {
        return distance_m(v, a);
    }
    let along = (-(ax * dx + ay * dy) / length2).clamp(0.0, 1.0);
    (ax + along * dx).hypot(ay + along * dy)
}
