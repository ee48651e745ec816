//! Standard tus clients upload to our server and our client to a standard tus server, over links that break.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shanxun_tests::{Device, Link, Server, Weather, clients, photographs};

/// Real photographs, from 80 kB to 1.2 MB.
const PHOTOS: [&str; 5] =
    ["nature/Blinds.jpg", "nature/RainDrops.jpg", "nature/LadyBird.jpg", "nature/FreshFlower.jpg", "nature/Garden.jpg"];
/// Within how many bytes the link resets the connection; the photographs have 3 MB together.
const RESET_AFTER_BYTES: std::ops::Range<u64> = 60_000..400_000;
const PASSWORD: &str = "a password";

/// A photo record that the server knows, and its picture.
struct Photo {
    id: String,
    path: PathBuf,
    sha256: String,
}

fn weather(seed: u64) -> Weather {
    println!("seed {seed}");
    let (delay, jitter) = (Duration::from_micros(200), Duration::from_micros(300));
    Weather { seed, delay, jitter, reset_after_bytes: RESET_AFTER_BYTES, resets_max: 30 }
}

fn sha256_of(path: &Path) -> Result<String> {
    Ok(Sha256::digest(std::fs::read(path)?).iter().map(|b| format!("{b:02x}")).collect())
}

/// A server, an enrolled device with a record of photographs, and those photographs; nothing was synced yet.
fn a_day(folder: &Path) -> Result<(Server, Device, Vec<Photo>)> {
    let server = Server::start(&folder.join("server"))?;
    server.add_user("zhang", "inspector", "110118101", PASSWORD)?;
    let device = Device::new(folder, "zhang");
    let site = device.create(&["new", "site", "bare-land", "--set", "name=令公村南", "--set", "town=110118101"])?;
    let mut photos = Vec::new();
    for (number, name) in PHOTOS.iter().enumerate() {
        let path = folder.join(format!("{number}.jpg"));
        photographs::take(name, &path, 40.53, 117.13, "2026:11:23 10:05:00")?;
        let added = device.run(&["photo", &site, path.to_str().context("a path in UTF-8")?])?;
        let id = added["photos"][0]["id"].as_str().context("a photo has an id")?.to_owned();
        photos.push(Photo { id, sha256: sha256_of(&path)?, path });
    }
    Ok((server, device, photos))
}

fn enrol(server: &Server, device: &Device, url: &str) -> Result<()> {
    device.run(&["enrol", "--server", url, "--code", &server.code("zhang")?])?;
    Ok(())
}

/// A token as any other program of the same user gets one.
fn token(server: &Server) -> Result<String> {
    let body = json!({"code": server.code("zhang")?, "public_key": "00".repeat(32), "install": "7", "label": "another program"});
    let answer = reqwest::blocking::Client::new().post(format!("{}/v1/enrol", server.url())).json(&body).send()?;
    let answer: Value = answer.error_for_status()?.json()?;
    Ok(answer["token"].as_str().context("a token")?.to_owned())
}

/// What the server gives back for a photograph, bit for bit.
fn held(server: &Server, photo: &Photo) -> Result<bool> {
    let token = server.login("zhang", PASSWORD)?;
    let url = format!("{}/v1/photos/{}", server.url(), photo.sha256);
    let answer = reqwest::blocking::Client::new().get(url).bearer_auth(token).send()?;
    Ok(answer.status().is_success() && answer.bytes()?.as_ref() == std::fs::read(&photo.path)?)
}

/// Lets a client upload the photographs through a link that breaks; its report.
fn uploads_with(script: &str, seed: u64) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let (server, device, photos) = a_day(folder.path())?;
    enrol(&server, &device, &server.url())?;
    device.run(&["sync", "--photos", "none"])?;
    let link = Link::to(server.port(), weather(seed))?;
    let listed: Vec<Value> =
        photos.iter().map(|p| json!({"path": p.path, "photo": p.id, "sha256": p.sha256})).collect();
    let config = json!({"endpoint": format!("{}/v1/photos", link.url()), "token": token(&server)?,
        "folder": folder.path(), "photos": listed});
    let config_file = folder.path().join("config.json");
    std::fs::write(&config_file, config.to_string())?;
    let mut call = if script.ends_with(".py") { clients::python(script)? } else { clients::node(script)? };
    let report = clients::json_of(call.arg(&config_file))?;
    let passed = link.passed();
    println!("{report} {} resets, {} photo bytes", passed.resets, passed.photo_bytes());
    ensure!(passed.resets > 3, "the link broke {} times only: this proves nothing", passed.resets);
    for photo in &photos {
        ensure!(held(&server, photo)?, "{} is not on the server as it was", photo.path.display());
    }
    let check = server.admin(&["check"])?;
    ensure!(!check.contains("wrong"), "{check}");
    Ok(report)
}

#[test]
fn tus_js_client_uploads_over_a_link_that_breaks_and_goes_on_where_it_left() -> Result<()> {
    let report = uploads_with("upload.mjs", 11)?;
    assert!(report["retries"].as_u64() > Some(2), "{report}");
    assert!([404, 410].contains(&report["goneStatus"].as_u64().unwrap_or_default()), "{report}");
    Ok(())
}

#[test]
fn tuspy_uploads_over_a_link_that_breaks_with_and_without_checksums() -> Result<()> {
    let report = uploads_with("upload.py", 12)?;
    assert!(report["broken"].as_u64() > Some(2), "{report}");
    Ok(())
}

#[test]
fn our_client_uploads_to_a_standard_tus_server_over_a_link_that_breaks() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, device, photos) = a_day(folder.path())?;
    let files = folder.path().join("tus");
    std::fs::create_dir(&files)?;
    let mut node = clients::node("server.mjs")?;
    let mut child = node.arg(&files).arg(server.port().to_string()).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("the pipe that was asked for")?).lines();
    let said = |line: Option<std::io::Result<String>>| -> Result<Value> {
        Ok(serde_json::from_str(&line.context("the server ended")??)?)
    };
    let port = said(lines.next())?["port"].as_u64().context("a port")?;
    let link = Link::to(u16::try_from(port)?, weather(13))?;
    enrol(&server, &device, &link.url())?;
    let synced = device.sync();
    child.kill()?;
    child.wait()?;
    let report = synced?;
    assert_eq!((&report["photos_left"], &report["photo_problems"]), (&json!(0), &json!([])));
    let passed = link.passed();
    println!("{report} {} resets, {} photo bytes", passed.resets, passed.photo_bytes());
    assert!(passed.resets > 3, "the link broke {} times only", passed.resets);
    let finished: Vec<Value> = lines.map(|line| said(Some(line))).collect::<Result<_>>()?;
    for photo in &photos {
        let mine = |kind: &str| finished.iter().any(|f| f["photo"] == photo.id.as_str() && f["kind"] == kind);
        assert!(mine("thumbnail") && mine("original"), "{} is not there", photo.id);
    }
    for upload in &finished {
        assert_eq!(upload["announced"], upload["found"], "{upload}");
    }
    Ok(())
}
