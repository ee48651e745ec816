//! A stream of texts or bytes: one after another, or each distinct one once and which of them it is, or, where all have one
//! length (ids), first all first bytes, then all second ones.

use std::collections::HashMap;

use super::ColumnsError;
use super::numbers::{self, Numbers, put_varint, take, take_size};

/// Fewer texts than this are written one after another.
const REPEATS_FROM: usize = 16;
/// After so many texts it shows whether they repeat.
const SAMPLE: usize = 256;
/// Longest text of a stream of equal lengths that is turned.
const TURNED_BYTES_MAX: usize = 64;

const PLAIN: u8 = 0;
const REPEATS: u8 = 1;
const TURNED: u8 = 2;

/// Texts being gathered.
#[derive(Default)]
pub(super) struct Texts {
    lengths: Vec<u64>,
    bytes: Vec<u8>,
}

impl Texts {
    pub fn push(&mut self, text: &[u8]) {
        self.lengths.push(text.len() as u64);
        self.bytes.extend_from_slice(text);
    }

    pub fn pack(&self, out: &mut Vec<u8>) {
        if let Some((distinct, which)) = self.repeats() {
            out.push(REPEATS);
            distinct.pack_plain(out);
            return numbers::pack(&which, out);
        }
        match self.one_length() {
            Some(length) => {
                out.push(TURNED);
                put_varint(out, length as u64);
                for at in 0..length {
                    out.extend(self.bytes.chunks_exact(length).map(|text| text[at]));
                }
            }
            None => {
                out.push(PLAIN);
                self.pack_plain(out);
            }
        }
    }

    fn pack_plain(&self, out: &mut Vec<u8>) {
        let mut lengths = Vec::new();
        numbers::pack(&self.lengths, &mut lengths);
        put_varint(out, lengths.len() as u64);
        out.extend(lengths);
        put_varint(out, self.bytes.len() as u64);
        out.extend(&self.bytes);
    }

    fn one_length(&self) -> Option<usize> {
        let first = usize::try_from(*self.lengths.first()?).ok()?;
        let turned = self.lengths.len() >= REPEATS_FROM && (1..=TURNED_BYTES_MAX).contains(&first);
        (turned && self.lengths.iter().all(|l| *l == self.lengths[0])).then_some(first)
    }

    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        self.lengths.iter().map(move |&length| {
            let (text, after) = rest.split_at(usize::try_from(length).unwrap_or_default());
            rest = after;
            text
        })
    }

    /// The distinct texts and which of them each is, if most are repeated.
    fn repeats(&self) -> Option<(Texts, Vec<u64>)> {
        if self.lengths.len() < REPEATS_FROM {
            return None;
        }
        let mut known: HashMap<&[u8], u64> = HashMap::new();
        let (mut distinct, mut which) = (Texts::default(), Vec::with_capacity(self.lengths.len()));
        for (met, text) in self.texts().enumerate() {
            if met >= SAMPLE && known.len() * 4 > met * 3 {
                return None;
            }
            let next = known.len() as u64;
            let number = *known.entry(text).or_insert_with(|| {
                distinct.push(text);
                next
            });
            which.push(number);
        }
        (known.len() * 2 <= self.lengths.len()).then_some((distinct, which))
    }
}

/// Texts being read back, one after another.
pub(super) enum TextsBack<'a> {
    Plain { lengths: Numbers<'a>, bytes: &'a [u8] },
    Repeats { distinct: Vec<&'a [u8]>, which: Numbers<'a> },
    Turned { length: usize, count: usize, at: usize, bytes: &'a [u8], text: Vec<u8> },
}

fn open_plain<'a>(bytes: &mut &'a [u8]) -> Result<(Numbers<'a>, &'a [u8]), ColumnsError> {
    let size = take_size(bytes)?;
    let lengths = Numbers::open(take(bytes, size)?)?;
    let size = take_size(bytes)?;
    Ok((lengths, take(bytes, size)?))
}

fn next_plain<'a>(lengths: &mut Numbers<'_>, bytes: &mut &'a [u8]) -> Result<&'a [u8], ColumnsError> {
    let length = usize::try_from(lengths.next()?).map_err(|_| ColumnsError::Damaged("a length is too large"))?;
    take(bytes, length)
}

impl<'a> TextsBack<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, ColumnsError> {
        let (&kind, mut bytes) = bytes.split_first().ok_or(ColumnsError::Damaged("a stream is empty"))?;
        match kind {
            PLAIN => {
                let (lengths, texts) = open_plain(&mut bytes)?;
                if bytes.is_empty() {
                    Ok(Self::Plain { lengths, bytes: texts })
                } else {
                    Err(ColumnsError::Damaged("a stream is too long"))
                }
            }
            REPEATS => {
                let (mut lengths, mut texts) = open_plain(&mut bytes)?;
                let mut distinct = Vec::new();
                while !texts.is_empty() || !lengths.is_read() {
                    distinct.push(next_plain(&mut lengths, &mut texts)?);
                    // An empty text takes nothing, so the number of lengths must bound them.
                    if distinct.len() > bytes.len() + texts.len() + super::STREAMS_MAX {
                        return Err(ColumnsError::Damaged("too many texts"));
                    }
                }
                Ok(Self::Repeats { distinct, which: Numbers::open(bytes)? })
            }
            TURNED => {
                let length = take_size(&mut bytes)?;
                if length == 0 || length > TURNED_BYTES_MAX || bytes.len() % length != 0 {
                    return Err(ColumnsError::Damaged("texts of different lengths"));
                }
                Ok(Self::Turned { length, count: bytes.len() / length, at: 0, bytes, text: vec![0; length] })
            }
            _ => Err(ColumnsError::Damaged("a stream of an unknown kind")),
        }
    }

    pub fn next(&mut self) -> Result<&[u8], ColumnsError> {
        match self {
            Self::Plain { lengths, bytes } => next_plain(lengths, bytes),
            Self::Repeats { distinct, which } => {
                let which = usize::try_from(which.next()?).unwrap_or(usize::MAX);
                distinct.get(which).copied().ok_or(ColumnsError::Damaged("a text that is not there"))
            }
            Self::Turned { length, count, at, bytes, text } => {
                if at >= count {
                    return Err(ColumnsError::Damaged("a stream ends early"));
                }
                for place in 0..*length {
                    text[place] = bytes[place * *count + *at];
                }
                *at += 1;
                Ok(text)
            }
        }
    }

    /// Whether everything was read.
    pub fn is_read(&self) -> bool {
        match self {
            Self::Plain { lengths, bytes } => lengths.is_read() && bytes.is_empty(),
            Self::Repeats { which, .. } => which.is_read(),
            Self::Turned { count, at, .. } => count == at,
        }
    }
}
