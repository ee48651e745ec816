//! Time and randomness as the server gets them: from the system, or from a test.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Environment {
    now_unix_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    random: Arc<Random>,
}

impl Environment {
    /// From functions: the wall time in milliseconds since 1970, and a source of random bytes.
    pub fn new(
        now_unix_ms: impl Fn() -> i64 + Send + Sync + 'static,
        random: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now_unix_ms: Arc::new(now_unix_ms), random: Arc::new(random) }
    }

    /// From the operating system.
    #[must_use]
    pub fn system() -> Self {
        let now = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        };
        let random =
            |bytes: &mut [u8]| getrandom::fill(bytes).expect("the system gives random bytes, or nothing is safe");
        Self::new(now, random)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_unix_ms(&self) -> i64 {
        (self.now_unix_ms)()
    }

    /// Random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}
