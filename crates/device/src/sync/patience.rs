//! How long a sync waits for a link that broke before it tries again, and when that is enough. Pure: the transport waits.

use std::time::Duration;

/// The first wait.
const WAIT_FIRST: Duration = Duration::from_millis(500);
/// The longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(8);
/// How often something may fail in a row while the server was reached before in this sync: with the waits between them
/// these tries span 12 to 24 seconds.
const FAILURES_MAX: u32 = 7;
/// How often something may fail in a row when the server was never reached: a person without a signal waits for no bar.
pub(super) const FAILURES_UNREACHED_MAX: u32 = 3;

/// How long to wait after so many failures in a row, or `None` when it is time to end the sync for now. `jitter` is any
/// number; it spreads the tries of devices that lost the same link.
pub(super) fn wait_after(failures: u32, was_reached: bool, jitter: u32) -> Option<Duration> {
    let most = if was_reached { FAILURES_MAX } else { FAILURES_UNREACHED_MAX };
    if failures >= most {
        return None;
    }
    let doubled = WAIT_FIRST * 2u32.saturating_pow(failures.saturating_sub(1));
    let whole = doubled.min(WAIT_MAX);
    // Between half of it and the whole.
    Some(whole / 2 + (whole / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_waits(was_reached: bool, jitter: u32) -> Vec<Duration> {
        (1..).map_while(|failures| wait_after(failures, was_reached, jitter)).collect()
    }

    #[test]
    fn waits_double_up_to_a_longest_one_and_end() {
        let longest = all_waits(true, u32::MAX);
        let ms: Vec<u128> = longest.iter().map(Duration::as_millis).collect();
        assert_eq!(ms, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
        assert_eq!(all_waits(false, u32::MAX).len(), 2);
    }

    #[test]
    fn even_the_shortest_waits_outlast_a_cut_of_ten_seconds() {
        let shortest: Duration = all_waits(true, 0).iter().sum();
        assert!(shortest > Duration::from_secs(10), "{shortest:?}");
    }
}
