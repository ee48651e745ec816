//! The console's login: a cookie that scripts cannot read, calls that only its own page can make, guessing, townships.

mod common;

use common::http::{Running, code_of, header, json_of};
use common::{NORTH, SOUTH};
use domain::Role;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};

const SESSION: &str = "/v1/console/session";

/// A browser after its login: it sends the cookie by itself, and its page knows the word.
struct Browser<'a> {
    running: &'a Running,
    cookie: String,
    csrf: String,
}

async fn try_login(running: &Running, name: &str, password: &str) -> Response {
    let body = json!({"name": name, "password": password});
    running.call(Method::POST, SESSION, None).json(&body).send().await.expect("an answer")
}

async fn logged_in<'a>(running: &'a Running, name: &str) -> Browser<'a> {
    let answer = try_login(running, name, &format!("password of {name}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = header(&answer, "set-cookie").split(';').next().expect("a cookie").to_owned();
    let csrf = json_of(answer).await["csrf"].as_str().expect("a word").to_owned();
    Browser { running, cookie, csrf }
}

impl Browser<'_> {
    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.running.call(method, path, None).header("cookie", &self.cookie)
    }

    async fn get(&self, path: &str) -> Json {
        json_of(self.call(Method::GET, path).send().await.expect("an answer")).await
    }

    async fn end(&self, csrf: Option<&str>) -> Response {
        let call = self.call(Method::DELETE, SESSION);
        let call = match csrf {
            Some(word) => call.header("x-csrf-token", word),
            None => call,
        };
        call.send().await.expect("an answer")
    }
}

#[tokio::test]
async fn a_login_is_kept_in_a_cookie_that_scripts_cannot_read_and_other_sites_cannot_use() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Supervisor, Some(&[NORTH]));
    let answer = try_login(&running, "zhou", "password of zhou").await;
    let cookie = header(&answer, "set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/v1", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie} has no {part}");
    }
    let token = cookie.split(['=', ';']).nth(1).expect("a token").to_owned();
    let body = answer.text().await.expect("text");
    assert!(!body.contains(&token), "the token is in the body");
    let browser = logged_in(&running, "zhou").await;
    let session = browser.get(SESSION).await;
    assert_eq!((&session["user"]["name"], &session["user"]["towns"]), (&json!("zhou"), &json!([NORTH])));
    assert_eq!(session["csrf"], browser.csrf.as_str());
}

#[tokio::test]
async fn behind_https_the_cookie_never_travels_without() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Supervisor, None);
    let body = json!({"name": "zhou", "password": "password of zhou"});
    let call = running.call(Method::POST, SESSION, None).header("x-forwarded-proto", "https").json(&body);
    let answer = call.send().await.expect("an answer");
    assert!(header(&answer, "set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn a_call_that_changes_something_counts_only_with_the_word_of_its_own_login() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Supervisor, None);
    let (browser, other) = (logged_in(&running, "zhou").await, logged_in(&running, "zhou").await);
    for wrong in [None, Some(""), Some(other.csrf.as_str())] {
        let answer = browser.end(wrong).await;
        assert_eq!((answer.status(), code_of(answer).await.as_str()), (StatusCode::FORBIDDEN, "csrf"));
    }
    assert_eq!(browser.get(SESSION).await["user"]["name"], "zhou");
}

#[tokio::test]
async fn a_login_that_another_site_makes_a_browser_send_is_refused() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Supervisor, None);
    let body = json!({"name": "zhou", "password": "password of zhou"});
    let call = running.call(Method::POST, SESSION, None).header("sec-fetch-site", "cross-site").json(&body);
    let answer = call.send().await.expect("an answer");
    assert_eq!(header(&answer, "set-cookie"), "");
    assert_eq!(code_of(answer).await, "csrf");
    let form = running.call(Method::POST, SESSION, None).header("content-type", "text/plain").body(body.to_string());
    assert_eq!(form.send().await.expect("an answer").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn an_ended_login_is_none_and_its_cookie_is_taken_away() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Admin, None);
    let browser = logged_in(&running, "zhou").await;
    let answer = browser.end(Some(&browser.csrf)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert!(header(&answer, "set-cookie").contains("Max-Age=0"));
    let after = browser.call(Method::GET, SESSION).send().await.expect("an answer");
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_login_lasts_a_working_day() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Admin, None);
    let browser = logged_in(&running, "zhou").await;
    running.site.clock.advance(12 * 3600 * 1000);
    let after = browser.call(Method::GET, SESSION).send().await.expect("an answer");
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn those_who_work_with_the_field_app_are_told_so_and_get_no_cookie() {
    let running = Running::new().await;
    for role in [Role::Inspector, Role::DustTeam] {
        running.site.user(role.as_str(), role, Some(&[NORTH]));
        let answer = try_login(&running, role.as_str(), &format!("password of {role}")).await;
        assert_eq!(header(&answer, "set-cookie"), "");
        assert_eq!((answer.status(), code_of(answer).await.as_str()), (StatusCode::FORBIDDEN, "console-role"));
    }
}

#[tokio::test]
async fn guessing_at_the_console_is_locked_out_with_the_time_to_wait() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Supervisor, None);
    for _ in 0..5 {
        assert_eq!(code_of(try_login(&running, "zhou", "wrong password").await).await, "login-wrong");
    }
    let answer = try_login(&running, "zhou", "password of zhou").await;
    assert_eq!(header(&answer, "retry-after"), "900");
    assert_eq!(code_of(answer).await, "too-many-tries");
    running.site.clock.advance(15 * 60 * 1000);
    assert_eq!(try_login(&running, "zhou", "password of zhou").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_supervisor_sees_his_townships_and_a_foreign_record_is_none() {
    let running = Running::new().await;
    let (mut anna, mut bo) = (running.site.inspector("anna", NORTH), running.site.inspector("bo", SOUTH));
    let (mine, foreign) = (anna.new_site("bare-land", NORTH), bo.new_site("bare-land", SOUTH));
    anna.sync();
    bo.sync();
    running.site.user("zhou", Role::Supervisor, Some(&[NORTH]));
    let browser = logged_in(&running, "zhou").await;
    let list = browser.get("/v1/documents?type=site").await;
    assert_eq!((&list["total"], &list["documents"][0]["id"]), (&json!(1), &json!(mine.id.to_string())));
    for path in [format!("/v1/documents/{}", foreign.id), format!("/v1/documents/{}/history", foreign.id)] {
        assert_eq!(browser.get(&path).await["error"]["code"], "not-found");
    }
}

#[tokio::test]
async fn a_cookie_beside_a_token_or_a_second_cookie_is_not_used() {
    let running = Running::new().await;
    running.site.user("zhou", Role::Supervisor, None);
    let browser = logged_in(&running, "zhou").await;
    let beside =
        browser.call(Method::GET, SESSION).header("authorization", "Bearer 0000").send().await.expect("an answer");
    assert_eq!(beside.status(), StatusCode::UNAUTHORIZED);
    let twice =
        browser.call(Method::GET, SESSION).header("cookie", "shanxun_session=0000").send().await.expect("an answer");
    assert_eq!(twice.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_device_may_not_use_the_console() {
    let running = Running::new().await;
    let device = running.site.device("zhou", Role::Supervisor, None);
    let answer = running.get(SESSION, &device.token).await;
    assert_eq!(code_of(answer).await, "forbidden");
}
