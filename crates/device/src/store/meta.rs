//! Single facts by name, each in one row.

use domain::change::{GENESIS, Hash};
use domain::clock::Hlc;
use domain::sync::Person;
use domain::{ActorId, DocId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Random number of this store, `u64`.
pub(super) const INSTALL: &str = "install";
/// This device's present number.
pub(super) const ACTOR: &str = "actor";
/// How many changes it made under that number, and the hash of the last.
pub(super) const HEAD: &str = "head";
/// The hybrid clock.
pub(super) const HLC: &str = "hlc";
/// The last own change the server acknowledged.
pub(super) const ACKED: &str = "acked";
/// The server's history, 16 bytes.
pub(super) const EPOCH: &str = "epoch";
/// Who works with this device, a [`Person`].
pub(super) const USER: &str = "user";
/// The server's address.
pub(super) const SERVER: &str = "server";
/// The secret this device shows to the server.
pub(super) const TOKEN: &str = "token";
/// The seed of the Ed25519 key that signs this device's chain.
pub(super) const DEVICE_KEY: &str = "device_key";
/// Documents that another history of the server has not shown yet; what it never shows is put away.
pub(super) const UNCONFIRMED: &str = "unconfirmed";
/// Whether documents were put away that this device may have written.
pub(super) const PARTED: &str = "parted";
/// Earlier numbers whose changes a restored server may have lost.
pub(super) const FORMER: &str = "former";
/// Documents to rebuild from the server's whole state, because a change of theirs was refused.
pub(super) const REBUILD: &str = "rebuild";

/// Reads a fact.
pub(super) fn get<T: DeserializeOwned>(db: &Connection, key: &str) -> Result<Option<T>> {
    let mut statement = db.prepare_cached("select value from meta where key = ?1")?;
    let blob: Option<Vec<u8>> = statement.query_row([key], |r| r.get(0)).optional()?;
    blob.map(|b| decode(&b, key)).transpose()
}

/// Writes a fact.
pub(super) fn set<T: Serialize>(db: &Connection, key: &str, value: &T) -> Result<()> {
    let sql = "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2";
    db.prepare_cached(sql)?.execute((key, encode(value)))?;
    Ok(())
}

/// The format a program must know; plain text, so that every version can read it.
pub(super) fn min_reader(db: &Connection) -> Result<i64> {
    let text: Option<String> =
        db.query_row("select cast(value as text) from meta where key = 'min_reader'", [], |r| r.get(0)).optional()?;
    Ok(text.and_then(|t| t.parse().ok()).unwrap_or(i64::MAX))
}

/// Notes the format a program must know.
pub(super) fn set_min_reader(db: &Connection, version: i64) -> Result<()> {
    db.execute("insert into meta (key, value) values ('min_reader', ?1)", [version.to_string().into_bytes()])?;
    Ok(())
}

/// A value as a blob.
pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data in memory always encodes")
}

/// A value from a blob; `what` names it in the error.
pub(super) fn decode<T: DeserializeOwned>(blob: &[u8], what: &str) -> Result<T> {
    postcard::from_bytes(blob).map_err(|e| Error::Damaged(format!("{what}: {e}")))
}

/// What a write needs to know of this device itself; kept in memory for the length of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub actor: ActorId,
    pub user: UserId,
    pub head: Seq,
    pub hash: Hash,
    pub acked: Seq,
    pub hlc: Hlc,
}

impl Own {
    pub fn load(db: &Connection) -> Result<Self> {
        let (head, hash) = get(db, HEAD)?.unwrap_or((0, GENESIS));
        Ok(Self {
            actor: get(db, ACTOR)?.unwrap_or(ActorId::PROVISIONAL),
            user: get::<Person>(db, USER)?.map(|p| p.id).unwrap_or_default(),
            head,
            hash,
            acked: get(db, ACKED)?.unwrap_or(0),
            hlc: get(db, HLC)?.unwrap_or_default(),
        })
    }

    pub fn store(&self, db: &Connection) -> Result<()> {
        set(db, ACTOR, &self.actor)?;
        set(db, HEAD, &(self.head, self.hash))?;
        set(db, ACKED, &self.acked)?;
        set(db, HLC, &self.hlc)
    }
}

/// The documents waiting to be rebuilt.
pub(super) fn rebuild(db: &Connection) -> Result<Vec<DocId>> {
    Ok(get(db, REBUILD)?.unwrap_or_default())
}
