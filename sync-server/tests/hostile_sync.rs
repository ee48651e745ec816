//! Devices that lie in what they push: each lie gets a stable answer, nothing of it counts, and others go on.

mod common;

use std::collections::BTreeSet;

use common::{Device, NORTH, SOUTH, Site, initial, text};
use domain::change::{Change, DocKey, DocWrites, Op, sign_head};
use domain::clock::{Hlc, WallTime};
use domain::forms::Catalogue;
use domain::register::Clock;
use domain::sync::{Batch, Left, RefusalCode, RelayedStanding, Standing, open, seal};
use domain::{ActorId, DocType, OpId, Role, Seq, Value};
use sync_server::limits::{BATCHES_MAX, NUMBERS_PER_DEVICE_MAX};
use sync_server::storage::read;
use sync_server::{Config, Server};

/// A change that writes one field, with a context of the forger's choice.
fn forged(device: &Device, key: &DocKey, context: &[(u32, u64)]) -> Change {
    let seq = device.changes.len() as Seq + 1;
    let context = Clock(context.iter().map(|&(actor, seq)| (ActorId(actor), seq)).collect());
    let hlc = Hlc::from_unix_ms(1_795_437_000_000 + seq as i64);
    let ops = vec![Op::Put { path: "name".into(), context, value: text("forged") }];
    let docs = vec![DocWrites { doc: key.clone(), form_version: 1, ops }];
    let wall = WallTime { unix_ms: hlc.unix_ms(), ..WallTime::default() };
    Change { actor: device.actor, seq, author: device.user, hlc, wall, at: None, docs }
}

fn of_two() -> (Site, Device, Device, DocKey) {
    let site = Site::new();
    let (mut anna, mut thief) = (site.inspector("anna", NORTH), site.inspector("thief", NORTH));
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    thief.sync();
    (site, anna, thief, plot)
}

fn name_seen_by(device: &mut Device, plot: &DocKey) -> Vec<String> {
    device.sync();
    device.texts(plot.id, "name")
}

#[test]
fn changes_under_another_devices_number_need_that_devices_signature() {
    let (_site, mut anna, mut thief, plot) = of_two();
    thief.set(&plot, &[("name", text("mine"))]);
    let mut forged = forged(&thief, &plot, &[]);
    (forged.actor, forged.seq) = (anna.actor, 2);
    let hash = forged.hash(&anna.hashes[0]);
    let mut request = thief.request();
    // A relay passes on what others signed; this one signed it itself.
    request.push = vec![Batch::pack(&[forged], sign_head(&thief.key, anna.actor, 2, &hash))];
    let answer = thief.send(&request).expect("answered");
    let refused = RelayedStanding::Refused { code: "signature-invalid".into() };
    assert_eq!(answer.relayed, [(anna.actor, refused)]);
    assert_eq!(name_seen_by(&mut anna, &plot), ["a plot"]);
}

#[test]
fn a_signature_of_another_length_of_another_head_or_of_nothing_is_refused() {
    let (_site, _anna, mut thief, plot) = of_two();
    thief.set(&plot, &[("name", text("x"))]);
    let honest = thief.request();
    let hash = thief.hashes[0];
    for signature in
        [[0; 64], sign_head(&thief.key, thief.actor, 2, &hash), sign_head(&thief.key, ActorId(1), 1, &hash)]
    {
        let mut request = honest.clone();
        request.push = vec![Batch::pack(&thief.changes, signature)];
        assert_eq!(thief.send(&request).expect_err("refused").code(), "signature-invalid");
    }
    for length in [0, 63, 65] {
        let mut request = honest.clone();
        request.push[0].signature.resize(length, 0);
        assert_eq!(thief.send(&request).expect_err("refused").code(), "signature-invalid");
    }
    thief.send(&honest).expect("the honest one is taken");
}

#[test]
fn a_used_number_with_other_content_forks_and_leaves_the_first_content() {
    let (site, mut anna, mut thief, plot) = of_two();
    thief.set(&plot, &[("name", text("first"))]);
    thief.sync();
    let op = OpId { actor: thief.actor, seq: 1 };
    let before = read(site.server.storage(), |tx| tx.change_hash(op)).expect("read");
    let mut other = forged(&thief, &plot, &[]);
    other.seq = 1;
    let hash = other.hash(&domain::change::GENESIS);
    let mut request = thief.request();
    (request.head, request.acked) = (1, None);
    request.push = vec![Batch::pack(&[other], sign_head(&thief.key, thief.actor, 1, &hash))];
    assert_eq!(thief.send(&request).expect("answered").standing, Standing::Forked { common: 0 });
    assert_eq!(read(site.server.storage(), |tx| tx.change_hash(op)).expect("read"), before);
    assert_eq!(name_seen_by(&mut anna, &plot), ["first"]);
}

#[test]
fn numbers_at_the_end_of_their_range_are_answered_and_move_nothing() {
    let (_site, mut anna, thief, plot) = of_two();
    let honest = thief.request();
    let batch = |seq: Seq, change: &Change| Batch::pack(&[Change { seq, ..change.clone() }], [0; 64]);
    let one = forged(&thief, &plot, &[]);
    for first in [0, 2, 1 << 32, u64::MAX >> 1, u64::MAX - 1, u64::MAX] {
        let mut request = honest.clone();
        request.push = vec![batch(first, &one)];
        match thief.send(&request) {
            Ok(answer) => {
                assert!(matches!(answer.standing, Standing::Acked { head: 0, .. } | Standing::Forked { common: 0 }))
            }
            Err(error) => assert_eq!(error.code(), "batch-invalid", "first {first}"),
        }
    }
    for most in [u64::MAX, u64::MAX >> 1, 1 << 63] {
        let mut request = honest.clone();
        (request.head, request.acked) = (most, Some((most, [7; 32])));
        request.left = Left { records: u32::MAX, photos: u32::MAX, photo_bytes: most };
        (request.now.unix_ms, request.now.offset_min) = (i64::MIN, i16::MAX);
        request.pull = Some([(NORTH.into(), most), (format!("-{NORTH}"), most), ("*".into(), most)].into());
        (request.page_bytes, request.epoch) = (0, thief.epoch);
        let answer = thief.send(&request).expect("answered");
        assert!(matches!(answer.standing, Standing::Acked { head: 0, .. }), "{:?}", answer.standing);
    }
    assert_eq!(name_seen_by(&mut anna, &plot), ["a plot"]);
}

#[test]
fn an_install_number_is_compared_whole() {
    let (_site, _anna, thief, _plot) = of_two();
    for install in [0, u64::MAX, thief.install ^ 1, thief.install ^ (1 << 63)] {
        let mut request = thief.request();
        request.install = install;
        assert_eq!(thief.send(&request).expect_err("refused").code(), "install-changed");
    }
}

#[test]
fn a_clock_from_the_future_is_kept_as_written_and_moves_no_other_clock() {
    let (_site, mut anna, mut thief, plot) = of_two();
    for (seq, hlc) in [(1, Hlc::from_unix_ms(4_000_000_000_000)), (2, Hlc(u64::MAX)), (3, Hlc(0))] {
        let context = thief.context(plot.id, "name");
        let mut change = forged(&thief, &plot, &[]);
        change.docs[0].ops = vec![Op::Put { path: "name".into(), context, value: text(&format!("from {seq}")) }];
        (change.hlc, change.wall.unix_ms) = (hlc, i64::MAX);
        thief.push_change(change);
    }
    thief.sync();
    assert!(thief.refused.is_empty(), "{:?}", thief.refused);
    assert_eq!(name_seen_by(&mut anna, &plot), ["from 3"], "what was seen decides, not the clock");
    anna.set(&plot, &[("name", text("now"))]);
    anna.sync();
    assert_eq!(name_seen_by(&mut thief, &plot), ["now"]);
    let mine = Hlc::from_unix_ms(1_795_437_000_000);
    assert_eq!(mine.seen(Hlc(u64::MAX), 1_795_437_000_000), mine);
}

#[test]
fn a_context_that_claims_the_future_of_another_waits_and_swallows_nothing() {
    let (_site, mut anna, mut thief, plot) = of_two();
    let future = forged(&thief, &plot, &[(anna.actor.0, u64::MAX)]);
    thief.push_change(future);
    let answer = thief.sync();
    assert_eq!(answer.waiting, [(1, OpId { actor: anna.actor, seq: u64::MAX })]);
    anna.set(&plot, &[("name", text("written later"))]);
    anna.sync();
    assert_eq!(name_seen_by(&mut anna, &plot), ["written later"]);
    assert_eq!(thief.sync().waiting.len(), 1, "still waiting, and told so");
}

#[test]
fn contexts_that_cannot_be_are_refused_as_malformed_and_the_chain_goes_on() {
    let (_site, mut anna, mut thief, plot) = of_two();
    let own = thief.actor.0;
    let cases: Vec<Vec<(u32, u64)>> = vec![
        vec![(99, 1)],
        vec![(u32::MAX, u64::MAX)],
        vec![(0, 1)],
        vec![(anna.actor.0, 0)],
        vec![(own, u64::MAX)],
        (1000..11_000).map(|actor| (actor, 1)).collect(),
        std::iter::once((anna.actor.0, 1)).chain((1000..11_000).map(|actor| (actor, u64::MAX))).collect(),
    ];
    for context in &cases {
        let change = forged(&thief, &plot, context);
        thief.push_change(change);
    }
    let own_next = forged(&thief, &plot, &[(own, cases.len() as u64 + 1)]);
    thief.push_change(own_next);
    thief.docs.clear();
    thief.set(&plot, &[("note", text("goes on"))]);
    thief.sync();
    for seq in 1..=cases.len() as u64 + 1 {
        assert_eq!(thief.code_of(seq), Some("malformed"), "change {seq}");
    }
    assert!(thief.waiting.is_empty());
    assert_eq!(name_seen_by(&mut anna, &plot), ["a plot"]);
    assert_eq!(anna.texts(plot.id, "note"), ["goes on"]);
}

#[test]
fn a_change_that_is_not_well_formed_is_refused_and_makes_no_document() {
    let (site, _anna, mut thief, plot) = of_two();
    let fresh = |thief: &mut Device| DocKey { id: thief.new_id(), ..plot.clone() };
    let (empty, twice) = (fresh(&mut thief), fresh(&mut thief));
    let mut change = forged(&thief, &empty, &[]);
    change.docs[0].ops.clear();
    thief.push_change(change);
    let mut change = forged(&thief, &twice, &[]);
    let again = DocWrites { doc: DocKey { kind: "noise".into(), ..twice.clone() }, ..change.docs[0].clone() };
    change.docs.push(again);
    thief.push_change(change);
    let mut change = forged(&thief, &plot, &[]);
    let mut at = domain::Position::from_degrees(0.0, 0.0).expect("on the globe");
    at.at.lat_ndeg = i64::MAX;
    change.at = Some(at);
    thief.push_change(change);
    let nested = Value::List(vec![Value::Null; 20_001]);
    thief.set(&plot, &[("note", nested)]);
    thief.set(&plot, &[("note", Value::text("x".repeat(64 * 1024 + 1)))]);
    thief.sync();
    for seq in 1..=5 {
        assert_eq!(thief.code_of(seq), Some("malformed"), "change {seq}");
    }
    for key in [empty, twice] {
        assert!(read(site.server.storage(), |tx| tx.doc(key.id)).expect("read").is_none());
    }
}

#[test]
fn one_batch_more_than_the_limit_is_refused_and_the_limit_itself_is_taken() {
    let (_site, _anna, mut thief, plot) = of_two();
    let mut request = thief.request();
    for _ in 0..BATCHES_MAX {
        thief.set(&plot, &[("note", text("x"))]);
        let (change, hash) = (thief.changes.last().expect("one"), thief.hashes.last().expect("one"));
        let signature = sign_head(&thief.key, thief.actor, change.seq, hash);
        request.push.push(Batch::pack(std::slice::from_ref(change), signature));
    }
    request.head = thief.changes.len() as Seq;
    let mut more = request.clone();
    more.push.push(request.push[0].clone());
    assert_eq!(thief.send(&more).expect_err("refused").code(), "batch-invalid");
    let answer = thief.send(&request).expect("answered");
    assert!(matches!(answer.standing, Standing::Acked { head, .. } if head == BATCHES_MAX as u64));
}

#[test]
fn a_change_of_one_mebibyte_is_taken_and_a_larger_one_stops_before_anything_counts() {
    let (_site, _anna, mut thief, plot) = of_two();
    let of = |bytes: usize| {
        let mut change = forged(&thief, &plot, &[]);
        change.docs[0].ops = vec![Op::Unknown { tag: 77, body: vec![1; 10] }];
        let rest = change.encode().len();
        // The length of the body takes three bytes instead of one.
        change.docs[0].ops = vec![Op::Unknown { tag: 77, body: vec![1; bytes - rest + 10 - 2] }];
        assert_eq!(change.encode().len(), bytes);
        change
    };
    let (largest, larger) = (of(1024 * 1024), of(1024 * 1024 + 1));
    let honest = thief.request();
    let mut request = honest.clone();
    let hash = larger.hash(&domain::change::GENESIS);
    request.push = vec![Batch::pack(&[larger], sign_head(&thief.key, thief.actor, 1, &hash))];
    request.head = 1;
    assert_eq!(thief.send(&request).expect_err("refused").code(), "change-too-large");
    assert!(matches!(thief.send(&honest).expect("answered").standing, Standing::Acked { head: 0, .. }));
    thief.push_change(largest);
    assert!(matches!(thief.sync().standing, Standing::Acked { head: 1, .. }));
}

#[test]
fn operations_nobody_knows_here_are_kept_hashed_and_write_nothing() {
    let (site, mut anna, mut thief, plot) = of_two();
    let mut change = forged(&thief, &plot, &[]);
    let strange = [(1, vec![]), (255, vec![0xFF; 300]), (0, vec![0xC3, 0x28])];
    change.docs[0].ops = strange.into_iter().map(|(tag, body)| Op::Unknown { tag, body }).collect();
    let bytes = change.encode();
    thief.push_change(change);
    thief.sync();
    assert!(thief.refused.is_empty());
    let stored = read(site.server.storage(), |tx| tx.change(OpId { actor: thief.actor, seq: 1 })).expect("read");
    let stored = stored.expect("kept");
    assert_eq!((stored.body, stored.hash), (bytes, thief.hashes[0]));
    assert_eq!(name_seen_by(&mut anna, &plot), ["a plot"]);
}

#[test]
fn a_form_version_nobody_knows_here_is_kept_and_shown_by_that_form_once_it_comes() {
    let site = Site::on_disk();
    let mut anna = site.inspector("anna", NORTH);
    let plot = anna.new_site("bare-land", NORTH);
    let mut change = forged(&anna, &plot, &[(anna.actor.0, 1)]);
    change.docs[0].form_version = 2;
    let new_field = Op::Put { path: "fence_m".into(), context: Clock::default(), value: Value::number(120.into()) };
    change.docs[0].ops.push(new_field);
    anna.push_change(change);
    anna.sync();
    assert!(anna.refused.is_empty(), "{:?}", anna.refused);
    let caller = anna.caller();
    assert_eq!(site.server.show(&caller, plot.id).expect("shown").values["fence_m"], 120);
    let source =
        Catalogue::embedded().files().iter().find(|f| f.name.contains("bare-land")).expect("a form").text.clone();
    let newer = source.replacen("version = 1", "version = 2", 1);
    let newer = newer.replacen(
        "fields = [",
        "fields = [\n  { id = \"fence_m\", type = \"decimal\", zh = \"围挡\", en = \"Fence\" },",
        1,
    );
    let forms = Catalogue::with_files(Catalogue::embedded(), [("bare-land-2.toml", newer)]).expect("a form");
    let (environment, _clock) = common::environment_from(7);
    let again = Server::open(Config { data: site.data.path().into(), forms, environment }).expect("opens");
    let shown = again.show(&again.authenticate(&anna.token).expect("known"), plot.id).expect("shown");
    assert_eq!((shown.form_version, &shown.values["fence_m"]), (2, &serde_json::json!(120)));
    // From now on the form judges.
    anna.server = std::sync::Arc::new(again);
    let mut change = forged(&anna, &plot, &[(anna.actor.0, 2)]);
    change.docs[0].form_version = 2;
    change.docs[0].ops = vec![Op::Put { path: "fence_m".into(), context: Clock::default(), value: text("long") }];
    let seq = anna.push_change(change);
    anna.sync();
    assert_eq!(anna.code_of(seq), Some("form"));
}

/// Who may make what, and write what of what others made: role, what it is, whether it is taken.
#[test]
fn every_role_writes_what_it_may_and_nothing_else() {
    let site = Site::new();
    let mut boss = site.device("boss", Role::Supervisor, None);
    let land = boss.new_site("bare-land", NORTH);
    let noise = boss.new_site("noise", NORTH);
    let elsewhere = boss.new_site("bare-land", SOUTH);
    let of = |key: &DocKey| text(&key.id.to_string());
    let visit = boss.new_doc(DocType::Inspection, "bare-land", &[("site", of(&land)), ("state", text("draft"))]);
    let task =
        boss.new_doc(DocType::Task, "bare-land", &[("site", of(&land)), ("why", text("go")), ("state", text("open"))]);
    boss.sync();
    assert!(boss.refused.is_empty(), "{:?}", boss.refused);
    for role in Role::ALL {
        let mut device = site.device(role.as_str(), role, Some(&[NORTH]));
        device.sync();
        let (supervises, all) = (matches!(role, Role::Supervisor | Role::Admin), role != Role::DustTeam);
        let mut cases: Vec<(Seq, &str, bool)> = Vec::new();
        let mut case = |seq: Seq, what: &'static str, may: bool| cases.push((seq, what, may));
        device.new_site("bare-land", NORTH);
        case(device.changes.len() as Seq, "a new bare plot", true);
        device.new_site("noise", NORTH);
        case(device.changes.len() as Seq, "a new noise point", all);
        device.new_site("bare-land", SOUTH);
        case(device.changes.len() as Seq, "a plot of another township", false);
        device.new_doc(DocType::Task, "bare-land", &[("site", of(&land)), ("why", text("x"))]);
        case(device.changes.len() as Seq, "a new task", supervises);
        device.new_doc(DocType::Inspection, "noise", &[("site", of(&noise))]);
        case(device.changes.len() as Seq, "a noise inspection", all);
        device.new_doc(DocType::Photo, "-", &[("of", of(&noise)), ("proves", text("x"))]);
        case(device.changes.len() as Seq, "a photo of a noise point", all);
        device.new_doc(DocType::Photo, "-", &[("of", of(&elsewhere)), ("proves", text("x"))]);
        case(device.changes.len() as Seq, "a photo of a plot elsewhere", false);
        case(device.set(&task, &[("why", text("other"))]), "what a task is about", supervises);
        case(device.set(&task, &[("answer", text("done"))]), "the answer to a task", true);
        case(device.set(&visit, &[("remarks/r1/text", text("x"))]), "a remark", supervises);
        case(device.set(&land, &[("town", text(SOUTH))]), "to another township", false);
        case(device.set(&noise, &[("name", text("x"))]), "the name of a noise point", all);
        case(device.set(&elsewhere, &[("name", text("x"))]), "the name of a plot elsewhere", false);
        device.sync();
        for (seq, what, may) in cases {
            assert_eq!(!device.refused.contains_key(&seq), may, "{role}: {what}: {:?}", device.refused.get(&seq));
        }
    }
    boss.sync();
    assert_eq!(boss.texts(elsewhere.id, "name"), ["a plot"]);
}

#[test]
fn every_role_at_every_state_is_judged_by_the_list_of_moves() {
    let kinds = [
        (DocType::Site, "bare-land"),
        (DocType::Site, "noise"),
        (DocType::Site, "voc"),
        (DocType::Site, "outfall"),
        (DocType::Inspection, "bare-land"),
        (DocType::Task, "bare-land"),
    ];
    let mut refused = 0;
    for (doc_type, kind) in kinds {
        let workflow = Catalogue::embedded().form(doc_type, kind).and_then(|f| f.workflow.clone()).expect("a workflow");
        let states: BTreeSet<String> = workflow.states.iter().map(|s| s.id.clone()).collect();
        for role in Role::ALL {
            let site = Site::new();
            let mut boss = site.device("boss", Role::Supervisor, Some(&[NORTH]));
            let mut device = site.device("x", role, Some(&[NORTH]));
            for state in states.iter().filter(|s| **s != workflow.initial) {
                let first = if doc_type == DocType::Site { initial(kind) } else { &workflow.initial };
                let doc = boss.new_doc(doc_type, kind, &[("town", text(NORTH)), ("state", text(first))]);
                boss.sync();
                device.sync();
                if !device.has(doc.id) {
                    continue;
                }
                let seq = device.set(&doc, &[("state", text(state))]);
                device.sync();
                let listed = workflow
                    .moves
                    .iter()
                    .any(|m| m.to == *state && m.from.contains(&workflow.initial) && m.roles.contains(&role));
                let taken = !device.refused.contains_key(&seq);
                let admin = role == Role::Admin
                    && workflow.moves.iter().any(|m| m.to == *state && m.from.contains(&workflow.initial));
                assert!(!taken || listed || admin, "{role} moved {kind} from {} to {state}", workflow.initial);
                if !taken {
                    refused += 1;
                    assert!(
                        matches!(device.refused[&seq].code, RefusalCode::Role | RefusalCode::Workflow),
                        "{:?}",
                        device.refused[&seq]
                    );
                    boss.sync();
                    assert_eq!(boss.texts(doc.id, "state"), [first]);
                }
            }
            let doc = boss.new_doc(doc_type, kind, &[("town", text(NORTH)), ("state", text(&workflow.initial))]);
            boss.sync();
            device.sync();
            // Nor by a state nobody knows, by emptying it, or under a form version nobody knows.
            for value in [text("no-such-state"), Value::Null, Value::Bool(true)] {
                let seq = device.set(&doc, &[("state", value)]);
                device.sync();
                assert!(device.refused.contains_key(&seq), "{role} {kind}");
            }
        }
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn a_form_version_nobody_knows_does_not_open_a_move() {
    let (_site, mut anna, mut thief, plot) = of_two();
    for state in ["cleared", "treating", "no-such-state"] {
        let context = thief.context(plot.id, "state");
        let mut change = forged(&thief, &plot, &[]);
        change.docs[0].form_version = u32::MAX;
        change.docs[0].ops = vec![Op::Put { path: "state".into(), context, value: text(state) }];
        let seq = thief.push_change(change);
        thief.sync();
        assert!(matches!(thief.code_of(seq), Some("role" | "workflow")), "{state}: {:?}", thief.code_of(seq));
    }
    anna.sync();
    assert_eq!(anna.texts(plot.id, "state"), ["to-verify"]);
}

#[test]
fn nothing_of_another_township_comes_by_a_parent_a_refusal_or_a_cursor() {
    let site = Site::new();
    let (mut south, mut thief) = (site.inspector("south", SOUTH), site.inspector("thief", NORTH));
    let secret = south.new_site("bare-land", SOUTH);
    south.sync();
    // A change to it is refused; the answer tells nothing that the device did not say itself.
    let seq = thief.set(&secret, &[("name", text("x"))]);
    thief.cursors =
        [(SOUTH.to_owned(), 0), (format!("u{}", south.user.0), 0), ("*".into(), 0), (format!("-{SOUTH}"), 0)].into();
    thief.epoch = Some(site.server.epoch());
    let answer = thief.sync();
    assert_eq!(thief.code_of(seq), Some("scope"));
    assert!(!thief.has(secret.id));
    let page = answer.page.expect("a page");
    assert!(page.people.iter().all(|p| p.name != "south"), "{:?}", page.people);
    // What the device wrote to it is told to put away, whether it exists or not.
    assert!(page.gone.iter().all(|id| *id == secret.id), "{:?}", page.gone);
    assert!(page.cursors.keys().all(|scope| !scope.contains(SOUTH)));
}

#[test]
fn a_device_takes_so_many_numbers_and_no_more() {
    let site = Site::new();
    let anna = site.inspector("anna", NORTH);
    for _ in 1..NUMBERS_PER_DEVICE_MAX {
        site.server.renumber(&anna.caller()).expect("a number");
    }
    assert_eq!(site.server.renumber(&anna.caller()).expect_err("refused").code(), "numbers-too-many");
    let bo = site.inspector("bo", NORTH);
    site.server.renumber(&bo.caller()).expect("another device is free");
}

#[test]
fn a_request_that_is_cut_or_flipped_anywhere_is_refused_or_changes_nothing_of_others() {
    let (_site, mut anna, mut thief, plot) = of_two();
    thief.set(&plot, &[("note", text("honest"))]);
    let body = seal(&thief.request());
    for at in 0..body.len() {
        let mut flipped = body.clone();
        flipped[at] ^= 1 << (at % 8);
        for broken in [&body[..at], &flipped] {
            if let Ok(request) = open(broken) {
                let _answered = thief.send(&request);
            }
        }
    }
    assert_eq!(name_seen_by(&mut anna, &plot), ["a plot"]);
    thief.sync();
    assert_eq!(thief.acked, 1);
}
