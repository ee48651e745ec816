//! One sync from start to end.

use std::time::{Duration, Instant};

use domain::clock::WallTime;
use domain::sync::plan::{self, Note, Step};
use domain::sync::{Batch, RefusalCode, SyncRequest, SyncResponse, mark};
use domain::{DocId, Seq, change};
use serde::Serialize;

use super::photos::{self, PhotoMode};
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
/// How often one exchange is tried before the sync gives up for now.
const TRIES_MAX: u32 = 3;
/// How often a device may be told to take a new number in one sync; more means the server is confused.
const RENUMBERS_MAX: u32 = 3;

/// What to sync.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyncOptions {
    /// How much of the photos to send.
    pub photos: PhotoMode,
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
    /// Photos that could not be sent, with the reason.
    pub photo_problems: Vec<String>,
    /// Bytes of bodies sent.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
    /// Calls of `/v1/sync` made.
    pub round_trips: u64,
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
    let mut session = Session { store, transport, now, bytes: EXCHANGE_BYTES_START, report: SyncReport::default() };
    session.text()?;
    let Session { store, transport, mut report, .. } = session;
    photos::send(store, transport, options.photos, &mut report)?;
    report.photos_left = u64::from(store.left()?.photos);
    (report.bytes_up, report.bytes_down) = transport.bytes();
    Ok(report)
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
        let mut step = plan::start(&self.store.have()?);
        let mut renumbers = 0;
        loop {
            step = match step {
                Step::Exchange { push } => self.exchange(push)?,
                Step::Renumber { common } if renumbers < RENUMBERS_MAX => {
                    renumbers += 1;
                    let actor = self.transport.renumber()?;
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

    fn exchange(&mut self, push: Option<std::ops::RangeInclusive<Seq>>) -> Result<Step, Error> {
        let answer = self.ask(push)?;
        self.report.round_trips += 1;
        let before = self.store.have()?;
        let hash_at = |seq| self.store.own_hash(seq).ok().flatten();
        let notes = plan::note(&before, &answer, hash_at);
        self.store.note(&notes)?;
        self.report.pushed += acknowledged(before.acked, &notes);
        if let renumber @ Step::Renumber { .. } = plan::next(&before, &notes, false) {
            // The rest of the answer counts under the new number, and is asked for again there.
            return Ok(renumber);
        }
        self.take_refusals(&answer)?;
        let more = self.take_page(&answer)?;
        if answer.other_forms {
            let forms = self.transport.forms()?;
            self.store.take_forms(&forms.files)?;
        }
        Ok(plan::next(&self.store.have()?, &notes, more))
    }

    /// One round trip, tried again with less in it while the link breaks.
    fn ask(&mut self, push: Option<std::ops::RangeInclusive<Seq>>) -> Result<SyncResponse, Error> {
        let mut tries = 0;
        loop {
            let request = self.request(push.clone())?;
            let started = Instant::now();
            match self.transport.sync(&request) {
                Ok(answer) => {
                    if started.elapsed() < QUICK {
                        self.bytes = (self.bytes * 4).min(EXCHANGE_BYTES_MAX);
                    }
                    return Ok(answer);
                }
                Err(error) => {
                    tries += 1;
                    self.bytes = (self.bytes / 2).max(EXCHANGE_BYTES_MIN);
                    if error.is_permanent() || tries >= TRIES_MAX {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    fn request(&self, push: Option<std::ops::RangeInclusive<Seq>>) -> Result<SyncRequest, Error> {
        let have = self.store.have()?;
        let actor = self.store.actor()?;
        let push = match push {
            Some(range) => {
                let changes = self.store.own_changes(range, self.bytes)?;
                changes.last().map(|last| self.sign(last)).transpose()?.map(|s| Batch::pack(&changes, s))
            }
            None => None,
        };
        let acked = if have.acked == 0 { None } else { self.store.own_hash(have.acked)?.map(|h| (have.acked, h)) };
        Ok(SyncRequest {
            actor,
            install: self.store.install()?,
            epoch: have.epoch,
            head: have.head,
            acked,
            push: push.into_iter().collect(),
            pull: Some(self.store.cursors()?),
            page_bytes: u32::try_from(self.bytes).unwrap_or(u32::MAX),
            left: self.store.left()?,
            forms: mark(&self.store.forms_digest()),
            user: self.store.user()?.map_or(0, |user| user.mark()),
            now: (self.now)(),
        })
    }

    fn sign(&self, last: &change::Change) -> Result<[u8; 64], Error> {
        let hash = self.store.own_hash(last.seq)?.ok_or_else(|| Error::damaged("an own change without its hash"))?;
        Ok(change::sign_head(&self.store.device_key()?, last.actor, last.seq, &hash))
    }

    fn take_refusals(&mut self, answer: &SyncResponse) -> Result<(), Error> {
        self.report.waiting = answer.waiting.len() as u64;
        if answer.refused.is_empty() {
            return Ok(());
        }
        self.store.take_refused(&answer.refused)?;
        self.report.refused.extend(answer.refused.iter().map(|r| RefusedChange {
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
