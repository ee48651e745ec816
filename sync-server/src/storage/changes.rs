//! The chains of all devices: every change as it came, and what became of it.

use domain::change::Hash;
use domain::sync::{RefusalCode, Stamp};
use domain::{ActorId, DocId, OpId, Seq};

use super::{Pos, Stored};

/// One chain: the changes under one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The number.
    pub actor: ActorId,
    /// The device, by its first number.
    pub device: ActorId,
    /// The last change stored.
    pub head: Seq,
    /// Its chain hash.
    pub hash: Hash,
    /// Up to here every history of this server agrees: what it had when it was last restored from a backup.
    pub restored: Seq,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Merged.
    Applied,
    /// Kept, not merged.
    Refused(Refusal),
    /// Kept until another change arrives.
    Waiting,
}

/// Why a change was refused, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people, Chinese.
    pub zh: String,
    /// For people, English.
    pub en: String,
}

impl Refusal {
    /// A refusal from its code and its two sentences.
    pub fn new(code: RefusalCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }
}

/// A change as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChange {
    /// Its link of the chain.
    pub hash: Hash,
    /// What became of it.
    pub status: Status,
    /// When that was decided, in the server's order; 0 while it waits.
    pub pos: Pos,
    /// Who made it, when and where.
    pub stamp: Stamp,
    /// When it arrived, milliseconds since 1970.
    pub received_at_ms: i64,
    /// Its canonical bytes.
    pub body: Vec<u8>,
}

/// A change that waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Which.
    pub op: OpId,
    /// For which.
    pub needs: OpId,
}

/// A device's signature over a link of its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The change.
    pub op: OpId,
    /// Its hash.
    pub hash: Hash,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Chains, changes, waits and signatures.
pub trait Changes {
    /// One chain.
    fn chain(&self, actor: ActorId) -> Stored<Option<Chain>>;
    /// All chains.
    fn chains(&self) -> Stored<Vec<Chain>>;
    /// Moves the head of a chain.
    fn set_head(&self, actor: ActorId, head: Seq, hash: &Hash) -> Stored<()>;
    /// The hash of one change.
    fn change_hash(&self, op: OpId) -> Stored<Option<Hash>>;
    /// One change.
    fn change(&self, op: OpId) -> Stored<Option<StoredChange>>;
    /// The changes of one chain after a number, at most so many.
    fn changes_after(&self, actor: ActorId, after: Seq, limit: usize) -> Stored<Vec<StoredChange>>;
    /// Who made a change, when and where.
    fn stamp(&self, op: OpId) -> Stored<Option<Stamp>>;
    /// Adds a change; `docs` are those it writes to.
    fn add_change(&self, change: &StoredChange, docs: &[DocId]) -> Stored<()>;
    /// Decides a change that waited.
    fn decide(&self, op: OpId, status: &Status, pos: Pos) -> Stored<()>;
    /// The refused changes of a chain that the device has not heard of: numbered or decided after what it knows.
    fn refused_after(&self, actor: ActorId, seq: Seq, pos: Pos, limit: usize) -> Stored<Vec<StoredChange>>;
    /// The changes that write to a document, in the order they were decided.
    fn history(&self, doc: DocId, limit: u32) -> Stored<Vec<StoredChange>>;
    /// Whether a device wrote to a document, under any of its numbers.
    fn wrote(&self, device: ActorId, doc: DocId) -> Stored<bool>;
    /// All that wait, by number.
    fn waits(&self) -> Stored<Vec<Wait>>;
    /// Those of one chain.
    fn waits_of(&self, actor: ActorId) -> Stored<Vec<Wait>>;
    /// Notes what a change waits for; it may wait for one at a time.
    fn set_wait(&self, wait: Wait) -> Stored<()>;
    /// It waits no longer.
    fn end_wait(&self, op: OpId) -> Stored<()>;
    /// Keeps a signature.
    fn add_signature(&self, signed: &Signed) -> Stored<()>;
    /// All signatures of a chain, by number.
    fn signatures(&self, actor: ActorId) -> Stored<Vec<Signed>>;
    /// Marks everything there is as agreed by every history (after a restore), and leaves room in the numbers of devices
    /// and users that the backup did not know.
    fn mark_restored(&self) -> Stored<()>;
}
