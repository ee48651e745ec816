//! A schedule: who takes part and what happens, as plain data. It is drawn from a seed, printed when it fails, and kept
//! in `tests/seeds/` as it is, so that a kept one means the same when the drawing changes.

use domain::Role;
use serde::{Deserialize, Serialize};

/// The townships of every schedule.
pub const TOWNS: [&str; 4] = ["110118101", "110118104", "110118107", "110118109"];

/// Who takes part and what happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Where ids and keys come from.
    pub seed: u64,
    /// The users.
    pub people: Vec<Person>,
    /// The devices, by the user who works with each.
    pub devices: Vec<usize>,
    /// What happens, in order.
    pub events: Vec<Event>,
}

/// A user, with townships as places in [`TOWNS`]; `None` is all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// What he may do.
    pub role: Role,
    /// Where.
    pub towns: Option<Vec<usize>>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A person does something with a device.
    Capture(usize, Capture),
    /// A device syncs.
    Sync(Sync),
    /// The relay has a link and passes on what it keeps; what becomes of each batch, those after the last arrive.
    PassOn(Vec<Fate>),
    /// An earlier request, lost or answered long ago, arrives at the server (again).
    Straggler(usize),
    /// These devices, as bits, have no link any more; the others have one.
    Partition(u8),
    /// The process ends and starts again.
    Restart(usize),
    /// Somebody copies the home.
    Copy(usize),
    /// The home is put back from the copy.
    PutBack(usize),
    /// The clock of a device from now on is so many milliseconds off.
    Clock(usize, i64),
    /// The clock of the server from now on is so many milliseconds off.
    ServerClock(i64),
    /// A backup of the server is made.
    Backup,
    /// The server is restored from an earlier backup.
    Restore(usize),
    /// The server ends and starts again.
    ServerRestart,
    /// The server starts again with another set of forms.
    Forms(usize),
    /// A user gets other townships.
    Towns(usize, Option<Vec<usize>>),
    /// A user gets another role.
    Role(usize, Role),
    /// A device is revoked.
    Revoke(usize),
    /// A device is enrolled; the first answer may be lost.
    Enrol(usize, bool),
}

/// What a person does; numbers choose among what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Capture {
    /// A new site of a kind in a township, if one is given.
    Site(usize, Option<usize>),
    /// A new inspection of a site; a whole one can be submitted.
    Inspection(usize, bool),
    /// A photo record of a document, without a picture.
    Photo(usize),
    /// A task for a site.
    Task(usize),
    /// A field of a document.
    Set(usize, usize),
    /// A field of a row, or the row is taken out.
    Row(usize, usize, bool),
    /// The township of a document; none empties it.
    Town(usize, Option<usize>),
    /// A document goes to another state.
    Move(usize, usize),
    /// A document is deleted or brought back.
    Delete(usize, bool),
    /// A conflict is brought on the screen.
    Look(usize),
    /// The conflict on the screen is decided, with what was shown then.
    Decide(usize),
    /// A remark on a document.
    Remark(usize),
}

/// One sync of a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sync {
    /// Which.
    pub device: usize,
    /// What becomes of each round trip; those after the last arrive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fates: Vec<Fate>,
    /// Before a round trip something else happens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meanwhile: Vec<(usize, Event)>,
    /// The device loses its power instead of this commit, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dies_at: Option<u32>,
    /// It reaches the relay, which has no link, instead of the server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_relay: bool,
    /// Unpacked bytes of its first exchange.
    pub bytes: usize,
}

/// What becomes of a round trip.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fate {
    /// Request and answer arrive.
    Arrives,
    /// The request is lost.
    RequestLost,
    /// The server does what was asked; the answer is lost.
    AnswerLost,
    /// The request arrives twice.
    Twice,
    /// The request arrives damaged.
    RequestDamaged(Damage),
    /// The answer arrives damaged.
    AnswerDamaged(Damage),
    /// The server loses its power instead of committing, and starts again.
    ServerDiesBefore,
    /// The server loses its power after it committed and before it answered, and starts again.
    ServerDiesAfter,
}

/// What becomes of bytes on their way; numbers are taken modulo the length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Damage {
    /// Only the beginning arrives.
    Cut(usize),
    /// One bit is another.
    Flip(usize),
    /// Something follows.
    Tail(u8),
}

impl Damage {
    /// Damages bytes.
    #[must_use]
    pub fn apply(self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Cut(at) => bytes.truncate(at % bytes.len().max(1)),
            Self::Flip(bit) => {
                let at = bit % (bytes.len().max(1) * 8);
                if let Some(byte) = bytes.get_mut(at / 8) {
                    *byte ^= 1 << (at % 8);
                }
            }
            Self::Tail(byte) => bytes.extend([byte; 3]),
        }
        bytes
    }
}
