//! How values stand on the wire: the traits that `#[derive(Message)]` implements for structures, and
//! `wire/types.rs` for everything else.
//!
//! Nothing else decides which bytes a value takes. Null is decided here for every type alike: any
//! negative length, in any form, is null, and null where the schema has none is an error.

mod types;

use core::ops::RangeInclusive;

use super::decoder::{DecodeError, Decoder};
use super::encoder::{Encoder, unsigned_varint_size};

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

#[cfg(test)]
mod tests;
