//! The store: what is saved stays, under its key, in its format.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::*;
use device::{Error, Home, Key};
use domain::{DocType, places};

#[test]
fn every_kind_of_record_comes_back_as_it_was_written() {
    let mut device = Device::new();
    for kind in ["bare-land", "voc", "noise", "outfall"] {
        let site = device.site(kind, "东沟一号");
        let inspection = device.new_doc(DocType::Inspection, kind, Some(site), &[("findings", "未见异常")]).unwrap();
        let shown = device.home.show(site).unwrap();
        assert_eq!((shown.doc_type, shown.kind.as_str(), shown.title.as_str()), (DocType::Site, kind, "东沟一号"));
        assert_eq!(shown.values["found_at"], "2026-11-23T10:00:00+08:00");
        assert!(!shown.state.is_empty());
        let shown = device.home.show(inspection).unwrap();
        assert_eq!(shown.state, "draft");
        assert_eq!(shown.town, "110118101");
        assert_eq!(shown.title, "东沟一号 2026-11-23");
        assert_eq!(shown.values["findings"], "未见异常");
        assert_eq!(shown.custody.as_str(), "device");
    }
}

#[test]
fn what_was_saved_is_there_after_a_restart() {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    device.set(site, &[("address", "河西路 3 号")]).unwrap();
    let device = device.reopen();
    assert_eq!(device.value(site, "address"), "河西路 3 号");
    assert_eq!(device.home.store.have().unwrap().head, 2);
}

#[test]
fn a_wrong_key_is_refused_and_a_missing_one_is_named() {
    let device = Device::new();
    let folder = device.folder;
    drop(device.home);
    let wrong = Home::open(folder.path(), &Key::Passphrase("else".into()), &[], &mut at(1));
    assert_eq!(wrong.unwrap_err().code(), "wrong-key");
    std::fs::remove_file(folder.path().join("key")).unwrap();
    let missing = Home::open(folder.path(), &Key::Stored, &[], &mut at(1));
    assert_eq!(missing.unwrap_err().code(), "key-missing");
}

#[test]
fn a_passphrase_opens_what_it_closed() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::Passphrase("山中 '引号' 无信号".into());
    drop(Home::open(folder.path(), &key, &[], &mut at(1)).unwrap());
    Home::open(folder.path(), &key, &[], &mut at(1)).unwrap();
    assert!(!folder.path().join("key").exists());
}

#[test]
fn the_database_is_encrypted_and_the_key_private() {
    let mut device = Device::new();
    device.site("bare-land", "SEARCHFORME");
    let bytes = std::fs::read(device.path().join("device.db-wal")).unwrap();
    assert!(!bytes.windows(11).any(|w| w == b"SEARCHFORME"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(device.path().join("key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

fn open_raw(device: &Device) -> rusqlite::Connection {
    let key = std::fs::read_to_string(device.path().join("key")).unwrap();
    let db = rusqlite::Connection::open(device.path().join("device.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{key}'")).unwrap();
    db
}

#[test]
fn a_newer_database_is_refused_unless_it_says_that_this_program_may() {
    let device = Device::new();
    let db = open_raw(&device);
    db.execute_batch("pragma user_version = 9").unwrap();
    Home::open(device.path(), &Key::Stored, &[], &mut at(1)).unwrap();
    db.execute("update meta set value = cast('9' as blob) where key = 'min_reader'", []).unwrap();
    let refused = Home::open(device.path(), &Key::Stored, &[], &mut at(1)).unwrap_err();
    assert!(matches!(refused, Error::NewerDatabase { needs: 9, .. }), "{refused}");
}

#[test]
fn an_unknown_field_refuses_the_whole_save() {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    let head = device.home.store.have().unwrap().head;
    let error = device.set(site, &[("address", "河西路"), ("adress", "x")]).unwrap_err();
    assert_eq!(error.code(), "unknown-field");
    assert!(error.to_string().contains("address"), "{error}");
    assert_eq!(device.value(site, "address"), serde_json::Value::Null);
    assert_eq!(device.home.store.have().unwrap().head, head);
}

#[test]
fn writing_what_is_there_writes_nothing() {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    device.set(site, &[("name", "河西地块")]).unwrap();
    assert_eq!(device.home.store.have().unwrap().head, 1);
}

#[test]
fn a_row_is_there_as_soon_as_one_of_its_fields_is() {
    let mut device = Device::new();
    let site = device.site("noise", "东门");
    let inspection = device.new_doc(DocType::Inspection, "noise", Some(site), &[]).unwrap();
    device.set(inspection, &[("points/p1/name", "东厂界")]).unwrap();
    assert_eq!(device.value(inspection, "points/p1"), true);
    device.set(inspection, &[("points/p1", "false")]).unwrap();
    assert_eq!(device.value(inspection, "points/p1/name"), serde_json::Value::Null);
    device.set(inspection, &[("points/p1/leq_db", "55.5")]).unwrap();
    assert_eq!(device.value(inspection, "points/p1/name"), "东厂界");
}

#[test]
fn a_deleted_record_leaves_the_list_and_comes_back() {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    let now = device.now.clone();
    device.home.store.write(|w| device::capture::set_deleted(w, &now, site, true)).unwrap();
    assert!(device.search("河西").is_empty());
    assert_eq!(device.set(site, &[("name", "x")]).unwrap_err().code(), "deleted");
    device.home.store.write(|w| device::capture::set_deleted(w, &now, site, false)).unwrap();
    assert_eq!(device.search("河西"), ["河西地块"]);
}

#[test]
fn search_finds_any_part_of_any_length() {
    let mut device = Device::new();
    let site = device.site("bare-land", "东沟采石场");
    device.site("bare-land", "西河滩");
    device.set(site, &[("code_local", "MY-2026-0117"), ("address", "溪翁庄东路")]).unwrap();
    for text in ["沟", "东沟", "沟采石", "东沟采石场", "2026-01", "my-2026", "0117 采石"] {
        assert_eq!(device.search(text), ["东沟采石场"], "{text}");
    }
    assert_eq!(device.search(&site.to_string()), ["东沟采石场"]);
    assert_eq!(device.search(&site.to_string()[24..]), ["东沟采石场"]);
    assert!(device.search("南").is_empty());
    assert!(device.search("东沟 河滩").is_empty());
    let town = places::town("110118101").unwrap();
    assert_eq!(device.search(&town.name).len(), 2);
    device.set(site, &[("name", "北岭")]).unwrap();
    assert!(device.search("采石").is_empty());
    assert_eq!(device.search("北"), ["北岭"]);
}

#[test]
fn a_search_may_hold_any_character() {
    let mut device = Device::new();
    device.site("bare-land", "A\"B'C%_* 地块");
    for text in ["\"b'", "a\"b'c%_*", "%_*", "'"] {
        assert_eq!(device.search(text).len(), 1, "{text}");
    }
    assert!(device.search("\" or 1=1").is_empty());
}

#[test]
fn what_is_near_comes_nearest_first_and_only_within_the_circle() {
    let mut device = Device::new();
    for (name, at) in [("远", "40.40,116.90"), ("近", "40.376,116.844"), ("中", "40.38,116.85"), ("外", "40.9,117.4")]
    {
        let site = device.site("bare-land", name);
        device.set(site, &[("position", at)]).unwrap();
    }
    let near = device::store::Near { lat: 40.376, lon: 116.843, km: 10.0 };
    let query = device::store::ListQuery { near: Some(near), ..Default::default() };
    let listing = device.home.list(&query).unwrap();
    let titles: Vec<&str> = listing.rows.iter().map(|r| r.title.as_str()).collect();
    assert_eq!(titles, ["近", "中", "远"]);
    assert_eq!(listing.total, 3);
    let metres = listing.rows[0].distance_m.unwrap();
    assert!((80.0..90.0).contains(&metres), "{metres}");
}

#[test]
fn pages_of_a_list_do_not_overlap() {
    let mut device = Device::new();
    for n in 0..7 {
        device.site("bare-land", &format!("地块{n}"));
        device.wait(1);
    }
    let page = |offset| {
        let query = device::store::ListQuery { limit: 3, offset, ..Default::default() };
        device.home.list(&query).unwrap()
    };
    let all: Vec<String> = [0, 3, 6].into_iter().flat_map(|o| page(o).rows).map(|r| r.title).collect();
    assert_eq!(all, ["地块6", "地块5", "地块4", "地块3", "地块2", "地块1", "地块0"]);
    assert_eq!(page(0).total, 7);
}

#[test]
fn a_sound_home_verifies_and_a_damaged_chain_does_not() {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    device.set(site, &[("address", "河西路")]).unwrap();
    assert_eq!(device::capture::verify(&device.home.store).unwrap(), []);
    let db = open_raw(&device);
    db.execute("update changes set hash = zeroblob(32) where seq = 1", []).unwrap();
    let faults = device::capture::verify(&device.home.store).unwrap();
    assert!(faults.iter().any(|f| f.code == "chain"), "{faults:?}");
}
