//! A transport that tells how far it is.

use domain::ActorId;
use domain::sync::{SyncRequest, SyncResponse};

use super::transport::{Forms, Transport, TransportError, UploadBegin, UploadFile, UploadStart};

/// What a sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Changes either way.
    Text,
    /// Small copies.
    Thumbnails,
    /// Originals.
    Originals,
}

/// How far a sync is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It begins with something.
    Stage(Stage),
    /// So many bytes more of a photo arrived.
    Sent(u64),
    /// The link broke; it is tried again.
    Waiting,
}

/// A transport that tells every step to somebody.
pub struct Observed<T, F> {
    inner: T,
    tell: F,
}

impl<T: Transport, F: FnMut(Step)> Observed<T, F> {
    /// Observes a transport.
    pub fn new(inner: T, tell: F) -> Self {
        Self { inner, tell }
    }

    fn begin(&mut self, file: UploadFile) {
        let stage = if file == UploadFile::Thumbnail { Stage::Thumbnails } else { Stage::Originals };
        (self.tell)(Step::Stage(stage));
    }
}

impl<T: Transport, F: FnMut(Step)> Transport for Observed<T, F> {
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        (self.tell)(Step::Stage(Stage::Text));
        self.inner.sync(request)
    }

    fn renumber(&mut self) -> Result<ActorId, TransportError> {
        self.inner.renumber()
    }

    fn forms(&mut self) -> Result<Forms, TransportError> {
        self.inner.forms()
    }

    fn upload_begin(&mut self, begin: &UploadBegin) -> Result<UploadStart, TransportError> {
        self.begin(begin.file);
        self.inner.upload_begin(begin)
    }

    fn upload_begin_with(&mut self, begin: &UploadBegin, first: &[u8]) -> Result<(UploadStart, u64), TransportError> {
        self.begin(begin.file);
        let (start, reached) = self.inner.upload_begin_with(begin, first)?;
        (self.tell)(Step::Sent(reached));
        Ok((start, reached))
    }

    fn upload_offset(&mut self, address: &str) -> Result<Option<u64>, TransportError> {
        self.inner.upload_offset(address)
    }

    fn upload_chunk(&mut self, address: &str, offset: u64, chunk: &[u8]) -> Result<u64, TransportError> {
        let reached = self.inner.upload_chunk(address, offset, chunk)?;
        (self.tell)(Step::Sent(reached.saturating_sub(offset)));
        Ok(reached)
    }

    fn pause(&mut self, failures: u32) -> bool {
        (self.tell)(Step::Waiting);
        self.inner.pause(failures)
    }

    fn bytes(&self) -> (u64, u64) {
        self.inner.bytes()
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }
}
