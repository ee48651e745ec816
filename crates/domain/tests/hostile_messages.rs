//! Messages that no honest program makes: they are refused before they cost memory, stack or time.

use std::collections::BTreeMap;

use domain::change::{
    CHANGE_BYTES_MAX, Change, ChangeError, DocKey, DocWrites, GENESIS, KIND_BYTES_MAX, OPS_MAX, Op, PATH_BYTES_MAX,
};
use domain::clock::{Hlc, WallTime};
use domain::document::{Document, NoForm};
use domain::register::{CLOCK_ENTRIES_MAX, Clock, Put, Register};
use domain::sync::batch::{BATCH_CHANGES_MAX, BatchError};
use domain::sync::{BODY_BYTES_MAX, Batch, Cursors, DocState, EnvelopeError, PageBuilder, Stamp, open, seal};
use domain::value::{LIST_ITEMS_MAX, TEXT_BYTES_MAX, VERTICES_MAX};
use domain::{ActorId, DocId, DocType, OpId, Position, UserId, Value, Vertex};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

fn key() -> DocKey {
    DocKey { id: DocId::new(1, [0; 10]), doc_type: DocType::Site, kind: "bare-land".into() }
}

fn op(path: &str, value: Value) -> Op {
    Op::Put { path: path.into(), context: Clock::default(), value }
}

fn change_of(docs: Vec<DocWrites>) -> Change {
    let (hlc, wall) = (Hlc(1), WallTime::default());
    Change { actor: ActorId(1), seq: 1, author: UserId(1), hlc, wall, at: None, docs }
}

fn change(ops: Vec<Op>) -> Change {
    change_of(vec![DocWrites { doc: key(), form_version: 1, ops }])
}

fn with_context(entries: &[(u32, u64)]) -> Change {
    let context = Clock(entries.iter().map(|&(actor, seq)| (ActorId(actor), seq)).collect());
    change(vec![Op::Put { path: "name".into(), context, value: Value::Null }])
}

fn is_malformed(change: &Change) -> bool {
    matches!(change.check(), Err(ChangeError::Malformed(_)))
}

fn is_too_large(change: &Change) -> bool {
    matches!(change.check(), Err(ChangeError::TooLarge(_)))
}

/// A small body with these bytes in it.
fn body(plain: &[u8]) -> Vec<u8> {
    [b"SXS\x01\x00", &crc32fast::hash(plain).to_le_bytes()[..], plain].concat()
}

/// So many times the same, which nobody holds.
struct Repeated<T>(T, usize);

impl<T: Serialize> Serialize for Repeated<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.1))?;
        (0..self.1).try_for_each(|_| items.serialize_element(&self.0))?;
        items.end()
    }
}

/// A variant by its number.
struct Variant<T>(u32, T);

impl<T: Serialize> Serialize for Variant<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_variant("", self.0, "", &self.1)
    }
}

/// The same fields as a batch, for batches that the packer would not make.
#[derive(Serialize)]
struct Forged {
    actor: u32,
    first: u64,
    signature: Vec<u8>,
    authors: Vec<u32>,
    docs: Vec<DocKey>,
    paths: Vec<String>,
    changes: Vec<ForgedChange>,
}

/// Author, step, less, offset, source, doubt, at, docs.
type ForgedChange = (u32, i64, i64, i16, u8, Option<u32>, Option<u8>, Vec<(u32, u32, Vec<ForgedPut>)>);
/// Which operation, path, context, value.
type ForgedPut = (u8, u32, BTreeMap<u32, u64>, Value);

fn forged(paths: Vec<String>, puts: Vec<ForgedPut>) -> Batch {
    let change: ForgedChange = (0, 1, 0, 0, 0, None, None, vec![(0, 1, puts)]);
    let signature = vec![0; 64];
    let batch =
        Forged { actor: 1, first: 1, signature, authors: vec![1], docs: vec![key()], paths, changes: vec![change] };
    postcard::from_bytes(&postcard::to_stdvec(&batch).expect("encodes")).expect("a batch")
}

#[test]
fn lists_within_lists_are_refused_before_they_fill_the_stack() {
    // Tag and length of a list with one item, a million times over.
    let mut deep = [4u8, 1].repeat(1_000_000);
    deep.push(0);
    assert!(postcard::from_bytes::<Value>(&deep).is_err());
    assert!(matches!(open::<Value>(&body(&deep[deep.len() - 1_001..])), Err(EnvelopeError::Message(_))));
    let two = Value::List(vec![Value::List(vec![Value::Null]); 2_000]);
    assert!(postcard::from_bytes::<Value>(&postcard::to_stdvec(&two).expect("encodes")).is_err());
    assert!(matches!(open::<Value>(&seal(&two)), Err(EnvelopeError::Columns(_))));
}

#[test]
fn every_kind_of_value_in_a_list_comes_back() {
    let vertex = Vertex::from_degrees(116.8, 40.4).expect("on the globe");
    let all = Value::List(vec![
        Value::Null,
        Value::Bool(true),
        Value::number(rust_decimal::Decimal::new(1250, 2)),
        Value::text("密云"),
        Value::Point(Position::from_degrees(116.8, 40.4).expect("on the globe")),
        Value::Line(vec![vertex; 2]),
        Value::Polygon(vec![vec![vertex; 3]; 2]),
    ]);
    let bytes = postcard::to_stdvec(&all).expect("encodes");
    assert_eq!(postcard::from_bytes::<Value>(&bytes).expect("reads"), all);
}

#[test]
fn a_body_that_would_take_many_times_its_size_in_memory_is_refused() {
    // Each unfolds to two bytes, so that it is not the size of the body that is refused.
    const ITEMS: usize = BODY_BYTES_MAX / 2 - 100;
    fn refused<T: serde::de::DeserializeOwned + std::fmt::Debug>(message: &impl Serialize) {
        let packed = seal(message);
        assert!(packed.len() < 20_000, "{} bytes", packed.len());
        let error = open::<T>(&packed).expect_err("refused");
        assert!(matches!(error, EnvelopeError::Columns(_)), "{error}");
    }
    refused::<Value>(&Variant(4, Repeated(Value::Null, ITEMS)));
    refused::<Value>(&Variant(7, Repeated([(); 0].as_slice(), ITEMS))); // rings without corners
    let no_paths = (1u32, 1u64, serde_bytes::Bytes::new(b""), [0u32; 0].as_slice(), [0u32; 0].as_slice());
    let (actor, first, signature, authors, docs) = no_paths;
    refused::<Batch>(&(actor, first, signature, authors, docs, Repeated("", ITEMS), [0u32; 0].as_slice()));
}

#[test]
fn a_long_name_that_is_repeated_often_is_refused_before_it_is_copied() {
    // 1 MiB of path, 200,000 times: 200 GiB if it were unpacked.
    let puts = vec![(0, 0, BTreeMap::new(), Value::Null); 200_000];
    let batch = forged(vec!["p".repeat(1 << 20)], puts.clone());
    assert!(matches!(batch.unpack(), Err(BatchError::TooLarge)));
    assert_eq!(forged(vec!["p".into()], puts).unpack().expect("unpacks")[0].docs[0].ops.len(), 200_000);
}

#[test]
fn a_page_that_repeats_a_long_name_is_refused_as_well() {
    let stamp = |op| Stamp { op, author: UserId(1), hlc: Hlc(1), wall: WallTime::default(), at: None };
    let page = |path: String, writes: usize| {
        let op = OpId { actor: ActorId(1), seq: 1 };
        let put = Put { op, hlc: Hlc(1), clock: Clock::default().with(op), value: Value::Null };
        let puts = vec![(path, put); writes];
        let mut builder = PageBuilder::default();
        builder
            .add(DocState { key: key(), form_version: 1, whole: true, held: None, puts, unknown: Vec::new() }, stamp);
        builder.finish(Cursors::new(), false, Vec::new(), Vec::new())
    };
    assert_eq!(page("name".into(), 2_000).docs().expect("sound")[0].puts.len(), 2_000);
    assert!(matches!(page("p".repeat(64 * 1024), 2_000).docs(), Err(BatchError::TooLarge)));
}

#[test]
fn a_window_wider_than_any_body_is_refused() {
    // A frame header that asks for a window of 64 MiB (exponent 16), with no content size.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x80, 0x01, 0x00, 0x00];
    let mut body = b"SXS\x01\x01".to_vec();
    body.extend(frame);
    assert!(matches!(open::<u8>(&body), Err(EnvelopeError::Packing(_))));
    // The largest body that is allowed at all still opens.
    let largest = vec![b'x'; BODY_BYTES_MAX - 64];
    let text = String::from_utf8(largest).expect("text");
    assert_eq!(open::<String>(&seal(&text)).expect("opens").len(), text.len());
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    assert!(postcard::from_bytes::<Value>(&[3, 2, 0xC3, 0x28]).is_err());
    assert!(matches!(open::<Value>(&body(&[3, 2, 0xC3, 0x28])), Err(EnvelopeError::Message(_))));
    // Inside a change it is kept byte for byte as an operation that is not known.
    let mut one = change(vec![op("name", Value::text("ab"))]);
    let bytes = one.encode();
    let at = bytes.windows(2).position(|w| w == b"ab").expect("there");
    let mut broken = bytes.clone();
    broken[at..at + 2].copy_from_slice(&[0xC3, 0x28]);
    one = Change::decode(&broken).expect("a change");
    assert!(matches!(&one.docs[0].ops[0], Op::Unknown { tag: 0, .. }));
    assert_eq!(one.encode(), broken);
}

#[test]
fn numbers_at_the_end_of_their_range_overflow_nothing() {
    for (seq, hlc, unix_ms) in
        [(u64::MAX, u64::MAX, i64::MAX), (u64::MAX - 1, 1, 1), (u64::MAX, 0, i64::MIN), (1, u64::MAX, i64::MIN)]
    {
        let mut one = change(vec![op("name", Value::Null)]);
        (one.actor, one.seq, one.hlc, one.wall.unix_ms) = (ActorId(u32::MAX), seq, Hlc(hlc), unix_ms);
        (one.wall.offset_min, one.wall.doubt_ms) = (i16::MIN, Some(u32::MAX));
        assert_eq!(Change::decode(&one.encode()).expect("a change"), one);
        assert!(!one.wall.rfc3339().is_empty());
        assert!(one.hlc.next(i64::MAX) >= one.hlc);
        let unpacked = Batch::pack(std::slice::from_ref(&one), [0; 64]).unpack();
        assert_eq!(unpacked.is_ok(), seq != u64::MAX, "a batch that ends at the last number there is");
        assert_eq!(is_malformed(&one), seq > 1);
    }
}

#[test]
fn a_context_of_what_cannot_have_been_seen_is_malformed() {
    assert!(with_context(&[(2, 1)]).check().is_ok());
    assert!(is_malformed(&with_context(&[(2, 0)])), "counters begin at 1");
    assert!(is_malformed(&with_context(&[(1, 1)])), "its own change");
    assert!(is_malformed(&with_context(&[(1, u64::MAX)])), "its own future");
    let many = |n: u32| with_context(&(2..n + 2).map(|actor| (actor, 1)).collect::<Vec<_>>());
    let most = u32::try_from(CLOCK_ENTRIES_MAX).expect("small");
    assert!(many(most).check().is_ok());
    assert!(is_malformed(&many(most + 1)));
    assert!(is_malformed(&many(10_000)));
}

#[test]
fn every_limit_of_a_change_holds_to_the_last_one() {
    let text = |n: usize| change(vec![op("name", Value::text("x".repeat(n)))]);
    assert!(text(TEXT_BYTES_MAX).check().is_ok() && is_too_large(&text(TEXT_BYTES_MAX + 1)));
    let list = |n: usize| change(vec![op("name", Value::List(vec![Value::Null; n]))]);
    assert!(list(LIST_ITEMS_MAX).check().is_ok() && is_too_large(&list(LIST_ITEMS_MAX + 1)));
    let corner = Vertex::from_degrees(116.0, 40.0).expect("on the globe");
    let line = |n: usize| change(vec![op("line", Value::Line(vec![corner; n]))]);
    assert!(line(VERTICES_MAX).check().is_ok() && is_too_large(&line(VERTICES_MAX + 1)));
    let rings = |n: usize| change(vec![op("area", Value::Polygon(vec![vec![corner; n / 2]; 2]))]);
    assert!(rings(VERTICES_MAX).check().is_ok() && is_too_large(&rings(VERTICES_MAX + 2)));
    let writes = |n: usize| change((0..n).map(|at| op(&format!("a/{at}"), Value::Null)).collect());
    assert!(writes(OPS_MAX).check().is_ok() && is_too_large(&writes(OPS_MAX + 1)));
    let path = |n: usize| change(vec![op(&"p".repeat(n), Value::Null)]);
    assert!(path(PATH_BYTES_MAX).check().is_ok() && is_malformed(&path(PATH_BYTES_MAX + 1)));
    let kind = |n: usize| {
        change_of(vec![DocWrites {
            doc: DocKey { kind: "k".repeat(n), ..key() },
            form_version: 1,
            ops: vec![op("name", Value::Null)],
        }])
    };
    assert!(kind(KIND_BYTES_MAX).check().is_ok());
    assert!(is_malformed(&kind(KIND_BYTES_MAX + 1)) && is_malformed(&kind(0)));
    let changes = |n: usize| Batch::pack(&vec![change(vec![op("name", Value::Null)]); n], [0; 64]);
    assert!(changes(BATCH_CHANGES_MAX).unpack().is_ok());
    assert!(matches!(changes(BATCH_CHANGES_MAX + 1).unpack(), Err(BatchError::TooMany(_))));
}

#[test]
fn the_largest_change_is_read_and_one_byte_more_is_not() {
    let of = |bytes: usize| {
        let unknown = |n: usize| change(vec![Op::Unknown { tag: 9, body: vec![0; n] }]);
        let rest = unknown(bytes).encode().len() - bytes;
        unknown(bytes - rest).encode()
    };
    assert_eq!(of(CHANGE_BYTES_MAX).len(), CHANGE_BYTES_MAX);
    assert!(Change::decode(&of(CHANGE_BYTES_MAX)).is_ok());
    assert!(matches!(Change::decode(&of(CHANGE_BYTES_MAX + 1)), Err(ChangeError::TooLarge(_))));
}

#[test]
fn a_document_without_a_write_or_named_twice_is_malformed() {
    let writes = |ops| DocWrites { doc: key(), form_version: 1, ops };
    assert!(is_malformed(&change_of(vec![writes(Vec::new())])));
    let other = DocWrites { doc: DocKey { kind: "noise".into(), ..key() }, ..writes(vec![op("b", Value::Null)]) };
    assert!(is_malformed(&change_of(vec![writes(vec![op("a", Value::Null)]), other])));
}

#[test]
fn a_position_outside_the_globe_is_malformed() {
    let mut one = change(vec![op("name", Value::Null)]);
    let mut at = Position::from_degrees(180.0, -90.0).expect("on the globe");
    one.at = Some(at);
    assert!(one.check().is_ok());
    at.at.lon_ndeg = i64::MIN;
    one.at = Some(at);
    assert!(is_malformed(&one));
}

#[test]
fn a_malformed_write_merges_into_nothing() {
    let op = OpId { actor: ActorId(1), seq: 5 };
    let put = |clock: &[(u32, u64)]| Put {
        op,
        hlc: Hlc(u64::MAX),
        clock: Clock(clock.iter().map(|&(a, s)| (ActorId(a), s)).collect()),
        value: Value::Null,
    };
    for clock in [&[][..], &[(1, 4)], &[(1, u64::MAX)], &[(2, 5)]] {
        let mut register = Register::default();
        register.apply(put(clock));
        assert!(register.puts().is_empty(), "{clock:?}");
    }
}

#[test]
fn a_change_with_a_byte_of_another_is_another_hash() {
    let one = change(vec![op("name", Value::text("a"))]);
    let other = change(vec![op("name", Value::text("b"))]);
    assert_ne!(one.hash(&GENESIS), other.hash(&GENESIS));
    assert_ne!(one.hash(&GENESIS), one.hash(&other.hash(&GENESIS)));
}

#[test]
fn very_many_rows_that_are_gone_are_left_out_in_a_moment() {
    // 60,000 rows compared with 120,000 paths would be 7,200,000,000 comparisons.
    const ROWS: u64 = 60_000;
    let mut document = Document::new(key());
    for seq in 1..=ROWS {
        let op = OpId { actor: ActorId(1), seq };
        let put = |value| Put { op, hlc: Hlc(seq), clock: Clock::default().with(op), value };
        document.apply(&format!("points/p{seq}"), put(Value::Bool(false)));
        document.apply(&format!("points/p{seq}/leq_db"), put(Value::text("61")));
    }
    let started = std::time::Instant::now();
    let view = document.view(&NoForm);
    assert_eq!(view.values.len() as u64, ROWS, "the rows say that they are gone, their fields are left out");
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
