//! Walking round a plot, or along a patrol: points are stored as they come, so that a restart costs nothing.

use domain::value::Value;
use domain::{DocId, Vertex, geodesy};
use serde::{Deserialize, Serialize};

use super::fix::Fix;
use super::tracker::is_good;
use crate::capture;
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Local, Store};

/// Metres to the last point below which a fix is the same place.
const STEP_M: f64 = 1.5;
/// A fix may be this much nearer than its accuracy says and still be a new place, as a share of the accuracy.
const STEP_OF_ACCURACY: f64 = 0.3;
/// Most points of one walk; a day at one a second would be more than a shape may have.
pub const POINTS_MAX: usize = 9_000;

/// A walk under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// The document whose field it fills.
    pub record: String,
    /// The field.
    pub path: String,
    /// Whether the shape is closed at the end: a boundary is, a patrol's track is not.
    pub closed: bool,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Whether it pauses.
    pub paused: bool,
}

/// A point of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Where.
    pub at: Vertex,
    /// False for a poor fix: shown and counted, no part of the shape.
    pub used: bool,
}

/// A walk in figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Points of the shape.
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
}

/// The walk under way, if there is one.
///
/// # Errors
/// When the database fails.
pub fn current(store: &Store) -> Result<Option<Walk>> {
    store.local(Local::Walk)
}

/// Begins a walk.
///
/// # Errors
/// `walk-open` while another one is under way.
pub fn start(store: &mut Store, walk: &Walk) -> Result<()> {
    if current(store)?.is_some() {
        let zh = "还有一次行走未结束，请先完成或放弃";
        return Err(Error::request("walk-open", zh, "another walk is under way; finish or discard it first"));
    }
    store.clear_walk_points()?;
    store.set_local(Local::Walk, Some(walk))
}

/// Pauses, or goes on.
///
/// # Errors
/// `no-walk`.
pub fn pause(store: &mut Store, paused: bool) -> Result<Walk> {
    let walk = Walk { paused, ..required(store)? };
    store.set_local(Local::Walk, Some(&walk))?;
    Ok(walk)
}

/// Takes a fix into the walk if it is a new place; `by_hand` takes it wherever it is, also while it pauses. Says whether
/// it was taken; it is on the disk then.
///
/// # Errors
/// When the database fails.
pub fn add_fix(store: &mut Store, fix: &Fix, gate_m: f64, by_hand: bool) -> Result<bool> {
    let Some(walk) = current(store)? else { return Ok(false) };
    let points = store.walk_points()?;
    let wanted = by_hand || (!walk.paused && is_new(&points, fix));
    if !wanted || points.len() >= POINTS_MAX {
        return Ok(false);
    }
    store.add_walk_point(Point { at: fix.at, used: by_hand || is_good(fix, gate_m) })?;
    Ok(true)
}

fn is_new(points: &[Point], fix: &Fix) -> bool {
    let step_m = fix.accuracy_m().map_or(STEP_M, |m| (m * STEP_OF_ACCURACY).max(STEP_M));
    points.last().is_none_or(|last| geodesy::distance_m(&last.at, &fix.at) >= step_m)
}

/// A walk in figures.
#[must_use]
pub fn figures(walk: &Walk, points: &[Point]) -> Figures {
    let shape: Vec<Vertex> = used(points).collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut figures = Figures {
        used: count(shape.len()),
        poor: count(points.len() - shape.len()),
        length_m: geodesy::length_m(&shape),
        ..Figures::default()
    };
    if walk.closed && shape.len() >= 3 {
        figures.gap_m = shape.last().map(|last| geodesy::distance_m(last, &shape[0]));
        let rings = [shape];
        figures.area_m2 = Some(geodesy::area_m2(&rings));
        figures.uncertainty_m2 = geodesy::area_uncertainty_m2(&rings);
    }
    figures
}

fn used(points: &[Point]) -> impl Iterator<Item = Vertex> {
    points.iter().filter(|p| p.used).map(|p| p.at)
}

/// The walk, or that there is none.
///
/// # Errors
/// `no-walk`.
pub fn required(store: &Store) -> Result<Walk> {
    current(store)?.ok_or_else(|| Error::request("no-walk", "现在没有行走记录", "there is no walk under way"))
}

/// The shape of a walk as its field takes it.
///
/// # Errors
/// `walk-short`, and why the line cannot be closed.
pub fn shape(walk: &Walk, points: &[Point]) -> Result<Value> {
    let vertices: Vec<Vertex> = used(points).collect();
    let least = if walk.closed { 3 } else { 2 };
    if vertices.len() < least {
        let zh = format!("至少需要 {least} 个可用的点，现有 {} 个", vertices.len());
        let en = format!("at least {least} usable points are needed, there are {}", vertices.len());
        return Err(Error::request("walk-short", zh, en));
    }
    if !walk.closed {
        return Ok(Value::Line(vertices));
    }
    let rings = vec![vertices];
    geodesy::check_polygon(&rings).map_err(|p| Error::request("walk-shape", p.zh(), p.to_string()))?;
    Ok(Value::Polygon(rings))
}

/// Ends the walk; its points are forgotten.
///
/// # Errors
/// When the database fails.
pub fn end(store: &mut Store) -> Result<()> {
    store.set_local::<Walk>(Local::Walk, None)?;
    store.clear_walk_points()
}

/// The document of a walk.
///
/// # Errors
/// `bad-id` if what was stored is none.
pub fn record(walk: &Walk) -> Result<DocId> {
    capture::parse_id(&walk.record)
}

/// Writes the shape to its field and ends the walk; a patrol gets its end. Gives the document.
///
/// # Errors
/// `no-walk`, as [`shape`], and as filling the field in; the walk goes on then.
pub fn finish(store: &mut Store, now: &mut Now) -> Result<DocId> {
    let walk = required(store)?;
    let id = record(&walk)?;
    let shape = shape(&walk, &store.walk_points()?)?;
    let mut typed = vec![(walk.path.clone(), shape.typed())];
    if !walk.closed {
        typed.push(("ended_at".to_owned(), now.rfc3339()));
    }
    let rejected = store.write(|w| capture::fill(w, now, id, &typed))?;
    if let Some(error) = rejected.into_iter().next() {
        return Err(error.into());
    }
    end(store)?;
    Ok(id)
}
