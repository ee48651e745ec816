//! One request at a time writes an upload. A new one asks the old one to stop, as its client has surely gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::error::ServerError;

type Writers = Arc<Mutex<HashMap<String, Arc<Notify>>>>;

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
}

impl UploadLocks {
    /// Takes the right to write an upload.
    ///
    /// # Errors
    /// `upload-locked` if another request has it; that one is asked to stop, so trying again soon helps.
    pub fn take(&self, id: &str) -> Result<UploadLock, ServerError> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = writers.get(id) {
            other.notify_one();
            return Err(ServerError::Locked);
        }
        let stop = Arc::new(Notify::new());
        writers.insert(id.to_owned(), stop.clone());
        Ok(UploadLock { writers: self.writers.clone(), id: id.to_owned(), stop })
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
