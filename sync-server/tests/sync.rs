//! Pushing and pulling: what comes back is what was sent, once, to those who may see it.

mod common;

use common::{NORTH, SOUTH, Site, text};
use domain::change::{DocKey, Op, sign_head};
use domain::register::Clock;
use domain::sync::{Batch, RefusalCode, Standing};
use domain::{ActorId, DocType, OpId, Role};
use sync_server::ServerError;

#[test]
fn what_one_device_saves_another_of_the_township_gets() {
    let site = Site::new();
    let (mut anna, mut bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    let answer = anna.sync();
    assert!(anna.refused.is_empty(), "{:?}", anna.refused);
    assert!(matches!(answer.standing, Standing::Acked { head: 1, .. }));
    let answer = bo.sync();
    assert_eq!(bo.texts(plot.id, "name"), ["a plot"]);
    let page = answer.page.expect("a page");
    assert_eq!(page.people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["anna"]);
    assert_eq!(page.devices.len(), 1);
}

#[test]
fn a_replayed_batch_is_acknowledged_and_changes_nothing() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    anna.new_site("bare-land", NORTH);
    let request = anna.request();
    let first = anna.send(&request).expect("answered");
    let again = anna.send(&request).expect("answered");
    assert_eq!(first.standing, again.standing);
    assert_eq!(first.page.map(|p| p.cursors), again.page.map(|p| p.cursors));
}

#[test]
fn concurrent_values_are_both_kept_on_every_device() {
    let site = Site::new();
    let (mut anna, mut bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    bo.sync();
    anna.set(&plot, &[("name", text("from anna"))]);
    bo.set(&plot, &[("name", text("from bo"))]);
    anna.sync();
    bo.sync();
    anna.sync();
    assert_eq!(anna.texts(plot.id, "name").len(), 2);
    assert_eq!(anna.texts(plot.id, "name"), bo.texts(plot.id, "name"));
}

#[test]
fn a_device_sees_nothing_of_another_township() {
    let site = Site::new();
    let (mut anna, mut stranger) = (site.inspector("anna", NORTH), site.inspector("stranger", SOUTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    // Not even by naming the other township's cursor.
    stranger.cursors.insert(NORTH.into(), 0);
    stranger.cursors.insert(format!("-{NORTH}"), 0);
    stranger.cursors.insert("*".into(), 0);
    let answer = stranger.sync();
    assert!(!stranger.has(plot.id));
    assert!(stranger.gone.is_empty());
    assert!(answer.page.expect("a page").cursors.keys().all(|scope| scope != NORTH));
}

#[test]
fn a_draft_without_a_township_is_seen_by_its_author_and_by_who_sees_everything() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let mut tablet = site.device_for("anna");
    let (mut bo, mut boss) = (site.inspector("bo", NORTH), site.device("boss", Role::Supervisor, None));
    let draft = anna.new_doc(DocType::Site, "bare-land", &[("name", text("somewhere"))]);
    anna.sync();
    for device in [&mut tablet, &mut bo, &mut boss] {
        device.sync();
    }
    assert!(tablet.has(draft.id) && boss.has(draft.id));
    assert!(!bo.has(draft.id));
}

#[test]
fn a_document_that_moves_arrives_whole_in_the_new_township_and_leaves_the_old_with_what_follows_it() {
    let site = Site::new();
    let mut boss = site.device("boss", Role::Supervisor, None);
    let (mut north, mut south) = (site.inspector("north", NORTH), site.inspector("south", SOUTH));
    let plot = north.new_site("bare-land", NORTH);
    let visit = north.new_doc(DocType::Inspection, "bare-land", &[("site", text(&plot.id.to_string()))]);
    let photo = north.new_doc(DocType::Photo, "-", &[("of", text(&visit.id.to_string())), ("proves", text("dust"))]);
    north.sync();
    assert!(north.refused.is_empty(), "{:?}", north.refused);
    south.sync();
    boss.sync();
    assert!(!south.has(plot.id));
    boss.set(&plot, &[("town", text(SOUTH))]);
    boss.sync();
    assert!(boss.refused.is_empty(), "{:?}", boss.refused);
    south.sync();
    north.sync();
    assert_eq!(south.texts(plot.id, "name"), ["a plot"]);
    assert_eq!(south.texts(photo.id, "proves"), ["dust"]);
    assert!(south.has(visit.id));
    for id in [plot.id, visit.id, photo.id] {
        assert!(!north.has(id) && north.gone.contains(&id));
    }
}

#[test]
fn a_reused_number_with_other_content_forks_and_a_new_number_heals_it() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    anna.new_site("bare-land", NORTH);
    anna.sync();
    let (changes, hashes, acked) = (anna.changes.clone(), anna.hashes.clone(), anna.acked);
    anna.new_site("bare-land", NORTH);
    anna.sync();
    // The store comes back from a copy and goes on.
    (anna.changes, anna.hashes, anna.acked) = (changes, hashes, acked);
    let answer = anna.send(&anna.request()).expect("answered");
    assert_eq!(answer.standing, Standing::Forked { common: 1 });
    anna.new_doc(DocType::Site, "noise", &[("name", text("other"))]);
    let answer = anna.send(&anna.request()).expect("answered");
    assert_eq!(answer.standing, Standing::Forked { common: 1 });
    let next = site.server.renumber(&anna.caller()).expect("a number");
    assert_ne!(next, anna.actor);
    anna.actor = next;
    (anna.changes, anna.hashes, anna.acked) = (Vec::new(), Vec::new(), 0);
    let other = anna.new_doc(DocType::Site, "noise", &[("name", text("other"))]);
    assert!(matches!(anna.sync().standing, Standing::Acked { head: 1, .. }));
    assert!(anna.has(other.id));
}

#[test]
fn a_gap_is_not_taken_and_the_head_is_told() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    anna.new_site("bare-land", NORTH);
    anna.new_site("bare-land", NORTH);
    let mut request = anna.request();
    request.push = anna.batch(1).into_iter().collect();
    let answer = anna.send(&request).expect("answered");
    assert!(matches!(answer.standing, Standing::Acked { head: 0, .. }));
}

#[test]
fn a_signature_by_another_key_is_refused_and_nothing_is_stored() {
    let site = Site::new();
    let (mut anna, bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    anna.new_site("bare-land", NORTH);
    let mut request = anna.request();
    let forged = sign_head(&bo.key, anna.actor, 1, &anna.hashes[0]);
    request.push = vec![Batch::pack(&anna.changes, forged)];
    assert!(matches!(anna.send(&request), Err(ServerError::Signature)));
    request.push.clear();
    assert!(matches!(anna.send(&request).expect("answered").standing, Standing::Acked { head: 0, .. }));
}

#[test]
fn another_store_and_another_devices_number_are_refused() {
    let site = Site::new();
    let (anna, bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    let mut request = anna.request();
    request.install += 1;
    assert_eq!(anna.send(&request).expect_err("refused").code(), "install-changed");
    let mut request = anna.request();
    request.actor = bo.actor;
    assert_eq!(anna.send(&request).expect_err("refused").code(), "actor-foreign");
}

#[test]
fn a_change_that_builds_on_one_that_is_not_here_waits_for_it() {
    let site = Site::new();
    let (mut anna, mut bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    // Bo has anna's change from a relay; the server does not have it yet.
    bo.docs.insert(plot.id, anna.docs[&plot.id].clone());
    bo.set(&plot, &[("name", text("renamed"))]);
    bo.set(&plot, &[("name", text("renamed again"))]);
    let answer = bo.sync();
    assert!(matches!(answer.standing, Standing::Acked { head: 2, .. }));
    let needs = OpId { actor: anna.actor, seq: 1 };
    assert_eq!(answer.waiting[0], (1, needs));
    assert_eq!(answer.waiting.len(), 2);
    anna.sync();
    assert!(bo.sync().waiting.is_empty());
    anna.sync();
    assert_eq!(anna.texts(plot.id, "name"), ["renamed again"]);
    assert!(bo.refused.is_empty());
}

#[test]
fn a_waiting_change_that_is_refused_later_is_told_later() {
    let site = Site::new();
    let (mut anna, mut bo) = (site.inspector("anna", NORTH), site.inspector("bo", SOUTH));
    let plot = anna.new_site("bare-land", NORTH);
    bo.docs.insert(plot.id, anna.docs[&plot.id].clone());
    bo.set(&plot, &[("name", text("not mine"))]);
    bo.sync();
    assert_eq!(bo.waiting.len(), 1);
    anna.sync();
    bo.sync();
    assert_eq!(bo.code_of(1), Some("scope"));
    assert!(!bo.has(plot.id), "what bo may not see is put away");
    bo.refused.clear();
    bo.sync();
    assert!(bo.refused.is_empty(), "told once");
}

#[test]
fn a_context_that_names_a_device_nobody_enrolled_is_refused_and_the_chain_goes_on() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let plot = anna.new_site("bare-land", NORTH);
    let mut forged = anna.changes[0].clone();
    forged.seq = 2;
    let context = Clock::default().with(OpId { actor: ActorId(99), seq: 1 });
    forged.docs[0].ops = vec![Op::Put { path: "name".into(), context, value: text("x") }];
    anna.push_change(forged);
    anna.set(&plot, &[("note", text("goes on"))]);
    let answer = anna.sync();
    assert!(matches!(answer.standing, Standing::Acked { head: 3, .. }));
    assert_eq!(anna.code_of(2), Some("malformed"));
    assert_eq!(anna.texts(plot.id, "name"), ["a plot"], "rebuilt from the server");
    let mut bo = site.inspector("bo", NORTH);
    bo.sync();
    assert_eq!(bo.texts(plot.id, "note"), ["goes on"]);
}

#[test]
fn what_is_refused_says_why() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let mut dust = site.device("dust", Role::DustTeam, Some(&[NORTH]));
    let plot = anna.new_site("bare-land", NORTH);
    let cases = [
        (anna.set(&plot, &[("town", text(SOUTH))]), RefusalCode::Scope),
        (anna.set(&plot, &[("town", text("u1"))]), RefusalCode::Form),
        (anna.set(&plot, &[("no_such_field", text("x"))]), RefusalCode::Form),
        (anna.set(&plot, &[("remarks/r1/text", text("x"))]), RefusalCode::Role),
        (anna.set(&plot, &[("state", text("cleared"))]), RefusalCode::Workflow),
        (anna.set(&DocKey { kind: "noise".into(), ..plot.clone() }, &[("name", text("x"))]), RefusalCode::Identity),
    ];
    let mut forged = anna.changes[0].clone();
    forged.seq = anna.changes.len() as u64 + 1;
    forged.author = dust.user;
    let seq = anna.push_change(forged);
    anna.sync();
    for (seq, code) in cases.into_iter().chain([(seq, RefusalCode::Author)]) {
        assert_eq!(anna.refused.get(&seq).map(|r| r.code), Some(code), "change {seq}");
    }
    let noise = dust.new_doc(DocType::Site, "noise", &[("name", text("x"))]);
    let own = dust.new_site("bare-land", NORTH);
    dust.sync();
    assert_eq!(dust.code_of(1), Some("role"));
    assert!(!dust.has(noise.id) && dust.has(own.id));
    assert_eq!(dust.refused.len(), 1, "{:?}", dust.refused);
}

#[test]
fn only_the_initial_state_begins_a_record_and_a_submitted_one_is_locked() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let early = anna.new_doc(DocType::Inspection, "bare-land", &[("town", text(NORTH)), ("state", text("approved"))]);
    let visit = anna.new_doc(DocType::Inspection, "bare-land", &[("town", text(NORTH)), ("state", text("draft"))]);
    let seq = anna.set(&visit, &[("state", text("submitted"))]);
    anna.sync();
    assert_eq!(anna.code_of(1), Some("workflow"));
    assert!(!anna.has(early.id));
    assert_eq!(anna.code_of(seq), Some("workflow"), "an empty record has errors");
    assert_eq!(anna.texts(visit.id, "state"), ["draft"]);
}

#[test]
fn an_operation_of_a_later_version_reaches_the_other_devices_byte_for_byte() {
    let site = Site::new();
    let (mut anna, mut bo) = (site.inspector("anna", NORTH), site.inspector("bo", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    bo.sync();
    let mut change = anna.changes[0].clone();
    let later = Op::Unknown { tag: 77, body: b"of a later version".to_vec() };
    (change.seq, change.docs[0].ops) = (2, vec![later]);
    anna.push_change(change);
    assert!(anna.sync().refused.is_empty());
    let docs = bo.sync().page.expect("a page").docs().expect("sound");
    let unknown: Vec<_> = docs.iter().filter(|d| d.key == plot).flat_map(|d| &d.unknown).collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].op, unknown[0].place), (OpId { actor: anna.actor, seq: 2 }, 0));
    assert_eq!((unknown[0].raw.tag, unknown[0].raw.body.as_slice()), (77, b"of a later version".as_slice()));
    assert!(bo.sync().page.expect("a page").docs().expect("sound").is_empty(), "told once");
    let fresh = site.device_for("bo").sync().page.expect("a page").docs().expect("sound");
    assert_eq!(fresh.iter().map(|d| d.unknown.len()).sum::<usize>(), 1, "a new device gets it too");
}
