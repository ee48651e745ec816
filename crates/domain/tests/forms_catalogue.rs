//! Form files: what is in them, what is refused, and with which file and line.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use domain::forms::{Catalogue, Context, FormError};
use domain::judgement::Verdict;
use domain::{DocType, Value, Values};

const CATERING: &str = include_str!("../../../tests/fixtures/forms/catering-fumes.toml");

fn fields(doc_type: DocType, kind: &str, paths: &str) {
    let form = Catalogue::embedded().form(doc_type, kind).unwrap_or_else(|| panic!("no form {doc_type} {kind}"));
    for path in paths.split_whitespace() {
        assert!(form.field(path).is_some(), "{} has no field {path}", form.id);
    }
}

#[test]
fn every_kind_has_a_site_and_an_inspection_and_the_other_types_one_form() {
    let catalogue = Catalogue::embedded();
    assert_eq!(catalogue.kinds(), ["bare-land", "noise", "outfall", "voc"]);
    let ids: Vec<&str> = catalogue.forms().iter().map(|f| f.id.as_str()).collect();
    assert_eq!(ids.len(), 11, "{ids:?}");
    assert_eq!(catalogue.form(DocType::Task, "noise").unwrap().id, "task");
    assert!(catalogue.form(DocType::Site, "moon").is_none());
    assert_eq!(catalogue.form_version("site/noise", 1).unwrap().kind, "noise");
}

#[test]
fn every_site_and_inspection_has_the_common_fields() {
    for kind in ["bare-land", "voc", "noise", "outfall"] {
        fields(
            DocType::Site,
            kind,
            "name code_local code_national town village address position source found_at responsible_unit credit_code \
             contact_name contact_phone note photos/0198 lifecycle state state_since notes/n1 remarks/r1/path \
             remarks/r1/text remarks/r1/round remarks/r1/must",
        );
        fields(
            DocType::Inspection,
            kind,
            "site town started_at ended_at place position weather wind_mps rain officers/a officers/a/name \
             officers/a/certificate_no recorder id_shown rights_told party_name party_role party_id_no party_phone \
             party_opinion signatures/s/name signatures/s/role signatures/s/image signatures/s/signed_at \
             refused_to_sign refusal_note findings problems/p/what problems/p/basis problems/p/deadline conclusion \
             refer_to photos/x state lifecycle notes/n remarks/r/text",
        );
    }
}

#[test]
fn every_kind_has_its_own_fields() {
    fields(
        DocType::Site,
        "bare-land",
        "boundary area_m2 area_declared_m2 land_type land_use treatment_plan deadline treated_at",
    );
    fields(
        DocType::Inspection,
        "bare-land",
        "boundary area_m2 cover_pct bare_area_m2 measures dust_visible mounds_m3 site_rules/fence site_rules/cover \
         site_rules/wheel-wash site_rules/hardening site_rules/wet-demolition site_rules/closed-trucks",
    );
    fields(DocType::Site, "voc", "industry products permit_no plan processes treatment stack_height_m key_region");
    fields(
        DocType::Inspection,
        "voc",
        "checks/source/materials checks/source/materials/note checks/storage/closed_containers checks/transfer/loading_pipe \
         checks/process/enclosure checks/ldar/spot_check checks/open_water/covers checks/capture/hood_velocity \
         checks/treatment/bypass checks/ledger/kept_3_years checks/monitor/in_plant checks/permit/eia \
         materials/m/name materials/m/category materials/m/voc_content materials/m/unit materials/m/report_no \
         nmhc/n/point nmhc/n/position nmhc/n/kind nmhc/n/value_mg_m3 nmhc/n/height_m nmhc/n/at hoods/h/name \
         hoods/h/velocity_mps leaks/l/component leaks/l/medium leaks/l/value_umol_mol carbon/c/kind carbon/c/filled_kg \
         carbon/c/replaced_at carbon/c/inlet_temp_c carbon/c/velocity_mps",
    );
    fields(DocType::Site, "noise", "zone_class source_type sensitive_distance_m");
    fields(
        DocType::Inspection,
        "noise",
        "standard period instrument_model instrument_no calibrator_no cal_before_db cal_after_db points/p points/p/name \
         points/p/position points/p/place points/p/samples points/p/leq_db points/p/duration_s points/p/background_db \
         points/p/lmax_db points/p/burst points/p/l10_db points/p/l50_db points/p/l90_db points/p/corrected_db \
         points/p/limit_db points/p/verdict weather_reason",
    );
    fields(
        DocType::Site,
        "outfall",
        "class subclass river bank section water_target shape size_mm material discharge_mode receiving \
         responsible_parties/r/name responsible_parties/r/credit_code responsible_parties/r/share approval_no permit_no \
         standard trace_method trace_result remediation deadline remediated_at sign_board",
    );
    fields(
        DocType::Inspection,
        "outfall",
        "discharging colour odour foam oil_film flow_m3_d water_temp_c samples/s/sample_no samples/s/at \
         samples/s/samplers samples/s/place readings/r/sample readings/r/parameter readings/r/value readings/r/below_lod \
         readings/r/method",
    );
    fields(
        DocType::Photo,
        "",
        "of sha256 size_bytes mime file_name width_px height_px taken_at taken_at_source position bearing_deg make model \
         proves photographer stage",
    );
    fields(DocType::Task, "", "site kind assignee due why answer state");
    fields(DocType::Patrol, "", "track started_at ended_at note");
}

#[test]
fn a_path_that_no_form_has_is_no_field() {
    let form = Catalogue::embedded().form(DocType::Inspection, "noise").unwrap();
    for path in [
        "",
        "points",
        "points/*",
        "points/*/name",
        "points//name",
        "points/a b/name",
        "points/p/nope",
        "officers/a/name/x",
    ] {
        assert!(form.field(path).is_none(), "{path:?}");
    }
    assert_eq!(form.field("points/p1/name").unwrap().row, Some("p1"));
}

#[test]
fn the_choices_of_an_outfall_are_those_the_domain_judges_by() {
    let catalogue = Catalogue::embedded();
    let site = catalogue.form(DocType::Site, "outfall").unwrap();
    let standards: Vec<&str> = site.field("standard").unwrap().field.choices.iter().map(|c| c.id.as_str()).collect();
    let known: Vec<&str> = domain::water::discharge_standards().iter().map(|s| s.id).collect();
    assert_eq!(standards, known);
    let inspection = catalogue.form(DocType::Inspection, "outfall").unwrap();
    let choices = &inspection.field("readings/r/parameter").unwrap().field.choices;
    let parameters: Vec<&str> = choices.iter().map(|c| c.id.as_str()).collect();
    let known: Vec<&str> = domain::water::PARAMETERS.iter().map(|p| p.id).collect();
    assert_eq!(parameters, known);
}

const MINIMAL: &str = r#"id = "soil"
version = 1
zh = "土壤"
en = "Soil"

[site]
title = "name"

[[site.section]]
id = "a"
zh = "一"
en = "A"
fields = [
  { id = "name", type = "text", zh = "名称", en = "Name" },
FIELD
]
"#;

fn faults(field: &str) -> Vec<FormError> {
    Catalogue::load([("soil.toml", MINIMAL.replace("FIELD", field))]).map(|_| Vec::new()).unwrap_or_else(|e| e)
}

#[test]
fn a_fault_in_a_form_file_is_told_with_file_and_line() {
    assert_eq!(faults(""), []);
    for (field, part) in [
        ("  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', colour = 'red' },", "unknown field"),
        ("  { id = 'depth', type = 'number', zh = '深', en = 'Depth' },", "not a type of field"),
        ("  { id = 'depth', type = 'decimal', zh = '深' },", "missing field `en`"),
        ("  { id = 'depth', type = 'decimal', zh = '', en = 'Depth' },", "need words"),
        ("  { id = 'name', type = 'text', zh = '名', en = 'Name' },", "used twice"),
        ("  { id = 'De-pth', type = 'text', zh = '名', en = 'Name' },", "cannot name a field"),
        ("  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', computed = 'name +' },", "not understood"),
        ("  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', computed = 'widht * 2' },", "widht"),
        (
            "  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', visible_if = 'settings.moon == 1' },",
            "settings.moon",
        ),
        ("  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', computed = 'dig(name)' },", "no function 'dig'"),
        ("  { id = 'depth', type = 'choice', zh = '深', en = 'Depth', choice_list = 'deep' },", "no choice list"),
        ("  { id = 'depth', type = 'choice', zh = '深', en = 'Depth' },", "needs 'choices'"),
        ("  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', merge = 'first' },", "not a way to merge"),
        ("  { id = 'depth', type = 'decimal', zh = '深', en = 'Depth', min = 'x' },", "a number is due"),
        ("  { id = 'depth' type", ""),
    ] {
        let found = faults(field);
        assert!(!found.is_empty(), "{field}");
        assert_eq!((found[0].file.as_str(), found[0].line), ("soil.toml", 15), "{field}: {}", found[0]);
        assert!(found[0].message.contains(part), "{field}: {}", found[0]);
        assert!(found[0].to_string().starts_with("soil.toml:15: "));
    }
}

#[test]
fn a_computation_may_only_use_what_stands_above_it() {
    let found = faults(
        "  { id = 'a', type = 'decimal', zh = '甲', en = 'A', computed = 'b + 1' },\n  \
           { id = 'b', type = 'decimal', zh = '乙', en = 'B', computed = '2' },",
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 15);
}

#[test]
fn a_workflow_with_dangling_names_is_refused() {
    let flow = r#"
[[workflow]]
id = "f"
initial = "new"
states = [{ id = "new", zh = "新", en = "New" }, { id = "old", zh = "旧", en = "Old" }]
caution = ["new", "old"]
[[workflow.moves]]
from = ["new"]
to = "gone"
roles = ["king"]
zh = "走"
en = "Go"
requires = [{ must = 'moon > 1', zh = "一", en = "One" }]
"#;
    let text = MINIMAL.replace("FIELD", "").replace("title = \"name\"", "title = \"name\"\nworkflow = \"f\"") + flow;
    let found = Catalogue::load([("soil.toml", text)]).unwrap_err();
    let messages: String = found.iter().map(|e| format!("{e}\n")).collect();
    for part in ["no state 'gone'", "'king' is not a role", "moon"] {
        assert!(messages.contains(part), "{messages}");
    }
    let text = MINIMAL.replace("FIELD", "").replace("title = \"name\"", "title = \"name\"\nworkflow = \"nope\"");
    let found = Catalogue::load([("soil.toml", text)]).unwrap_err();
    assert!(found[0].message.contains("no workflow 'nope'"));
}

#[test]
fn a_fifth_kind_is_one_more_file() {
    let catalogue = Catalogue::with_files(Catalogue::embedded(), [("catering-fumes.toml", CATERING)]).unwrap();
    assert_eq!(catalogue.kinds().len(), 5);
    let site = catalogue.form(DocType::Site, "catering-fumes").unwrap();
    let values = Values::from([("stoves".to_owned(), site.read("stoves", "4").unwrap())]);
    let values = site.evaluate(&values, &Context::default()).over(&values);
    assert_eq!(values["size"], Value::text("medium"));

    let form = catalogue.form(DocType::Inspection, "catering-fumes").unwrap();
    let read = |path: &str, text: &str| (path.to_owned(), form.read(path, text).unwrap());
    let record = Values::from([
        read("started_at", "2026-11-23T10:00:00+08:00"),
        read("oil_fume_mg_m3", "2.1"),
        read("removal_pct", "75"),
    ]);
    let context = Context { site: Some(&values), ..Context::default() };
    let found = form.evaluate(&record, &context);
    let verdicts: Vec<_> = found.verdicts.iter().map(|v| (v.path.as_str(), v.judgement.verdict)).collect();
    assert_eq!(verdicts, [("oil_fume_mg_m3", Verdict::Exceeds), ("removal_pct", Verdict::Compliant)]);
    assert_ne!(catalogue.digest(), Catalogue::embedded().digest());
    assert!(catalogue.files().iter().any(|f| f.name == "catering-fumes.toml"));
}

#[test]
fn a_newer_version_takes_over_and_the_older_stays() {
    let newer = CATERING.replacen("version = 1", "version = 2", 1).replace("餐饮油烟", "油烟");
    let base = Catalogue::with_files(Catalogue::embedded(), [("catering-fumes.toml", CATERING)]).unwrap();
    let both = Catalogue::with_files(&base, [("catering-fumes.toml", newer.as_str())]).unwrap();
    assert_eq!(both.form(DocType::Site, "catering-fumes").unwrap().version, 2);
    assert_eq!(both.form_version("site/catering-fumes", 1).unwrap().label.zh, "餐饮油烟");
    let again = Catalogue::with_files(&both, [("catering-fumes.toml", newer.as_str())]).unwrap();
    assert_eq!(again.digest(), both.digest());
    let clash = CATERING.replace("餐饮油烟", "油烟");
    let found = Catalogue::with_files(&base, [("other.toml", clash)]).unwrap_err();
    assert!(found[0].message.contains("raise 'version'"), "{}", found[0]);
}

#[test]
fn the_same_files_have_the_same_digest_in_any_order() {
    let files: Vec<(String, String)> =
        Catalogue::embedded().files().iter().map(|f| (f.name.clone(), f.text.clone())).collect();
    let reversed = Catalogue::load(files.into_iter().rev()).unwrap();
    assert_eq!(reversed.digest(), Catalogue::embedded().digest());
}
