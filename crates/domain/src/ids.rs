//! The names of things: documents, devices, changes. Each is a newtype, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A document's id: a UUIDv7, so ids sort by the time they were made on the device that made them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocId(pub Uuid);

impl DocId {
    /// A new id from a wall time in milliseconds since 1970 and ten random bytes, both given by the caller.
    #[must_use]
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// The sixteen bytes as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Reads the sixteen bytes as they are stored; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for DocId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text.trim()).map(Self)
    }
}

/// A device's number, given by the server at enrolment. It is the actor of every change that device makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActorId(pub u32);

impl ActorId {
    /// The number a device writes under until it is enrolled; its changes are re-numbered before anybody sees them.
    pub const PROVISIONAL: Self = Self(u32::MAX);
    /// The number that no device has; what the console decides is written under the number of its user's desk.
    pub const SERVER: Self = Self(0);
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a change within its actor: 1, 2, 3 … without a gap.
pub type Seq = u64;

/// A user's number on the server; 0 stands for nobody (a change written before enrolment).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub u32);

/// One write of one register: the actor and the number of the change that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId {
    /// Who wrote it.
    pub actor: ActorId,
    /// In which change of that actor.
    pub seq: Seq,
}

/// What a document is; fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocType {
    /// A ledger entry that lives for years.
    Site,
    /// One visit to a site.
    Inspection,
    /// The metadata of one picture.
    Photo,
    /// An assignment.
    Task,
    /// A walked or driven track.
    Patrol,
}

impl DocType {
    /// All of them, in their stable order.
    pub const ALL: [Self; 5] = [Self::Site, Self::Inspection, Self::Photo, Self::Task, Self::Patrol];

    /// The word used in the machine interface and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Inspection => "inspection",
            Self::Photo => "photo",
            Self::Task => "task",
            Self::Patrol => "patrol",
        }
    }
}

impl fmt::Display for DocType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DocType {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|t| t.as_str() == text).ok_or_else(|| {
            format!("'{text}' is not a type of document; use one of: site, inspection, photo, task, patrol")
        })
    }
}

/// What a user may do; the server and the device run the same checks on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Enforcement inspector: records, submits, asks for clearance.
    Inspector,
    /// Township dust-control team: records bare land, treats it, asks for clearance.
    DustTeam,
    /// Supervisor: approves, returns, assigns, clears.
    Supervisor,
    /// Administrator: users, devices, settings; may do what a supervisor may.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Inspector, Self::DustTeam, Self::Supervisor, Self::Admin];

    /// The word used in the machine interface and in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inspector => "inspector",
            Self::DustTeam => "dust-team",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or_else(|| format!("'{text}' is not a role; use one of: inspector, dust-team, supervisor, admin"))
    }
}
