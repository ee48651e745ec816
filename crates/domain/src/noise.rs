//! Noise: levels from samples, background correction, and the verdict of one measuring point
//! (GB 3096-2008, GB 12348-2008, GB 12523-2011/2025, GB 22337-2008).

pub mod background;
pub mod level;
mod point;

use chrono::{DateTime, FixedOffset, NaiveDate, Timelike};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{MathematicalOps, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::judgement::{Judgement, Reason, ReasonCode, Verdict};
use crate::limits::{Limits, Lookup};

pub use background::{Background, background};
pub use level::{
    Levels, NoiseError, l_n, ldn, leq, levels, lmax, lmin, mean, sd_population, sd_sample, weighted_leq, weighted_mean,
};
pub use point::{PointInput, PointResult, judge_point};

/// What makes the sound; it chooses the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceType {
    /// An industrial enterprise: GB 12348.
    Industry,
    /// A construction site: GB 12523, the edition by date.
    Construction,
    /// Shops, entertainment, lifts and pumps in buildings: GB 22337.
    Social,
    /// Road, rail, waterway: the ambient standard GB 3096.
    Traffic,
    /// The sound environment as a whole: GB 3096.
    Ambient,
}

impl SourceType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Industry, Self::Construction, Self::Social, Self::Traffic, Self::Ambient];

    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Industry => "industry",
            Self::Construction => "construction",
            Self::Social => "social",
            Self::Traffic => "traffic",
            Self::Ambient => "ambient",
        }
    }

    /// The source with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == id)
    }

    /// The key of its limits: traffic is held against the ambient standard.
    pub(crate) fn limit_key(self) -> &'static str {
        if self == Self::Traffic { "ambient" } else { self.as_str() }
    }

    /// Whether the standard wants the background taken out: emission standards do, GB 3096 judges the whole sound.
    #[must_use]
    pub fn corrects_background(self) -> bool {
        matches!(self, Self::Industry | Self::Construction | Self::Social)
    }

    /// The standard's class for a functional zone: the emission standards know one class 4, construction none.
    #[must_use]
    pub fn class_key(self, zone: ZoneClass) -> &'static str {
        match (self, zone) {
            (Self::Industry | Self::Social, ZoneClass::C4a | ZoneClass::C4b) => "4",
            _ => zone.as_str(),
        }
    }
}

/// The class of the functional zone (GB 3096-2008, clause 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ZoneClass {
    /// Convalescence and other places that need special quiet.
    #[serde(rename = "0")]
    C0,
    /// Dwellings, hospitals, schools, offices.
    #[serde(rename = "1")]
    C1,
    /// Commerce and markets, or mixed use.
    #[serde(rename = "2")]
    C2,
    /// Industry and storage.
    #[serde(rename = "3")]
    C3,
    /// Beside main roads, surface urban rail, waterways.
    #[serde(rename = "4a")]
    C4a,
    /// Beside railways approved from 2011 on.
    #[serde(rename = "4b")]
    C4b,
}

impl ZoneClass {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::C0, Self::C1, Self::C2, Self::C3, Self::C4a, Self::C4b];

    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::C0 => "0",
            Self::C1 => "1",
            Self::C2 => "2",
            Self::C3 => "3",
            Self::C4a => "4a",
            Self::C4b => "4b",
        }
    }

    /// The class with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == id)
    }
}

/// Where the microphone stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// At the boundary of the source.
    #[default]
    Boundary,
    /// Inside the affected building: the limit is 10 dB lower.
    Indoor,
    /// Outdoors in the sound environment.
    Ambient,
}

impl Place {
    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boundary => "boundary",
            Self::Indoor => "indoor",
            Self::Ambient => "ambient",
        }
    }

    /// The place with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::Boundary, Self::Indoor, Self::Ambient].into_iter().find(|p| p.as_str() == id)
    }
}

/// Use of the room for sound carried by the structure (GB 12348-2008 and GB 22337-2008, table 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Room {
    /// A: for sleep (bedrooms, wards, hotel rooms).
    A,
    /// B: used mainly by day (classrooms, meeting rooms, offices, living rooms).
    B,
}

impl Room {
    /// The id in limits.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// How peaks came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Burst {
    /// No peaks.
    #[default]
    None,
    /// Often, at intervals.
    Frequent,
    /// Now and then.
    Occasional,
}

impl Burst {
    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Frequent => "frequent",
            Self::Occasional => "occasional",
        }
    }

    /// The burst with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::None, Self::Frequent, Self::Occasional].into_iter().find(|b| b.as_str() == id)
    }
}

/// Day or night, for limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// 06:00 up to 22:00 unless the government set other hours.
    Day,
    /// The rest.
    Night,
}

impl Period {
    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Night => "night",
        }
    }

    /// The Chinese label.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Day => "昼间",
            Self::Night => "夜间",
        }
    }
}

/// When the day begins and ends for noise, minutes after local midnight; the end belongs to the night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First minute of the day.
    pub day_from_min: u32,
    /// First minute of the night.
    pub night_from_min: u32,
}

impl Default for Hours {
    /// GB 3096-2008, clause 3.4.
    fn default() -> Self {
        Self { day_from_min: 6 * 60, night_from_min: 22 * 60 }
    }
}

impl Hours {
    /// The hours set for a day (rows `noise.hours`, in hours, such as 22 or 21.5); the standard's where none are.
    #[must_use]
    pub fn from_limits(limits: &Limits, on: NaiveDate) -> Self {
        let minutes = |item, or| {
            let hours = limits.find("noise.hours", &[("item", item)], on).value();
            let minutes = hours.and_then(|h| h.checked_mul(Decimal::from(60))).and_then(|m| m.to_u32());
            minutes.filter(|m| *m <= 24 * 60).unwrap_or(or)
        };
        let standard = Self::default();
        Self {
            day_from_min: minutes("day-from", standard.day_from_min),
            night_from_min: minutes("night-from", standard.night_from_min),
        }
    }

    /// The period of a moment, by the local time its offset gives.
    #[must_use]
    pub fn period(self, at: DateTime<FixedOffset>) -> Period {
        let minute = at.time().num_seconds_from_midnight() / 60;
        let is_day = if self.day_from_min <= self.night_from_min {
            (self.day_from_min..self.night_from_min).contains(&minute)
        } else {
            minute >= self.day_from_min || minute < self.night_from_min
        };
        if is_day { Period::Day } else { Period::Night }
    }
}

/// The standard a source is judged by on a day, such as `GB 12523-2025`; `None` if no row holds on that day.
#[must_use]
pub fn standard_for(source: SourceType, on: NaiveDate, limits: &Limits) -> Option<&str> {
    let holds = |l: &&crate::limits::Limit| l.key("source") == source.limit_key() && l.holds_on(on);
    limits.topic("noise.leq").filter(holds).max_by_key(|l| l.valid_from).map(|l| l.standard.as_str())
}

/// The limit of the Leq; `NoRule` for a class the standard does not have.
#[must_use]
pub fn leq_limit(
    source: SourceType,
    zone: Option<ZoneClass>,
    period: Period,
    on: NaiveDate,
    limits: &Limits,
) -> Lookup<'_> {
    let class = zone.map_or("", |z| source.class_key(z));
    let keys = [("source", source.limit_key()), ("class", class), ("period", period.as_str())];
    limits.find("noise.leq", &keys, on)
}

/// Holds one octave band of sound carried by the structure against its limit (GB 12348-2008 and GB 22337-2008, table 3).
///
/// `hz` is one of 31.5, 63, 125, 250, 500; the level is unweighted, dB. Levels are rounded to whole dB first.
#[must_use]
pub fn judge_octave(
    zone: ZoneClass,
    room: Room,
    period: Period,
    hz: &str,
    level_db: Decimal,
    on: NaiveDate,
    limits: &Limits,
) -> Judgement {
    let class = SourceType::Industry.class_key(zone);
    let keys = [("class", class), ("room", room.as_str()), ("period", period.as_str()), ("hz", hz)];
    limits.find("noise.structure-octave", &keys, on).judge(whole_db(level_db))
}

/// Whether a set of measurements stands: the calibrations before and after may differ by at most 0.5 dB, else all
/// results are void (GB 12348-2008, GB 3096-2008). The value is the drift, dB.
#[must_use]
pub fn calibration(before_db: Decimal, after_db: Decimal, on: NaiveDate, limits: &Limits) -> Judgement {
    let drift = match after_db.checked_sub(before_db) {
        Some(difference) => difference.abs(),
        None => return Judgement::not_judged(None, Reason::missing("可用的校准值", "a usable calibration")),
    };
    let mut judged = limits.find("noise.setting", &[("item", "calibration-drift")], on).judge(drift);
    if judged.verdict == Verdict::Exceeds {
        judged.verdict = Verdict::Void;
        judged.reason = Some(Reason::new(
            ReasonCode::CalibrationDrift,
            format!("作废：测量前后校准示值相差 {drift} dB，超过允许值；请校准后重新测量"),
            format!("void: the calibrations before and after differ by {drift} dB; calibrate and measure again"),
        ));
    }
    judged
}

/// Why the weather forbids measuring, if it does: rain or snow, or wind of 5 m/s or more (GB 12348-2008, 5.2.1).
#[must_use]
pub fn weather_problem(wind_mps: Option<Decimal>, rain: bool, on: NaiveDate, limits: &Limits) -> Option<Reason> {
    let wind = limits.find("noise.setting", &[("item", "wind")], on).limit();
    let too_windy = wind_mps.zip(wind).is_some_and(|(mps, limit)| limit.is_met_by(mps) == Some(false));
    (rain || too_windy).then(|| {
        Reason::new(
            ReasonCode::Weather,
            "气象条件不符合：应无雨雪、无雷电，风速 5 m/s 以下；确需测量的请说明原因和措施",
            "the weather does not allow it: no rain, snow or lightning, wind below 5 m/s; say why and how it was measured",
        )
    })
}

/// Whole decibels, half to even (GB/T 8170). Round once, at the end.
#[must_use]
pub fn whole_db(level_db: Decimal) -> Decimal {
    level_db.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)
}

/// The square root, for the standard deviations; zero for what has none.
pub(crate) fn root(x: Decimal) -> Decimal {
    x.sqrt().unwrap_or_default()
}
