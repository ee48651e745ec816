//! What is decided at a desk: written as a device writes, for the townships of the user, merged, refused and taken back.

mod common;

use common::http::{Running, code_of, json_of};
use common::{Device, NORTH, SOUTH, text};
use domain::change::DocKey;
use domain::{DocType, Role, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};

const NOTHING: &[&str] = &[];

async fn post(running: &Running, path: &str, token: &str, body: &Json) -> Json {
    json_of(running.call(Method::POST, path, Some(token)).json(body).send().await.expect("an answer")).await
}

async fn decide(running: &Running, doc: &DocKey, token: &str, body: &Json) -> Json {
    post(running, &format!("/v1/documents/{}/changes", doc.id), token, body).await
}

async fn undo(running: &Running, doc: &DocKey, op: &Json, token: &str) -> Json {
    let path = format!("/v1/documents/{}/changes/{}/undo", doc.id, op.as_str().expect("a name"));
    post(running, &path, token, &json!({"reason": "a slip"})).await
}

async fn shown(running: &Running, doc: &DocKey, token: &str) -> Json {
    json_of(running.get(&format!("/v1/documents/{}", doc.id), token).await).await
}

/// The writes of one path that a page would show.
async fn ops(running: &Running, doc: &DocKey, path: &str, token: &str) -> Vec<String> {
    let conflicts = shown(running, doc, token).await["conflicts"][path].clone();
    let all = conflicts.as_array().cloned().unwrap_or_default();
    all.iter().filter_map(|rival| rival["op"].as_str().map(str::to_owned)).collect()
}

/// A plot of the north whose name two inspectors wrote at the same time, and a supervisor's login.
async fn two_names() -> (Running, [Device; 2], DocKey, String) {
    let running = Running::new().await;
    let (mut anna, mut bo) = (running.site.inspector("anna", NORTH), running.site.inspector("bo", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    bo.sync();
    anna.set(&plot, &[("name", text("one"))]);
    bo.set(&plot, &[("name", text("two"))]);
    anna.sync();
    bo.sync();
    running.site.user("zhou", Role::Supervisor, None);
    let token = running.log_in("zhou").await;
    (running, [anna, bo], plot, token)
}

/// A noise source that one ordered to put right and another referred.
async fn two_states() -> (Running, [Device; 2], DocKey, String) {
    let running = Running::new().await;
    let mut chief = running.site.device("chief", Role::Supervisor, None);
    let mut anna = running.site.inspector("anna", NORTH);
    let plot = chief.new_doc(DocType::Site, "noise", &[("town", text(NORTH)), ("state", text("in-order"))]);
    chief.sync();
    anna.sync();
    for (device, state) in [(&mut chief, "refer"), (&mut anna, "rectifying")] {
        device.set(&plot, &[("state", text(state))]);
        device.sync();
    }
    let token = running.log_in("chief").await;
    (running, [chief, anna], plot, token)
}

#[tokio::test]
async fn a_decision_is_a_signed_change_that_devices_get_when_they_sync() {
    let (running, [mut anna, _], plot, token) = two_names().await;
    let seen = ops(&running, &plot, "name", &token).await;
    let body = json!({"writes": [{"path": "name", "keep": seen[1], "seen": seen}], "reason": "asked them both"});
    let decided = decide(&running, &plot, &token, &body).await;
    assert!(decided["op"].is_string(), "{decided}");
    assert_eq!(shown(&running, &plot, &token).await["conflicts"], json!({}));
    anna.sync();
    assert_eq!(anna.texts(plot.id, "name").len(), 1);
    let notes = anna.docs[&plot.id].registers.keys().filter(|path| path.starts_with("notes/")).count();
    assert_eq!(notes, 1);
    let report = running.site.server.check().expect("checked");
    assert_eq!(report.findings, []);
    let history = json_of(running.get(&format!("/v1/documents/{}/history", plot.id), &token).await).await;
    assert_eq!(history.as_array().and_then(|all| all.last()).map(|last| last["author"].clone()), Some(json!("zhou")));
}

#[tokio::test]
async fn a_value_that_arrives_while_somebody_decides_survives_the_decision() {
    let (running, [mut anna, bo], plot, token) = two_names().await;
    let seen = ops(&running, &plot, "name", &token).await;
    let mut late = running.site.inspector("late", NORTH);
    late.set(&plot, &[("name", text("three"))]);
    late.sync();
    drop(bo);
    let decided =
        decide(&running, &plot, &token, &json!({"writes": [{"path": "name", "value": "four", "seen": seen}]})).await;
    assert!(decided["op"].is_string(), "{decided}");
    anna.sync();
    let mut left = anna.texts(plot.id, "name");
    left.sort();
    assert_eq!(left, ["four", "three"]);
}

#[tokio::test]
async fn a_decision_about_what_somebody_replaced_meanwhile_writes_nothing() {
    let (running, [mut anna, _], plot, token) = two_names().await;
    let seen = ops(&running, &plot, "name", &token).await;
    anna.sync();
    anna.set(&plot, &[("name", text("decided in the field"))]);
    anna.sync();
    let body = json!({"writes": [{"path": "name", "value": "late", "seen": seen}], "reason": "why"});
    assert_eq!(decide(&running, &plot, &token, &body).await["error"]["code"], "stale");
    assert_eq!(shown(&running, &plot, &token).await["values"]["name"], "decided in the field");
}

#[tokio::test]
async fn one_desk_in_two_windows_does_not_overwrite_itself_unseen() {
    let (running, _, plot, token) = two_names().await;
    let seen = ops(&running, &plot, "name", &token).await;
    let body = |value: &str| json!({"writes": [{"path": "name", "value": value, "seen": seen}]});
    assert!(decide(&running, &plot, &token, &body("first")).await["op"].is_string());
    assert_eq!(decide(&running, &plot, &token, &body("second")).await["error"]["code"], "stale");
}

#[tokio::test]
async fn a_decision_that_is_taken_back_leaves_the_values_that_were_there() {
    let (running, [mut anna, _], plot, token) = two_names().await;
    let seen = ops(&running, &plot, "name", &token).await;
    let body = json!({"writes": [{"path": "name", "value": "four", "seen": seen}], "reason": "why"});
    let op = decide(&running, &plot, &token, &body).await["op"].clone();
    let undone = undo(&running, &plot, &op, &token).await;
    assert!(undone["op"].is_string(), "{undone}");
    anna.sync();
    let mut left = anna.texts(plot.id, "name");
    left.sort();
    assert_eq!(left, ["one", "two"]);
    assert_eq!(undo(&running, &plot, &op, &token).await["error"]["code"], "stale");
    assert_eq!(undo(&running, &plot, &undone["op"], &token).await["error"]["code"], "not-found", "not in turn");
    assert_eq!(running.site.server.check().expect("checked").findings, []);
}

#[tokio::test]
async fn a_decided_state_goes_by_the_workflow_and_can_be_taken_back() {
    let (running, [_, mut anna], plot, token) = two_states().await;
    let seen = ops(&running, &plot, "state", &token).await;
    let to = |state: &str| json!({"writes": [{"path": "state", "value": state, "seen": seen}], "reason": "why"});
    let refused = decide(&running, &plot, &token, &to("recheck-asked")).await;
    assert_eq!(refused["error"]["code"], "refused", "{refused}");
    assert_eq!(ops(&running, &plot, "state", &token).await.len(), 2);
    let decided = decide(&running, &plot, &token, &to("refer")).await;
    assert!(decided["op"].is_string(), "{decided}");
    let undone = undo(&running, &plot, &decided["op"], &token).await;
    assert!(undone["op"].is_string(), "{undone}");
    anna.sync();
    let mut left = anna.texts(plot.id, "state");
    left.sort();
    assert_eq!(left, ["rectifying", "refer"]);
}

#[tokio::test]
async fn nobody_decides_for_a_township_that_is_not_his() {
    let (running, _, plot, chief) = two_names().await;
    running.site.user("south", Role::Supervisor, Some(&[SOUTH]));
    let south = running.log_in("south").await;
    let seen = ops(&running, &plot, "name", &chief).await;
    let body = json!({"writes": [{"path": "name", "value": "mine", "seen": seen}]});
    assert_eq!(decide(&running, &plot, &south, &body).await["error"]["code"], "not-found");
    let op = decide(&running, &plot, &chief, &body).await["op"].clone();
    assert_eq!(undo(&running, &plot, &op, &south).await["error"]["code"], "not-found");
    running.site.user("north", Role::Supervisor, Some(&[NORTH]));
    let north = running.log_in("north").await;
    let away = json!({"writes": [{"path": "town", "value": SOUTH, "seen": NOTHING}]});
    let moved = decide(&running, &plot, &north, &away).await;
    assert!(["stale", "refused"].contains(&moved["error"]["code"].as_str().unwrap_or_default()), "{moved}");
}

#[tokio::test]
async fn inspectors_and_devices_have_no_desk() {
    let (running, [anna, _], plot, _) = two_names().await;
    let chief = running.site.device("chief", Role::Supervisor, None);
    let inspector = running.log_in("anna").await;
    let body = json!({"writes": [{"path": "name", "value": "x", "seen": NOTHING}]});
    for token in [&anna.token, &chief.token, &inspector] {
        assert_eq!(decide(&running, &plot, token, &body).await["error"]["code"], "forbidden");
    }
    let call = running.call(Method::POST, &format!("/v1/documents/{}/changes", plot.id), None).json(&body);
    assert_eq!(code_of(call.send().await.expect("an answer")).await, "unauthorized");
}

#[tokio::test]
async fn a_decision_that_cannot_be_is_told_and_writes_nothing() {
    let (running, _, plot, token) = two_names().await;
    let before = running.site.server.check().expect("checked").changes;
    let long = "长".repeat(2001);
    for body in [
        json!({"writes": []}),
        json!({"writes": [{"path": "name", "seen": NOTHING}]}),
        json!({"writes": [{"path": "name", "value": "a", "keep": "1:1", "seen": NOTHING}]}),
        json!({"writes": [{"path": "name", "value": "a", "seen": ["nonsense"]}]}),
        json!({"writes": [{"path": "no_such_field", "value": "a", "seen": NOTHING}]}),
        json!({"writes": [{"path": "area_declared_m2", "value": "much", "seen": NOTHING}]}),
        json!({"writes": [{"path": "note", "value": long, "seen": NOTHING}]}),
        json!({"remarks": [{"path": "no_such_field", "text": "a"}]}),
        json!({"remarks": [{"path": "name", "text": "  "}]}),
        json!({"author": 1, "writes": [{"path": "note", "value": "a", "seen": NOTHING}]}),
    ] {
        assert_eq!(decide(&running, &plot, &token, &body).await["error"]["code"], "invalid", "{body}");
    }
    let words = json!({"writes": [{"path": "note", "value": "'; DROP TABLE docs; --", "seen": NOTHING}]});
    assert!(decide(&running, &plot, &token, &words).await["op"].is_string());
    assert_eq!(running.site.server.check().expect("checked").changes, before + 1);
}

#[tokio::test]
async fn a_return_carries_its_remarks_and_nothing_is_left_of_them_when_it_is_taken_back() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let plot = anna.new_site("bare-land", NORTH);
    let visit = submitted(&mut anna, &plot);
    anna.sync();
    assert_eq!(anna.refused.len(), 0, "{:?}", anna.refused);
    running.site.user("zhou", Role::Supervisor, None);
    let token = running.log_in("zhou").await;
    let seen = format!("{}:{}", anna.actor, anna.changes.len());
    let bare = json!({"writes": [{"path": "state", "value": "returned", "seen": [seen]}]});
    assert_eq!(decide(&running, &visit, &token, &bare).await["error"]["code"], "refused");
    let body = json!({"writes": bare["writes"], "remarks": [{"path": "findings", "text": "写清楚", "must": true}]});
    let decided = decide(&running, &visit, &token, &body).await;
    anna.sync();
    assert_eq!(anna.texts(visit.id, "state"), ["returned"]);
    let remarks = |device: &Device| {
        let rows = device.docs[&visit.id].registers.iter().filter(|(path, _)| path.starts_with("remarks/"));
        rows.filter(|(path, _)| path.matches('/').count() == 1).map(|(_, r)| r.puts()[0].value.clone()).collect()
    };
    let there: Vec<Value> = remarks(&anna);
    assert_eq!(there, [Value::Bool(true)]);
    assert!(undo(&running, &visit, &decided["op"], &token).await["op"].is_string());
    anna.sync();
    assert_eq!(anna.texts(visit.id, "state"), ["submitted"]);
    let there: Vec<Value> = remarks(&anna);
    assert_eq!(there, [Value::Bool(false)]);
}

/// An inspection with all that its form asks for, submitted.
fn submitted(device: &mut Device, plot: &DocKey) -> DocKey {
    let position = domain::value::Position::from_degrees(117.13, 40.53).expect("a position");
    let moment = |minute: u32| text(&format!("2026-11-23T10:{minute:02}:00+08:00"));
    let values = [
        ("site", text(&plot.id.to_string())),
        ("town", text(NORTH)),
        ("state", text("draft")),
        ("place", text("令公村南")),
        ("position", Value::Point(position)),
        ("started_at", moment(0)),
        ("ended_at", moment(30)),
        ("officers/a", Value::Bool(true)),
        ("officers/a/name", text("张海涛")),
        ("officers/a/certificate_no", text("1")),
        ("officers/b", Value::Bool(true)),
        ("officers/b/name", text("赵立新")),
        ("officers/b/certificate_no", text("2")),
        ("id_shown", Value::Bool(true)),
        ("rights_told", Value::Bool(true)),
        ("cover_pct", Value::number(40.into())),
        ("findings", text("裸露")),
        ("conclusion", text("problem")),
    ];
    let visit = device.new_doc(DocType::Inspection, "bare-land", &values);
    device.set(&visit, &[("state", text("submitted"))]);
    visit
}

#[tokio::test]
async fn after_a_restore_a_user_writes_under_a_new_number() {
    let (running, _, plot, token) = two_names().await;
    let seen = ops(&running, &plot, "name", &token).await;
    let body = json!({"writes": [{"path": "name", "value": "four", "seen": seen}]});
    let before = decide(&running, &plot, &token, &body).await["op"].clone();
    let storage = running.site.server.storage();
    sync_server::storage::write(storage, |tx| tx.mark_restored()).expect("marked");
    let body = json!({"writes": [{"path": "name", "value": "five", "seen": [before]}]});
    let after = decide(&running, &plot, &token, &body).await["op"].clone();
    let actor = |op: &Json| op.as_str().and_then(|op| op.split(':').next()).map(str::to_owned);
    assert_ne!(actor(&before), actor(&after));
}
