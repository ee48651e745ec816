//! Records of the four kinds, computed, judged and checked.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Instant;

use domain::forms::{Catalogue, Context, Evaluation, Form, Severity};
use domain::judgement::Verdict;
use domain::{DocType, Value, Values};
use rust_decimal_macros::dec;

const UUID: &str = "01985f3e-0000-7000-8000-000000000001";
const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[116.84,40.37],[116.841,40.37],[116.841,40.371],[116.84,40.371]]],"accuracies_m":[3,3,3,3]}"#;

fn form(doc_type: DocType, kind: &str) -> &'static Form {
    Catalogue::embedded().form(doc_type, kind).unwrap()
}

fn record(form: &Form, fields: &[(&str, &str)]) -> Values {
    fields
        .iter()
        .map(|(path, text)| ((*path).to_owned(), form.read(path, text).unwrap_or_else(|e| panic!("{e}"))))
        .collect()
}

fn site(kind: &str, fields: &[(&str, &str)]) -> Values {
    let form = form(DocType::Site, kind);
    let mut values = record(
        form,
        &[("name", "某地"), ("town", "110118101"), ("position", "40.48,116.85"), ("found_at", "2026-11-01")],
    );
    values.extend(record(form, fields));
    form.evaluate(&values, &Context::default()).over(&values)
}

fn visit(kind: &str, fields: &[(&str, &str)]) -> Values {
    let form = form(DocType::Inspection, kind);
    let mut values = record(
        form,
        &[
            ("site", UUID),
            ("town", "110118101"),
            ("started_at", "2026-11-23T10:00:00+08:00"),
            ("ended_at", "2026-11-23T11:00:00+08:00"),
            ("place", "溪翁庄镇"),
            ("position", "40.48,116.85,4"),
            ("officers/a/name", "张三"),
            ("officers/a/certificate_no", "A1"),
            ("officers/b/name", "李四"),
            ("officers/b/certificate_no", "B2"),
            ("id_shown", "true"),
            ("rights_told", "true"),
            ("findings", "见照片"),
            ("conclusion", "problem"),
        ],
    );
    values.extend(record(form, fields));
    values
}

fn evaluate(kind: &str, site: &Values, values: &Values) -> Evaluation {
    let found = form(DocType::Inspection, kind).evaluate(values, &Context { site: Some(site), ..Context::default() });
    let failed: Vec<_> = found.problems.iter().filter(|p| p.code == "expression").collect();
    assert!(failed.is_empty(), "{failed:?}");
    found
}

fn codes(found: &Evaluation) -> Vec<(&str, &str)> {
    found.problems.iter().map(|p| (p.path.as_str(), p.code.as_str())).collect()
}

fn number(found: &Evaluation, path: &str) -> rust_decimal::Decimal {
    found.computed.get(path).and_then(Value::as_decimal).unwrap_or_else(|| panic!("no {path}: {:?}", found.computed))
}

#[test]
fn every_form_evaluates_an_empty_record_without_a_failing_expression() {
    for form in Catalogue::embedded().forms() {
        let found = form.evaluate(&Values::new(), &Context::default());
        let failed: Vec<_> = found.problems.iter().filter(|p| p.code == "expression").collect();
        assert!(failed.is_empty(), "{}: {failed:?}", form.id);
    }
}

#[test]
fn a_bare_plot_knows_its_area_and_what_is_bare_of_it() {
    let site = site("bare-land", &[("boundary", SQUARE), ("land_type", "construction")]);
    let area = site["area_m2"].as_decimal().unwrap();
    assert!((dec!(9400)..dec!(9440)).contains(&area), "{area}");
    assert!(site["area_uncertainty_m2"].as_decimal().unwrap() > dec!(100));
    let found = evaluate("bare-land", &site, &visit("bare-land", &[("cover_pct", "25"), ("site_rules/fence", "ok")]));
    assert_eq!(number(&found, "bare_area_m2"), area * dec!(0.75));
    assert_eq!(codes(&found), []);
    assert!(found.is_valid() && !found.hidden.contains("site_rules"));
    let found = evaluate("bare-land", &site, &visit("bare-land", &[("cover_pct", "125")]));
    assert_eq!(codes(&found), [("cover_pct", "range")]);
}

#[test]
fn site_rules_are_only_asked_on_building_sites() {
    let site = site("bare-land", &[("land_type", "idle")]);
    let found = evaluate("bare-land", &site, &visit("bare-land", &[("cover_pct", "25")]));
    assert!(found.hidden.contains("site_rules"));
}

#[test]
fn what_is_missing_holds_a_record_up_and_is_named() {
    let found = evaluate("bare-land", &Values::new(), &Values::new());
    let codes = codes(&found);
    for expected in [("site", "required"), ("started_at", "required"), ("officers", "rows"), ("cover_pct", "required")]
    {
        assert!(codes.contains(&expected), "{codes:?}");
    }
    assert!(!found.is_valid());
    let problem = found.problems.iter().find(|p| p.path == "cover_pct").unwrap();
    assert_eq!(problem.says.zh, "请填写“覆盖（绿化）比例”");
}

#[test]
fn a_referral_names_the_department_and_a_refusal_its_reason() {
    let site = site("bare-land", &[("land_type", "idle")]);
    let values = visit("bare-land", &[("cover_pct", "0"), ("conclusion", "refer"), ("refused_to_sign", "是")]);
    let found = evaluate("bare-land", &site, &values);
    assert_eq!(codes(&found), [("refer_to", "required"), ("refusal_note", "required")]);
}

#[test]
fn a_row_that_was_taken_out_does_not_count() {
    let site = site("bare-land", &[("land_type", "idle")]);
    let values = visit("bare-land", &[("cover_pct", "0"), ("officers/b", "false")]);
    assert_eq!(codes(&evaluate("bare-land", &site, &values)), [("officers", "rows")]);
}

#[test]
fn a_site_checks_its_township_village_and_credit_code() {
    let form = form(DocType::Site, "bare-land");
    let values = record(
        form,
        &[
            ("name", "x"),
            ("town", "110118101"),
            ("village", "110118001001"),
            ("position", "39.90,116.40"),
            ("found_at", "2026-11-01"),
            ("land_type", "idle"),
            ("credit_code", "911100001000000001"),
        ],
    );
    let found = form.evaluate(&values, &Context::default());
    assert_eq!(codes(&found), [("village", "village-town"), ("position", "district"), ("credit_code", "credit-code")]);
    assert_eq!(found.problems.iter().filter(|p| p.severity == Severity::Error).count(), 1);
}

fn noise_visit(fields: &[(&str, &str)]) -> Values {
    let mut all = vec![
        ("instrument_model", "AWA5688"),
        ("instrument_no", "1"),
        ("cal_before_db", "93.8"),
        ("cal_after_db", "94.0"),
        ("wind_mps", "1.5"),
        ("points/p1/name", "东厂界"),
    ];
    all.extend_from_slice(fields);
    visit("noise", &all)
}

#[test]
fn a_noise_point_is_computed_corrected_and_judged() {
    let site = site("noise", &[("zone_class", "2"), ("source_type", "industry")]);
    let values = noise_visit(&[
        ("points/p1/samples", "[52.1,53.4,55.0,61.2,58.7,54.3,53.9,70.5,56.6,54.8]"),
        ("points/p1/background_db", "54.0"),
    ]);
    let found = evaluate("noise", &site, &values);
    assert_eq!(number(&found, "points/p1/leq_db").round_dp(4), dec!(61.8329));
    assert_eq!(number(&found, "points/p1/l10_db"), dec!(70.5));
    assert_eq!(number(&found, "points/p1/l90_db"), dec!(53.4));
    assert_eq!(number(&found, "points/p1/limit_db"), dec!(60));
    assert_eq!(number(&found, "points/p1/corrected_db").round_dp(4), dec!(60.8329));
    assert_eq!(found.computed["points/p1/verdict"], Value::text("exceeds"));
    assert_eq!(found.computed["standard"], Value::text("GB 12348-2008"));
    assert_eq!(found.computed["period"], Value::text("day"));
    let verdict = found.verdicts.iter().find(|v| v.path == "points/p1/verdict").unwrap();
    assert_eq!((verdict.judgement.verdict, verdict.judgement.value), (Verdict::Exceeds, Some(dec!(61))));
    assert_eq!(codes(&found), []);
}

#[test]
fn the_edition_of_a_standard_and_the_period_follow_the_time_of_the_visit() {
    let site = site("noise", &[("zone_class", "2"), ("source_type", "construction")]);
    for (at, standard, period) in [
        ("2025-12-31T21:59:00+08:00", "GB 12523-2011", "day"),
        ("2026-01-01T22:00:00+08:00", "GB 12523-2025", "night"),
        ("2026-01-01T14:30:00Z", "GB 12523-2025", "night"),
    ] {
        let found =
            evaluate("noise", &site, &noise_visit(&[("started_at", at), ("ended_at", at), ("points/p1/leq_db", "60")]));
        assert_eq!(
            (&found.computed["standard"], &found.computed["period"]),
            (&Value::text(standard), &Value::text(period))
        );
    }
}

#[test]
fn a_drifting_meter_voids_the_measurement() {
    let site = site("noise", &[("zone_class", "2"), ("source_type", "industry")]);
    let found = evaluate("noise", &site, &noise_visit(&[("cal_after_db", "94.4"), ("points/p1/leq_db", "55")]));
    assert_eq!(codes(&found), [("calibration", "void")]);
    assert_eq!(found.computed["points/p1/verdict"], Value::text("void"));
}

#[test]
fn wind_and_rain_need_a_reason() {
    let site = site("noise", &[("zone_class", "2"), ("source_type", "industry")]);
    for weather in [("wind_mps", "5.0"), ("rain", "true")] {
        let found = evaluate("noise", &site, &noise_visit(&[weather, ("points/p1/leq_db", "55")]));
        assert_eq!(codes(&found), [("weather_reason", "weather")]);
        let reason = ("weather_reason", "夜间投诉，加防风罩");
        let found = evaluate("noise", &site, &noise_visit(&[weather, reason, ("points/p1/leq_db", "55")]));
        assert_eq!(codes(&found), []);
    }
}

#[test]
fn a_plant_is_judged_by_nmhc_hoods_leaks_products_and_carbon() {
    let fields = [
        ("checks/source/materials", "problem"),
        ("checks/permit/eia", "ok"),
        ("nmhc/a/point", "车间门口"),
        ("nmhc/a/kind", "hour-mean"),
        ("nmhc/a/value_mg_m3", "8"),
        ("hoods/h/velocity_mps", "0.29"),
        ("leaks/l/component", "阀门"),
        ("leaks/l/medium", "gas"),
        ("leaks/l/value_umol_mol", "3000"),
        ("materials/m/name", "胶"),
        ("materials/m/category", "gb33372.water/construction/acrylic"),
        ("materials/m/voc_content", "100"),
        ("materials/m/unit", "g/L"),
        ("carbon/c/kind", "honeycomb"),
        ("carbon/c/velocity_mps", "1.2"),
    ];
    let verdicts = |key: &str| -> Vec<(String, Verdict)> {
        let site = site("voc", &[("key_region", key)]);
        let found = evaluate("voc", &site, &visit("voc", &fields));
        assert_eq!(number(&found, "checks_problems"), dec!(1));
        found.verdicts.into_iter().map(|v| (v.path, v.judgement.verdict)).collect()
    };
    use Verdict::{Compliant, Exceeds};
    let expected = |nmhc, leak| {
        [
            ("materials/m/voc_content", Compliant),
            ("nmhc/a/value_mg_m3", nmhc),
            ("hoods/h/velocity_mps", Exceeds),
            ("leaks/l/value_umol_mol", leak),
            ("carbon/c/velocity_mps", Exceeds),
        ]
        .map(|(path, verdict)| (path.to_owned(), verdict))
    };
    assert_eq!(verdicts("否"), expected(Compliant, Compliant));
    assert_eq!(verdicts("是"), expected(Exceeds, Exceeds));
}

#[test]
fn an_outfall_is_judged_by_its_standard_and_the_river_by_its_class() {
    let site = site(
        "outfall",
        &[
            ("class", "town-wwtp"),
            ("subclass", "town-wwtp"),
            ("river", "潮河"),
            ("water_target", "II"),
            ("standard", "DB11/307 A"),
        ],
    );
    let fields = |at: &'static str| {
        vec![
            ("discharging", "是"),
            ("samples/s/sample_no", "1"),
            ("samples/s/at", at),
            ("samples/s/samplers", "张三、李四"),
            ("samples/s/place", "outlet"),
            ("samples/d/sample_no", "2"),
            ("samples/d/at", at),
            ("samples/d/samplers", "张三 李四"),
            ("samples/d/place", "downstream"),
            ("readings/a/sample", "s"),
            ("readings/a/parameter", "NH3-N"),
            ("readings/a/value", "1.2"),
            ("readings/b/sample", "d"),
            ("readings/b/parameter", "COD"),
            ("readings/b/value", "16"),
        ]
    };
    let judged = |at| -> Vec<(String, Verdict, String)> {
        let found = evaluate("outfall", &site, &visit("outfall", &fields(at)));
        assert_eq!(codes(&found), []);
        found.verdicts.into_iter().map(|v| (v.path, v.judgement.verdict, v.judgement.standard)).collect()
    };
    let expected = |ammonia| {
        [
            ("readings/a/value".to_owned(), ammonia, "DB11/307-2013".to_owned()),
            ("readings/b/value".to_owned(), Verdict::Exceeds, "GB 3838-2002".to_owned()),
        ]
    };
    assert_eq!(judged("2026-11-30T10:00:00+08:00"), expected(Verdict::Exceeds));
    assert_eq!(judged("2026-12-01T10:00:00+08:00"), expected(Verdict::Compliant));
    let mut alone = fields("2026-11-30T10:00:00+08:00");
    alone[3].1 = "张三";
    let found = evaluate("outfall", &site, &visit("outfall", &alone));
    assert_eq!(codes(&found), [("samples/s/samplers", "two-samplers")]);
}

#[test]
fn an_excess_beside_a_clean_conclusion_is_a_warning() {
    let site = site("noise", &[("zone_class", "2"), ("source_type", "industry")]);
    let found = evaluate("noise", &site, &noise_visit(&[("points/p1/leq_db", "70"), ("conclusion", "compliant")]));
    assert_eq!(codes(&found), [("conclusion", "exceeded")]);
    assert!(found.is_valid());
}

#[test]
fn evaluating_twice_gives_the_same_and_does_not_take_long() {
    let site = site("voc", &[("key_region", "是")]);
    let values = visit("voc", &[("nmhc/a/point", "x"), ("nmhc/a/kind", "single"), ("nmhc/a/value_mg_m3", "8")]);
    let first = evaluate("voc", &site, &values);
    let started = Instant::now();
    for _ in 0..100 {
        assert_eq!(evaluate("voc", &site, &values), first);
    }
    // A debug build on a busy machine; a release build needs about a tenth.
    let each_ms = started.elapsed().as_millis() / 100;
    assert!(each_ms < 50, "{each_ms} ms");
}
