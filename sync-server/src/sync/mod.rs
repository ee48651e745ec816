//! One round trip of a device: how its chain stands, what it brought, what became of that, what others wrote.

mod admit;
mod moves;
mod open_docs;
mod pull;
mod push;
mod relayed;
mod scope;

use std::collections::BTreeMap;

use domain::change::{GENESIS, Hash};
use domain::sync::{Cursors, Refused, RelayedStanding, Standing, SyncRequest, SyncResponse, mark};
use domain::{ActorId, OpId, Seq};

pub use open_docs::{OpenDoc, OpenDocs};
pub(crate) use push::Intake;
pub use push::Taken;

use self::pull::{Asking, cursor_scopes, keys_of, refused, refused_cursor};
use self::relayed::take_relayed;
use crate::accounts::Caller;
use crate::error::ServerError;
use crate::limits::{BATCHES_MAX, SEEN_EVERY_MS};
use crate::permission::Permission;
use crate::server::Server;
use crate::storage::{Chain, Device, Status, StorageError, Stored, StoredChange, Tx, User, read, write};

/// How the batches of other devices stand that a request brought.
type Relayed = Vec<(ActorId, RelayedStanding)>;

impl Server {
    /// Answers one sync request of a device.
    ///
    /// # Errors
    /// When the device is not who it says, or what it sent cannot be read. Changes that are not allowed are no error:
    /// they are listed as refused.
    pub fn sync(&self, caller: &Caller, request: &SyncRequest) -> Result<SyncResponse, ServerError> {
        caller.may(Permission::Sync)?;
        let device = caller.device()?;
        if request.install != device.install {
            return Err(ServerError::InstallChanged);
        }
        if request.push.len() > BATCHES_MAX {
            return Err(ServerError::TooManyBatches(request.push.len()));
        }
        self.adopt_lost_number(device, request.actor)?;
        let (forked, relayed) = self.take_in(caller, device, request)?;
        let answer = read(self.storage(), |tx| self.answer(tx, caller, device, request, forked))?;
        Ok(SyncResponse { relayed, ..answer })
    }

    /// A device may write under a number that it got after the backup from which this server was restored. Only the number
    /// of the request itself: a relay passes on batches of numbers that are not its own.
    fn adopt_lost_number(&self, device: &Device, actor: ActorId) -> Result<(), ServerError> {
        let is_lost = |tx: &dyn Tx| Ok::<_, StorageError>(tx.chain(actor)?.is_none() && tx.was_given(actor)?);
        if !read(self.storage(), is_lost)? {
            return Ok(());
        }
        Ok(write(self.storage(), |tx| if is_lost(tx)? { tx.adopt_chain(actor, device.first_actor) } else { Ok(()) })?)
    }

    /// Stores and merges what a request brought; says if the device's numbers were used before with other content.
    fn take_in(
        &self,
        caller: &Caller,
        device: &Device,
        request: &SyncRequest,
    ) -> Result<(Option<Standing>, Relayed), ServerError> {
        let now_ms = self.now_ms();
        if request.push.is_empty() && !self.is_visit_news(caller, device, request, now_ms)? {
            let forked = read(self.storage(), |tx| handshake(tx, &own_chain(tx, device, request.actor)?, request))?;
            return Ok((forked, Relayed::new()));
        }
        let (forked, relayed, taken) = write(self.storage(), |tx| {
            let chain = own_chain(tx, device, request.actor)?;
            note_visit(tx, caller, device, request, now_ms)?;
            let forked = handshake(tx, &chain, request)?;
            if forked.is_some() || request.push.is_empty() {
                return Ok::<_, ServerError>((forked, Relayed::new(), Taken::default()));
            }
            let mut intake = Intake::new(tx, self.forms(), now_ms)?;
            let mut relayed = Relayed::new();
            for batch in &request.push {
                let chain = tx.chain(batch.actor)?;
                let Some(chain) = chain.filter(|chain| chain.device == device.first_actor) else {
                    relayed.push((batch.actor, take_relayed(tx, &mut intake, batch)?));
                    continue;
                };
                if let Some(forked) = intake.take(device, &chain, batch)? {
                    return Ok((Some(forked), relayed, intake.finish()?));
                }
            }
            let taken = intake.finish()?;
            note_all_sent(tx, device, request)?;
            Ok((None, relayed, taken))
        })?;
        self.metrics().took(taken.stored, taken.refused);
        Ok((forked, relayed))
    }

    /// Whether a request without changes is worth a write of its own: an idle device that polls costs none.
    fn is_visit_news(
        &self,
        caller: &Caller,
        device: &Device,
        request: &SyncRequest,
        now_ms: i64,
    ) -> Result<bool, ServerError> {
        if is_news(device, request, now_ms) {
            return Ok(true);
        }
        let served = read(self.storage(), |tx| tx.served_scopes(device.first_actor))?;
        Ok(request.pull.is_some() && cursor_scopes(caller.user()).iter().any(|scope| !served.contains(scope)))
    }

    fn answer(
        &self,
        tx: &dyn Tx,
        caller: &Caller,
        device: &Device,
        request: &SyncRequest,
        forked: Option<Standing>,
    ) -> Result<SyncResponse, ServerError> {
        let chain = own_chain(tx, device, request.actor)?;
        let epoch = self.epoch();
        let nothing = Cursors::new();
        // Cursors count in one history only.
        let known = request.epoch == Some(epoch);
        let cursors = request.pull.as_ref().filter(|_| known).unwrap_or(&nothing);
        let user = caller.user();
        let heard = if request.pull.is_some() { refused_cursor(user, cursors) } else { u64::MAX >> 1 };
        let acked = request.acked.map_or(0, |(seq, _)| seq);
        let refused = refused(tx, chain.actor, acked, heard)?;
        let actor = request.actor;
        let (head, page_bytes) = (request.head, request.page_bytes);
        // After a restore the device asks what is still there, and puts away what no page shows.
        let keeps_own = request.keeps_own && (known || request.epoch.is_none());
        let asking = Asking { tx, user, device, actor, head, keeps_own, cursors, page_bytes };
        // A forked device must take a new number first: under the old one it would be told that it has what it lost.
        let page = (request.pull.is_some() && forked.is_none()).then(|| asking.page()).transpose()?;
        if let Some(page) = &page {
            self.metrics().gave(page.stamps().len());
        }
        Ok(SyncResponse {
            epoch,
            now_unix_ms: self.now_ms(),
            standing: match forked {
                Some(forked) => forked,
                None => Standing::Acked { head: chain.head, hash: chain.hash, sure: sure(tx, &chain, request)? },
            },
            refused: refused.iter().filter_map(told).collect(),
            waiting: waiting(tx, chain.actor)?,
            page,
            user: (request.user != user.person.mark()).then(|| user.person.clone()),
            other_forms: request.forms != mark(&self.forms_digest()),
            relayed: Relayed::new(),
        })
    }
}

/// The chain under a number, if the number is this device's.
fn own_chain(tx: &dyn Tx, device: &Device, actor: ActorId) -> Result<Chain, ServerError> {
    let chain = tx.chain(actor)?.filter(|chain| chain.device == device.first_actor);
    chain.ok_or(ServerError::ActorForeign(actor.0))
}

/// Compares what the device knows of its own chain with what is stored here.
fn handshake(tx: &dyn Tx, chain: &Chain, request: &SyncRequest) -> Result<Option<Standing>, ServerError> {
    let acked = request.acked.unwrap_or((0, GENESIS));
    let here = match acked.0 {
        0 => Some(GENESIS),
        seq => tx.change_hash(OpId { actor: chain.actor, seq })?,
    };
    if here.is_some_and(|here| here != acked.1) {
        // The device was promised something else than what is here, so a copy of it wrote in between. Both surely share
        // only what was here before that could happen.
        return Ok(Some(Standing::Forked { common: chain.restored.min(acked.0).min(request.head) }));
    }
    if chain.head > request.head {
        return put_back(tx, chain, request, acked).map(Some);
    }
    Ok(None)
}

/// A device that has fewer changes than are here under its number was put back from a copy. What of its unacknowledged
/// changes is here already keeps its number; taking that for new would bring back values that were replaced since.
fn put_back(
    tx: &dyn Tx,
    chain: &Chain,
    request: &SyncRequest,
    (mut common, mut hash): (Seq, Hash),
) -> Result<Standing, ServerError> {
    for batch in request.push.iter().filter(|batch| batch.actor == chain.actor) {
        let known = common;
        for change in batch.unpack()?.iter().filter(|change| change.seq > known) {
            let next = change.hash(&hash);
            if tx.change_hash(change.id())? != Some(next) {
                return Ok(Standing::Forked { common });
            }
            (common, hash) = (change.seq, next);
        }
    }
    if common >= request.head {
        return Ok(Standing::Forked { common });
    }
    // There are more to compare: the device sends them next.
    Ok(Standing::Acked { head: common, hash, sure: common })
}

/// Up to where the device's chain and this one surely agree: what the device had acknowledged, if that is here.
fn sure(tx: &dyn Tx, chain: &Chain, request: &SyncRequest) -> Stored<Seq> {
    let Some((seq, hash)) = request.acked else { return Ok(0) };
    let here = tx.change_hash(OpId { actor: chain.actor, seq })?;
    Ok(if here == Some(hash) { seq } else { chain.restored.min(chain.head) })
}

/// Whether the device's report differs from what is noted, or is old.
fn is_news(device: &Device, request: &SyncRequest, now_ms: i64) -> bool {
    let recently = device.last_seen_ms.is_some_and(|seen| (0..SEEN_EVERY_MS).contains(&(now_ms - seen)));
    !recently || device.left != request.left
}

fn note_visit(tx: &dyn Tx, caller: &Caller, device: &Device, request: &SyncRequest, now_ms: i64) -> Stored<()> {
    if request.pull.is_some() {
        note_scopes(tx, device, caller.user())?;
    }
    if is_news(device, request, now_ms) {
        let offset_ms = request.now.unix_ms.saturating_sub(now_ms);
        let visited = Device {
            last_seen_ms: Some(now_ms),
            clock_offset_ms: Some(offset_ms),
            left: request.left,
            ..device.clone()
        };
        tx.update_device(&visited)?;
    }
    Ok(())
}

/// What a device reports was so before it sent what came with the report.
fn note_all_sent(tx: &dyn Tx, device: &Device, request: &SyncRequest) -> Stored<()> {
    let is_all = tx.chain(request.actor)?.is_some_and(|chain| chain.head >= request.head);
    let Some(known) = tx.device_of(device.first_actor)?.filter(|known| is_all && known.left.records > 0) else {
        return Ok(());
    };
    tx.update_device(&Device { left: domain::sync::Left { records: 0, ..known.left }, ..known })
}

/// The device has documents of its user's present scopes: of one that is taken away it must be told.
fn note_scopes(tx: &dyn Tx, device: &Device, user: &User) -> Stored<()> {
    let served = tx.served_scopes(device.first_actor)?;
    for scope in cursor_scopes(user).iter().filter(|scope| !served.contains(scope)) {
        tx.set_served(device.first_actor, scope, true)?;
    }
    Ok(())
}

fn told(change: &StoredChange) -> Option<Refused> {
    let Status::Refused(refusal) = &change.status else { return None };
    let docs: BTreeMap<_, ()> = keys_of(change).into_iter().map(|key| (key.id, ())).collect();
    Some(Refused {
        seq: change.stamp.op.seq,
        code: refusal.code,
        zh: refusal.zh.clone(),
        en: refusal.en.clone(),
        docs: docs.into_keys().collect(),
    })
}

fn waiting(tx: &dyn Tx, actor: ActorId) -> Stored<Vec<(Seq, OpId)>> {
    Ok(tx.waits_of(actor)?.into_iter().map(|w| (w.op.seq, w.needs)).collect())
}
