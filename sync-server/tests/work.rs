//! What waits at a desk: queues within the caller's townships, evidence for each value, figures that agree with them.

mod common;

use common::http::{Running, code_of, json_of};
use common::{NORTH, SOUTH, text};
use domain::change::DocKey;
use domain::{DocType, Role};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn get(running: &Running, path: &str, token: &str) -> Json {
    json_of(running.get(path, token).await).await
}

fn ids(page: &Json) -> Vec<&str> {
    page["rows"].as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).collect()
}

/// In the north a name and a state in conflict, in the south a name.
async fn conflicts() -> (Running, [DocKey; 3]) {
    let running = Running::new().await;
    let mut docs = Vec::new();
    for (town, first, second) in [(NORTH, "anna", "bo"), (SOUTH, "cao", "ding")] {
        let (mut one, mut two) = (running.site.inspector(first, town), running.site.inspector(second, town));
        let plot = one.new_site("bare-land", town);
        one.sync();
        two.sync();
        one.set(&plot, &[("name", text("one"))]);
        two.set(&plot, &[("name", text("two"))]);
        if town == NORTH {
            running.site.user("chief", Role::Supervisor, None);
            let mut chief = running.site.device_for("chief");
            let noise = one.new_doc(DocType::Site, "noise", &[("town", text(town)), ("state", text("in-order"))]);
            one.sync();
            chief.sync();
            chief.set(&noise, &[("state", text("refer")), ("notes/a", text("to the city"))]);
            one.set(&noise, &[("state", text("rectifying"))]);
            chief.sync();
            docs.push(noise);
        }
        one.sync();
        two.sync();
        docs.push(plot);
    }
    running.site.user("north", Role::Supervisor, Some(&[NORTH]));
    let docs = docs.try_into().expect("three");
    (running, docs)
}

#[tokio::test]
async fn conflicts_wait_with_states_first_and_each_row_on_one_page() {
    let (running, [noise, north, south]) = conflicts().await;
    let token = running.log_in("chief").await;
    let queue = get(&running, "/v1/console/queues/conflicts", &token).await;
    let expected = [&noise, &north, &south].map(|doc| doc.id.to_string());
    assert_eq!(ids(&queue), expected);
    for (at, id) in expected.iter().enumerate() {
        let page = get(&running, &format!("/v1/console/queues/conflicts?limit=1&offset={at}"), &token).await;
        assert_eq!((page["total"].as_u64(), ids(&page)), (Some(3), vec![id.as_str()]));
    }
    let kind = get(&running, "/v1/console/queues/conflicts?kind=noise", &token).await;
    assert_eq!(ids(&kind), [&expected[0]]);
    let town = get(&running, &format!("/v1/console/queues/conflicts?town={SOUTH}"), &token).await;
    assert_eq!(ids(&town), [&expected[2]]);
    let words = get(&running, "/v1/console/queues/conflicts?search=%27%20OR%201%3D1%20--", &token).await;
    assert_eq!(words["total"], 0);
    assert_eq!(code_of(running.get("/v1/console/queues/sessions", &token).await).await, "not-found");
}

#[tokio::test]
async fn a_supervisor_of_one_township_is_told_of_no_conflict_of_another() {
    let (running, [.., north, south]) = conflicts().await;
    let token = running.log_in("north").await;
    let queue = get(&running, &format!("/v1/console/queues/conflicts?town={NORTH},{SOUTH}"), &token).await;
    assert!(ids(&queue).contains(&north.id.to_string().as_str()));
    assert!(!ids(&queue).contains(&south.id.to_string().as_str()));
    let detail = get(&running, &format!("/v1/console/conflicts/{}", south.id), &token).await;
    assert_eq!(detail["error"]["code"], "not-found");
    let today = get(&running, "/v1/console/today", &token).await;
    assert_eq!(today["conflicts"]["count"], 2);
    assert_eq!(today["towns"].as_array().map(Vec::len), Some(1));
    let users: Vec<&str> =
        today["listed"].as_array().expect("devices").iter().filter_map(|d| d["user"].as_str()).collect();
    assert!(users.contains(&"anna") && !users.contains(&"cao"), "{users:?}");
    for name in ["anna", "cao"] {
        let token = running.log_in(name).await;
        for path in ["/v1/console/today", "/v1/console/queues/conflicts", "/v1/console/decisions"] {
            assert_eq!(code_of(running.get(path, &token).await).await, "forbidden", "{path}");
        }
    }
}

#[tokio::test]
async fn a_dispute_tells_what_all_had_seen_and_who_wrote_what_having_seen_what() {
    let (running, [noise, ..]) = conflicts().await;
    let token = running.log_in("chief").await;
    let shown = get(&running, &format!("/v1/console/conflicts/{}", noise.id), &token).await;
    let dispute = &shown["disputes"][0];
    assert_eq!((&dispute["path"], &dispute["common"]["value"]), (&json!("state"), &json!("in-order")));
    let rivals = dispute["rivals"].as_array().expect("rivals");
    let chief = rivals.iter().find(|rival| rival["author"] == "chief").expect("the chief's");
    assert_eq!((&chief["notes"], &chief["branch"]), (&json!(["to the city"]), &json!([])));
    let choices: Vec<&str> =
        dispute["choices"].as_array().expect("list").iter().filter_map(|c| c["id"].as_str()).collect();
    assert_eq!(choices, ["in-order"], "what a supervisor may do from either state, without those that stand");
}

#[tokio::test]
async fn a_decision_leaves_the_queue_and_stands_in_the_list_of_decisions() {
    let (running, [noise, ..]) = conflicts().await;
    let token = running.log_in("chief").await;
    let shown = get(&running, &format!("/v1/console/conflicts/{}", noise.id), &token).await;
    let rivals = shown["disputes"][0]["rivals"].as_array().expect("rivals").clone();
    let seen: Vec<&Json> = rivals.iter().map(|rival| &rival["op"]).collect();
    let body = json!({"writes": [{"path": "state", "keep": seen[0], "seen": seen}], "reason": "因为"});
    let path = format!("/v1/documents/{}/changes", noise.id);
    let call = running.call(Method::POST, &path, Some(&token)).json(&body);
    let op = json_of(call.send().await.expect("an answer")).await["op"].clone();
    assert_eq!(get(&running, "/v1/console/queues/conflicts", &token).await["total"], 2);
    let decisions = get(&running, "/v1/console/decisions", &token).await;
    assert_eq!((&decisions[0]["op"], &decisions[0]["reason"]), (&op, &json!("因为")));
    assert_eq!(decisions[0]["stands"], true);
    assert_eq!(get(&running, "/v1/console/today", &token).await["conflicts"]["contested"], 0);
}

#[tokio::test]
async fn what_is_past_its_deadline_waits_until_nothing_is_left_to_do() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let (late, due) = (anna.new_site("bare-land", NORTH), anna.new_site("bare-land", NORTH));
    anna.set(&late, &[("deadline", text("2026-11-22"))]);
    anna.set(&due, &[("deadline", text("2026-11-23"))]);
    anna.sync();
    running.site.user("zhou", Role::Supervisor, None);
    let token = running.log_in("zhou").await;
    let queue = get(&running, "/v1/console/queues/overdue", &token).await;
    assert_eq!(ids(&queue), [late.id.to_string()]);
    let today = get(&running, "/v1/console/today", &token).await;
    assert_eq!((&today["overdue"]["count"], &today["towns"][0]["overdue"]), (&json!(1), &json!(1)));
    let ledger = get(&running, "/v1/console/ledger?kind=bare-land&since_ms=0", &token).await;
    let kind = today["kinds"].as_array().and_then(|k| k.iter().find(|k| k["kind"] == "bare-land")).expect("the kind");
    assert_eq!((&kind["sites"], &kind["all"]), (&ledger["total"], &ledger["total"]));
}

#[tokio::test]
async fn a_device_holds_what_it_reported_unless_it_sent_it_with_the_report() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    running.site.user("zhou", Role::Supervisor, None);
    let token = running.log_in("zhou").await;
    let left = domain::sync::Left { records: 3, photos: 2, photo_bytes: 9 };
    anna.new_site("bare-land", NORTH);
    let sending = domain::sync::SyncRequest { left, ..anna.request() };
    anna.send(&sending).expect("answered");
    let listed = |today: &Json| (today["listed"][0]["records"].clone(), today["listed"][0]["photos"].clone());
    assert_eq!(listed(&get(&running, "/v1/console/today", &token).await), (json!(0), json!(2)));
    let keeping = domain::sync::SyncRequest { left, push: Vec::new(), ..anna.request() };
    anna.send(&keeping).expect("answered");
    let today = get(&running, "/v1/console/today", &token).await;
    assert_eq!((listed(&today), &today["holding"]), ((json!(3), json!(2)), &json!(1)));
}
