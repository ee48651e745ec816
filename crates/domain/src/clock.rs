//! Time without a clock: the hybrid logical clock that orders writes, and wall times that say where they come from.

use serde::{Deserialize, Serialize};
use uhlc::NTP64;

/// A remote clock further ahead than this is kept as written but moves nobody else's clock, milliseconds.
pub const AHEAD_MS_MAX: u64 = 5 * 60 * 1000;

/// A hybrid logical time: 32 bits of seconds, 32 bits of fraction whose low bits count (uhlc's NTP64 layout).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hlc(pub u64);

impl Hlc {
    /// The hybrid time at a wall time, milliseconds since 1970; times before 1970 count as 1970, times after the last
    /// that it can hold (in 2106) as the last.
    #[must_use]
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        let ms = unix_ms.max(0).unsigned_abs();
        if ms / 1000 > u64::from(u32::MAX) {
            return Self(u64::MAX);
        }
        Self(NTP64::from(std::time::Duration::from_millis(ms)).as_u64())
    }

    /// The wall time nearest to this, milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        let duration = NTP64(self.0).to_duration();
        // Layout keeps 2^-32 s; rounding up to the millisecond undoes the truncation of `from_unix_ms`.
        i64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(i64::MAX)
    }

    /// The stamp of the next write: the wall time, or just after everything seen if the wall clock stands behind it.
    ///
    /// uhlc's own clock object reads the system time; here time is an argument, so that tests can give it.
    #[must_use]
    pub fn next(self, now_unix_ms: i64) -> Self {
        Self::from_unix_ms(now_unix_ms).max(Self(self.0.saturating_add(1)))
    }

    /// The clock after seeing a remote stamp; one far in the future is ignored.
    #[must_use]
    pub fn seen(self, remote: Self, now_unix_ms: i64) -> Self {
        let ahead = Self::from_unix_ms(now_unix_ms.saturating_add_unsigned(AHEAD_MS_MAX));
        if remote > ahead { self } else { self.max(remote) }
    }
}

/// Which clock a wall time was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeSource {
    /// The device's own clock.
    #[default]
    Device,
    /// A satellite fix.
    Gnss,
    /// The server's clock, or the device's corrected by it.
    Server,
}

/// A wall time with its offset, source and doubt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WallTime {
    /// Milliseconds since 1970, UTC.
    pub unix_ms: i64,
    /// The offset of local time from UTC where it was read, minutes east.
    pub offset_min: i16,
    /// Which clock it was.
    pub source: TimeSource,
    /// How wrong it may be, milliseconds, if that is known.
    pub doubt_ms: Option<u32>,
}

impl WallTime {
    /// As RFC 3339 with its own offset, to the millisecond.
    #[must_use]
    pub fn rfc3339(&self) -> String {
        let offset = chrono::FixedOffset::east_opt(i32::from(self.offset_min).clamp(-1439, 1439) * 60)
            .expect("less than a day either way");
        chrono::DateTime::from_timestamp_millis(self.unix_ms).map_or_else(
            || "time out of range".into(),
            |t| t.with_timezone(&offset).to_rfc3339_opts(chrono::SecondsFormat::Millis, false),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_keeps_its_millisecond() {
        for ms in [0, 1, 999, 1_000, 1_795_437_000_123, 1_795_437_000_999] {
            assert_eq!(Hlc::from_unix_ms(ms).unix_ms(), ms);
        }
    }

    #[test]
    fn a_wall_clock_past_the_last_stamp_stands_at_it() {
        assert_eq!(Hlc::from_unix_ms(i64::MAX), Hlc(u64::MAX));
        assert_eq!(Hlc::from_unix_ms(i64::MAX).next(i64::MAX), Hlc(u64::MAX));
        assert!(Hlc::from_unix_ms(i64::from(u32::MAX) * 1000) < Hlc(u64::MAX));
    }

    #[test]
    fn the_next_stamp_is_later_even_when_the_wall_clock_was_set_back() {
        let written = Hlc::default().next(10_000_000);
        let later = written.next(5_000_000);
        assert!(later > written);
    }

    #[test]
    fn a_clock_far_in_the_future_moves_nobody() {
        let mine = Hlc::from_unix_ms(1_000_000);
        let wild = Hlc::from_unix_ms(1_000_000 + 86_400_000);
        assert_eq!(mine.seen(wild, 1_000_000), mine);
        let near = Hlc::from_unix_ms(1_002_000);
        assert_eq!(mine.seen(near, 1_000_000), near);
    }
}
