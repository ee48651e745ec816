//! A relay of a run: the real spool and the real way of a batch through it, without the network and without photos.

use device::sync::TransportError;
use domain::ActorId;
use domain::sync::{SyncRequest, SyncResponse, open, seal};
use sync_server::accounts::{Enrol, NewUser};
use sync_server::relay::{Spool, SpoolLimits, passing, settle, take_over};
use sync_server::{Server, ServerError};

use super::broken::{Broken, Held, Invariant, unexpected};
use super::dice::Dice;
use super::schedule::Fate;
use super::server::refusal;
use super::world::World;

/// A relay in a vehicle.
pub struct RelaySide {
    spool: Spool,
    actor: ActorId,
    install: u64,
    token: String,
}

impl RelaySide {
    /// A relay that is enrolled at the server as its own user.
    pub fn new(server: &Server, environment: &sync_server::environment::Environment, seed: u64) -> Held<Self> {
        let new = NewUser { name: "relay".to_owned(), role: domain::Role::Inspector, towns: None, password: None };
        server.add_user(&new).map_err(unexpected("the relay's user"))?;
        let code = server.make_code("relay").map_err(unexpected("the relay's code"))?;
        let mut key = [0; 32];
        Dice::new(seed ^ 0x4E1A).fill(&mut key);
        let public_key = ed25519_dalek::SigningKey::from_bytes(&key).verifying_key().to_bytes();
        let install = u64::from_be_bytes(key[..8].try_into().expect("eight of thirty-two bytes"));
        let enrol = Enrol { code, public_key, install, label: "relay".to_owned() };
        let enrolled = server.enrol("relay", &enrol).map_err(unexpected("the relay's enrolment"))?;
        let spool = Spool::in_memory(SpoolLimits::default(), environment).map_err(unexpected("a spool"))?;
        Ok(Self { spool, actor: enrolled.actor, install, token: enrolled.token })
    }

    /// Without a link: what a device hands over is kept, and the answer is no receipt of the server.
    pub fn take(&self, body: &[u8], now_ms: i64) -> TransportError {
        match take_over(&self.spool, body, "simulation", now_ms) {
            Ok(held) => TransportError::AtRelay { relay: self.spool.id().to_owned(), held },
            Err(error) => refusal(error),
        }
    }
}

/// The answer to every other call.
pub fn no_link() -> TransportError {
    TransportError::Refused { status: 503, code: "no-link".to_owned(), message: "this is a relay".to_owned() }
}

impl World {
    /// The relay has a link and passes on what it keeps, each batch in a request of its own, until one does not get
    /// through.
    pub fn pass_on(&mut self, fates: &[Fate]) -> Held {
        let mut after = 0;
        let mut fates = fates.iter().copied();
        loop {
            let now_ms = self.now(0).wall.unix_ms;
            let kept = self.relay.spool.batch_after(after).map_err(unexpected("a kept batch"))?;
            let Some(kept) = kept else { return Ok(()) };
            after = kept.n;
            let batch = kept.batch.clone().ok_or_else(|| {
                Broken::new(Invariant::NothingLostNothingFalse, "a batch that a relay kept does not read back")
            })?;
            let waiting = self.relay.spool.waiting().map_err(unexpected("a spool"))?;
            let request = passing(self.relay.actor, self.relay.install, waiting, batch, now_ms);
            let Some(said) = self.hand_on(&seal(&request), fates.next().unwrap_or(Fate::Arrives))? else {
                return Ok(());
            };
            settle(&self.relay.spool, &kept, said, now_ms).map_err(unexpected("a spool"))?;
        }
    }

    /// One request of the relay; `None` if no answer came, or none that can be read.
    fn hand_on(&mut self, bytes: &[u8], fate: Fate) -> Held<Option<Result<domain::sync::RelayedStanding, String>>> {
        let answer = match fate {
            Fate::RequestLost => return Ok(None),
            Fate::AnswerLost => {
                self.answer_relay(bytes)?.ok();
                return Ok(None);
            }
            Fate::ServerDiesBefore => {
                self.server.die_at_next_commit()?;
                self.answer_relay(bytes)?.ok();
                self.server.restart()?;
                return Ok(None);
            }
            Fate::ServerDiesAfter => {
                self.answer_relay(bytes)?.ok();
                self.server.restart()?;
                return Ok(None);
            }
            Fate::Twice => {
                self.answer_relay(bytes)?.ok();
                self.answer_relay(bytes)?
            }
            Fate::RequestDamaged(damage) => self.answer_relay(&damage.apply(bytes.to_vec()))?,
            Fate::AnswerDamaged(damage) => self.answer_relay(bytes)?.map(|answer| damage.apply(answer)),
            Fate::Arrives => self.answer_relay(bytes)?,
        };
        match answer {
            Ok(answer) => {
                let answer: Option<SyncResponse> = open(&answer).ok();
                Ok(answer.and_then(|answer| answer.relayed.into_iter().next()).map(|(_, standing)| Ok(standing)))
            }
            Err(TransportError::Refused { status: 400 | 413, code, .. }) => Ok(Some(Err(code))),
            Err(_) => Ok(None),
        }
    }

    /// The server gets a request of the relay; it must not tell it anything of what is kept there.
    fn answer_relay(&mut self, bytes: &[u8]) -> Held<Result<Vec<u8>, TransportError>> {
        let caller = match self.server.caller(&self.relay.token) {
            Ok(caller) => caller,
            Err(error) => return Ok(Err(error)),
        };
        let request: SyncRequest = match open(bytes) {
            Ok(request) => request,
            Err(error) => return Ok(Err(refusal(ServerError::Envelope(error)))),
        };
        let answer = self.server.server.sync(&caller, &request);
        self.observe()?;
        match answer {
            Ok(answer) if answer.page.is_some() => {
                Err(Broken::new(Invariant::NobodySeesTooMuch, "a relay that passes on is told what others wrote"))
            }
            Ok(answer) => Ok(Ok(seal(&answer))),
            Err(error) => Ok(Err(refusal(error))),
        }
    }
}
