//! The bytes of each schema type. A new type of Kafka's schemas is added here and nowhere else.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::{Message, Nullable, Structure, Wire};
use crate::chunk::{Chunk, Chunks};
use crate::protocol::decoder::{DecodeError, Decoder};
use crate::protocol::encoder::{Encoder, length_size, string_size};
use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// No array starts with more room than for so many elements, whatever count the wire states; it grows as they arrive.
const MAX_INITIAL_CAPACITY: usize = 16;

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Wire for $type {
            #[inline]
            fn read(decoder: &mut Decoder, _: i16, _: bool) -> Result<Self, DecodeError> {
                Ok(Self::from_be_bytes(decoder.array()?))
            }

            #[inline]
            fn write(&self, encoder: &mut Encoder, _: i16, _: bool) {
                encoder.put_slice(&self.to_be_bytes());
            }

            #[inline]
            fn wire_size(&self, _: i16, _: bool) -> usize {
                size_of::<Self>()
            }
        }
    )*};
}

numbers! { i8 i16 i32 i64 u16 u32 f64 }

impl Wire for bool {
    /// Any byte but zero is true.
    #[inline]
    fn read(decoder: &mut Decoder, _: i16, _: bool) -> Result<Self, DecodeError> {
        let [byte] = decoder.array()?;
        Ok(byte != 0)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder, _: i16, _: bool) {
        encoder.put_slice(&[u8::from(*self)]);
    }

    #[inline]
    fn wire_size(&self, _: i16, _: bool) -> usize {
        1
    }
}

impl Wire for ErrorCode {
    #[inline]
    fn read(decoder: &mut Decoder, _: i16, _: bool) -> Result<Self, DecodeError> {
        Ok(Self(i16::from_be_bytes(decoder.array()?)))
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder, _: i16, _: bool) {
        encoder.put_slice(&self.0.to_be_bytes());
    }

    #[inline]
    fn wire_size(&self, _: i16, _: bool) -> usize {
        2
    }
}

impl Wire for Uuid {
    #[inline]
    fn read(decoder: &mut Decoder, _: i16, _: bool) -> Result<Self, DecodeError> {
        Ok(Self(decoder.array()?))
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder, _: i16, _: bool) {
        encoder.put_slice(&self.0);
    }

    #[inline]
    fn wire_size(&self, _: i16, _: bool) -> usize {
        16
    }
}

/// Gives a type with a null its [`Wire`]: the same bytes, with null as an error.
macro_rules! wire_of_nullable {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Wire for $type {
            #[inline]
            fn read(decoder: &mut Decoder, version: i16, flexible: bool) -> Result<Self, DecodeError> {
                Self::read_nullable(decoder, version, flexible)?.ok_or(DecodeError::Null)
            }

            #[inline]
            fn write(&self, encoder: &mut Encoder, version: i16, flexible: bool) {
                Self::write_nullable(Some(self), encoder, version, flexible);
            }

            #[inline]
            fn wire_size(&self, version: i16, flexible: bool) -> usize {
                Self::nullable_size(Some(self), version, flexible)
            }
        }
    )*};
}

wire_of_nullable! {
    [] KString;
    [] Bytes;
    [] BytesMut;
    [] Chunks;
    [T: Wire] Vec<T>;
    [T: Wire] SmallVec<[T; 1]>;
}

impl Nullable for KString {
    #[inline]
    fn read_nullable(
        decoder: &mut Decoder,
        _: i16,
        flexible: bool,
    ) -> Result<Option<Self>, DecodeError> {
        decoder
            .string_length(flexible)?
            .map(|length| Ok(Self::from(decoder.bytes(length)?)))
            .transpose()
    }

    #[inline]
    fn write_nullable(value: Option<&Self>, encoder: &mut Encoder, _: i16, flexible: bool) {
        match value {
            Some(value) => encoder.put_string(value.as_bytes(), flexible),
            None => encoder.put_null_string(flexible),
        }
    }

    #[inline]
    fn nullable_size(value: Option<&Self>, _: i16, flexible: bool) -> usize {
        value.map_or(if flexible { 1 } else { 2 }, |value| {
            string_size(value.as_bytes().len(), flexible)
        })
    }
}

/// Bytes and records: a length, then the bytes.
macro_rules! nullable_bytes {
    ($type:ty, |$decoder:ident, $length:ident| $read:expr, |$encoder:ident, $value:ident| $write:expr, $len:expr) => {
        impl Nullable for $type {
            #[inline]
            fn read_nullable(
                $decoder: &mut Decoder,
                _: i16,
                flexible: bool,
            ) -> Result<Option<Self>, DecodeError> {
                $decoder.length(flexible)?.map(|$length| $read).transpose()
            }

            #[inline]
            fn write_nullable(
                value: Option<&Self>,
                $encoder: &mut Encoder,
                _: i16,
                flexible: bool,
            ) {
                $encoder.put_length(value.map($len), flexible);
                if let Some($value) = value {
                    $write
                }
            }

            #[inline]
            fn nullable_size(value: Option<&Self>, _: i16, flexible: bool) -> usize {
                value.map($len).map_or_else(
                    || null_size(flexible),
                    |length| length_size(length, flexible) + length,
                )
            }
        }
    };
}

nullable_bytes!(
    Bytes,
    |decoder, length| decoder.bytes(length),
    |encoder, value| encoder.put_bytes(value),
    Self::len
);
nullable_bytes!(
    BytesMut,
    |decoder, length| decoder.split(length),
    |encoder, value| encoder.put_slice(value),
    |value| { value.len() }
);
nullable_bytes!(
    Chunks,
    |decoder, length| decoder
        .bytes(length)
        .map(|bytes| Self::from_iter((length > 0).then_some(Chunk::Bytes(bytes)))),
    |encoder, value| value.iter().for_each(|chunk| encoder.put_chunk(chunk.clone())),
    |value| value.iter().map(Chunk::len).sum::<usize>()
);

/// Arrays: a count, then the elements.
macro_rules! nullable_array {
    ($type:ty) => {
        impl<T: Wire> Nullable for $type {
            #[inline]
            fn read_nullable(
                decoder: &mut Decoder,
                version: i16,
                flexible: bool,
            ) -> Result<Option<Self>, DecodeError> {
                let Some(length) = decoder.array_length(flexible)? else { return Ok(None) };
                let mut elements = Self::with_capacity(length.min(MAX_INITIAL_CAPACITY));
                for _ in 0..length {
                    elements.push(T::read(decoder, version, flexible)?);
                }
                Ok(Some(elements))
            }

            #[inline]
            fn write_nullable(
                value: Option<&Self>,
                encoder: &mut Encoder,
                version: i16,
                flexible: bool,
            ) {
                encoder.put_length(value.map(|elements| elements.len()), flexible);
                for element in value.into_iter().flatten() {
                    element.write(encoder, version, flexible);
                }
            }

            #[inline]
            fn nullable_size(value: Option<&Self>, version: i16, flexible: bool) -> usize {
                let Some(elements) = value else { return null_size(flexible) };
                let sizes = elements
                    .iter()
                    .map(|element| element.wire_size(version, flexible))
                    .sum::<usize>();
                length_size(elements.len(), flexible) + sizes
            }
        }
    };
}

nullable_array!(Vec<T>);
nullable_array!(SmallVec<[T; 1]>);

/// Structures: a byte that says whether there is one, then its fields.
impl<T: Structure> Nullable for T {
    #[inline]
    fn read_nullable(
        decoder: &mut Decoder,
        version: i16,
        flexible: bool,
    ) -> Result<Option<Self>, DecodeError> {
        if i8::read(decoder, version, flexible)? < 0 {
            return Ok(None);
        }
        Self::read(decoder, version, flexible).map(Some)
    }

    #[inline]
    fn write_nullable(value: Option<&Self>, encoder: &mut Encoder, version: i16, flexible: bool) {
        match value {
            Some(value) => {
                1_i8.write(encoder, version, flexible);
                value.write(encoder, version, flexible);
            }
            None => (-1_i8).write(encoder, version, flexible),
        }
    }

    #[inline]
    fn nullable_size(value: Option<&Self>, version: i16, flexible: bool) -> usize {
        1 + value.map_or(0, |value| value.wire_size(version, flexible))
    }
}

/// Bytes that null takes as an array, bytes or records.
#[inline]
const fn null_size(flexible: bool) -> usize {
    if flexible { 1 } else { 4 }
}

/// A message in a box is the same message: what keeps [`Request`](crate::protocol::Request) and [`Response`](crate::protocol::Response) small.
impl<T: Message> Message for Box<T> {
    const VERSIONS: RangeInclusive<i16> = T::VERSIONS;
    const FIRST_FLEXIBLE: Option<i16> = T::FIRST_FLEXIBLE;
}

impl<T: Message> Wire for Box<T> {
    #[inline]
    fn read(decoder: &mut Decoder, version: i16, flexible: bool) -> Result<Self, DecodeError> {
        T::read(decoder, version, flexible).map(Self::new)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder, version: i16, flexible: bool) {
        T::write(self, encoder, version, flexible);
    }

    #[inline]
    fn wire_size(&self, version: i16, flexible: bool) -> usize {
        T::wire_size(self, version, flexible)
    }
}
