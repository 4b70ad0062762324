//! Unpacking, chunk by chunk, behind one type for all codecs.
//!
//! Never more than one chunk is held: 64 KiB for gzip and zstd, a block for lz4 (4 MiB at most) and for snappy, where
//! a block is a compressor's choice but cannot exceed 22 times the bytes that arrived.

use super::super::error::RecordsError;
use super::super::source::Source;
use super::{Codec, InflateScratch, Pieces, gzip, lz4, snappy, trim, zstd};

/// A compressed payload being unpacked; a [`Source`] of records and of [`Pieces`].
pub struct Inflate<'a> {
    decoder: Decoder<'a>,
    chunk: &'a mut alloc::vec::Vec<u8>,
    /// What has been read of the chunk.
    at: usize,
    /// What the chunk holds.
    end: usize,
    /// Bytes of the chunks before this one.
    passed: u64,
    /// What may still be unpacked.
    left: u64,
}

enum Decoder<'a> {
    /// The payload as it is, once.
    None(&'a [u8]),
    Gzip(gzip::Decoder<'a>),
    Snappy(snappy::Decoder<'a>),
    Lz4(lz4::Decoder<'a>),
    Zstd(zstd::Decoder<'a>),
}

impl core::fmt::Debug for Inflate<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Inflate").field("position", &self.position()).finish_non_exhaustive()
    }
}

impl<'a> Inflate<'a> {
    /// Starts unpacking `payload`, of which at most `cap` bytes may come out. `magic` is the format that it lies in:
    /// an lz4 frame in a message of magic 0 may carry any header checksum (KAFKA-3160).
    ///
    /// # Errors
    /// [`RecordsError::Malformed`] for a header that cannot be right.
    pub(in crate::record) fn new(
        codec: Codec,
        payload: &'a [u8],
        magic: i8,
        cap: u64,
        scratch: &'a mut InflateScratch,
    ) -> Result<Self, RecordsError> {
        let decoder = match codec {
            Codec::None => Decoder::None(payload),
            Codec::Gzip => Decoder::Gzip(gzip::Decoder::new(payload, &mut scratch.gzip)),
            Codec::Snappy => Decoder::Snappy(snappy::Decoder::new(payload)),
            Codec::Lz4 => Decoder::Lz4(lz4::Decoder::new(payload, magic == 0)?),
            Codec::Zstd => Decoder::Zstd(zstd::Decoder::new(payload, &mut scratch.zstd)),
        };
        Ok(Self { decoder, chunk: &mut scratch.chunk, at: 0, end: 0, passed: 0, left: cap })
    }

    /// Unpacks the next chunk; the one before must have been read. Whether there was one.
    fn refill(&mut self) -> Result<bool, RecordsError> {
        debug_assert_eq!(self.at, self.end, "a chunk is read before the next one");
        self.passed += self.end as u64;
        (self.at, self.end) = (0, 0);
        let len = match &mut self.decoder {
            Decoder::None(payload) => {
                let payload = core::mem::take(payload);
                self.chunk.clear();
                self.chunk.extend_from_slice(payload);
                payload.len()
            }
            Decoder::Gzip(decoder) => decoder.next(self.chunk)?,
            Decoder::Snappy(decoder) => decoder.next(self.chunk, self.left)?,
            Decoder::Lz4(decoder) => decoder.next(self.chunk)?,
            Decoder::Zstd(decoder) => decoder.next(self.chunk)?,
        };
        self.left = self.left.checked_sub(len as u64).ok_or(RecordsError::TooLarge)?;
        self.end = len;
        Ok(len > 0)
    }

    #[cold]
    fn byte_of_next(&mut self) -> Result<u8, RecordsError> {
        if !self.refill()? {
            return Err(RecordsError::Malformed);
        }
        self.byte()
    }

    #[cold]
    fn skip_chunks(&mut self, mut n: usize) -> Result<(), RecordsError> {
        loop {
            let here = n.min(self.end - self.at);
            self.at += here;
            n -= here;
            if n == 0 {
                return Ok(());
            }
            if !self.refill()? {
                return Err(RecordsError::Malformed);
            }
        }
    }

    /// The next `n` bytes in one piece: from the chunk where they lie in it, else put together in `carry`.
    pub(in crate::record) fn take<'b>(
        &'b mut self,
        mut n: usize,
        carry: &'b mut alloc::vec::Vec<u8>,
    ) -> Result<&'b [u8], RecordsError> {
        if n <= self.end - self.at {
            self.at += n;
            return Ok(self.chunk.get(self.at - n..self.at).unwrap_or_default());
        }
        // Grows by what has been unpacked, never by what was claimed.
        carry.clear();
        loop {
            let here = n.min(self.end - self.at);
            carry.extend_from_slice(self.chunk.get(self.at..self.at + here).unwrap_or_default());
            self.at += here;
            n -= here;
            if n == 0 {
                return Ok(carry);
            }
            if !self.refill()? {
                return Err(RecordsError::Malformed);
            }
        }
    }
}

impl Source for Inflate<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Result<u8, RecordsError> {
        if self.at == self.end {
            return self.byte_of_next();
        }
        let byte = *self.chunk.get(self.at).ok_or(RecordsError::Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline(always)]
    fn skip(&mut self, n: usize) -> Result<(), RecordsError> {
        if n <= self.end - self.at {
            self.at += n;
            return Ok(());
        }
        self.skip_chunks(n)
    }

    #[inline(always)]
    fn position(&self) -> u64 {
        self.passed + self.at as u64
    }

    fn at_end(&mut self) -> Result<bool, RecordsError> {
        Ok(self.at == self.end && !self.refill()?)
    }
}

impl Pieces for Inflate<'_> {
    fn next_piece(&mut self) -> Result<&[u8], RecordsError> {
        if self.at == self.end {
            self.refill()?;
        }
        let at = core::mem::replace(&mut self.at, self.end);
        Ok(self.chunk.get(at..self.end).unwrap_or_default())
    }
}

impl Drop for Inflate<'_> {
    fn drop(&mut self) {
        trim(self.chunk);
    }
}
