//! `kill -9` of device and server in the middle of syncs and uploads: an acknowledgement is never wrong, nothing is lost,
//! and in the end both sides have everything.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use device::capture::{self, Given, NewDoc, take_in, verify};
use device::{Home, Key, Now};
use domain::forms::Catalogue;
use domain::{DocId, DocType, OpId};
use serde_json::Value as Json;
use shanxun_tests::crash::{Dice, Ended, kills, start};
use shanxun_tests::programs::program;
use shanxun_tests::{Device, Server};
use sync_server::storage::{UploadKind, read};
use sync_server::{Config, Environment, ServerError};

use crate::pictures::noise;

const TOWN: &str = "110118101";

fn open(home: &Path) -> Home {
    Home::open(home, &Key::Stored, &[], &mut Now::system()).expect("a home that was killed opens")
}

/// The server's data while no server runs.
fn offline(data: &Path) -> sync_server::Server {
    let config = Config { data: data.into(), forms: Catalogue::embedded().clone(), environment: Environment::system() };
    sync_server::Server::open(config).expect("data of a server that was killed open")
}

/// Records something: a site with a photo, and a word on an older one.
fn capture_some(dice: &mut Dice, folder: &Path, device: &Device, round: usize) -> Result<()> {
    let mut home = open(device.home());
    let mut now = Now::system();
    let picture = noise(dice, folder, "camera.jpg", 200 + dice.clone().below(200) as u32);
    let photo = take_in(&home.store.photos_dir(), &picture, Some("overview"), None)?;
    let set = [("name", format!("{}-{round}", device.name)), ("town", TOWN.to_owned())];
    let set = set.map(|(path, text)| (path.to_owned(), text)).to_vec();
    let given = Given { set, photos: vec![photo], at: None };
    let new = NewDoc { doc_type: DocType::Site, kind: "bare-land".into(), site: None, given };
    home.store.write(|w| capture::create(w, &mut now, &new))?;
    let older = home.list(&device::store::ListQuery { doc_type: Some(DocType::Site), ..Default::default() })?.rows;
    let chosen = older[dice.below(older.len() as u64) as usize].id;
    let note = Given { set: vec![("note".into(), format!("{} {round}", device.name))], ..Given::default() };
    home.store.write(|w| capture::set(w, &mut now, chosen, &note))?;
    Ok(())
}

fn syncing(device: &Device) -> Result<shanxun_tests::crash::Running> {
    start(Command::new(program("shanxun")?).args(["sync", "--json", "--home"]).arg(device.home()))
}

/// A sync that was not killed ends well, or says that the server went away.
fn check_ended(ended: &Ended, server_killed: bool) -> Result<()> {
    if ended.killed || ended.status.success() {
        return Ok(());
    }
    let answer: Json = serde_json::from_str(ended.lines.last().map_or("null", String::as_str))?;
    let code = answer["error"]["code"].as_str().unwrap_or_default();
    ensure!(server_killed && code == "offline", "a sync failed: {answer}");
    Ok(())
}

/// What a device was promised is on the server's disk.
fn check_promises(device: &Device, server: &sync_server::Server) -> Result<()> {
    let home = open(device.home());
    let (have, actor) = (home.store.have()?, home.store.actor()?);
    if have.acked > 0 {
        let op = OpId { actor, seq: have.acked };
        let stored = read(server.storage(), |tx| Ok::<_, ServerError>(tx.change_hash(op)?))?;
        ensure!(stored == home.store.own_hash(have.acked)?, "change {op:?} was acknowledged and is not there");
    }
    for photo in home.store.photo_files()?.into_iter().filter(|photo| photo.original_sent) {
        let held = read(server.storage(), |tx| Ok::<_, ServerError>(tx.is_held(photo.photo, UploadKind::Original)?))?;
        let sha256 = hex::decode(&photo.sha256)?.try_into().expect("32 bytes");
        let stored = sync_server::photos::hash_file(&server.files().original(&sha256)).ok();
        ensure!(held && stored == Some(sha256), "the server gave a receipt for {} and has it not", photo.photo);
    }
    Ok(())
}

fn check_server(server: &sync_server::Server) -> Result<()> {
    let findings = server.check()?.findings;
    ensure!(findings.is_empty(), "{findings:?}");
    Ok(())
}

#[test]
fn kills_of_device_and_server_lose_nothing_and_everything_converges() -> Result<()> {
    let mut dice = Dice::of_environment("syncs");
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(&folder.path().join("server"))?;
    let mut devices = Vec::new();
    for name in ["anna", "bo"] {
        server.add_user(name, "inspector", TOWN, "a password of theirs")?;
        let device = Device::new(folder.path(), name);
        device.run(&["enrol", "--server", &server.url(), "--code", &server.code(name)?])?;
        devices.push(device);
    }
    let (mut killed, mut window, mut round) = (0_usize, Duration::from_millis(1500), 0);
    let wanted = kills(40);
    while killed < wanted {
        let device = &devices[round % 2];
        capture_some(&mut dice, folder.path(), device, round)?;
        let moment = dice.moment(window);
        // One in three hits the server; the device then ends by itself.
        let at_server = dice.below(3) == 0;
        let mut running = syncing(device)?;
        if at_server {
            let waited = running.outlived(moment);
            server.kill()?;
            killed += 1;
            let ended = running.finish()?;
            check_ended(&ended, true)?;
            let stopped = offline(server.data());
            check_promises(device, &stopped)?;
            if killed.is_multiple_of(5) {
                check_server(&stopped)?;
            }
            drop(stopped);
            server.restart()?;
            if !waited {
                window = ended.ran.mul_f64(1.1);
            }
        } else {
            let ended = running.kill_after(moment)?;
            check_ended(&ended, false)?;
            killed += usize::from(ended.killed);
            if !ended.killed {
                window = ended.ran.mul_f64(1.1);
            }
        }
        round += 1;
    }
    println!("{killed} kills in {round} syncs");
    converge(&devices, &mut server)
}

fn converge(devices: &[Device], server: &mut Server) -> Result<()> {
    for device in devices.iter().chain(devices) {
        let report = device.sync()?;
        ensure!(report["photos_left"] == 0 && report["refused"].as_array().is_some_and(Vec::is_empty), "{report}");
    }
    let mut seen = Vec::new();
    for device in devices {
        let home = open(device.home());
        let faults = verify(&home.store)?;
        ensure!(faults.is_empty(), "{faults:?}");
        let query = device::store::ListQuery { limit: 500, ..Default::default() };
        let mut rows: Vec<(DocId, Json, bool)> = Vec::new();
        for row in home.list(&query)?.rows {
            let shown = home.show(row.id)?;
            rows.push((row.id, serde_json::to_value(&shown.values)?, shown.custody == device::store::Custody::Server));
        }
        rows.sort_by_key(|row| row.0);
        ensure!(rows.iter().all(|row| row.2), "{}: not everything is on the server", device.name);
        seen.push(rows);
    }
    ensure!(seen[0] == seen[1] && !seen[0].is_empty(), "the devices show different records");
    server.kill()?;
    let stopped = offline(server.data());
    devices.iter().try_for_each(|device| check_promises(device, &stopped))?;
    check_server(&stopped)?;
    // An upload whose address the device never learned expires; no file stays without one.
    stopped.sweep()?;
    for id in stopped.files().uploads()? {
        let known = read(stopped.storage(), |tx| Ok::<_, ServerError>(tx.upload(&id)?))?;
        ensure!(known.is_some_and(|upload| !upload.done), "the file of the upload {id} stays");
    }
    Ok(())
}
