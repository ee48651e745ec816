//! The bytes that travel and are hashed, kept as files: what an earlier program wrote is read, and the same is written.
//!
//! A change of these files is a change of the protocol, to be named in `docs/sync-protocol.md`. `make golden` writes them.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::PathBuf;

use domain::change::{Change, DocKey, DocWrites, GENESIS, Op, RawOp, UnknownOp, sign_head, verify_head};
use domain::clock::{Hlc, TimeSource, WallTime};
use domain::register::{Clock, Put};
use domain::sync::{
    Batch, DeviceInfo, DocState, Left, PageBuilder, Person, RefusalCode, Refused, RelayedStanding, Stamp, Standing,
    SyncRequest, SyncResponse, open, seal,
};
use domain::{ActorId, DocId, DocType, Number, OpId, Position, PositionSource, Role, UserId, Value, Vertex};
use ed25519_dalek::SigningKey;
use rust_decimal_macros::dec;
use serde::Serialize;

const TEN_O_CLOCK_MS: i64 = 1_795_399_200_000;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The bytes of a golden file, which are also what this program gives; with `SHANXUN_WRITE_GOLDEN` it is written first.
fn golden(name: &str, given: &[u8]) -> Vec<u8> {
    if std::env::var_os("SHANXUN_WRITE_GOLDEN").is_some() {
        let lines: Vec<String> =
            hex::encode(given).as_bytes().chunks(120).map(|c| String::from_utf8_lossy(c).into()).collect();
        std::fs::write(file(name), lines.join("\n") + "\n").unwrap();
    }
    let text = std::fs::read_to_string(file(name)).unwrap();
    let kept = hex::decode(text.split_whitespace().collect::<String>()).unwrap();
    assert_eq!(
        hex::encode(given),
        hex::encode(&kept),
        "{name}: the format changed; if that is meant, run `make golden` and name it in docs/sync-protocol.md"
    );
    kept
}

fn doc(n: u8) -> DocId {
    DocId::new(TEN_O_CLOCK_MS.unsigned_abs(), [n; 10])
}

fn key(n: u8, doc_type: DocType, kind: &str) -> DocKey {
    DocKey { id: doc(n), doc_type, kind: kind.into() }
}

fn clock(entries: &[(u32, u64)]) -> Clock {
    entries.iter().fold(Clock::default(), |clock, &(actor, seq)| clock.with(OpId { actor: ActorId(actor), seq }))
}

fn position() -> Position {
    let at = Vertex { lon_ndeg: 116_843_000_000, lat_ndeg: 40_376_000_000, accuracy_mm: Some(4_500) };
    Position { at, source: PositionSource::Gnss, age_s: Some(3), height_cm: Some(15_230) }
}

fn wall(step: i64) -> WallTime {
    WallTime { unix_ms: TEN_O_CLOCK_MS + step, offset_min: 480, source: TimeSource::Gnss, doubt_ms: Some(20) }
}

/// One value of every kind.
fn values() -> Vec<(&'static str, Value)> {
    let corner = |lon, lat| Vertex { lon_ndeg: lon, lat_ndeg: lat, accuracy_mm: None };
    vec![
        ("note", Value::Null),
        ("photos/0193a5b2-7c1e-7a2b-9c3d-4e5f60718293", Value::Bool(true)),
        ("cover_pct", Value::Number(Number::from(dec!(12.50)))),
        ("name", Value::text("令公村南拆迁裸地")),
        ("measures", Value::List(vec![Value::text("net"), Value::Number(Number::from(dec!(-3)))])),
        ("position", Value::Point(position())),
        ("track", Value::Line(vec![corner(1, -1), corner(180_000_000_000, 90_000_000_000)])),
        ("boundary", Value::Polygon(vec![vec![corner(0, 0), corner(1, 0), corner(1, 1)]])),
    ]
}

fn changes() -> [Change; 2] {
    let put = |(path, value): (&str, Value)| Op::Put { path: path.into(), context: clock(&[(7, 3), (12, 4)]), value };
    let first = Change {
        actor: ActorId(12),
        seq: 5,
        author: UserId(3),
        hlc: Hlc::from_unix_ms(TEN_O_CLOCK_MS),
        wall: wall(0),
        at: Some(position()),
        docs: vec![
            DocWrites {
                doc: key(1, DocType::Site, "bare-land"),
                form_version: 2,
                ops: values().into_iter().map(put).collect(),
            },
            DocWrites {
                doc: key(2, DocType::Photo, "-"),
                form_version: 1,
                ops: vec![Op::Unknown { tag: 9, body: b"of a later version".to_vec() }],
            },
        ],
    };
    let second = Change {
        seq: 6,
        hlc: Hlc(first.hlc.0 + 1),
        // The clock was set back.
        wall: wall(-3_600_000),
        at: None,
        docs: vec![DocWrites {
            doc: key(1, DocType::Site, "bare-land"),
            form_version: 2,
            ops: vec![put(("name", Value::text("河西")))],
        }],
        ..first.clone()
    };
    [first, second]
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

fn request() -> SyncRequest {
    let [first, second] = changes();
    let hash = second.hash(&first.hash(&[5; 32]));
    let signature = sign_head(&signing_key(), second.actor, second.seq, &hash);
    SyncRequest {
        actor: ActorId(12),
        install: 0x0123_4567_89AB_CDEF,
        epoch: Some([6; 16]),
        head: 6,
        acked: Some((4, [5; 32])),
        push: vec![Batch::pack(&[first, second], signature)],
        pull: Some([("110118101".to_owned(), 77), ("u3".to_owned(), 0)].into()),
        keeps_own: true,
        page_bytes: 131_072,
        left: Left { records: 1, photos: 2, photo_bytes: 5_000_000 },
        forms: 8,
        user: 9,
        now: wall(10),
    }
}

fn person() -> Person {
    Person {
        id: UserId(3),
        name: "张海涛".into(),
        role: Role::Inspector,
        towns: Some(vec!["110118101".into(), "110118107".into()]),
    }
}

fn response() -> SyncResponse {
    let op = OpId { actor: ActorId(7), seq: 3 };
    let hlc = Hlc::from_unix_ms(TEN_O_CLOCK_MS);
    let put =
        |(path, value): (&str, Value)| (path.to_owned(), Put { op, hlc, clock: clock(&[(12, 4)]).with(op), value });
    let mut page = PageBuilder::default();
    let stamp = |op| Stamp { op, author: UserId(4), hlc, wall: wall(0), at: Some(position()) };
    let puts = values().into_iter().map(put).collect();
    let site = key(1, DocType::Site, "bare-land");
    let unknown = vec![UnknownOp { op, place: 2, raw: RawOp { tag: 77, body: b"later".to_vec() } }];
    page.add(DocState { key: site, form_version: 2, whole: true, held: None, puts, unknown }, stamp);
    let (puts, unknown) = (Vec::new(), Vec::new());
    let photo = key(2, DocType::Photo, "-");
    page.add(DocState { key: photo, form_version: 1, whole: false, held: Some(true), puts, unknown }, stamp);
    page.gone(doc(3));
    page.wanted(doc(2));
    let device = DeviceInfo { actor: ActorId(7), user: UserId(4), label: "tablet 3".into() };
    let cursors = [("110118101".to_owned(), 80)].into();
    SyncResponse {
        epoch: [6; 16],
        now_unix_ms: TEN_O_CLOCK_MS + 55,
        standing: Standing::Acked { head: 6, hash: [9; 32], sure: 4 },
        refused: vec![Refused {
            seq: 5,
            code: RefusalCode::Workflow,
            zh: "尚未提交".into(),
            en: "not submitted yet".into(),
            docs: vec![doc(1)],
        }],
        waiting: vec![(6, OpId { actor: ActorId(9), seq: 2 })],
        page: Some(page.finish(cursors, true, vec![person()], vec![device])),
        relayed: vec![(ActorId(8), RelayedStanding::Refused { code: "revoked".into() })],
        user: Some(person()),
        other_forms: true,
    }
}

/// The content of an envelope; how zstd packs it may differ from one version of zstd to the next.
fn plain(message: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(message).unwrap()
}

#[test]
fn a_change_keeps_its_canonical_bytes_its_hash_and_its_signature() {
    let [change, _] = changes();
    let kept = golden("change.hex", &change.encode());
    assert_eq!(Change::decode(&kept).unwrap(), change);
    assert_eq!(Change::decode(&kept).unwrap().encode(), kept);
    let hash = golden("change-hash.hex", &change.hash(&GENESIS));
    let key = signing_key();
    let signature = sign_head(&key, change.actor, change.seq, &change.hash(&GENESIS));
    let signature = golden("change-signature.hex", &signature);
    let (hash, signature) = (hash.try_into().unwrap(), signature.try_into().unwrap());
    let public = key.verifying_key().to_bytes();
    assert!(verify_head(&public, change.actor, change.seq, &hash, &signature));
}

#[test]
fn a_sync_request_keeps_its_bytes() {
    let kept = golden("sync-request.hex", &plain(&request()));
    let read: SyncRequest = postcard::from_bytes(&kept).unwrap();
    assert_eq!(read, request());
    assert_eq!(read.push[0].unpack().unwrap(), changes());
}

#[test]
fn a_sync_response_keeps_its_bytes() {
    let kept = golden("sync-response.hex", &plain(&response()));
    let read: SyncResponse = postcard::from_bytes(&kept).unwrap();
    assert_eq!(read, response());
    let forked = SyncResponse { standing: Standing::Forked { common: 4 }, page: None, ..response() };
    let kept = golden("sync-response-forked.hex", &plain(&forked));
    assert_eq!(postcard::from_bytes::<SyncResponse>(&kept).unwrap(), forked);
}

#[test]
fn a_sealed_envelope_of_an_earlier_program_opens() {
    assert_opens("sync-request.sxs", &request(), 0);
    // Forty times the batch, so that it travels in columns.
    let large = SyncRequest { push: vec![request().push[0].clone(); 40], ..request() };
    assert_opens("sync-request-large.sxs", &large, 1);
}

fn assert_opens(name: &str, message: &SyncRequest, packing: u8) {
    let (name, sealed) = (file(name), seal(message));
    if std::env::var_os("SHANXUN_WRITE_GOLDEN").is_some() {
        std::fs::write(&name, &sealed).unwrap();
    }
    let kept = std::fs::read(name).unwrap();
    assert_eq!(&open::<SyncRequest>(&kept).unwrap(), message);
    assert_eq!(kept[..5], [b'S', b'X', b'S', 1, packing]);
    assert_eq!(kept[..5], sealed[..5]);
}
