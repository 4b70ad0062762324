//! v2 batches become messages of magic 0 or 1 for Fetch 0 to 3 (`RecordsUtil.downConvert`,
//! `LazyDownConversionRecords`).
//!
//! Piece by piece: one call writes about as much as its budget says and at least one message, so that neither the
//! memory nor the answer grows with a batch.

use super::super::batch::{BatchHeader, LOG_OVERHEAD, TimestampType};
use super::super::checksum::crc32;
use super::super::compression::{
    Codec, CompressOptions, DeflateScratch, OnePiece, Scratch, deflate_payload,
};
use super::super::error::{ErrorCode, RecordsError};
use super::super::records::{Record, Records};
use super::TIMESTAMP_TYPE_BIT;
use bytes::BytesMut;

/// What is packed into one wrapper at most, in bytes before packing (and one message more). A large batch becomes
/// several wrappers.
const WRAPPED: usize = 256 * 1024;

/// How far a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of the batch that was to be converted has been written.
    Done,
    /// The budget is used up; the same batch with another budget goes on behind what has been written.
    More,
}

/// Batches on their way down to messages, in offset order.
#[derive(Clone, Debug)]
pub struct DownConversion {
    magic: i8,
    next_offset: i64,
}

impl DownConversion {
    /// Starts a conversion for a Fetch of `fetch_version` (0 and 1 know magic 0, 2 and 3 magic 1) from `fetch_offset`;
    /// records before it are left out. `None` for a version that knows v2.
    #[must_use]
    pub const fn new(fetch_version: i16, fetch_offset: i64) -> Option<Self> {
        match fetch_version {
            0 | 1 => Some(Self { magic: 0, next_offset: fetch_offset }),
            2 | 3 => Some(Self { magic: 1, next_offset: fetch_offset }),
            _ => None,
        }
    }

    /// The offset that the next message can have.
    #[must_use]
    pub const fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Appends to `out` the messages that `batch` (one whole v2 batch) becomes, until about `budget` bytes of this
    /// call are there, and at least one message. Control batches become nothing, headers are dropped; the codec stays.
    /// At most `cap` bytes are unpacked.
    ///
    /// # Errors
    /// UNSUPPORTED_COMPRESSION_TYPE for zstd, which no client of these versions reads: what was written before stands,
    /// and is what Kafka sends; without any, the partition gets the code. CORRUPT_MESSAGE where the stored bytes are
    /// not a batch.
    pub fn convert(
        &mut self,
        batch: &[u8],
        budget: usize,
        cap: u64,
        out: &mut BytesMut,
        scratch: &mut Scratch,
    ) -> Result<Progress, ErrorCode> {
        let header = BatchHeader::parse(batch).ok_or(ErrorCode::CORRUPT_MESSAGE)?;
        if header.is_control() {
            self.next_offset = self.next_offset.max(header.next_offset());
            return Ok(Progress::Done);
        }
        let codec = header.codec().ok_or(ErrorCode::CORRUPT_MESSAGE)?;
        if codec == Codec::Zstd {
            return Err(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
        }
        self.convert_records(batch, codec, budget, cap, out, scratch)
            .map_err(|_| ErrorCode::CORRUPT_MESSAGE)
    }

    fn convert_records(
        &mut self,
        batch: &[u8],
        codec: Codec,
        budget: usize,
        cap: u64,
        out: &mut BytesMut,
        scratch: &mut Scratch,
    ) -> Result<Progress, RecordsError> {
        let start = out.len();
        let Scratch { inflate, deflate, bytes } = scratch;
        let mut records = Records::lent(batch, cap, inflate, bytes)?;
        let header = *records.header();
        let mut wrapper = Wrapper::new(self.magic, codec, &header);
        while let Some(record) = records.next()? {
            if record.offset < self.next_offset {
                continue;
            }
            if out.len() - start + wrapper.inner.len() >= budget
                && (out.len() > start || wrapper.count > 0)
            {
                wrapper.put(out, deflate)?;
                return Ok(Progress::More);
            }
            self.next_offset = record.offset.saturating_add(1);
            if codec == Codec::None {
                put_message(
                    out,
                    record.offset,
                    self.magic,
                    wrapper.attributes,
                    record.timestamp,
                    &record,
                );
                continue;
            }
            wrapper.add(&record);
            if wrapper.inner.len() >= WRAPPED {
                wrapper.put(out, deflate)?;
            }
        }
        wrapper.put(out, deflate)?;
        // Compaction may have taken the last records.
        self.next_offset = self.next_offset.max(header.next_offset());
        Ok(Progress::Done)
    }
}

/// Messages that will be packed into one.
struct Wrapper {
    magic: i8,
    codec: Codec,
    /// Of each message inside: the timestamp type.
    attributes: u8,
    log_append_time: Option<i64>,
    base_offset: i64,
    last_offset: i64,
    max_timestamp: i64,
    count: usize,
    inner: BytesMut,
}

impl Wrapper {
    fn new(magic: i8, codec: Codec, header: &BatchHeader) -> Self {
        let log_append_time = (header.timestamp_type() == TimestampType::LogAppendTime)
            .then_some(header.max_timestamp);
        let attributes =
            if magic > 0 && log_append_time.is_some() { TIMESTAMP_TYPE_BIT } else { 0 };
        let (base_offset, last_offset, max_timestamp) = (0, 0, super::super::NO_TIMESTAMP);
        let inner = BytesMut::new();
        Self {
            magic,
            codec,
            attributes,
            log_append_time,
            base_offset,
            last_offset,
            max_timestamp,
            count: 0,
            inner,
        }
    }

    fn add(&mut self, record: &Record<'_>) {
        if self.count == 0 {
            self.base_offset = record.offset;
            self.max_timestamp = super::super::NO_TIMESTAMP;
        }
        self.count += 1;
        self.last_offset = record.offset;
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        // Magic 1 counts offsets inside a wrapper from its first message (KIP-31).
        let offset = if self.magic > 0 {
            record.offset.wrapping_sub(self.base_offset)
        } else {
            record.offset
        };
        put_message(&mut self.inner, offset, self.magic, self.attributes, record.timestamp, record);
    }

    /// Writes what was added as one message, if anything was, and starts anew.
    fn put(
        &mut self,
        out: &mut BytesMut,
        deflate: &mut DeflateScratch,
    ) -> Result<(), RecordsError> {
        if self.count == 0 {
            return Ok(());
        }
        let timestamp = self.log_append_time.unwrap_or(self.max_timestamp);
        let place = MessagePlace::start(
            out,
            self.last_offset,
            self.magic,
            self.attributes | self.codec.id(),
            timestamp,
        );
        put_nullable(out, None);
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        let options = CompressOptions {
            codec: self.codec,
            gzip_level: 0,
            broken_lz4_checksum: self.magic == 0,
            limit: i32::MAX as usize / 2,
        };
        deflate_payload(&mut OnePiece(&self.inner), out, &options, deflate)?;
        let length = (out.len() - length_at - 4) as u32;
        patch(out, length_at, length);
        place.end(out);
        self.inner.clear();
        self.count = 0;
        Ok(())
    }
}

/// A message whose size and checksum are still to be written.
struct MessagePlace(usize);

impl MessagePlace {
    /// Writes everything up to the key.
    fn start(out: &mut BytesMut, offset: i64, magic: i8, attributes: u8, timestamp: i64) -> Self {
        let place = Self(out.len());
        out.extend_from_slice(&offset.to_be_bytes());
        // Size and checksum.
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&[magic.unsigned_abs(), attributes]);
        if magic > 0 {
            out.extend_from_slice(&timestamp.to_be_bytes());
        }
        place
    }

    fn end(self, out: &mut BytesMut) {
        let body = self.0 + LOG_OVERHEAD;
        let crc = out.get(body + super::CRC_LEN..).map_or(0, crc32);
        let size = (out.len() - body) as u32;
        patch(out, self.0 + 8, size);
        patch(out, body, crc);
    }
}

fn patch(out: &mut BytesMut, at: usize, value: u32) {
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

fn put_nullable(out: &mut BytesMut, bytes: Option<&[u8]>) {
    let len = bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}

/// Appends one message that is no wrapper (`LegacyRecord.write`).
fn put_message(
    out: &mut BytesMut,
    offset: i64,
    magic: i8,
    attributes: u8,
    timestamp: i64,
    record: &Record<'_>,
) {
    let place = MessagePlace::start(out, offset, magic, attributes, timestamp);
    put_nullable(out, record.key);
    put_nullable(out, record.value);
    place.end(out);
}
