//! One request at a time writes an upload. A new one asks the old one to stop, as its client has surely gone, and goes on
//! when what the old one had received is durable: only then is the offset known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use crate::error::ServerError;
use crate::limits::LOCK_WAIT;

/// The request that writes an upload.
struct Writer {
    /// Tells it that another wants to write.
    stop: Arc<Notify>,
    /// Closed when it has ended.
    ended: watch::Receiver<()>,
}

type Writers = Arc<Mutex<HashMap<String, Writer>>>;

/// Who is writing what.
#[derive(Clone, Default)]
pub struct UploadLocks {
    writers: Writers,
}

/// The right to write one upload; ends when dropped.
pub struct UploadLock {
    writers: Writers,
    id: String,
    stop: Arc<Notify>,
    /// Closes the other's `ended`; it is dropped after the entry was removed.
    _ended: watch::Sender<()>,
}

impl UploadLocks {
    /// Takes the right to write an upload. Another request that has it is asked to stop, and waited for.
    ///
    /// # Errors
    /// `upload-locked` if the other one does not end in time; trying again soon helps.
    pub async fn take(&self, id: &str) -> Result<UploadLock, ServerError> {
        let give_up = Instant::now() + LOCK_WAIT;
        loop {
            let mut other = match self.take_free(id) {
                Ok(lock) => return Ok(lock),
                Err(ended) => ended,
            };
            // Nothing is ever sent: this returns when the other's side is dropped.
            if timeout_at(give_up, other.changed()).await.is_err() {
                return Err(ServerError::Locked);
            }
        }
    }

    fn take_free(&self, id: &str) -> Result<UploadLock, watch::Receiver<()>> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = writers.get(id) {
            other.stop.notify_one();
            return Err(other.ended.clone());
        }
        let stop = Arc::new(Notify::new());
        let (sender, ended) = watch::channel(());
        writers.insert(id.to_owned(), Writer { stop: stop.clone(), ended });
        Ok(UploadLock { writers: self.writers.clone(), id: id.to_owned(), stop, _ended: sender })
    }
}

impl UploadLock {
    /// Waits until another request wants to write.
    pub async fn wanted(&self) {
        self.stop.notified().await;
    }
}

impl Drop for UploadLock {
    fn drop(&mut self) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
