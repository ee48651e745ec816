//! One fix, and what else a receiver may say.

use domain::value::PositionSource;
use domain::{Position, Vertex};

/// One fix of a receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// Where, with the accuracy (68 %).
    pub at: Vertex,
    /// Where it came from.
    pub source: PositionSource,
    /// When it was heard, by this device's clock, milliseconds since 1970: its age is counted from here.
    pub heard_ms: i64,
    /// When it was taken, by the receiver, RFC 3339.
    pub taken_at: Option<String>,
    /// Metres above the ellipsoid.
    pub height_m: Option<f64>,
    /// Metres a second.
    pub speed_mps: Option<f64>,
    /// Direction of movement, degrees clockwise from north.
    pub heading_deg: Option<f64>,
}

/// What a receiver says.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The connection stands; there may be no fix yet.
    Connected,
    /// A fix.
    Fix(Fix),
    /// It has no fix.
    NoFix,
    /// Satellites used.
    Satellites(u32),
    /// A fix that a simulator made up; it is refused.
    Mocked,
    /// The source cannot be read, as a sentence; it is tried again.
    Lost(String),
    /// The source has ended.
    Ended,
}

impl Fix {
    /// A fix from degrees and metres; `None` where that is no place on earth.
    #[must_use]
    pub fn new(lat: f64, lon: f64, accuracy_m: Option<f64>, source: PositionSource, heard_ms: i64) -> Option<Self> {
        let mut at = Vertex::from_degrees(lon, lat)?;
        at.accuracy_mm = accuracy_m.and_then(millimetres);
        Some(Self { at, source, heard_ms, taken_at: None, height_m: None, speed_mps: None, heading_deg: None })
    }

    /// Its age in whole seconds; a clock that was set back makes none negative.
    #[must_use]
    pub fn age_s(&self, now_ms: i64) -> u32 {
        u32::try_from((now_ms - self.heard_ms).max(0) / 1000).unwrap_or(u32::MAX)
    }

    /// Its accuracy in metres.
    #[must_use]
    pub fn accuracy_m(&self) -> Option<f64> {
        self.at.accuracy_mm.map(|mm| f64::from(mm) / 1000.0)
    }

    /// The position as a record keeps it, with its age at this moment.
    #[must_use]
    pub fn position(&self, now_ms: i64) -> Position {
        #[expect(clippy::cast_possible_truncation, reason = "a height on earth in centimetres fits")]
        let height_cm = self.height_m.filter(|h| h.abs() < 20_000.0).map(|h| (h * 100.0).round() as i32);
        Position { at: self.at, source: self.source, age_s: Some(self.age_s(now_ms)), height_cm }
    }
}

/// Metres as whole millimetres; `None` for what is no accuracy.
pub(super) fn millimetres(metres: f64) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range just checked")]
    (0.0..=1_000_000.0).contains(&metres).then(|| (metres * 1000.0).round() as u32)
}
