//! What a device does when a relay answers in the server's place: it hands over everything that the server has not
//! acknowledged, notes what the relay holds, and takes nothing of it for the server's receipt.

use domain::sync::plan::{self, Step};
use domain::{ActorId, Seq};
use serde::Deserialize;

use super::run::SyncReport;
use super::transport::{Transport, TransportError, UploadFile};
use crate::error::Error;
use crate::store::{PendingUpload, Store};

/// Where uploads are that only a relay holds.
const UPLOADS: &str = "/v1/relay/";
/// The code of a relay's answer to what it can only pass on.
const NO_LINK: &str = "no-link";

/// A relay's answer to a sync.
#[derive(Deserialize)]
pub(super) struct HeldAtRelay {
    relay: String,
    held: Vec<HeldBatch>,
}

#[derive(Deserialize)]
struct HeldBatch {
    actor: ActorId,
    seq: Seq,
}

impl From<HeldAtRelay> for TransportError {
    fn from(answer: HeldAtRelay) -> Self {
        let held = answer.held.into_iter().map(|batch| (batch.actor, batch.seq)).collect();
        Self::AtRelay { relay: answer.relay, held }
    }
}

/// The first step of a sync. What a relay holds it may have passed on: the server is asked before it is sent again.
pub(super) fn first_step(store: &Store) -> Result<Step, Error> {
    let have = store.have()?;
    Ok(if store.relayed()? > have.acked { Step::Exchange { push: None } } else { plan::start(&have) })
}

/// Notes what a relay holds; the next step hands over the rest.
pub(super) fn note_held(
    store: &mut Store,
    report: &mut SyncReport,
    relay: &str,
    held: &[(ActorId, Seq)],
) -> Result<Step, Error> {
    let actor = store.actor()?;
    let reached = held.iter().filter(|(of, _)| *of == actor).map(|(_, seq)| *seq).max();
    let before = store.relayed_to(relay)?;
    if report.at_relay && reached.is_none_or(|seq| seq <= before) {
        return Err(TransportError::Offline("the relay does not take the changes".into()).into());
    }
    report.at_relay = true;
    if let Some(seq) = reached {
        store.note_relayed(relay, seq)?;
    }
    let (there, head) = (store.relayed_to(relay)?, store.have()?.head);
    report.relayed += there.saturating_sub(before);
    Ok(if there < head { Step::Exchange { push: Some(there + 1..=head) } } else { Step::Done })
}

/// Files to send: at a relay, those that no relay holds and whose record it may hold already.
pub(super) fn next_uploads(
    store: &Store,
    report: &SyncReport,
    file: UploadFile,
    limit: usize,
) -> Result<Vec<PendingUpload>, Error> {
    if report.at_relay { store.next_uploads_for_relay(file, limit) } else { store.next_uploads(file, limit) }
}

/// Whether an upload's address is a relay's own.
pub(super) fn is_address(address: &str) -> bool {
    address.starts_with(UPLOADS)
}

/// How much of a file a relay holds; it knows a file again that was begun before.
pub(super) fn offset(transport: &mut dyn Transport, address: &str) -> Result<u64, TransportError> {
    let gone = || TransportError::Offline("the relay does not know an upload it has just begun".into());
    transport.upload_offset(address)?.ok_or_else(gone)
}

/// Without a link an upload that was begun at the server rests, and the relay is asked to take the file.
pub(super) fn unless_no_link(offset: Result<Option<u64>, TransportError>) -> Result<Option<u64>, TransportError> {
    match offset {
        Err(TransportError::Refused { code, .. }) if code == NO_LINK => Ok(None),
        other => other,
    }
}

/// Counts a file that a relay took. From here on the sync is one with a relay, even if it began with the server.
pub(super) fn count(report: &mut SyncReport, file: UploadFile) {
    report.at_relay = true;
    report.photos_relayed += u64::from(file == UploadFile::Original);
}
