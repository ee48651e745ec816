//! Who may take which move, and what each needs.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use domain::forms::{Catalogue, Evidence, Form, Linked, MoveError, Problem, Workflow};
use domain::{DocId, DocType, Role, Value, Values};

use Role::{Admin, DustTeam, Inspector, Supervisor};

fn form(doc_type: DocType, kind: &str) -> &'static Form {
    Catalogue::embedded().form(doc_type, kind).unwrap()
}

fn flow(doc_type: DocType, kind: &str) -> &'static Workflow {
    form(doc_type, kind).workflow.as_ref().unwrap()
}

fn evidence<'a>(values: &'a Values, linked: &'a [Linked], problems: &'a [Problem]) -> Evidence<'a> {
    Evidence { values, site: None, linked, problems, settings: None }
}

fn values(form: &Form, fields: &[(&str, &str)]) -> Values {
    fields.iter().map(|(path, text)| ((*path).to_owned(), form.read(path, text).unwrap())).collect()
}

fn missing(result: Result<(), MoveError>) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.code, "requirement", "{error}");
    error.missing.into_iter().map(|m| m.code).collect()
}

#[test]
fn each_role_has_its_moves() {
    let inspection = flow(DocType::Inspection, "noise");
    let site = flow(DocType::Site, "bare-land");
    for (flow, from, role, expected) in [
        (inspection, "draft", Inspector, vec!["submitted"]),
        (inspection, "draft", DustTeam, vec!["submitted"]),
        (inspection, "draft", Supervisor, vec![]),
        (inspection, "submitted", Inspector, vec![]),
        (inspection, "submitted", Supervisor, vec!["approved", "returned"]),
        (inspection, "submitted", Admin, vec!["approved", "returned"]),
        (inspection, "returned", Inspector, vec!["submitted"]),
        (inspection, "approved", Supervisor, vec![]),
        (site, "to-verify", DustTeam, vec!["hung-up"]),
        (site, "treating", DustTeam, vec!["clearance-asked"]),
        (site, "treating", Supervisor, vec![]),
        (site, "clearance-asked", Inspector, vec![]),
        (site, "clearance-asked", Supervisor, vec!["cleared", "returned"]),
        (site, "cleared", DustTeam, vec!["hung-up"]),
    ] {
        let to: Vec<&str> = flow.allowed(from, role).iter().map(|m| m.to.as_str()).collect();
        assert_eq!(to, expected, "{} {from} {role}", flow.id);
    }
}

#[test]
fn a_new_record_begins_at_the_beginning() {
    let (nothing, flow) = (Values::new(), flow(DocType::Site, "bare-land"));
    assert!(flow.check(&[], "to-verify", DustTeam, &evidence(&nothing, &[], &[])).is_ok());
    let error = flow.check(&[], "cleared", Admin, &evidence(&nothing, &[], &[])).unwrap_err();
    assert_eq!(error.code, "not-initial");
}

#[test]
fn an_impossible_move_says_what_is_possible() {
    let (nothing, flow) = (Values::new(), flow(DocType::Site, "bare-land"));
    let check = |from: &[&str], to: &str, role| flow.check(from, to, role, &evidence(&nothing, &[], &[])).unwrap_err();
    assert_eq!(check(&["treating"], "moon", Admin).code, "unknown-state");
    assert_eq!(check(&["treating"], "treating", Admin).code, "same-state");
    let error = check(&["hung-up"], "cleared", Supervisor);
    assert_eq!(error.code, "no-such-move");
    assert!(error.says.en.contains("possible: treating"), "{error}");
    assert_eq!(check(&["clearance-asked"], "cleared", DustTeam).code, "role");
}

#[test]
fn a_record_with_errors_cannot_be_submitted_and_all_are_listed() {
    let form = form(DocType::Inspection, "noise");
    let found = form.evaluate(&Values::new(), &domain::forms::Context::default());
    let nothing = Values::new();
    let submit = |problems| {
        flow(DocType::Inspection, "noise").check(&["draft"], "submitted", Inspector, &evidence(&nothing, &[], problems))
    };
    let error = submit(&found.problems).unwrap_err();
    assert!(error.missing.iter().any(|m| m.path.as_deref() == Some("cal_before_db") && m.code == "required"));
    assert!(submit(&[]).is_ok());
}

#[test]
fn a_record_is_only_returned_with_a_remark() {
    let form = form(DocType::Inspection, "noise");
    let returned = |values: &Values| {
        flow(DocType::Inspection, "noise").check(&["submitted"], "returned", Supervisor, &evidence(values, &[], &[]))
    };
    assert_eq!(missing(returned(&Values::new())), ["remark"]);
    let remark =
        values(form, &[("remarks/r1", "true"), ("remarks/r1/path", "findings"), ("remarks/r1/text", "请补充")]);
    assert!(returned(&remark).is_ok());
}

fn inspection(started_at: &str) -> Linked {
    let form = form(DocType::Inspection, "bare-land");
    let values = values(form, &[("started_at", started_at), ("cover_pct", "100"), ("measures", "net-cover")]);
    Linked { doc_type: DocType::Inspection, kind: "bare-land".into(), id: DocId::new(1, [1; 10]), values }
}

fn photo(position: &str, fields: &[(&str, &str)]) -> Linked {
    let form = form(DocType::Photo, "");
    let mut all = values(form, &[("position", position)]);
    all.extend(values(form, fields));
    Linked { doc_type: DocType::Photo, kind: String::new(), id: DocId::new(1, [2; 10]), values: all }
}

fn ask(site: &Values, linked: &[Linked]) -> Result<(), MoveError> {
    flow(DocType::Site, "bare-land").check(&["treating"], "clearance-asked", DustTeam, &evidence(site, linked, &[]))
}

#[test]
fn clearance_needs_a_treatment_an_after_photo_nearby_and_a_later_inspection() {
    let form = form(DocType::Site, "bare-land");
    let plain = values(
        form,
        &[("position", "40.37,116.84"), ("found_at", "2026-11-01"), ("state_since", "2026-11-10T08:00:00+08:00")],
    );
    let mut treated = plain.clone();
    treated.insert("treatment_plan".into(), Value::text("green"));
    let later = inspection("2026-11-20T10:00:00+08:00");
    let after = photo("40.3701,116.84", &[("proves", "整治后全貌")]);

    assert_eq!(missing(ask(&plain, &[])), ["treatment", "after-photo", "later-inspection"]);
    assert!(ask(&treated, &[later.clone(), after.clone()]).is_ok());
    // The measures of the later inspection are a treatment too.
    assert!(ask(&plain, &[later.clone(), after.clone()]).is_ok());
    assert_eq!(missing(ask(&treated, std::slice::from_ref(&after))), ["later-inspection"]);
    let early = inspection("2026-11-05T10:00:00+08:00");
    assert_eq!(missing(ask(&treated, &[early, after.clone()])), ["later-inspection"]);
    assert_eq!(missing(ask(&treated, std::slice::from_ref(&later))), ["after-photo"]);
    let far = photo("40.3706,116.84", &[("stage", "after")]);
    assert_eq!(missing(ask(&treated, &[later.clone(), far])), ["after-photo"]);
    let before = photo("40.3701,116.84", &[("stage", "before"), ("proves", "整治后")]);
    assert_eq!(missing(ask(&treated, &[later.clone(), before])), ["after-photo"]);
    assert!(ask(&treated, &[later, photo("40.3701,116.84", &[("stage", "after")])]).is_ok());
}

#[test]
fn the_distance_is_to_the_boundary_where_there_is_one() {
    let form = form(DocType::Site, "bare-land");
    let square = r#"{"type":"Polygon","coordinates":[[[116.84,40.37],[116.85,40.37],[116.85,40.38],[116.84,40.38]]]}"#;
    let site = values(
        form,
        &[("position", "40.37,116.84"), ("boundary", square), ("found_at", "2026-11-01"), ("treatment_plan", "cover")],
    );
    let later = inspection("2026-11-20T10:00:00+08:00");
    assert!(ask(&site, &[later.clone(), photo("40.375,116.845", &[("stage", "after")])]).is_ok());
    assert!(ask(&site, &[later.clone(), photo("40.3804,116.845", &[("stage", "after")])]).is_ok());
    assert_eq!(missing(ask(&site, &[later, photo("40.3806,116.845", &[("stage", "after")])])), ["after-photo"]);
}

#[test]
fn of_states_in_conflict_the_most_cautious_counts_and_a_person_picks_what_he_may_enter() {
    let flow = flow(DocType::Site, "bare-land");
    assert_eq!(flow.most_cautious(&["cleared", "hung-up"]), Some("hung-up"));
    let nothing = Values::new();
    let pick = |to, role| flow.check(&["cleared", "hung-up"], to, role, &evidence(&nothing, &[], &[]));
    assert!(pick("cleared", Supervisor).is_ok());
    assert!(pick("hung-up", DustTeam).is_ok());
    assert!(pick("cleared", DustTeam).is_err());
    // A normal move from any of them is possible too.
    assert!(pick("treating", DustTeam).is_ok());
}

#[test]
fn an_outfall_can_relapse_from_anywhere_and_a_plant_is_put_right_and_checked() {
    let nothing = Values::new();
    let outfall = flow(DocType::Site, "outfall");
    for from in ["surveyed", "monitored", "traced", "closing-asked", "regulated", "closed"] {
        assert!(outfall.check(&[from], "remediating", Inspector, &evidence(&nothing, &[], &[])).is_ok(), "{from}");
    }
    for kind in ["voc", "noise"] {
        let flow = flow(DocType::Site, kind);
        assert!(flow.check(&["in-order"], "rectifying", Inspector, &evidence(&nothing, &[], &[])).is_ok());
        assert!(flow.check(&["rectifying"], "recheck-asked", Inspector, &evidence(&nothing, &[], &[])).is_ok());
        assert!(flow.check(&["recheck-asked"], "in-order", Inspector, &evidence(&nothing, &[], &[])).is_err());
        assert!(flow.check(&["in-order"], "refer", Inspector, &evidence(&nothing, &[], &[])).is_ok());
    }
}
