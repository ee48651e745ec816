//! The program as scripts see it: what it prints, how it ends, and that commands work beside a running server.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use common::{NORTH, SOUTH};
use serde_json::Value as Json;

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sync-server"));
    program.env_remove("SHANXUN_DATA").env_remove("RUST_LOG");
    program
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    program().args(arguments).arg("--data").arg(data).output().expect("ran")
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("JSON, not {output:?}"))
}

/// A running server; killed if the test fails.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(data: &Path) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let url = serde_json::from_str::<Json>(&line).expect("JSON")["listening"].as_str().expect("a url").to_owned();
        Self { child, url }
    }

    fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("ran").success());
        self.child.wait().expect("ended").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
    }
}

#[test]
fn users_are_added_and_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let add = ["user", "add", "anna", "--role", "dust-team", "--town", &format!("{NORTH},{SOUTH}")];
    assert!(run(&data, &add).status.success());
    let again = run(&data, &[&add[..], &["--json"]].concat());
    assert_eq!((again.status.code(), json(&again)["error"]["code"].as_str()), (Some(1), Some("exists")));
    let mut boss = program()
        .args(["user", "add", "boss", "--role", "supervisor", "--town", "all", "--password-stdin", "--data"])
        .arg(&data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    boss.stdin.take().expect("piped").write_all(b"long enough\n").expect("written");
    assert!(boss.wait().expect("ended").success());
    let users = json(&run(&data, &["user", "list", "--json"]));
    assert_eq!((&users[0]["towns"][1], &users[1]["towns"]), (&SOUTH.into(), &Json::Null));
    assert_eq!((&users[0]["has_password"], &users[1]["has_password"]), (&false.into(), &true.into()));
}

#[test]
fn usage_is_2_and_what_cannot_be_met_is_1_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let usage = run(&data, &["user", "add", "anna", "--role", "king", "--town", "all", "--json"]);
    assert_eq!((usage.status.code(), json(&usage)["error"]["code"].as_str()), (Some(2), Some("usage")));
    assert_eq!(run(&data, &["dance"]).status.code(), Some(2));
    assert!(program().arg("--help").output().expect("ran").status.success());
    for arguments in [&["enrol", "nobody"][..], &["check"], &["backup", "x.tar"], &["device", "revoke", "1"]] {
        let output = run(&data, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
    assert!(!data.exists(), "a mistyped folder is not made");
    let town = run(&data, &["user", "add", "anna", "--role", "inspector", "--town", "12", "--json"]);
    assert_eq!((town.status.code(), json(&town)["error"]["code"].as_str()), (Some(1), Some("invalid")));
}

#[test]
fn commands_work_beside_a_running_server_and_it_stops_when_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    run(&data, &["user", "add", "anna", "--role", "inspector", "--town", NORTH]);
    let serving = Serving::start(&data);
    let enrol = json(&run(&data, &["enrol", "anna"]));
    assert_eq!(enrol["url"], serving.url.as_str());
    assert_eq!(enrol["code"].as_str().map(str::len), Some(14));
    let elsewhere = json(&run(&data, &["enrol", "anna", "--url", "https://sync.example.org/"]));
    assert_eq!(elsewhere["url"], "https://sync.example.org");
    let second =
        program().args(["serve", "--listen", "127.0.0.1:0", "--json", "--data"]).arg(&data).output().expect("ran");
    assert_eq!((second.status.code(), json(&second)["error"]["code"].as_str()), (Some(1), Some("folder")));
    let file = folder.path().join("backup.tar");
    assert!(run(&data, &["backup", &file.to_string_lossy()]).status.success());
    let restore = run(&data, &["restore", &file.to_string_lossy(), "--json"]);
    assert_eq!(restore.status.code(), Some(1), "the server is working in that folder");
    assert_eq!(serving.stop(), Some(0));
    let other = folder.path().join("other");
    assert!(run(&other, &["restore", &file.to_string_lossy()]).status.success());
    let check = run(&other, &["check", "--json"]);
    assert_eq!((check.status.code(), json(&check)["ok"].as_bool()), (Some(0), Some(true)));
    assert_eq!(json(&run(&other, &["user", "list", "--json"]))[0]["name"], "anna");
}
