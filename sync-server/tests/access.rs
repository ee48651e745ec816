//! Who may call what, enrolment, logins, guessing, and how the server stops.

mod common;

use common::http::{Running, code_of, header, json_of};
use common::{NORTH, SOUTH, Site, text};
use domain::{DocType, Role};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_server::{Enrol, ServerError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Every call with the status that a device gets, and that a console login gets.
const CALLS: [(&str, &str, u16, u16); 12] = [
    ("GET", "/v1/health", 200, 200),
    ("GET", "/v1/ready", 200, 200),
    ("GET", "/v1/openapi.json", 200, 200),
    ("GET", "/metrics", 200, 200),
    ("GET", "/v1/forms", 200, 200),
    ("GET", "/v1/documents", 200, 200),
    ("GET", "/v1/documents/{doc}", 200, 200),
    ("GET", "/v1/documents/{doc}/history", 200, 200),
    ("GET", "/v1/photos/0000000000000000000000000000000000000000000000000000000000000000", 404, 404),
    ("POST", "/v1/renumber", 200, 403),
    ("POST", "/v1/sync", 400, 403),
    ("DELETE", "/v1/sessions", 403, 204),
];

#[tokio::test]
async fn every_role_gets_at_every_call_what_the_table_says() {
    let running = Running::new().await;
    for role in Role::ALL {
        let name = role.as_str();
        let mut device = running.site.device(name, role, Some(&[NORTH]));
        let plot = device.new_site("bare-land", NORTH);
        device.sync();
        let session = running.log_in(name).await;
        for (method, path, by_device, by_session) in CALLS {
            let path = path.replace("{doc}", &plot.id.to_string());
            let method: Method = method.parse().expect("a method");
            for (token, expected) in [(&device.token, by_device), (&session, by_session)] {
                let answer = running.call(method.clone(), &path, Some(token)).send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), expected, "{name} {method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let running = Running::new().await;
    for (method, path, ..) in CALLS.into_iter().skip(4) {
        let method: Method = method.parse().expect("a method");
        for token in [None, Some("0000")] {
            let answer = running.call(method.clone(), path, token).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(code_of(answer).await, "unauthorized");
        }
    }
    let nowhere = running.get("/v1/nowhere", "x").await;
    assert_eq!(code_of(nowhere).await, "not-found");
}

#[tokio::test]
async fn a_list_shows_only_ones_own_townships_and_a_foreign_id_says_nothing() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let stranger = running.site.inspector("stranger", SOUTH);
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    let mine = json_of(running.get("/v1/documents?type=site&kind=bare-land&search=PLOT", &anna.token).await).await;
    assert_eq!((mine["total"].as_u64(), &mine["documents"][0]["title"]), (Some(1), &"a plot".into()));
    let theirs = json_of(running.get(&format!("/v1/documents?town={NORTH}"), &stranger.token).await).await;
    assert_eq!(theirs["total"], 0);
    for path in [format!("/v1/documents/{}", plot.id), format!("/v1/documents/{}/history", plot.id)] {
        let (foreign, unknown) =
            (running.get(&path, &stranger.token).await, running.get("/v1/documents/x", &stranger.token).await);
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
        assert_eq!(foreign.text().await.expect("text"), unknown.text().await.expect("text"));
    }
}

#[tokio::test]
async fn a_conflict_is_shown_with_who_and_when() {
    let running = Running::new().await;
    let (mut anna, mut bo) = (running.site.inspector("anna", NORTH), running.site.inspector("bo", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    bo.sync();
    anna.set(&plot, &[("name", text("one"))]);
    bo.set(&plot, &[("name", text("two"))]);
    anna.sync();
    bo.sync();
    let shown = json_of(running.get(&format!("/v1/documents/{}", plot.id), &anna.token).await).await;
    let authors: Vec<&str> = shown["conflicts"]["name"]
        .as_array()
        .expect("a conflict")
        .iter()
        .filter_map(|c| c["author"].as_str())
        .collect();
    assert_eq!(authors.len(), 2);
    assert_eq!(shown["state"], "to-verify");
    let history = json_of(running.get(&format!("/v1/documents/{}/history", plot.id), &anna.token).await).await;
    assert_eq!(history.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_device_syncs_over_http() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    anna.new_site("bare-land", NORTH);
    let body = domain::sync::seal(&anna.request());
    let answer = running.call(Method::POST, "/v1/sync", Some(&anna.token)).body(body).send().await.expect("an answer");
    assert_eq!(header(&answer, "content-type"), "application/vnd.shanxun.sync");
    let answer = domain::sync::open(&answer.bytes().await.expect("bytes")).expect("a sync message");
    anna.take(&answer);
    assert_eq!(anna.acked, 1);
    let large = vec![0; 9 * 1024 * 1024];
    let answer = running.call(Method::POST, "/v1/sync", Some(&anna.token)).body(large).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let metrics = running.get("/metrics", "").await.text().await.expect("text");
    assert!(metrics.contains("shanxun_sync_changes_total 1"), "{metrics}");
}

#[tokio::test]
async fn enrolment_over_http_gives_what_a_device_needs() {
    let running = Running::new().await;
    running.site.user("anna", Role::Inspector, Some(&[NORTH]));
    let code = running.site.server.make_code("anna").expect("a code");
    let body = json!({"code": code.to_lowercase(), "public_key": "ab".repeat(32), "install": u64::MAX.to_string(), "label": "phone"});
    let answer = running.call(Method::POST, "/v1/enrol", None).json(&body).send().await.expect("an answer");
    let answer = json_of(answer).await;
    assert_eq!((&answer["actor"], &answer["user"]["role"]), (&1.into(), &"inspector".into()));
    assert_eq!(answer["user"]["towns"], json!([NORTH]));
    assert_eq!(answer["epoch"].as_str().map(str::len), Some(32));
    let token = answer["token"].as_str().expect("a token").to_owned();
    assert_eq!(running.get("/v1/forms", &token).await.status(), StatusCode::OK);
    // A lost answer: the same device asks again and gets another token.
    let again = running.call(Method::POST, "/v1/enrol", None).json(&body).send().await.expect("an answer");
    assert_eq!(json_of(again).await["actor"], 1);
    assert_eq!(running.get("/v1/forms", &token).await.status(), StatusCode::UNAUTHORIZED);
}

fn request(code: &str, key: u8) -> Enrol {
    Enrol { code: code.into(), public_key: [key; 32], install: 1, label: String::new() }
}

#[test]
fn a_code_enrols_one_device_once_within_a_day() {
    let site = Site::new();
    site.user("anna", Role::Inspector, Some(&[NORTH]));
    let code = site.server.make_code("anna").expect("a code");
    site.server.enrol("here", &request(&code, 1)).expect("enrolled");
    assert!(matches!(site.server.enrol("here", &request(&code, 2)), Err(ServerError::CodeUsed)));
    let code = site.server.make_code("anna").expect("a code");
    site.clock.advance(24 * 3600 * 1000);
    assert!(matches!(site.server.enrol("here", &request(&code, 1)), Err(ServerError::CodeExpired)));
}

#[test]
fn guessing_codes_or_passwords_is_locked_out_and_opens_again() {
    let site = Site::new();
    site.user("anna", Role::Inspector, Some(&[NORTH]));
    let code = site.server.make_code("anna").expect("a code");
    for _ in 0..5 {
        assert!(matches!(site.server.enrol("bad", &request("NO", 1)), Err(ServerError::CodeUnknown)));
        assert!(matches!(site.server.log_in("bad", "anna", "wrong password"), Err(ServerError::Login)));
    }
    assert!(matches!(site.server.enrol("bad", &request(&code, 1)), Err(ServerError::TooManyTries { .. })));
    let locked = site.server.log_in("bad", "anna", "password of anna").expect_err("locked");
    assert!(matches!(locked, ServerError::TooManyTries { retry_after_s: 900 }));
    site.server.enrol("good", &request(&code, 1)).expect("another address is free");
    site.server.log_in("good", "anna", "password of anna").expect("another address is free");
    site.clock.advance(15 * 60 * 1000);
    site.server.log_in("bad", "anna", "password of anna").expect("open again");
}

#[test]
fn a_revoked_device_and_an_ended_or_old_session_are_told_so() {
    let site = Site::new();
    let anna = site.inspector("anna", NORTH);
    site.server.revoke(anna.actor).expect("revoked");
    assert_eq!(site.server.authenticate(&anna.token).expect_err("revoked").code(), "revoked");
    let login = site.server.log_in("here", "anna", "password of anna").expect("in");
    let caller = site.server.authenticate(&login.token).expect("known");
    site.server.log_out(&caller, &login.token).expect("out");
    assert_eq!(site.server.authenticate(&login.token).expect_err("ended").code(), "unauthorized");
    let login = site.server.log_in("here", "anna", "password of anna").expect("in");
    site.clock.advance(12 * 3600 * 1000);
    assert_eq!(site.server.authenticate(&login.token).expect_err("old").code(), "unauthorized");
}

#[tokio::test]
async fn a_request_under_way_is_finished_when_the_server_stops() {
    let mut running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &[7; 100]);
    anna.sync();
    let path = common::http::location(&running.create_upload(&anna, photo.id, &[7; 100], "original").await);
    let host = running.url.trim_start_matches("http://").to_owned();
    let mut connection = tokio::net::TcpStream::connect(&host).await.expect("connected");
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
         Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 100\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n",
        anna.token
    );
    connection.write_all(head.as_bytes()).await.expect("sent");
    // The server asks for the body once the handler reads it: the request is under way.
    let mut asked = [0; 25];
    connection.read_exact(&mut asked).await.expect("asked");
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    running.stop.take().expect("running").send(()).expect("stopping");
    connection.write_all(&[7; 100]).await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    running.serving.await.expect("joined").expect("stopped cleanly");
}

#[test]
fn a_draft_of_another_user_is_not_listed() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let bo = site.inspector("bo", NORTH);
    anna.new_doc(DocType::Site, "noise", &[("name", text("draft"))]);
    anna.sync();
    let query = sync_server::storage::DocQuery { limit: 10, ..Default::default() };
    assert_eq!(site.server.list(&bo.caller(), query.clone()).expect("a list").total, 0);
    assert_eq!(site.server.list(&anna.caller(), query).expect("a list").total, 1);
}
