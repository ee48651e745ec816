//! Files that people bring: pictures, ledgers, lines of a batch, backups.

use std::cell::RefCell;
use std::path::PathBuf;

use chrono::DateTime;
use device::capture::batch;
use device::import::ImportOptions;
use device::{Home, Key, Now};
use domain::DocType;
use domain::forms::Catalogue;

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a folder");
    static HOME: RefCell<(tempfile::TempDir, Home)> = RefCell::new(home());
}

fn in_folder<R>(act: impl FnOnce(PathBuf) -> R) -> R {
    FOLDER.with(|folder| act(folder.path().to_owned()))
}

fn now() -> Now {
    Now::at_wall(&DateTime::parse_from_rfc3339("2026-11-23T09:30:00+08:00").expect("a time"))
}

fn home() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::open(folder.path(), &Key::Passphrase("fuzz".into()), &[], &mut now()).expect("a home");
    (folder, home)
}

/// A photo, through the whole intake.
pub fn picture(bytes: &[u8]) {
    in_folder(|folder| {
        let file = folder.join("card.jpg");
        std::fs::write(&file, bytes).expect("written");
        let photos = folder.join("photos");
        if let Ok(taken) = device::photos::intake(&photos, &file) {
            assert_eq!(std::fs::read(&taken.original_path).expect("kept"), bytes, "the original is kept bit for bit");
            std::fs::remove_dir_all(&photos).expect("removed");
        }
    });
}

/// The EXIF of a picture.
pub fn exif(bytes: &[u8]) {
    let facts = device::photos::exif::read(bytes);
    if let Some(position) = facts.position {
        assert!(domain::Value::Point(position).check_size().is_ok(), "a position outside the globe");
    }
    assert!((1..=8).contains(&facts.orientation));
}

/// A ledger: separated text or a workbook. What an import plans can be written.
pub fn table(bytes: &[u8]) {
    let form = Catalogue::embedded().form(DocType::Site, "bare-land").expect("it ships");
    in_folder(|folder| {
        let file = folder.join("ledger.csv");
        std::fs::write(&file, bytes).expect("written");
        let Ok(plan) = device::import::read(&file, form, &ImportOptions::default()) else { return };
        for line in &plan.lines {
            for (path, text) in &line.sets {
                form.read(path, text).unwrap_or_else(|e| panic!("line {}: {e}", line.row));
            }
        }
    });
}

/// Lines of a batch, each whole or nothing of it.
pub fn batch_lines(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(16 * 1024)]).into_owned();
    HOME.with(|home| {
        let mut home = home.borrow_mut();
        let lines = text.lines().take(20).map(|line| Ok(line.to_owned()));
        batch(&mut home.1.store, lines, &mut now, &mut |_| Ok(())).expect("a line's fault is its own");
    });
}

/// A backup: restored whole or not at all.
pub fn backup(bytes: &[u8]) {
    in_folder(|folder| {
        let (file, data) = (folder.join("backup.tar"), folder.join("data"));
        std::fs::write(&file, bytes).expect("written");
        let restored = sync_server::backup::restore(&file, &data, &sync_server::Environment::system());
        assert_eq!(restored.is_ok(), data.exists());
        let left: Vec<_> = std::fs::read_dir(&folder).expect("read").flatten().map(|e| e.file_name()).collect();
        assert!(
            left.iter().all(|n| ["backup.tar", "data", "photos", "card.jpg", "ledger.csv"].iter().any(|k| n == k)),
            "{left:?}"
        );
        if restored.is_ok() {
            std::fs::remove_dir_all(&data).expect("removed");
        }
    });
}
