//! A message in columns: all first fields of all rows together, then all second ones, and so on. Values of one field are
//! alike, so that they pack far better together than row by row, and faster.
//!
//! Nothing here knows a message: a stream belongs to a place in the types (which field of which variant of what), is
//! opened when the first value of that place is met, and is read back in the same order. What is named by a [`Key`] has
//! streams of its own for each key: all readings of one field of one form.

mod bytes;
mod numbers;
mod reader;
mod writer;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use reader::Reader;
use writer::Writer;

/// Most streams of one message.
const STREAMS_MAX: usize = 65_536;
/// Keys from here on share their streams.
const KEYS_MAX: u32 = 4_096;
/// Deepest nesting of one message.
const DEPTH_MAX: usize = 64;

/// The name by which the streams recognise a [`Key`].
const KEY: &str = "shanxun key";
/// The name by which they recognise what is [`Keyed`].
const KEYED: &str = "shanxun keyed";

/// A number that says which streams the next [`Keyed`] value of the same row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "shanxun key")]
pub(super) struct Key(pub u32);

/// A value in the streams of the [`Key`] before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "shanxun keyed")]
pub(super) struct Keyed<T>(pub T);

/// Why columns cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ColumnsError {
    /// They end too early, or name what is not there.
    #[error("the columns are damaged: {0}")]
    Damaged(&'static str),
    /// They unfold to more than the limit.
    #[error("the columns unfold to more than {0} bytes")]
    TooLarge(usize),
    /// They are not the message that was expected.
    #[error("{0}")]
    Message(String),
}

impl serde::ser::Error for ColumnsError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Message(message.to_string())
    }
}

impl serde::de::Error for ColumnsError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Message(message.to_string())
    }
}

/// The streams of a message, one after another in the order in which they are read, their sizes before them.
///
/// # Errors
/// For what has no fixed form: a sequence of unknown length.
pub(super) fn to_bytes<T: Serialize>(message: &T) -> Result<Vec<u8>, ColumnsError> {
    let mut writer = Writer::default();
    message.serialize(&mut writer)?;
    Ok(writer.finish())
}

/// Reads a message back; it may unfold to at most so many bytes.
///
/// # Errors
/// When the bytes are not such a message, or unfold to more.
pub(super) fn from_bytes<T: DeserializeOwned>(bytes: &[u8], unfolded_max: usize) -> Result<T, ColumnsError> {
    let mut reader = Reader::new(bytes, unfolded_max)?;
    let message = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(message)
}

/// Where a value stands: a tree of places, walked in the same order by the writer and the reader.
struct Places {
    /// For each place, the places below it by their label; 0 is none, as the root is below nothing.
    below: Vec<Vec<u32>>,
    /// For each place, its stream; `u32::MAX` until it has one.
    streams: Vec<u32>,
    /// The streams so far.
    count: u32,
    here: u32,
    depth: usize,
    /// The last [`Key`].
    key: u32,
    takes_key: bool,
}

impl Default for Places {
    fn default() -> Self {
        Self { below: vec![Vec::new()], streams: vec![u32::MAX], count: 0, here: 0, depth: 0, key: 0, takes_key: false }
    }
}

/// Labels of what a place is made of.
const SIZE: u32 = 0;
const CONTENT: u32 = 1;
const SECOND: u32 = 2;

impl Places {
    /// Goes to the place below `from` with that label.
    fn enter(&mut self, from: u32, label: u32) -> Result<(), ColumnsError> {
        let (at, slot) = (from as usize, label as usize);
        if self.below[at].len() <= slot {
            self.below[at].resize(slot + 1, 0);
        }
        let mut next = self.below[at][slot];
        if next == 0 {
            next = u32::try_from(self.below.len()).map_err(|_| ColumnsError::Damaged("too many places"))?;
            if self.below.len() >= 4 * STREAMS_MAX {
                return Err(ColumnsError::Damaged("too many places"));
            }
            self.below[at][slot] = next;
            self.below.push(Vec::new());
            self.streams.push(u32::MAX);
        }
        self.here = next;
        Ok(())
    }

    /// The stream of this place; `true` if it was opened just now.
    fn stream(&mut self) -> Result<(usize, bool), ColumnsError> {
        let at = self.here as usize;
        if self.streams[at] != u32::MAX {
            return Ok((self.streams[at] as usize, false));
        }
        if self.count as usize >= STREAMS_MAX {
            return Err(ColumnsError::Damaged("too many streams"));
        }
        self.streams[at] = self.count;
        self.count += 1;
        Ok((self.streams[at] as usize, true))
    }

    /// A number was written or read; remembers it if it is a key.
    fn met(&mut self, number: u64) {
        if self.takes_key {
            self.takes_key = false;
            self.key = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }

    /// The label of what is keyed.
    fn keyed(&self) -> u32 {
        CONTENT + self.key.min(KEYS_MAX)
    }

    fn deeper(&mut self) -> Result<(), ColumnsError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(ColumnsError::Damaged("nested too deeply")) } else { Ok(()) }
    }
}

/// The label of one element of a tuple or struct; elements of long arrays share one.
fn label_of(element: usize) -> u32 {
    const LABELS_MAX: usize = 48;
    CONTENT + u32::try_from(element.min(LABELS_MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
