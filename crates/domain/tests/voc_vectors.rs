//! VOC rules at their borders.
#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use domain::judgement::{ReasonCode, Verdict};
use domain::limits::Limits;
use domain::voc::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    on("2026-11-23")
}

fn limits() -> &'static Limits {
    Limits::embedded()
}

#[test]
fn nmhc_by_kind_and_region() {
    for (kind, key, limit) in [
        (NmhcKind::HourMean, false, dec!(10)),
        (NmhcKind::HourMean, true, dec!(6)),
        (NmhcKind::Single, false, dec!(30)),
        (NmhcKind::Single, true, dec!(20)),
    ] {
        assert_eq!(judge_nmhc(limit, kind, key, today(), limits()).verdict, Verdict::Compliant);
        assert_eq!(judge_nmhc(limit + dec!(0.1), kind, key, today(), limits()).verdict, Verdict::Exceeds);
    }
}

#[test]
fn hoods_stacks_and_efficiency_have_minima() {
    assert_eq!(judge_hood(dec!(0.3), today(), limits()).verdict, Verdict::Compliant);
    assert_eq!(judge_hood(dec!(0.29), today(), limits()).verdict, Verdict::Exceeds);
    assert_eq!(judge_stack_height(dec!(15), today(), limits()).verdict, Verdict::Compliant);
    assert_eq!(judge_stack_height(dec!(14.9), today(), limits()).verdict, Verdict::Exceeds);
    let efficiency = |pct, rate, key, low| judge_efficiency(pct, Some(rate), key, low, today(), limits()).verdict;
    assert_eq!(efficiency(dec!(80), dec!(3), false, false), Verdict::Compliant);
    assert_eq!(efficiency(dec!(79.9), dec!(3), false, false), Verdict::Exceeds);
    assert_eq!(efficiency(dec!(10), dec!(2.9), false, false), Verdict::NotJudged);
    assert_eq!(efficiency(dec!(10), dec!(2), true, false), Verdict::Exceeds);
    assert_eq!(efficiency(dec!(10), dec!(5), true, true), Verdict::NotJudged);
}

#[test]
fn leaks_by_medium_and_region() {
    for (medium, key, limit) in [
        (LeakMedium::Gas, false, dec!(5000)),
        (LeakMedium::Gas, true, dec!(2000)),
        (LeakMedium::Liquid, false, dec!(2000)),
        (LeakMedium::Liquid, true, dec!(500)),
    ] {
        assert_eq!(judge_leak(limit, medium, key, today(), limits()).verdict, Verdict::Compliant);
        assert_eq!(judge_leak(limit + dec!(1), medium, key, today(), limits()).verdict, Verdict::Exceeds);
    }
    assert_eq!(judge_open_water(dec!(101), true, today(), limits()).verdict, Verdict::Exceeds);
}

#[test]
fn two_leaks_of_a_hundred_are_allowed() {
    let verdict = |points, leaks| judge_spot_check(points, leaks, today(), limits()).verdict;
    assert_eq!(verdict(100, 2), Verdict::Compliant);
    assert_eq!(verdict(100, 3), Verdict::Exceeds);
    assert_eq!(verdict(101, 2), Verdict::Compliant);
    assert_eq!(verdict(101, 3), Verdict::CannotBeJudged);
    assert_eq!(verdict(0, 0), Verdict::NotJudged);
    assert_eq!(verdict(2, 3), Verdict::NotJudged);
}

#[test]
fn products_by_category() {
    for (category, unit, limit) in [
        ("gb33372.solvent/construction/chloroprene", "g/L", dec!(650)),
        ("gb33372.water/footwear/rubber", "g/L", dec!(150)),
        ("gb33372.bulk/transport/acrylic", "g/kg", dec!(200)),
        ("gb38507/energy-cured/offset-cured", "%", dec!(2)),
        ("gb38507/solvent/inkjet", "％", dec!(95)),
        ("gb38508/semi-water", "g/l", dec!(300)),
    ] {
        assert_eq!(judge_product(category, limit, unit, today(), limits()).verdict, Verdict::Compliant, "{category}");
        assert_eq!(judge_product(category, limit + dec!(0.1), unit, today(), limits()).verdict, Verdict::Exceeds);
    }
    let code = |category, unit, day| judge_product(category, dec!(1), unit, on(day), limits()).reason.unwrap().code;
    assert_eq!(code("gb38507/solvent/inkjet", "g/L", "2026-01-01"), ReasonCode::UnitMismatch);
    assert_eq!(code("gb38507/solvent/inkjet", "%", "2021-03-31"), ReasonCode::NoRule);
    assert_eq!(code("gb33372.solvent/footwear/acrylic", "g/L", "2026-01-01"), ReasonCode::NoRule);
    assert_eq!(code("paint/industrial", "g/L", "2026-01-01"), ReasonCode::LimitNotSet);
    assert_eq!(code("gb33372.water/packaging/acrylic", "g/L", "2026-01-01"), ReasonCode::LimitNotSet);
    assert_eq!(judge_cleaner("semi-water", "halogenated", dec!(2), today(), limits()).verdict, Verdict::Compliant);
    assert_eq!(judge_cleaner("solvent", "btex", dec!(2.1), today(), limits()).verdict, Verdict::Exceeds);
}

#[test]
fn categories_are_labelled_and_follow_the_date() {
    let categories = product_categories(today(), limits());
    assert!(categories.len() > 150);
    assert!(categories.iter().all(|c| !c.id.is_empty() && !c.zh.is_empty() && !c.unit.is_empty()));
    let mut ids: Vec<_> = categories.iter().map(|c| c.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), categories.len());
    let paint = |day: &str| {
        let of = product_categories(on(day), limits());
        of.iter().find(|c| c.id == "paint/architectural").unwrap().standard.to_owned()
    };
    assert_eq!(paint("2026-05-31"), "GB 18582-2020");
    assert_eq!(paint("2026-06-01"), "GB 30981.1-2025");
}

#[test]
fn carbon_limits_are_strict() {
    let verdict = |item, kind, value: Decimal| judge_carbon(item, kind, value, today(), limits()).verdict;
    for (kind, limit) in [("granular", dec!(0.60)), ("fibre", dec!(0.15)), ("honeycomb", dec!(1.20))] {
        assert_eq!(verdict("velocity", kind, limit), Verdict::Exceeds, "below, not at");
        assert_eq!(verdict("velocity", kind, limit - dec!(0.01)), Verdict::Compliant);
    }
    assert_eq!(verdict("inlet-temp", "granular", dec!(39.9)), Verdict::Compliant);
    assert_eq!(verdict("inlet-temp", "granular", dec!(40)), Verdict::Exceeds);
    assert_eq!(verdict("iodine", "granular", dec!(800)), Verdict::NotJudged);
}

#[test]
fn printing_plants_come_under_gb_41616_from_their_day() {
    let verdict = |existing, day| judge_emission("GB 41616", "nmhc", dec!(70.1), existing, on(day), limits()).verdict;
    assert_eq!(verdict(false, "2022-12-31"), Verdict::NotJudged);
    assert_eq!(verdict(false, "2023-01-01"), Verdict::Exceeds);
    assert_eq!(verdict(true, "2024-06-30"), Verdict::NotJudged);
    assert_eq!(verdict(true, "2024-07-01"), Verdict::Exceeds);
    let unset = judge_emission("DB11/501", "nmhc", dec!(1), true, today(), limits());
    assert_eq!(unset.reason.unwrap().code, ReasonCode::LimitNotSet);
    assert_eq!(judge_emission("GB 18483", "oil-fume", dec!(2.0), true, today(), limits()).verdict, Verdict::Compliant);
}
