//! Taking in what devices wrote: numbers without a gap, one content per number, signed heads; then each change is
//! merged, refused or kept until what it builds on has arrived. All of one request in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use domain::change::{CHANGE_BYTES_MAX, Change, ChangeError, Hash, link, verify_head};
use domain::forms::Catalogue;
use domain::sync::{Batch, RefusalCode, Stamp, Standing};
use domain::{ActorId, DocId, OpId, Seq};

use super::admit::admit_change;
use super::moves::check_moves;
use super::open_docs::OpenDocs;
use super::scope::save_scopes;
use crate::error::ServerError;
use crate::limits::WAITING_MAX;
use crate::storage::{Chain, Device, Refusal, Signed, Status, Stored, StoredChange, Tx, User, Wait};

/// What one request brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Changes that were new.
    pub stored: u64,
    /// Changes that were refused, new or waiting until now.
    pub refused: u64,
}

/// One transaction that takes changes in.
pub struct Intake<'a> {
    tx: &'a dyn Tx,
    docs: OpenDocs<'a>,
    now_ms: i64,
    heads: HashMap<ActorId, Option<Seq>>,
    waits: BTreeMap<OpId, OpId>,
    users: HashMap<ActorId, Option<Rc<User>>>,
    taken: Taken,
}

/// What a change builds on.
enum Footing {
    Firm,
    Needs(OpId),
    Never(OpId),
}

impl<'a> Intake<'a> {
    /// Begins; what waits is known from here on.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn new(tx: &'a dyn Tx, forms: &'a Catalogue, now_ms: i64) -> Stored<Self> {
        let waits = tx.waits()?.into_iter().map(|w| (w.op, w.needs)).collect();
        let docs = OpenDocs::new(tx, forms);
        let (heads, users) = (HashMap::new(), HashMap::new());
        Ok(Self { tx, docs, now_ms, heads, waits, users, taken: Taken::default() })
    }

    /// Takes one batch of a device's changes; says if its numbers were used before with other content.
    ///
    /// # Errors
    /// When the batch cannot be read or is not signed by the device: nothing of the request counts then.
    pub fn take(&mut self, device: &Device, chain: &Chain, batch: &Batch) -> Result<Option<Standing>, ServerError> {
        let changes = batch.unpack()?;
        let bodies = changes.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let known = usize::try_from((chain.head + 1).saturating_sub(batch.first)).unwrap_or(usize::MAX);
        let known = known.min(changes.len());
        if let Some(common) = self.first_difference(chain.actor, batch.first, &bodies[..known])? {
            return Ok(Some(Standing::Forked { common }));
        }
        let full = self.waits.keys().filter(|op| op.actor == chain.actor).count() >= WAITING_MAX;
        if known == changes.len() || batch.first + known as Seq != chain.head + 1 || full {
            return Ok(None);
        }
        let hashes = links(chain.hash, &bodies[known..]);
        let signed = check_signature(device, batch, &changes, hashes.last())?;
        for ((change, body), hash) in changes.into_iter().zip(bodies).skip(known).zip(hashes) {
            self.store(change, body, hash)?;
        }
        self.tx.set_head(signed.op.actor, signed.op.seq, &signed.hash)?;
        self.tx.add_signature(&signed)?;
        Ok(None)
    }

    /// Writes back all documents; nothing is taken after this.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn finish(mut self) -> Stored<Taken> {
        let saved = self.docs.save(self.now_ms)?;
        save_scopes(&mut self.docs, &saved)?;
        Ok(self.taken)
    }

    /// The number before the first change whose content is not the stored one.
    fn first_difference(&self, actor: ActorId, first: Seq, bodies: &[Vec<u8>]) -> Stored<Option<Seq>> {
        if first == 0 {
            return Ok(Some(0));
        }
        let mut previous = self.tx.change_hash(OpId { actor, seq: first - 1 })?.unwrap_or_default();
        for (body, seq) in bodies.iter().zip(first..) {
            let here = link(&previous, body);
            if self.tx.change_hash(OpId { actor, seq })? != Some(here) {
                return Ok(Some(seq - 1));
            }
            previous = here;
        }
        Ok(None)
    }

    fn store(&mut self, change: Change, body: Vec<u8>, hash: Hash) -> Stored<()> {
        let op = change.id();
        let footing = self.footing(&change)?;
        let stamp = Stamp { op, author: change.author, hlc: change.hlc, wall: change.wall, at: change.at };
        let docs: BTreeSet<DocId> = change.docs.iter().map(|d| d.doc.id).collect();
        let docs: Vec<DocId> = docs.into_iter().collect();
        let received_at_ms = self.now_ms;
        let (status, needs) = match footing {
            Footing::Needs(needs) => (Status::Waiting, Some(needs)),
            Footing::Firm => (self.decide(&change)?, None),
            Footing::Never(bad) => (self.refused(unknown_context(bad)), None),
        };
        let pos = if needs.is_some() { 0 } else { self.tx.next_pos()? };
        let stored = StoredChange { hash, status, pos, stamp, received_at_ms, body };
        self.tx.add_change(&stored, &docs)?;
        self.heads.insert(op.actor, Some(op.seq));
        self.taken.stored += 1;
        match needs {
            Some(needs) => self.wait(op, needs),
            None => self.wake(op),
        }
    }

    fn wait(&mut self, op: OpId, needs: OpId) -> Stored<()> {
        self.waits.insert(op, needs);
        self.tx.set_wait(Wait { op, needs })
    }

    /// Every change that waited for one that is decided now is looked at again, then those that waited for them, and so on.
    fn wake(&mut self, decided: OpId) -> Stored<()> {
        let mut news = vec![decided];
        while let Some(done) = news.pop() {
            let woken: Vec<OpId> = self.waits.iter().filter(|(_, needs)| **needs == done).map(|(op, _)| *op).collect();
            for op in woken {
                if self.retry(op)? {
                    news.push(op);
                }
            }
        }
        Ok(())
    }

    /// Looks again at a change that waited; says whether it was decided.
    fn retry(&mut self, op: OpId) -> Stored<bool> {
        let Some(stored) = self.tx.change(op)? else { return Ok(false) };
        let Ok(change) = Change::decode(&stored.body) else { return Ok(false) };
        match self.footing(&change)? {
            Footing::Needs(needs) => {
                self.wait(op, needs)?;
                return Ok(false);
            }
            Footing::Firm => {
                let status = self.decide(&change)?;
                self.tx.decide(op, &status, self.tx.next_pos()?)?;
            }
            Footing::Never(bad) => {
                let status = self.refused(unknown_context(bad));
                self.tx.decide(op, &status, self.tx.next_pos()?)?;
            }
        }
        self.waits.remove(&op);
        self.tx.end_wait(op)?;
        Ok(true)
    }

    /// Merges a change or refuses it.
    fn decide(&mut self, change: &Change) -> Stored<Status> {
        match self.admit(change)? {
            Err(refusal) => Ok(self.refused(refusal)),
            Ok(()) => {
                self.docs.keep_states(change)?;
                Ok(Status::Applied)
            }
        }
    }

    /// Merges a change if everything allows it; otherwise nothing of it stays.
    fn admit(&mut self, change: &Change) -> Stored<Result<(), Refusal>> {
        if let Err(why) = change.check() {
            let zh = format!("变更本身无效：{why}");
            return Ok(Err(Refusal::new(RefusalCode::Malformed, zh, why.to_string())));
        }
        let Some(user) = self.user_of(change.actor)? else {
            let en = "nobody is known under the number of this device";
            return Ok(Err(Refusal::new(RefusalCode::Author, "此设备编号没有对应的用户", en)));
        };
        if let Err(refusal) = admit_change(&mut self.docs, &user, change)? {
            return Ok(Err(refusal));
        }
        let before = self.docs.apply(change)?;
        let moves = check_moves(&mut self.docs, user.role(), change)?;
        if moves.is_err() {
            self.docs.undo(before)?;
        }
        Ok(moves)
    }

    fn refused(&mut self, refusal: Refusal) -> Status {
        self.taken.refused += 1;
        Status::Refused(refusal)
    }

    /// The user whose device writes under a number, as he is now.
    fn user_of(&mut self, actor: ActorId) -> Stored<Option<Rc<User>>> {
        if let Some(user) = self.users.get(&actor) {
            return Ok(user.clone());
        }
        let device = self.tx.device_of(actor)?;
        let user = device.map(|device| self.tx.user(device.user)).transpose()?.flatten().map(Rc::new);
        self.users.insert(actor, user.clone());
        Ok(user)
    }

    /// Whether everything a change says it has seen is here and decided. A forged context that names writes still to
    /// come would swallow them; so such a change waits.
    fn footing(&mut self, change: &Change) -> Stored<Footing> {
        let seen: BTreeSet<OpId> = change.seen().collect();
        let own = change.id();
        let mut needs = None;
        for op in seen {
            // What no honest device can have seen is refused by `Change::check`, not waited for.
            if op.actor == own.actor && op.seq >= own.seq {
                continue;
            }
            match self.head(op.actor)? {
                None => return Ok(Footing::Never(op)),
                Some(head) if op.seq > head || self.waits.contains_key(&op) => needs = needs.or(Some(op)),
                Some(_) => {}
            }
        }
        Ok(needs.map_or(Footing::Firm, Footing::Needs))
    }

    fn head(&mut self, actor: ActorId) -> Stored<Option<Seq>> {
        if let Some(head) = self.heads.get(&actor) {
            return Ok(*head);
        }
        let head = match self.tx.chain(actor)? {
            // What a restore lost of a desk comes back from nowhere, and nothing is written there again.
            Some(_) if self.tx.desk_in_use(actor)? == Some(false) => Some(Seq::MAX),
            Some(chain) => Some(chain.head),
            // A restore lost this number; what was written under it comes back with its device.
            None => self.tx.was_given(actor)?.then_some(0),
        };
        self.heads.insert(actor, head);
        Ok(head)
    }
}

fn unknown_context(op: OpId) -> Refusal {
    let zh = format!("变更引用了未注册设备 {} 的内容", op.actor);
    Refusal::new(RefusalCode::Malformed, zh, format!("it builds on device {}, which nobody enrolled", op.actor))
}

fn encode(change: &Change) -> Result<Vec<u8>, ChangeError> {
    let body = change.encode();
    if body.len() > CHANGE_BYTES_MAX {
        let why = format!("number {} has {} bytes, the most is {CHANGE_BYTES_MAX}", change.seq, body.len());
        return Err(ChangeError::TooLarge(why));
    }
    Ok(body)
}

fn links(previous: Hash, bodies: &[Vec<u8>]) -> Vec<Hash> {
    let chain = bodies.iter().scan(previous, |hash, body| {
        *hash = link(hash, body);
        Some(*hash)
    });
    chain.collect()
}

fn check_signature(
    device: &Device,
    batch: &Batch,
    changes: &[Change],
    last_hash: Option<&Hash>,
) -> Result<Signed, ServerError> {
    let (Some(last), Some(hash)) = (changes.last(), last_hash) else { return Err(ServerError::Signature) };
    let signature: [u8; 64] = batch.signature.as_slice().try_into().map_err(|_| ServerError::Signature)?;
    if !verify_head(&device.public_key, last.actor, last.seq, hash, &signature) {
        return Err(ServerError::Signature);
    }
    Ok(Signed { op: last.id(), hash: *hash, signature: signature.to_vec() })
}
