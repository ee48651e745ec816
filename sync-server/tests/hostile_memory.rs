//! The real server process under bodies that are small on the wire and huge unpacked: it answers, lives, and stays small.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::Value;
use domain::sync::{BODY_BYTES_MAX, Left};
use reqwest::{Client, StatusCode};
use serde_json::json;

/// Most memory the process may ever have had, bytes. The largest single message may take a third of it.
const PEAK_BYTES_MAX: u64 = 400 << 20;

struct Process {
    child: Child,
    url: String,
    data: tempfile::TempDir,
}

impl Process {
    fn start() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let log = std::fs::File::create(data.path().join("log")).expect("a log");
        let mut child = program(data.path(), &["serve", "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let listening: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        Self { child, url: listening["listening"].as_str().expect("an address").to_owned(), data }
    }

    fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it lives");
        let line = status.lines().find(|l| l.starts_with("VmHWM")).expect("a peak");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("log")).expect("a log")
    }

    async fn enrol(&self, client: &Client) -> (u32, String) {
        let mut add = program(
            self.data.path(),
            &["user", "add", "thief", "--role", "inspector", "--town", "110118101", "--password-stdin"],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
        add.stdin.take().expect("a pipe").write_all(b"password of thief").expect("typed");
        assert!(add.wait().expect("ended").success());
        let printed = program(self.data.path(), &["enrol", "thief", "--json"]).output().expect("ran").stdout;
        let printed: serde_json::Value = serde_json::from_slice(&printed).expect("JSON");
        let body = json!({"code": printed["code"], "public_key": "ab".repeat(32), "install": "7"});
        let answer = client.post(format!("{}/v1/enrol", self.url)).json(&body).send().await.expect("an answer");
        let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        let actor = answer["actor"].as_u64().and_then(|a| u32::try_from(a).ok()).expect("a number");
        (actor, answer["token"].as_str().expect("a token").to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sync-server"));
    command.args(arguments).arg("--data").arg(data);
    command
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut body = b"SXS\x01".to_vec();
    body.extend(zstd::bulk::compress(plain, 3).expect("packs"));
    body
}

/// The fields of a request up to its batches, as they come on the wire, and what follows them.
fn request_with(actor: u32, batches: &[u8]) -> Vec<u8> {
    let head = (actor, 7u64, None::<[u8; 16]>, 1u64, None::<(u64, [u8; 32])>);
    let tail = (None::<u8>, 1u32, Left::default(), [0u8; 32], domain::clock::WallTime::default());
    [postcard::to_stdvec(&head).expect("encodes"), batches.to_vec(), postcard::to_stdvec(&tail).expect("encodes")]
        .concat()
}

fn length(n: usize) -> Vec<u8> {
    postcard::to_stdvec(&n).expect("encodes")
}

/// Actor, first number, signature, authors, documents: the beginning of a batch.
fn batch_head(actor: u32) -> Vec<u8> {
    let mut out = vec![1];
    out.extend(postcard::to_stdvec(&(actor, 1u64)).expect("encodes"));
    out.extend([0, 1, 1, 1, 16]);
    out.extend([7; 16]);
    out.extend([0, 1, b'k']);
    out
}

/// Author, step, less, offset, source, doubt, at; one document of form version 1.
const CHANGE_HEAD: [u8; 10] = [0, 1, 0, 0, 0, 0, 0, 1, 0, 1];

/// A batch whose one change writes the same path many times.
fn repeated_path(actor: u32, path_bytes: usize, writes: usize) -> Vec<u8> {
    let mut out = batch_head(actor);
    out.push(1);
    out.extend(length(path_bytes));
    out.resize(out.len() + path_bytes, b'p');
    out.push(1);
    out.extend(CHANGE_HEAD);
    out.extend(length(writes));
    // Put, path 0, empty context, nothing.
    out.extend([0, 0, 0, 0].repeat(writes));
    out
}

/// A batch whose one change writes one value.
fn one_value(actor: u32, value: &[u8]) -> Vec<u8> {
    let mut out = batch_head(actor);
    out.extend([1, 1, b'p', 1]);
    out.extend(CHANGE_HEAD);
    out.extend([1, 0, 0, 0]);
    out.extend(value);
    out
}

fn listed(tag: u8, items: usize) -> Vec<u8> {
    let mut out = vec![tag];
    out.extend(length(items));
    out.resize(out.len() + items, 0);
    out
}

fn bombs(actor: u32) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let most = BODY_BYTES_MAX - 1000;
    let mut nested = [4u8, 1].repeat(most / 2 - 1);
    nested.push(0);
    let mut paths = batch_head(actor);
    paths.extend(length(most));
    paths.resize(paths.len() + most, 0);
    let wide_window = [b"SXS\x01".as_slice(), &[0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00]].concat();
    vec![
        ("zeros beyond the limit", packed(&vec![0; BODY_BYTES_MAX + 1]), "too-large"),
        ("a wide window", wide_window, "body-invalid"),
        ("lists in lists", packed(&request_with(actor, &one_value(actor, &nested))), "body-invalid"),
        ("a list of nothing", packed(&request_with(actor, &one_value(actor, &listed(4, most)))), "body-invalid"),
        ("rings without corners", packed(&request_with(actor, &one_value(actor, &listed(7, most)))), "body-invalid"),
        ("empty paths", packed(&request_with(actor, &paths)), "body-invalid"),
        (
            "one long path for many writes",
            packed(&request_with(actor, &repeated_path(actor, 1 << 20, 500_000))),
            "batch-invalid",
        ),
        ("very many writes", packed(&request_with(actor, &repeated_path(actor, 200, 4_000_000))), "body-invalid"),
    ]
}

#[tokio::test]
async fn small_bodies_that_are_huge_unpacked_leave_the_server_small_and_alive() {
    let process = Process::start();
    let client = Client::new();
    let (actor, token) = process.enrol(&client).await;
    // What the bombs are made of is understood: the same with one small value is only unsigned.
    let sound = packed(&request_with(actor, &one_value(actor, &postcard::to_stdvec(&Value::Null).expect("encodes"))));
    let send = |body: Vec<u8>| client.post(format!("{}/v1/sync", process.url)).bearer_auth(&token).body(body).send();
    let answer = send(sound).await.expect("an answer").text().await.expect("text");
    assert!(answer.contains("signature-invalid"), "{answer}");
    for (what, bomb, code) in bombs(actor) {
        assert!(bomb.len() < 20_000, "{what}: {} bytes", bomb.len());
        let answers = (send(bomb.clone()).await, send(bomb).await);
        for answer in [answers.0, answers.1] {
            let answer = answer.unwrap_or_else(|e| panic!("{what}: {e}; {}", process.log()));
            let status = answer.status();
            let text = answer.text().await.expect("text");
            assert!(text.contains(code), "{what}: {status} {text:.300}");
        }
        let peak = process.peak_bytes();
        println!("{what}: peak {} MiB", peak >> 20);
        assert!(peak < PEAK_BYTES_MAX, "{what}: {} MiB", peak >> 20);
    }
    assert_eq!(
        client.get(format!("{}/v1/ready", process.url)).send().await.expect("an answer").status(),
        StatusCode::OK
    );
    let metrics =
        client.get(format!("{}/metrics", process.url)).send().await.expect("an answer").text().await.expect("text");
    assert!(metrics.contains("shanxun_requests_failed_total 0"), "{metrics}");
    assert!(!process.log().contains("panic"), "{}", process.log());
}

#[tokio::test]
async fn a_flood_of_logins_from_many_names_takes_little_memory() {
    let process = Process::start();
    let client = Client::new();
    let mut calls = tokio::task::JoinSet::new();
    for at in 0..150 {
        let body = json!({"name": format!("name {at}"), "password": "a password"});
        calls.spawn(client.post(format!("{}/v1/sessions", process.url)).json(&body).send());
    }
    let mut statuses = Vec::new();
    while let Some(answer) = calls.join_next().await {
        statuses.push(answer.expect("joined").expect("an answer").status().as_u16());
    }
    assert!(statuses.iter().all(|s| matches!(s, 401 | 429)), "{statuses:?}");
    assert!(statuses.contains(&429), "the address is locked out");
    // 150 checks at once would take 2.8 GiB.
    assert!(process.peak_bytes() < 150 << 20, "{} MiB", process.peak_bytes() >> 20);
}
