//! Noise against computed vectors and the standards' tables, at their borders.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, FixedOffset, NaiveDate};
use domain::judgement::{Confidence, ReasonCode, Verdict};
use domain::limits::Limits;
use domain::noise::*;
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::Value as Json;

fn vectors() -> Json {
    serde_json::from_str(include_str!("vectors/noise_vectors.json")).unwrap()
}

fn number(json: &Json) -> Decimal {
    json.to_string().parse().unwrap()
}

fn numbers(json: &Json) -> Vec<Decimal> {
    json.as_array().unwrap().iter().map(number).collect()
}

fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const DAY: &str = "2026-11-23T10:00:00+08:00";
const NIGHT: &str = "2026-11-23T23:00:00+08:00";

fn point(source: SourceType, zone: ZoneClass, when: &str) -> PointInput<'static> {
    PointInput::new(source, Some(zone), at(when))
}

fn judged(input: &PointInput<'_>) -> PointResult {
    judge_point(input, Limits::embedded()).unwrap()
}

/// The limits with the figure of HJ 706-2014, table 2, filled in.
fn with_hj706() -> Limits {
    let set = "[[set]]\nid = \"hj706.table2/below-3-db-over-limit\"\nvalue = 4\nsource = \"test\"\n";
    Limits::embedded().merged_with(set).unwrap()
}

/// The zone class whose day limit under GB 12348 is this.
fn zone_of_day_limit(limit: Decimal) -> ZoneClass {
    let has = |z: &ZoneClass| {
        leq_limit(SourceType::Industry, Some(*z), Period::Day, on("2026-01-01"), Limits::embedded()).value()
            == Some(limit)
    };
    ZoneClass::ALL.into_iter().find(has).unwrap()
}

#[test]
fn levels_of_every_series_agree() {
    for v in vectors()["leq"].as_array().unwrap() {
        let (name, samples) = (&v["name"], numbers(&v["samples"]));
        let got = levels(&samples).unwrap();
        for (got, key) in [
            (got.leq_db, "leq"),
            (got.l10_db, "l10"),
            (got.l50_db, "l50"),
            (got.l90_db, "l90"),
            (got.lmax_db, "lmax"),
            (got.lmin_db, "lmin"),
            (got.sd_db, "sd_sample"),
            (sd_population(&samples).unwrap(), "sd_pop"),
            (got.leq_db.round_dp(1), "leq_1dp"),
        ] {
            assert_eq!(got, number(&v[key]), "{name} {key}");
        }
    }
}

#[test]
fn day_night_and_weighted_levels_agree() {
    let v = &vectors()["ld_ln"];
    let (ld, ln) = (leq(&numbers(&v["hourly_day"])).unwrap(), leq(&numbers(&v["hourly_night"])).unwrap());
    assert_eq!((ld, ln), (number(&v["Ld"]), number(&v["Ln"])));
    assert_eq!(ldn(ld, ln).unwrap(), number(&v["Ldn_plus10"]));
    for v in vectors()["weighted"].as_array().unwrap() {
        let parts: Vec<_> = v["pairs"].as_array().unwrap().iter().map(|p| (number(&p[0]), number(&p[1]))).collect();
        assert_eq!(weighted_leq(&parts).unwrap(), number(&v["leq"]));
    }
    assert_eq!(weighted_leq(&[(dec!(1), dec!(60)), (dec!(3), dec!(70))]).unwrap(), dec!(68.8930));
}

#[test]
fn surveys_take_the_arithmetic_mean() {
    assert_eq!(mean(&[dec!(50), dec!(60)]).unwrap(), dec!(55));
    assert_eq!(weighted_mean(&[(dec!(1000), dec!(60)), (dec!(3000), dec!(70))]).unwrap(), dec!(67.5));
    let tens: Vec<_> = [dec!(50), dec!(60)].into_iter().flat_map(|l| vec![l; 10]).collect();
    assert_eq!(leq(&tens).unwrap(), dec!(57.4036));
}

#[test]
fn background_cases_agree() {
    let limits = with_hj706();
    for v in vectors()["background"].as_array().unwrap() {
        let mut input = point(SourceType::Industry, zone_of_day_limit(number(&v["limit"])), DAY);
        input.leq_db = Some(number(&v["measured"]));
        input.background_db = Some(number(&v["background"]));
        let got = judge_point(&input, &limits).unwrap();
        let verdict = v["verdict"].as_str().unwrap();
        assert!(verdict.starts_with(got.verdict.zh()), "{v}: {:?}", got.verdict);
        assert_eq!(got.limit_db, Some(number(&v["limit"])));
        if v["rule"] == "lt3" {
            assert_eq!(got.corrected_db, None);
            assert_eq!(got.judgement.reason.unwrap().code, ReasonCode::BackgroundTooClose);
            let plain = judged(&input);
            assert_eq!(plain.verdict, Verdict::CannotBeJudged, "without the figure of HJ 706");
        } else {
            assert_eq!(got.corrected_db, Some(number(&v["corrected"])));
            assert_eq!(got.judgement.value, Some(number(&v["result_int"])));
        }
    }
}

#[test]
fn background_borders() {
    use Background::*;
    for (difference, expected) in [
        (dec!(10.1), Negligible),
        (dec!(10.0), Lower(1)),
        (dec!(10.4), Negligible),
        (dec!(5.6), Lower(1)),
        (dec!(5.5), Lower(1)),
        (dec!(5.4), Lower(2)),
        (dec!(3.6), Lower(2)),
        (dec!(3.5), Lower(2)),
        (dec!(3.4), Lower(3)),
        (dec!(2.6), Lower(3)),
        (dec!(2.5), TooClose),
        (dec!(0), TooClose),
        (dec!(-4), TooClose),
    ] {
        assert_eq!(background(dec!(60) + difference, dec!(60)), expected, "{difference}");
    }
}

#[test]
fn levels_round_half_to_even() {
    for pair in vectors()["rounding_gbt8170"].as_array().unwrap() {
        assert_eq!(whole_db(number(&pair[0])), number(&pair[1]));
    }
}

#[test]
fn the_night_maximum_has_its_cap() {
    for v in vectors()["night_lmax"].as_array().unwrap() {
        let standard = v["std"].as_str().unwrap();
        let (source, when) = match standard {
            "GB12348" => (SourceType::Industry, NIGHT),
            "GB3096" => (SourceType::Ambient, NIGHT),
            _ => (SourceType::Construction, "2025-12-31T23:00:00+08:00"),
        };
        let mut input = PointInput::new(source, ZoneClass::from_id(v["cls"].as_str().unwrap()), at(when));
        input.leq_db = Some(dec!(40));
        input.lmax_db = Some(number(&v["lmax"]));
        input.burst = if v["kind"] == "频发" { Burst::Frequent } else { Burst::Occasional };
        let got = judged(&input).lmax_judgement.unwrap();
        assert_eq!(got.limit, Some(number(&v["cap"])));
        assert_eq!(got.value, Some(number(&v["lmax_int"])));
        assert_eq!(got.verdict.zh(), v["verdict"].as_str().unwrap());
        input.lmax_db = Some(number(&v["cap"]) + dec!(1));
        assert_eq!(judged(&input).verdict, Verdict::Exceeds);
    }
}

#[test]
fn the_maximum_is_capped_at_night_only_and_where_a_standard_says_so() {
    let mut input = point(SourceType::Industry, ZoneClass::C2, DAY);
    (input.leq_db, input.lmax_db, input.burst) = (Some(dec!(55)), Some(dec!(90)), Burst::Frequent);
    assert_eq!(judged(&input).lmax_judgement, None, "by day");
    input.at = at(NIGHT);
    input.burst = Burst::None;
    assert_eq!(judged(&input).lmax_judgement, None, "no peaks noted");

    let mut social = point(SourceType::Social, ZoneClass::C1, NIGHT);
    (social.leq_db, social.lmax_db, social.burst) = (Some(dec!(34)), Some(dec!(46)), Burst::Frequent);
    assert_eq!(judged(&social).lmax_judgement, None, "GB 22337 caps indoors only");
    social.place = Place::Indoor;
    assert_eq!(judged(&social).lmax_judgement.unwrap().limit, Some(dec!(45)));
    assert_eq!(judged(&social).verdict, Verdict::Exceeds);
}

#[test]
fn calibrations_half_a_decibel_apart_are_valid() {
    let cases = vectors()["calibration"].clone();
    for v in cases.as_array().unwrap() {
        let got = calibration(number(&v["pre"]), number(&v["post"]), on("2026-11-23"), Limits::embedded());
        assert_eq!(got.verdict == Verdict::Compliant, v["valid"].as_bool().unwrap());
        assert_eq!(got.value, Some(number(&v["dev"])));
    }
    let drift = |before, after| calibration(before, after, on("2026-11-23"), Limits::embedded()).verdict;
    assert_eq!(drift(dec!(93.8), dec!(94.3)), Verdict::Compliant);
    assert_eq!(drift(dec!(94.3), dec!(93.8)), Verdict::Compliant);
    assert_eq!(drift(dec!(93.8), dec!(94.31)), Verdict::Void);
}

#[test]
fn drift_voids_every_verdict_of_the_point() {
    let mut input = point(SourceType::Industry, ZoneClass::C2, NIGHT);
    (input.leq_db, input.lmax_db, input.burst) = (Some(dec!(70)), Some(dec!(90)), Burst::Frequent);
    input.calibration_db = Some((dec!(93.7), dec!(94.3)));
    let got = judged(&input);
    assert_eq!(got.verdict, Verdict::Void);
    assert_eq!(got.judgement.reason.unwrap().code, ReasonCode::CalibrationDrift);
    assert_eq!(got.lmax_judgement.unwrap().verdict, Verdict::Void);
}

#[test]
fn limits_of_every_class() {
    let emission = [("0", 50, 40), ("1", 55, 45), ("2", 60, 50), ("3", 65, 55), ("4a", 70, 55), ("4b", 70, 55)];
    let ambient = [("0", 50, 40), ("1", 55, 45), ("2", 60, 50), ("3", 65, 55), ("4a", 70, 55), ("4b", 70, 60)];
    for (source, rows) in [
        (SourceType::Industry, emission),
        (SourceType::Social, emission),
        (SourceType::Ambient, ambient),
        (SourceType::Traffic, ambient),
    ] {
        for (class, day, night) in rows {
            for (when, limit) in [(DAY, day), (NIGHT, night)] {
                let mut input = point(source, ZoneClass::from_id(class).unwrap(), when);
                input.leq_db = Some(Decimal::from(limit));
                let met = judged(&input);
                assert_eq!(met.limit_db, Some(Decimal::from(limit)), "{source:?} {class}");
                assert_eq!(met.verdict, Verdict::Compliant);
                assert_eq!(met.judgement.confidence, Confidence::High);
                input.leq_db = Some(Decimal::from(limit) + dec!(0.6));
                assert_eq!(judged(&input).verdict, Verdict::Exceeds);
                input.place = Place::Indoor;
                assert_eq!(judged(&input).limit_db, Some(Decimal::from(limit - 10)));
            }
        }
    }
}

#[test]
fn rounding_decides_once_and_to_even() {
    let verdict = |zone, leq| {
        let mut input = point(SourceType::Ambient, zone, DAY);
        input.leq_db = Some(leq);
        judged(&input).verdict
    };
    assert_eq!(verdict(ZoneClass::C2, dec!(60.5)), Verdict::Compliant);
    assert_eq!(verdict(ZoneClass::C2, dec!(60.5001)), Verdict::Exceeds);
    assert_eq!(verdict(ZoneClass::C3, dec!(65.5)), Verdict::Exceeds);
    // Rounded twice this would be 65.5, then 66.
    assert_eq!(verdict(ZoneClass::C3, dec!(65.4999)), Verdict::Compliant);
}

#[test]
fn the_edition_for_construction_follows_the_date() {
    let limits = Limits::embedded();
    let standard = |day| standard_for(SourceType::Construction, on(day), limits).unwrap();
    assert_eq!(standard("2025-12-31"), "GB 12523-2011");
    assert_eq!(standard("2026-01-01"), "GB 12523-2025");
    assert_eq!(standard_for(SourceType::Traffic, on("2026-01-01"), limits), Some("GB 3096-2008"));

    let mut input = PointInput::new(SourceType::Construction, None, at("2025-12-31T22:00:00+08:00"));
    (input.leq_db, input.lmax_db, input.background_db) = (Some(dec!(55)), Some(dec!(70)), Some(dec!(40)));
    assert_eq!(judged(&input).verdict, Verdict::Compliant);
    assert_eq!(judged(&input).judgement.confidence, Confidence::High);
    input.at = at("2026-01-01T22:00:00+08:00");
    let new = judged(&input);
    assert_eq!(new.judgement.verdict, Verdict::Compliant);
    assert_eq!(new.judgement.confidence, Confidence::Medium);
    let lmax = new.lmax_judgement.unwrap();
    assert_eq!((lmax.verdict, lmax.reason.unwrap().code), (Verdict::NotJudged, ReasonCode::LimitNotSet));
    input.place = Place::Indoor;
    assert_eq!(judged(&input).judgement.reason.unwrap().code, ReasonCode::LimitNotSet);
}

#[test]
fn day_and_night_follow_local_time_and_the_set_hours() {
    let period = |text| Hours::default().period(at(text));
    assert_eq!(period("2026-11-23T05:59:59+08:00"), Period::Night);
    assert_eq!(period("2026-11-23T06:00:00+08:00"), Period::Day);
    assert_eq!(period("2026-11-23T21:59:59+08:00"), Period::Day);
    assert_eq!(period("2026-11-23T22:00:00+08:00"), Period::Night);
    assert_eq!(period("2026-11-23T22:00:00Z"), Period::Night, "the offset is the local one, whatever it is");
    let later = Limits::embedded()
        .merged_with("[[set]]\nid = \"noise.hours/night-from\"\nvalue = 22.5\nsource = \"区政府规定\"\n")
        .unwrap();
    let hours = Hours::from_limits(&later, on("2026-11-23"));
    assert_eq!(hours.period(at("2026-11-23T22:29:59+08:00")), Period::Day);
    assert_eq!(hours.period(at("2026-11-23T22:30:00+08:00")), Period::Night);
    let round_the_clock = Hours { day_from_min: 23 * 60, night_from_min: 60 };
    assert_eq!(round_the_clock.period(at("2026-11-23T00:30:00+08:00")), Period::Day);
}

#[test]
fn structure_borne_rooms_have_their_own_table() {
    let mut input = point(SourceType::Industry, ZoneClass::C4a, NIGHT);
    (input.place, input.room, input.leq_db) = (Place::Indoor, Some(Room::A), Some(dec!(35)));
    assert_eq!(judged(&input).limit_db, Some(dec!(35)));
    assert_eq!(judged(&input).verdict, Verdict::Compliant);
    input.room = Some(Room::B);
    assert_eq!(judged(&input).limit_db, Some(dec!(40)));
    let octave = |hz, db| {
        judge_octave(ZoneClass::C1, Room::B, Period::Night, hz, db, on(DAY.get(..10).unwrap()), Limits::embedded())
    };
    assert_eq!(octave("31.5", dec!(72)).verdict, Verdict::Compliant);
    assert_eq!(octave("31.5", dec!(73)).verdict, Verdict::Exceeds);
    assert_eq!(octave("1000", dec!(73)).reason.unwrap().code, ReasonCode::NoRule);
}

#[test]
fn weather_of_five_metres_a_second_is_too_much() {
    let problem = |wind, rain| weather_problem(wind, rain, on("2026-11-23"), Limits::embedded()).map(|r| r.code);
    assert_eq!(problem(Some(dec!(4.9)), false), None);
    assert_eq!(problem(Some(dec!(5.0)), false), Some(ReasonCode::Weather));
    assert_eq!(problem(None, true), Some(ReasonCode::Weather));
    assert_eq!(problem(None, false), None);
}

#[test]
fn what_no_meter_shows_is_refused() {
    assert_eq!(leq(&[]), Err(NoiseError::NoSamples));
    assert_eq!(leq(&[dec!(-0.1)]), Err(NoiseError::OutOfRange(dec!(-0.1))));
    assert_eq!(leq(&[dec!(200.1)]), Err(NoiseError::OutOfRange(dec!(200.1))));
    assert_eq!(weighted_leq(&[(dec!(0), dec!(60))]), Err(NoiseError::BadWeight(dec!(0))));
    let input = point(SourceType::Industry, ZoneClass::C2, DAY);
    assert_eq!(judge_point(&input, Limits::embedded()), Err(NoiseError::NoSamples));
}

#[test]
fn a_missing_zone_or_background_is_said() {
    let mut input = PointInput::new(SourceType::Industry, None, at(DAY));
    input.leq_db = Some(dec!(60));
    assert_eq!(judged(&input).judgement.reason.unwrap().code, ReasonCode::MissingInput);
    input.zone = Some(ZoneClass::C1);
    let got = judged(&input);
    assert_eq!(
        (got.verdict, got.judgement.reason.unwrap().code),
        (Verdict::Exceeds, ReasonCode::BackgroundNotMeasured)
    );
    assert_eq!(got.corrected_db, None);
}

fn tenths() -> impl Strategy<Value = Decimal> {
    (0i64..=2000).prop_map(|t| Decimal::new(t, 1))
}

proptest! {
    #[test]
    fn correction_never_raises_a_level(measured in tenths(), noise in tenths()) {
        if let Some(corrected) = background(measured, noise).corrected(measured) {
            prop_assert!(corrected <= measured && measured - corrected <= dec!(3));
        }
    }

    #[test]
    fn leq_lies_between_the_mean_and_the_maximum(samples in prop::collection::vec(tenths(), 1..50)) {
        let got = levels(&samples).unwrap();
        let slack = dec!(0.0001);
        prop_assert!(got.lmin_db - slack <= got.leq_db && got.leq_db <= got.lmax_db + slack);
        prop_assert!(mean(&samples).unwrap() <= got.leq_db + slack);
        prop_assert!(got.l90_db <= got.l50_db && got.l50_db <= got.l10_db && got.l10_db <= got.lmax_db);
    }

    #[test]
    fn a_quieter_point_is_never_judged_worse(leq in 550i64..720, less in 0i64..50, above_noise in 0i64..150) {
        let mut input = point(SourceType::Industry, ZoneClass::C2, DAY);
        input.background_db = Some(Decimal::new(leq - above_noise, 1));
        input.leq_db = Some(Decimal::new(leq, 1));
        let louder = judged(&input).verdict;
        input.leq_db = Some(Decimal::new(leq - less, 1));
        let quieter = judged(&input).verdict;
        prop_assert!(louder != Verdict::Compliant || quieter != Verdict::Exceeds);
    }
}
