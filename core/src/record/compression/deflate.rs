//! Packing, piece by piece, behind one function for all codecs.

use super::super::error::RecordsError;
use super::{Codec, CompressOptions, Pieces, Scratch, gzip, lz4, snappy, zstd};
use alloc::vec::Vec;
use bytes::BytesMut;

/// Packs what comes out of `input` and appends it to `out`. The bytes depend on the input and the options only, never
/// on the machine; for gzip and zstd not even on how the input is cut into pieces.
///
/// # Errors
/// [`RecordsError::TooLarge`] where more than `options.limit` bytes would come out, and whatever `input` says. What
/// has been appended by then stays.
pub fn compress(
    input: &mut impl Pieces,
    out: &mut BytesMut,
    options: &CompressOptions,
    scratch: &mut Scratch,
) -> Result<(), RecordsError> {
    pack(input, out, options, &mut scratch.deflate)
}

/// [`compress`] with the part of the scratch that it needs, where the other part is unpacking the input.
pub(in crate::record) fn pack(
    input: &mut impl Pieces,
    out: &mut BytesMut,
    options: &CompressOptions,
    scratch: &mut super::DeflateScratch,
) -> Result<(), RecordsError> {
    let limit = options.limit.saturating_add(out.len());
    let options = CompressOptions { limit, ..*options };
    match options.codec {
        Codec::None => loop {
            let piece = input.next_piece()?;
            if piece.is_empty() {
                return Ok(());
            }
            put(out, piece, limit)?;
        },
        Codec::Gzip => gzip::encode(input, out, &options, scratch),
        Codec::Snappy => snappy::encode(input, out, &options, scratch),
        Codec::Lz4 => lz4::encode(input, out, &options, scratch),
        Codec::Zstd => zstd::encode(input, out, limit),
    }
}

/// Appends `bytes` unless `out` would then be longer than `limit`.
pub(super) fn put(out: &mut BytesMut, bytes: &[u8], limit: usize) -> Result<(), RecordsError> {
    if bytes.len() > limit.saturating_sub(out.len()) {
        return Err(RecordsError::TooLarge);
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// Cuts what comes into blocks of `size` bytes, the last one shorter, however the pieces lie.
pub(super) fn blocks(
    input: &mut impl Pieces,
    size: usize,
    block: &mut Vec<u8>,
    mut each: impl FnMut(&[u8]) -> Result<(), RecordsError>,
) -> Result<(), RecordsError> {
    block.clear();
    loop {
        let mut piece = input.next_piece()?;
        if piece.is_empty() {
            return if block.is_empty() { Ok(()) } else { each(block) };
        }
        while !piece.is_empty() {
            let (now, rest) = piece.split_at(piece.len().min(size - block.len()));
            block.extend_from_slice(now);
            piece = rest;
            if block.len() == size {
                each(block)?;
                block.clear();
            }
        }
    }
}
