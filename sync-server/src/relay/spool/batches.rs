//! Batches in the spool: kept once each, passed on in the order they arrived.

use domain::Seq;
use domain::sync::Batch;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::Spool;
use crate::error::ServerError;
use crate::limits::ASIDE_BODY_BYTES_MAX;
use crate::storage::{StorageError, Stored};

/// A batch that waits.
#[derive(Clone, Debug)]
pub struct KeptBatch {
    /// Its place in the order of arrival.
    pub n: i64,
    /// The number of its last change.
    pub last: Seq,
    /// The batch; `None` if what is kept does not read back.
    pub batch: Option<Batch>,
}

impl Spool {
    /// Keeps a batch; one that is here already is kept once. Gives the number of its last change.
    ///
    /// # Errors
    /// When it does not read, the spool is full, or the database fails.
    pub fn keep_batch(&self, batch: &Batch, came_from: &str, now_ms: i64) -> Result<Seq, ServerError> {
        let last = batch.unpack()?.last().map_or(0, |change| change.seq);
        let body = postcard::to_stdvec(batch).map_err(|_| ServerError::Internal)?;
        let hash = Sha256::digest(&body);
        let key = params![batch.actor.0, batch.first.cast_signed(), last.cast_signed(), hash.as_slice()];
        let mut db = self.db();
        let tx = db.transaction().map_err(StorageError::from)?;
        // What was refused before and is handed over again gets another chance: the device may have been enrolled again.
        let again = "UPDATE batches SET refused = NULL, refused_at_ms = NULL \
                     WHERE actor = ?1 AND first = ?2 AND last = ?3 AND body_sha256 = ?4 AND length(body) > 0";
        if tx.execute(again, key).map_err(StorageError::from)? == 0 {
            self.check_room(&tx, came_from, body.len() as u64)?;
            let add = "INSERT OR REPLACE INTO batches (actor, first, last, body_sha256, body, came_from, arrived_at_ms) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let row = params![
                batch.actor.0,
                batch.first.cast_signed(),
                last.cast_signed(),
                hash.as_slice(),
                body,
                came_from,
                now_ms
            ];
            tx.execute(add, row).map_err(StorageError::from)?;
        }
        tx.commit().map_err(StorageError::from)?;
        Ok(last)
    }

    fn check_room(&self, db: &rusqlite::Connection, came_from: &str, bytes: u64) -> Result<(), ServerError> {
        let sql = "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(sum(came_from = ?1), 0) \
                   FROM batches WHERE refused IS NULL";
        let (all, held, from_there): (u64, u64, u64) = db
            .query_row(sql, params![came_from], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .map_err(StorageError::from)?;
        let limits = &self.limits;
        let is_full = all >= limits.batches || held.saturating_add(bytes) > limits.text_bytes;
        if is_full || from_there >= limits.batches_per_address { Err(ServerError::RelayFull) } else { Ok(()) }
    }

    /// The first batch that waits after a place in the order.
    ///
    /// # Errors
    /// When the database fails.
    pub fn batch_after(&self, n: i64) -> Stored<Option<KeptBatch>> {
        let sql = "SELECT n, last, body FROM batches WHERE refused IS NULL AND n > ?1 ORDER BY n LIMIT 1";
        let kept = self.db().prepare_cached(sql)?.query_row(params![n], |r| {
            let body: Vec<u8> = r.get(2)?;
            let batch = postcard::from_bytes(&body).ok();
            Ok(KeptBatch { n: r.get(0)?, last: r.get::<_, i64>(1)?.cast_unsigned(), batch })
        });
        Ok(kept.optional()?)
    }

    /// Forgets a batch that the central server has.
    ///
    /// # Errors
    /// When the database fails.
    pub fn drop_batch(&self, n: i64) -> Stored<()> {
        self.db().execute("DELETE FROM batches WHERE n = ?1", params![n])?;
        Ok(())
    }

    /// Sets a batch aside that the central server refused for good. A large one keeps its numbers only.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_batch_aside(&self, n: i64, code: &str, now_ms: i64) -> Stored<()> {
        let mut db = self.db();
        let tx = db.transaction()?;
        let sql = "UPDATE batches SET refused = ?2, refused_at_ms = ?3, \
                   body = CASE WHEN length(body) > ?4 THEN x'' ELSE body END WHERE n = ?1";
        tx.execute(sql, params![n, code, now_ms, ASIDE_BODY_BYTES_MAX])?;
        let bound = "DELETE FROM batches WHERE refused IS NOT NULL AND n NOT IN \
                     (SELECT n FROM batches WHERE refused IS NOT NULL ORDER BY refused_at_ms DESC, n DESC LIMIT ?1)";
        tx.execute(bound, params![self.limits.aside])?;
        Ok(tx.commit()?)
    }
}
