//! Callers that guess, forge headers, send nonsense or never finish: a stable code, no fault of the server, nothing told.

mod common;

use std::time::Duration;

use common::http::{Running, code_of, json_of, sha256_hex};
use common::{Device, NORTH, SOUTH, Site, text};
use domain::{DocType, Role};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_server::limits::{
    CONNECTIONS_MAX, FAILURES_MAX, JSON_BODY_BYTES_MAX, LOGIN_FAILURES_PER_ADDRESS_MAX, NAME_BYTES_MAX,
    SYNCS_PER_DEVICE_MAX, TOKEN_FAILURES_PER_ADDRESS_MAX,
};
use sync_server::{Enrol, Patience, ServerError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Waits so short that a test sees them end.
fn hasty() -> Patience {
    let short = Duration::from_millis(300);
    Patience { head: short, request: short, silence: short, piece: Duration::from_secs(60) }
}

async fn connect(running: &Running) -> TcpStream {
    TcpStream::connect(running.url.trim_start_matches("http://")).await.expect("connected")
}

/// Sends raw bytes and reads until the server closes.
async fn raw(running: &Running, request: &str) -> String {
    let mut connection = connect(running).await;
    connection.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let _closed_hard = connection.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Every route that needs a token.
fn routes(doc: &str) -> Vec<(Method, String)> {
    let hash = "0".repeat(64);
    let of = |method, path: &str| (method, path.to_owned());
    vec![
        of(Method::POST, "/v1/sync"),
        of(Method::POST, "/v1/renumber"),
        of(Method::GET, "/v1/forms"),
        of(Method::GET, "/v1/documents"),
        of(Method::GET, &format!("/v1/documents/{doc}")),
        of(Method::GET, &format!("/v1/documents/{doc}/history")),
        of(Method::GET, &format!("/v1/photos/{hash}")),
        of(Method::GET, &format!("/v1/photos/{hash}/thumbnail")),
        of(Method::POST, "/v1/photos"),
        of(Method::HEAD, "/v1/photos/uploads/x"),
        of(Method::PATCH, "/v1/photos/uploads/x"),
        of(Method::DELETE, "/v1/photos/uploads/x"),
        of(Method::DELETE, "/v1/sessions"),
    ]
}

async fn refused_everywhere(running: &Running, token: &str, code: &str) {
    for (method, path) in routes("00000000-0000-7000-8000-000000000000") {
        let call = running.call(method.clone(), &path, Some(token)).header("tus-resumable", "1.0.0");
        let answer = call.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        if method != Method::HEAD {
            assert_eq!(code_of(answer).await, code, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once_on_every_route() {
    let running = Running::new().await;
    let thief = running.site.inspector("thief", NORTH);
    assert_eq!(running.get("/v1/documents", &thief.token).await.status(), StatusCode::OK);
    running.site.server.revoke(thief.actor).expect("revoked");
    refused_everywhere(&running, &thief.token, "revoked").await;
}

#[tokio::test]
async fn a_deactivated_user_is_refused_at_once_by_device_and_by_session() {
    let running = Running::new().await;
    let thief = running.site.inspector("thief", NORTH);
    let session = running.log_in("thief").await;
    sync_server::storage::write(running.site.server.storage(), |tx| {
        let user = tx.user_named("thief")?.expect("there");
        tx.update_user(&sync_server::storage::User { active: false, ..user })
    })
    .expect("deactivated");
    refused_everywhere(&running, &thief.token, "user-inactive").await;
    refused_everywhere(&running, &session, "user-inactive").await;
    let body = json!({"name": "thief", "password": "password of thief"});
    let answer = running.call(Method::POST, "/v1/sessions", None).json(&body).send().await.expect("an answer");
    assert_eq!(code_of(answer).await, "login-wrong");
}

#[tokio::test]
async fn a_device_that_is_revoked_while_its_sync_is_on_the_way_changes_nothing() {
    let running = Running::new().await;
    let mut thief = running.site.inspector("thief", NORTH);
    let plot = thief.new_site("bare-land", NORTH);
    let body = domain::sync::seal(&thief.request());
    let mut connection = connect(&running).await;
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n",
        thief.token,
        body.len()
    );
    connection.write_all(head.as_bytes()).await.expect("sent");
    // The server asks for the body only once the head was accepted.
    let mut asked = [0; 25];
    connection.read_exact(&mut asked).await.expect("asked");
    running.site.server.revoke(thief.actor).expect("revoked");
    connection.write_all(&body).await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("\"revoked\""), "{answer}");
    let stored = sync_server::storage::read(running.site.server.storage(), |tx| tx.doc(plot.id)).expect("read");
    assert!(stored.is_none());
}

#[tokio::test]
async fn no_header_makes_a_caller_somebody_else() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let thief = running.site.inspector("thief", SOUTH);
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    let forged = [
        ("x-user", "anna"),
        ("x-forwarded-user", "anna"),
        ("x-shanxun-actor", "1"),
        ("x-http-method-override", "DELETE"),
        ("cookie", "token=admin"),
        ("x-original-url", "/metrics"),
        ("forwarded", "for=127.0.0.1;by=admin"),
    ];
    let mut call = running.call(Method::GET, &format!("/v1/documents/{}", plot.id), Some(&thief.token));
    for (name, value) in forged {
        call = call.header(name, value);
    }
    assert_eq!(call.send().await.expect("an answer").status(), StatusCode::NOT_FOUND);
    // Two identities in one request: neither counts, in whatever order.
    for (first, second) in [(&anna.token, &thief.token), (&thief.token, &anna.token)] {
        let request = format!(
            "GET /v1/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {first}\r\nAuthorization: Bearer {second}\r\n\
             Connection: close\r\n\r\n"
        );
        assert!(raw(&running, &request).await.starts_with("HTTP/1.1 401"));
    }
    for value in ["Basic YTpi", "Bearer", "Bearer ", "bearer\t", "Bearer \u{fc}", "Token x"] {
        let call =
            running.client.get(format!("{}/v1/documents", running.url)).header("authorization", value.as_bytes());
        assert_eq!(call.send().await.expect("an answer").status(), StatusCode::UNAUTHORIZED, "{value}");
    }
}

#[tokio::test]
async fn a_request_with_two_lengths_is_not_read_as_two_requests() {
    let running = Running::new().await;
    let thief = running.site.inspector("thief", NORTH);
    let smuggled = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    for lengths in [
        format!("Content-Length: 0\r\nContent-Length: {}", smuggled.len()),
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", smuggled.len()),
        "Content-Length: -1".to_owned(),
        "Content-Length: 99999999999999999999999".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
    ] {
        let request = format!(
            "POST /v1/renumber HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{lengths}\r\nConnection: close\r\n\r\n0\r\n\r\n{smuggled}",
            thief.token
        );
        let answer = raw(&running, &request).await;
        assert!(!answer.contains("shanxun_requests_total"), "{lengths}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 5"), "{lengths}: {answer}");
    }
}

#[tokio::test]
async fn tokens_are_guessed_in_vain_and_those_that_somebody_has_still_count() {
    let running = Running::new().await;
    let anna = running.site.inspector("anna", NORTH);
    for at in 0..TOKEN_FAILURES_PER_ADDRESS_MAX {
        let guess = format!("{at:064x}");
        let answer = running
            .call(Method::GET, "/v1/forms", Some(&guess))
            .header("x-forwarded-for", format!("10.0.0.{}", at % 250));
        assert_eq!(answer.send().await.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    }
    let locked = running.get("/v1/forms", &"f".repeat(64)).await;
    assert!(locked.headers().contains_key("retry-after"));
    assert_eq!((locked.status(), code_of(locked).await.as_str()), (StatusCode::TOO_MANY_REQUESTS, "too-many-tries"));
    assert_eq!(running.get("/v1/forms", &anna.token).await.status(), StatusCode::OK);
    // What is stored opens nothing: a token is looked up by its hash.
    let stored = sha256_hex(anna.token.as_bytes());
    assert_eq!(running.get("/v1/forms", &stored).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn codes_are_guessed_in_vain_whatever_address_a_header_claims() {
    let running = Running::new().await;
    running.site.user("anna", Role::Inspector, Some(&[NORTH]));
    let code = running.site.server.make_code("anna").expect("a code");
    let enrol = |code: &str, claimed: u32| {
        let body = json!({"code": code, "public_key": "ab".repeat(32), "install": "1"});
        running.call(Method::POST, "/v1/enrol", None).header("x-forwarded-for", format!("10.1.1.{claimed}")).json(&body)
    };
    for at in 0..FAILURES_MAX {
        let answer = enrol("0000-0000-0000", at).send().await.expect("an answer");
        assert_eq!(code_of(answer).await, "code-unknown");
    }
    let locked = enrol(&code, 99).send().await.expect("an answer");
    assert_eq!(code_of(locked).await, "too-many-tries");
}

#[test]
fn one_address_tries_so_many_logins_whatever_the_names() {
    let site = Site::new();
    site.user("anna", Role::Inspector, Some(&[NORTH]));
    let started = std::time::Instant::now();
    for at in 0..LOGIN_FAILURES_PER_ADDRESS_MAX {
        // Names and passwords nobody can have cost no check of a password.
        let name = "n".repeat(NAME_BYTES_MAX + 1 + at as usize);
        assert!(matches!(site.server.log_in("bad", &name, "x"), Err(ServerError::Login)));
    }
    let one_check = {
        let begun = std::time::Instant::now();
        site.server.log_in("other", "nobody", "some password").expect_err("wrong");
        begun.elapsed()
    };
    assert!(started.elapsed() < one_check * 25, "{:?} for all, {one_check:?} for one", started.elapsed());
    let locked = site.server.log_in("bad", "anna", "password of anna").expect_err("locked");
    assert_eq!(locked.code(), "too-many-tries");
    site.server.log_in("good", "anna", "password of anna").expect("another address is free");
    site.clock.advance(15 * 60 * 1000);
    site.server.log_in("bad", "anna", "password of anna").expect("open again");
}

#[tokio::test]
async fn sessions_are_guessed_in_vain() {
    let running = Running::new().await;
    running.site.user("anna", Role::Inspector, Some(&[NORTH]));
    let log_in = |password: &str| {
        let body = json!({"name": "anna", "password": password});
        running.call(Method::POST, "/v1/sessions", None).json(&body)
    };
    for at in 0..FAILURES_MAX {
        assert_eq!(code_of(log_in(&format!("wrong {at}")).send().await.expect("an answer")).await, "login-wrong");
    }
    let right = log_in("password of anna").send().await.expect("an answer");
    assert_eq!((right.status(), code_of(right).await.as_str()), (StatusCode::TOO_MANY_REQUESTS, "too-many-tries"));
}

#[tokio::test]
async fn nonsense_in_json_paths_and_queries_gets_a_code() {
    let running = Running::new().await;
    let anna = running.site.inspector("anna", NORTH);
    let deep = format!("{{\"name\":{}1{},\"password\":\"x\"}}", "[".repeat(7_000), "]".repeat(7_000));
    let deep_extra = format!("{{\"name\":\"a\",\"x\":{}1{},\"password\":\"x\"}}", "[".repeat(7_000), "]".repeat(7_000));
    let huge = format!("{{\"name\":\"{}\",\"password\":\"x\"}}", "a".repeat(JSON_BODY_BYTES_MAX));
    let bodies: Vec<(Vec<u8>, u16)> = vec![
        (deep.into_bytes(), 400),
        // A field nobody knows is passed over without descending into it.
        (deep_extra.into_bytes(), 0),
        (b"{\"name\":\"\xC3\x28\",\"password\":\"x\"}".to_vec(), 400),
        (b"\x00\x01\x02".to_vec(), 400),
        (b"".to_vec(), 400),
        (b"[]".to_vec(), 400),
        (b"{\"name\":1e999,\"password\":null}".to_vec(), 400),
        (huge.into_bytes(), 413),
    ];
    for path in ["/v1/sessions", "/v1/enrol"] {
        for (body, status) in &bodies {
            let call =
                running.call(Method::POST, path, None).header("content-type", "application/json").body(body.clone());
            let answer = call.send().await.expect("an answer");
            let got = answer.status().as_u16();
            let is_right = if *status == 0 { matches!(got, 400 | 401) } else { got == *status };
            assert!(is_right, "{got}");
            assert!(got < 500, "{path} {:?}", String::from_utf8_lossy(&body[..body.len().min(40)]));
            assert!(!code_of(answer).await.is_empty());
        }
    }
    for path in [
        "/v1/documents/%FF%FE",
        "/v1/documents/..%2f..%2fserver.db",
        "/v1/documents/%00",
        "/v1/documents/%FF/history",
        "/v1/photos/%FF",
        "/v1/photos/..%2f..%2fserver.db",
        "/v1/photos/0/thumbnail",
        "/v1/photos/%FF/thumbnail",
        "/v1/documents?limit=-1",
        "/v1/documents?limit=99999999999",
        "/v1/documents?offset=x",
        "/v1/documents?type=%FF",
        "/v1/documents?type=nonsense",
        "/v1/nowhere/../../etc/passwd",
        "//v1//documents",
    ] {
        let answer = raw(
            &running,
            &format!(
                "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
                anna.token
            ),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{path}: {answer}");
        assert!(answer.contains("\"code\":\""), "{path}: {answer}");
    }
    let search = "a".repeat(sync_server::limits::SEARCH_CHARS_MAX);
    assert_eq!(running.get(&format!("/v1/documents?search={search}"), &anna.token).await.status(), StatusCode::OK);
    let answer = running.get(&format!("/v1/documents?search={search}a"), &anna.token).await;
    assert_eq!(code_of(answer).await, "invalid");
    for search in ["%25", "_", "%27%20OR%201=1--", "%22", "*", "%5C", "NEAR(a%20b)"] {
        let found = json_of(running.get(&format!("/v1/documents?search={search}"), &anna.token).await).await;
        assert_eq!(found["total"], 0, "{search}");
    }
}

#[tokio::test]
async fn a_search_a_list_or_a_history_shows_nothing_of_another_township() {
    let running = Running::new().await;
    let (mut anna, mut thief) = (running.site.inspector("anna", NORTH), running.site.inspector("thief", SOUTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.set(&plot, &[("name", text("secret quarry")), ("note", text("secret words"))]);
    let visit = anna.new_doc(DocType::Inspection, "bare-land", &[("site", text(&plot.id.to_string()))]);
    anna.sync();
    thief.sync();
    for query in [
        "search=secret",
        "search=QUARRY",
        "state=to-verify",
        "kind=bare-land",
        &format!("town={NORTH}"),
        "type=inspection",
    ] {
        let found = json_of(running.get(&format!("/v1/documents?{query}"), &thief.token).await).await;
        assert_eq!((&found["total"], found["documents"].as_array().map(Vec::len)), (&json!(0), Some(0)), "{query}");
    }
    for id in [plot.id, visit.id] {
        for path in [format!("/v1/documents/{id}"), format!("/v1/documents/{id}/history")] {
            let answer = running.get(&path, &thief.token).await;
            assert_eq!(
                (answer.status(), code_of(answer).await.as_str()),
                (StatusCode::NOT_FOUND, "not-found"),
                "{path}"
            );
        }
    }
    // An own inspection of a foreign site tells nothing of that site.
    let own = thief.new_doc(DocType::Inspection, "bare-land", &[("site", text(&plot.id.to_string()))]);
    thief.sync();
    assert_eq!(thief.code_of(1), Some("scope"));
    assert_eq!(running.get(&format!("/v1/documents/{}", own.id), &thief.token).await.status(), StatusCode::NOT_FOUND);
}

fn head_of_sync(device: &Device, length: usize) -> String {
    format!(
        "POST /v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {length}\r\n\r\n",
        device.token
    )
}

#[tokio::test]
async fn a_head_or_a_body_that_never_ends_is_ended() {
    let running = Running::patient(Site::on_disk(), hasty()).await;
    let anna = running.site.inspector("anna", NORTH);
    let unfinished_head = raw(&running, "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert!(!unfinished_head.starts_with("HTTP/1.1 2"), "{unfinished_head}");
    assert_eq!(raw(&running, "").await, "", "a connection that says nothing is closed");
    let login =
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    for request in [format!("{}SXS", head_of_sync(&anna, 1000)), login.to_owned()] {
        let answer = raw(&running, &request).await;
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"too-slow\""), "{answer}");
    }
    assert_eq!(running.get("/v1/documents", &anna.token).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn one_device_cannot_hold_many_requests_open_and_others_go_on() {
    let running = Running::new().await;
    let (thief, anna) = (running.site.inspector("thief", NORTH), running.site.inspector("anna", NORTH));
    let mut held = Vec::new();
    for _ in 0..SYNCS_PER_DEVICE_MAX {
        let mut connection = connect(&running).await;
        let head = head_of_sync(&thief, 8 << 20).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        connection.write_all(head.as_bytes()).await.expect("sent");
        let mut asked = [0; 25];
        connection.read_exact(&mut asked).await.expect("asked");
        held.push(connection);
    }
    let body = domain::sync::seal(&thief.request());
    let more = running.call(Method::POST, "/v1/sync", Some(&thief.token)).body(body).send().await.expect("an answer");
    assert_eq!((more.status(), code_of(more).await.as_str()), (StatusCode::TOO_MANY_REQUESTS, "busy"));
    let body = domain::sync::seal(&anna.request());
    let other = running.call(Method::POST, "/v1/sync", Some(&anna.token)).body(body).send().await.expect("an answer");
    assert_eq!(other.status(), StatusCode::OK);
    drop(held);
    // Its places are free again as soon as the server noticed that the others are gone.
    loop {
        let body = domain::sync::seal(&thief.request());
        let again =
            running.call(Method::POST, "/v1/sync", Some(&thief.token)).body(body).send().await.expect("an answer");
        if again.status() == StatusCode::OK {
            break;
        }
        assert_eq!(again.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn silent_connections_up_to_the_limit_make_others_wait_and_are_then_closed() {
    let running = Running::patient(Site::on_disk(), Patience { head: Duration::from_secs(2), ..hasty() }).await;
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        silent.push(connect(&running).await);
    }
    let started = std::time::Instant::now();
    let answer = running.call(Method::GET, "/v1/health", None).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn many_failed_addresses_fill_no_memory_and_free_nobody() {
    let site = Site::new();
    let request = Enrol { code: "NO".into(), public_key: [1; 32], install: 1, label: String::new() };
    for _ in 0..FAILURES_MAX {
        site.server.enrol("bad", &request).expect_err("unknown");
    }
    site.clock.advance(1);
    for at in 0..9_000 {
        site.server.enrol(&format!("10.0.{}.{}", at / 250, at % 250), &request).expect_err("unknown");
    }
    assert_eq!(site.server.enrol("bad", &request).expect_err("locked").code(), "too-many-tries");
}
