//! Slows down guessing of codes and passwords: after a few failures an address is locked out for that name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::error::ServerError;
use crate::limits::{FAILURE_ENTRIES_MAX, LOCK_OUT_MS};

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last_ms: i64,
}

/// Remembers failures; in memory only, as a restart does not help a guesser more than waiting.
#[derive(Default)]
pub struct Guard {
    failures: Mutex<HashMap<String, Failures>>,
}

impl Guard {
    /// Refuses a key with so many failures.
    ///
    /// # Errors
    /// When to try again.
    pub fn check(&self, key: &str, most: u32, now_ms: i64) -> Result<(), ServerError> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = failures.get(key).filter(|f| f.count >= most) else { return Ok(()) };
        let left_ms = known.last_ms.saturating_add(LOCK_OUT_MS).saturating_sub(now_ms);
        if left_ms <= 0 {
            return Ok(());
        }
        Err(ServerError::TooManyTries { retry_after_s: left_ms.unsigned_abs().div_ceil(1000) })
    }

    /// Notes a failure.
    pub fn failed(&self, key: &str, now_ms: i64) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= FAILURE_ENTRIES_MAX {
            failures.retain(|_, f| now_ms.saturating_sub(f.last_ms) < LOCK_OUT_MS);
        }
        if failures.len() >= FAILURE_ENTRIES_MAX {
            // A flood of addresses: the oldest is forgotten rather than the newest let through.
            let oldest = failures.iter().min_by_key(|(_, f)| f.last_ms).map(|(key, _)| key.clone());
            oldest.and_then(|key| failures.remove(&key));
        }
        let entry = failures.entry(key.to_owned()).or_insert(Failures { count: 0, last_ms: now_ms });
        let stale = now_ms.saturating_sub(entry.last_ms) >= LOCK_OUT_MS;
        entry.count = if stale { 1 } else { entry.count.saturating_add(1) };
        entry.last_ms = now_ms;
    }

    /// Forgets the failures of a key that succeeded.
    pub fn succeeded(&self, key: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}
