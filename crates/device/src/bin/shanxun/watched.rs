//! A transport that shows on a terminal how much of the photos has gone; elsewhere it shows nothing.

use device::sync::{Forms, HttpTransport, Transport, TransportError, UploadBegin, UploadStart};
use domain::ActorId;
use domain::sync::{SyncRequest, SyncResponse};

use crate::progress::Progress;

/// A transport with a progress bar.
pub struct Watched {
    inner: HttpTransport,
    bar: Progress,
}

impl Watched {
    /// Watches a transport that has so many bytes of photos to send; the bar is drawn on standard error if that is a
    /// terminal.
    pub fn new(inner: HttpTransport, photo_bytes: u64) -> Self {
        Self { inner, bar: Progress::of_bytes(photo_bytes) }
    }
}

impl Transport for Watched {
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        self.inner.sync(request)
    }

    fn renumber(&mut self) -> Result<ActorId, TransportError> {
        self.inner.renumber()
    }

    fn forms(&mut self) -> Result<Forms, TransportError> {
        self.inner.forms()
    }

    fn upload_begin(&mut self, begin: &UploadBegin) -> Result<UploadStart, TransportError> {
        self.bar.say(begin.file.as_str());
        self.inner.upload_begin(begin)
    }

    fn upload_begin_with(&mut self, begin: &UploadBegin, first: &[u8]) -> Result<(UploadStart, u64), TransportError> {
        self.bar.say(begin.file.as_str());
        let (start, reached) = self.inner.upload_begin_with(begin, first)?;
        self.bar.advance(reached);
        Ok((start, reached))
    }

    fn upload_offset(&mut self, address: &str) -> Result<Option<u64>, TransportError> {
        self.inner.upload_offset(address)
    }

    fn upload_chunk(&mut self, address: &str, offset: u64, chunk: &[u8]) -> Result<u64, TransportError> {
        let reached = self.inner.upload_chunk(address, offset, chunk)?;
        self.bar.advance(reached.saturating_sub(offset));
        Ok(reached)
    }

    fn pause(&mut self, failures: u32) -> bool {
        self.bar.say("no link …");
        self.inner.pause(failures)
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }

    fn bytes(&self) -> (u64, u64) {
        self.inner.bytes()
    }
}
