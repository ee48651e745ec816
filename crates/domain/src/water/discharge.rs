//! Readings at an outfall: which discharge standard and level, which bracket of ammonia, which kind of sample.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::surface::WaterClass;
use super::{judge_result, parameter};
use crate::judgement::{Judgement, Reason, ReasonCode};
use crate::limits::{Limits, Lookup};

/// A standard with a level, as a form offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DischargeStandard {
    /// The id in forms, such as `DB11/307 A`.
    pub id: &'static str,
    /// The Chinese label.
    pub zh: &'static str,
    /// The `scheme` key of its limits.
    pub scheme: &'static str,
    /// The `level` key of its limits.
    pub level: &'static str,
}

const fn s(id: &'static str, zh: &'static str, scheme: &'static str, level: &'static str) -> DischargeStandard {
    DischargeStandard { id, zh, scheme, level }
}

const STANDARDS: &[DischargeStandard] = &[
    s("DB11/307 A", "DB11/307-2013 表1 A限值（排入Ⅱ、Ⅲ类水体）", "DB11/307", "A"),
    s("DB11/307 B", "DB11/307-2013 表1 B限值（排入Ⅳ、Ⅴ类水体）", "DB11/307", "B"),
    s("DB11/307 sewer", "DB11/307-2013 表3（排入公共污水处理系统）", "DB11/307", "sewer"),
    s("DB11/890 A", "DB11/890-2012 表1 A标准（新改扩建）", "DB11/890", "A"),
    s("DB11/890 B", "DB11/890-2012 表1 B标准（新改扩建）", "DB11/890", "B"),
    s("DB11/890 existing A", "DB11/890-2012 表2 A标准（现有）", "DB11/890 existing", "A"),
    s("DB11/890 existing B", "DB11/890-2012 表2 B标准（现有）", "DB11/890 existing", "B"),
    s("DB11/1612 1A", "DB11/1612-2019 表1 一级A", "DB11/1612", "1A"),
    s("DB11/1612 1B", "DB11/1612-2019 表1 一级B", "DB11/1612", "1B"),
    s("DB11/1612 2A", "DB11/1612-2019 表1 二级A", "DB11/1612", "2A"),
    s("DB11/1612 2B", "DB11/1612-2019 表1 二级B", "DB11/1612", "2B"),
    s("DB11/1612 3", "DB11/1612-2019 表1 三级", "DB11/1612", "3"),
    s("DB11/1612 existing 1", "DB11/1612-2019 表2 一级（现有）", "DB11/1612 existing", "1"),
    s("DB11/1612 existing 2", "DB11/1612-2019 表2 二级（现有）", "DB11/1612 existing", "2"),
    s("DB11/1612 existing 3", "DB11/1612-2019 表2 三级（现有）", "DB11/1612 existing", "3"),
    s("GB 18918 1A", "GB 18918-2002 一级A", "GB 18918", "1A"),
    s("GB 18918 1B", "GB 18918-2002 一级B", "GB 18918", "1B"),
    s("GB 18918 2", "GB 18918-2002 二级", "GB 18918", "2"),
    s("GB 18918 3", "GB 18918-2002 三级", "GB 18918", "3"),
];

/// The standards a form offers for an outfall.
#[must_use]
pub fn discharge_standards() -> &'static [DischargeStandard] {
    STANDARDS
}

/// The standard with this id.
#[must_use]
pub fn discharge_standard(id: &str) -> Option<&'static DischargeStandard> {
    STANDARDS.iter().find(|s| s.id == id)
}

/// The bracket of ammonia nitrogen in Beijing's standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// 1 December to 31 March.
    Winter,
    /// 1 April to 30 November.
    Rest,
}

/// The bracket of a day (DB11/307-2013, DB11/890-2012, DB11/1612-2019: 1 December to 31 March is winter).
#[must_use]
pub fn season(on: NaiveDate) -> Season {
    if matches!(on.month(), 12 | 1..=3) { Season::Winter } else { Season::Rest }
}

/// One reading of one sample.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The parameter, by id or any of its names.
    pub parameter: &'a str,
    /// The value in the parameter's unit; the detection limit if `below_lod`.
    pub value: Decimal,
    /// The result was below the detection limit.
    pub below_lod: bool,
    /// The day of sampling.
    pub on: NaiveDate,
    /// Temperature of the water, ℃; GB 18918 needs it for ammonia.
    pub water_temp_c: Option<Decimal>,
    /// A single sample taken on the spot, not a daily mean.
    pub instant_sample: bool,
}

/// Holds a reading at an outfall against a standard of [`discharge_standards`].
///
/// `not-judged` with a reason: an unknown standard or parameter, no limit for it on that day, a limit not set, or
/// ammonia under GB 18918 without the water's temperature where that would decide.
#[must_use]
pub fn judge_reading(standard_id: &str, reading: &Reading<'_>, limits: &Limits) -> Judgement {
    let value = Some(reading.value);
    let Some(standard) = discharge_standard(standard_id) else {
        return Judgement::not_judged(value, Reason::missing("执行的排放标准", "the discharge standard"));
    };
    let Some(parameter) = parameter(reading.parameter) else {
        return Judgement::not_judged(value, Reason::no_rule());
    };
    let judge =
        |cold| judge_result(find(standard, parameter.id, reading, cold, limits), reading.value, reading.below_lod);
    let judged = match reading.water_temp_c {
        Some(temp_c) => judge(temp_c <= Decimal::from(12)),
        // Without the temperature both brackets are tried; if they agree it does not matter.
        None => {
            let (cold, warm) = (judge(true), judge(false));
            if cold.verdict == warm.verdict { warm } else { temperature_missing(reading.value) }
        }
    };
    if needs_instant_caveat(standard, reading, &judged) { judged.with_reason(instant_caveat()) } else { judged }
}

fn find<'a>(
    standard: &DischargeStandard,
    parameter_id: &str,
    reading: &Reading<'_>,
    cold: bool,
    limits: &'a Limits,
) -> Lookup<'a> {
    let keys = [
        ("scheme", standard.scheme),
        ("level", standard.level),
        ("parameter", parameter_id),
        ("season", if season(reading.on) == Season::Winter { "winter" } else { "rest" }),
        ("water", if cold { "cold" } else { "warm" }),
        ("sample", if reading.instant_sample { "instant" } else { "daily" }),
    ];
    limits.find("water.discharge", &keys, reading.on)
}

fn temperature_missing(value: Decimal) -> Judgement {
    Judgement::not_judged(
        Some(value),
        Reason::missing("水温（决定氨氮限值）", "the water's temperature, which decides the limit of ammonia"),
    )
}

/// DB11/307-2013, 6.2, lets an instant sample decide, and GB 18918 has limits of its own for it; the rule of the
/// other two was not verified.
fn needs_instant_caveat(standard: &DischargeStandard, reading: &Reading<'_>, judged: &Judgement) -> bool {
    let unsettled = standard.scheme.starts_with("DB11/890") || standard.scheme.starts_with("DB11/1612");
    reading.instant_sample && unsettled && judged.reason.is_none()
}

fn instant_caveat() -> Reason {
    Reason::new(
        ReasonCode::InstantSample,
        "按瞬时样评价；该标准对瞬时样的规定未核实，请核对后使用",
        "judged by an instant sample; what this standard says of those was not verified",
    )
}

/// The level of DB11/307-2013, table 1, for the class the receiving water must keep; `None` for class I, where
/// the standard has no level.
#[must_use]
pub fn direct_discharge_standard(target: WaterClass) -> Option<&'static str> {
    match target {
        WaterClass::II | WaterClass::III => Some("DB11/307 A"),
        WaterClass::IV | WaterClass::V => Some("DB11/307 B"),
        WaterClass::I | WaterClass::Inferior => None,
    }
}

/// The standard of a rural treatment plant by its size (m³/d) and the class the receiving water must keep
/// (DB11/1612-2019): below 5 level 3; from 5 B, from 50 A, of level 1 for II and III, of level 2 for IV and V; above
/// 500 DB11/890-2012, table 1. A size on a border (5, 50) takes the stricter level: the text read leaves it open.
#[must_use]
pub fn rural_standard(flow_m3_d: Decimal, target: WaterClass) -> Option<&'static str> {
    if flow_m3_d < Decimal::ZERO {
        return None;
    }
    if flow_m3_d < Decimal::from(5) {
        return Some("DB11/1612 3");
    }
    let strict_water = match target {
        WaterClass::II | WaterClass::III => true,
        WaterClass::IV | WaterClass::V => false,
        WaterClass::I | WaterClass::Inferior => return None,
    };
    let (large, medium) = (flow_m3_d > Decimal::from(500), flow_m3_d >= Decimal::from(50));
    Some(match (strict_water, large, medium) {
        (true, true, _) => "DB11/890 A",
        (false, true, _) => "DB11/890 B",
        (true, false, true) => "DB11/1612 1A",
        (true, false, false) => "DB11/1612 1B",
        (false, false, true) => "DB11/1612 2A",
        (false, false, false) => "DB11/1612 2B",
    })
}
