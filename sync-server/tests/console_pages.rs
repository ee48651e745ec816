//! What the console's pages are told: ledgers filtered, sorted and paged; records in the words of their form; townships.

mod common;

use common::http::{Running, code_of, json_of};
use common::{NORTH, SOUTH, Site, text};
use domain::Role;
use domain::change::DocKey;
use serde_json::{Value as Json, json};

const LEDGER: &str = "/v1/console/ledger?kind=bare-land";

async fn get(running: &Running, path: &str, token: &str) -> Json {
    json_of(running.get(path, token).await).await
}

fn titles(page: &Json) -> Vec<&str> {
    page["rows"].as_array().expect("rows").iter().filter_map(|row| row["title"].as_str()).collect()
}

/// Three plots: `a` and `c` in the north, `b` in the south.
async fn three_plots() -> (Running, [DocKey; 3]) {
    let running = Running::new().await;
    let (mut anna, mut bo) = (running.site.inspector("anna", NORTH), running.site.inspector("bo", SOUTH));
    let (a, c, b) =
        (anna.new_site("bare-land", NORTH), anna.new_site("bare-land", NORTH), bo.new_site("bare-land", SOUTH));
    for (plot, name) in [(&a, "a"), (&c, "c")] {
        anna.set(plot, &[("name", text(name)), ("land_type", text("idle"))]);
        anna.sync();
        running.site.clock.advance(1000);
    }
    bo.set(&b, &[("name", text("b"))]);
    bo.sync();
    running.site.user("all", Role::Supervisor, None);
    running.site.user("north", Role::Supervisor, Some(&[NORTH]));
    (running, [a, b, c])
}

#[tokio::test]
async fn a_ledger_begins_with_what_changed_last_and_sorts_as_asked() {
    let (running, _) = three_plots().await;
    let token = running.log_in("all").await;
    let page = get(&running, LEDGER, &token).await;
    assert_eq!((page["total"].as_u64(), titles(&page)), (Some(3), vec!["b", "c", "a"]));
    for (sort, expected) in [("title", ["a", "b", "c"]), ("-title", ["c", "b", "a"]), ("town", ["a", "c", "b"])] {
        assert_eq!(titles(&get(&running, &format!("{LEDGER}&sort={sort}"), &token).await), expected, "{sort}");
    }
    let wrong = running.get(&format!("{LEDGER}&sort=password"), &token).await;
    assert_eq!(code_of(wrong).await, "invalid");
}

#[tokio::test]
async fn a_ledger_is_filtered_by_township_state_time_and_words() {
    let (running, _) = three_plots().await;
    let token = running.log_in("all").await;
    let now = running.site.clock.0.load(std::sync::atomic::Ordering::SeqCst);
    let cases = [
        (format!("town={SOUTH}"), vec!["b"]),
        (format!("town={NORTH},{SOUTH}&sort=title"), vec!["a", "b", "c"]),
        ("state=cleared".to_owned(), vec![]),
        ("state=to-verify,cleared&sort=title".to_owned(), vec!["a", "b", "c"]),
        (format!("since_ms={}&sort=title", now - 1000), vec!["b", "c"]),
        ("search=C".to_owned(), vec!["c"]),
        ("search=%27%20OR%201%3D1%20--".to_owned(), vec![]),
    ];
    for (filter, expected) in cases {
        assert_eq!(titles(&get(&running, &format!("{LEDGER}&{filter}"), &token).await), expected, "{filter}");
    }
    assert_eq!(get(&running, "/v1/console/ledger?kind=noise", &token).await["total"], 0);
}

#[tokio::test]
async fn every_row_is_on_one_page() {
    let (running, _) = three_plots().await;
    let token = running.log_in("all").await;
    let mut seen = Vec::new();
    for offset in 0..4 {
        let page = get(&running, &format!("{LEDGER}&sort=state&limit=1&offset={offset}"), &token).await;
        assert_eq!(page["total"], 3);
        seen.extend(titles(&page).into_iter().map(str::to_owned));
    }
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
}

#[tokio::test]
async fn states_are_counted_whatever_states_are_asked_for() {
    let (running, _) = three_plots().await;
    let token = running.log_in("all").await;
    let page = get(&running, &format!("{LEDGER}&state=cleared"), &token).await;
    assert_eq!((&page["total"], &page["states"]), (&json!(0), &json!([{"state": "to-verify", "count": 3}])));
}

#[tokio::test]
async fn a_supervisor_of_one_township_is_told_of_no_other() {
    let (running, [a, b, _]) = three_plots().await;
    let token = running.log_in("north").await;
    let page = get(&running, &format!("{LEDGER}&town={NORTH},{SOUTH}&sort=title"), &token).await;
    assert_eq!((page["total"].as_u64(), titles(&page)), (Some(2), vec!["a", "c"]));
    assert_eq!(page["states"][0]["count"], 2);
    let towns = get(&running, "/v1/console/catalogue", &token).await["towns"].clone();
    assert_eq!(towns.as_array().map(Vec::len), Some(1));
    for path in [format!("/v1/console/records/{}", b.id), format!("/v1/console/records/{}/changes", b.id)] {
        assert_eq!(get(&running, &path, &token).await["error"]["code"], "not-found");
    }
    assert_eq!(get(&running, &format!("/v1/console/records/{}", a.id), &token).await["title"], "a");
}

#[tokio::test]
async fn inspectors_and_devices_get_nothing_from_the_pages() {
    let (running, [a, ..]) = three_plots().await;
    let device = running.site.device("chief", Role::Supervisor, None);
    let inspector = running.log_in("anna").await;
    for token in [&device.token, &inspector] {
        for path in [LEDGER, "/v1/console/catalogue", &format!("/v1/console/records/{}", a.id)] {
            assert_eq!(code_of(running.get(path, token).await).await, "forbidden", "{path}");
        }
    }
}

#[tokio::test]
async fn a_record_is_told_in_the_words_of_its_form() {
    let (running, [a, ..]) = three_plots().await;
    let token = running.log_in("all").await;
    let record = get(&running, &format!("/v1/console/records/{}", a.id), &token).await;
    assert_eq!(record["state"]["label"]["zh"], "待核实");
    let groups = record["sections"].as_array().expect("sections").iter().flat_map(|s| s["groups"].as_array());
    let fields = groups.flatten().filter_map(|group| group["fields"].as_array()).flatten();
    let land = fields.into_iter().find(|f| f["fact"]["path"] == "land_type").expect("a field");
    assert_eq!(land["fact"]["words"][0]["zh"], "闲置裸地");
    let changes = get(&running, &format!("/v1/console/records/{}/changes", a.id), &token).await;
    assert_eq!(changes.as_array().map(Vec::len), Some(2));
    assert_eq!((&changes[1]["author"], &changes[1]["status"]), (&json!("anna"), &json!("applied")));
}

#[tokio::test]
async fn fields_in_conflict_are_counted_in_the_ledger_and_told_with_who_wrote_what() {
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
    let row = get(&running, LEDGER, &token).await["rows"][0].clone();
    assert_eq!((&row["conflicts"], &row["contested"]), (&json!(1), &json!(false)));
    let record = get(&running, &format!("/v1/console/records/{}", plot.id), &token).await;
    let rivals = record["sections"][0]["groups"][0]["fields"][0]["rivals"].as_array().cloned().unwrap_or_default();
    let mut authors: Vec<&str> = rivals.iter().filter_map(|rival| rival["author"].as_str()).collect();
    authors.sort_unstable();
    assert_eq!(authors, ["anna", "bo"]);
}

#[tokio::test]
async fn what_is_sensitive_is_masked_in_record_and_changes() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let plot = anna.new_site("bare-land", NORTH);
    anna.set(&plot, &[("contact_phone", text("13812342706"))]);
    anna.sync();
    running.site.user("zhou", Role::Supervisor, None);
    let token = running.log_in("zhou").await;
    for path in [format!("/v1/console/records/{}", plot.id), format!("/v1/console/records/{}/changes", plot.id)] {
        let told = running.get(&path, &token).await.text().await.expect("text");
        assert!(told.contains("138****2706") && !told.contains("13812342706"), "{told}");
    }
}

#[test]
fn ledgers_of_a_database_from_before_are_made_at_the_start() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    let query = sync_server::storage::SummaryQuery {
        scopes: None,
        doc_type: domain::DocType::Site,
        kind: "bare-land".into(),
        towns: vec![],
        states: vec![],
        since_ms: None,
        search: None,
        order: sync_server::storage::Order::Updated,
        descending: true,
        limit: 10,
        offset: 0,
    };
    let found = || sync_server::storage::read(site.server.storage(), |tx| tx.find_summaries(&query)).expect("read");
    let before = found();
    let lost = sync_server::storage::Summary { deleted: true, ..before[0].clone() };
    sync_server::storage::write(site.server.storage(), |tx| tx.set_summary(&lost)).expect("written");
    assert_eq!(found(), []);
    site.server.renew_summaries().expect("made again");
    assert_eq!((found()[0].doc, found()), (plot.id, before));
}
