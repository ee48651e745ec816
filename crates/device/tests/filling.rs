//! Filling records in as a person types, copying from an earlier visit, signing, and what happens after submission.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

mod common;

use common::Device;
use device::capture::{self, Signature};
use device::{Error, Result};
use domain::{DocId, DocType};

const INK: &str = "data:image/png;base64,iVBORw0KGgo=";

fn visit(device: &mut Device, site: DocId, set: &[(&str, &str)]) -> DocId {
    device.new_doc(DocType::Inspection, "noise", Some(site), set).unwrap()
}

fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect()
}

fn fill(device: &mut Device, id: DocId, pairs: &[(&str, &str)]) -> Result<Vec<domain::forms::FieldError>> {
    let (now, pairs) = (&mut device.now, typed(pairs));
    device.home.store.write(|w| capture::fill(w, now, id, &pairs))
}

#[test]
fn what_fits_is_saved_and_what_does_not_is_said() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let id = visit(&mut device, site, &[]);
    let rejected = fill(&mut device, id, &[("wind_mps", "two"), ("place", "厂界东侧"), ("rain", "false")]).unwrap();
    assert_eq!(rejected.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["wind_mps"]);
    let device = device.reopen();
    assert_eq!(device.value(id, "place"), "厂界东侧");
    assert_eq!(device.value(id, "rain"), false);
}

#[test]
fn rows_stand_in_the_order_they_were_made_and_can_be_taken_out() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let id = visit(&mut device, site, &[]);
    let add = |device: &mut Device| {
        device.wait(1);
        let now = &mut device.now;
        device.home.store.write(|w| capture::add_row(w, now, id, "points")).unwrap()
    };
    let (first, second) = (add(&mut device), add(&mut device));
    assert!(first < second);
    let now = &mut device.now;
    device.home.store.write(|w| capture::remove_row(w, now, id, "points", &first)).unwrap();
    let values = device.home.store.reader().view(id).unwrap().values;
    assert_eq!(domain::forms::row_ids(&values, "points"), [second]);
}

#[test]
fn copying_takes_people_and_instruments_but_no_measurement_and_overwrites_nothing() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let before = [
        ("officers/a/name", "王建国"),
        ("officers/a/certificate_no", "京A001"),
        ("instrument_no", "00321"),
        ("recorder", "李娜"),
        ("wind_mps", "1.2"),
        ("points/p1/name", "东厂界"),
        ("points/p1/samples", "[55.1,56.2]"),
    ];
    visit(&mut device, site, &before);
    device.wait(3600);
    let id = visit(&mut device, site, &[("recorder", "赵敏")]);
    let now = &mut device.now;
    let (_, paths) = device.home.store.write(|w| capture::copy_last_visit(w, now, id)).unwrap();
    assert!(paths.contains(&"officers/a/name".to_owned()) && paths.contains(&"points/p1/name".to_owned()));
    assert_eq!(device.value(id, "instrument_no"), "00321");
    assert_eq!(device.value(id, "recorder"), "赵敏");
    assert_eq!(device.value(id, "wind_mps"), serde_json::Value::Null);
    assert_eq!(device.value(id, "points/p1/samples"), serde_json::Value::Null);
}

#[test]
fn the_first_visit_has_nothing_to_copy_from() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let id = visit(&mut device, site, &[]);
    let now = &mut device.now;
    let error = device.home.store.write(|w| capture::copy_last_visit(w, now, id)).unwrap_err();
    assert_eq!(error.code(), "no-earlier-visit");
}

#[test]
fn a_signature_keeps_its_lines_and_its_moment_and_a_refusal_its_reason() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let id = visit(&mut device, site, &[]);
    let ink = |name: &str, role: &str| Signature { name: name.into(), role: role.into(), image: INK.into() };
    let now = &mut device.now;
    let row = device.home.store.write(|w| capture::sign(w, now, id, &ink("王建国", "officer"))).unwrap();
    let witness = ink("村民周强", "witness");
    let reason = "当事人离开现场";
    device.home.store.write(|w| capture::refuse_signature(w, now, id, reason, Some(&witness))).unwrap();
    assert_eq!(device.value(id, &format!("signatures/{row}/image")), INK);
    assert_eq!(device.value(id, &format!("signatures/{row}/signed_at")), "2026-11-23T10:00:00+08:00");
    assert_eq!(device.value(id, "refusal_note"), reason);
    let now = &mut device.now;
    let empty = device.home.store.write(|w| capture::refuse_signature(w, now, id, " ", None)).unwrap_err();
    assert_eq!(empty.code(), "reason-missing");
}

/// A bare plot's inspection that was submitted.
fn submitted(device: &mut Device) -> DocId {
    let site = device.site("bare-land", "令公村南");
    device.set(site, &[("land_type", "idle")]).unwrap();
    let set = [
        ("started_at", "2026-11-23T09:30:00+08:00"),
        ("ended_at", "2026-11-23T09:50:00+08:00"),
        ("place", "令公村南"),
        ("position", "40.53,117.13,4"),
        ("officers/a/name", "王建国"),
        ("officers/a/certificate_no", "京A001"),
        ("officers/b/name", "李娜"),
        ("officers/b/certificate_no", "京A002"),
        ("id_shown", "true"),
        ("rights_told", "true"),
        ("cover_pct", "40"),
        ("findings", "地块裸露，未苫盖"),
        ("conclusion", "problem"),
    ];
    let id = device.new_doc(DocType::Inspection, "bare-land", Some(site), &set).unwrap();
    let options = options(device, id);
    assert_eq!(options, [("submitted".to_owned(), 0)]);
    let now = &mut device.now;
    device.home.store.write(|w| capture::move_to(w, now, id, "submitted", None)).unwrap();
    id
}

fn options(device: &Device, id: DocId) -> Vec<(String, usize)> {
    let store = &device.home.store;
    let seen = store.reader().view(id).unwrap();
    let options = capture::move_options(store.reader(), &seen, store.role().unwrap()).unwrap();
    options.into_iter().map(|o| (o.to, o.missing.len())).collect()
}

#[test]
fn a_move_says_what_it_still_lacks_before_anybody_tries_it() {
    let mut device = Device::new();
    let site = device.site("bare-land", "令公村南");
    let id = device.new_doc(DocType::Inspection, "bare-land", Some(site), &[]).unwrap();
    assert!(matches!(options(&device, id).as_slice(), [(to, lacks)] if to == "submitted" && *lacks > 5));
}

#[test]
fn a_submitted_record_is_not_written_any_more_and_a_correction_stands_beside_what_was_signed() {
    let mut device = Device::new();
    let id = submitted(&mut device);
    let error = fill(&mut device, id, &[("cover_pct", "60")]).unwrap_err();
    assert_eq!(error.code(), "locked");
    let change = typed(&[("cover_pct", "60")]);
    let now = &mut device.now;
    let unexplained = device.home.store.write(|w| capture::correct(w, now, id, &change, "")).unwrap_err();
    assert_eq!(unexplained.code(), "reason-missing");
    device.home.store.write(|w| capture::correct(w, now, id, &change, "笔误")).unwrap();
    assert_eq!(device.value(id, "cover_pct"), 40);
    let values = device.home.store.reader().view(id).unwrap().values;
    let rows = domain::forms::row_ids(&values, "corrections");
    assert_eq!(device.value(id, &format!("corrections/{}/was", rows[0])), "40");
    assert_eq!(device.value(id, &format!("corrections/{}/text", rows[0])), "60");
}

#[test]
fn a_draft_needs_no_correction() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    let id = visit(&mut device, site, &[]);
    let change = typed(&[("place", "门口")]);
    let now = &mut device.now;
    let error: Error = device.home.store.write(|w| capture::correct(w, now, id, &change, "笔误")).unwrap_err();
    assert_eq!(error.code(), "not-submitted");
}

#[test]
fn the_moment_of_the_last_save_is_known_after_a_restart() {
    let mut device = Device::new();
    let site = device.site("noise", "家具厂");
    device.wait(90);
    fill(&mut device, site, &[("note", "靠近河道")]).unwrap();
    let device = device.reopen();
    let saved = device.home.store.last_saved(site).unwrap().unwrap();
    assert_eq!(saved.rfc3339(), "2026-11-23T10:01:30.000+08:00");
    assert!(device.home.store.waiting_since().unwrap().is_some());
}
