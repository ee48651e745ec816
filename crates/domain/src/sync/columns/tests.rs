//! Columns read back what was written, and refuse what was damaged.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Nothing,
    One(i64),
    Both(u32, String),
    Named { wide: i128, flag: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    name: String,
    key: Key,
    value: Keyed<Kind>,
    maybe: Option<u64>,
    id: [u8; 16],
    seen: BTreeMap<u32, u64>,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    list: Vec<Kind>,
}

const UNFOLDED_MAX: usize = 4 * 1024 * 1024;

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Nothing),
        any::<i64>().prop_map(Kind::One),
        (any::<u32>(), ".{0,6}").prop_map(|(a, b)| Kind::Both(a, b)),
        (any::<i128>(), any::<bool>()).prop_map(|(wide, flag)| Kind::Named { wide, flag }),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let rest = (any::<[u8; 16]>(), proptest::collection::btree_map(any::<u32>(), any::<u64>(), 0..3));
    let lists = (proptest::collection::vec(any::<u8>(), 0..9), proptest::collection::vec(kind(), 0..3));
    (".{0,3}", 0..6_000u32, kind(), any::<Option<u64>>(), rest, lists).prop_map(
        |(name, key, value, maybe, (id, seen), (body, list))| Row {
            name,
            key: Key(key),
            value: Keyed(value),
            maybe,
            id,
            seen,
            body,
            list,
        },
    )
}

fn bytes_of<T: Serialize>(message: &T) -> Vec<u8> {
    to_bytes(message).expect("a message of known lengths")
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(rows in proptest::collection::vec(row(), 0..60)) {
        let back: Vec<Row> = from_bytes(&bytes_of(&rows), UNFOLDED_MAX).expect("reads back");
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn damaged_columns_are_refused_or_read_but_never_stop_the_program(
        rows in proptest::collection::vec(row(), 1..30), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = bytes_of(&rows);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = from_bytes::<Vec<Row>>(&bytes, UNFOLDED_MAX);
        let _ = from_bytes::<Vec<Row>>(&bytes[..at], UNFOLDED_MAX);
    }
}

#[test]
fn numbers_that_grow_evenly_take_no_room() {
    let numbers: Vec<u64> = (0..100_000).map(|n| 1_795_437_000_000 + 37 * n).collect();
    let bytes = bytes_of(&numbers);
    assert!(bytes.len() < 40, "{} bytes", bytes.len());
    assert_eq!(from_bytes::<Vec<u64>>(&bytes, UNFOLDED_MAX).expect("reads back"), numbers);
}

#[test]
fn repeated_texts_are_written_once() {
    let texts: Vec<String> = (0..1_000).map(|n| format!("村组干部到场确认 {}", n % 7)).collect();
    let bytes = bytes_of(&texts);
    assert!(bytes.len() < 1_400, "{} bytes", bytes.len());
    assert_eq!(from_bytes::<Vec<String>>(&bytes, UNFOLDED_MAX).expect("reads back"), texts);
}

#[test]
fn few_bytes_that_unfold_to_many_are_refused() {
    let text = "山".repeat(20_000);
    let texts = vec![text.as_str(); 1_000];
    let bytes = bytes_of(&texts);
    assert!(bytes.len() < 70_000, "{} bytes", bytes.len());
    assert!(matches!(from_bytes::<Vec<String>>(&bytes, UNFOLDED_MAX), Err(ColumnsError::TooLarge(_))));
    // A stream of equal numbers never ends by itself.
    let endless = bytes_of(&vec![7u64; UNFOLDED_MAX + 1]);
    assert!(endless.len() < 40, "{} bytes", endless.len());
    assert!(matches!(from_bytes::<Vec<u64>>(&endless, UNFOLDED_MAX), Err(ColumnsError::TooLarge(_))));
}

#[derive(Debug, Serialize, Deserialize)]
struct Nested(Vec<Nested>);

#[test]
fn a_message_nested_too_deeply_is_refused() {
    let mut nested = Nested(Vec::new());
    for _ in 0..DEPTH_MAX {
        nested = Nested(vec![nested]);
    }
    assert!(to_bytes(&nested).is_err());
}

#[test]
fn keyed_values_stand_with_those_of_their_key() {
    let rows: Vec<(Key, Keyed<u64>)> =
        (0..3_000u32).map(|n| (Key(n % 3), Keyed(u64::from(n % 3) * 1_000_000))).collect();
    assert!(bytes_of(&rows).len() < 3_100, "only the keys differ from row to row");
    assert_eq!(from_bytes::<Vec<(Key, Keyed<u64>)>>(&bytes_of(&rows), UNFOLDED_MAX).expect("reads back"), rows);
}
