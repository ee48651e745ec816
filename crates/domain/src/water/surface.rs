//! The class of a water body by GB 3838-2002: each parameter alone, the worst one sets the class.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::{judge_result, parameter};
use crate::judgement::{Judgement, Operator, Reason, Verdict};
use crate::limits::{Limits, Lookup};

/// A class of surface water, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WaterClass {
    /// Sources, national nature reserves.
    I,
    /// First-grade protection of drinking water.
    II,
    /// Second-grade protection of drinking water, fishery, swimming.
    III,
    /// Industry, water not touched.
    IV,
    /// Agriculture, scenery.
    V,
    /// Worse than V (劣Ⅴ类).
    Inferior,
}

impl WaterClass {
    /// The classes that have limits.
    pub const WITH_LIMITS: [Self; 5] = [Self::I, Self::II, Self::III, Self::IV, Self::V];

    /// The id in forms and limits.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::I => "I",
            Self::II => "II",
            Self::III => "III",
            Self::IV => "IV",
            Self::V => "V",
            Self::Inferior => "inferior",
        }
    }

    /// The Chinese label.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::I => "Ⅰ类",
            Self::II => "Ⅱ类",
            Self::III => "Ⅲ类",
            Self::IV => "Ⅳ类",
            Self::V => "Ⅴ类",
            Self::Inferior => "劣Ⅴ类",
        }
    }

    /// The class with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::WITH_LIMITS.into_iter().chain([Self::Inferior]).find(|c| c.as_str() == id)
    }
}

impl fmt::Display for WaterClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of water body: phosphorus has other limits in lakes, nitrogen counts only there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaterBody {
    /// Running water.
    #[default]
    River,
    /// A lake or reservoir.
    Lake,
}

impl WaterBody {
    fn key(self) -> &'static str {
        match self {
            Self::River => "river",
            Self::Lake => "lake",
        }
    }
}

/// One reading in a water body.
#[derive(Clone, Copy, Debug)]
pub struct SurfaceReading<'a> {
    /// The parameter, by id or any of its names.
    pub parameter: &'a str,
    /// The value in the parameter's unit; the detection limit if `below_lod`.
    pub value: Decimal,
    /// The result was below the detection limit.
    pub below_lod: bool,
}

/// The class of a water body from several parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SurfaceResult {
    /// The class the worst parameter sets.
    pub class: WaterClass,
    /// The ids of the parameters that set it.
    pub worst: Vec<&'static str>,
    /// Each parameter that has a class here, with it.
    pub each: Vec<(&'static str, WaterClass)>,
}

/// The best class whose limit a reading meets; `None` for a parameter without limits here (nitrogen in a river) or
/// whose detection limit is above the limit of class V.
///
/// A result below detection gets the best class the detection limit can prove.
#[must_use]
pub fn class_of(reading: &SurfaceReading<'_>, body: WaterBody, on: NaiveDate, limits: &Limits) -> Option<WaterClass> {
    let id = parameter(reading.parameter)?.id;
    let verdict = |class| judge_class(id, reading, class, body, on, limits).verdict;
    let met = WaterClass::WITH_LIMITS.into_iter().find(|&class| verdict(class) == Verdict::Compliant);
    met.or_else(|| (verdict(WaterClass::V) == Verdict::Exceeds).then_some(WaterClass::Inferior))
}

/// The class of a water body: the worst parameter alone sets it. `None` if no reading has a class here.
#[must_use]
pub fn surface_class(
    readings: &[SurfaceReading<'_>],
    body: WaterBody,
    on: NaiveDate,
    limits: &Limits,
) -> Option<SurfaceResult> {
    let classed = |r: &SurfaceReading<'_>| Some((parameter(r.parameter)?.id, class_of(r, body, on, limits)?));
    let each: Vec<_> = readings.iter().filter_map(classed).collect();
    let class = each.iter().map(|(_, class)| *class).max()?;
    let mut worst: Vec<&'static str> = each.iter().filter(|(_, c)| *c == class).map(|(id, _)| *id).collect();
    worst.dedup();
    Some(SurfaceResult { class, worst, each })
}

/// Holds a reading in a water body against the class it must keep.
#[must_use]
pub fn judge_surface(
    reading: &SurfaceReading<'_>,
    target: WaterClass,
    body: WaterBody,
    on: NaiveDate,
    limits: &Limits,
) -> Judgement {
    match parameter(reading.parameter) {
        Some(known) => judge_class(known.id, reading, target, body, on, limits),
        None => Judgement::not_judged(Some(reading.value), Reason::no_rule()),
    }
}

fn judge_class(
    id: &str,
    reading: &SurfaceReading<'_>,
    class: WaterClass,
    body: WaterBody,
    on: NaiveDate,
    limits: &Limits,
) -> Judgement {
    judge_result(find(id, class, body, on, limits), reading.value, reading.below_lod)
}

fn find<'a>(id: &str, class: WaterClass, body: WaterBody, on: NaiveDate, limits: &'a Limits) -> Lookup<'a> {
    limits.find("water.surface", &[("parameter", id), ("class", class.as_str()), ("body", body.key())], on)
}

/// How many times over the limit: value ÷ limit − 1, four decimals. `None` unless the judgement is an excess over a
/// maximum; dissolved oxygen and pH have formulae of their own, which are not settled here.
#[must_use]
pub fn exceedance_multiple(judged: &Judgement) -> Option<Decimal> {
    let over = judged.verdict == Verdict::Exceeds && judged.operator == Operator::AtMost;
    let limit = judged.limit.filter(|limit| over && *limit > Decimal::ZERO)?;
    let multiple = judged.value?.checked_div(limit)?.checked_sub(Decimal::ONE)?;
    Some(multiple.round_dp_with_strategy(4, RoundingStrategy::MidpointNearestEven))
}
