//! What devices and the server say to each other.

use domain::change::{Change, DocKey, GENESIS};
use domain::document::{Document, NoForm};
use domain::register::{Put, Register};
use domain::sync::{SyncRequest, SyncResponse, open, seal};
use domain::{DocId, DocType, Value};

/// A whole body, packed.
pub fn envelope(bytes: &[u8]) {
    if let Ok(value) = open::<Value>(bytes) {
        assert_eq!(open::<Value>(&seal(&value)).expect("what was read can be sent"), value);
    }
}

/// The bytes as the content of a body, so that the engine need not learn checksums and zstd first: one byte for how it
/// is packed, then what is packed.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let Some((&packing, plain)) = bytes.split_first() else { return Vec::new() };
    let mut body = [b"SXS\x01".as_slice(), &[packing & 1]].concat();
    if packing & 1 == 0 {
        body.extend(crc32fast::hash(plain).to_le_bytes());
        body.extend(plain);
    } else {
        body.extend(zstd::bulk::compress(plain, 1).expect("packs"));
    }
    body
}

/// What [`packed`] makes a body of, for the corpus.
///
/// # Panics
/// When it is no body of ours.
#[must_use]
pub fn unpacked(body: &[u8]) -> Vec<u8> {
    match body[4] {
        0 => [&[0], &body[9..]].concat(),
        _ => [vec![1], zstd::stream::decode_all(&body[5..]).expect("a body")].concat(),
    }
}

/// A request, and every change of every batch in it.
pub fn sync_request(bytes: &[u8]) {
    let Ok(request) = open::<SyncRequest>(&packed(bytes)) else { return };
    for batch in &request.push {
        let Ok(changes) = batch.unpack() else { continue };
        for change in &changes {
            look_at(change);
        }
        if let Some(first) = changes.first().filter(|first| first.seq > 0) {
            let _hashes = domain::sync::batch::chain(first.hash(&GENESIS), &changes);
        }
    }
    assert_eq!(open::<SyncRequest>(&seal(&request)).expect("what was read can be sent"), request);
}

/// An answer, and every document of its page.
pub fn sync_response(bytes: &[u8]) {
    let Ok(answer) = open::<SyncResponse>(&packed(bytes)) else { return };
    let Some(page) = &answer.page else { return };
    for state in page.docs().unwrap_or_default() {
        let mut document = Document::new(state.key);
        for (path, put) in state.puts {
            document.apply(&path, put);
        }
        let _view = document.view(&NoForm);
    }
}

/// The bytes of one stored change.
pub fn change(bytes: &[u8]) {
    let Ok(change) = Change::decode(bytes) else { return };
    look_at(&change);
}

fn look_at(change: &Change) {
    let bytes = change.encode();
    if bytes.len() <= domain::change::CHANGE_BYTES_MAX {
        assert_eq!(&Change::decode(&bytes).expect("what was written is read"), change, "nothing is lost on the way");
    }
    let _moment = change.wall.rfc3339();
    let _stamp = change.hlc.unix_ms();
    if change.check().is_err() {
        return;
    }
    let _seen = change.seen().count();
    for (key, path, put) in change.puts() {
        let _json = put.value.to_json();
        let mut document = Document::new(key.clone());
        document.apply(path, put);
        let _view = document.view(&NoForm);
    }
}

/// Writes of one register in two orders.
pub fn register(bytes: &[u8]) {
    let Ok(puts) = postcard::from_bytes::<Vec<Put>>(bytes) else { return };
    // What the server refuses never reaches a register: the same write under one name with other content.
    let is_sound = |put: &&Put| put.op.seq > 0 && put.clock.0.get(&put.op.actor) == Some(&put.op.seq);
    let mut sound: Vec<Put> = puts.iter().filter(is_sound).take(64).cloned().collect();
    sound.sort_by_key(|put| put.op);
    sound.dedup_by_key(|put| put.op);
    let forward: Register = sound.iter().cloned().collect();
    let twice: Register = sound.iter().chain(&sound).cloned().collect();
    assert_eq!(forward.puts(), twice.puts(), "a repeated write changes nothing");
    let _any_order: Register = puts.into_iter().rev().take(64).collect();
    let mut document =
        Document::new(DocKey { id: DocId::new(1, [0; 10]), doc_type: DocType::Site, kind: "bare-land".into() });
    for put in forward.puts() {
        document.apply("points/p1", put);
    }
    let _view = document.view(&NoForm);
}
