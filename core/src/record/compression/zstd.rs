//! zstd (RFC 8878). The frame's header is read here and a plain one is given to the library in its place, so that
//! what it allocates follows from bytes unpacked, not from a window or a size that was claimed.
//!
//! Windows up to zstd's own 128 MiB are taken (Java's level 22 declares that for the smallest batch), but only the
//! last 8 MiB are kept: a match that reaches further back is refused. Frames may follow each other and be skippable;
//! dictionaries are refused.

use super::super::error::RecordsError;
use super::{Pieces, room};
use alloc::vec::Vec;
use bytes::BytesMut;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, FrameCompressor};
use ruzstd::io::{Read, Write};

const CHUNK: usize = 64 * 1024;
const MAGIC: u32 = 0xfd2f_b528;
/// The largest window that the zstd library unpacks by default (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`).
const MAX_WINDOW: u64 = 128 << 20;
/// What is kept of a larger one, as exponent of two.
const KEPT_LOG: u8 = 23;
/// The largest window whose decoder is used again (it keeps that much): a Java producer's at its default level.
const REUSED_LOG: u8 = 21;

/// Unpacks zstd.
pub(super) struct Decoder<'a> {
    input: &'a [u8],
    kept: &'a mut Option<FrameDecoder>,
    frame: Option<Frame>,
    any: bool,
}

/// The frame that `kept` is unpacking.
struct Frame {
    reused: bool,
    checksum: bool,
    content_size: Option<u64>,
    passed: u64,
}

impl Drop for Decoder<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a frame's header says.
struct Header {
    /// The window in which its matches lie, in bytes.
    window: u64,
    checksum: bool,
    content_size: Option<u64>,
}

/// Reads `n` bytes, at most 8, as a little-endian number.
fn number(input: &mut &[u8], n: usize) -> Option<u64> {
    let (bytes, rest) = input.split_at_checked(n)?;
    *input = rest;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Reads a frame's header after its magic number (RFC 8878, 3.1.1.1).
fn header(input: &mut &[u8]) -> Option<Header> {
    let descriptor = number(input, 1)? as u8;
    let single_segment = descriptor & 0x20 != 0;
    // The reserved bit must be 0.
    if descriptor & 0x08 != 0 {
        return None;
    }
    let declared = if single_segment {
        None
    } else {
        let byte = number(input, 1)?;
        let base = 1u64 << (10 + (byte >> 3));
        Some(base + base / 8 * (byte & 7))
    };
    let dictionary = number(input, [0, 1, 2, 4][usize::from(descriptor & 3)])?;
    let content_size = match descriptor >> 6 {
        0 if !single_segment => None,
        0 => Some(number(input, 1)?),
        1 => Some(number(input, 2)? + 256),
        2 => Some(number(input, 4)?),
        _ => Some(number(input, 8)?),
    };
    let window = declared.or(content_size)?;
    (dictionary == 0).then_some(Header { window, checksum: descriptor & 0x04 != 0, content_size })
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: &'a [u8], kept: &'a mut Option<FrameDecoder>) -> Self {
        Self { input, kept, frame: None, any: false }
    }

    /// Ends the frame; a decoder that has kept a large window goes with it.
    fn end(&mut self) {
        if self.frame.take().is_some_and(|frame| !frame.reused) {
            *self.kept = None;
        }
    }

    /// Starts the next frame; `None` at the end of the input.
    fn start(&mut self) -> Result<Option<Frame>, RecordsError> {
        let bad = RecordsError::Malformed;
        loop {
            if self.any && self.input.is_empty() {
                return Ok(None);
            }
            let magic = number(&mut self.input, 4).ok_or(bad)? as u32;
            if magic & !0xf == 0x184d_2a50 {
                let len = number(&mut self.input, 4).ok_or(bad)?;
                let len = usize::try_from(len).map_err(|_| bad)?;
                self.input = self.input.get(len..).ok_or(bad)?;
                continue;
            }
            if magic != MAGIC {
                return Err(bad);
            }
            let Header { window, checksum, content_size } = header(&mut self.input).ok_or(bad)?;
            if window > MAX_WINDOW {
                // The zstd library takes a frame of one segment by its size only.
                return Err(bad);
            }
            let log = (64 - window.max(1).saturating_sub(1).leading_zeros())
                .clamp(10, u32::from(KEPT_LOG)) as u8;
            // No dictionary, no content size, the window as a power of two.
            let plain = [0x28, 0xb5, 0x2f, 0xfd, if checksum { 0x04 } else { 0 }, (log - 10) << 3];
            let reused = log <= REUSED_LOG;
            if !reused {
                // A new decoder takes memory as it unpacks; one that is started again takes the window at once.
                *self.kept = None;
            }
            self.kept.get_or_insert_with(FrameDecoder::new).init(&plain[..]).map_err(|_| bad)?;
            return Ok(Some(Frame { reused, checksum, content_size, passed: 0 }));
        }
    }

    /// Unpacks the next chunk into `chunk` and returns its length; 0 at the end.
    pub(super) fn next(&mut self, chunk: &mut Vec<u8>) -> Result<usize, RecordsError> {
        let bad = RecordsError::Malformed;
        loop {
            if self.frame.is_none() {
                self.frame = self.start()?;
            }
            let (Some(frame), Some(decoder)) = (&mut self.frame, &mut *self.kept) else {
                return Ok(0);
            };
            while decoder.can_collect() == 0 && !decoder.is_finished() {
                decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|_| bad)?;
            }
            let unpacked = decoder.read(room(chunk, CHUNK)).map_err(|_| bad)?;
            frame.passed += unpacked as u64;
            if unpacked > 0 {
                return Ok(unpacked);
            }
            let right = !frame.checksum
                || decoder.get_checksum_from_data() == decoder.get_calculated_checksum();
            if !right || frame.content_size.is_some_and(|size| size != frame.passed) {
                return Err(bad);
            }
            self.any = true;
            self.end();
        }
    }
}

/// Pieces as the library reads them. It panics on an error, so an error ends the input and is kept.
struct Input<'a, P> {
    pieces: &'a mut P,
    waiting: Vec<u8>,
    at: usize,
    error: Option<RecordsError>,
}

impl<P: Pieces> Read for &mut Input<'_, P> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ruzstd::io::Error> {
        if self.at == self.waiting.len() {
            self.waiting.clear();
            self.at = 0;
            match self.pieces.next_piece() {
                Ok(piece) => self.waiting.extend_from_slice(piece),
                Err(error) => self.error = Some(error),
            }
        }
        let rest = self.waiting.get(self.at..).unwrap_or_default();
        let len = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        self.at += len;
        Ok(len)
    }
}

/// What the library writes to; past the limit it only counts, for an error would make the library panic.
struct Output<'a> {
    out: &'a mut BytesMut,
    limit: usize,
    full: bool,
}

impl Write for &mut Output<'_> {
    fn write(&mut self, buf: &[u8]) -> Result<usize, ruzstd::io::Error> {
        self.full |= super::deflate::put(self.out, buf, self.limit).is_err();
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), ruzstd::io::Error> {
        Ok(())
    }
}

/// Packs everything that comes as one frame, with a checksum, at the library's one level.
pub(super) fn encode(
    input: &mut impl Pieces,
    out: &mut BytesMut,
    limit: usize,
) -> Result<(), RecordsError> {
    let mut source = Input { pieces: input, waiting: Vec::new(), at: 0, error: None };
    let mut drain = Output { out, limit, full: false };
    let mut compressor = FrameCompressor::new(CompressionLevel::Fastest);
    compressor.set_source(&mut source);
    compressor.set_drain(&mut drain);
    compressor.compress();
    drop(compressor);
    match source.error {
        Some(error) => Err(error),
        None if drain.full => Err(RecordsError::TooLarge),
        None => Ok(()),
    }
}
