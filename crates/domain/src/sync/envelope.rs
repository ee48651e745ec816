//! The envelope of every sync body: four bytes that say what it is, then postcard packed by zstd with its checksum.
//!
//! Larger unpacked sizes than [`BODY_BYTES_MAX`] are refused while unpacking, so a small body cannot fill the memory.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::room::{self, MESSAGE_MEMORY_BYTES_MAX};

/// Largest unpacked body, in bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The widest window a packed body may ask the unpacker to keep, as a power of two; a body needs no wider one than itself.
const WINDOW_LOG_MAX: u32 = 24;
/// Largest packed body, in bytes.
pub const PACKED_BYTES_MAX: usize = 8 * 1024 * 1024;

const MAGIC: [u8; 3] = *b"SXS";
const VERSION: u8 = 1;
/// Measured on the workload of `make bench`: above this level the time grows faster than the bytes shrink.
const ZSTD_LEVEL: i32 = 9;

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
    /// Not the message that was expected.
    #[error("the body is not the message expected here: {0}")]
    Message(#[from] postcard::Error),
}

/// Packs a message.
#[must_use]
pub fn seal<T: Serialize>(message: &T) -> Vec<u8> {
    let plain = postcard::to_stdvec(message).expect("plain data in memory always encodes");
    let packed = pack(&plain).expect("zstd packs any bytes that fit in memory");
    let mut body = Vec::with_capacity(4 + packed.len());
    body.extend(MAGIC);
    body.push(VERSION);
    body.extend(packed);
    body
}

/// With a checksum: most of a message is not signed, and a bit that another link turned must not pass for a value.
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
    let (head, packed) = body.split_at_checked(4).ok_or(EnvelopeError::NotOurs)?;
    match head {
        [a, b, c, VERSION] if [*a, *b, *c] == MAGIC => {}
        [a, b, c, version] if [*a, *b, *c] == MAGIC => return Err(EnvelopeError::Version(*version)),
        _ => return Err(EnvelopeError::NotOurs),
    }
    let mut plain = Vec::new();
    let mut reader = zstd::stream::read::Decoder::new(packed).map_err(EnvelopeError::Packing)?;
    reader.window_log_max(WINDOW_LOG_MAX).map_err(EnvelopeError::Packing)?;
    let limit = u64::try_from(BODY_BYTES_MAX).expect("the limit fits") + 1;
    std::io::Read::read_to_end(&mut std::io::Read::take(reader, limit), &mut plain).map_err(EnvelopeError::Packing)?;
    if plain.len() > BODY_BYTES_MAX {
        return Err(EnvelopeError::TooLarge);
    }
    Ok(room::within(MESSAGE_MEMORY_BYTES_MAX, || postcard::from_bytes(&plain))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back() {
        let message = vec!["密云".to_owned(), "bare".to_owned()];
        assert_eq!(open::<Vec<String>>(&seal(&message)).expect("opens"), message);
    }

    #[test]
    fn a_bomb_is_refused_without_filling_the_memory() {
        let mut bomb = b"SXS\x01".to_vec();
        bomb.extend(zstd::bulk::compress(&vec![0u8; BODY_BYTES_MAX + 1], 19).expect("packs"));
        assert!(bomb.len() < 10_000);
        assert!(matches!(open::<Vec<u8>>(&bomb), Err(EnvelopeError::TooLarge)));
    }

    #[test]
    fn no_turned_bit_passes_for_another_message() {
        let message = vec![7u64, 1_795_000_000_000, 3];
        let body = seal(&message);
        for bit in 0..body.len() * 8 {
            let mut damaged = body.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // One bit of a zstd header has no meaning.
            assert!(open::<Vec<u64>>(&damaged).map_or(true, |read| read == message), "bit {bit}");
        }
    }

    #[test]
    fn nonsense_and_later_versions_say_so() {
        assert!(matches!(open::<u8>(b""), Err(EnvelopeError::NotOurs)));
        assert!(matches!(open::<u8>(b"SXS\x09abc"), Err(EnvelopeError::Version(9))));
        assert!(matches!(open::<u8>(b"SXS\x01abc"), Err(EnvelopeError::Packing(_))));
    }
}
