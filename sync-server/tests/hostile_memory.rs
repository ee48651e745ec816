//! The real server process under bodies that are small on the wire and huge unpacked: it answers, lives, and stays small.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::change::DocKey;
use domain::register::Clock;
use domain::sync::{BODY_BYTES_MAX, Left, seal};
use domain::{DocId, DocType, Value};
use reqwest::{Client, StatusCode};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
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

/// The fields of a request, as they come on the wire.
#[derive(Serialize)]
struct ForgedRequest<B> {
    actor: u32,
    install: u64,
    epoch: Option<()>,
    head: u64,
    acked: Option<()>,
    push: Vec<B>,
    pull: Option<()>,
    keeps_own: bool,
    page_bytes: u32,
    left: Left,
    forms: u64,
    user: u64,
    now: domain::clock::WallTime,
}

/// The fields of a batch, with whatever a forger puts into it.
#[derive(Serialize)]
struct ForgedBatch<P, W> {
    actor: u32,
    first: u64,
    signature: &'static serde_bytes::Bytes,
    authors: Vec<u32>,
    docs: Vec<DocKey>,
    paths: P,
    changes: Vec<ForgedChange<W>>,
}

/// Author, step, less, offset, source, doubt, at, and document, form version and writes.
type ForgedChange<W> = (u32, i64, i64, i16, domain::clock::TimeSource, Option<()>, Option<()>, Vec<(u32, u32, W)>);

#[derive(Serialize)]
#[serde(rename = "shanxun key")]
struct Key(u32);

#[derive(Serialize)]
#[serde(rename = "shanxun keyed")]
struct Keyed<T>(T);

#[derive(Serialize)]
enum ForgedPut<T> {
    Put { path: Key, context: Clock, value: Keyed<T> },
}

fn put<T>(value: T) -> ForgedPut<T> {
    ForgedPut::Put { path: Key(0), context: Clock::default(), value: Keyed(value) }
}

/// So many times the same, which nobody holds.
struct Repeated<T>(T, usize);

impl<T: Serialize> Serialize for Repeated<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.1))?;
        (0..self.1).try_for_each(|_| items.serialize_element(&self.0))?;
        items.end()
    }
}

/// A variant by its number.
struct Variant<T>(u32, T);

impl<T: Serialize> Serialize for Variant<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_variant("", self.0, "", &self.1)
    }
}

/// A request with one batch with one change.
fn body<P: Serialize, W: Serialize>(actor: u32, paths: P, writes: W) -> Vec<u8> {
    let doc = DocKey { id: DocId::new(1, [7; 10]), doc_type: DocType::Site, kind: "k".into() };
    let source = domain::clock::TimeSource::default();
    let changes = vec![(0, 1, 0, 0, source, None, None, vec![(0, 1, writes)])];
    let signature = serde_bytes::Bytes::new(b"");
    let batch = ForgedBatch { actor, first: 1, signature, authors: vec![1], docs: vec![doc], paths, changes };
    seal(&ForgedRequest {
        actor,
        install: 7,
        epoch: None,
        head: 1,
        acked: None,
        push: vec![batch],
        pull: None,
        keeps_own: false,
        page_bytes: 1,
        left: Left::default(),
        forms: 0,
        user: 0,
        now: domain::clock::WallTime::default(),
    })
}

fn one_value(actor: u32, value: impl Serialize) -> Vec<u8> {
    body(actor, ["p"].as_slice(), vec![put(value)])
}

fn bombs(actor: u32) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    // Each unfolds to two bytes, so that it is not the size of the body that is refused.
    let most = BODY_BYTES_MAX / 2 - 1000;
    let no_corners = [(); 0];
    let nothing = || Variant(4, Repeated(Value::Null, 2_000));
    let wide_window = [b"SXS\x01\x01".as_slice(), &[0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00]].concat();
    let zeros = zstd::bulk::compress(&vec![0; BODY_BYTES_MAX + 1], 3).expect("packs");
    let long_path = "p".repeat(1 << 20);
    vec![
        ("zeros beyond the limit", [b"SXS\x01\x01".as_slice(), &zeros].concat(), "too-large"),
        ("nulls beyond the limit", seal(&Repeated(0u64, BODY_BYTES_MAX)), "body-invalid"),
        ("a wide window", wide_window, "body-invalid"),
        ("lists in lists", one_value(actor, Variant(4, Repeated(nothing(), 100))), "body-invalid"),
        ("a list of nothing", one_value(actor, Variant(4, Repeated(Value::Null, most))), "body-invalid"),
        ("rings without corners", one_value(actor, Variant(7, Repeated(no_corners.as_slice(), most))), "body-invalid"),
        ("empty paths", body(actor, Repeated("", most), vec![put(Value::Null)]), "body-invalid"),
        (
            "one long path for many writes",
            body(actor, [long_path.as_str()].as_slice(), Repeated(put(Value::Null), 500_000)),
            "batch-invalid",
        ),
        (
            "very many writes",
            body(actor, ["p".repeat(200).as_str()].as_slice(), Repeated(put(Value::Null), 3_000_000)),
            "body-invalid",
        ),
    ]
}

#[tokio::test]
async fn small_bodies_that_are_huge_unpacked_leave_the_server_small_and_alive() {
    let process = Process::start();
    let client = Client::new();
    let (actor, token) = process.enrol(&client).await;
    // What the bombs are made of is understood: the same with one small value is only unsigned.
    let sound = one_value(actor, Value::text("x".repeat(2_000)));
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
