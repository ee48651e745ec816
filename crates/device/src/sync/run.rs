//! One sync from start to end.

use std::time::{Duration, Instant};

use domain::clock::WallTime;
use domain::sync::plan::{self, Note, Step};
use domain::sync::{Batch, Cursors, RefusalCode, Standing, SyncRequest, SyncResponse, mark};
use domain::{ActorId, DocId, Seq, change};
use serde::Serialize;

use super::photos::{self, PhotoMode};
use super::relay;
use super::transport::{Transport, TransportError};
use crate::error::Error;
use crate::store::Store;

/// Unpacked bytes of the first exchange either way: small enough for a slow link, grown while it goes well.
const EXCHANGE_BYTES_START: usize = 128 * 1024;
/// Unpacked bytes of the smallest exchange; a single larger change still goes whole.
const EXCHANGE_BYTES_MIN: usize = 8 * 1024;
/// Unpacked bytes of the largest exchange.
const EXCHANGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// An exchange faster than this lets the next be larger.
const QUICK: Duration = Duration::from_millis(1_500);
/// What a server answers to a number that is not of this enrolment.
const NOT_MINE: &str = "actor-foreign";
/// How often a device may be told to take a new number in one sync; more means the server is confused.
const RENUMBERS_MAX: u32 = 3;

/// What to sync.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions {
    /// How much of the photos to send.
    pub photos: PhotoMode,
    /// Unpacked bytes of the first exchange either way; it grows while that goes well.
    pub exchange_bytes: usize,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { photos: PhotoMode::default(), exchange_bytes: EXCHANGE_BYTES_START }
    }
}

/// What a sync did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SyncReport {
    /// Own changes the server acknowledged.
    pub pushed: u64,
    /// Documents that came or changed from others.
    pub pulled: u64,
    /// Own changes the server refused, with the reason.
    pub refused: Vec<RefusedChange>,
    /// Own changes that are stored on the server but wait for another device's change.
    pub waiting: u64,
    /// Photo originals the server confirmed.
    pub photos_sent: u64,
    /// Photo originals that are still only here.
    pub photos_left: u64,
    /// Whether a relay without a link answered instead of the server.
    pub at_relay: bool,
    /// Own changes that a relay took now; the server's receipt comes with a later sync.
    pub relayed: u64,
    /// Photo originals that a relay took now.
    pub photos_relayed: u64,
    /// Photos that could not be sent, with the reason.
    pub photo_problems: Vec<String>,
    /// Bytes of bodies sent.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
    /// Calls of `/v1/sync` that were answered.
    pub round_trips: u64,
    /// Calls of any kind that were made, those that failed included.
    pub calls: u64,
}

/// A refused change, for the person who made it.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedChange {
    /// The change's number.
    pub seq: Seq,
    /// The documents it touched.
    pub ids: Vec<DocId>,
    /// A stable code.
    pub code: RefusalCode,
    /// The reason.
    pub reason: String,
    /// The reason in Chinese.
    pub reason_zh: String,
}

/// Syncs until both sides have everything, or the link fails.
///
/// # Errors
/// When the link or the server fails for good, or the store does. What was done before stays done.
pub fn run(
    store: &mut Store,
    transport: &mut dyn Transport,
    now: &dyn Fn() -> WallTime,
    options: SyncOptions,
) -> Result<SyncReport, Error> {
    let mut session = Session { store, transport, now, bytes: options.exchange_bytes, report: SyncReport::default() };
    session.text()?;
    let Session { store, transport, mut report, .. } = session;
    photos::send(store, transport, options.photos, &mut report)?;
    report.photos_left = u64::from(store.left()?.photos);
    (report.bytes_up, report.bytes_down) = transport.bytes();
    report.calls = transport.calls();
    Ok(report)
}

/// The chain a request is about: the present number, or an earlier one.
struct Sending {
    actor: ActorId,
    head: Seq,
    acked: Seq,
}

struct Session<'a> {
    store: &'a mut Store,
    transport: &'a mut dyn Transport,
    now: &'a dyn Fn() -> WallTime,
    bytes: usize,
    report: SyncReport,
}

impl Session<'_> {
    fn text(&mut self) -> Result<(), Error> {
        let mut step = relay::first_step(self.store)?;
        let mut renumbers = 0;
        loop {
            self.send_former()?;
            step = match step {
                Step::Exchange { push } => match self.exchange(push) {
                    Err(Error::Transport(TransportError::AtRelay { relay, held })) => {
                        relay::note_held(self.store, &mut self.report, &relay, &held)?
                    }
                    next => next?,
                },
                Step::Renumber { common } if renumbers < RENUMBERS_MAX => {
                    renumbers += 1;
                    let actor = self.patiently(|transport| transport.renumber())?;
                    self.store.renumber(common, actor)?;
                    plan::start(&self.store.have()?)
                }
                Step::Renumber { .. } => {
                    return Err(
                        TransportError::Protocol("the server asks for a new number again and again".into()).into()
                    );
                }
                Step::Done => return Ok(()),
            };
        }
    }

    /// After a restore the server may have lost what this device wrote under earlier numbers: it is compared from the
    /// start, and what was lost is sent again.
    fn send_former(&mut self) -> Result<(), Error> {
        while let Some((actor, head)) = self.store.former()? {
            let mut sent = 0;
            while sent < head {
                let chain = Sending { actor, head, acked: sent };
                let answer = match self.ask(|s| s.request(&chain, Some(sent + 1..=head), None)) {
                    Ok(answer) => answer,
                    // A relay cannot say what the server still has: that waits for the link.
                    Err(Error::Transport(TransportError::AtRelay { .. })) => return Ok(()),
                    // The number went with an earlier enrolment of this device; what it wrote stays in this home.
                    Err(Error::Transport(TransportError::Refused { code, .. })) if code == NOT_MINE => break,
                    Err(error) => return Err(error),
                };
                self.report.round_trips += 1;
                self.take_refusals(actor, &answer, head)?;
                let there = match answer.standing {
                    Standing::Acked { head, .. } => head,
                    Standing::Forked { common } => common,
                };
                if there <= sent {
                    break; // it has other content there, which no sending changes
                }
                sent = there;
            }
            self.store.former_is_sent(actor)?;
        }
        Ok(())
    }

    fn exchange(&mut self, push: Option<std::ops::RangeInclusive<Seq>>) -> Result<Step, Error> {
        let actor = self.store.actor()?;
        let answer = self.ask(|s| {
            let have = s.store.have()?;
            let chain = Sending { actor, head: have.head, acked: have.acked };
            s.request(&chain, push.clone(), Some(s.store.cursors()?))
        })?;
        self.report.round_trips += 1;
        let before = self.store.have()?;
        let hash_at = |seq| self.store.hash_of(actor, seq).ok().flatten();
        let notes = plan::note(&before, &answer, hash_at);
        self.store.note(&notes)?;
        self.report.pushed += acknowledged(before.acked, &notes);
        if let Step::Renumber { common } = plan::next(&before, &notes, false) {
            // The rest of the answer counts under the new number, and is asked for again there; but what was refused
            // keeps this number, and nobody would say so again.
            self.take_refusals(actor, &answer, common)?;
            return Ok(Step::Renumber { common });
        }
        self.take_refusals(actor, &answer, before.head)?;
        let more = self.take_page(&answer)?;
        if answer.other_forms {
            let forms = self.patiently(|transport| transport.forms())?;
            self.store.take_forms(&forms.files)?;
        }
        Ok(plan::next(&self.store.have()?, &notes, more))
    }

    /// One round trip, tried again with less in it while the link breaks.
    fn ask(&mut self, request: impl Fn(&Self) -> Result<SyncRequest, Error>) -> Result<SyncResponse, Error> {
        let mut failures = 0;
        loop {
            let request = request(self)?;
            let started = Instant::now();
            match self.transport.sync(&request) {
                Ok(answer) => {
                    if started.elapsed() < QUICK {
                        self.bytes = (self.bytes * 4).min(EXCHANGE_BYTES_MAX);
                    }
                    return Ok(answer);
                }
                Err(error) => {
                    failures += 1;
                    self.bytes = (self.bytes / 2).max(EXCHANGE_BYTES_MIN);
                    if error.is_permanent() || !self.transport.pause(failures) {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    /// A call that may be tried again, while the link breaks.
    fn patiently<T>(
        &mut self,
        mut call: impl FnMut(&mut dyn Transport) -> Result<T, TransportError>,
    ) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            match call(self.transport) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    failures += 1;
                    if error.is_permanent() || !self.transport.pause(failures) {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    fn request(
        &self,
        chain: &Sending,
        push: Option<std::ops::RangeInclusive<Seq>>,
        pull: Option<Cursors>,
    ) -> Result<SyncRequest, Error> {
        let &Sending { actor, head, acked } = chain;
        let push = match push {
            Some(range) => {
                let changes = self.store.changes_of(actor, range, self.bytes)?;
                changes.last().map(|last| self.sign(last)).transpose()?.map(|s| Batch::pack(&changes, s))
            }
            None => None,
        };
        let acked = if acked == 0 { None } else { self.store.hash_of(actor, acked)?.map(|h| (acked, h)) };
        Ok(SyncRequest {
            actor,
            install: self.store.install()?,
            epoch: self.store.have()?.epoch,
            head,
            acked,
            push: push.into_iter().collect(),
            pull,
            keeps_own: self.store.keeps_own()?,
            page_bytes: u32::try_from(self.bytes).unwrap_or(u32::MAX),
            left: self.store.left()?,
            forms: mark(&self.store.forms_digest()),
            user: self.store.user()?.map_or(0, |user| user.mark()),
            now: (self.now)(),
        })
    }

    fn sign(&self, last: &change::Change) -> Result<[u8; 64], Error> {
        let hash = self
            .store
            .hash_of(last.actor, last.seq)?
            .ok_or_else(|| Error::damaged("an own change without its hash"))?;
        Ok(change::sign_head(&self.store.device_key()?, last.actor, last.seq, &hash))
    }

    /// Takes the refusals of changes up to `common`; after that the server's are others than this device's.
    fn take_refusals(&mut self, actor: ActorId, answer: &SyncResponse, common: Seq) -> Result<(), Error> {
        self.report.waiting = answer.waiting.len() as u64;
        let refused: Vec<_> = answer.refused.iter().filter(|r| r.seq <= common).cloned().collect();
        if refused.is_empty() {
            return Ok(());
        }
        self.store.take_refused(actor, &refused)?;
        self.report.refused.extend(refused.iter().map(|r| RefusedChange {
            seq: r.seq,
            ids: r.docs.clone(),
            code: r.code,
            reason: r.en.clone(),
            reason_zh: r.zh.clone(),
        }));
        Ok(())
    }

    fn take_page(&mut self, answer: &SyncResponse) -> Result<bool, Error> {
        if let Some(user) = &answer.user {
            self.store.take_person(user)?;
        }
        let Some(page) = &answer.page else { return Ok(false) };
        self.report.pulled += self.store.apply_page(page, &(self.now)())?;
        Ok(page.more)
    }
}

fn acknowledged(before: Seq, notes: &[Note]) -> u64 {
    let acked = notes.iter().find_map(|n| match n {
        Note::Acked(seq) => Some(*seq),
        _ => None,
    });
    acked.map_or(0, |seq| seq.saturating_sub(before))
}
