//! The lz4 frame format, as far as Kafka's clients read it: independent blocks, with any of its checksums.
//!
//! Linked blocks are refused, for the Java client cannot read them; so is what follows the frame.

use super::super::error::RecordsError;
use super::{CompressOptions, DeflateScratch, Pieces, room};
use alloc::vec::Vec;
use bytes::BytesMut;
use twox_hash::XxHash32;

const MAGIC: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
/// Version 1, independent blocks, nothing else; blocks of 64 KiB at most (`Lz4BlockOutputStream`).
const DESCRIPTOR: [u8; 2] = [0x60, 0x40];
/// Bytes in a block that we write. The library packs blocks below 64 KiB with 16 bit tables, which work alike on 32
/// and 64 bit machines; its tables for larger ones do not.
const BLOCK: usize = 60 * 1024;
/// Set in a block's length where the block is stored as it is.
const STORED: u32 = 1 << 31;
/// No element of lz4 makes more than 255 bytes out of one.
const MAX_RATIO: usize = 255;

/// Unpacks one lz4 frame.
pub(super) struct Decoder<'a> {
    input: &'a [u8],
    max_block: usize,
    block_checksum: bool,
    content_checksum: Option<XxHash32>,
    content_size: Option<u64>,
    passed: u64,
    ended: bool,
}

fn u32_le(input: &mut &[u8]) -> Result<u32, RecordsError> {
    let (bytes, rest) = input.split_first_chunk::<4>().ok_or(RecordsError::Malformed)?;
    *input = rest;
    Ok(u32::from_le_bytes(*bytes))
}

impl<'a> Decoder<'a> {
    /// Reads the frame's header; `any_checksum` is for messages of magic 0.
    pub(super) fn new(input: &'a [u8], any_checksum: bool) -> Result<Self, RecordsError> {
        Self::header(input, any_checksum).ok_or(RecordsError::Malformed)
    }

    fn header(input: &'a [u8], any_checksum: bool) -> Option<Self> {
        let descriptor = input.strip_prefix(&MAGIC)?;
        let [flags, block, ..] = *descriptor else { return None };
        // Version 1, independent blocks; neither a reserved bit nor a dictionary.
        if flags & 0xe3 != 0x60 || block & 0x8f != 0 || block >> 4 < 4 {
            return None;
        }
        let (content_size, len) = if flags & 0x08 != 0 {
            (Some(u64::from_le_bytes(*descriptor.get(2..)?.first_chunk::<8>()?)), 10)
        } else {
            (None, 2)
        };
        let (covered, rest) = descriptor.split_at_checked(len)?;
        let (checksum, input) = rest.split_first()?;
        if !any_checksum && (XxHash32::oneshot(0, covered) >> 8) as u8 != *checksum {
            return None;
        }
        Some(Self {
            input,
            max_block: 1 << (2 * (block >> 4) + 8),
            block_checksum: flags & 0x10 != 0,
            content_checksum: (flags & 0x04 != 0).then(|| XxHash32::with_seed(0)),
            content_size,
            passed: 0,
            ended: false,
        })
    }

    /// Unpacks the next block into `chunk` and returns its length; 0 at the end.
    pub(super) fn next(&mut self, chunk: &mut Vec<u8>) -> Result<usize, RecordsError> {
        loop {
            if self.ended {
                return Ok(0);
            }
            let word = u32_le(&mut self.input)?;
            let len = (word & !STORED) as usize;
            if len == 0 {
                return self.end();
            }
            if len > self.max_block {
                return Err(RecordsError::Malformed);
            }
            let (block, rest) = self.input.split_at_checked(len).ok_or(RecordsError::Malformed)?;
            self.input = rest;
            if self.block_checksum && u32_le(&mut self.input)? != XxHash32::oneshot(0, block) {
                return Err(RecordsError::Malformed);
            }
            let unpacked = if word & STORED != 0 {
                room(chunk, len).copy_from_slice(block);
                len
            } else {
                let most = self.max_block.min(len.saturating_mul(MAX_RATIO));
                lz4_flex::block::decompress_into(block, room(chunk, most))
                    .map_err(|_| RecordsError::Malformed)?
            };
            self.passed += unpacked as u64;
            if let Some(hasher) = &mut self.content_checksum {
                core::hash::Hasher::write(hasher, chunk.get(..unpacked).unwrap_or_default());
            }
            if unpacked > 0 {
                return Ok(unpacked);
            }
        }
    }

    /// Checks what follows the last block. Java looks at none of it, other clients at all of it.
    fn end(&mut self) -> Result<usize, RecordsError> {
        self.ended = true;
        if let Some(hasher) = &self.content_checksum
            && u32_le(&mut self.input)? != hasher.finish_32()
        {
            return Err(RecordsError::Malformed);
        }
        if !self.input.is_empty() || self.content_size.is_some_and(|size| size != self.passed) {
            return Err(RecordsError::Malformed);
        }
        Ok(0)
    }
}

/// Packs everything that comes as one frame.
pub(super) fn encode(
    input: &mut impl Pieces,
    out: &mut BytesMut,
    options: &CompressOptions,
    scratch: &mut DeflateScratch,
) -> Result<(), RecordsError> {
    let mut header = [0; 7];
    let [a, b, c, d, flags, block, checksum] = &mut header;
    [*a, *b, *c, *d] = MAGIC;
    [*flags, *block] = DESCRIPTOR;
    *checksum = if options.broken_lz4_checksum {
        let [a, b, c, d] = MAGIC;
        let [flags, block] = DESCRIPTOR;
        XxHash32::oneshot(0, &[a, b, c, d, flags, block])
    } else {
        XxHash32::oneshot(0, &DESCRIPTOR)
    }
    .to_le_bytes()[1];
    super::deflate::put(out, &header, options.limit)?;
    let table = scratch.lz4.get_or_insert_with(lz4_flex::block::CompressTable::small);
    let packed = room(&mut scratch.packed, lz4_flex::block::get_maximum_output_size(BLOCK));
    super::deflate::blocks(input, BLOCK, &mut scratch.block, |block| {
        let len = lz4_flex::block::compress_into_with_table(block, packed, table)
            .map_err(|_| RecordsError::Malformed)?;
        let (word, bytes) = match packed.get(..len) {
            Some(packed) if len < block.len() => (len as u32, packed),
            _ => (block.len() as u32 | STORED, block),
        };
        super::deflate::put(out, &word.to_le_bytes(), options.limit)?;
        super::deflate::put(out, bytes, options.limit)
    })?;
    super::deflate::put(out, &[0; 4], options.limit)
}
