//! A full disk at each kind of write: a clear word with a stable code, nothing that was acknowledged lost, and everything
//! works again when there is room.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;
use shanxun_tests::crash::{Dice, start};
use shanxun_tests::programs::program;
use shanxun_tests::small_disk::SmallDisk;
use shanxun_tests::{Device, Server};

use crate::pictures::noise;

const TOWN: &str = "110118101";
const DISK_BYTES: u64 = 12 << 20;
const SITE: [&str; 7] = ["new", "site", "bare-land", "--set", "name=河西", "--set", "town=110118101"];

/// A device on a small disk, with a site that is saved.
struct Full {
    disk: SmallDisk,
    device: Device,
    site: String,
    /// Beside the disk.
    elsewhere: tempfile::TempDir,
}

impl Full {
    fn new() -> Result<Option<Self>> {
        let Some(disk) = SmallDisk::mount(DISK_BYTES)? else { return Ok(None) };
        let device = Device::new(disk.path(), "phone");
        let site = device.create(&SITE)?;
        Ok(Some(Self { disk, device, site, elsewhere: tempfile::tempdir()? }))
    }

    /// Does something with so many bytes left, which must be refused for want of room; then with room, which must work.
    fn refused_then_done(&self, left_bytes: u64, args: &[&str]) -> Result<Json> {
        self.disk.fill(left_bytes)?;
        refuse(&self.device, args, "disk-full")?;
        self.disk.free()?;
        self.check_sound()?;
        self.device.run(args)
    }

    fn check_sound(&self) -> Result<()> {
        let verified = self.device.run(&["verify"])?;
        ensure!(verified["ok"] == true, "{verified}");
        let shown = self.device.show(&self.site)?;
        ensure!(shown["values"]["name"] == "河西", "{shown}");
        Ok(())
    }

    fn photo(&self, name: &str, side: u32) -> PathBuf {
        noise(&mut Dice::of_environment("pictures"), self.elsewhere.path(), name, side)
    }
}

/// Refused with a code, in words that name the disk and say what to do, in both languages.
fn refuse(device: &Device, args: &[&str], code: &str) -> Result<()> {
    for (lang, words) in [("en", ["disk", "ree"]), ("zh", ["磁盘", "清理"])] {
        let with_lang: Vec<&str> = args.iter().copied().chain(["--lang", lang]).collect();
        let output = device.output(&with_lang)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = text.lines().last().unwrap_or_default();
        let answer: Json = serde_json::from_str(last).with_context(|| format!("{args:?} printed {text}"))?;
        ensure!(output.status.code() == Some(1) && answer["error"]["code"] == code, "{args:?}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        ensure!(code != "disk-full" || words.iter().all(|word| message.contains(word)), "{lang}: {message}");
    }
    Ok(())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn a_save_on_a_full_disk_says_so_and_is_made_later() -> Result<()> {
    let Some(full) = Full::new()? else { return Ok(()) };
    for left in [0, 4096, 20_000] {
        full.refused_then_done(left, &SITE)?;
        let note = format!("note={}", "x".repeat(30_000 + left as usize));
        full.refused_then_done(left, &["set", &full.site, &note])?;
    }
    Ok(())
}

#[test]
fn a_batch_on_a_full_disk_keeps_what_it_reported() -> Result<()> {
    let Some(full) = Full::new()? else { return Ok(()) };
    let line = |n: usize| {
        format!(
            "{{\"new\":\"site\",\"kind\":\"noise\",\"set\":{{\"name\":\"n{n}\",\"town\":\"{TOWN}\",\"note\":\"{}\"}}}}\n",
            "x".repeat(300)
        )
    };
    let file = full.elsewhere.path().join("batch.jsonl");
    std::fs::write(&file, (0..1_500).map(line).collect::<String>())?;
    full.disk.fill(1_000_000)?;
    let output = full.device.output(&["batch", text(&file)])?;
    let printed = String::from_utf8(output.stdout)?;
    let mut lines: Vec<Json> = printed.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let last = lines.pop().context("an answer")?;
    ensure!(output.status.code() == Some(1) && last["error"]["code"] == "disk-full", "{last}");
    full.disk.free()?;
    full.check_sound()?;
    ensure!(
        !lines.is_empty() && lines.len() < 1_500,
        "{} lines were reported: the room does not fit the test",
        lines.len()
    );
    let there = full.device.run(&["list", "--kind", "noise", "--limit", "2000"])?;
    let ids = |rows: &[Json]| rows.iter().map(|row| row["id"].to_string()).collect::<BTreeSet<_>>();
    ensure!(ids(there.as_array().context("rows")?) == ids(&lines), "what is there is not what was reported");
    Ok(())
}

#[test]
fn a_photo_on_a_full_disk_is_not_counted_and_leaves_no_rubbish() -> Result<()> {
    let Some(full) = Full::new()? else { return Ok(()) };
    let first = full.photo("first.jpg", 700);
    full.device.run(&["photo", &full.site, text(&first), "--proves", "overview"])?;
    let shelf = full.device.home().join("photos");
    let copies = bytes_below(&shelf.join("views"))? + bytes_below(&shelf.join("thumbnails"))?;
    let size = std::fs::metadata(&first)?.len();
    // No room for the original, for the copies, for the record.
    for left in [size / 2, size + copies / 2, size + copies + 40_000] {
        let photo = full.photo("next.jpg", 700);
        full.disk.fill(left)?;
        refuse(&full.device, &["photo", &full.site, text(&photo), "--proves", "overview"], "disk-full")?;
        full.disk.free()?;
        let shown = full.device.show(&full.site)?;
        ensure!(shown["photos"].as_array().is_some_and(|photos| photos.len() == 1), "{shown}");
        full.check_sound()?;
        let rubbish = std::fs::read_dir(full.device.home().join("photos/incoming"))?.count();
        ensure!(rubbish == 0, "{rubbish} files stay in incoming");
    }
    let next = full.photo("next.jpg", 700);
    full.device.run(&["photo", &full.site, text(&next), "--proves", "overview"])?;
    let shown = full.device.show(&full.site)?;
    ensure!(shown["photos"].as_array().is_some_and(|photos| photos.len() == 2), "{shown}");
    full.check_sound()
}

fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        bytes += if path.is_dir() { bytes_below(&path)? } else { path.metadata()?.len() };
    }
    Ok(bytes)
}

#[test]
fn an_import_on_a_full_disk_imports_nothing_and_then_everything_once() -> Result<()> {
    let Some(full) = Full::new()? else { return Ok(()) };
    let file = full.elsewhere.path().join("ledger.csv");
    let rows: String = (0..300).map(|n| format!("地块{n},太师屯镇,{}\n", "x".repeat(300))).collect();
    std::fs::write(&file, format!("名称,镇街,备注\n{rows}"))?;
    let done = full.refused_then_done(500_000, &["import", "bare-land", text(&file)])?;
    ensure!(done["imported"] == 300, "{done}");
    let listed = full.device.run(&["list", "--kind", "bare-land", "--limit", "1000"])?;
    ensure!(listed.as_array().is_some_and(|rows| rows.len() == 301), "imported twice, or not all");
    Ok(())
}

#[test]
fn an_export_to_a_full_disk_leaves_the_earlier_file() -> Result<()> {
    let Some(full) = Full::new()? else { return Ok(()) };
    // What cannot be packed: a workbook is a zip.
    let mut dice = Dice::of_environment("notes");
    for _ in 0..6 {
        let note: String = (0..3_000).map(|_| format!("{:010x}", dice.below(1 << 40))).collect();
        full.device.run(&[&SITE[..], &["--set", &format!("note={note}")]].concat())?;
    }
    for format in ["csv", "xlsx", "geojson", "gpkg"] {
        let file = full.disk.path().join(format!("out.{format}"));
        std::fs::write(&file, "earlier")?;
        full.disk.fill(60_000)?;
        refuse(&full.device, &["export", "--format", format, text(&file)], "disk-full")?;
        ensure!(std::fs::read(&file)? == b"earlier", "the earlier {format} is gone");
        full.disk.free()?;
        full.device.run(&["export", "--format", format, text(&file)])?;
        ensure!(std::fs::metadata(&file)?.len() > 100);
    }
    let left: Vec<_> = std::fs::read_dir(full.disk.path())?.filter_map(|e| Some(e.ok()?.file_name())).collect();
    ensure!(!left.iter().any(|name| name.to_string_lossy().starts_with(".shanxun-export")), "{left:?}");
    Ok(())
}

#[test]
fn a_page_that_does_not_fit_is_taken_when_there_is_room() -> Result<()> {
    let Some(full) = Full::new()? else { return Ok(()) };
    let server = Server::start(&full.elsewhere.path().join("server"))?;
    server.add_user("anna", "inspector", TOWN, "a password of hers")?;
    let other = Device::new(full.elsewhere.path(), "other");
    for device in [&other, &full.device] {
        device.run(&["enrol", "--server", &server.url(), "--code", &server.code("anna")?])?;
        device.sync()?;
    }
    let file = full.elsewhere.path().join("batch.jsonl");
    let line = |n: usize| {
        format!(
            "{{\"new\":\"site\",\"kind\":\"noise\",\"set\":{{\"name\":\"n{n}\",\"town\":\"{TOWN}\",\"note\":\"{}\"}}}}\n",
            "x".repeat(3000)
        )
    };
    std::fs::write(&file, (0..300).map(line).collect::<String>())?;
    start(
        std::process::Command::new(program("shanxun")?)
            .args(["batch", "--json", text(&file), "--home"])
            .arg(other.home()),
    )?
    .finish()?;
    other.sync()?;
    full.refused_then_done(900_000, &["sync"])?;
    let listed = full.device.run(&["list", "--kind", "noise", "--limit", "500"])?;
    ensure!(listed.as_array().is_some_and(|rows| rows.len() == 300), "not everything came");
    Ok(())
}

#[test]
fn a_server_on_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room() -> Result<()> {
    let Some(disk) = SmallDisk::mount(DISK_BYTES)? else { return Ok(()) };
    let elsewhere = tempfile::tempdir()?;
    let server = Server::start(&disk.path().join("server"))?;
    server.add_user("anna", "inspector", TOWN, "a password of hers")?;
    let device = Device::new(elsewhere.path(), "phone");
    device.run(&["enrol", "--server", &server.url(), "--code", &server.code("anna")?])?;
    device.sync()?;
    // Changes.
    let site = device.create(&SITE)?;
    device.run(&["set", &site, &format!("note={}", "山".repeat(20_000))])?;
    disk.fill(10_000)?;
    refuse(&device, &["sync"], "server-disk-full")?;
    ensure!(device.show(&site)?["custody"] == "device");
    disk.free()?;
    device.sync()?;
    ensure!(device.show(&site)?["custody"] == "server");
    // A photo, in the middle.
    let photo = noise(&mut Dice::of_environment("pictures"), elsewhere.path(), "large.jpg", 1000);
    device.run(&["photo", &site, text(&photo), "--proves", "overview"])?;
    device.run(&["sync", "--photos", "thumbnails"])?;
    disk.fill(300_000)?;
    refuse(&device, &["sync"], "server-disk-full")?;
    ensure!(device.show(&site)?["custody"] == "device");
    // A backup.
    let backup = disk.path().join("backup.tar");
    let refused = std::process::Command::new(program("sync-server")?)
        .args(["backup", text(&backup), "--json", "--data"])
        .arg(server.data())
        .output()?;
    let answer: Json = serde_json::from_slice(&refused.stdout)?;
    ensure!(answer["error"]["code"] == "server-disk-full", "{answer}");
    let left: Vec<_> = std::fs::read_dir(disk.path())?.filter_map(|e| Some(e.ok()?.file_name())).collect();
    ensure!(!left.iter().any(|name| name.to_string_lossy().starts_with("backup")), "{left:?}");
    disk.free()?;
    device.sync()?;
    ensure!(device.show(&site)?["custody"] == "server");
    server.admin(&["backup", text(&backup)])?;
    server.admin(&["check"])?;
    Ok(())
}
