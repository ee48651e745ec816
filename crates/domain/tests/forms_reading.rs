//! Text into values by the type of the field: what is understood, and what an error says.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use domain::DocType;
use domain::forms::{Catalogue, FieldError, Form};
use domain::{PositionSource, Value};
use rust_decimal_macros::dec;

fn form(doc_type: DocType, kind: &str) -> &'static Form {
    Catalogue::embedded().form(doc_type, kind).unwrap()
}

fn inspection(path: &str, text: &str) -> Result<Value, FieldError> {
    form(DocType::Inspection, "bare-land").read(path, text)
}

fn code(result: Result<Value, FieldError>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn numbers_stay_as_typed() {
    assert_eq!(inspection("cover_pct", " 12.50 ").unwrap(), Value::number(dec!(12.50)));
    let error = inspection("cover_pct", "12 %").unwrap_err();
    assert_eq!((error.code, error.path.as_str()), ("number", "cover_pct"));
    assert!(error.message_zh.contains("不是数字") && error.message_en.contains("without a unit"));
    let photo = form(DocType::Photo, "");
    assert_eq!(photo.read("width_px", "4000").unwrap(), Value::number(dec!(4000)));
    assert_eq!(code(photo.read("width_px", "4000.5")), "number");
}

#[test]
fn yes_and_no_in_both_languages() {
    for (text, is) in [("true", true), ("是", true), ("1", true), ("false", false), ("否", false), ("0", false)] {
        assert_eq!(inspection("dust_visible", text).unwrap(), Value::Bool(is), "{text}");
    }
    assert_eq!(code(inspection("dust_visible", "maybe")), "bool");
}

#[test]
fn a_choice_lists_what_is_allowed_and_suggests_the_nearest() {
    assert_eq!(inspection("conclusion", "problem").unwrap(), Value::text("problem"));
    assert_eq!(inspection("conclusion", "发现问题").unwrap(), Value::text("problem"));
    let error = inspection("conclusion", "problm").unwrap_err();
    assert!(error.message_en.contains("did you mean 'problem'?"), "{}", error.message_en);
    assert!(error.message_en.contains("compliant, problem, refer"));
    let both = Value::List(vec![Value::text("fence"), Value::text("seeding")]);
    for text in [r#"["fence","seeding"]"#, "fence,seeding", "围挡、播撒草籽", "fence seeding fence"] {
        assert_eq!(inspection("measures", text).unwrap(), both, "{text}");
    }
    assert_eq!(code(inspection("measures", "fence,moat")), "choice");
}

#[test]
fn a_time_needs_its_offset() {
    let text = "2026-11-23T09:30:00+08:00";
    assert_eq!(inspection("started_at", text).unwrap(), Value::text(text));
    let error = inspection("started_at", "2026-11-23 09:30:00").unwrap_err();
    assert!(error.message_zh.contains("2026-11-23T09:30:00+08:00"), "{}", error.message_zh);
    assert_eq!(code(inspection("started_at", "yesterday")), "time");
    assert_eq!(code(inspection("started_at", "2026-11-23")), "time");
    let site = form(DocType::Site, "bare-land");
    assert_eq!(site.read("found_at", "2026-11-23").unwrap(), Value::text("2026-11-23"));
    assert_eq!(site.read("deadline", "2026-12-31").unwrap(), Value::text("2026-12-31"));
    assert_eq!(code(site.read("deadline", "2026-02-30")), "date");
}

#[test]
fn a_position_comes_as_text_or_geojson_and_goes_back() {
    let Value::Point(p) = inspection("position", "40.37,116.84,5").unwrap() else { panic!("no point") };
    assert_eq!(
        (p.at.lat(), p.at.lon(), p.at.accuracy_mm, p.source),
        (40.37, 116.84, Some(5000), PositionSource::Manual)
    );
    let json = r#"{"type":"Point","coordinates":[116.84,40.37],"accuracy_m":3.2,"source":"gnss","age_s":4}"#;
    let value = inspection("position", json).unwrap();
    assert_eq!(inspection("position", &value.to_json().to_string()).unwrap(), value);
    assert_eq!(code(inspection("position", "116.84,40.37")), "geometry");
    assert_eq!(code(inspection("position", "here")), "geometry");
    assert_eq!(code(inspection("position", r#"{"type":"LineString","coordinates":[]}"#)), "geometry");
}

#[test]
fn a_boundary_is_stored_unclosed_and_must_not_cross_itself() {
    let square = r#"{"type":"Polygon","coordinates":[[[116.8,40.3],[116.801,40.3],[116.801,40.301],[116.8,40.301],[116.8,40.3]]],"accuracies_m":[2,2,null,3]}"#;
    let value = inspection("boundary", square).unwrap();
    let Value::Polygon(rings) = &value else { panic!("no polygon") };
    assert_eq!(rings[0].len(), 4);
    assert_eq!(inspection("boundary", &value.to_json().to_string()).unwrap(), value);
    let bow = r#"{"type":"Polygon","coordinates":[[[116.8,40.3],[116.801,40.301],[116.801,40.3],[116.8,40.301]]]}"#;
    assert_eq!(code(inspection("boundary", bow)), "geometry");
    let two = r#"{"type":"Polygon","coordinates":[[[116.8,40.3],[116.801,40.3],[116.8,40.3]]]}"#;
    assert!(inspection("boundary", two).unwrap_err().message_zh.contains("至少需要 3 个"));
    assert_eq!(code(inspection("boundary", "[1,2]")), "geometry");
}

#[test]
fn a_series_is_a_list_of_numbers() {
    let noise = form(DocType::Inspection, "noise");
    let expected = Value::List(vec![Value::number(dec!(52.10)), Value::number(dec!(53.4))]);
    assert_eq!(noise.read("points/p1/samples", "[52.10, 53.4]").unwrap(), expected);
    assert_eq!(code(noise.read("points/p1/samples", "[52.1, loud]")), "list");
}

#[test]
fn an_empty_text_empties_a_field() {
    assert_eq!(inspection("findings", "  ").unwrap(), Value::Null);
}

#[test]
fn an_unknown_or_computed_field_is_refused() {
    let error = inspection("cover_pt", "1").unwrap_err();
    assert_eq!(error.code, "unknown-field");
    assert!(error.message_en.contains("did you mean 'cover_pct'?"));
    assert_eq!(code(inspection("bare_area_m2", "1")), "computed");
    assert_eq!(code(inspection("site", "not-a-uuid")), "document");
}

#[test]
fn a_typed_value_is_checked_like_a_text() {
    let form = form(DocType::Inspection, "bare-land");
    assert!(form.accept("cover_pct", &Value::number(dec!(50))).is_ok());
    assert!(form.accept("cover_pct", &Value::Null).is_ok());
    assert_eq!(form.accept("cover_pct", &Value::text("50")).unwrap_err().code, "type");
    assert_eq!(form.accept("conclusion", &Value::text("perfect")).unwrap_err().code, "choice");
    assert_eq!(form.accept("area_m2", &Value::number(dec!(1))).unwrap_err().code, "computed");
    assert_eq!(form.accept("findings", &Value::text("x".repeat(70_000))).unwrap_err().code, "size");
    assert!(form.accept("officers/o1", &Value::Bool(true)).is_ok());
}
