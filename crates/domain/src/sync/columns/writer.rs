//! Takes a message apart into its streams.

use serde::ser::{self, Serialize};

use super::bytes::Texts;
use super::numbers;
use super::{CONTENT, ColumnsError, KEY, KEYED, Places, SECOND, SIZE, label_of};

type Result<T> = std::result::Result<T, ColumnsError>;

/// One stream being gathered.
enum Stream {
    Numbers(Vec<u64>),
    Texts(Texts),
}

#[derive(Default)]
pub(super) struct Writer {
    places: Places,
    streams: Vec<Stream>,
}

impl Writer {
    /// The packed streams, the sizes before them.
    pub fn finish(self) -> Vec<u8> {
        let packed = self.streams.iter().map(|stream| {
            let mut out = Vec::new();
            match stream {
                Stream::Numbers(all) => numbers::pack(all, &mut out),
                Stream::Texts(all) => all.pack(&mut out),
            }
            out
        });
        let packed: Vec<Vec<u8>> = packed.collect();
        let mut out = Vec::new();
        numbers::put_varint(&mut out, packed.len() as u64);
        packed.iter().for_each(|p| numbers::put_varint(&mut out, p.len() as u64));
        packed.iter().for_each(|p| out.extend_from_slice(p));
        out
    }

    fn number(&mut self, number: u64) -> Result<()> {
        self.places.met(number);
        let (at, fresh) = self.places.stream()?;
        if fresh {
            self.streams.push(Stream::Numbers(Vec::new()));
        }
        match self.streams.get_mut(at) {
            Some(Stream::Numbers(all)) => all.push(number),
            _ => return Err(ColumnsError::Damaged("a place with numbers and texts")),
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8]) -> Result<()> {
        let (at, fresh) = self.places.stream()?;
        if fresh {
            self.streams.push(Stream::Texts(Texts::default()));
        }
        match self.streams.get_mut(at) {
            Some(Stream::Texts(all)) => all.push(text),
            _ => return Err(ColumnsError::Damaged("a place with numbers and texts")),
        }
        Ok(())
    }

    /// Writes one part below `from`, and comes back there.
    fn part<T: ?Sized + Serialize>(&mut self, from: u32, label: u32, value: &T) -> Result<()> {
        self.places.enter(from, label)?;
        value.serialize(&mut *self)?;
        self.places.here = from;
        Ok(())
    }

    fn size(&mut self, size: u64) -> Result<u32> {
        self.places.deeper()?;
        let from = self.places.here;
        self.places.enter(from, SIZE)?;
        self.number(size)?;
        self.places.here = from;
        Ok(from)
    }
}

/// Something with parts: a sequence, a struct, a map.
pub(super) struct Parts<'a> {
    writer: &'a mut Writer,
    from: u32,
    next: usize,
}

impl Parts<'_> {
    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        self.writer.part(self.from, CONTENT, value)
    }

    fn field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        let label = label_of(self.next);
        self.next += 1;
        self.writer.part(self.from, label, value)
    }

    fn end(self) {
        self.writer.places.depth -= 1;
    }
}

macro_rules! numbers {
    ($($method:ident: $kind:ty),*) => {
        $(fn $method(self, v: $kind) -> Result<()> {
            self.number(i64::from(v).cast_unsigned())
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = ColumnsError;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    numbers!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32);

    fn serialize_u64(self, v: u64) -> Result<()> {
        self.number(v)
    }

    /// The low half, and what the high half has beyond its sign: nearly always nothing.
    fn serialize_i128(self, v: i128) -> Result<()> {
        #[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
        let (low, high) = (v as i64, (v >> 64) as i64);
        let from = self.places.here;
        self.part(from, CONTENT, &low)?;
        self.part(from, SECOND, &high.wrapping_sub(low >> 63))
    }

    fn serialize_f32(self, v: f32) -> Result<()> {
        self.number(u64::from(v.to_bits()))
    }

    fn serialize_f64(self, v: f64) -> Result<()> {
        self.number(v.to_bits())
    }

    fn serialize_char(self, v: char) -> Result<()> {
        self.number(u64::from(u32::from(v)))
    }

    fn serialize_str(self, v: &str) -> Result<()> {
        self.text(v.as_bytes())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<()> {
        self.text(v)
    }

    fn serialize_none(self) -> Result<()> {
        self.size(0)?;
        self.places.depth -= 1;
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<()> {
        let from = self.size(1)?;
        self.part(from, CONTENT, value)?;
        self.places.depth -= 1;
        Ok(())
    }

    fn serialize_unit(self) -> Result<()> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, variant: u32, _variant_name: &'static str) -> Result<()> {
        self.size(variant.into())?;
        self.places.depth -= 1;
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<()> {
        if name == KEY {
            self.places.takes_key = true;
        } else if name == KEYED {
            let (from, label) = (self.places.here, self.places.keyed());
            return self.part(from, label, value);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _name: &'static str,
        variant: u32,
        _variant_name: &'static str,
        value: &T,
    ) -> Result<()> {
        let from = self.size(variant.into())?;
        self.part(from, label_of(variant as usize), value)?;
        self.places.depth -= 1;
        Ok(())
    }

    fn serialize_seq(self, size: Option<usize>) -> Result<Parts<'a>> {
        let size = size.ok_or(ColumnsError::Damaged("a sequence of unknown length"))?;
        let from = self.size(size as u64)?;
        Ok(Parts { writer: self, from, next: 0 })
    }

    fn serialize_tuple(self, _size: usize) -> Result<Parts<'a>> {
        self.places.deeper()?;
        let from = self.places.here;
        Ok(Parts { writer: self, from, next: 0 })
    }

    fn serialize_tuple_struct(self, _name: &'static str, size: usize) -> Result<Parts<'a>> {
        self.serialize_tuple(size)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        variant: u32,
        _variant_name: &'static str,
        _size: usize,
    ) -> Result<Parts<'a>> {
        let from = self.size(variant.into())?;
        self.places.enter(from, label_of(variant as usize))?;
        let from = self.places.here;
        Ok(Parts { writer: self, from, next: 0 })
    }

    fn serialize_map(self, size: Option<usize>) -> Result<Parts<'a>> {
        self.serialize_seq(size)
    }

    fn serialize_struct(self, _name: &'static str, size: usize) -> Result<Parts<'a>> {
        self.serialize_tuple(size)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        variant: u32,
        variant_name: &'static str,
        size: usize,
    ) -> Result<Parts<'a>> {
        self.serialize_tuple_variant(name, variant, variant_name, size)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! parts {
    ($($kind:ident::$method:ident => $part:ident),*) => {
        $(impl ser::$kind for Parts<'_> {
            type Ok = ();
            type Error = ColumnsError;
            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
                self.$part(value)
            }
            fn end(self) -> Result<()> {
                Parts::end(self);
                Ok(())
            }
        })*
    };
}
parts!(
    SerializeSeq::serialize_element => element,
    SerializeTuple::serialize_element => field,
    SerializeTupleStruct::serialize_field => field,
    SerializeTupleVariant::serialize_field => field
);

macro_rules! structs {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Parts<'_> {
            type Ok = ();
            type Error = ColumnsError;
            fn serialize_field<T: ?Sized + Serialize>(&mut self, _name: &'static str, value: &T) -> Result<()> {
                self.field(value)
            }
            fn end(self) -> Result<()> {
                Parts::end(self);
                Ok(())
            }
        })*
    };
}
structs!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = ColumnsError;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        self.element(key)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        self.writer.part(self.from, SECOND, value)
    }

    fn end(self) -> Result<()> {
        Parts::end(self);
        Ok(())
    }
}
