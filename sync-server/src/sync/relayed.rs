//! Batches that a relay passes on for other devices: taken exactly as if their own device had sent them.

use domain::sync::{Batch, RelayedStanding, Standing};

use super::note_scopes;
use super::push::Intake;
use crate::error::ServerError;
use crate::storage::Tx;

/// Takes one batch of another device. What is wrong with it is told for this batch alone: a relay carries the work of
/// many, and one of them must not hold up the others.
///
/// # Errors
/// When the storage fails.
pub(super) fn take_relayed(
    tx: &dyn Tx,
    intake: &mut Intake<'_>,
    batch: &Batch,
) -> Result<RelayedStanding, ServerError> {
    let known = tx.chain(batch.actor)?.zip(tx.device_of(batch.actor)?);
    let Some((chain, device)) = known else { return Ok(refused("actor-unknown")) };
    if device.revoked {
        return Ok(refused(ServerError::Revoked.code()));
    }
    let Some(user) = tx.user(device.user)?.filter(|user| user.active) else {
        return Ok(refused(ServerError::Inactive.code()));
    };
    // It may never have been here itself, and has what it wrote.
    note_scopes(tx, &device, &user)?;
    match intake.take(&device, &chain, batch) {
        Ok(Some(Standing::Forked { common })) => Ok(RelayedStanding::Forked { common }),
        Ok(_) => standing(tx, batch),
        // Each of these is found before anything of the batch is stored.
        Err(error @ (ServerError::Batch(_) | ServerError::Change(_) | ServerError::Signature)) => {
            Ok(refused(error.code()))
        }
        Err(error) => Err(error),
    }
}

fn standing(tx: &dyn Tx, batch: &Batch) -> Result<RelayedStanding, ServerError> {
    let chain = tx.chain(batch.actor)?.ok_or(ServerError::ActorForeign(batch.actor.0))?;
    let last = batch.first.saturating_add(batch.len() as u64).saturating_sub(1);
    let is_here = chain.head >= last;
    Ok(match is_here {
        true => RelayedStanding::Acked { head: chain.head, hash: chain.hash },
        false => RelayedStanding::Missing { head: chain.head },
    })
}

fn refused(code: &str) -> RelayedStanding {
    RelayedStanding::Refused { code: code.to_owned() }
}
