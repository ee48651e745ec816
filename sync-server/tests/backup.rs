//! Backup, restore, check: what was saved comes back, and what was lost is noticed.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{NORTH, Site};
use domain::forms::Catalogue;
use domain::sync::Standing;
use sync_server::backup::{back_up, lock_folder, restore};
use sync_server::{Config, Environment, Server};

fn open(data: &Path, environment: Environment) -> Arc<Server> {
    let config = Config { data: data.into(), forms: Catalogue::embedded().clone(), environment };
    Arc::new(Server::open(config).expect("opens"))
}

fn upload(site: &Site, device: &common::Device, photo: domain::DocId, bytes: &[u8]) {
    let new = sync_server::photos::NewUpload {
        doc: photo,
        kind: sync_server::storage::UploadKind::Original,
        sha256: hex::decode(common::http::sha256_hex(bytes)).expect("hex").try_into().expect("32 bytes"),
        length: bytes.len() as u64,
        mime: "image/jpeg".into(),
    };
    let progress = site.server.begin_upload(&device.caller(), &new).expect("begun");
    assert!(site.server.append(&progress, bytes).expect("appended").held);
}

#[test]
fn a_restored_server_has_what_the_backup_had_and_devices_send_the_rest_again() {
    let site = Site::on_disk();
    let mut anna = site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, b"picture");
    anna.sync();
    upload(&site, &anna, photo.id, b"picture");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup.tar");
    back_up(site.server.storage(), site.data.path(), &file).expect("written");
    let late = anna.new_site("bare-land", NORTH);
    anna.sync();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("made");
    std::fs::write(data.join("old"), "kept").expect("written");
    let (environment, _) = common::environment_from(1 << 40);
    let aside = restore(&file, &data, &environment).expect("restored").expect("moved aside");
    assert!(aside.ends_with("data.before-restore-1") && aside.join("old").is_file());

    let restored = open(&data, environment);
    assert_ne!(restored.epoch(), site.server.epoch());
    assert_eq!(restored.id(), site.server.id());
    assert!(restored.check().expect("checked").findings.is_empty());
    anna.server = restored.clone();
    let answer = anna.send(&anna.request()).expect("answered");
    let Standing::Acked { head, .. } = answer.standing else { panic!("no fork") };
    assert_eq!(head, 3);
    anna.take(&answer);
    anna.sync();
    assert!(restored.show(&anna.caller(), late.id).is_ok());
    assert_eq!(anna.held.get(&photo.id), Some(&true));
    // Numbers that the backup did not know are not given again.
    let code = restored.make_code("anna").expect("a code");
    assert!(common::Device::enrol(&restored, &code).actor.0 > 1000);
}

#[test]
fn check_finds_a_changed_change_a_changed_register_and_a_damaged_photo() {
    let site = Site::on_disk();
    let mut anna = site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, b"picture");
    anna.sync();
    upload(&site, &anna, photo.id, b"picture");
    assert!(site.server.check().expect("checked").findings.is_empty());
    let database = rusqlite::Connection::open(site.data.path().join("server.db")).expect("opens");
    database.execute("UPDATE changes SET body = zeroblob(10) WHERE seq = 2", []).expect("changed");
    // An empty list: no register of any document is kept.
    database.execute("UPDATE registers SET body = x'00'", []).expect("changed");
    let hash = common::http::sha256_hex(b"picture");
    std::fs::write(site.data.path().join("photos").join(&hash[..2]).join(&hash), b"pikture").expect("written");
    let report = site.server.check().expect("checked");
    let codes: Vec<&str> = report.findings.iter().map(|f| f.code).collect();
    for code in ["hash", "register", "photo-damaged"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

#[test]
fn a_restore_under_a_running_server_and_a_file_that_is_no_backup_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("not-a-backup"));
    let (environment, _) = common::environment();
    drop(open(&data, environment.clone()));
    std::fs::write(&file, [1; 2000]).expect("written");
    assert!(restore(&file, &data, &environment).is_err());
    assert!(data.join("server.db").is_file());
    let _serving = lock_folder(&data).expect("locked");
    let error = restore(&file, &data, &environment).expect_err("in use");
    assert!(error.to_string().contains("stop it first"));
}

#[test]
fn a_backup_with_a_link_or_a_path_out_of_its_folder_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "secret").expect("written");
    let (environment, _clock) = common::environment();
    let refuse = |name: &str, kind: tar::EntryType, link: &std::path::Path| {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o644);
        // Written by hand: the builder itself refuses paths that climb.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name(link).expect("a name");
        }
        header.set_cksum();
        archive.append(&header, std::io::empty()).expect("appended");
        let file = folder.path().join("backup.tar");
        std::fs::write(&file, archive.into_inner().expect("a tar")).expect("written");
        let data = folder.path().join("data");
        let error = restore(&file, &data, &environment).expect_err("refused");
        assert_eq!(error.code(), "folder", "{name}");
        assert!(!data.exists(), "{name}");
    };
    refuse("photos/aa/link", tar::EntryType::Symlink, &secret);
    refuse("photos/aa/hard", tar::EntryType::Link, &secret);
    refuse("photos/aa/pipe", tar::EntryType::Fifo, &secret);
    refuse("photos/../../escaped", tar::EntryType::Regular, &secret);
    refuse("/tmp/escaped-from-a-backup", tar::EntryType::Regular, &secret);
    assert_eq!(std::fs::read_to_string(&secret).expect("read"), "secret");
    assert!(!folder.path().join("escaped").exists());
}

#[test]
fn an_interrupted_backup_does_not_block_the_next_and_forms_come_back() {
    let site = Site::on_disk();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, data) = (folder.path().join("backup.tar"), folder.path().join("data"));
    for left in ["backup.tar.partial", "backup.tar.db-copy"] {
        std::fs::write(folder.path().join(left), [7; 5000]).expect("written");
    }
    std::fs::create_dir(site.data.path().join("forms")).expect("made");
    std::fs::write(site.data.path().join("forms/soil.toml"), "id = 'soil'").expect("written");
    back_up(site.server.storage(), site.data.path(), &file).expect("written");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["backup.tar"]);
    let (environment, _) = common::environment_from(1 << 40);
    restore(&file, &data, &environment).expect("restored");
    assert!(data.join("forms/soil.toml").is_file());
}

#[test]
fn a_restore_that_was_interrupted_is_not_taken_for_a_new_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir(folder.path().join("data.restoring")).expect("made");
    let (environment, _) = common::environment();
    let config = Config { data: data.clone(), forms: Catalogue::embedded().clone(), environment };
    let refused = Server::open(config).err().expect("refused");
    assert!(refused.to_string().contains("restore"), "{refused}");
    assert!(!data.exists());
}
