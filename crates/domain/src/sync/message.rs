//! What device and server say to each other in one round trip.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::batch::{Batch, BatchError, Table, lookup};
use super::columns::{Key, Keyed};
use super::room;
use crate::change::{DocKey, Hash, RawOp, UnknownOp};
use crate::clock::{Hlc, WallTime};
use crate::ids::{ActorId, DocId, OpId, Role, Seq, UserId};
use crate::register::{Clock, Put};
use crate::value::{Position, Value};

/// A stretch of the ledger that is synced as one: a township (`110118101`) or a user's own drafts (`u12`).
pub type Scope = String;

/// The scope of documents without a township: their author's own.
#[must_use]
pub fn own_scope(user: UserId) -> Scope {
    format!("u{}", user.0)
}

/// How far a device has read each scope, in the server's numbering.
pub type Cursors = BTreeMap<Scope, u64>;

/// Device to server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The device's present number.
    pub actor: ActorId,
    /// A random number made with the device's store; another one under the same key is another store.
    pub install: u64,
    /// The server's history the device knows; `None` at first contact.
    pub epoch: Option<[u8; 16]>,
    /// The device's own head: how many changes it has made.
    pub head: Seq,
    /// The last of its changes this server acknowledged, with its chain hash.
    pub acked: Option<(Seq, Hash)>,
    /// New changes; several batches when a relay passes on what others made.
    #[serde(deserialize_with = "room::list")]
    pub push: Vec<Batch>,
    /// Whether the device wants a page at all, and from where.
    #[serde(with = "super::cursors::optional")]
    pub pull: Option<Cursors>,
    /// Whether everything the device wrote under this number is still there: then documents that nobody else wrote to
    /// need not come back to it.
    pub keeps_own: bool,
    /// How large a page the device's link can take, bytes unpacked; the server keeps below its own limit too.
    pub page_bytes: u32,
    /// What is left on the device, for the supervisor's console.
    pub left: Left,
    /// The mark of the forms the device works with.
    pub forms: u64,
    /// The mark of the user as the device knows him.
    pub user: u64,
    /// The device's wall time when it sent this; compared with the server's, never obeyed.
    pub now: WallTime,
}

/// What a device still holds alone, as it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Records with a change that is not acknowledged.
    pub records: u32,
    /// Photos whose original is not on the server.
    pub photos: u32,
    /// Bytes of those photos.
    pub photo_bytes: u64,
}

/// Server to device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncResponse {
    /// The server's history; it changes when the server is restored from a backup.
    pub epoch: [u8; 16],
    /// The server's wall time, milliseconds since 1970.
    pub now_unix_ms: i64,
    /// How this device's chain stands.
    pub standing: Standing,
    /// Changes of this device that were received but refused.
    #[serde(deserialize_with = "room::list")]
    pub refused: Vec<Refused>,
    /// Changes of this device that are stored but wait, unapplied, for a change of another device.
    pub waiting: Vec<(Seq, OpId)>,
    /// What others wrote, if it was asked for.
    pub page: Option<Page>,
    /// The user, if the device knows him otherwise: name, role and townships may change.
    pub user: Option<Person>,
    /// Whether the server has other forms; then the device fetches them.
    pub other_forms: bool,
    /// How each batch stands that was pushed for another device, in the order they were sent.
    #[serde(deserialize_with = "room::list")]
    pub relayed: Vec<(ActorId, RelayedStanding)>,
}

/// What became of a batch that one device, a relay, passed on for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelayedStanding {
    /// Everything up to here is stored durably; the relay may forget what ends at or before it.
    Acked {
        /// The last number the server has of that chain.
        head: Seq,
        /// Its chain hash.
        hash: Hash,
    },
    /// The batch begins after what the server has, or cannot be taken yet: keep it and try again later.
    Missing {
        /// The last number the server has.
        head: Seq,
    },
    /// The server has other content under the same numbers; the device settles that itself when it syncs.
    Forked {
        /// The last number both have with the same content.
        common: Seq,
    },
    /// The batch is not taken, now or later: nobody enrolled that number, its device was revoked, the signature is wrong.
    Refused {
        /// The server's error code.
        code: String,
    },
}

/// How the server's copy of a device's chain stands to the device's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Everything up to here is stored durably; send the next.
    Acked {
        /// The last number the server has.
        head: Seq,
        /// Its chain hash ([`crate::change::GENESIS`] at 0).
        hash: Hash,
        /// Up to here both surely share; where the device finds the hash foreign, it keeps its numbers only so far.
        sure: Seq,
    },
    /// From here on the server has other content under the same numbers: the device was restored from a copy and
    /// must take a new number for everything after `common`.
    Forked {
        /// The last number both have with the same content.
        common: Seq,
    },
}

/// A change that was received and not applied; its number stays used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which change.
    pub seq: Seq,
    /// A stable code.
    pub code: RefusalCode,
    /// The reason in words, Chinese then English, for the person.
    pub zh: String,
    /// English.
    pub en: String,
    /// The documents to rebuild from the server's registers.
    pub docs: Vec<DocId>,
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The role may not do this.
    Role,
    /// The document or the township is outside the author's townships.
    Scope,
    /// The form does not have this field or the value does not fit it.
    Form,
    /// The workflow does not allow this move or a requirement is missing.
    Workflow,
    /// The author is not the user the device was enrolled for.
    Author,
    /// The type or kind of a document cannot change.
    Identity,
    /// The change itself cannot be: a clock, path or size.
    Malformed,
}

impl RefusalCode {
    /// The word used in the machine interface.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Scope => "scope",
            Self::Form => "form",
            Self::Workflow => "workflow",
            Self::Author => "author",
            Self::Identity => "identity",
            Self::Malformed => "malformed",
        }
    }
}

/// A user as others see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The number.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their townships; `None` is all.
    pub towns: Option<Vec<String>>,
}

impl Person {
    /// Sixty-four bits that change with anything a device must learn about its user.
    #[must_use]
    pub fn mark(&self) -> u64 {
        let bytes = postcard::to_stdvec(self).expect("plain data in memory always encodes");
        mark(&Sha256::digest(bytes).into())
    }
}

/// The first 64 bits of a digest: enough to see that something changed, never enough to trust it.
#[must_use]
pub fn mark(digest: &Hash) -> u64 {
    digest.iter().take(8).fold(0, |mark, byte| (mark << 8) | u64::from(*byte))
}

/// A device as others see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its number.
    pub actor: ActorId,
    /// Whose it is.
    pub user: UserId,
    /// What people call it.
    pub label: String,
}

/// Who wrote something and when: what a person needs to judge a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The change.
    pub op: OpId,
    /// The user.
    pub author: UserId,
    /// The hybrid time.
    pub hlc: Hlc,
    /// The wall time.
    pub wall: WallTime,
    /// Where the device was.
    pub at: Option<Position>,
}

/// A page of merged state: for each document that changed, the registers that changed, as their surviving writes.
///
/// The same page serves an update, a first start and a document that enters a scope: they differ only in where the
/// cursor stood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Where the cursors stand after this page.
    #[serde(with = "super::cursors")]
    pub cursors: Cursors,
    /// Whether there is more.
    pub more: bool,
    /// Documents that left everything this user may see; the device puts them away.
    #[serde(deserialize_with = "room::list")]
    pub gone: Vec<DocId>,
    /// Photos of which the server holds the original but no thumbnail: a device that has it sends it, maybe again.
    pub wanted: Vec<DocId>,
    /// The people named in this page.
    pub people: Vec<Person>,
    /// The devices named in this page.
    pub devices: Vec<DeviceInfo>,
    #[serde(deserialize_with = "room::list")]
    stamps: Vec<Stamp>,
    #[serde(deserialize_with = "room::list")]
    paths: Vec<String>,
    #[serde(deserialize_with = "room::list")]
    docs: Vec<PackedDoc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PackedDoc {
    key: DocKey,
    form_version: u32,
    whole: bool,
    held: Option<bool>,
    #[serde(deserialize_with = "room::list")]
    puts: Vec<(Key, u32, Clock, Keyed<Value>)>,
    /// Stamp, place, operation.
    #[serde(deserialize_with = "room::list")]
    unknown: Vec<(u32, u32, RawOp)>,
}

/// One document of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct DocState {
    /// What it is.
    pub key: DocKey,
    /// The form version it was last written with.
    pub form_version: u32,
    /// Every register of the document, not only the changed ones: the device may rebuild it from these.
    pub whole: bool,
    /// For a photo: whether the server holds the original; `false` also when it had it and lost it.
    pub held: Option<bool>,
    /// The surviving writes of the registers sent.
    pub puts: Vec<(String, Put)>,
    /// Operations of a later version than the server's; a device keeps them for the day it knows them.
    pub unknown: Vec<UnknownOp>,
}

/// Builds a page, naming paths and stamps once.
#[derive(Debug, Default)]
pub struct PageBuilder {
    page: Page,
    stamps: Table<Stamp>,
    paths: Table<String>,
    bytes: usize,
}

impl PageBuilder {
    /// Adds a document; `stamp` tells who made a write.
    pub fn add(&mut self, doc: DocState, mut stamp: impl FnMut(OpId) -> Stamp) {
        let puts = doc.puts.into_iter().map(|(path, put)| {
            self.bytes += 8 + put.value.bytes();
            let stamp = self.stamps.index(&stamp(put.op));
            (Key(self.paths.index(&path)), stamp, put.clock.without(put.op.actor), Keyed(put.value))
        });
        let puts = puts.collect();
        let unknown = doc.unknown.into_iter().map(|unknown| {
            self.bytes += 24 + unknown.raw.body.len();
            (self.stamps.index(&stamp(unknown.op)), unknown.place, unknown.raw)
        });
        let unknown = unknown.collect();
        self.bytes += 32;
        let DocState { key, form_version, whole, held, .. } = doc;
        self.page.docs.push(PackedDoc { key, form_version, whole, held, puts, unknown });
    }

    /// A document that left the user's sight.
    pub fn gone(&mut self, doc: DocId) {
        self.page.gone.push(doc);
        self.bytes += 16;
    }

    /// A photo whose thumbnail the server does not hold.
    pub fn wanted(&mut self, photo: DocId) {
        self.page.wanted.push(photo);
        self.bytes += 16;
    }

    /// Roughly how large the page is unpacked, bytes; for cutting pages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The stamps so far, for looking up the people and devices they name.
    #[must_use]
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps.rows
    }

    /// The finished page.
    #[must_use]
    pub fn finish(self, cursors: Cursors, more: bool, people: Vec<Person>, devices: Vec<DeviceInfo>) -> Page {
        Page { cursors, more, people, devices, stamps: self.stamps.rows, paths: self.paths.rows, ..self.page }
    }
}

impl Page {
    /// Who made the writes of this page.
    #[must_use]
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// What is named once in the page stands in every write that names it: refused before any of it is copied.
    fn check_unpacked_size(&self) -> Result<(), BatchError> {
        let mut left = room::MESSAGE_MEMORY_BYTES_MAX;
        for (path, ..) in self.docs.iter().flat_map(|doc| &doc.puts) {
            let bytes = size_of::<(String, Put)>() + lookup(&self.paths, path.0)?.len();
            left = left.checked_sub(bytes).ok_or(BatchError::TooLarge)?;
        }
        Ok(())
    }

    /// The documents of this page.
    ///
    /// # Errors
    /// When its tables do not fit.
    pub fn docs(&self) -> Result<Vec<DocState>, BatchError> {
        self.check_unpacked_size()?;
        let unpack = |doc: PackedDoc| {
            let puts = doc.puts.into_iter().map(|(path, stamp, context, value)| {
                let stamp = lookup(&self.stamps, stamp)?;
                let clock = context.with(stamp.op);
                let put = Put { op: stamp.op, hlc: stamp.hlc, clock, value: value.0 };
                Ok((lookup(&self.paths, path.0)?.clone(), put))
            });
            let unknown = doc.unknown.into_iter().map(|(stamp, place, raw)| {
                let op = lookup(&self.stamps, stamp)?.op;
                Ok(UnknownOp { op, place, raw })
            });
            Ok(DocState {
                unknown: unknown.collect::<Result<_, BatchError>>()?,
                puts: puts.collect::<Result<_, BatchError>>()?,
                key: doc.key,
                form_version: doc.form_version,
                whole: doc.whole,
                held: doc.held,
            })
        };
        self.docs.iter().cloned().map(unpack).collect()
    }
}
