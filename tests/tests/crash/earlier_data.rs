//! Data that an earlier version wrote, kept as files: this program opens them, finds them sound and works on with them.
//!
//! `make fixtures` writes them anew; that is for a new format only, beside the folders of the earlier ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use device::{Home, Key, Now};
use domain::forms::Catalogue;
use serde_json::{Value as Json, json};
use shanxun_tests::crash::Dice;
use shanxun_tests::programs::{program, run};
use shanxun_tests::{Device, Server};
use sync_server::{Config, Environment};

use crate::pictures::noise;

/// The format this program writes.
const PRESENT: &str = "data-2";
const TOWN: &str = "110118101";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// A working day in small: a site with a photo, an inspection with readings, a word that two wrote at once, and
/// something that is not on the server yet.
fn write(target: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("server");
    let server = Server::start(&data)?;
    let mut devices = Vec::new();
    for name in ["anna", "bo"] {
        server.add_user(name, "inspector", TOWN, "a password of theirs")?;
        let device = Device::new(folder.path(), name);
        std::fs::create_dir_all(device.home())?;
        std::fs::write(device.home().join("key"), "5a".repeat(32))?;
        device.run(&["enrol", "--server", &server.url(), "--code", &server.code(name)?])?;
        devices.push(device);
    }
    let [anna, bo] = &devices[..] else { unreachable!("two devices") };
    let picture = noise(&mut Dice::of_environment("fixture"), folder.path(), "a.jpg", 24);
    let picture = picture.to_string_lossy().into_owned();
    let town = format!("town={TOWN}");
    let site = anna.create(&[
        "new",
        "site",
        "noise",
        "--set",
        "name=东门",
        "--set",
        &town,
        "--photo",
        &picture,
        "--proves",
        "东厂界",
    ])?;
    let set = ["--set", "points/p1/name=东厂界", "--set", "points/p1/leq_db=55.50", "--set", "findings=未见异常"];
    let inspection = anna.create(&[&["new", "inspection", "noise", "--site", &site], &set[..]].concat())?;
    anna.sync()?;
    bo.sync()?;
    bo.run(&["set", &site, "address=东路 1 号"])?;
    anna.run(&["set", &site, "address=东路 2 号"])?;
    bo.sync()?;
    anna.sync()?;
    anna.run(&["set", &site, "note=还在本机"])?;
    let written = json!({
        site.as_str(): {"name": "东门", "town": TOWN, "address": "东路 2 号", "note": "还在本机"},
        inspection.as_str(): {"points/p1/name": "东厂界", "points/p1/leq_db": 55.5, "findings": "未见异常"},
    });
    let expected = json!({ "site": site, "values": written });
    drop(server);
    let config =
        Config { data: data.clone(), forms: Catalogue::embedded().clone(), environment: Environment::system() };
    drop(sync_server::Server::open(config)?); // the last to close takes the log into the file
    if target.exists() {
        std::fs::remove_dir_all(target)?;
    }
    for part in ["photos", "thumbnails"] {
        copy_folder(&data.join(part), &target.join("server").join(part))?;
    }
    std::fs::copy(data.join("server.db"), target.join("server/server.db"))?;
    copy_folder(&anna.home().join("photos"), &target.join("home/photos"))?;
    for part in ["device.db", "key"] {
        std::fs::copy(anna.home().join(part), target.join("home").join(part))?;
    }
    Ok(std::fs::write(target.join("expected.json"), serde_json::to_string_pretty(&expected)? + "\n")?)
}

fn check(fixture: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    copy_folder(fixture, folder.path())?;
    let expected: Json = serde_json::from_slice(&std::fs::read(folder.path().join("expected.json"))?)?;
    let site = expected["site"].as_str().context("a site")?;
    let device = Device::new(folder.path(), "home");
    ensure!(device.run(&["verify"])?["ok"] == true);
    for (id, values) in expected["values"].as_object().context("values")? {
        let shown = device.show(id)?;
        for (path, value) in values.as_object().context("paths")? {
            ensure!(&shown["values"][path] == value, "{path} of {id}: {} instead of {value}", shown["values"][path]);
        }
    }
    let shown = device.show(site)?;
    ensure!(shown["conflicts"]["address"].as_array().is_some_and(|values| values.len() == 2), "{shown}");
    ensure!(shown["photos"][0]["custody"] == "server" && shown["custody"] == "device", "{shown}");
    let data = folder.path().join("server");
    run(Command::new(program("sync-server")?).args(["check", "--data"]).arg(&data))?;
    // It is not only read: both work on.
    let server = Server::start(&data)?;
    Home::open(device.home(), &Key::Stored, &[], &mut Now::system())?.store.set_server(&server.url())?;
    device.run(&["resolve", site, "address", "--keep", "0"])?;
    let report = device.sync()?;
    ensure!(report["pushed"] == 2 && device.show(site)?["custody"] == "server", "{report}");
    server.admin(&["check"])?;
    Ok(())
}

#[test]
fn data_of_every_earlier_version_open_and_work_on() -> Result<()> {
    if std::env::var_os("SHANXUN_WRITE_FIXTURES").is_some() {
        write(&fixtures().join(PRESENT))?;
    }
    let mut checked = 0;
    for entry in std::fs::read_dir(fixtures())? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("data-")) {
            check(&path).with_context(|| path.display().to_string())?;
            checked += 1;
        }
    }
    ensure!(checked > 0, "no data of any version in {}", fixtures().display());
    Ok(())
}
