//! How much is done at once: so many requests of one device, so many of the kinds that take much memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use domain::ActorId;
use tokio::sync::Semaphore;

use crate::error::ServerError;
use crate::limits::{LOGINS_AT_ONCE, PIECES_PER_DEVICE_MAX, SYNCS_AT_ONCE, SYNCS_PER_DEVICE_MAX};

/// What a device may do several times at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Errand {
    /// A sync request.
    Sync,
    /// A piece of a photo.
    Piece,
}

type UnderWay = Arc<Mutex<HashMap<(ActorId, Errand), usize>>>;

/// Who is doing what.
pub struct Turns {
    under_way: UnderWay,
    /// Unpacking and answering sync requests.
    pub syncs: Semaphore,
    /// Checking passwords.
    pub logins: Semaphore,
    /// The memory of those checks, kept from one to the next: taken anew on another thread each time, it would stay with
    /// every one of those threads.
    scratch: Mutex<Vec<Vec<Block>>>,
}

impl Default for Turns {
    fn default() -> Self {
        let (syncs, logins) = (Semaphore::new(SYNCS_AT_ONCE), Semaphore::new(LOGINS_AT_ONCE));
        Self { under_way: UnderWay::default(), syncs, logins, scratch: Mutex::default() }
    }
}

/// One request under way; ends when dropped.
pub struct Turn {
    under_way: UnderWay,
    key: (ActorId, Errand),
}

impl Turns {
    /// Lends the memory of a password check.
    pub fn with_scratch<R>(&self, check: impl FnOnce(&mut Vec<Block>) -> R) -> R {
        let kept = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = kept.unwrap_or_default();
        let result = check(&mut memory);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        result
    }

    /// Begins a request of a device.
    ///
    /// # Errors
    /// `busy` if it has too many under way.
    pub fn begin(&self, device: ActorId, errand: Errand) -> Result<Turn, ServerError> {
        let most = match errand {
            Errand::Sync => SYNCS_PER_DEVICE_MAX,
            Errand::Piece => PIECES_PER_DEVICE_MAX,
        };
        let key = (device, errand);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(key).or_default();
        if *count >= most {
            return Err(ServerError::Busy);
        }
        *count += 1;
        Ok(Turn { under_way: self.under_way.clone(), key })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.key);
            }
        }
    }
}
