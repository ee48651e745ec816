//! What a sync needs of whatever carries it: HTTP, the simulator's memory, or a link that fails on purpose.

use domain::sync::{Person, SyncRequest, SyncResponse};
use domain::{ActorId, DocId, Seq};
use serde::{Deserialize, Serialize};

use super::patience::FAILURES_UNREACHED_MAX;

/// Why a call did not come back with an answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection, a timeout, or one that broke: try again when there is a signal.
    #[error("the server cannot be reached ({0}). Everything is safe on this device; sync again when there is a signal")]
    Offline(String),
    /// The login is no longer accepted: syncing stops, recording goes on.
    #[error(
        "the server no longer accepts this device ({code}: {message}). Recording goes on and nothing is lost; ask the administrator"
    )]
    Unauthorised {
        /// The server's code.
        code: String,
        /// The server's words.
        message: String,
    },
    /// The server answered that it cannot do this.
    #[error("the server refused the call ({code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's code.
        code: String,
        /// The server's words.
        message: String,
    },
    /// A relay without a link answered: it holds this, which is no receipt of the server.
    #[error("a relay without a link to the server answered; what it took is safe there and on this device")]
    AtRelay {
        /// The relay's own name.
        relay: String,
        /// The device numbers and the last number of each batch of this call that it holds durably.
        held: Vec<(ActorId, Seq)>,
    },
    /// The answer cannot be understood.
    #[error("the server's answer cannot be understood: {0}. Check the address, and that both programs are up to date")]
    Protocol(String),
}

impl TransportError {
    /// A stable code for the machine interface.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Offline(_) => "offline",
            Self::Unauthorised { .. } => "unauthorised",
            Self::Refused { code, .. } => code,
            Self::AtRelay { .. } => "at-relay",
            Self::Protocol(_) => "protocol",
        }
    }

    /// Whether trying again later, with nothing else changed, is pointless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Offline(_) => false,
            // A busy or restarting server says so with these; 507 is a full disk, which no waiting empties.
            Self::Refused { status, .. } => !matches!(status, 408 | 423 | 425 | 429 | 500..=506 | 508..=599),
            Self::Unauthorised { .. } | Self::AtRelay { .. } | Self::Protocol(_) => true,
        }
    }
}

/// What a device says of itself to be enrolled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The code the administrator gave.
    pub code: String,
    /// The device's Ed25519 public key, hex.
    pub public_key: String,
    /// The install number, in decimal (JSON numbers lose digits above 2^53).
    pub install: String,
    /// What people call the device.
    pub label: String,
}

/// What the server gives an enrolled device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// Its number.
    pub actor: ActorId,
    /// Its secret for every later call.
    pub token: String,
    /// Its user.
    pub user: Person,
}

/// The server's forms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forms {
    /// Hex SHA-256 over the set.
    pub digest: String,
    /// The files.
    pub files: Vec<FormFile>,
}

/// One form file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormFile {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Which of a photo's two files is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UploadFile {
    /// The small copy, sent first.
    Thumbnail,
    /// The original, bit for bit.
    Original,
}

impl UploadFile {
    /// The word in the upload's metadata.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Original => "original",
        }
    }
}

/// What is about to be sent.
#[derive(Clone, Debug)]
pub struct UploadBegin {
    /// The photo document.
    pub photo: DocId,
    /// Which file.
    pub file: UploadFile,
    /// Hex SHA-256 of the whole file.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
}

/// How a begun upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadStart {
    /// The server has this content already: a receipt, nothing to send.
    Held,
    /// Send to this address.
    At(String),
}

/// One way to a server. Calls block; a caller in an async program moves them to a thread of their own.
pub trait Transport {
    /// One round trip of text.
    ///
    /// # Errors
    /// When no answer came or the server refused the call.
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError>;

    /// A new number for this device, after it was found to be a copy.
    ///
    /// # Errors
    /// As above.
    fn renumber(&mut self) -> Result<ActorId, TransportError>;

    /// The server's forms.
    ///
    /// # Errors
    /// As above.
    fn forms(&mut self) -> Result<Forms, TransportError>;

    /// Begins an upload.
    ///
    /// # Errors
    /// As above.
    fn upload_begin(&mut self, begin: &UploadBegin) -> Result<UploadStart, TransportError>;

    /// Begins an upload and sends its first bytes in the same round trip; answers the offset reached as well. A transport
    /// that cannot do that begins only, at offset 0.
    ///
    /// # Errors
    /// As above; what arrived of the bytes is lost then.
    fn upload_begin_with(&mut self, begin: &UploadBegin, first: &[u8]) -> Result<(UploadStart, u64), TransportError> {
        let _ = first;
        Ok((self.upload_begin(begin)?, 0))
    }

    /// How many bytes of an upload the server holds durably; `None` if it knows no such upload any more.
    ///
    /// # Errors
    /// As above.
    fn upload_offset(&mut self, address: &str) -> Result<Option<u64>, TransportError>;

    /// Sends one chunk at an offset; answers the new offset.
    ///
    /// # Errors
    /// As above; after an error the offset is unknown until [`Transport::upload_offset`] tells.
    fn upload_chunk(&mut self, address: &str, offset: u64, chunk: &[u8]) -> Result<u64, TransportError>;

    /// Called when something failed so many times in a row: waits as long as this link needs, or says that it is enough
    /// for now. Nothing waits unless the transport does.
    fn pause(&mut self, failures: u32) -> bool {
        failures < FAILURES_UNREACHED_MAX
    }

    /// Bytes of bodies sent and received so far.
    fn bytes(&self) -> (u64, u64);

    /// Calls made so far, those that failed included.
    fn calls(&self) -> u64 {
        0
    }
}
