//! Water against the standards' tables, at their borders and at the dates they change.
#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use domain::judgement::{Confidence, Judgement, ReasonCode, Verdict};
use domain::limits::Limits;
use domain::water::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn reading(parameter: &str, value: Decimal) -> Reading<'_> {
    Reading { parameter, value, below_lod: false, on: on("2026-07-01"), water_temp_c: None, instant_sample: false }
}

fn judge(standard: &str, reading: &Reading<'_>) -> Judgement {
    judge_reading(standard, reading, Limits::embedded())
}

#[test]
fn every_standard_at_its_limit_and_just_above() {
    for (standard, parameter, limit) in [
        ("DB11/307 A", "COD", dec!(20)),
        ("DB11/307 B", "COD", dec!(30)),
        ("DB11/307 A", "TN", dec!(10)),
        ("DB11/307 B", "TN", dec!(15)),
        ("DB11/307 B", "SS", dec!(10)),
        ("DB11/307 A", "石油类", dec!(0.05)),
        ("DB11/307 sewer", "COD", dec!(500)),
        ("DB11/307 sewer", "NH3-N", dec!(45)),
        ("DB11/890 A", "BOD5", dec!(4)),
        ("DB11/890 B", "TP", dec!(0.3)),
        ("DB11/890 existing A", "COD", dec!(50)),
        ("DB11/890 existing B", "SS", dec!(20)),
        ("DB11/1612 1A", "COD", dec!(30)),
        ("DB11/1612 1B", "TN", dec!(20)),
        ("DB11/1612 2A", "TP", dec!(0.5)),
        ("DB11/1612 2B", "TP", dec!(1.0)),
        ("DB11/1612 2B", "COD", dec!(60)),
        ("DB11/1612 3", "NH3-N", dec!(25)),
        ("DB11/1612 existing 1", "BOD5", dec!(10)),
        ("DB11/1612 existing 3", "COD", dec!(100)),
        ("GB 18918 1A", "COD", dec!(50)),
        ("GB 18918 1B", "TN", dec!(20)),
        ("GB 18918 3", "SS", dec!(50)),
    ] {
        let met = judge(standard, &reading(parameter, limit));
        assert_eq!((met.verdict, met.limit), (Verdict::Compliant, Some(limit)), "{standard} {parameter}");
        let over = judge(standard, &reading(parameter, limit + dec!(0.1)));
        assert_eq!(over.verdict, Verdict::Exceeds, "{standard} {parameter}");
    }
}

#[test]
fn ammonia_has_a_winter_bracket_from_december_to_march() {
    for (standard, rest, winter) in [
        ("DB11/307 A", dec!(1.0), dec!(1.5)),
        ("DB11/307 B", dec!(1.5), dec!(2.5)),
        ("DB11/890 B", dec!(1.5), dec!(2.5)),
        ("DB11/890 existing A", dec!(5), dec!(8)),
        ("DB11/1612 1A", dec!(1.5), dec!(2.5)),
        ("DB11/1612 2B", dec!(8), dec!(15)),
        ("DB11/1612 3", dec!(25), dec!(25)),
        ("DB11/1612 existing 2", dec!(8), dec!(15)),
    ] {
        for (day, limit) in [("2025-11-30", rest), ("2025-12-01", winter), ("2026-03-31", winter), ("2026-04-01", rest)]
        {
            let mut r = reading("氨氮", limit);
            r.on = on(day);
            let met = judge(standard, &r);
            assert_eq!((met.verdict, met.limit), (Verdict::Compliant, Some(limit)), "{standard} {day}");
            r.value += dec!(0.1);
            assert_eq!(judge(standard, &r).verdict, Verdict::Exceeds);
        }
    }
}

#[test]
fn ammonia_of_gb_18918_follows_the_temperature_of_the_water() {
    let limit = |temp_c, instant_sample| {
        let r = Reading { water_temp_c: Some(temp_c), instant_sample, ..reading("NH3-N", dec!(1)) };
        judge("GB 18918 1A", &r).limit.unwrap()
    };
    assert_eq!(limit(dec!(12.0), false), dec!(8));
    assert_eq!(limit(dec!(12.1), false), dec!(5));
    assert_eq!(limit(dec!(12.0), true), dec!(15));
    assert_eq!(limit(dec!(12.1), true), dec!(10));
    let unknown = |value| judge("GB 18918 1A", &reading("NH3-N", value));
    assert_eq!(unknown(dec!(5)).verdict, Verdict::Compliant, "good in either bracket");
    assert_eq!(unknown(dec!(8.1)).verdict, Verdict::Exceeds, "too much in either bracket");
    assert_eq!(unknown(dec!(6)).reason.unwrap().code, ReasonCode::MissingInput);
}

#[test]
fn instant_limits_begin_in_march_2026() {
    let judged = |day, value| {
        let r = Reading { instant_sample: true, on: on(day), ..reading("COD", value) };
        judge("GB 18918 1A", &r)
    };
    let before = judged("2026-02-28", dec!(60));
    assert_eq!((before.verdict, before.reason.unwrap().code), (Verdict::NotJudged, ReasonCode::NoRule));
    assert_eq!(judged("2026-03-01", dec!(75)).verdict, Verdict::Compliant);
    assert_eq!(judged("2026-03-01", dec!(75.1)).verdict, Verdict::Exceeds);
    let solids = Reading { instant_sample: true, ..reading("SS", dec!(5)) };
    assert_eq!(judge("GB 18918 1A", &solids).verdict, Verdict::NotJudged, "table 4 has none");
}

#[test]
fn an_instant_sample_decides_under_db11_307_and_is_doubted_elsewhere() {
    let r = Reading { instant_sample: true, ..reading("COD", dec!(25)) };
    assert_eq!(judge("DB11/307 A", &r).reason, None);
    let doubted = judge("DB11/890 A", &r);
    assert_eq!((doubted.verdict, doubted.reason.unwrap().code), (Verdict::Exceeds, ReasonCode::InstantSample));
}

#[test]
fn ph_is_a_range_with_both_ends_allowed() {
    let verdict = |standard, value| judge(standard, &reading("pH", value)).verdict;
    for (standard, low, high) in
        [("DB11/307 A", dec!(6.5), dec!(8.5)), ("DB11/307 B", dec!(6), dec!(9)), ("DB11/307 sewer", dec!(6.5), dec!(9))]
    {
        assert_eq!(verdict(standard, low), Verdict::Compliant);
        assert_eq!(verdict(standard, high), Verdict::Compliant);
        assert_eq!(verdict(standard, low - dec!(0.1)), Verdict::Exceeds);
        assert_eq!(verdict(standard, high + dec!(0.1)), Verdict::Exceeds);
    }
    let unset = judge("GB 18918 1A", &reading("pH", dec!(7)));
    assert_eq!(unset.reason.unwrap().code, ReasonCode::LimitNotSet);
}

#[test]
fn below_detection_is_compliant_only_if_the_method_reaches_the_limit() {
    let below = |value| Reading { below_lod: true, ..reading("石油类", value) };
    assert_eq!(judge("DB11/307 A", &below(dec!(0.05))).verdict, Verdict::Compliant);
    let blind = judge("DB11/307 A", &below(dec!(0.06)));
    assert_eq!(
        (blind.verdict, blind.reason.unwrap().code),
        (Verdict::CannotBeJudged, ReasonCode::DetectionLimitTooHigh)
    );
}

#[test]
fn the_unknown_is_not_judged() {
    assert_eq!(judge("DB11/999", &reading("COD", dec!(1))).reason.unwrap().code, ReasonCode::MissingInput);
    assert_eq!(judge("DB11/307 A", &reading("金", dec!(1))).reason.unwrap().code, ReasonCode::NoRule);
    assert_eq!(judge("DB11/1612 3", &reading("TN", dec!(1))).reason.unwrap().code, ReasonCode::NoRule);
}

#[test]
fn inferred_cells_say_so() {
    let got = judge("DB11/1612 2A", &reading("COD", dec!(60)));
    assert_eq!(got.confidence, Confidence::Medium);
    assert!(got.doubt.is_some());
}

#[test]
fn names_people_write_are_understood() {
    for (name, id) in [
        ("氨氮", "NH3-N"),
        ("NH₃-N", "NH3-N"),
        ("nh3n", "NH3-N"),
        ("CODCr", "COD"),
        ("化学需氧量", "COD"),
        ("ph", "pH"),
        ("BOD₅", "BOD5"),
        ("总磷", "TP"),
        ("高锰酸盐指数", "CODMn"),
        ("SS", "SS"),
    ] {
        assert_eq!(parameter(name).unwrap().id, id, "{name}");
    }
    assert_eq!(parameter(""), None);
}

#[test]
fn every_offered_standard_and_parameter_has_rows() {
    for standard in discharge_standards() {
        let judged = judge(standard.id, &reading("COD", dec!(0)));
        assert_eq!(judged.verdict, Verdict::Compliant, "{}", standard.id);
    }
    for row in Limits::embedded().topic("water.discharge").chain(Limits::embedded().topic("water.surface")) {
        assert_eq!(parameter(row.key("parameter")).unwrap().id, row.key("parameter"));
    }
}

#[test]
fn rural_plants_take_their_level_from_flow_and_water() {
    use WaterClass::*;
    for (flow, target, standard) in [
        (dec!(4.9), II, "DB11/1612 3"),
        (dec!(4.9), V, "DB11/1612 3"),
        (dec!(5), III, "DB11/1612 1B"),
        (dec!(49.9), IV, "DB11/1612 2B"),
        (dec!(50), II, "DB11/1612 1A"),
        (dec!(500), V, "DB11/1612 2A"),
        (dec!(500.1), III, "DB11/890 A"),
        (dec!(500.1), IV, "DB11/890 B"),
    ] {
        assert_eq!(rural_standard(flow, target), Some(standard), "{flow} {target}");
    }
    assert_eq!(rural_standard(dec!(-1), II), None);
    assert_eq!(direct_discharge_standard(III), Some("DB11/307 A"));
    assert_eq!(direct_discharge_standard(IV), Some("DB11/307 B"));
    assert_eq!(direct_discharge_standard(I), None);
}

fn class(parameter: &str, value: Decimal, body: WaterBody) -> Option<WaterClass> {
    class_of(&SurfaceReading { parameter, value, below_lod: false }, body, on("2026-07-01"), Limits::embedded())
}

#[test]
fn one_parameter_has_a_class() {
    use WaterBody::*;
    use WaterClass::*;
    for (parameter, value, body, expected) in [
        ("COD", dec!(15), River, Some(I)),
        ("COD", dec!(15.1), River, Some(III)),
        ("COD", dec!(20), River, Some(III)),
        ("COD", dec!(40.1), River, Some(Inferior)),
        ("DO", dec!(7.5), River, Some(I)),
        ("DO", dec!(7.4), River, Some(II)),
        ("DO", dec!(2.0), River, Some(V)),
        ("DO", dec!(1.9), River, Some(Inferior)),
        ("pH", dec!(6.0), River, Some(I)),
        ("pH", dec!(9.0), River, Some(I)),
        ("pH", dec!(9.1), River, Some(Inferior)),
        ("TP", dec!(0.1), River, Some(II)),
        ("TP", dec!(0.1), Lake, Some(IV)),
        ("TP", dec!(0.025), Lake, Some(II)),
        ("TN", dec!(0.5), Lake, Some(II)),
        ("TN", dec!(0.5), River, None),
        ("汞", dec!(0.00005), River, Some(I)),
        ("粪大肠菌群", dec!(10001), River, Some(IV)),
    ] {
        assert_eq!(class(parameter, value, body), expected, "{parameter} {value} {body:?}");
    }
}

#[test]
fn the_worst_parameter_sets_the_class() {
    let r = |parameter, value| SurfaceReading { parameter, value, below_lod: false };
    let readings = [r("COD", dec!(12)), r("氨氮", dec!(1.2)), r("TP", dec!(0.25)), r("TN", dec!(9)), r("DO", dec!(8))];
    let got = surface_class(&readings, WaterBody::River, on("2026-07-01"), Limits::embedded()).unwrap();
    assert_eq!((got.class, got.worst), (WaterClass::IV, vec!["NH3-N", "TP"]));
    assert_eq!(got.each.len(), 4, "nitrogen does not count in a river");
    assert_eq!(surface_class(&readings[3..4], WaterBody::River, on("2026-07-01"), Limits::embedded()), None);
}

#[test]
fn an_excess_has_a_multiple() {
    let judged = |parameter, value| {
        let r = SurfaceReading { parameter, value, below_lod: false };
        judge_surface(&r, WaterClass::III, WaterBody::River, on("2026-07-01"), Limits::embedded())
    };
    assert_eq!(exceedance_multiple(&judged("COD", dec!(25))), Some(dec!(0.25)));
    assert_eq!(exceedance_multiple(&judged("COD", dec!(20))), None);
    assert_eq!(judged("DO", dec!(4.9)).verdict, Verdict::Exceeds);
    assert_eq!(exceedance_multiple(&judged("DO", dec!(4.9))), None);
}
