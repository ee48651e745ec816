//! What is known of the device's position right now: the last usable fix, averaging, and whether a fix may be used.

use domain::value::PositionSource;
use domain::{Position, Vertex, geodesy};

use super::fix::{Fix, Heard, millimetres};
use crate::error::{Error, Result};

/// A fix older than this is not of the place where the person stands now, seconds.
pub const STALE_S: u32 = 30;
/// Most fixes of one average: ten minutes at one a second.
const AVERAGE_MAX: usize = 600;

/// The position of this device as the receiver tells it.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    /// The last fix that was not refused.
    pub fix: Option<Fix>,
    /// Satellites used, if the receiver says.
    pub satellites: Option<u32>,
    /// Fixes refused because a program made them up.
    pub mocked: u32,
    /// Whether a connection stands.
    pub connected: bool,
    /// Why not.
    pub fault: Option<String>,
    average: Option<Vec<Vertex>>,
}

/// An average under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Average {
    /// Fixes so far.
    pub count: u32,
    /// The average, once there are enough.
    pub fix: Option<Fix>,
}

/// Which position is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The last fix.
    Fix,
    /// The average.
    Average,
}

impl Tracker {
    /// Takes what the receiver says.
    pub fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Connected => (self.connected, self.fault) = (true, None),
            Heard::Satellites(n) => self.satellites = Some(n),
            Heard::Mocked => self.mocked += 1,
            Heard::NoFix => {}
            Heard::Lost(why) => (self.connected, self.fault) = (false, Some(why)),
            Heard::Ended => self.connected = false,
            Heard::Fix(fix) => {
                if let Some(average) = self.average.as_mut().filter(|a| a.len() < AVERAGE_MAX) {
                    average.push(fix.at);
                }
                (self.connected, self.fault) = (true, None);
                self.fix = Some(fix);
            }
        }
    }

    /// Begins a new average.
    pub fn start_average(&mut self) {
        self.average = Some(Vec::new());
    }

    /// The average under way, if one was begun.
    #[must_use]
    pub fn average(&self, minimum: u32) -> Option<Average> {
        let points = self.average.as_ref()?;
        let count = u32::try_from(points.len()).unwrap_or(u32::MAX);
        let fix = self.fix.as_ref().filter(|_| count >= minimum);
        let fix = fix.and_then(|last| Some(Fix { at: mean(points)?, ..last.clone() }));
        Some(Average { count, fix })
    }

    /// The position to use. One above the gate needs a reason; an old one is never used.
    ///
    /// # Errors
    /// `no-fix`, `average-short`, `poor-fix`.
    pub fn take(&self, which: Use, now_ms: i64, gate_m: f64, minimum: u32, reason: Option<&str>) -> Result<Position> {
        let fix = match which {
            Use::Fix => self.fix.clone().filter(|f| f.age_s(now_ms) <= STALE_S).ok_or_else(no_fix)?,
            Use::Average => {
                let average = self.average(minimum).ok_or_else(no_fix)?;
                average.fix.ok_or_else(|| short(average.count, minimum))?
            }
        };
        let has_reason = reason.is_some_and(|r| !r.trim().is_empty());
        if !has_reason && !is_good(&fix, gate_m) {
            return Err(poor(&fix, gate_m));
        }
        Ok(fix.position(now_ms))
    }
}

/// Whether a fix is good enough to be used without a reason; one that does not say how good it is, is not.
#[must_use]
pub fn is_good(fix: &Fix, gate_m: f64) -> bool {
    fix.source == PositionSource::Manual || fix.accuracy_m().is_some_and(|m| m <= gate_m)
}

/// The mean of fixes, each counted by the inverse square of its accuracy. How good it is: no better than half the best
/// fix, as errors of one receiver are not independent, and no better than the fixes scatter.
fn mean(points: &[Vertex]) -> Option<Vertex> {
    let worst_mm = points.iter().filter_map(|v| v.accuracy_mm).max()?;
    let weight = |v: &Vertex| 1.0 / f64::from(v.accuracy_mm.unwrap_or(worst_mm).max(1)).powi(2);
    let sum: f64 = points.iter().map(weight).sum();
    let of = |part: fn(&Vertex) -> f64| points.iter().map(|v| part(v) * weight(v)).sum::<f64>() / sum;
    let mut at = Vertex::from_degrees(of(Vertex::lon), of(Vertex::lat))?;
    #[expect(clippy::cast_precision_loss, reason = "at most a few hundred fixes")]
    let count = points.len() as f64;
    let scatter_m = (points.iter().map(|v| geodesy::distance_m(&at, v).powi(2)).sum::<f64>() / count).sqrt();
    let best_m = points.iter().filter_map(|v| v.accuracy_mm).min().map_or(0.0, |mm| f64::from(mm) / 1000.0);
    at.accuracy_mm = millimetres(scatter_m.max(best_m / 2.0));
    Some(at)
}

fn no_fix() -> Error {
    Error::request(
        "no-fix",
        "现在没有可用的定位。请到开阔处等待，或在地图上点选位置",
        "there is no usable fix now. Wait under open sky, or choose the place on the map",
    )
}

fn short(count: u32, minimum: u32) -> Error {
    Error::request(
        "average-short",
        format!("平均定位至少需要 {minimum} 次，现有 {count} 次，请站在原地稍等"),
        format!("an average needs {minimum} fixes, there are {count}; stay where you are a little longer"),
    )
}

fn poor(fix: &Fix, gate_m: f64) -> Error {
    let (zh, en) = match fix.accuracy_m() {
        Some(m) => (
            format!("定位精度 {m:.0} 米，超过 {gate_m:.0} 米"),
            format!("the fix is good to {m:.0} m only, {gate_m:.0} m is asked for"),
        ),
        None => ("定位没有给出精度".to_owned(), "the fix does not say how good it is".to_owned()),
    };
    let zh = format!("{zh}。请等待或改用平均定位；确需使用的，请写明原因");
    Error::request("poor-fix", zh, format!("{en}. Wait, or average; if it must be used, say why"))
}
