//! A batch's way through a relay, without the network: taken over from a device, put into a request of the relay's own,
//! settled by what the central server said of it.

use domain::clock::WallTime;
use domain::sync::{Batch, Left, RelayedStanding, SyncRequest, open};
use domain::{ActorId, Seq};

use super::spool::{KeptBatch, Spool, Waiting};
use crate::error::ServerError;
use crate::limits::BATCHES_MAX;
use crate::storage::Stored;

/// Keeps the batches of a device's sync request; gives what is held now, by device number and last change.
///
/// # Errors
/// When the request cannot be read or names too many batches, when the spool is full, or its database fails.
pub fn take_over(spool: &Spool, body: &[u8], came_from: &str, now_ms: i64) -> Result<Vec<(ActorId, Seq)>, ServerError> {
    let request: SyncRequest = open(body)?;
    if request.push.len() > BATCHES_MAX {
        return Err(ServerError::TooManyBatches(request.push.len()));
    }
    let keep = |batch: &Batch| Ok((batch.actor, spool.keep_batch(batch, came_from, now_ms)?));
    request.push.iter().map(keep).collect()
}

/// The request that passes one batch on; it asks for nothing.
#[must_use]
pub fn passing(relay: ActorId, install: u64, waiting: Waiting, batch: Batch, now_ms: i64) -> SyncRequest {
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    SyncRequest {
        actor: relay,
        install,
        epoch: None,
        head: 0,
        acked: None,
        push: vec![batch],
        pull: None,
        keeps_own: false,
        page_bytes: 0,
        left: Left { records: count(waiting.changes), photos: count(waiting.photos), photo_bytes: waiting.photo_bytes },
        forms: 0,
        user: 0,
        now: WallTime { unix_ms: now_ms, ..WallTime::default() },
    }
}

/// Does with a kept batch what the central server's word asks for; the error is the code with which its request was
/// refused. Says whether the server has it now.
///
/// # Errors
/// When the spool's database fails.
pub fn settle(spool: &Spool, kept: &KeptBatch, said: Result<RelayedStanding, String>, now_ms: i64) -> Stored<bool> {
    let refused_with = match said {
        Ok(RelayedStanding::Acked { head, .. }) if head >= kept.last => {
            spool.drop_batch(kept.n)?;
            return Ok(true);
        }
        // What comes before it may be on its way by another relay.
        Ok(RelayedStanding::Acked { .. } | RelayedStanding::Missing { .. }) => return Ok(false),
        Ok(RelayedStanding::Forked { .. }) => "forked".to_owned(),
        Ok(RelayedStanding::Refused { code }) | Err(code) => code,
    };
    tracing::warn!(
        n = kept.n,
        code = refused_with,
        "a batch was refused for good and set aside; see 'sync-server relay status'"
    );
    spool.set_batch_aside(kept.n, &refused_with, now_ms)?;
    Ok(false)
}
