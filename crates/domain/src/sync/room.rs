//! How much memory the reading of one message may take: a few bytes on the wire can stand for many times their size in
//! memory (an empty list is one byte there and twenty-four here), so what is read is counted while it is read.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Most memory one message may take unpacked, bytes. The largest exchange of an honest device takes less than half.
pub const MESSAGE_MEMORY_BYTES_MAX: usize = 96 * 1024 * 1024;
/// What a map takes beside its entries, bytes: it keeps them in leaves of eleven.
const LEAF_BYTES: usize = 192;

thread_local! {
    /// What is left for the message that this thread is reading. Serde's derived readers take no argument to count in.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Puts the count back, whatever happens while reading.
struct Restore(usize);

impl Drop for Restore {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// Reads with so many bytes of memory to spend.
pub(crate) fn within<R>(bytes: usize, read: impl FnOnce() -> R) -> R {
    let _restore = Restore(LEFT.replace(bytes));
    read()
}

/// Spends some of what is left.
pub(crate) fn spend<E: Error>(bytes: usize) -> Result<(), E> {
    let left = LEFT.get().checked_sub(bytes).ok_or_else(|| E::custom("it takes too much memory unpacked"))?;
    LEFT.set(left);
    Ok(())
}

/// Reads a list, counting its items.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(Items(PhantomData::<T>, PhantomData::<T>))
}

/// Reads a list of lists, counting both.
pub(crate) fn lists<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<Vec<T>>, D::Error> {
    from.deserialize_seq(Items(PhantomData::<Inner<T>>, PhantomData::<Vec<T>>))
}

/// Reads a list whose items come as something else, counting them.
pub(crate) fn list_of<'de, D, Wire, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    Wire: Deserialize<'de> + Into<T>,
{
    from.deserialize_seq(Items(PhantomData::<Wire>, PhantomData::<T>))
}

/// Reads a map, counting its entries.
pub(crate) fn map<'de, D, K, V>(from: D) -> Result<std::collections::BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
{
    from.deserialize_map(Entries(PhantomData))
}

struct Inner<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Inner<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        list(from).map(Self)
    }
}

impl<T> From<Inner<T>> for Vec<T> {
    fn from(inner: Inner<T>) -> Self {
        inner.0
    }
}

struct Items<Wire, T>(PhantomData<Wire>, PhantomData<T>);

impl<'de, Wire: Deserialize<'de> + Into<T>, T> Visitor<'de> for Items<Wire, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element::<Wire>()? {
            spend(size_of::<T>())?;
            out.push(item.into());
        }
        Ok(out)
    }
}

struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = std::collections::BTreeMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut out = Self::Value::new();
        while let Some((key, value)) = entries.next_entry()? {
            if out.len().is_multiple_of(11) {
                spend(LEAF_BYTES)?;
            }
            out.insert(key, value);
        }
        Ok(out)
    }
}
