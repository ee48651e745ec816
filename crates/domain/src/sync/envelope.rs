//! The envelope of every sync body: four bytes that say what it is, one that says how the rest is packed, then the message.
//! Either packing carries a checksum: most of a message is not signed, and a bit that a link turned must not pass for a value.
//!
//! Larger unpacked sizes than [`BODY_BYTES_MAX`] are refused while unpacking, so a small body cannot fill the memory.

use std::io::Read;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::columns::{self, ColumnsError};
use super::room::{self, MESSAGE_MEMORY_BYTES_MAX};

/// Largest unpacked body, in bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The widest window a packed body may ask the unpacker to keep, as a power of two; a body needs no wider one than itself.
const WINDOW_LOG_MAX: u32 = 24;
/// Largest packed body, in bytes.
pub const PACKED_BYTES_MAX: usize = 8 * 1024 * 1024;

const MAGIC: [u8; 3] = *b"SXS";
const VERSION: u8 = 1;
/// How the rest is packed: as it is.
const PLAIN: u8 = 0;
/// How the rest is packed: in columns, by zstd.
const COLUMNS: u8 = 1;
/// A message that is no larger than this travels as it is: packing would make it larger, and a question without news
/// should cost next to nothing.
const PLAIN_BYTES_MAX: usize = 1024;
/// Columns leave little to find: level 9 takes four times as long for 2 % less.
const ZSTD_LEVEL: i32 = 3;

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not our protocol.
    #[error("the body does not begin like a sync message")]
    NotOurs,
    /// A later protocol.
    #[error("the body is of protocol version {0}; this program speaks version {VERSION}: update it")]
    Version(u8),
    /// Too large packed or unpacked.
    #[error("the body is larger than the limit of {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// Damaged.
    #[error("the body cannot be unpacked: {0}")]
    Packing(#[source] std::io::Error),
    /// It is not what was sent.
    #[error("the body was damaged on its way: send it again")]
    Damaged,
    /// Not the message that was expected.
    #[error("the body is not the message expected here: {0}")]
    Message(#[from] postcard::Error),
    /// Not the columns that were expected.
    #[error("the body is not the message expected here: {0}")]
    Columns(#[source] ColumnsError),
}

impl From<ColumnsError> for EnvelopeError {
    fn from(error: ColumnsError) -> Self {
        if matches!(error, ColumnsError::TooLarge(_)) { Self::TooLarge } else { Self::Columns(error) }
    }
}

/// Packs a message.
#[must_use]
pub fn seal<T: Serialize>(message: &T) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(MAGIC);
    body.push(VERSION);
    let small = postcard::to_slice(message, &mut [0; PLAIN_BYTES_MAX]).map(|plain| plain.to_vec());
    match small {
        Ok(plain) => {
            body.push(PLAIN);
            body.extend(crc32fast::hash(&plain).to_le_bytes());
            body.extend(plain);
        }
        Err(_) => {
            body.push(COLUMNS);
            let plain = columns::to_bytes(message).expect("our messages have known lengths");
            body.extend(pack(&plain).expect("zstd packs any bytes that fit in memory"));
        }
    }
    body
}

fn pack(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
    packer.include_checksum(true)?;
    packer.compress(plain)
}

/// Unpacks a message.
///
/// # Errors
/// When the bytes are not such a message, of a later version, or too large.
pub fn open<T: DeserializeOwned>(body: &[u8]) -> Result<T, EnvelopeError> {
    if body.len() > PACKED_BYTES_MAX {
        return Err(EnvelopeError::TooLarge);
    }
    let (head, packed) = body.split_at_checked(5).ok_or(EnvelopeError::NotOurs)?;
    match head {
        [a, b, c, VERSION, _] if [*a, *b, *c] == MAGIC => {}
        [a, b, c, version, _] if [*a, *b, *c] == MAGIC => return Err(EnvelopeError::Version(*version)),
        _ => return Err(EnvelopeError::NotOurs),
    }
    match head[4] {
        PLAIN => Ok(within_memory(|| postcard::from_bytes(checked(packed)?).map_err(EnvelopeError::from))?),
        COLUMNS => {
            let plain = unpack(packed)?;
            Ok(within_memory(|| columns::from_bytes(&plain, BODY_BYTES_MAX))?)
        }
        _ => Err(EnvelopeError::NotOurs),
    }
}

fn within_memory<T>(read: impl FnOnce() -> T) -> T {
    room::within(MESSAGE_MEMORY_BYTES_MAX, read)
}

/// What travelled as it is, if it is what was sent.
fn checked(body: &[u8]) -> Result<&[u8], EnvelopeError> {
    let (sum, plain) = body.split_first_chunk::<4>().ok_or(EnvelopeError::Damaged)?;
    if plain.len() > PLAIN_BYTES_MAX {
        return Err(EnvelopeError::TooLarge);
    }
    if crc32fast::hash(plain).to_le_bytes() == *sum { Ok(plain) } else { Err(EnvelopeError::Damaged) }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    let mut plain = Vec::new();
    let mut reader = zstd::stream::read::Decoder::new(packed).map_err(EnvelopeError::Packing)?;
    reader.window_log_max(WINDOW_LOG_MAX).map_err(EnvelopeError::Packing)?;
    let limit = u64::try_from(BODY_BYTES_MAX).expect("the limit fits") + 1;
    reader.take(limit).read_to_end(&mut plain).map_err(EnvelopeError::Packing)?;
    if plain.len() > BODY_BYTES_MAX { Err(EnvelopeError::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_small_or_large() {
        let message = vec!["密云".to_owned(), "bare".to_owned()];
        assert_eq!(open::<Vec<String>>(&seal(&message)).expect("opens"), message);
        let large: Vec<String> = (0..5_000).map(|n| format!("密云 {n}")).collect();
        assert_eq!(open::<Vec<String>>(&seal(&large)).expect("opens"), large);
    }

    #[test]
    fn a_bomb_is_refused_without_filling_the_memory() {
        let mut bomb = b"SXS\x01\x01".to_vec();
        bomb.extend(zstd::bulk::compress(&vec![0u8; BODY_BYTES_MAX + 1], 19).expect("packs"));
        assert!(bomb.len() < 10_000);
        assert!(matches!(open::<Vec<u8>>(&bomb), Err(EnvelopeError::TooLarge)));
        let endless = seal(&vec![7u64; BODY_BYTES_MAX + 1]);
        assert!(endless.len() < 100);
        assert!(matches!(open::<Vec<u64>>(&endless), Err(EnvelopeError::TooLarge)));
    }

    #[test]
    fn no_turned_bit_passes_for_another_message() {
        for message in [vec![7u64, 1_795_000_000_000, 3], (0..2_000).collect()] {
            let body = seal(&message);
            for bit in 0..body.len() * 8 {
                let mut damaged = body.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                // One bit of a zstd header has no meaning.
                assert!(open::<Vec<u64>>(&damaged).map_or(true, |read| read == message), "bit {bit}");
            }
        }
    }

    #[test]
    fn nonsense_and_later_versions_say_so() {
        assert!(matches!(open::<u8>(b""), Err(EnvelopeError::NotOurs)));
        assert!(matches!(open::<u8>(b"SXS\x09\x00abc"), Err(EnvelopeError::Version(9))));
        assert!(matches!(open::<u8>(b"SXS\x01\x01abc"), Err(EnvelopeError::Packing(_))));
        assert!(matches!(open::<u8>(b"SXS\x01\x07abc"), Err(EnvelopeError::NotOurs)));
    }
}
