//! Merging what others wrote: conflicts, refusals, numbers that change.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::*;
use device::capture::{self, Choice};
use device::store::Custody;
use domain::change::{GENESIS, RawOp, UnknownOp, sign_head, verify_head};
use domain::register::Clock;
use domain::sync::plan::Note;
use domain::sync::{RefusalCode, Refused};
use domain::{ActorId, DocId, DocType, OpId, Value};

fn enrolled() -> (Device, DocId) {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    device.enrol(7, person(1, "王芳"));
    (device, site)
}

#[test]
fn what_was_written_before_enrolment_is_claimed() {
    let mut device = Device::new();
    let site = device.site("bare-land", "河西地块");
    device.set(site, &[("name", "河西大地块")]).unwrap();
    device.set(site, &[("name", "河西小地块")]).unwrap();
    assert_eq!(device.enrol(7, person(1, "王芳")), 3);
    let store = &device.home.store;
    let changes = store.own_changes(1..=3, usize::MAX).unwrap();
    let mut hash = GENESIS;
    for (n, change) in changes.iter().enumerate() {
        assert_eq!((change.actor, change.seq, change.author.0), (ActorId(7), n as u64 + 1, 1));
        change.check().unwrap();
        assert!(change.seen().all(|op| op.actor == ActorId(7) && op.seq < change.seq));
        hash = change.hash(&hash);
        assert_eq!(store.own_hash(change.seq).unwrap(), Some(hash));
    }
    let key = store.device_key().unwrap();
    let signature = sign_head(&key, ActorId(7), 3, &hash);
    assert!(verify_head(&key.verifying_key().to_bytes(), ActorId(7), 3, &hash, &signature));
    assert_eq!(capture::verify(store).unwrap(), []);
    device.set(site, &[("name", "河西地块")]).unwrap();
    let shown = device.home.show(site).unwrap();
    assert_eq!(shown.values["name"], "河西地块");
    assert!(shown.conflicts.is_empty(), "{:?}", shown.conflicts);
    assert_eq!(device.home.store.check_may_enrol("http://elsewhere:1").unwrap_err().code(), "already-enrolled");
}

#[test]
fn concurrent_values_are_kept_and_shown_with_who_and_when() {
    let (mut device, site) = enrolled();
    let mut north = Remote::new(9, "李强");
    let put = north.put(Value::text("西河滩地块"), &Clock::default());
    device.apply(&north.page(&key(site, DocType::Site, "bare-land"), false, vec![("name".into(), put)]));
    let shown = device.home.show(site).unwrap();
    let candidates = &shown.conflicts["name"];
    assert_eq!(candidates.len(), 2);
    assert_eq!((candidates[0].author.as_str(), candidates[0].device), ("李强", 9));
    assert_eq!(candidates[0].value, "西河滩地块");
    assert_eq!((candidates[1].author.as_str(), candidates[1].device), ("王芳", 7));
    assert!(candidates[0].at.as_deref().unwrap().starts_with("2026-11-23T10:00:01"));
    let all = capture::conflicts(&device.home.store).unwrap();
    assert_eq!((all.len(), all[0].path.as_str()), (1, "name"));
}

#[test]
fn a_decision_settles_what_was_seen_and_nothing_else() {
    let (mut device, site) = enrolled();
    let doc = key(site, DocType::Site, "bare-land");
    let mut north = Remote::new(9, "李强");
    let put = north.put(Value::text("西河滩地块"), &Clock::default());
    device.apply(&north.page(&doc, false, vec![("name".into(), put)]));
    let on_screen = device.home.store.reader().candidates(site, "name").unwrap().iter().map(|p| p.op).collect();
    let mut south = Remote::new(11, "赵敏");
    let late = south.put(Value::text("滩地"), &Clock::default());
    device.apply(&south.page(&doc, false, vec![("name".into(), late)]));
    let now = device.now.clone();
    let keep = Choice::Keep(2);
    device.home.store.write(|w| capture::resolve(w, &now, site, "name", &keep, Some(on_screen))).unwrap();
    let shown = device.home.show(site).unwrap();
    let values: Vec<_> = shown.conflicts["name"].iter().map(|c| c.value.as_str().unwrap()).collect();
    assert_eq!(values.len(), 2);
    assert!(values.contains(&"滩地"));
    device.home.store.write(|w| capture::resolve(w, &now, site, "name", &Choice::Value("定名".into()), None)).unwrap();
    let shown = device.home.show(site).unwrap();
    assert!(shown.conflicts.is_empty());
    assert_eq!(shown.values["name"], "定名");
}

#[test]
fn a_page_taken_twice_or_in_another_order_gives_the_same() {
    let (mut device, site) = enrolled();
    let doc = key(site, DocType::Site, "bare-land");
    let mut north = Remote::new(9, "李强");
    let first = north.put(Value::text("一"), &Clock::default());
    let second = north.put(Value::text("二"), &first.clock);
    let later = north.page(&doc, false, vec![("address".into(), second)]);
    let earlier = north.page(&doc, false, vec![("address".into(), first)]);
    for page in [&later, &earlier, &later] {
        device.apply(page);
        assert_eq!(device.value(site, "address"), "二");
        assert!(device.home.show(site).unwrap().conflicts.is_empty());
    }
}

#[test]
fn a_new_document_of_others_is_listed_searched_and_titled_with_its_site() {
    let (mut device, _) = enrolled();
    let mut north = Remote::new(9, "李强");
    let (site, visit) = (DocId::new(1, [1; 10]), DocId::new(2, [2; 10]));
    let mut write = |text: &str| north.put(Value::text(text), &Clock::default());
    let visit_puts =
        vec![("site".to_owned(), write(&site.to_string())), ("started_at".into(), write("2026-11-20T09:00:00+08:00"))];
    let site_puts = vec![("name".to_owned(), write("北沟渣土场"))];
    let state = |id, t, puts| domain::sync::DocState {
        key: key(id, t, "bare-land"),
        form_version: 1,
        whole: true,
        held: None,
        puts,
        unknown: Vec::new(),
    };
    let docs = vec![state(visit, DocType::Inspection, visit_puts), state(site, DocType::Site, site_puts)];
    device.apply(&north.page_of(docs));
    let mut titles = device.search("渣土");
    titles.sort();
    assert_eq!(titles, ["北沟渣土场", "北沟渣土场 2026-11-20"]);
    assert_eq!(device.home.store.custody(site, &[]).unwrap(), Custody::Server);
    assert_eq!(device.home.store.cursors().unwrap()["110118101"], 7);
}

#[test]
fn a_record_is_on_the_server_only_when_its_photos_are() {
    let (mut device, site) = enrolled();
    let file = photo(device.path(), "a.jpg", 10);
    let picture = capture::take_in(&device.home.store.photos_dir(), &file, Some("现状"), None).unwrap();
    let given = capture::Given { photos: vec![picture], ..Default::default() };
    let now = &mut device.now;
    let added = device.home.store.write(|w| capture::add_photos(w, now, site, &given)).unwrap();
    let again = device.home.store.write(|w| capture::add_photos(w, now, site, &given)).unwrap();
    assert!(again[0].known && again[0].id == added[0].id);
    device.home.store.note(&[Note::Acked(2)]).unwrap();
    let shown = device.home.show(site).unwrap();
    assert_eq!((shown.custody, shown.photos[0].custody), (Custody::Device, Custody::Device));
    assert_eq!(device.home.list(&Default::default()).unwrap().rows[0].custody, Custody::Device);
    let left = device.home.store.left().unwrap();
    assert_eq!((left.records, left.photos), (0, 1));
    let upload = device.home.store.next_uploads(device::sync::UploadFile::Original, 9).unwrap().remove(0);
    assert!(upload.path.exists());
    device.home.store.mark_sent(&upload).unwrap();
    assert_eq!(device.home.show(site).unwrap().custody, Custody::Server);
    assert_eq!(device.home.list(&Default::default()).unwrap().rows[0].custody, Custody::Server);
    device.home.store.note(&[Note::Epoch([3; 16])]).unwrap();
    assert_eq!(device.home.show(site).unwrap().custody, Custody::Device);
}

fn refuse(seq: u64, doc: DocId) -> Refused {
    let (zh, en) = ("不在本人镇街".to_owned(), "outside your townships".to_owned());
    Refused { seq, code: RefusalCode::Scope, zh, en, docs: vec![doc] }
}

#[test]
fn a_refused_change_is_undone_and_stays_readable() {
    let (mut device, site) = enrolled();
    let doc = key(site, DocType::Site, "bare-land");
    device.home.store.note(&[Note::Acked(1)]).unwrap();
    device.set(site, &[("name", "越权改名")]).unwrap();
    device.set(site, &[("address", "河西路 3 号")]).unwrap();
    let actor = device.home.store.actor().unwrap();
    device.home.store.take_refused(actor, &[refuse(2, site)]).unwrap();
    device.home.store.note(&[Note::Acked(2)]).unwrap();
    assert_eq!(device.value(site, "name"), "河西地块");
    let mut server = Remote::new(9, "李强");
    let name = server.put(Value::text("服务器上的名称"), &Clock::default());
    device.apply(&server.page(&doc, true, vec![("name".into(), name)]));
    let shown = device.home.show(site).unwrap();
    assert_eq!(shown.values["address"], "河西路 3 号");
    assert_eq!(shown.refused.len(), 1);
    assert_eq!(shown.refused[0].values["name"], "越权改名");
    assert!(shown.conflicts.values().flatten().all(|c| c.value != "越权改名"));
}

#[test]
fn a_refused_new_document_stays_readable() {
    let (mut device, site) = enrolled();
    let actor = device.home.store.actor().unwrap();
    device.home.store.take_refused(actor, &[refuse(1, site)]).unwrap();
    let shown = device.home.show(site).unwrap();
    assert!(shown.values.is_empty());
    assert_eq!(shown.refused[0].values["name"], "河西地块");
    assert_eq!(device.home.list(&Default::default()).unwrap().rows[0].state, "refused");
}

#[test]
fn a_copied_device_takes_a_new_number_for_what_the_server_has_not() {
    let (mut device, site) = enrolled();
    device.set(site, &[("name", "甲")]).unwrap();
    device.home.store.note(&[Note::Acked(2)]).unwrap();
    device.set(site, &[("name", "乙")]).unwrap();
    device.set(site, &[("name", "丙"), ("address", "x")]).unwrap();
    device.home.store.renumber(2, ActorId(12)).unwrap();
    let have = device.home.store.have().unwrap();
    assert_eq!((have.head, have.acked), (2, 0));
    let changes = device.home.store.own_changes(1..=2, usize::MAX).unwrap();
    assert!(changes.iter().all(|c| c.actor == ActorId(12) && c.check().is_ok()));
    assert!(changes[0].seen().any(|op| (op.actor, op.seq) == (ActorId(7), 2)));
    device.set(site, &[("name", "丁")]).unwrap();
    let shown = device.home.show(site).unwrap();
    assert_eq!(shown.values["name"], "丁");
    assert!(shown.conflicts.is_empty());
    assert_eq!(capture::verify(&device.home.store).unwrap(), []);
}

#[test]
fn a_document_out_of_sight_is_put_away_unless_it_holds_something_unsent() {
    let (mut device, site) = enrolled();
    let mut page = Remote::new(9, "李强").page_of(Vec::new());
    page.gone = vec![site];
    device.apply(&page);
    assert_eq!(device.search("河西").len(), 1);
    device.home.store.note(&[Note::Acked(1)]).unwrap();
    device.apply(&page);
    assert!(device.search("河西").is_empty());
    assert_eq!(device.home.show(site).unwrap_err().code(), "unknown-document");
}

#[test]
fn a_signature_that_is_not_this_devices_is_found() {
    let (mut device, site) = enrolled();
    device.set(site, &[("note", "一")]).unwrap();
    device.home.store.note(&[Note::Acked(2)]).unwrap();
    assert_eq!(capture::verify(&device.home.store).unwrap(), []);
    device.tamper("update signed_heads set signature = zeroblob(64)");
    let faults = capture::verify(&device.home.store).unwrap();
    assert_eq!(faults.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["signature"]);
    device.tamper("delete from signed_heads");
    assert_eq!(capture::verify(&device.home.store).unwrap()[0].code, "signature");
}

#[test]
fn an_operation_of_a_later_version_is_kept() {
    let (mut device, site) = enrolled();
    let north = Remote::new(9, "李强");
    let op = OpId { actor: north.actor, seq: 3 };
    let raw = RawOp { tag: 77, body: b"later".to_vec() };
    let mut state = north.state(&key(site, DocType::Site, "bare-land"), Vec::new());
    state.unknown.push(UnknownOp { op, place: 0, raw: raw.clone() });
    let page = north.page_of(vec![state]);
    device.apply(&page);
    device.apply(&page);
    let kept = device.home.store.unknown_ops(site).unwrap();
    assert_eq!(kept, [UnknownOp { op, place: 0, raw }]);
}

#[test]
fn edited_here_and_deleted_there_is_a_conflict_to_see() {
    let (mut device, site) = enrolled();
    let mut north = Remote::new(9, "李强");
    let gone = north.put(Value::text("deleted"), &Clock::default());
    device.wait(600);
    device.set(site, &[("address", "河西路")]).unwrap();
    device.apply(&north.page(&key(site, DocType::Site, "bare-land"), false, vec![("lifecycle".into(), gone)]));
    let shown = device.home.show(site).unwrap();
    assert!(shown.conflicts.contains_key("lifecycle") && !shown.deleted);
    assert_eq!(device.search("河西").len(), 1);
}

#[test]
fn a_clock_far_ahead_moves_nobody_elses() {
    let (mut device, site) = enrolled();
    let mut wild = Remote::new(9, "李强");
    wild.unix_ms += 10 * 365 * 86_400_000;
    let put = wild.put(Value::text("未来"), &Clock::default());
    device.apply(&wild.page(&key(site, DocType::Site, "bare-land"), false, vec![("address".into(), put)]));
    device.set(site, &[("note", "现在")]).unwrap();
    let change = device.home.store.own_changes(2..=2, usize::MAX).unwrap().remove(0);
    assert!((change.hlc.unix_ms() - TEN_O_CLOCK_MS).abs() < 60_000);
}
