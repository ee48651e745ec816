//! Batches of other devices at the central server, and the limits of a relay's spool.

mod common;

use common::{NORTH, SOUTH, Site, environment, text};
use domain::DocType;
use domain::sync::{Batch, RelayedStanding, SyncRequest};
use sync_server::ServerError;
use sync_server::photos::NewUpload;
use sync_server::relay::{Spool, SpoolLimits};
use sync_server::storage::{UploadKind, read};

/// What a relay of `by` sends for others.
fn passing_on(by: &common::Device, push: Vec<Batch>) -> SyncRequest {
    SyncRequest { push, pull: None, ..by.request() }
}

#[test]
fn a_batch_that_another_device_passes_on_counts_as_if_its_own_had_sent_it() {
    let site = Site::new();
    let (mut anna, vehicle) = (site.inspector("anna", NORTH), site.inspector("vehicle", SOUTH));
    let plot = anna.new_site("bare-land", NORTH);
    let before = site.server.devices().expect("devices");
    let request = passing_on(&vehicle, vec![anna.batch(0).expect("a batch")]);
    let answer = vehicle.send(&request).expect("answered");
    let acked = RelayedStanding::Acked { head: 1, hash: anna.hashes[0] };
    assert_eq!(answer.relayed, [(anna.actor, acked)]);
    assert_eq!(vehicle.send(&request).expect("answered").relayed, answer.relayed, "twice is harmless");
    let after = site.server.devices().expect("devices");
    let seen = |devices: &[sync_server::storage::Device]| {
        devices.iter().find(|d| d.first_actor == anna.actor).and_then(|d| d.last_seen_ms)
    };
    assert_eq!(seen(&before), seen(&after), "the device itself was not seen");
    let mut bo = site.inspector("bo", NORTH);
    bo.sync();
    assert_eq!(bo.texts(plot.id, "name"), ["a plot"]);
}

#[test]
fn each_passed_on_batch_is_judged_alone() {
    let site = Site::new();
    let (mut anna, mut bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    let (mut lost, vehicle) = (site.inspector("lost", NORTH), site.inspector("vehicle", NORTH));
    for device in [&mut anna, &mut bo, &mut lost] {
        device.new_site("bare-land", NORTH);
        device.new_doc(DocType::Site, "noise", &[("name", text("second")), ("town", text(NORTH))]);
    }
    site.server.revoke(lost.actor).expect("revoked");
    let mut forged = anna.batch(0).expect("a batch");
    forged.signature[5] ^= 1;
    let mut unknown = anna.batch(0).expect("a batch");
    unknown.actor = domain::ActorId(999);
    let push = vec![
        forged,
        unknown,
        lost.batch(0).expect("a batch"),
        anna.batch(1).expect("a batch"),
        bo.batch(0).expect("a batch"),
    ];
    let answer = vehicle.send(&passing_on(&vehicle, push)).expect("answered");
    let standings: Vec<RelayedStanding> = answer.relayed.into_iter().map(|(_, standing)| standing).collect();
    let refused = |code: &str| RelayedStanding::Refused { code: code.into() };
    assert_eq!(
        standings,
        [
            refused("signature-invalid"),
            refused("actor-unknown"),
            refused("revoked"),
            RelayedStanding::Missing { head: 0 },
            RelayedStanding::Acked { head: 2, hash: bo.hashes[1] },
        ]
    );
    let head = |actor| read(site.server.storage(), |tx| tx.chain(actor)).expect("read").map(|chain| chain.head);
    assert_eq!((head(anna.actor), head(bo.actor), head(lost.actor)), (Some(0), Some(2), Some(0)));
}

#[test]
fn a_passed_on_batch_with_other_content_under_the_same_numbers_is_told_as_forked() {
    let site = Site::new();
    let (mut anna, vehicle) = (site.inspector("anna", NORTH), site.inspector("vehicle", NORTH));
    anna.new_site("bare-land", NORTH);
    let copy = (anna.changes.clone(), anna.hashes.clone());
    anna.new_site("bare-land", NORTH);
    anna.sync();
    (anna.changes, anna.hashes) = copy;
    anna.new_doc(DocType::Site, "noise", &[("name", text("other")), ("town", text(NORTH))]);
    let request = passing_on(&vehicle, vec![anna.batch(1).expect("a batch")]);
    let answer = vehicle.send(&request).expect("answered");
    assert_eq!(answer.relayed, [(anna.actor, RelayedStanding::Forked { common: 1 })]);
}

fn spool(limits: SpoolLimits) -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = Spool::open(folder.path(), limits, &environment().0).expect("a spool");
    (folder, spool)
}

/// Batches of one, two, three … changes of one device.
fn batches(n: usize) -> Vec<Batch> {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let one = |_| {
        anna.new_site("bare-land", NORTH);
        anna.batch(0).expect("a batch")
    };
    (0..n).map(one).collect()
}

#[test]
fn a_spool_keeps_a_batch_once_and_stops_at_its_limits() {
    let three = batches(3);
    let (_folder, spool) = spool(SpoolLimits { batches: 2, ..SpoolLimits::default() });
    assert_eq!(spool.keep_batch(&three[0], "a", 1).expect("kept"), 1);
    assert_eq!(spool.keep_batch(&three[0], "a", 2).expect("kept"), 1);
    assert_eq!(spool.waiting().expect("read").batches, 1);
    assert_eq!(spool.keep_batch(&three[1], "a", 3).expect("kept"), 2);
    assert!(matches!(spool.keep_batch(&three[2], "a", 4), Err(ServerError::RelayFull)));
    assert_eq!(spool.keep_batch(&three[1], "a", 5).expect("what is here is still acknowledged"), 2);
}

#[test]
fn one_address_cannot_take_the_whole_spool() {
    let three = batches(3);
    let (_folder, spool) =
        spool(SpoolLimits { batches_per_address: 1, photos_per_address: 1, ..SpoolLimits::default() });
    spool.keep_batch(&three[0], "a", 1).expect("kept");
    assert!(matches!(spool.keep_batch(&three[1], "a", 1), Err(ServerError::RelayFull)));
    spool.keep_batch(&three[2], "b", 1).expect("another address has its own share");
    let mut photo = upload(10);
    spool.begin_photo(&photo, "0a", "a", 1).expect("begun");
    assert_eq!(spool.begin_photo(&photo, "0b", "a", 1).expect("the same file has one upload").id, "0a");
    photo.sha256 = [2; 32];
    assert!(matches!(spool.begin_photo(&photo, "0c", "a", 1), Err(ServerError::RelayFull)));
}

#[test]
fn the_bytes_of_text_and_photos_are_limited() {
    let two = batches(2);
    let (_folder, spool) = spool(SpoolLimits { text_bytes: 10, photo_bytes: 10, ..SpoolLimits::default() });
    assert!(matches!(spool.keep_batch(&two[0], "a", 1), Err(ServerError::RelayFull)));
    assert!(matches!(spool.begin_photo(&upload(11), "0a", "a", 1), Err(ServerError::RelayFull)));
    spool.begin_photo(&upload(10), "0b", "a", 1).expect("begun");
}

#[test]
fn what_is_set_aside_is_bounded_and_the_latest_stays() {
    let three = batches(3);
    let (_folder, spool) = spool(SpoolLimits { aside: 2, ..SpoolLimits::default() });
    for (at, batch) in three.iter().enumerate() {
        spool.keep_batch(batch, "a", 1).expect("kept");
        let kept = spool.batch_after(0).expect("read").expect("one");
        spool.set_batch_aside(kept.n, "revoked", at as i64).expect("set aside");
    }
    let outside = spool.outside().expect("read");
    assert_eq!(outside.iter().map(|o| o.at_ms).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(spool.waiting().expect("read").batches, 0);
}

fn upload(length: u64) -> NewUpload {
    let doc = domain::DocId::new(1, [7; 10]);
    NewUpload { doc, kind: UploadKind::Original, sha256: [1; 32], length, mime: "image/jpeg".into() }
}

#[test]
fn a_photo_that_does_not_add_up_is_dropped_before_it_is_passed_on() {
    let (_folder, spool) = spool(SpoolLimits::default());
    spool.begin_photo(&upload(4), "0a", "a", 1).expect("begun");
    assert_eq!(spool.append_photo("0a", 0, b"ab").expect("taken"), 2);
    assert!(matches!(spool.append_photo("0a", 0, b"ab"), Err(ServerError::Offset { offset: 2 })));
    assert!(matches!(spool.append_photo("0a", 2, b"cd"), Err(ServerError::Content)));
    assert!(spool.next_photo(1).expect("read").is_none());
    assert!(matches!(spool.photo_offset("0a"), Err(ServerError::Gone)));
}
