//! The codecs of record batches: gzip, snappy, lz4 and zstd, both ways, in pure Rust, so that every host makes the
//! same bytes.
//!
//! Unpacking streams: at most one chunk is held, whatever a header claims, and a budget ends a bomb. No buffer may
//! ever be sized by a number from the stream that the bytes already here do not vouch for.

mod deflate;
mod gzip;
mod inflate;
mod lz4;
mod snappy;
mod zstd;

pub use deflate::compress;
pub(super) use deflate::pack as deflate_payload;
pub use inflate::Inflate;

use super::error::RecordsError;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// How a batch's records are compressed (`CompressionType`); the numbers are those in the attributes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub enum Codec {
    /// Not at all.
    #[default]
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// snappy, in the framing of the Java library (written), or bare (also read).
    Snappy,
    /// The lz4 frame format, with independent blocks.
    Lz4,
    /// zstd (RFC 8878, KIP-110).
    Zstd,
}

impl Codec {
    /// The codec with this number in a batch's attributes.
    #[must_use]
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            0 => Some(Self::None),
            1 => Some(Self::Gzip),
            2 => Some(Self::Snappy),
            3 => Some(Self::Lz4),
            4 => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Its number in a batch's attributes.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// Its name in `compression.type`, where no compression is called `none` (`uncompressed` on a topic).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// How to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressOptions {
    /// The codec.
    pub codec: Codec,
    /// `compression.gzip.level` (KIP-390), 1 to 9; anything else is 6. The other codecs have one level here.
    pub gzip_level: i32,
    /// Whether an lz4 frame carries the header checksum of the first Kafka clients, which took in the frame's magic
    /// number too (KAFKA-3160): messages of magic 0 do.
    pub broken_lz4_checksum: bool,
    /// Most bytes that may come out.
    pub limit: usize,
}

/// Bytes that come in pieces.
pub trait Pieces {
    /// The next piece; an empty one at the end.
    fn next_piece(&mut self) -> Result<&[u8], RecordsError>;
}

/// A slice as one piece.
#[derive(Clone, Debug)]
pub struct OnePiece<'a>(pub &'a [u8]);

impl Pieces for OnePiece<'_> {
    fn next_piece(&mut self) -> Result<&[u8], RecordsError> {
        Ok(core::mem::take(&mut self.0))
    }
}

/// Buffers and codec states that are used again, batch after batch, so that checking one allocates nothing. One per
/// thread that checks. Empty until the first compressed batch; what a large batch made grow is given back at once.
#[derive(Default)]
pub struct Scratch {
    pub(super) inflate: InflateScratch,
    pub(super) deflate: DeflateScratch,
    /// A record or a payload put together from pieces.
    pub(super) bytes: Vec<u8>,
}

impl core::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Scratch")
            .field("chunk", &self.inflate.chunk.capacity())
            .finish_non_exhaustive()
    }
}

/// What unpacking uses again.
#[derive(Default)]
pub(super) struct InflateScratch {
    /// The chunk that has been unpacked last.
    pub(super) chunk: Vec<u8>,
    gzip: Option<Box<gzip::State>>,
    zstd: Option<ruzstd::decoding::FrameDecoder>,
}

/// What packing uses again.
#[derive(Default)]
pub(super) struct DeflateScratch {
    /// Bytes waiting until a block is full.
    block: Vec<u8>,
    /// A packed block.
    packed: Vec<u8>,
    gzip: Option<Box<miniz_oxide::deflate::core::CompressorOxide>>,
    snappy: Option<Box<snap::raw::Encoder>>,
    lz4: Option<lz4_flex::block::CompressTable>,
}

/// The largest buffer that is kept for the next batch: the lz4 of Go's clients declares blocks of 4 MiB, whatever is
/// in them.
const KEPT: usize = 4 << 20;

/// Gives back what a large batch made grow.
pub(super) fn trim(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
}

/// Makes `buffer` at least `len` bytes long and returns those. What it held is gone: zeros come from the allocator,
/// which takes memory for them when they are written over.
fn room(buffer: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if buffer.len() < len {
        *buffer = vec![0; len];
    }
    buffer.get_mut(..len).unwrap_or_default()
}
