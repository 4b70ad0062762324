//! snappy, in the framing of the Java library («xerial»: a 16 byte header, then blocks with their length), which all
//! Kafka clients read, or as one bare block, which some of them write.

use super::super::error::RecordsError;
use super::{CompressOptions, DeflateScratch, Pieces, room};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::BytesMut;

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// The magic number, then version and lowest compatible version, both 1.
const HEADER: [u8; 16] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
/// Bytes in a block that we write: the Java library's.
const BLOCK: usize = 32 * 1024;
/// No element of snappy makes more than 64 bytes out of 3.
const MAX_RATIO: usize = 22;

/// Unpacks snappy.
pub(super) struct Decoder<'a> {
    input: &'a [u8],
    framed: bool,
}

impl<'a> Decoder<'a> {
    /// Tells the two forms apart by the magic number. No bare block starts with it: as its first element, its third
    /// byte would copy from before the start.
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input, framed: input.starts_with(&MAGIC) }
    }

    /// Unpacks the next block into `chunk` and returns its length; 0 at the end. `left` is what may still come out.
    pub(super) fn next(&mut self, chunk: &mut Vec<u8>, left: u64) -> Result<usize, RecordsError> {
        loop {
            if self.input.is_empty() {
                return Ok(0);
            }
            let block = if self.framed {
                // A stream may follow a stream. There is only one version, and a client that checks wants that.
                if let Some(rest) = self.input.strip_prefix(&HEADER) {
                    self.input = rest;
                    continue;
                }
                let (len, rest) =
                    self.input.split_first_chunk::<4>().ok_or(RecordsError::Malformed)?;
                let len = usize::try_from(i32::from_be_bytes(*len))
                    .map_err(|_| RecordsError::Malformed)?;
                let (block, rest) = rest.split_at_checked(len).ok_or(RecordsError::Malformed)?;
                self.input = rest;
                block
            } else {
                core::mem::take(&mut self.input)
            };
            let len = snap::raw::decompress_len(block).map_err(|_| RecordsError::Malformed)?;
            if len > block.len().saturating_mul(MAX_RATIO) {
                return Err(RecordsError::Malformed);
            }
            if len as u64 > left {
                return Err(RecordsError::TooLarge);
            }
            let unpacked = snap::raw::Decoder::new()
                .decompress(block, room(chunk, len))
                .map_err(|_| RecordsError::Malformed)?;
            if unpacked > 0 {
                return Ok(unpacked);
            }
        }
    }
}

/// Packs everything that comes into blocks of 32 KiB.
pub(super) fn encode(
    input: &mut impl Pieces,
    out: &mut BytesMut,
    options: &CompressOptions,
    scratch: &mut DeflateScratch,
) -> Result<(), RecordsError> {
    let encoder = scratch.snappy.get_or_insert_with(|| Box::new(snap::raw::Encoder::new()));
    let packed = room(&mut scratch.packed, snap::raw::max_compress_len(BLOCK));
    super::deflate::put(out, &HEADER, options.limit)?;
    super::deflate::blocks(input, BLOCK, &mut scratch.block, |block| {
        let len = encoder.compress(block, packed).map_err(|_| RecordsError::Malformed)?;
        super::deflate::put(out, &(len as u32).to_be_bytes(), options.limit)?;
        super::deflate::put(out, packed.get(..len).unwrap_or_default(), options.limit)
    })
}
