//! How each type of Kafka's schemas stands on the wire: one implementation of [`Wire`] per type.
//!
//! `#[derive(Message)]` composes these; nothing else decides which bytes a value takes. Null is decided here for every
//! type alike: any negative length, in any form, is null, and null where the schema has none is an error.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::decoder::{DecodeError, Decoder};
use super::encoder::{Encoder, length_size, string_size, unsigned_varint_size};
use super::error_code::ErrorCode;
use super::string::KString;
use super::uuid::Uuid;
use crate::chunk::{Chunk, Chunks};

/// No array starts with more room than for so many elements, whatever count the wire states; it grows as they arrive.
const MAX_INITIAL_CAPACITY: usize = 16;

/// A value of a fixed schema type. `flexible` says whether the message's version is a flexible one (KIP-482): compact
/// lengths, and tagged fields after each structure.
pub trait Wire: Sized {
    /// Reads a value that is not null.
    ///
    /// # Errors
    /// Where the bytes are not such a value; the connection is then closed.
    fn read(decoder: &mut Decoder, version: i16, flexible: bool) -> Result<Self, DecodeError>;

    /// Writes the value.
    fn write(&self, encoder: &mut Encoder, version: i16, flexible: bool);

    /// Exactly how many bytes [`Self::write`] writes, chunks included.
    fn wire_size(&self, version: i16, flexible: bool) -> usize;
}

/// A type that has a null.
pub trait Nullable: Wire {
    /// Reads a value or null.
    ///
    /// # Errors
    /// As [`Wire::read`].
    fn read_nullable(
        decoder: &mut Decoder,
        version: i16,
        flexible: bool,
    ) -> Result<Option<Self>, DecodeError>;

    /// Writes a value, or null for `None`.
    fn write_nullable(value: Option<&Self>, encoder: &mut Encoder, version: i16, flexible: bool);

    /// How many bytes [`Self::write_nullable`] writes.
    fn nullable_size(value: Option<&Self>, version: i16, flexible: bool) -> usize;
}

/// A declared structure, of a message or within one.
pub trait Structure: Wire {}

/// A whole message body.
pub trait Message: Wire + Default {
    /// The versions that are declared.
    const VERSIONS: RangeInclusive<i16>;

    /// The first flexible version, if there is one.
    const FIRST_FLEXIBLE: Option<i16>;

    /// Whether `version` is flexible.
    #[must_use]
    #[inline]
    fn is_flexible(version: i16) -> bool {
        Self::FIRST_FLEXIBLE.is_some_and(|first| version >= first)
    }

    /// Reads the body; bytes after it stay in the decoder. Fields that the version lacks get Kafka's default.
    ///
    /// # Errors
    /// Where the bytes are not this message in this version, or there is no such version.
    #[inline]
    fn decode(decoder: &mut Decoder, version: i16) -> Result<Self, DecodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(DecodeError::Unsupported);
        }
        Self::read(decoder, version, Self::is_flexible(version))
    }

    /// Writes the body. Fields that the version lacks are left out, whatever they hold.
    #[inline]
    fn encode(&self, encoder: &mut Encoder, version: i16) {
        self.write(encoder, version, Self::is_flexible(version));
    }

    /// Exactly how many bytes [`Self::encode`] writes, chunks included.
    #[must_use]
    #[inline]
    fn size(&self, version: i16) -> usize {
        self.wire_size(version, Self::is_flexible(version))
    }
}

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

/// Reads a field that is null in some versions: where `nullable` is false, null is an error.
///
/// # Errors
/// As [`Wire::read`].
#[inline]
pub fn read_option<T: Nullable>(
    decoder: &mut Decoder,
    version: i16,
    flexible: bool,
    nullable: bool,
) -> Result<Option<T>, DecodeError> {
    if nullable {
        T::read_nullable(decoder, version, flexible)
    } else {
        T::read(decoder, version, flexible).map(Some)
    }
}

/// Writes a field that is null in some versions: where `nullable` is false, null is written as the empty value.
#[inline]
pub fn write_option<T: Nullable + Default>(
    value: &Option<T>,
    encoder: &mut Encoder,
    version: i16,
    flexible: bool,
    nullable: bool,
) {
    match value {
        value if nullable => T::write_nullable(value.as_ref(), encoder, version, flexible),
        Some(value) => value.write(encoder, version, flexible),
        None => T::default().write(encoder, version, flexible),
    }
}

/// How many bytes [`write_option`] writes.
#[inline]
pub fn option_size<T: Nullable + Default>(
    value: &Option<T>,
    version: i16,
    flexible: bool,
    nullable: bool,
) -> usize {
    match value {
        value if nullable => T::nullable_size(value.as_ref(), version, flexible),
        Some(value) => value.wire_size(version, flexible),
        None => T::default().wire_size(version, flexible),
    }
}

/// Whether a tagged field has to be written.
#[inline]
pub fn differs<T: PartialEq>(value: &T, default: &T) -> bool {
    value != default
}

/// How many bytes a tagged field of `size` bytes takes with its number and size.
#[must_use]
#[inline]
pub const fn tagged_size(tag: u32, size: usize) -> usize {
    unsigned_varint_size(tag) + unsigned_varint_size(size as u32) + size
}

/// A message in a box is the same message: what keeps [`super::Request`] and [`super::Response`] small.
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

#[cfg(test)]
mod tests;
