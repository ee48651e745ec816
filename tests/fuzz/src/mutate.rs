//! A small engine for the ordinary test run: mutations of the corpus by a printed seed, no instrumentation needed.

/// A sequence of numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// One that falls differently in every run.
    #[must_use]
    pub fn by_time() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap_or_default())
    }

    /// The next number.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `most`; 0 if there is none.
    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.throw() % (most.max(1) as u64)).unwrap_or(0)
    }
}

/// Bytes that decoders trip over: ends of ranges, long lengths, halves of characters.
const WORDS: [&[u8]; 14] = [
    &[0],
    &[0xFF],
    &[0x7F],
    &[0x80],
    &[0xFF; 4],
    &[0xFF; 8],
    &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    &[0x80, 0x80, 0x80, 0x08],
    &[4, 1, 4, 1, 4, 1],
    b"9999999999999999999999999999",
    b"-0.0000000000000000000000000001",
    b"1e-400",
    "密".as_bytes(),
    &[0xE5, 0xAF],
];

/// Another input from those there are.
#[must_use]
pub fn mutate(corpus: &[Vec<u8>], dice: &mut Dice, bytes_max: usize) -> Vec<u8> {
    let empty = Vec::new();
    let mut out = corpus.get(dice.below(corpus.len())).unwrap_or(&empty).clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(out.len() + 1);
        match dice.below(8) {
            0 if !out.is_empty() => {
                let at = at.min(out.len() - 1);
                out[at] ^= 1 << dice.below(8);
            }
            1 if !out.is_empty() => {
                let at = at.min(out.len() - 1);
                out[at] = dice.throw().to_le_bytes()[0];
            }
            2 => out.truncate(at),
            3 => {
                let word = WORDS[dice.below(WORDS.len())];
                out.splice(at..at, word.iter().copied());
            }
            4 => {
                let word = WORDS[dice.below(WORDS.len())];
                let end = (at + word.len()).min(out.len());
                out.splice(at..end, word.iter().copied());
            }
            5 => {
                let end = (at + dice.below(16)).min(out.len());
                out.drain(at..end);
            }
            6 => {
                let end = (at + dice.below(64)).min(out.len());
                let piece = out[at..end].repeat(1 + dice.below(8));
                out.splice(at..at, piece);
            }
            _ => {
                let other = corpus.get(dice.below(corpus.len())).unwrap_or(&empty);
                let from = dice.below(other.len() + 1);
                out.truncate(at);
                out.extend_from_slice(&other[from..]);
            }
        }
    }
    out.truncate(bytes_max);
    out
}
