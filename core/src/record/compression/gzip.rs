//! gzip (RFC 1952): the header and trailer are ours, deflate is the library's.
//!
//! Members that follow each other are read as one, as `java.util.zip.GZIPInputStream` does; anything else after a
//! member is refused.

use super::super::checksum::Crc32;
use super::super::error::RecordsError;
use super::{CompressOptions, DeflateScratch, Pieces, room};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::BytesMut;
use miniz_oxide::deflate::core::{TDEFLFlush, TDEFLStatus, compress};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

const CHUNK: usize = 64 * 1024;
/// Magic number, method deflate, no flags, no time, no extra flags, no particular file system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// What is used again: the library's state and window, the sum over the member.
pub(super) struct State {
    inflate: InflateState,
    crc: Crc32,
    len: u32,
}

/// Unpacks gzip.
pub(super) struct Decoder<'a> {
    input: &'a [u8],
    state: &'a mut Box<State>,
    /// Whether a member is being read.
    inside: bool,
    /// Whether one has been read.
    any: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: &'a [u8], state: &'a mut Option<Box<State>>) -> Self {
        let state = state.get_or_insert_with(|| {
            Box::new(State {
                inflate: InflateState::new(DataFormat::Raw),
                crc: Crc32::default(),
                len: 0,
            })
        });
        Self { input, state, inside: false, any: false }
    }

    /// Unpacks the next chunk into `chunk` and returns its length; 0 at the end.
    pub(super) fn next(&mut self, chunk: &mut Vec<u8>) -> Result<usize, RecordsError> {
        loop {
            if !self.inside {
                if self.any && self.input.is_empty() {
                    return Ok(0);
                }
                self.input = after_header(self.input).ok_or(RecordsError::Malformed)?;
                self.state.inflate.reset(DataFormat::Raw);
                self.state.crc.reset();
                self.state.len = 0;
                self.inside = true;
            }
            let output = room(chunk, CHUNK);
            let result = inflate(&mut self.state.inflate, self.input, output, MZFlush::None);
            let status = result.status.map_err(|_| RecordsError::Malformed)?;
            self.input = self.input.get(result.bytes_consumed..).ok_or(RecordsError::Malformed)?;
            let unpacked = output.get(..result.bytes_written).ok_or(RecordsError::Malformed)?;
            self.state.crc.update(unpacked);
            self.state.len = self.state.len.wrapping_add(unpacked.len() as u32);
            let unpacked = unpacked.len();
            if status == MZStatus::StreamEnd {
                let (trailer, rest) =
                    self.input.split_first_chunk::<8>().ok_or(RecordsError::Malformed)?;
                let [a, b, c, d, e, f, g, h] = *trailer;
                let sum = u32::from_le_bytes([a, b, c, d]);
                if sum != self.state.crc.value()
                    || u32::from_le_bytes([e, f, g, h]) != self.state.len
                {
                    return Err(RecordsError::Malformed);
                }
                self.input = rest;
                self.inside = false;
                self.any = true;
            } else if unpacked == 0 {
                // Neither input nor output moved on: the stream is cut off.
                return Err(RecordsError::Malformed);
            }
            if unpacked > 0 {
                return Ok(unpacked);
            }
        }
    }
}

/// What follows a member's header.
fn after_header(input: &[u8]) -> Option<&[u8]> {
    let (fixed, mut rest) = input.split_first_chunk::<10>()?;
    let [0x1f, 0x8b, 8, flags, ..] = *fixed else { return None };
    if flags & RESERVED != 0 {
        return None;
    }
    if flags & FEXTRA != 0 {
        let (len, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [FNAME, FCOMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & FHCRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// Packs everything that comes as one gzip member.
pub(super) fn encode(
    input: &mut impl Pieces,
    out: &mut BytesMut,
    options: &CompressOptions,
    scratch: &mut DeflateScratch,
) -> Result<(), RecordsError> {
    let level = if (1..=9).contains(&options.gzip_level) { options.gzip_level as u8 } else { 6 };
    let state = scratch.gzip.get_or_insert_with(Box::default);
    state.reset();
    state.set_format_and_level(DataFormat::Raw, level);
    let packed = room(&mut scratch.packed, CHUNK);
    super::deflate::put(out, &HEADER, options.limit)?;
    let mut crc = Crc32::default();
    let mut len = 0u32;
    loop {
        let mut piece = input.next_piece()?;
        crc.update(piece);
        len = len.wrapping_add(piece.len() as u32);
        let flush = if piece.is_empty() { TDEFLFlush::Finish } else { TDEFLFlush::None };
        loop {
            let (status, read, written) = compress(state, piece, packed, flush);
            super::deflate::put(out, packed.get(..written).unwrap_or_default(), options.limit)?;
            piece = piece.get(read..).unwrap_or_default();
            match status {
                TDEFLStatus::Done => {
                    super::deflate::put(out, &crc.value().to_le_bytes(), options.limit)?;
                    return super::deflate::put(out, &len.to_le_bytes(), options.limit);
                }
                TDEFLStatus::Okay if flush == TDEFLFlush::None && piece.is_empty() => break,
                TDEFLStatus::Okay => {}
                TDEFLStatus::BadParam | TDEFLStatus::PutBufFailed => {
                    return Err(RecordsError::Malformed);
                }
            }
        }
    }
}
