//! A transport that shows on a terminal how much of the photos has gone; elsewhere it shows nothing.

use device::sync::{Forms, HttpTransport, Transport, TransportError, UploadBegin, UploadStart};
use domain::ActorId;
use domain::sync::{SyncRequest, SyncResponse};
use indicatif::{ProgressBar, ProgressStyle};

const LOOK: &str = "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}";

/// A transport with a progress bar.
pub struct Watched {
    inner: HttpTransport,
    bar: ProgressBar,
}

impl Watched {
    /// Watches a transport that has so many bytes of photos to send; the bar is drawn on standard error if that is a
    /// terminal.
    pub fn new(inner: HttpTransport, photo_bytes: u64) -> Self {
        let bar = ProgressBar::new(photo_bytes);
        bar.set_style(ProgressStyle::with_template(LOOK).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { inner, bar }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
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
        self.bar.set_message(begin.file.as_str());
        self.inner.upload_begin(begin)
    }

    fn upload_offset(&mut self, address: &str) -> Result<Option<u64>, TransportError> {
        self.inner.upload_offset(address)
    }

    fn upload_chunk(&mut self, address: &str, offset: u64, chunk: &[u8]) -> Result<u64, TransportError> {
        let reached = self.inner.upload_chunk(address, offset, chunk)?;
        self.bar.inc(reached.saturating_sub(offset));
        Ok(reached)
    }

    fn bytes(&self) -> (u64, u64) {
        self.inner.bytes()
    }
}
