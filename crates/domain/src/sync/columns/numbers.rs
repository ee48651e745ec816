//! A stream of numbers: few as they are; many as byte planes of what they have above the least, or above the one before.

use super::ColumnsError;

/// Fewer numbers than this are written one by one.
const PLANES_FROM: usize = 16;

const PLAIN: u8 = 0;
const PLANES: u8 = 1;
const STEPS: u8 = 2;

pub(super) fn put_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Reads a number from the front of `bytes`.
pub(super) fn take_varint(bytes: &mut &[u8]) -> Result<u64, ColumnsError> {
    let (mut n, mut shift) = (0u64, 0);
    loop {
        let (&byte, rest) = bytes.split_first().ok_or(ColumnsError::Damaged("a number ends early"))?;
        *bytes = rest;
        if shift == 63 && byte > 1 {
            return Err(ColumnsError::Damaged("a number is too large"));
        }
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(n);
        }
        shift += 7;
        if shift > 63 {
            return Err(ColumnsError::Damaged("a number is too long"));
        }
    }
}

/// So many bytes from the front.
pub(super) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], ColumnsError> {
    let (front, rest) = bytes.split_at_checked(count).ok_or(ColumnsError::Damaged("a stream ends early"))?;
    *bytes = rest;
    Ok(front)
}

pub(super) fn take_size(bytes: &mut &[u8]) -> Result<usize, ColumnsError> {
    usize::try_from(take_varint(bytes)?).map_err(|_| ColumnsError::Damaged("a size is too large"))
}

fn zigzag(n: u64) -> u64 {
    (n << 1) ^ ((n.cast_signed() >> 63).cast_unsigned())
}

fn unzigzag(n: u64) -> u64 {
    (n >> 1) ^ (n & 1).wrapping_neg()
}

/// How many bytes a number needs; none for 0.
fn width(n: u64) -> usize {
    (64 - n.leading_zeros()).div_ceil(8) as usize
}

/// Packs numbers; signed ones come as their bits.
pub(super) fn pack(numbers: &[u64], out: &mut Vec<u8>) {
    if numbers.len() < PLANES_FROM {
        out.push(PLAIN);
        numbers.iter().for_each(|&n| put_varint(out, zigzag(n)));
        return;
    }
    let least = numbers.iter().map(|n| n.cast_signed()).min().unwrap_or_default().cast_unsigned();
    let above = |n: &u64| n.wrapping_sub(least);
    let steps = || numbers.windows(2).map(|pair| zigzag(pair[1].wrapping_sub(pair[0])));
    let plain_cost: usize = numbers.iter().map(|n| width(above(n))).sum();
    let least_step = steps().min().unwrap_or_default();
    let steps_cost: usize = steps().map(|s| width(s - least_step)).sum();
    if steps_cost < plain_cost {
        out.push(STEPS);
        put_varint(out, zigzag(numbers[0]));
        put_varint(out, least_step);
        planes(&steps().map(|s| s - least_step).collect::<Vec<_>>(), out);
    } else {
        out.push(PLANES);
        put_varint(out, zigzag(least));
        planes(&numbers.iter().map(above).collect::<Vec<_>>(), out);
    }
}

/// All lowest bytes, then all second ones, and so on.
fn planes(numbers: &[u64], out: &mut Vec<u8>) {
    let most = numbers.iter().copied().max().unwrap_or_default();
    out.push(width(most) as u8);
    for plane in 0..width(most) {
        out.extend(numbers.iter().map(|n| (n >> (8 * plane)) as u8));
    }
}

/// Numbers being read back, one after another.
pub(super) enum Numbers<'a> {
    /// One by one.
    Plain(&'a [u8]),
    /// From byte planes.
    Planes { planes: Vec<&'a [u8]>, at: usize, base: u64, steps: Option<u64>, first: bool },
}

impl<'a> Numbers<'a> {
    /// Opens a packed stream that holds nothing else.
    pub fn open(mut bytes: &'a [u8]) -> Result<Self, ColumnsError> {
        let (&kind, rest) = bytes.split_first().ok_or(ColumnsError::Damaged("a stream is empty"))?;
        bytes = rest;
        if kind == PLAIN {
            return Ok(Self::Plain(bytes));
        }
        let base = unzigzag(take_varint(&mut bytes)?);
        let steps = match kind {
            PLANES => None,
            STEPS => Some(take_varint(&mut bytes)?),
            _ => return Err(ColumnsError::Damaged("a stream of an unknown kind")),
        };
        let width = usize::from(take(&mut bytes, 1)?[0]);
        let count = bytes.len().checked_div(width);
        if width > 8 || count.unwrap_or(0) * width != bytes.len() {
            return Err(ColumnsError::Damaged("planes of different lengths"));
        }
        let planes = count.map_or_else(Vec::new, |count| bytes.chunks_exact(count.max(1)).collect());
        Ok(Self::Planes { planes, at: 0, base, steps, first: true })
    }

    /// The next number. A stream of equal numbers never ends: the reader counts what it is given.
    pub fn next(&mut self) -> Result<u64, ColumnsError> {
        match self {
            Self::Plain(bytes) => take_varint(bytes).map(unzigzag),
            Self::Planes { base, steps: Some(_), first, .. } if *first => {
                *first = false;
                Ok(*base)
            }
            Self::Planes { planes, at, base, steps, .. } => {
                let mut n = 0;
                for (place, plane) in planes.iter().enumerate() {
                    let byte = plane.get(*at).ok_or(ColumnsError::Damaged("a stream ends early"))?;
                    n |= u64::from(*byte) << (8 * place);
                }
                *at += 1;
                match steps {
                    None => Ok(base.wrapping_add(n)),
                    Some(least) => {
                        *base = base.wrapping_add(unzigzag(n.wrapping_add(*least)));
                        Ok(*base)
                    }
                }
            }
        }
    }

    /// Whether everything was read.
    pub fn is_read(&self) -> bool {
        match self {
            Self::Plain(bytes) => bytes.is_empty(),
            Self::Planes { planes, at, .. } => planes.first().is_none_or(|p| p.len() == *at),
        }
    }
}
