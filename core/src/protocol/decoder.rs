//! Reading Kafka's primitives out of one frame.
//!
//! Every length is checked against the bytes that are there before anything is done with it; nothing is ever
//! allocated by a number from the wire alone; nothing here may panic, whatever the bytes are.

use core::fmt;

use bytes::{Buf, Bytes, BytesMut};

/// How many array elements one request may have in all, unless the connection says otherwise.
pub const DEFAULT_ELEMENT_BUDGET: u32 = 1_000_000;

/// The longest string that Kafka reads, in bytes: what an `int16` can say, in compact form too.
pub const MAX_STRING_LEN: usize = i16::MAX as usize;

/// Why a frame is not a message. Kafka closes the connection over each of them, without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A field is longer than what remains of the frame.
    Underflow,
    /// A varint has more bytes than its type can fill.
    Varint,
    /// Null where the schema has no null.
    Null,
    /// A string longer than [`MAX_STRING_LEN`].
    StringTooLong,
    /// More array elements than the request's budget.
    TooManyElements,
    /// An API key that is not declared, or a version that the message does not have.
    Unsupported,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Underflow => "a field is longer than the frame",
            Self::Varint => "a varint is too long",
            Self::Null => "null where it is not allowed",
            Self::StringTooLong => "a string is longer than 32767 bytes",
            Self::TooManyElements => "too many array elements",
            Self::Unsupported => "unsupported API key or version",
        })
    }
}

impl core::error::Error for DecodeError {}

/// A cursor over one frame. Integers are read in place; strings, bytes and records are split off, which costs a
/// reference count and no copy.
#[derive(Debug)]
pub struct Decoder {
    buf: BytesMut,
    at: usize,
    budget: u32,
}

impl Decoder {
    /// Reads from the start of `frame` (without its length prefix), with [`DEFAULT_ELEMENT_BUDGET`].
    #[must_use]
    #[inline]
    pub const fn new(frame: BytesMut) -> Self {
        Self::with_element_budget(frame, DEFAULT_ELEMENT_BUDGET)
    }

    /// The same, with at most `budget` array elements in the whole frame.
    #[must_use]
    #[inline]
    pub const fn with_element_budget(frame: BytesMut, budget: u32) -> Self {
        Self { buf: frame, at: 0, budget }
    }

    /// Bytes not read yet. Kafka ignores those left after a message.
    #[must_use]
    #[inline]
    pub fn remaining(&self) -> usize {
        self.buf.len().saturating_sub(self.at)
    }

    /// Passes over `len` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`].
    #[inline]
    pub fn skip(&mut self, len: usize) -> Result<(), DecodeError> {
        if len > self.remaining() {
            return Err(DecodeError::Underflow);
        }
        self.at += len;
        Ok(())
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`].
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let rest = self.buf.get(self.at..).unwrap_or_default();
        let bytes = *rest.first_chunk::<N>().ok_or(DecodeError::Underflow)?;
        self.at += N;
        Ok(bytes)
    }

    /// Splits off the next `len` bytes, shared with the frame's buffer and owned alone as a range of it.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`].
    #[inline]
    pub fn split(&mut self, len: usize) -> Result<BytesMut, DecodeError> {
        if len > self.remaining() {
            return Err(DecodeError::Underflow);
        }
        self.buf.advance(self.at);
        self.at = 0;
        Ok(self.buf.split_to(len))
    }

    /// Splits off the next `len` bytes to be shared.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`].
    #[inline]
    pub fn bytes(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        if len == 0 {
            return Ok(Bytes::new());
        }
        self.split(len).map(BytesMut::freeze)
    }

    /// An unsigned varint of at most five bytes, seven bits each, the lowest first. As in Kafka, bits above the 32nd
    /// are lost.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`], [`DecodeError::Varint`].
    #[inline]
    pub fn unsigned_varint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.array()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Varint)
    }

    /// The length of an array, string, bytes or records; `None` where it says null, as every negative number does.
    /// Compact lengths are one more than what they say, as an unsigned varint; the others an `int32`.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`], also where the length exceeds what remains (each element of an array takes a byte
    /// at least); [`DecodeError::Varint`].
    #[inline]
    pub fn length(&mut self, flexible: bool) -> Result<Option<usize>, DecodeError> {
        let length =
            if flexible { self.compact_length()? } else { i32::from_be_bytes(self.array()?) };
        self.checked_length(length)
    }

    /// The length of a string: as [`Self::length`], but an `int16` where it is not compact.
    ///
    /// # Errors
    /// As [`Self::length`], and [`DecodeError::StringTooLong`].
    #[inline]
    pub fn string_length(&mut self, flexible: bool) -> Result<Option<usize>, DecodeError> {
        let length = if flexible {
            self.compact_length()?
        } else {
            i16::from_be_bytes(self.array()?).into()
        };
        match self.checked_length(length)? {
            Some(length) if length > MAX_STRING_LEN => Err(DecodeError::StringTooLong),
            length => Ok(length),
        }
    }

    #[inline]
    fn compact_length(&mut self) -> Result<i32, DecodeError> {
        Ok(self.unsigned_varint()?.wrapping_sub(1).cast_signed())
    }

    #[inline]
    fn checked_length(&self, length: i32) -> Result<Option<usize>, DecodeError> {
        match usize::try_from(length) {
            Err(_) => Ok(None),
            Ok(length) if length > self.remaining() => Err(DecodeError::Underflow),
            Ok(length) => Ok(Some(length)),
        }
    }

    /// The number of elements of an array, taken from the request's budget; `None` where the array is null.
    ///
    /// # Errors
    /// As [`Self::length`], and [`DecodeError::TooManyElements`].
    #[inline]
    pub fn array_length(&mut self, flexible: bool) -> Result<Option<usize>, DecodeError> {
        let length = self.length(flexible)?;
        if let Some(length) = length {
            let cost = u32::try_from(length).unwrap_or(u32::MAX);
            self.budget = self.budget.checked_sub(cost).ok_or(DecodeError::TooManyElements)?;
        }
        Ok(length)
    }

    /// How many tagged fields follow.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`], also where so many cannot fit (each takes two bytes at least);
    /// [`DecodeError::Varint`].
    #[inline]
    pub fn tag_count(&mut self) -> Result<u32, DecodeError> {
        let count = self.unsigned_varint()?;
        if count as usize > self.remaining() / 2 {
            return Err(DecodeError::Underflow);
        }
        Ok(count)
    }

    /// A tagged field's number and its size in bytes. As in Kafka, the size of a field that is known is checked
    /// against the frame and otherwise not used.
    ///
    /// # Errors
    /// [`DecodeError::Underflow`], [`DecodeError::Varint`].
    #[inline]
    pub fn tag(&mut self) -> Result<(u32, usize), DecodeError> {
        let tag = self.unsigned_varint()?;
        let size = self.unsigned_varint()? as usize;
        if size > self.remaining() {
            return Err(DecodeError::Underflow);
        }
        Ok((tag, size))
    }

    /// Passes over a whole section of tagged fields.
    ///
    /// # Errors
    /// As [`Self::tag_count`] and [`Self::tag`].
    #[inline]
    pub fn skip_tags(&mut self) -> Result<(), DecodeError> {
        for _ in 0..self.tag_count()? {
            let (_, size) = self.tag()?;
            self.skip(size)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
