//! Writing Kafka's primitives. Nothing here fails: what cannot be said on the wire is cut to what can.
//!
//! Record data is never copied: a [`Chunk`] goes between the bytes written before and after it.

use bytes::{BufMut, Bytes, BytesMut};
use smallvec::SmallVec;

use super::decoder::MAX_STRING_LEN;
use crate::chunk::Chunk;

/// A whole encoded answer or request, in order. Four pieces are room for a Fetch of one partition without allocating.
pub type Frame = SmallVec<[Chunk; 4]>;

/// Writes into a buffer, and keeps chunks in their places between what is written.
#[derive(Debug)]
pub struct Encoder {
    buf: BytesMut,
    frame: Frame,
}

impl Encoder {
    /// Writes after what `buf` already holds; that becomes part of the frame.
    #[must_use]
    #[inline]
    pub fn new(buf: BytesMut) -> Self {
        Self { buf, frame: Frame::new() }
    }

    /// Makes room for `len` further bytes at once.
    #[inline]
    pub fn reserve(&mut self, len: usize) {
        self.buf.reserve(len);
    }

    /// What was written, in order, and the buffer with its room that is left.
    #[must_use]
    #[inline]
    pub fn finish(mut self) -> (Frame, BytesMut) {
        self.flush();
        (self.frame, self.buf)
    }

    #[inline]
    fn flush(&mut self) {
        if !self.buf.is_empty() {
            self.frame.push(Chunk::Bytes(self.buf.split().freeze()));
        }
    }

    /// Appends a chunk as it is, without its length.
    #[inline]
    pub fn put_chunk(&mut self, chunk: Chunk) {
        if !chunk.is_empty() {
            self.flush();
            self.frame.push(chunk);
        }
    }

    /// Appends bytes, copied, without their length.
    #[inline]
    pub fn put_slice(&mut self, bytes: &[u8]) {
        self.buf.put_slice(bytes);
    }

    /// Appends bytes without their length, shared instead of copied where they are many.
    #[inline]
    pub fn put_bytes(&mut self, bytes: &Bytes) {
        if bytes.len() >= SHARED_FROM {
            self.put_chunk(Chunk::Bytes(bytes.clone()));
        } else {
            self.put_slice(bytes);
        }
    }

    /// An unsigned varint: seven bits a byte, the lowest first.
    #[inline]
    pub fn put_unsigned_varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.buf.put_u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.buf.put_u8(value as u8);
    }

    /// The length of an array, bytes or records, null as `None`.
    #[inline]
    pub fn put_length(&mut self, length: Option<usize>, flexible: bool) {
        let length = length.map(clamp);
        if flexible {
            self.put_unsigned_varint(length.map_or(0, |length| length.cast_unsigned() + 1));
        } else {
            self.buf.put_i32(length.unwrap_or(-1));
        }
    }

    /// A string with its length; what is longer than [`MAX_STRING_LEN`] is cut.
    #[inline]
    pub fn put_string(&mut self, bytes: &[u8], flexible: bool) {
        let bytes = bytes.get(..MAX_STRING_LEN).unwrap_or(bytes);
        if flexible {
            self.put_length(Some(bytes.len()), true);
        } else {
            self.buf.put_u16(bytes.len() as u16);
        }
        self.put_slice(bytes);
    }

    /// The null string.
    #[inline]
    pub fn put_null_string(&mut self, flexible: bool) {
        if flexible { self.buf.put_u8(0) } else { self.buf.put_i16(-1) }
    }

    /// A tagged field's number and the size of what follows.
    #[inline]
    pub fn put_tag(&mut self, tag: u32, size: usize) {
        self.put_unsigned_varint(tag);
        self.put_unsigned_varint(clamp(size).cast_unsigned());
    }
}

/// From this length on, bytes are shared rather than copied: a piece more costs about what copying so much does.
const SHARED_FROM: usize = 4096;

/// No length on the wire is larger than `int32` can say; no frame holds so much.
#[inline]
fn clamp(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX - 1)
}

/// Bytes that an unsigned varint takes.
#[must_use]
#[inline]
pub const fn unsigned_varint_size(value: u32) -> usize {
    // Seven bits a byte: (bits * 9 + 64) / 64 is the quotient rounded up, and 1 for no bit, for 0 to 32 bits.
    (((32 - value.leading_zeros()) * 9 + 64) / 64) as usize
}

/// Bytes that the length of an array, bytes or records takes.
#[must_use]
#[inline]
pub fn length_size(length: usize, flexible: bool) -> usize {
    if flexible { unsigned_varint_size(clamp(length).cast_unsigned() + 1) } else { 4 }
}

/// Bytes that a string takes with its length.
#[must_use]
#[inline]
pub fn string_size(length: usize, flexible: bool) -> usize {
    let length = length.min(MAX_STRING_LEN);
    length + if flexible { length_size(length, true) } else { 2 }
}

#[cfg(test)]
mod tests;
