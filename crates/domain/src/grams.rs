//! The characters and pairs of neighbouring characters of texts: what an index must know so that words of one or two
//! characters are found without reading the texts, and longer ones by reading few.

use std::iter::once;

/// Most texts of one batch, so that a gram and a place in the batch fit into one number that sorts.
pub const BATCH_MAX: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 22;
const CHAR_BITS: u32 = 21;

/// A character, or two that follow each other.
pub type Gram = i64;

fn pair(first: char, second: Option<char>) -> Gram {
    i64::from(u32::from(first)) << CHAR_BITS | i64::from(second.map_or(0, u32::from))
}

/// Every character and pair of a text; none across white space, which no word has.
fn grams(text: &str) -> impl Iterator<Item = Gram> {
    let next = text.chars().skip(1).map(Some).chain(once(None));
    let neighbours = text.chars().zip(next).filter(|(first, _)| !first.is_whitespace());
    neighbours.flat_map(|(first, second)| {
        let second = second.filter(|c| !c.is_whitespace()).map(|c| pair(first, Some(c)));
        once(pair(first, None)).chain(second)
    })
}

/// The grams that every text with this word has: its pairs, or its characters where it has no pair.
#[must_use]
pub fn of_word(word: &str) -> Vec<Gram> {
    let (mut pairs, singles): (Vec<Gram>, Vec<Gram>) = grams(word).partition(|gram| gram & ((1 << CHAR_BITS) - 1) != 0);
    if pairs.is_empty() {
        pairs = singles;
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Whether a text that has all grams of a word has the word.
#[must_use]
pub fn are_all_of(word: &str) -> bool {
    word.chars().count() <= 2 && !word.contains(char::is_whitespace)
}

/// Where each gram of some numbered texts stands, to be stored by gram.
#[derive(Debug, Default)]
pub struct Batch {
    numbers: Vec<i64>,
    /// Gram and place in `numbers`.
    found: Vec<u64>,
}

impl Batch {
    /// Adds a text; numbers ascend.
    pub fn add(&mut self, number: i64, text: &str) {
        let place = self.numbers.len() as u64;
        self.numbers.push(number);
        self.found.extend(grams(text).map(|gram| gram.cast_unsigned() << PLACE_BITS | place));
    }

    /// The number of the last text; `None` without any.
    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.numbers.last().copied()
    }

    /// Each gram in order, with the numbers of the texts that have it, for [`Bits::add_packed`].
    ///
    /// # Errors
    /// What `each` says.
    pub fn store<E>(mut self, mut each: impl FnMut(Gram, &[u8]) -> Result<(), E>) -> Result<(), E> {
        self.found.sort_unstable();
        self.found.dedup();
        let mut packed = Vec::new();
        for same in self.found.chunk_by(|a, b| a >> PLACE_BITS == b >> PLACE_BITS) {
            packed.clear();
            let mut before = 0;
            for found in same {
                let place = usize::try_from(found & ((1 << PLACE_BITS) - 1)).expect("a place of this batch");
                pack(self.numbers[place].abs_diff(before), &mut packed);
                before = self.numbers[place];
            }
            each((same[0] >> PLACE_BITS).cast_signed(), &packed)?;
        }
        Ok(())
    }
}

/// Seven bits a byte, the lowest first.
fn pack(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A set of numbers from 0, a bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

impl Bits {
    /// Adds one; nothing below 0 is taken.
    pub fn add(&mut self, number: i64) {
        let Ok(number) = usize::try_from(number) else { return };
        if number / 8 >= self.0.len() {
            self.0.resize(number / 8 + 1, 0);
        }
        self.0[number / 8] |= 1 << (number % 8);
    }

    /// Adds what [`Batch::store`] packed.
    pub fn add_packed(&mut self, packed: &[u8]) {
        let (mut number, mut step, mut shift) = (0i64, 0u64, 0);
        for byte in packed {
            step |= u64::from(byte & 0x7f) << (shift & 63);
            shift += 7;
            if byte & 0x80 == 0 {
                number = number.saturating_add_unsigned(step);
                self.add(number);
                (step, shift) = (0, 0);
            }
        }
    }

    /// Keeps what both have.
    pub fn keep(&mut self, other: &Self) {
        self.0.truncate(other.0.len());
        self.0.iter_mut().zip(&other.0).for_each(|(own, others)| *own &= others);
    }

    /// Adds what the other has.
    pub fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(own, others)| *own |= others);
    }

    /// The numbers, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = i64> {
        let bytes = self.0.iter().zip(0i64..).filter(|(byte, _)| **byte != 0);
        bytes.flat_map(|(byte, at)| (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| at * 8 + bit))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// As bytes, for [`has`].
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Whether a set, as bytes, has a number.
#[must_use]
pub fn has(bits: &[u8], number: i64) -> bool {
    let byte = usize::try_from(number / 8).ok().and_then(|at| bits.get(at));
    number >= 0 && byte.is_some_and(|byte| byte >> (number % 8) & 1 == 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that fails here has said enough
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn stored(texts: &[(i64, &str)]) -> BTreeMap<Gram, Bits> {
        let (mut batch, mut out) = (Batch::default(), BTreeMap::new());
        texts.iter().for_each(|(number, text)| batch.add(*number, text));
        let put = |gram, packed: &[u8]| {
            let mut bits = Bits::default();
            bits.add_packed(packed);
            out.insert(gram, bits);
            Ok::<_, ()>(())
        };
        batch.store(put).unwrap();
        out
    }

    fn with(index: &BTreeMap<Gram, Bits>, word: &str) -> Vec<i64> {
        let mut all = of_word(word).into_iter().map(|gram| index.get(&gram).cloned().unwrap_or_default());
        let mut bits = all.next().unwrap();
        all.for_each(|other| bits.keep(&other));
        let bytes = bits.into_bytes();
        (0..100_000).filter(|n| has(&bytes, *n)).collect()
    }

    #[test]
    fn words_of_one_and_two_characters_are_found_where_they_stand() {
        let index = stored(&[(3, "东门护坡\n水位"), (4, "坡下"), (300, "护 坡"), (70_000, "aab 护坡护坡")]);
        assert_eq!(with(&index, "坡"), [3, 4, 300, 70_000]);
        assert_eq!(with(&index, "护坡"), [3, 70_000]);
        assert_eq!(with(&index, "坡水"), [] as [i64; 0], "not across a line");
        assert_eq!(with(&index, "aa"), [70_000]);
        assert_eq!(with(&index, "门护坡"), [3]);
        assert_eq!(with(&index, "护 坡"), [3, 300, 70_000], "a text to be looked through is not left out");
    }
}
