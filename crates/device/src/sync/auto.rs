//! When a device syncs by itself, and how the last time ended. Pure: whoever waits, waits elsewhere.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The wait after the first failure.
const WAIT_FIRST: Duration = Duration::from_secs(15);
/// The longest wait between two tries: a radio that looks for a link all day empties a battery.
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// How long after a sync that went well others' changes are asked for again.
const WAIT_AFTER_SUCCESS: Duration = Duration::from_secs(5 * 60);

/// How the last sync ended; kept on the device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastSync {
    /// When everything last went through, RFC 3339.
    pub ok_at: Option<String>,
    /// When the last one was stopped, RFC 3339.
    pub error_at: Option<String>,
    /// By what; none after one that went through.
    pub error: Option<Stopped>,
    /// Whether a relay answered instead of the server.
    pub at_relay: bool,
}

/// What stopped a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// A stable code.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Error> for Stopped {
    fn from(e: &Error) -> Self {
        Self { code: e.code().to_owned(), zh: e.zh(), en: e.to_string() }
    }
}

/// How long to wait before the next sync, after so many failures in a row. `jitter` is any number; it spreads the tries of
/// devices that came out of the same valley.
#[must_use]
pub fn next_wait(failures: u32, jitter: u32) -> Duration {
    let whole = match failures {
        0 => WAIT_AFTER_SUCCESS,
        n => WAIT_FIRST.saturating_mul(2u32.saturating_pow(n - 1)).min(WAIT_MAX),
    };
    // Between half of it and the whole.
    whole / 2 + (whole / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_every_failure_up_to_a_longest_one() {
        let seconds: Vec<u64> = (1..=9).map(|n| next_wait(n, u32::MAX).as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(next_wait(u32::MAX, u32::MAX), WAIT_MAX);
    }

    #[test]
    fn jitter_never_takes_more_than_half_of_a_wait() {
        assert_eq!(next_wait(1, 0), WAIT_FIRST / 2);
        assert_eq!(next_wait(0, 0), WAIT_AFTER_SUCCESS / 2);
    }
}
