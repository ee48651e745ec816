//! The program as scripts see it: one JSON document on standard output, and an exit status.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

struct Run {
    code: i32,
    json: Json,
    lines: Vec<Json>,
}

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shanxun"));
    command.env_remove("SHANXUN_PASSPHRASE").env("LANG", "C").env("SHANXUN_NOW", "2026-11-23T10:00:00+08:00");
    command.arg("--home").arg(home).arg("--json").args(args);
    command
}

fn read(output: &Output) -> Run {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines: Vec<Json> =
        text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
    Run { code: output.status.code().unwrap(), json: lines.first().cloned().unwrap_or_default(), lines }
}

fn run(home: &Path, args: &[&str]) -> Run {
    read(&command(home, args).output().unwrap())
}

fn ok(home: &Path, args: &[&str]) -> Json {
    let run = run(home, args);
    assert_eq!(run.code, 0, "{args:?}: {}", run.json);
    run.json
}

fn new_site(home: &Path, name: &str) -> String {
    let name = format!("name={name}");
    let args = [
        "new",
        "site",
        "bare-land",
        "--set",
        &name,
        "--set",
        "town=110118101",
        "--set",
        "land_type=idle",
        "--at",
        "40.45,116.85,4.5",
    ];
    ok(home, &args)["id"].as_str().unwrap().to_owned()
}

fn batch(home: &Path, lines: &str) -> Run {
    let mut child = command(home, &["batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    read(&child.wait_with_output().unwrap())
}

#[test]
fn a_site_goes_from_new_to_list() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let id = new_site(home, "东沟裸地");
    ok(home, &["set", &id, "address=东沟路 1 号", "land_type=construction"]);
    let shown = ok(home, &["show", &id]);
    assert_eq!(shown["type"], "site");
    assert_eq!(shown["kind"], "bare-land");
    assert_eq!(shown["custody"], "device");
    assert_eq!(shown["conflicts"], json!({}));
    assert_eq!(shown["photos"], json!([]));
    assert_eq!(shown["values"]["position"]["source"], "gnss");
    assert_eq!(shown["values"]["position"]["accuracy_m"], 4.5);
    let list = ok(home, &["list", "--search", "沟", "--near", "40.45,116.85,1"]);
    assert_eq!(list[0]["id"], id.as_str());
    assert_eq!(list[0]["title"], "东沟裸地");
    for field in ["id", "type", "kind", "title", "state", "custody"] {
        assert!(list[0].get(field).is_some(), "{field}");
    }
    assert_eq!(ok(home, &["history", &id]).as_array().unwrap().len(), 2);
    assert_eq!(ok(home, &["conflicts"]), json!([]));
    assert_eq!(ok(home, &["verify"])["ok"], true);
}

#[test]
fn an_area_is_computed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let id = new_site(home, "东沟裸地");
    let ring = "[[116.85,40.45],[116.851,40.45],[116.851,40.451],[116.85,40.451],[116.85,40.45]]";
    ok(home, &["set", &id, &format!(r#"boundary={{"type":"Polygon","coordinates":[{ring}]}}"#)]);
    let area = &ok(home, &["show", &id])["values"]["area_m2"];
    let area = area.as_f64().unwrap_or_else(|| area.as_str().unwrap().parse().unwrap());
    assert!((9_000.0..10_000.0).contains(&area), "{area}");
}

#[test]
fn a_check_lists_what_is_missing_and_a_move_says_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let site = new_site(home, "东沟裸地");
    let visit = ok(home, &["new", "inspection", "bare-land", "--site", &site])["id"].as_str().unwrap().to_owned();
    let checked = ok(home, &["check", &visit]);
    assert_eq!(checked["valid"], false);
    let missing: Vec<&str> =
        checked["problems"].as_array().unwrap().iter().filter_map(|p| p["path"].as_str()).collect();
    assert!(missing.contains(&"findings"), "{missing:?}");
    for field in ["path", "code", "severity", "zh", "en"] {
        assert!(checked["problems"][0].get(field).is_some(), "{field}");
    }
    let refused = run(home, &["move", &visit, "submitted"]);
    assert_eq!(refused.code, 1);
    assert_eq!(refused.json["error"]["code"], "requirement");
    assert!(refused.json["error"]["missing"].as_array().unwrap().len() > 3);
    assert_eq!(ok(home, &["show", &visit])["state"], "draft");
    let moved = ok(home, &["move", &site, "hung-up", "--note", "已核实"]);
    assert_eq!(moved["state"], "hung-up");
}

#[test]
fn photos_belong_to_their_record_once() {
    let folder = tempfile::tempdir().unwrap();
    let home = &folder.path().join("home");
    let file = common::photo(folder.path(), "现场.jpg", 90);
    let file = file.to_str().unwrap();
    let id = new_site(home, "东沟裸地");
    ok(home, &["photo", &id, file, "--proves", "整治前", "--stage", "before"]);
    let again = ok(home, &["photo", &id, file]);
    assert_eq!(again["photos"][0]["already_there"], true);
    let shown = ok(home, &["show", &id]);
    assert_eq!(shown["photos"].as_array().unwrap().len(), 1);
    assert_eq!(shown["photos"][0]["custody"], "device");
    let photo = ok(home, &["show", shown["photos"][0]["id"].as_str().unwrap()]);
    assert_eq!(photo["values"]["of"], id.as_str());
    assert_eq!(photo["values"]["stage"], "before");
    assert_eq!(photo["values"]["sha256"], shown["photos"][0]["sha256"]);
    assert_eq!(ok(home, &["list"]).as_array().unwrap().len(), 1);
    assert_eq!(ok(home, &["list", "--type", "photo"]).as_array().unwrap().len(), 1);
    assert_eq!(ok(home, &["verify"])["ok"], true);
    let sha256 = shown["photos"][0]["sha256"].as_str().unwrap();
    let original = home.join("photos/originals").join(&sha256[..2]).join(format!("{sha256}.jpg"));
    std::fs::write(original, b"other").unwrap();
    let verify = run(home, &["verify"]);
    assert_eq!((verify.code, verify.json["ok"].clone()), (1, json!(false)));
    assert_eq!(verify.json["faults"][0]["code"], "photo-changed");
}

#[test]
fn errors_are_json_with_a_code_and_the_right_status() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let id = new_site(home, "东沟裸地");
    let unknown = "0193a5b2-7c1e-7a2b-9c3d-4e5f60718293";
    let cases: [(&[&str], i32, &str); 9] = [
        (&["show", unknown], 1, "unknown-document"),
        (&["show", "东沟"], 1, "bad-id"),
        (&["set", &id, "naem=x"], 1, "unknown-field"),
        (&["set", &id, "state=cleared"], 1, "other-command"),
        (&["set", &id, "name"], 1, "bad-request"),
        (&["new", "site", "catering"], 1, "unknown-kind"),
        (&["new", "inspection", "voc", "--site", &id], 1, "other-kind"),
        (&["sync"], 1, "not-enrolled"),
        (&["shwo", &id], 2, "usage"),
    ];
    for (args, code, error) in cases {
        let run = run(home, args);
        assert_eq!((run.code, run.json["error"]["code"].as_str()), (code, Some(error)), "{args:?}: {}", run.json);
        assert!(!run.json["error"]["message"].as_str().unwrap().is_empty());
    }
    let plain =
        Command::new(env!("CARGO_BIN_EXE_shanxun")).arg("--home").arg(home).args(["show", unknown]).output().unwrap();
    assert!(plain.stdout.is_empty() && String::from_utf8(plain.stderr).unwrap().contains(unknown));
    let chinese = ok_or_error(home, &["--lang", "zh", "show", unknown]);
    assert!(chinese["error"]["message"].as_str().unwrap().contains("本机没有记录"));
}

fn ok_or_error(home: &Path, args: &[&str]) -> Json {
    run(home, args).json
}

#[test]
fn a_line_of_a_batch_is_done_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let id = new_site(home, "东沟裸地");
    let lines = format!(
        "{}\n{}\nnot json\n\n{}\n{}\n",
        json!({"new": "site", "kind": "bare-land", "set": {"name": "一号", "town": "110118101", "area_declared_m2": 1250.5}}),
        json!({"id": id, "set": {"address": "改了", "naem": "x"}}),
        json!({"id": id, "set": {"note": "好"}, "move": "hung-up"}),
        json!({"id": id, "set": {"note": "坏"}, "move": "cleared"}),
    );
    let run = batch(home, &lines);
    assert_eq!(run.code, 1);
    let codes: Vec<Option<&str>> = run.lines.iter().map(|l| l["error"]["code"].as_str()).collect();
    assert_eq!(codes, [None, Some("unknown-field"), Some("bad-line"), None, Some("no-such-move")]);
    let numbers: Vec<Option<u64>> = run.lines.iter().map(|l| l["error"]["line"].as_u64()).collect();
    assert_eq!(numbers, [None, Some(2), Some(3), None, Some(6)]);
    let shown = ok(home, &["show", &id]);
    assert_eq!((shown["values"].get("address"), &shown["values"]["note"]), (None, &json!("好")));
    assert_eq!(shown["state"], "hung-up");
    let made = ok(home, &["show", run.lines[0]["id"].as_str().unwrap()]);
    assert_eq!(made["values"]["area_declared_m2"], 1250.5);
    assert_eq!(ok(home, &["verify"])["ok"], true);
}

#[test]
fn two_programs_at_once_queue_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    new_site(home, "先来");
    let name = |n: usize| json!({"new": "site", "kind": "noise", "set": {"name": format!("点{n}")}}).to_string();
    let children: Vec<_> = (0..4)
        .map(|worker| {
            let mut child =
                command(home, &["batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let lines: String = (0..50).map(|n| name(worker * 50 + n) + "\n").collect();
            child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
            child
        })
        .collect();
    for child in children {
        assert_eq!(read(&child.wait_with_output().unwrap()).code, 0);
    }
    assert_eq!(ok(home, &["list", "--kind", "noise", "--limit", "1000"]).as_array().unwrap().len(), 200);
    assert_eq!(ok(home, &["verify"])["ok"], true);
}

#[test]
fn records_are_handed_over_as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let home = &folder.path().join("home");
    new_site(home, "东沟裸地");
    let file = folder.path().join("out.csv");
    let report = ok(home, &["export", "--format", "csv", file.to_str().unwrap()]);
    assert_eq!(report["rows"], 1);
    assert!(std::fs::read_to_string(file).unwrap().contains("东沟裸地"));
    assert_eq!(run(home, &["export", "--format", "doc", "x"]).json["error"]["code"], "unknown-format");
}

#[test]
fn a_home_that_does_not_open_is_rescued_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (home, archive, back) = (folder.path().join("home"), folder.path().join("all.age"), folder.path().join("back"));
    let id = new_site(&home, "东沟裸地");
    let key = std::fs::read(home.join("key")).unwrap();
    std::fs::write(home.join("key"), "lost").unwrap();
    assert_ne!(run(&home, &["show", &id]).code, 0);
    let rescue =
        |args: &[&str]| read(&command(&home, args).env("SHANXUN_RESCUE_PASSPHRASE", "青山绿水-2026").output().unwrap());
    assert_eq!(rescue(&["rescue", archive.to_str().unwrap()]).code, 0);
    let unpacked = rescue(&["rescue", archive.to_str().unwrap(), "--into", back.to_str().unwrap()]);
    assert_eq!(unpacked.code, 0, "{}", unpacked.json);
    std::fs::write(back.join("key"), key).unwrap();
    assert_eq!(ok(&back, &["show", &id])["title"], "东沟裸地");
}
