//! VOC: concentrations in the plant, hoods, leaks, product contents, activated carbon, stacks
//! (GB 37822-2019, GB 33372/38507/38508-2020, HJ 2026-2013, emission standards).

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::judgement::{Judgement, Reason, ReasonCode, Verdict};
use crate::limits::{Limit, Limits, Lookup};

/// How a concentration in the plant was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NmhcKind {
    /// Mean of one hour, or of 3 to 4 samples spread evenly over it.
    HourMean,
    /// Any single value of a portable instrument.
    Single,
}

impl NmhcKind {
    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HourMean => "hour-mean",
            Self::Single => "single",
        }
    }

    /// The kind with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::HourMean, Self::Single].into_iter().find(|k| k.as_str() == id)
    }
}

/// What runs through a leaking component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakMedium {
    /// Gaseous VOC material or a volatile organic liquid.
    Gas,
    /// Other liquid VOC material.
    Liquid,
}

impl LeakMedium {
    /// The id in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gas => "gas",
            Self::Liquid => "liquid",
        }
    }

    /// The medium with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::Gas, Self::Liquid].into_iter().find(|m| m.as_str() == id)
    }
}

fn region(key_region: bool) -> &'static str {
    if key_region { "key" } else { "normal" }
}

/// NMHC in the plant, outside the workshop, mg/m³ (GB 37822-2019, table A.1; the special limits in a key region).
#[must_use]
pub fn judge_nmhc(value_mg_m3: Decimal, kind: NmhcKind, key_region: bool, on: NaiveDate, limits: &Limits) -> Judgement {
    let region = if key_region { "special" } else { "normal" };
    limits.find("voc.nmhc", &[("kind", kind.as_str()), ("region", region)], on).judge(value_mg_m3)
}

/// Air speed at the emission point farthest from the hood's opening, m/s: at least 0.3 (GB 37822-2019, 10.2.2).
#[must_use]
pub fn judge_hood(velocity_mps: Decimal, on: NaiveDate, limits: &Limits) -> Judgement {
    judge_rule("hood-velocity", velocity_mps, on, limits)
}

/// Height of a stack, m: at least 15 (GB 37822-2019, 10.3).
#[must_use]
pub fn judge_stack_height(height_m: Decimal, on: NaiveDate, limits: &Limits) -> Judgement {
    judge_rule("stack-height", height_m, on, limits)
}

/// One figure against a row of the topic `voc.rule`, such as `duct-leak`, `ledger`, `loading-pipe-gap`.
#[must_use]
pub fn judge_rule(item: &str, value: Decimal, on: NaiveDate, limits: &Limits) -> Judgement {
    limits.find("voc.rule", &[("item", item)], on).judge(value)
}

/// A leak at a sealing point, µmol/mol (GB 37822-2019, 8).
#[must_use]
pub fn judge_leak(
    value_umol_mol: Decimal,
    medium: LeakMedium,
    key_region: bool,
    on: NaiveDate,
    limits: &Limits,
) -> Judgement {
    let keys = [("medium", medium.as_str()), ("region", region(key_region))];
    limits.find("voc.leak", &keys, on).judge(value_umol_mol)
}

/// VOC over open waste water, µmol/mol (GB 37822-2019, 9).
#[must_use]
pub fn judge_open_water(value_umol_mol: Decimal, key_region: bool, on: NaiveDate, limits: &Limits) -> Judgement {
    limits.find("voc.open-water", &[("region", region(key_region))], on).judge(value_umol_mol)
}

/// A spot check of sealing points: of at most 100 points more than two leak, none of them within its time for repair
/// (GB 37822-2019, 13.4). The value is the number of leaks that count.
///
/// More than 100 points are outside the rule: two leaks or fewer are still compliant, more cannot be judged by it.
#[must_use]
pub fn judge_spot_check(points_checked: u32, leaks_counted: u32, on: NaiveDate, limits: &Limits) -> Judgement {
    let value = Decimal::from(leaks_counted);
    if points_checked == 0 || leaks_counted > points_checked {
        return Judgement::not_judged(
            Some(value),
            Reason::missing("有效的抽查点数", "a usable number of points checked"),
        );
    }
    let judged = judge_rule("spot-check-leaks", value, on, limits);
    let covered = judge_rule("spot-check-points", Decimal::from(points_checked), on, limits);
    if judged.verdict == Verdict::Exceeds && covered.verdict == Verdict::Exceeds {
        let reason = Reason::new(
            ReasonCode::OutsideRule,
            "抽查点数超过 100 个，不适用 13.4 的抽查判定；请按不超过 100 个点分组判定",
            "more than 100 points were checked, which the rule for spot checks does not cover; judge groups of at most 100",
        );
        return Judgement { verdict: Verdict::CannotBeJudged, reason: Some(reason), ..judged };
    }
    judged
}

/// Efficiency of treatment, per cent (GB 37822-2019, 10.3.2).
///
/// 80 % is due where the collected NMHC reaches 3 kg/h (2 in a key region) unless materials are low in VOC; where it is
/// not due the verdict is `not-judged` with `no-rule`.
#[must_use]
pub fn judge_efficiency(
    efficiency_pct: Decimal,
    collected_kg_h: Option<Decimal>,
    key_region: bool,
    low_voc_materials: bool,
    on: NaiveDate,
    limits: &Limits,
) -> Judgement {
    let Some(rate) = collected_kg_h else {
        let reason = Reason::missing("收集的 NMHC 初始排放速率（kg/h）", "the rate of collected NMHC (kg/h)");
        return Judgement::not_judged(Some(efficiency_pct), reason);
    };
    let threshold = limits.find("voc.collected-rate", &[("region", region(key_region))], on).limit();
    let due = threshold.and_then(|t| t.is_met_by(rate)).unwrap_or(false) && !low_voc_materials;
    if due {
        judge_rule("efficiency", efficiency_pct, on, limits)
    } else {
        Judgement::not_judged(Some(efficiency_pct), Reason::no_rule())
    }
}

/// A category of product that has a limit of its VOC content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductCategory<'a> {
    /// The id in forms, such as `gb33372.water/construction/acrylic`.
    pub id: &'a str,
    /// The Chinese label.
    pub zh: &'a str,
    /// The standard.
    pub standard: &'a str,
    /// The unit of the limit: g/L, g/kg or %.
    pub unit: &'a str,
}

/// The categories a form offers on a day, in the order of the standards' tables.
#[must_use]
pub fn product_categories(on: NaiveDate, limits: &Limits) -> Vec<ProductCategory<'_>> {
    limits.topic("voc.product").filter(|limit| limit.holds_on(on)).map(category).collect()
}

fn category(limit: &Limit) -> ProductCategory<'_> {
    ProductCategory { id: limit.key("category"), zh: &limit.label_zh, standard: &limit.standard, unit: &limit.unit }
}

/// VOC content of a product against the limit of its category (GB 33372, GB 38507, GB 38508; paints ship empty).
///
/// The unit must be the limit's (g/L, g/kg, %): without the density one cannot be turned into the other.
#[must_use]
pub fn judge_product(category_id: &str, voc_content: Decimal, unit: &str, on: NaiveDate, limits: &Limits) -> Judgement {
    let found = limits.find("voc.product", &[("category", category_id)], on);
    let Some(limit) = found.limit() else { return found.judge(voc_content) };
    if !same_unit(unit, &limit.unit) {
        let reason = Reason::new(
            ReasonCode::UnitMismatch,
            format!("未评价：限值单位为 {}，含量单位为 {unit}；请按限值单位填写检测报告的结果", limit.unit),
            format!(
                "not judged: the limit is in {}, the content in {unit}; enter the report's figure in {0}",
                limit.unit
            ),
        );
        return Judgement::under(limit, Some(voc_content), Verdict::NotJudged, Some(reason));
    }
    found.judge(voc_content)
}

fn same_unit(a: &str, b: &str) -> bool {
    let folded = |unit: &str| unit.trim().replace('％', "%").replace("wt%", "%").to_lowercase();
    folded(a) == folded(b)
}

/// Another substance in a cleaning agent: `halogenated` (%), `formaldehyde` (g/kg) or `btex` (%); `kind` is the last
/// part of its category, such as `semi-water` (GB 38508-2020).
#[must_use]
pub fn judge_cleaner(kind: &str, substance: &str, value: Decimal, on: NaiveDate, limits: &Limits) -> Judgement {
    limits.find("voc.cleaner", &[("kind", kind), ("substance", substance)], on).judge(value)
}

/// A figure of an activated-carbon bed against HJ 2026-2013.
///
/// `item`: `velocity` (m/s, by `kind` granular, fibre or honeycomb), `inlet-temp` (℃), `inlet-pm` (mg/m³),
/// `bed-temp` (℃), `efficiency` (%), `honeycomb-bet` (m²/g), `capacity-used` (%), `iodine` (mg/g, ships empty).
#[must_use]
pub fn judge_carbon(item: &str, kind: &str, value: Decimal, on: NaiveDate, limits: &Limits) -> Judgement {
    limits.find("voc.carbon", &[("item", item), ("kind", kind)], on).judge(value)
}

/// A concentration at a stack or boundary, mg/m³, under an emission standard such as `GB 41616`; new and existing
/// plants come under it from different days.
#[must_use]
pub fn judge_emission(
    scheme: &str,
    item: &str,
    value_mg_m3: Decimal,
    existing_plant: bool,
    on: NaiveDate,
    limits: &Limits,
) -> Judgement {
    emission_limit(scheme, item, existing_plant, on, limits).judge(value_mg_m3)
}

fn emission_limit<'a>(scheme: &str, item: &str, existing: bool, on: NaiveDate, limits: &'a Limits) -> Lookup<'a> {
    let plant = if existing { "existing" } else { "new" };
    limits.find("voc.emission", &[("scheme", scheme), ("item", item), ("plant", plant)], on)
}
