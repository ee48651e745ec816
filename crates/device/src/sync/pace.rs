//! How large the next chunk of a photo is: what the link carries in a few seconds, as that is what a cut may cost.

use std::time::Duration;

/// Bytes of the chunk with which a sync starts.
const CHUNK_BYTES_START: usize = 64 * 1024;
/// Bytes of the smallest chunk.
pub const CHUNK_BYTES_MIN: usize = 8 * 1024;
/// Bytes of the largest chunk.
pub const CHUNK_BYTES_MAX: usize = 1024 * 1024;
/// A whole chunk that takes less than this lets the next be larger.
const QUICK: Duration = Duration::from_secs(2);
/// A chunk that takes longer than this makes the next smaller.
const SLOW: Duration = Duration::from_secs(8);

/// The size of the next chunk; kept from one photo to the next, as the link stays the same.
#[derive(Debug)]
pub(super) struct Pace {
    chunk_bytes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { chunk_bytes: CHUNK_BYTES_START }
    }
}

impl Pace {
    pub fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// Learns from a chunk that arrived.
    pub fn arrived(&mut self, bytes: usize, took: Duration) {
        if took > SLOW {
            self.halve();
        } else if took < QUICK && bytes >= self.chunk_bytes {
            self.chunk_bytes = (self.chunk_bytes * 2).min(CHUNK_BYTES_MAX);
        }
    }

    /// Learns from a chunk that broke off.
    pub fn broke(&mut self) {
        self.halve();
    }

    fn halve(&mut self) {
        self.chunk_bytes = (self.chunk_bytes / 2).max(CHUNK_BYTES_MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_link_gets_large_chunks_and_a_breaking_one_small_ones() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.arrived(pace.chunk_bytes(), Duration::from_millis(200));
        }
        assert_eq!(pace.chunk_bytes(), CHUNK_BYTES_MAX);
        (0..10).for_each(|_| pace.broke());
        assert_eq!(pace.chunk_bytes(), CHUNK_BYTES_MIN);
    }

    #[test]
    fn a_small_photo_that_goes_quickly_says_nothing_of_the_link() {
        let mut pace = Pace::default();
        pace.arrived(900, Duration::from_millis(10));
        assert_eq!(pace.chunk_bytes(), CHUNK_BYTES_START);
    }
}
