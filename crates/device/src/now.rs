//! The moment of an action: wall time and randomness, read once at the boundary and handed down, so that tests and
//! demos can give their own.

use domain::clock::WallTime;
use domain::{DocId, Position};
use sha2::{Digest, Sha256};

/// When an action happens and where its random ids come from.
#[derive(Clone, Debug)]
pub struct Now {
    /// The wall time.
    pub wall: WallTime,
    /// Where the device is, if it knows; noted with every change.
    pub at: Option<Position>,
    seed: [u8; 32],
    drawn: u64,
}

impl Now {
    /// A moment from a wall time and 32 random bytes.
    #[must_use]
    pub fn new(wall: WallTime, seed: [u8; 32]) -> Self {
        Self { wall, at: None, seed, drawn: 0 }
    }

    /// The moment the system's clock shows, with the system's randomness.
    ///
    /// For binaries only: everything below takes a `Now`.
    ///
    /// # Panics
    /// When the system gives no randomness; nothing can be signed or named then.
    #[must_use]
    pub fn system() -> Self {
        let local = chrono::Local::now();
        Self::at_wall(&local.fixed_offset())
    }

    /// A given time with the system's randomness.
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn at_wall(time: &chrono::DateTime<chrono::FixedOffset>) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the system gives random bytes");
        let offset_min = i16::try_from(time.offset().local_minus_utc() / 60).unwrap_or_default();
        Self::new(WallTime { unix_ms: time.timestamp_millis(), offset_min, ..WallTime::default() }, seed)
    }

    /// A new document's id.
    pub fn new_id(&mut self) -> DocId {
        let bytes = self.random();
        let mut ten = [0; 10];
        ten.copy_from_slice(&bytes[..10]);
        DocId::new(self.wall.unix_ms.max(0).unsigned_abs(), ten)
    }

    /// 32 fresh random bytes.
    pub fn random(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }

    /// The wall time as RFC 3339 to the second, as forms store it.
    #[must_use]
    pub fn rfc3339(&self) -> String {
        let offset = chrono::FixedOffset::east_opt(i32::from(self.wall.offset_min).clamp(-1439, 1439) * 60)
            .expect("less than a day either way");
        chrono::DateTime::from_timestamp_millis(self.wall.unix_ms).map_or_else(
            || self.wall.rfc3339(),
            |t| t.with_timezone(&offset).to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        )
    }
}
