//! Between columns and the words of the domain.

use std::str::FromStr;

use domain::{ActorId, DocId, OpId, UserId};
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::storage::{StorageError, Stored};

pub(super) fn corrupt(what: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt(what.to_string())
}

/// Bytes of a fixed length.
pub(super) fn array<const N: usize>(row: &Row<'_>, at: usize) -> Stored<[u8; N]> {
    let bytes: Vec<u8> = row.get(at)?;
    bytes.try_into().map_err(|_| corrupt(format!("column {at} has another length than {N}")))
}

/// The id of a document.
pub(super) fn doc_id(row: &Row<'_>, at: usize) -> Stored<DocId> {
    let bytes: Vec<u8> = row.get(at)?;
    DocId::from_slice(&bytes).ok_or_else(|| corrupt("an id that is not sixteen bytes"))
}

/// A number without a sign.
pub(super) fn number(row: &Row<'_>, at: usize) -> Stored<u64> {
    Ok(row.get::<_, i64>(at)?.cast_unsigned())
}

pub(super) fn actor(row: &Row<'_>, at: usize) -> Stored<ActorId> {
    Ok(ActorId(row.get(at)?))
}

pub(super) fn user_id(row: &Row<'_>, at: usize) -> Stored<UserId> {
    Ok(UserId(row.get(at)?))
}

/// A change's name from two columns.
pub(super) fn op(row: &Row<'_>, at: usize) -> Stored<OpId> {
    Ok(OpId { actor: actor(row, at)?, seq: number(row, at + 1)? })
}

/// A word of a closed list.
pub(super) fn word<T: FromStr<Err = String>>(row: &Row<'_>, at: usize) -> Stored<T> {
    row.get::<_, String>(at)?.parse().map_err(corrupt)
}

/// Plain data packed into a column.
pub(super) fn packed<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Stored<T> {
    postcard::from_bytes(row.get_ref(at)?.as_blob().map_err(corrupt)?).map_err(corrupt)
}

pub(super) fn pack<T: Serialize>(value: &T) -> Stored<Vec<u8>> {
    postcard::to_stdvec(value).map_err(corrupt)
}

/// A limit as SQLite takes it.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
