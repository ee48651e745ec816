//! A batch: a run of one device's changes, packed with documents and paths named once, and its signed head.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::columns::{Key, Keyed};
use super::room::{self, MESSAGE_MEMORY_BYTES_MAX};
use crate::change::{Change, DocKey, DocWrites, Hash, Op, RawOp};
use crate::clock::{Hlc, TimeSource, WallTime};
use crate::ids::{ActorId, Seq, UserId};
use crate::register::Clock;
use crate::value::{Position, Value};

/// Most changes in one batch.
pub const BATCH_CHANGES_MAX: usize = 5_000;

/// A run of changes without a gap, as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Whose.
    pub actor: ActorId,
    /// The number of its first change.
    pub first: Seq,
    /// The device's signature over (actor, last number, hash of the last change).
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
    #[serde(deserialize_with = "room::list")]
    authors: Vec<UserId>,
    #[serde(deserialize_with = "room::list")]
    docs: Vec<DocKey>,
    #[serde(deserialize_with = "room::list")]
    paths: Vec<String>,
    #[serde(deserialize_with = "room::list")]
    changes: Vec<Packed>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Packed {
    author: u32,
    /// Difference to the change before; stamps of one sitting are close together.
    hlc_step: i64,
    /// Wall time less the hybrid time's, milliseconds: 0 unless the clock was set back.
    wall_less_hlc_ms: i64,
    offset_min: i16,
    source: TimeSource,
    doubt_ms: Option<u32>,
    at: Option<Position>,
    #[serde(deserialize_with = "room::list")]
    docs: Vec<PackedWrites>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PackedWrites {
    doc: u32,
    form_version: u32,
    #[serde(deserialize_with = "room::list")]
    puts: Vec<PackedOp>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum PackedOp {
    Put { path: Key, context: Clock, value: Keyed<Value> },
    Raw { tag: u8, body: serde_bytes::ByteBuf },
}

/// Why a batch cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// It names an entry that its tables do not have.
    #[error("the batch names entry {0} of a table that is shorter")]
    Dangling(u32),
    /// Too many changes.
    #[error("the batch has {0} changes; the most is {BATCH_CHANGES_MAX}")]
    TooMany(usize),
    /// Empty or numbered past the end.
    #[error("the batch is empty or its numbers overflow")]
    Numbers,
    /// A few names, repeated often, take more memory than a message may.
    #[error("the batch takes more than {MESSAGE_MEMORY_BYTES_MAX} bytes unpacked; send fewer changes at a time")]
    TooLarge,
}

impl Batch {
    /// Packs changes of one device, which follow each other without a gap, with the signature of the last one's hash.
    ///
    /// # Panics
    /// Never for a non-empty run; the caller passes at least one change.
    #[must_use]
    pub fn pack(changes: &[Change], signature: [u8; 64]) -> Self {
        let first = changes.first().expect("a batch has at least one change");
        let (mut authors, mut docs, mut paths) = (Table::default(), Table::default(), Table::default());
        let mut previous = Hlc(0);
        let packed = changes.iter().map(|c| {
            let hlc_step = c.hlc.0.wrapping_sub(previous.0).cast_signed();
            previous = c.hlc;
            let writes = c.docs.iter().map(|d| PackedWrites {
                doc: docs.index(&d.doc),
                form_version: d.form_version,
                puts: d.ops.iter().map(|op| pack_op(op, &mut paths)).collect(),
            });
            Packed {
                docs: writes.collect(),
                author: authors.index(&c.author),
                hlc_step,
                wall_less_hlc_ms: c.wall.unix_ms.wrapping_sub(c.hlc.unix_ms()),
                offset_min: c.wall.offset_min,
                source: c.wall.source,
                doubt_ms: c.wall.doubt_ms,
                at: c.at,
            }
        });
        let changes = packed.collect();
        Self {
            actor: first.actor,
            first: first.seq,
            signature: signature.to_vec(),
            authors: authors.rows,
            docs: docs.rows,
            paths: paths.rows,
            changes,
        }
    }

    /// How many changes it carries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// True if it carries nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes, exactly as they were packed.
    ///
    /// # Errors
    /// When the tables do not fit or the numbers overflow. Nothing is checked beyond that.
    pub fn unpack(&self) -> Result<Vec<Change>, BatchError> {
        if self.changes.len() > BATCH_CHANGES_MAX {
            return Err(BatchError::TooMany(self.changes.len()));
        }
        let count = Seq::try_from(self.changes.len()).map_err(|_| BatchError::Numbers)?;
        self.first.checked_add(count).filter(|_| count > 0).ok_or(BatchError::Numbers)?;
        self.check_unpacked_size()?;
        let mut hlc = Hlc(0);
        let mut out = Vec::with_capacity(self.changes.len());
        // The changes first: a range that is asked for one number more than there are may overflow.
        for (packed, seq) in self.changes.iter().zip(self.first..) {
            hlc = Hlc(hlc.0.wrapping_add(packed.hlc_step.cast_unsigned()));
            out.push(self.unpack_one(packed, seq, hlc)?);
        }
        Ok(out)
    }

    /// What is named once in the batch stands in every change that names it: refused before any of it is copied.
    fn check_unpacked_size(&self) -> Result<(), BatchError> {
        let mut left = MESSAGE_MEMORY_BYTES_MAX;
        let mut take = |bytes: usize| {
            left = left.checked_sub(bytes).ok_or(BatchError::TooLarge)?;
            Ok::<_, BatchError>(())
        };
        for writes in self.changes.iter().flat_map(|packed| &packed.docs) {
            take(size_of::<DocWrites>() + lookup(&self.docs, writes.doc)?.kind.len())?;
            for op in &writes.puts {
                take(size_of::<Op>())?;
                if let PackedOp::Put { path, .. } = op {
                    take(lookup(&self.paths, path.0)?.len())?;
                }
            }
        }
        Ok(())
    }

    fn unpack_one(&self, packed: &Packed, seq: Seq, hlc: Hlc) -> Result<Change, BatchError> {
        let docs = packed.docs.iter().map(|d| {
            let ops = d.puts.iter().map(|op| self.unpack_op(op)).collect::<Result<_, _>>()?;
            Ok(DocWrites { doc: lookup(&self.docs, d.doc)?.clone(), form_version: d.form_version, ops })
        });
        Ok(Change {
            actor: self.actor,
            seq,
            author: *lookup(&self.authors, packed.author)?,
            hlc,
            wall: WallTime {
                unix_ms: hlc.unix_ms().wrapping_add(packed.wall_less_hlc_ms),
                offset_min: packed.offset_min,
                source: packed.source,
                doubt_ms: packed.doubt_ms,
            },
            at: packed.at,
            docs: docs.collect::<Result<_, BatchError>>()?,
        })
    }

    fn unpack_op(&self, op: &PackedOp) -> Result<Op, BatchError> {
        Ok(match op {
            PackedOp::Put { path, context, value } => {
                Op::Put { path: lookup(&self.paths, path.0)?.clone(), context: context.clone(), value: value.0.clone() }
            }
            PackedOp::Raw { tag, body } => Op::from(RawOp { tag: *tag, body: body.to_vec() }),
        })
    }
}

fn pack_op(op: &Op, paths: &mut Table<String>) -> PackedOp {
    match op {
        Op::Put { path, context, value } => {
            let (path, value) = (Key(paths.index(path)), Keyed(value.clone()));
            PackedOp::Put { path, context: context.clone(), value }
        }
        Op::Unknown { tag, body } => PackedOp::Raw { tag: *tag, body: serde_bytes::ByteBuf::from(body.clone()) },
    }
}

/// Names things once; shared with the page.
#[derive(Debug)]
pub(crate) struct Table<T> {
    pub rows: Vec<T>,
    index: HashMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), index: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    pub fn index(&mut self, row: &T) -> u32 {
        if let Some(&at) = self.index.get(row) {
            return at;
        }
        let at = u32::try_from(self.rows.len()).expect("a batch has far fewer rows than 2^32");
        self.rows.push(row.clone());
        self.index.insert(row.clone(), at);
        at
    }
}

pub(crate) fn lookup<T>(rows: &[T], at: u32) -> Result<&T, BatchError> {
    usize::try_from(at).ok().and_then(|at| rows.get(at)).ok_or(BatchError::Dangling(at))
}

/// The hashes of a run of changes that follows `previous`.
#[must_use]
pub fn chain(previous: Hash, changes: &[Change]) -> Vec<Hash> {
    let links = changes.iter().scan(previous, |hash, change| {
        *hash = change.hash(hash);
        Some(*hash)
    });
    links.collect()
}
