//! Reading records field by field, from bytes that lie in memory or come out of a decompressor: one walk for both.
//!
//! Nothing here may allocate: a length that lies meets the end of the bytes.

use super::error::RecordsError;

/// Bytes that are read once, forwards.
pub trait Source {
    /// The next byte.
    fn byte(&mut self) -> Result<u8, RecordsError>;
    /// Passes over `n` bytes, which must be there.
    fn skip(&mut self, n: usize) -> Result<(), RecordsError>;
    /// Bytes read and passed over so far.
    fn position(&self) -> u64;
    /// Whether nothing follows. A decompressor also checks what ends its stream.
    fn at_end(&mut self) -> Result<bool, RecordsError>;

    /// A zig-zag varint of 32 bits (`ByteUtils.readVarint`). Bits past the 32nd, which Java drops, are refused:
    /// clients in other languages do not read them alike.
    #[inline(always)]
    fn varint(&mut self) -> Result<i32, RecordsError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(unzigzag32(u32::from(first)));
        }
        varint_tail(self, first)
    }

    /// A zig-zag varint of 64 bits (`ByteUtils.readVarlong`).
    #[inline(always)]
    fn varlong(&mut self) -> Result<i64, RecordsError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(unzigzag64(u64::from(first)));
        }
        varlong_tail(self, first)
    }
}

const fn unzigzag32(raw: u32) -> i32 {
    (raw >> 1) as i32 ^ -((raw & 1) as i32)
}

const fn unzigzag64(raw: u64) -> i64 {
    (raw >> 1) as i64 ^ -((raw & 1) as i64)
}

fn varint_tail<S: Source + ?Sized>(source: &mut S, first: u8) -> Result<i32, RecordsError> {
    let mut raw = u32::from(first & 0x7f);
    let mut shift = 7;
    loop {
        let byte = source.byte()?;
        if shift == 28 && byte > 0x0f {
            return Err(RecordsError::Malformed);
        }
        raw |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(unzigzag32(raw));
        }
        shift += 7;
    }
}

fn varlong_tail<S: Source + ?Sized>(source: &mut S, first: u8) -> Result<i64, RecordsError> {
    let mut raw = u64::from(first & 0x7f);
    let mut shift = 7;
    loop {
        let byte = source.byte()?;
        if shift == 63 && byte > 1 {
            return Err(RecordsError::Malformed);
        }
        raw |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(unzigzag64(raw));
        }
        shift += 7;
    }
}

/// Bytes in memory as a [`Source`].
#[derive(Clone, Debug)]
pub struct SliceSource<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> SliceSource<'a> {
    /// Reads `bytes` from their start.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Source for SliceSource<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Result<u8, RecordsError> {
        let byte = *self.bytes.get(self.at).ok_or(RecordsError::Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline(always)]
    fn skip(&mut self, n: usize) -> Result<(), RecordsError> {
        // `at` never passes the end, so the difference is what is left.
        if n > self.bytes.len() - self.at {
            return Err(RecordsError::Malformed);
        }
        self.at += n;
        Ok(())
    }

    #[inline(always)]
    fn position(&self) -> u64 {
        self.at as u64
    }

    #[inline(always)]
    fn at_end(&mut self) -> Result<bool, RecordsError> {
        Ok(self.at == self.bytes.len())
    }
}

/// Where a nullable field lies in what was read: `len` is -1 for null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Position of the first byte.
    pub at: u64,
    /// Length in bytes, or -1.
    pub len: i32,
}

/// One record's fields, without the bytes of its key, value and headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The record's own attributes, which no client uses.
    pub attributes: u8,
    /// Milliseconds from the batch's base timestamp.
    pub timestamp_delta: i64,
    /// Offsets from the batch's base offset.
    pub offset_delta: i32,
    /// The key.
    pub key: Span,
    /// The value.
    pub value: Span,
    /// How many headers there are.
    pub header_count: i32,
    /// Where the first header starts.
    pub headers_at: u64,
}

/// Walks over one record: length, then [`read_body`] (`DefaultRecord.readFrom`).
///
/// # Errors
/// [`RecordsError::Malformed`] for any length or count that does not fit, or bytes left over in the record.
#[inline(always)]
pub fn read_record<S: Source>(source: &mut S) -> Result<Frame, RecordsError> {
    let len = source.varint()?;
    if len < 0 {
        return Err(RecordsError::Malformed);
    }
    read_body(source, u64::from(len.unsigned_abs()))
}

/// Walks over one record's body of `len` bytes.
///
/// # Errors
/// As [`read_record`].
#[inline(always)]
pub fn read_body<S: Source>(source: &mut S, len: u64) -> Result<Frame, RecordsError> {
    let start = source.position();
    let attributes = source.byte()?;
    let timestamp_delta = source.varlong()?;
    let offset_delta = source.varint()?;
    let key = nullable(source)?;
    let value = nullable(source)?;
    let header_count = source.varint()?;
    let headers_at = source.position();
    if header_count != 0 {
        walk_headers(source, header_count)?;
    }
    if source.position() - start != len {
        return Err(RecordsError::Malformed);
    }
    Ok(Frame { attributes, timestamp_delta, offset_delta, key, value, header_count, headers_at })
}

/// A nullable field: Java takes every negative length for null, other clients only -1, so only that is let in.
#[inline(always)]
fn nullable<S: Source>(source: &mut S) -> Result<Span, RecordsError> {
    let len = source.varint()?;
    let at = source.position();
    if len >= 0 {
        source.skip(len as usize)?;
    } else if len != -1 {
        return Err(RecordsError::Malformed);
    }
    Ok(Span { at, len })
}

/// Each header takes two bytes at least, so a count that lies meets the end of the bytes soon.
fn walk_headers<S: Source>(source: &mut S, count: i32) -> Result<(), RecordsError> {
    if count < 0 {
        return Err(RecordsError::Malformed);
    }
    for _ in 0..count {
        // A header's key is never null (KIP-82).
        if nullable(source)?.len < 0 {
            return Err(RecordsError::Malformed);
        }
        nullable(source)?;
    }
    Ok(())
}
