//! What a relay holds is known by its receipt, shown as such, and never taken for the server's.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{Device, person, photo};
use device::capture;
use device::store::Custody;
use device::sync::UploadFile;
use domain::sync::plan::Note;
use domain::{ActorId, DocId};

fn enrolled() -> (Device, DocId) {
    let mut device = Device::new();
    device.enrol(7, person(3, "张海涛"));
    let site = device.site("bare-land", "北沟渣土场");
    (device, site)
}

fn custody(device: &Device, id: DocId) -> Custody {
    let shown = device.home.show(id).unwrap().custody;
    assert_eq!(device.home.list(&Default::default()).unwrap().rows[0].custody, shown, "lists say the same");
    shown
}

#[test]
fn a_record_is_on_a_relay_only_when_its_photos_are() {
    let (mut device, site) = enrolled();
    let file = photo(device.path(), "a.jpg", 10);
    let picture = capture::take_in(&device.home.store.photos_dir(), &file, None, None).unwrap();
    let given = capture::Given { photos: vec![picture], ..Default::default() };
    let now = &mut device.now;
    device.home.store.write(|w| capture::add_photos(w, now, site, &given)).unwrap();
    device.home.store.note_relayed("vehicle", 1).unwrap();
    assert!(device.home.store.next_uploads_for_relay(UploadFile::Original, 9).unwrap().is_empty(), "text goes first");
    device.home.store.note_relayed("vehicle", 2).unwrap();
    assert_eq!(custody(&device, site), Custody::Device);
    assert_eq!(device.home.store.on_relay().unwrap(), (1, 0));
    let upload = device.home.store.next_uploads_for_relay(UploadFile::Original, 9).unwrap().remove(0);
    device.home.store.mark_photo_relayed(&upload).unwrap();
    assert_eq!(custody(&device, site), Custody::Relay);
    assert_eq!(device.home.store.on_relay().unwrap(), (1, 1));
    assert_eq!(device.home.store.left().unwrap().photos, 1, "a relay's receipt is not the server's");
    assert!(device.home.store.next_uploads_for_relay(UploadFile::Original, 9).unwrap().is_empty());
    device.home.store.note(&[Note::Acked(2)]).unwrap();
    assert_eq!(custody(&device, site), Custody::Relay);
    assert_eq!(device.home.store.next_uploads(UploadFile::Original, 9).unwrap().len(), 1, "the server gets it too");
    device.home.store.mark_sent(&upload).unwrap();
    assert_eq!(custody(&device, site), Custody::Server);
}

#[test]
fn the_mark_never_passes_the_head_and_counts_for_the_present_number_only() {
    let (mut device, site) = enrolled();
    device.home.store.note_relayed("vehicle", 99).unwrap();
    assert_eq!(device.home.store.relayed().unwrap(), 1);
    assert_eq!(custody(&device, site), Custody::Relay);
    device.set(site, &[("note", "后来")]).unwrap();
    assert_eq!(custody(&device, site), Custody::Device);
    device.home.store.note_relayed("vehicle", 2).unwrap();
    device.home.store.renumber(0, ActorId(8)).unwrap();
    assert_eq!(device.home.store.relayed().unwrap(), 0);
    assert_eq!(custody(&device, site), Custody::Device);
}

#[test]
fn another_relay_is_given_everything_while_the_first_still_counts() {
    let (mut device, site) = enrolled();
    device.set(site, &[("note", "后来")]).unwrap();
    device.home.store.note_relayed("vehicle", 2).unwrap();
    assert_eq!(device.home.store.relayed_to("vehicle").unwrap(), 2);
    assert_eq!(device.home.store.relayed_to("office").unwrap(), 0);
    device.home.store.note_relayed("office", 1).unwrap();
    assert_eq!(device.home.store.relayed_to("office").unwrap(), 1);
    assert_eq!(custody(&device, site), Custody::Relay);
}

#[test]
fn what_the_server_lost_a_relay_has_no_longer_either() {
    let (mut device, site) = enrolled();
    device.home.store.note_relayed("vehicle", 1).unwrap();
    device.home.store.note(&[Note::Epoch([1; 16])]).unwrap();
    assert_eq!(custody(&device, site), Custody::Relay, "the first contact is no loss");
    device.home.store.note(&[Note::Acked(1)]).unwrap();
    assert_eq!(custody(&device, site), Custody::Server);
    device.home.store.note(&[Note::Epoch([2; 16]), Note::Lost(0)]).unwrap();
    assert_eq!(custody(&device, site), Custody::Device);
}
