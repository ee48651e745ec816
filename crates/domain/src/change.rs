//! A change: what one save did. Immutable, named for ever by (device, number), chained by hash and signed in batches.

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::{Hlc, WallTime};
use crate::ids::{ActorId, DocId, DocType, OpId, Seq, UserId};
use crate::register::{CLOCK_ENTRIES_MAX, Clock, Put};
use crate::value::{Position, Value};

/// Most writes in one change.
pub const OPS_MAX: usize = 20_000;
/// Longest path, in bytes.
pub const PATH_BYTES_MAX: usize = 240;
/// Longest kind of a document, in bytes.
pub const KIND_BYTES_MAX: usize = 64;
/// Largest canonical form of one change, in bytes.
pub const CHANGE_BYTES_MAX: usize = 1024 * 1024;

/// A SHA-256.
pub type Hash = [u8; 32];
/// The hash before an actor's first change.
pub const GENESIS: Hash = [0; 32];

/// What one save did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The device.
    pub actor: ActorId,
    /// Its next number.
    pub seq: Seq,
    /// The user who was working with the device.
    pub author: UserId,
    /// The hybrid time: orders display, decides nothing.
    pub hlc: Hlc,
    /// The wall time as the device had it.
    pub wall: WallTime,
    /// Where the device was, if it knew.
    pub at: Option<Position>,
    /// The writes by document.
    pub docs: Vec<DocWrites>,
}

/// The writes of one change to one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocWrites {
    /// Which document.
    pub doc: DocKey,
    /// The version of the form it was filled with.
    pub form_version: u32,
    /// The writes.
    pub ops: Vec<Op>,
}

/// A document's id with what never changes about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocKey {
    /// The id.
    pub id: DocId,
    /// The type.
    pub doc_type: DocType,
    /// The kind (`bare-land` …), or `-` where the type has none.
    pub kind: String,
}

/// One operation. What this program does not know is kept byte for byte and passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A register write.
    Put {
        /// Which register.
        path: String,
        /// What the writer had seen of it (without this write itself).
        context: Clock,
        /// The new value.
        value: Value,
    },
    /// An operation of a later version.
    Unknown {
        /// Its number.
        tag: u8,
        /// Its content.
        body: Vec<u8>,
    },
}

/// An operation of a later version, with its place: kept and handed on until a program knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOp {
    /// The change.
    pub op: OpId,
    /// Its place among the change's operations on the document.
    pub place: u32,
    /// The operation as it came.
    pub raw: RawOp,
}

const TAG_PUT: u8 = 0;

/// An operation as bytes: what is hashed, stored and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawOp {
    /// Which operation.
    pub tag: u8,
    /// Its content.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl From<&Op> for RawOp {
    fn from(op: &Op) -> Self {
        match op {
            Op::Put { path, context, value } => Self { tag: TAG_PUT, body: encode(&(path, context, value)) },
            Op::Unknown { tag, body } => Self { tag: *tag, body: body.clone() },
        }
    }
}

impl From<RawOp> for Op {
    fn from(raw: RawOp) -> Self {
        let RawOp { tag, body } = raw;
        // A body that does not read back to itself (an unknown kind of value, trailing bytes) is kept as it came.
        let known = (tag == TAG_PUT).then(|| postcard::from_bytes::<(String, Clock, Value)>(&body).ok()).flatten();
        match known {
            Some(put) if encode(&put) == body => Self::Put { path: put.0, context: put.1, value: put.2 },
            _ => Self::Unknown { tag, body },
        }
    }
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data in memory always encodes")
}

type Canonical = (ActorId, Seq, UserId, Hlc, WallTime, Option<Position>, Vec<(DocKey, u32, Vec<RawOp>)>);

/// Why bytes are not a change.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Not the encoding of a change.
    #[error("the bytes are not a change: {0}")]
    Encoding(#[from] postcard::Error),
    /// Larger than a limit.
    #[error("the change is too large: {0}")]
    TooLarge(String),
    /// A clock, path or value that cannot be.
    #[error("the change is malformed: {0}")]
    Malformed(String),
}

impl Change {
    /// The canonical bytes: what is hashed and stored, independent of how a batch packs them.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let docs = self.docs.iter().map(|d| (d.doc.clone(), d.form_version, d.ops.iter().map(RawOp::from).collect()));
        let canonical: Canonical = (self.actor, self.seq, self.author, self.hlc, self.wall, self.at, docs.collect());
        encode(&canonical)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// When they are not a change. What is well-formed but not allowed is found by [`Change::check`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ChangeError> {
        if bytes.len() > CHANGE_BYTES_MAX {
            return Err(ChangeError::TooLarge(format!("{} bytes, the most is {CHANGE_BYTES_MAX}", bytes.len())));
        }
        let (actor, seq, author, hlc, wall, at, docs): Canonical = postcard::from_bytes(bytes)?;
        let docs = docs.into_iter().map(|(doc, form_version, ops)| DocWrites {
            doc,
            form_version,
            ops: ops.into_iter().map(Op::from).collect(),
        });
        Ok(Self { actor, seq, author, hlc, wall, at, docs: docs.collect() })
    }

    /// This change's link of its device's chain: covers its content and everything before it.
    #[must_use]
    pub fn hash(&self, previous: &Hash) -> Hash {
        link(previous, &self.encode())
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> OpId {
        OpId { actor: self.actor, seq: self.seq }
    }

    /// The register writes as they merge: document, path, put.
    pub fn puts(&self) -> impl Iterator<Item = (&DocKey, &str, Put)> {
        let op = self.id();
        self.docs.iter().flat_map(move |d| {
            d.ops.iter().filter_map(move |o| match o {
                Op::Put { path, context, value } => {
                    let clock = context.clone().with(op);
                    Some((&d.doc, path.as_str(), Put { op, hlc: self.hlc, clock, value: value.clone() }))
                }
                Op::Unknown { .. } => None,
            })
        })
    }

    /// The operations that only a later version understands, with the document they belong to.
    pub fn unknown(&self) -> impl Iterator<Item = (&DocKey, UnknownOp)> {
        let op = self.id();
        self.docs.iter().flat_map(move |d| {
            (0..).zip(&d.ops).filter_map(move |(place, o)| match o {
                Op::Unknown { tag, body } => {
                    Some((&d.doc, UnknownOp { op, place, raw: RawOp { tag: *tag, body: body.clone() } }))
                }
                Op::Put { .. } => None,
            })
        })
    }

    /// Every write that some register's context says was seen, other than this device's own later ones.
    pub fn seen(&self) -> impl Iterator<Item = OpId> + '_ {
        self.docs.iter().flat_map(|d| &d.ops).flat_map(|o| match o {
            Op::Put { context, .. } => context.ops().collect::<Vec<_>>(),
            Op::Unknown { .. } => Vec::new(),
        })
    }

    /// Refuses what no honest device writes: counters of zero, a context at or after its own change, oversized
    /// clocks, paths and values, one register written twice, a document without a write or under two names.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn check(&self) -> Result<(), ChangeError> {
        let malformed = |what: String| Err(ChangeError::Malformed(what));
        if self.seq == 0 || self.seq > u64::MAX / 2 {
            return malformed(format!("change number {} is out of range", self.seq));
        }
        let ops: usize = self.docs.iter().map(|d| d.ops.len()).sum();
        if ops > OPS_MAX {
            return Err(ChangeError::TooLarge(format!("{ops} writes, the most is {OPS_MAX}")));
        }
        self.check_docs().map_err(ChangeError::Malformed)?;
        if let Some(at) = self.at {
            Value::Point(at).check_size().map_err(ChangeError::Malformed)?;
        }
        let mut written = std::collections::HashSet::new();
        for d in &self.docs {
            for op in &d.ops {
                let Op::Put { path, context, value } = op else { continue };
                check_path(path).map_err(ChangeError::Malformed)?;
                check_context(context, self.id()).map_err(ChangeError::Malformed)?;
                value.check_size().map_err(|why| ChangeError::TooLarge(format!("{path} holds {why}")))?;
                if !written.insert((d.doc.id, path)) {
                    return malformed(format!("{path} is written twice"));
                }
            }
        }
        Ok(())
    }

    /// An empty or repeated entry costs nearly nothing to send and a document to keep.
    fn check_docs(&self) -> Result<(), String> {
        let mut named = std::collections::HashSet::new();
        for d in &self.docs {
            let kind = &d.doc.kind;
            if kind.is_empty() || kind.len() > KIND_BYTES_MAX || kind.chars().any(char::is_control) {
                return Err(format!("a kind of {} bytes, or with control characters", kind.len()));
            }
            if d.ops.is_empty() || !named.insert(d.doc.id) {
                return Err(format!("document {} is named twice or without a write", d.doc.id));
            }
        }
        Ok(())
    }
}

/// Refuses paths that no form could name.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn check_path(path: &str) -> Result<(), String> {
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    let parts_ok = path.split('/').all(|part| !part.is_empty() && part.chars().all(plain));
    if path.len() > PATH_BYTES_MAX {
        return Err(format!("a path of {} bytes; the most is {PATH_BYTES_MAX}", path.len()));
    }
    if parts_ok { Ok(()) } else { Err(format!("'{path}' is not a path like 'points/p1/leq_db'")) }
}

fn check_context(context: &Clock, own: OpId) -> Result<(), String> {
    if context.0.len() > CLOCK_ENTRIES_MAX {
        return Err(format!("a clock of {} entries; the most is {CLOCK_ENTRIES_MAX}", context.0.len()));
    }
    match context.ops().find(|seen| seen.seq == 0 || (seen.actor == own.actor && seen.seq >= own.seq)) {
        Some(bad) => Err(format!("its context names {}:{}, which it cannot have seen", bad.actor, bad.seq)),
        None => Ok(()),
    }
}

/// One link of a chain from the bytes of a change.
#[must_use]
pub fn link(previous: &Hash, canonical: &[u8]) -> Hash {
    Sha256::new().chain_update(b"shanxun change 1").chain_update(previous).chain_update(canonical).finalize().into()
}

fn head_message(actor: ActorId, seq: Seq, hash: &Hash) -> Vec<u8> {
    let mut message = b"shanxun head 1".to_vec();
    message.extend(actor.0.to_be_bytes());
    message.extend(seq.to_be_bytes());
    message.extend(hash);
    message
}

/// Signs the head of a device's chain, which covers every change before it.
#[must_use]
pub fn sign_head(key: &SigningKey, actor: ActorId, seq: Seq, hash: &Hash) -> [u8; 64] {
    key.sign(&head_message(actor, seq, hash)).to_bytes()
}

/// Whether a head was signed by the device with this public key.
#[must_use]
pub fn verify_head(key: &[u8; 32], actor: ActorId, seq: Seq, hash: &Hash, signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify(&head_message(actor, seq, hash), &Signature::from_bytes(signature)).is_ok())
}
