//! The rescue archive: everything comes back, and only with its passphrase.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

mod common;

use common::Device;
use device::{Home, Key, rescue};

const PASSPHRASE: &str = "青山绿水-2026";

#[test]
fn an_archive_gives_the_whole_home_back_and_opens_with_its_passphrase_only() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("rescue.age");
    assert!(rescue::pack(device.path(), &archive, PASSPHRASE).unwrap().files >= 2);
    let into = folder.path().join("back");
    assert_eq!(rescue::unpack(&archive, &into, "another one").unwrap_err().code(), "wrong-passphrase");
    rescue::unpack(&archive, &into, PASSPHRASE).unwrap();
    let home = Home::open(&into, &Key::Stored, &[], &mut device.now).unwrap();
    assert_eq!(home.show(site).unwrap().title, "家具厂");
    assert_eq!(rescue::pack(device.path(), &archive, "short").unwrap_err().code(), "weak-passphrase");
}
