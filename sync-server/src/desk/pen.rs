//! The hand that writes at a desk: number, key and clock of the device that the server is for one user.

use domain::change::{Change, DocWrites, Op, sign_head};
use domain::clock::{Hlc, TimeSource, WallTime};
use domain::register::Clock;
use domain::sync::{Batch, Left};
use domain::{ActorId, DocId, OpId, UserId, Value};
use ed25519_dalek::SigningKey;

use crate::error::ServerError;
use crate::limits::NUMBERS_PER_DEVICE_MAX;
use crate::server::Server;
use crate::storage::{Chain, Desk, Device, DocHead, Status, Tx, User};
use crate::sync::Intake;

/// The local time of the district, minutes east.
const DISTRICT_OFFSET_MIN: i16 = 480;

/// One write of a decision.
#[derive(Clone, Debug)]
pub struct Write {
    /// Where.
    pub path: String,
    /// What it replaces.
    pub context: Clock,
    /// What it holds.
    pub value: Value,
}

impl Write {
    /// The first write of a path.
    pub fn first(path: String, value: Value) -> Self {
        Self { path, context: Clock::default(), value }
    }
}

/// What writes for one user in one transaction.
pub struct Pen<'a> {
    server: &'a Server,
    tx: &'a dyn Tx,
    device: Device,
    key: SigningKey,
    now_ms: i64,
}

impl<'a> Pen<'a> {
    /// The user's; a desk is made for him if he has none yet.
    pub fn of(server: &'a Server, tx: &'a dyn Tx, user: &User) -> Result<Self, ServerError> {
        let desk = match tx.desk(user.person.id)? {
            Some(desk) => desk,
            None => make_desk(server, tx, user)?,
        };
        let device = tx.device_of(desk.device)?.ok_or(ServerError::Internal)?;
        let key = SigningKey::from_bytes(&desk.secret);
        Ok(Self { server, tx, device, key, now_ms: server.now_ms() })
    }

    /// The number that is written under.
    pub fn actor(&self) -> ActorId {
        self.device.first_actor
    }

    /// The user.
    pub fn user(&self) -> UserId {
        self.device.user
    }

    /// The server's time.
    pub fn now(&self) -> WallTime {
        let (offset_min, source) = (DISTRICT_OFFSET_MIN, TimeSource::Server);
        WallTime { unix_ms: self.now_ms, offset_min, source, doubt_ms: None }
    }

    /// An id that nothing has.
    pub fn new_id(&self) -> DocId {
        DocId::new(self.now_ms.max(0).unsigned_abs(), self.server.environment().random())
    }

    /// A note that says why.
    pub fn note(&self, text: &str) -> Write {
        Write::first(format!("notes/{}", self.new_id()), Value::text(text))
    }

    /// Writes to one document: the first list under the desk's own number, each further one under a further number, so
    /// that they stand beside each other. Gives the name of the first change.
    ///
    /// # Errors
    /// `refused` when a device of this user might not write it; the transaction is to be undone then.
    pub fn write(&self, head: &DocHead, lists: Vec<Vec<Write>>) -> Result<OpId, ServerError> {
        let mut intake = Intake::new(self.tx, self.server.forms(), self.now_ms)?;
        let mut written = Vec::new();
        for (writes, chain) in lists.into_iter().zip(self.chains()?) {
            let change = self.change(head, &chain, writes)?;
            let hash = change.hash(&chain.hash);
            let signature = sign_head(&self.key, change.actor, change.seq, &hash);
            let op = change.id();
            intake.take(&self.device, &chain, &Batch::pack(&[change], signature))?;
            written.push(op);
        }
        intake.finish()?;
        for op in &written {
            match self.tx.change(*op)?.map(|stored| stored.status) {
                Some(Status::Applied) => {}
                Some(Status::Refused(refusal)) => return Err(ServerError::Refused(refusal)),
                // Everything a desk has seen is here.
                Some(Status::Waiting) | None => return Err(ServerError::Internal),
            }
        }
        written.first().copied().ok_or(ServerError::Internal)
    }

    /// Sees to it that the desk has so many numbers.
    pub fn have_numbers(&self, count: usize) -> Result<(), ServerError> {
        if count > NUMBERS_PER_DEVICE_MAX {
            return Err(ServerError::TooManyNumbers);
        }
        for _ in self.chains()?.len()..count {
            self.tx.add_chain(self.actor())?;
        }
        Ok(())
    }

    fn chains(&self) -> Result<Vec<Chain>, ServerError> {
        let mut chains = self.tx.chains()?;
        chains.retain(|chain| chain.device == self.actor());
        chains.sort_by_key(|chain| chain.actor);
        Ok(chains)
    }

    fn change(&self, head: &DocHead, chain: &Chain, writes: Vec<Write>) -> Result<Change, ServerError> {
        let last = self.tx.stamp(OpId { actor: chain.actor, seq: chain.head })?.map_or(Hlc(0), |stamp| stamp.hlc);
        let seen = writes.iter().flat_map(|write| write.context.ops().collect::<Vec<_>>());
        let mut clock = last;
        for op in seen {
            if let Some(stamp) = self.tx.stamp(op)? {
                clock = clock.seen(stamp.hlc, self.now_ms);
            }
        }
        let ops = writes.into_iter().map(|w| Op::Put { path: w.path, context: w.context, value: w.value });
        let doc = DocWrites { doc: head.key.clone(), form_version: head.form_version, ops: ops.collect() };
        Ok(Change {
            actor: chain.actor,
            seq: chain.head + 1,
            author: self.user(),
            hlc: clock.next(self.now_ms),
            wall: self.now(),
            at: None,
            docs: vec![doc],
        })
    }
}

/// A desk is a device that nobody can log in with: the token behind its hash is not known to anybody.
fn make_desk(server: &Server, tx: &dyn Tx, user: &User) -> Result<Desk, ServerError> {
    let secret: [u8; 32] = server.environment().random();
    let device = Device {
        first_actor: ActorId::SERVER, // the storage gives the number
        user: user.person.id,
        public_key: SigningKey::from_bytes(&secret).verifying_key().to_bytes(),
        install: u64::from_le_bytes(server.environment().random()),
        label: format!("控制台 · {}", user.person.name),
        revoked: false,
        enrolled_at_ms: server.now_ms(),
        last_seen_ms: None,
        clock_offset_ms: None,
        left: Left::default(),
    };
    let device = tx.add_device(&device, &server.environment().random())?;
    let desk = Desk { user: user.person.id, device, secret };
    tx.add_desk(&desk)?;
    Ok(desk)
}
