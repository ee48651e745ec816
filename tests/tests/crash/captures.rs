//! `kill -9` while records are captured: what was reported is there, a line is there whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use device::capture::{Shown, verify};
use device::store::ListQuery;
use device::{Home, Key, Now};
use domain::{DocId, DocType};
use serde_json::Value as Json;
use shanxun_tests::crash::{Dice, kills, start};
use shanxun_tests::programs::program;

use crate::pictures::noise;

/// Lines of one batch: more than one transaction of the program.
const LINES: usize = 220;
/// How often the whole home is looked at.
const LOOK_EVERY: usize = 10;

fn shanxun(home: &Path, args: &[&str]) -> Result<Command> {
    let mut command = Command::new(program("shanxun")?);
    command.args(args).arg("--json").arg("--home").arg(home);
    Ok(command)
}

fn open(home: &Path) -> Home {
    Home::open(home, &Key::Stored, &[], &mut Now::system()).expect("a home that was killed opens")
}

fn text(shown: &Shown, path: &str) -> String {
    shown.values.get(path).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn sites(home: &Home) -> Vec<DocId> {
    let mut ids = Vec::new();
    loop {
        let offset = ids.len();
        let query = ListQuery { doc_type: Some(DocType::Site), limit: 500, offset, ..ListQuery::default() };
        let rows = home.list(&query).expect("a list").rows;
        if rows.is_empty() {
            return ids;
        }
        ids.extend(rows.iter().map(|row| row.id));
    }
}

/// One site a line with the same mark in three fields, and every twentieth with a photo.
fn lines(round: usize, photo: &Path) -> String {
    let mut all = String::new();
    for line in 0..LINES {
        let mark = format!("r{round}-l{line}");
        let photos =
            if line % 20 == 3 { format!(",\"photos\":[{:?}],\"proves\":\"overview\"", photo) } else { String::new() };
        let _ = writeln!(
            all,
            "{{\"new\":\"site\",\"kind\":\"bare-land\",\"set\":{{\"name\":\"{mark}\",\"town\":\"110118101\",\"address\":\"{mark}\",\"note\":\"{mark}\"}}{photos}}}",
        );
    }
    all
}

#[test]
fn every_line_that_a_killed_batch_reported_is_there_whole() -> Result<()> {
    let mut dice = Dice::of_environment("captures");
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let photos: Vec<PathBuf> = (0..4).map(|n| noise(&mut dice, folder.path(), &format!("{n}.jpg"), 120)).collect();
    let file = folder.path().join("batch.jsonl");
    let mut reported: BTreeMap<DocId, String> = BTreeMap::new();
    let (mut killed, mut window, mut round) = (0_usize, Duration::from_secs(120), 0);
    let wanted = kills(50);
    while killed < wanted {
        std::fs::write(&file, lines(round, &photos[round % photos.len()]))?;
        let batch = start(&mut shanxun(&home, &["batch", &file.to_string_lossy()])?)?;
        let ended = batch.kill_after(dice.moment(window))?;
        if ended.killed {
            killed += 1;
        } else {
            let (status, printed) = (ended.status, ended.lines.len());
            ensure!(status.success() && printed == LINES, "an undisturbed batch: {status}, {printed} lines");
            // Most moments should fall within the work.
            window = ended.ran.mul_f64(1.1);
        }
        for (line, answer) in ended.lines.iter().enumerate() {
            let answer: Json = serde_json::from_str(answer)?;
            let id = answer["id"].as_str().unwrap_or_default().parse().expect("every line is good");
            reported.insert(id, format!("r{round}-l{line}"));
        }
        if killed.is_multiple_of(LOOK_EVERY) || killed == wanted {
            look(&open(&home), &reported)?;
        }
        round += 1;
    }
    println!("{killed} kills in {round} batches, {} lines reported", reported.len());
    ensure!(!reported.is_empty(), "nothing was ever reported: the moments are too early");
    Ok(())
}

fn look(home: &Home, reported: &BTreeMap<DocId, String>) -> Result<()> {
    let there: BTreeSet<DocId> = sites(home).into_iter().collect();
    for (id, mark) in reported {
        ensure!(there.contains(id), "{id} ({mark}) was reported and is gone");
    }
    // Every hundredth is read whole, and everything that nobody was told of.
    let checked = there.iter().filter(|id| !reported.contains_key(id) || id.0.as_u128() % 100 < 3);
    for id in checked {
        let shown = home.show(*id)?;
        let marks: BTreeSet<String> = ["name", "address", "note"].map(|path| text(&shown, path)).into();
        ensure!(marks.len() == 1, "{id} is half a line: {marks:?}");
        ensure!(reported.get(id).is_none_or(|mark| marks.contains(mark)), "{id} holds another line");
        let number: usize = marks.iter().next().and_then(|m| m.split_once("-l")).expect("a mark").1.parse()?;
        ensure!(shown.photos.len() == usize::from(number % 20 == 3), "{id} has {} photos", shown.photos.len());
    }
    let faults = verify(&home.store)?;
    ensure!(faults.is_empty(), "{faults:?}");
    Ok(())
}

#[test]
fn a_photo_that_was_reported_is_there_and_one_that_was_not_leaves_nothing_behind() -> Result<()> {
    let mut dice = Dice::of_environment("photos");
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let mut command = shanxun(&home, &["new", "site", "bare-land", "--set", "name=河西", "--set", "town=110118101"])?;
    let made: Json = serde_json::from_str(&start(&mut command)?.finish()?.lines[0])?;
    let site = made["id"].as_str().expect("an id").to_owned();
    let mut reported: BTreeSet<String> = BTreeSet::new();
    let (mut killed, mut window, mut round) = (0_usize, Duration::from_secs(120), 0);
    let wanted = kills(50);
    while killed < wanted {
        let names = ["a.jpg", "b.jpg"].map(|name| noise(&mut dice, folder.path(), name, 160));
        let [a, b] = names.map(|path| path.to_string_lossy().into_owned());
        let taking = start(&mut shanxun(&home, &["photo", &site, &a, &b, "--proves", "overview"])?)?;
        let ended = taking.kill_after(dice.moment(window))?;
        killed += usize::from(ended.killed);
        if !ended.killed {
            ensure!(ended.status.success(), "an undisturbed intake fails: {ended:?}");
            window = ended.ran.mul_f64(1.1);
        }
        for line in &ended.lines {
            let answer: Json = serde_json::from_str(line)?;
            let photos = answer["photos"].as_array().expect("photos");
            ensure!(photos.len() == 2, "one save, two photos: {answer}");
            reported.extend(photos.iter().map(|photo| photo["id"].as_str().expect("an id").to_owned()));
        }
        round += 1;
        if killed.is_multiple_of(LOOK_EVERY) || killed == wanted {
            look_at_photos(&home, &site, &reported)?;
        }
    }
    println!("{killed} kills in {round} intakes, {} photos reported", reported.len());
    ensure!(!reported.is_empty(), "nothing was ever reported: the moments are too early");
    Ok(())
}

fn look_at_photos(folder: &Path, site: &str, reported: &BTreeSet<String>) -> Result<()> {
    let home = open(folder);
    let shown = home.show(site.parse()?)?;
    let there: BTreeSet<String> = shown.photos.iter().map(|photo| photo.id.to_string()).collect();
    ensure!(reported.is_subset(&there), "photos that were reported are gone");
    ensure!(there.len().is_multiple_of(2), "two photos are one save; {} are there", there.len());
    // What counts as a photo of this device is exactly what a record names, and each of them is whole.
    let counted = home.counts()?.photos_left;
    ensure!(counted as usize == there.len(), "{counted} photos are counted, {} have a record", there.len());
    let faults = verify(&home.store)?;
    ensure!(faults.is_empty(), "{faults:?}");
    let half: Vec<_> = std::fs::read_dir(folder.join("photos/incoming"))?.collect();
    ensure!(half.is_empty(), "half-written files stay: {half:?}");
    Ok(())
}

#[test]
fn a_home_whose_first_start_was_killed_starts() -> Result<()> {
    let mut dice = Dice::of_environment("first start");
    let folder = tempfile::tempdir()?;
    let (mut killed, mut window, mut round) = (0_usize, Duration::from_secs(60), 0);
    let wanted = kills(50);
    let new = ["new", "site", "noise", "--set", "name=东门", "--set", "town=110118101"];
    while killed < wanted {
        let home = folder.path().join(round.to_string());
        let ended = start(&mut shanxun(&home, &new)?)?.kill_after(dice.moment(window))?;
        killed += usize::from(ended.killed);
        if !ended.killed {
            window = ended.ran.mul_f64(1.1);
        }
        let opened = open(&home);
        let there = sites(&opened).len();
        ensure!(there <= 1 && there >= ended.lines.len(), "{there} sites, {} reported", ended.lines.len());
        ensure!(verify(&opened.store)?.is_empty());
        let key = std::fs::read_to_string(home.join("key"))?;
        ensure!(key.len() == 64, "the key is '{key}'");
        drop(opened);
        let bytes = std::fs::read(home.join("device.db"))?;
        ensure!(!bytes.starts_with(b"SQLite format 3"), "the database is not encrypted");
        round += 1;
        std::fs::remove_dir_all(&home)?;
    }
    println!("{killed} kills in {round} first starts");
    Ok(())
}
