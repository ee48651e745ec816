//! The link between a device and the server: it loses, repeats, damages and breaks what it carries, as a schedule says,
//! and watches every answer.
//!
//! A relay answers in the server's place where the schedule says so.

use device::sync::{Forms, PhotoMode, SyncOptions, Transport, TransportError, UploadBegin, UploadStart, run};
use domain::ActorId;
use domain::sync::{SyncRequest, SyncResponse, open, seal};
use sync_server::ServerError;

use super::broken::{Broken, Held, Invariant, unexpected};
use super::phone::Phone;
use super::relay::no_link;
use super::schedule::{Fate, Sync};
use super::server::refusal;
use super::world::World;

/// Requests that may arrive again.
const SENT_KEPT_MAX: usize = 200;

impl World {
    /// A device syncs.
    pub fn sync(&mut self, plan: &Sync) -> Held {
        let device = plan.device % self.phones.len();
        self.with_phone(device, |world, phone| world.sync_phone(device, phone, plan))
    }

    fn sync_phone(&mut self, device: usize, phone: &mut Phone, plan: &Sync) -> Held {
        let Some(token) = phone.token()? else { return Ok(()) };
        let wall = self.now(phone.offset_ms).wall;
        let restores = self.restores;
        let asked = plan.dies_at.map(|at| phone.die_at(at)).transpose()?;
        let mut link = Link {
            world: self,
            device,
            token,
            plan,
            trips: 0,
            trouble: Trouble { at_relay: plan.at_relay, ..Trouble::default() },
            damaged: false,
            broken: None,
        };
        let options = SyncOptions { photos: PhotoMode::None, exchange_bytes: plan.bytes.max(1) };
        let result = run(&mut phone.store, &mut link, &|| wall, options);
        let Link { trouble, broken, .. } = link;
        if let Some(broken) = broken {
            return Err(broken);
        }
        let died =
            plan.dies_at.zip(asked).is_some_and(|(at, asked)| asked.load(std::sync::atomic::Ordering::SeqCst) > at);
        match plan.dies_at {
            Some(_) => phone.restart(&self.oracle)?,
            None => phone.read_chain(&self.oracle)?,
        }
        if let Err(error) = result.as_ref()
            && !died
            && !trouble.excuses(error, self.is_revoked(device))
        {
            return Err(Broken::new(Invariant::SyncWorks, format!("device {device}: {error:?}")));
        }
        self.check_saved(phone)?;
        self.check_acknowledged(device, phone, restores)
    }

    /// What the device takes for acknowledged is stored, unless the server was restored meanwhile.
    fn check_acknowledged(&self, device: usize, phone: &Phone, restores: u32) -> Held {
        let have = phone.store.have().map_err(unexpected("a head"))?;
        let (actor, hash) = (phone.store.actor(), phone.store.own_hash(have.acked));
        let (actor, hash) = (actor.map_err(unexpected("a number"))?, hash.map_err(unexpected("a hash"))?);
        if have.acked == 0 {
            return Ok(());
        }
        let op = domain::OpId { actor, seq: have.acked };
        let stored = self.server.read(|tx| tx.change_hash(op))?;
        let ever = self.published.get(&op).map(|published| published.hash);
        let told_before_restore =
            self.restores > 0 && (restores < self.restores || have.epoch != Some(self.server.server.epoch()));
        if ever == hash && (stored == hash || told_before_restore) {
            return Ok(());
        }
        let what = format!("device {device} has {actor}:{} acknowledged, which the server does not have", have.acked);
        Err(Broken::new(Invariant::AcknowledgedIsDurable, what))
    }

    /// An earlier request arrives, lost or answered long ago; nobody hears the answer.
    pub fn straggler(&mut self, pick: usize) -> Held {
        if self.sent.is_empty() {
            return Ok(());
        }
        let (device, token, bytes) = self.sent[pick % self.sent.len()].clone();
        self.handle(device, &token, &bytes).map(|_| ())
    }

    /// The server gets a request, as over HTTP: who asks, what is asked, the answer as bytes.
    pub fn handle(&mut self, device: usize, token: &str, bytes: &[u8]) -> Held<Result<Vec<u8>, TransportError>> {
        let caller = match self.server.caller(token) {
            Ok(caller) => caller,
            Err(error) => return Ok(Err(error)),
        };
        if self.is_revoked(device) {
            return Err(Broken::new(
                Invariant::NobodySeesTooMuch,
                format!("device {device} is revoked and is answered"),
            ));
        }
        let request: SyncRequest = match open(bytes) {
            Ok(request) => request,
            Err(error) => return Ok(Err(refusal(ServerError::Envelope(error)))),
        };
        let answer = self.server.server.sync(&caller, &request);
        self.observe()?;
        match answer {
            Ok(answer) => {
                self.check_answer(device, &answer)?;
                Ok(Ok(seal(&answer)))
            }
            Err(error) => Ok(Err(refusal(error))),
        }
    }

    /// Everything a request may change, in short.
    fn server_state(&self) -> Held<(u64, Vec<sync_server::storage::Chain>)> {
        self.server.read(|tx| Ok((tx.pos()?, tx.chains()?)))
    }
}

/// What was done to a sync, and so which errors it may end with.
#[derive(Debug, Default)]
struct Trouble {
    lost: bool,
    request_damaged: bool,
    answer_damaged: bool,
    server_died: bool,
    at_relay: bool,
}

impl Trouble {
    fn excuses(&self, error: &device::Error, revoked: bool) -> bool {
        let device::Error::Transport(error) = error else { return false };
        match error {
            TransportError::Offline(_) => self.lost,
            TransportError::Unauthorised { code, .. } => revoked && code == "revoked",
            TransportError::Refused { status: 400 | 413, .. } => self.request_damaged,
            TransportError::Refused { code, .. } if code == "no-link" => self.at_relay,
            TransportError::Refused { status: 500.., .. } => self.server_died,
            TransportError::Refused { .. } | TransportError::AtRelay { .. } => false,
            TransportError::Protocol(_) => self.answer_damaged,
        }
    }
}

/// One device's link during one sync.
struct Link<'a> {
    world: &'a mut World,
    device: usize,
    token: String,
    plan: &'a Sync,
    trips: usize,
    trouble: Trouble,
    /// The answer that just came is damaged.
    damaged: bool,
    broken: Option<Broken>,
}

fn lost() -> TransportError {
    TransportError::Offline("lost on purpose".into())
}

/// One bit of a zstd header has no meaning: turning it is no damage.
fn reads_the_same<T: serde::de::DeserializeOwned + PartialEq>(one: &[u8], other: &[u8]) -> bool {
    one == other || matches!((open::<T>(one), open::<T>(other)), (Ok(one), Ok(other)) if one == other)
}

impl Link<'_> {
    /// What becomes of the next round trip; whatever happens meanwhile happens now.
    fn next_fate(&mut self) -> Held<Fate> {
        let trip = self.trips;
        self.trips += 1;
        for (_, event) in self.plan.meanwhile.iter().filter(|(at, _)| *at == trip) {
            self.world.step(event)?;
        }
        if self.world.partition & (1 << (self.device % 8)) != 0 {
            return Ok(Fate::RequestLost);
        }
        Ok(self.plan.fates.get(trip).copied().unwrap_or(Fate::Arrives))
    }

    fn carry(&mut self, bytes: &[u8]) -> Held<Result<Vec<u8>, TransportError>> {
        let fate = self.next_fate()?;
        if self.world.sent.len() < SENT_KEPT_MAX {
            self.world.sent.push((self.device, self.token.clone(), bytes.to_vec()));
        }
        if self.plan.at_relay {
            return self.reaches_relay(bytes, fate);
        }
        match fate {
            Fate::Arrives => self.arrives(bytes),
            Fate::RequestLost => self.is_lost(),
            Fate::AnswerLost => {
                self.arrives(bytes)?.ok();
                self.is_lost()
            }
            Fate::Twice => {
                self.arrives(bytes)?.ok();
                self.arrives(bytes)
            }
            Fate::RequestDamaged(damage) => self.arrives_damaged(bytes, &damage.apply(bytes.to_vec())),
            Fate::AnswerDamaged(damage) => {
                let answer = self.arrives(bytes)?;
                let damaged = answer.as_ref().map(|answer| damage.apply(answer.clone()));
                match (&damaged, &answer) {
                    (Ok(damaged), Ok(answer)) => self.damaged = !reads_the_same::<SyncResponse>(damaged, answer),
                    _ => self.trouble.lost = true,
                }
                self.trouble.answer_damaged |= self.damaged;
                Ok(damaged.map_err(|_| lost()))
            }
            Fate::ServerDiesBefore => {
                self.trouble.server_died = true;
                self.world.server.die_at_next_commit()?;
                let answer = self.arrives(bytes)?;
                self.world.server.restart()?;
                Ok(answer)
            }
            Fate::ServerDiesAfter => {
                self.arrives(bytes)?.ok();
                self.world.server.restart()?;
                self.is_lost()
            }
        }
    }

    fn arrives(&mut self, bytes: &[u8]) -> Held<Result<Vec<u8>, TransportError>> {
        self.world.handle(self.device, &self.token, bytes)
    }

    /// The relay takes what is handed over, if it arrives; of its answer, damage leaves nothing that can be read.
    fn reaches_relay(&mut self, bytes: &[u8], fate: Fate) -> Held<Result<Vec<u8>, TransportError>> {
        let now_ms = self.world.now(0).wall.unix_ms;
        let take = |link: &Self, bytes: &[u8]| link.world.relay.take(bytes, now_ms);
        match fate {
            Fate::RequestLost => self.is_lost(),
            Fate::AnswerLost | Fate::AnswerDamaged(_) => {
                take(self, bytes);
                self.is_lost()
            }
            Fate::RequestDamaged(damage) => {
                let damaged = damage.apply(bytes.to_vec());
                self.trouble.request_damaged = !reads_the_same::<SyncRequest>(bytes, &damaged);
                let answer = take(self, &damaged);
                if self.trouble.request_damaged && matches!(answer, TransportError::AtRelay { .. }) {
                    return Err(Broken::new(Invariant::DamageIsRefused, "the relay took in a damaged request"));
                }
                Ok(Err(answer))
            }
            Fate::Twice => {
                take(self, bytes);
                Ok(Err(take(self, bytes)))
            }
            // The server is not there to die.
            Fate::Arrives | Fate::ServerDiesBefore | Fate::ServerDiesAfter => Ok(Err(take(self, bytes))),
        }
    }

    fn is_lost(&mut self) -> Held<Result<Vec<u8>, TransportError>> {
        self.trouble.lost = true;
        Ok(Err(lost()))
    }

    fn arrives_damaged(&mut self, bytes: &[u8], damaged: &[u8]) -> Held<Result<Vec<u8>, TransportError>> {
        if reads_the_same::<SyncRequest>(bytes, damaged) {
            return self.arrives(damaged);
        }
        self.trouble.request_damaged = true;
        let before = self.world.server_state()?;
        let answer = self.world.handle(self.device, &self.token, damaged)?;
        if answer.is_ok() || self.world.server_state()? != before {
            return Err(Broken::new(Invariant::DamageIsRefused, "the server took in a damaged request"));
        }
        Ok(answer)
    }

    /// Ends the sync at once; what is broken is told afterwards.
    fn told<T>(&mut self, held: Held<Result<T, TransportError>>) -> Result<T, TransportError> {
        held.unwrap_or_else(|broken| {
            self.broken = Some(broken);
            Err(TransportError::Protocol("a promise was broken".into()))
        })
    }

    /// A small call that is only lost or not.
    fn call<T>(
        &mut self,
        ask: impl FnOnce(&World, &str) -> Result<T, TransportError>,
    ) -> Held<Result<T, TransportError>> {
        let fate = self.next_fate()?;
        if self.plan.at_relay {
            return Ok(Err(no_link()));
        }
        let may_arrive = fate != Fate::RequestLost;
        let answer = if may_arrive { ask(self.world, &self.token) } else { Err(lost()) };
        if matches!(fate, Fate::Arrives | Fate::Twice) {
            return Ok(answer);
        }
        self.trouble.lost = true;
        Ok(Err(lost()))
    }
}

impl Transport for Link<'_> {
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        let held = self.carry(&seal(request));
        let damaged = std::mem::take(&mut self.damaged);
        let answer = self.told(held)?;
        let answer = open(&answer).map_err(|e| TransportError::Protocol(e.to_string()));
        if answer.is_ok() && damaged {
            let what = "a device took in a damaged answer";
            return self.told(Err(Broken::new(Invariant::DamageIsRefused, what)));
        }
        answer
    }

    fn renumber(&mut self) -> Result<ActorId, TransportError> {
        let held =
            self.call(|world, token| world.server.server.renumber(&world.server.caller(token)?).map_err(refusal));
        self.told(held)
    }

    fn forms(&mut self) -> Result<Forms, TransportError> {
        let held = self.call(|world, _| {
            let forms = world.server.server.forms();
            let file = |file: &domain::forms::FormFile| device::sync::FormFile {
                name: file.name.clone(),
                text: file.text.clone(),
            };
            Ok(Forms { digest: forms.digest().to_owned(), files: forms.files().iter().map(file).collect() })
        });
        self.told(held)
    }

    fn upload_begin(&mut self, _: &UploadBegin) -> Result<UploadStart, TransportError> {
        Err(lost())
    }

    fn upload_offset(&mut self, _: &str) -> Result<Option<u64>, TransportError> {
        Err(lost())
    }

    fn upload_chunk(&mut self, _: &str, _: u64, _: &[u8]) -> Result<u64, TransportError> {
        Err(lost())
    }

    fn bytes(&self) -> (u64, u64) {
        (0, 0)
    }
}
