//! What all peers share: the workload as it is read, a device's small store, what travels to the relay.

pub mod device;
pub mod engine;
pub mod workload;

use anyhow::Result;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The packing level of everything that travels.
const ZSTD_LEVEL: i32 = 3;
/// Most entries of one exchange.
pub const ENTRIES_MAX: usize = 2_000;

/// One change of one document, made by a library and opaque to everybody else.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    pub doc: [u8; 16],
    #[serde(with = "serde_bytes")]
    pub change: Vec<u8>,
}

/// What the relay gives: entries of others after a cursor.
#[derive(Serialize, Deserialize)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub next: i64,
    pub more: bool,
}

/// A database as durable as ours: WAL, every commit on the disk.
pub fn open_database(path: &str) -> Result<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    Ok(db)
}

pub fn pack<T: Serialize>(message: &T) -> Result<Vec<u8>> {
    Ok(zstd::bulk::compress(&postcard::to_stdvec(message)?, ZSTD_LEVEL)?)
}

pub fn unpack<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    Ok(postcard::from_bytes(&zstd::stream::decode_all(body)?)?)
}
