//! Puts a message together again from its streams.

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::bytes::TextsBack;
use super::numbers::{Numbers, take, take_size};
use super::{CONTENT, ColumnsError, KEY, KEYED, Places, SECOND, SIZE, STREAMS_MAX, label_of};

type Result<T> = std::result::Result<T, ColumnsError>;

/// One stream: untouched, or being read.
enum Stream<'a> {
    Packed(&'a [u8]),
    Numbers(Numbers<'a>),
    Texts(TextsBack<'a>),
}

pub(super) struct Reader<'a> {
    places: Places,
    streams: Vec<Stream<'a>>,
    /// What may still be unfolded, bytes: a small message must not fill the memory.
    left: usize,
    unfolded_max: usize,
}

impl<'a> Reader<'a> {
    pub fn new(mut bytes: &'a [u8], unfolded_max: usize) -> Result<Self> {
        let count = take_size(&mut bytes)?;
        if count > STREAMS_MAX {
            return Err(ColumnsError::Damaged("too many streams"));
        }
        let sizes = (0..count).map(|_| take_size(&mut bytes)).collect::<Result<Vec<_>>>()?;
        let streams =
            sizes.into_iter().map(|size| take(&mut bytes, size).map(Stream::Packed)).collect::<Result<_>>()?;
        if !bytes.is_empty() {
            return Err(ColumnsError::Damaged("there is something behind the last stream"));
        }
        Ok(Self { places: Places::default(), streams, left: unfolded_max, unfolded_max })
    }

    /// Refuses what was not read.
    pub fn end(self) -> Result<()> {
        let whole = self.streams.iter().all(|stream| match stream {
            Stream::Packed(_) => false,
            Stream::Numbers(numbers) => numbers.is_read(),
            Stream::Texts(texts) => texts.is_read(),
        });
        if whole { Ok(()) } else { Err(ColumnsError::Damaged("there is more than the message")) }
    }

    fn spend(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or(ColumnsError::TooLarge(self.unfolded_max))?;
        Ok(())
    }

    fn number(&mut self) -> Result<u64> {
        self.spend(1)?;
        let (at, _) = self.places.stream()?;
        let stream = self.streams.get_mut(at).ok_or(ColumnsError::Damaged("a stream is missing"))?;
        if let Stream::Packed(bytes) = stream {
            let bytes = *bytes;
            *stream = Stream::Numbers(Numbers::open(bytes)?);
        }
        let Stream::Numbers(numbers) = stream else { return Err(ColumnsError::Damaged("texts instead of numbers")) };
        let number = numbers.next()?;
        self.places.met(number);
        Ok(number)
    }

    fn text(&mut self) -> Result<&[u8]> {
        let (at, _) = self.places.stream()?;
        let stream = self.streams.get_mut(at).ok_or(ColumnsError::Damaged("a stream is missing"))?;
        if let Stream::Packed(bytes) = stream {
            let bytes = *bytes;
            *stream = Stream::Texts(TextsBack::open(bytes)?);
        }
        let Stream::Texts(texts) = stream else { return Err(ColumnsError::Damaged("numbers instead of texts")) };
        let text = texts.next()?;
        let spent = text.len() + 1;
        self.left = self.left.checked_sub(spent).ok_or(ColumnsError::TooLarge(self.unfolded_max))?;
        Ok(text)
    }

    fn size(&mut self) -> Result<(u32, u64)> {
        self.places.deeper()?;
        let from = self.places.here;
        self.places.enter(from, SIZE)?;
        let size = self.number()?;
        self.places.here = from;
        Ok((from, size))
    }

    fn part<T>(&mut self, from: u32, label: u32, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.places.enter(from, label)?;
        let value = read(self)?;
        self.places.here = from;
        Ok(value)
    }

    fn parts<'r>(&'r mut self, from: u32, count: usize, alike: bool) -> Parts<'r, 'a> {
        Parts { reader: self, from, left: count, next: 0, alike }
    }

    fn tuple<'de, V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value> {
        self.places.deeper()?;
        let from = self.places.here;
        let value = visitor.visit_seq(self.parts(from, count, false))?;
        self.places.depth -= 1;
        Ok(value)
    }
}

/// The parts of something: a sequence, a struct, a map.
struct Parts<'r, 'a> {
    reader: &'r mut Reader<'a>,
    from: u32,
    left: usize,
    next: usize,
    /// All parts stand at the same place.
    alike: bool,
}

impl<'de> de::SeqAccess<'de> for Parts<'_, '_> {
    type Error = ColumnsError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if self.alike {
            self.reader.spend(1)?;
        }
        let label = if self.alike { CONTENT } else { label_of(self.next) };
        self.next += 1;
        self.reader.part(self.from, label, |reader| seed.deserialize(reader)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.reader.left))
    }
}

impl<'de> de::MapAccess<'de> for Parts<'_, '_> {
    type Error = ColumnsError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        de::SeqAccess::next_element_seed(self, seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.reader.part(self.from, SECOND, |reader| seed.deserialize(reader))
    }

    fn size_hint(&self) -> Option<usize> {
        de::SeqAccess::size_hint(self)
    }
}

/// A variant whose number was read.
struct Variant<'r, 'a> {
    reader: &'r mut Reader<'a>,
    from: u32,
    variant: u32,
}

impl<'r, 'de> de::EnumAccess<'de> for Variant<'r, '_> {
    type Error = ColumnsError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let number: de::value::U32Deserializer<ColumnsError> = self.variant.into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_, '_> {
    type Error = ColumnsError;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.reader.part(self.from, label_of(self.variant as usize), |reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value> {
        self.reader.part(self.from, label_of(self.variant as usize), |reader| {
            let from = reader.places.here;
            visitor.visit_seq(reader.parts(from, count, false))
        })
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.tuple_variant(fields.len(), visitor)
    }
}

fn out_of_range<T>(_: T) -> ColumnsError {
    ColumnsError::Damaged("a number is out of range")
}

macro_rules! numbers {
    ($($method:ident: $kind:ty => $visit:ident),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(<$kind>::try_from(self.number()?.cast_signed()).map_err(out_of_range)?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for &mut Reader<'_> {
    type Error = ColumnsError;

    numbers!(deserialize_i8: i8 => visit_i8, deserialize_i16: i16 => visit_i16, deserialize_i32: i32 => visit_i32,
        deserialize_i64: i64 => visit_i64, deserialize_u8: u8 => visit_u8, deserialize_u16: u16 => visit_u16,
        deserialize_u32: u32 => visit_u32);

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value> {
        Err(ColumnsError::Damaged("columns do not say what they hold"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.number()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            other => Err(out_of_range(other)),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let from = self.places.here;
        let low = self.part(from, CONTENT, Reader::number)?.cast_signed();
        let high = self.part(from, SECOND, Reader::number)?.cast_signed();
        let high = high.wrapping_add(low >> 63);
        visitor.visit_i128((i128::from(high) << 64) | i128::from(low.cast_unsigned()))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f32(f32::from_bits(u32::try_from(self.number()?).map_err(out_of_range)?))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(f64::from_bits(self.number()?))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let code = u32::try_from(self.number()?).map_err(out_of_range)?;
        visitor.visit_char(char::from_u32(code).ok_or(out_of_range(code))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_str(std::str::from_utf8(self.text()?).map_err(|_| ColumnsError::Damaged("not UTF-8"))?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bytes(self.text()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let (from, size) = self.size()?;
        let value = match size {
            0 => visitor.visit_none()?,
            1 => self.part(from, CONTENT, |reader| visitor.visit_some(reader))?,
            other => return Err(out_of_range(other)),
        };
        self.places.depth -= 1;
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == KEY {
            self.places.takes_key = true;
        } else if name == KEYED {
            let (from, label) = (self.places.here, self.places.keyed());
            return self.part(from, label, |reader| visitor.visit_newtype_struct(reader));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let (from, size) = self.size()?;
        let value = visitor.visit_seq(self.parts(from, usize::try_from(size).map_err(out_of_range)?, true))?;
        self.places.depth -= 1;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value> {
        self.tuple(count, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let (from, size) = self.size()?;
        let value = visitor.visit_map(self.parts(from, usize::try_from(size).map_err(out_of_range)?, true))?;
        self.places.depth -= 1;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let (from, variant) = self.size()?;
        let variant = u32::try_from(variant).map_err(out_of_range)?;
        let value = visitor.visit_enum(Variant { reader: self, from, variant })?;
        self.places.depth -= 1;
        self.places.here = from;
        Ok(value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value> {
        Err(ColumnsError::Damaged("columns have no names"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value> {
        Err(ColumnsError::Damaged("columns do not say what they hold"))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
