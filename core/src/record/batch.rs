//! The v2 batch: its header, what a broker sets in it, and batches that lie one behind the other.
//!
//! Record batch format v2 (KIP-98, `DefaultRecordBatch`). Nothing here looks at records or allocates.

use super::checksum::{CRC_COVERS_FROM, batch_crc};
use super::{Codec, NO_PRODUCER_ID, NO_SEQUENCE};

/// Bytes of a batch before its records (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
pub const HEADER_LEN: usize = 61;
/// Bytes of base offset and batch length, which the batch length leaves out (`Records.LOG_OVERHEAD`).
pub const LOG_OVERHEAD: usize = 12;
/// The smallest `batch_length` that a v2 batch can have.
pub const MIN_BATCH_LENGTH: i32 = 49;
/// Where the magic byte lies, in every format (`Records.MAGIC_OFFSET`).
pub const MAGIC_OFFSET: usize = 16;

const LENGTH_AT: usize = 8;
const EPOCH_AT: usize = 12;
const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = CRC_COVERS_FROM;
const LAST_OFFSET_DELTA_AT: usize = 23;
const BASE_TIMESTAMP_AT: usize = 27;
const MAX_TIMESTAMP_AT: usize = 35;
const PRODUCER_ID_AT: usize = 43;
const PRODUCER_EPOCH_AT: usize = 51;
const BASE_SEQUENCE_AT: usize = 53;
const COUNT_AT: usize = 57;

const CODEC_MASK: i16 = 0x07;
const TIMESTAMP_TYPE_BIT: i16 = 0x08;
const TRANSACTIONAL_BIT: i16 = 0x10;
const CONTROL_BIT: i16 = 0x20;
const DELETE_HORIZON_BIT: i16 = 0x40;

/// Who stamps records (KIP-32): `message.timestamp.type`.
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
pub enum TimestampType {
    /// The producer, each record.
    #[default]
    CreateTime,
    /// The broker, a whole batch: its largest timestamp is every record's.
    LogAppendTime,
}

/// Every field of a v2 batch before its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record (or of what was first before compaction).
    pub base_offset: i64,
    /// Bytes after this field: the whole batch less 12.
    pub batch_length: i32,
    /// Epoch of the leader that appended the batch.
    pub partition_leader_epoch: i32,
    /// Format: 2.
    pub magic: i8,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// Codec, timestamp type, transactional, control, delete horizon.
    pub attributes: i16,
    /// Offset of the last record less the base offset.
    pub last_offset_delta: i32,
    /// What timestamp deltas count from, in milliseconds; the delete horizon where that bit is set (KIP-534).
    pub base_timestamp: i64,
    /// The largest timestamp, in milliseconds; every record's with LogAppendTime.
    pub max_timestamp: i64,
    /// Producer id, or -1.
    pub producer_id: i64,
    /// Producer epoch, or -1.
    pub producer_epoch: i16,
    /// Sequence of the first record, or -1.
    pub base_sequence: i32,
    /// How many records there are.
    pub record_count: i32,
}

impl Default for BatchHeader {
    /// The header of an empty batch of a producer without an id, uncompressed, at offset 0.
    fn default() -> Self {
        Self {
            base_offset: 0,
            batch_length: MIN_BATCH_LENGTH,
            partition_leader_epoch: super::NO_PARTITION_LEADER_EPOCH,
            magic: 2,
            crc: 0,
            attributes: 0,
            last_offset_delta: -1,
            base_timestamp: super::NO_TIMESTAMP,
            max_timestamp: super::NO_TIMESTAMP,
            producer_id: NO_PRODUCER_ID,
            producer_epoch: super::NO_PRODUCER_EPOCH,
            base_sequence: NO_SEQUENCE,
            record_count: 0,
        }
    }
}

/// `N` bytes of a fixed header; the ranges are constants within it, so the zeros are never seen.
fn field<const N: usize>(header: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    header.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

/// Writes `bytes` at `at`, where the slice is long enough.
fn put(batch: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = batch.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`; `None` where there are fewer than 61 bytes. Nothing is judged.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_LEN>()?;
        Some(Self {
            base_offset: i64::from_be_bytes(field(header, 0)),
            batch_length: i32::from_be_bytes(field(header, LENGTH_AT)),
            partition_leader_epoch: i32::from_be_bytes(field(header, EPOCH_AT)),
            magic: i8::from_be_bytes(field(header, MAGIC_OFFSET)),
            crc: u32::from_be_bytes(field(header, CRC_AT)),
            attributes: i16::from_be_bytes(field(header, ATTRIBUTES_AT)),
            last_offset_delta: i32::from_be_bytes(field(header, LAST_OFFSET_DELTA_AT)),
            base_timestamp: i64::from_be_bytes(field(header, BASE_TIMESTAMP_AT)),
            max_timestamp: i64::from_be_bytes(field(header, MAX_TIMESTAMP_AT)),
            producer_id: i64::from_be_bytes(field(header, PRODUCER_ID_AT)),
            producer_epoch: i16::from_be_bytes(field(header, PRODUCER_EPOCH_AT)),
            base_sequence: i32::from_be_bytes(field(header, BASE_SEQUENCE_AT)),
            record_count: i32::from_be_bytes(field(header, COUNT_AT)),
        })
    }

    /// The header's bytes, its CRC as it stands in the struct.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        put(&mut bytes, 0, &self.base_offset.to_be_bytes());
        put(&mut bytes, LENGTH_AT, &self.batch_length.to_be_bytes());
        put(&mut bytes, EPOCH_AT, &self.partition_leader_epoch.to_be_bytes());
        put(&mut bytes, MAGIC_OFFSET, &self.magic.to_be_bytes());
        put(&mut bytes, CRC_AT, &self.crc.to_be_bytes());
        put(&mut bytes, ATTRIBUTES_AT, &self.attributes.to_be_bytes());
        put(&mut bytes, LAST_OFFSET_DELTA_AT, &self.last_offset_delta.to_be_bytes());
        put(&mut bytes, BASE_TIMESTAMP_AT, &self.base_timestamp.to_be_bytes());
        put(&mut bytes, MAX_TIMESTAMP_AT, &self.max_timestamp.to_be_bytes());
        put(&mut bytes, PRODUCER_ID_AT, &self.producer_id.to_be_bytes());
        put(&mut bytes, PRODUCER_EPOCH_AT, &self.producer_epoch.to_be_bytes());
        put(&mut bytes, BASE_SEQUENCE_AT, &self.base_sequence.to_be_bytes());
        put(&mut bytes, COUNT_AT, &self.record_count.to_be_bytes());
        bytes
    }

    /// Writes the header over the first 61 bytes of `batch`, with the length and the CRC that its bytes have, and
    /// returns it as written. A slice shorter than a header, or longer than a batch can be, is left alone.
    pub fn seal(mut self, batch: &mut [u8]) -> Self {
        let Some(length) =
            batch.len().checked_sub(LOG_OVERHEAD).and_then(|length| i32::try_from(length).ok())
        else {
            return self;
        };
        self.batch_length = length;
        put(batch, 0, &self.to_bytes());
        self.crc = batch_crc(batch);
        put(batch, CRC_AT, &self.crc.to_be_bytes());
        self
    }

    /// The whole batch's length in bytes; `None` where the length field cannot be one of a v2 batch.
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        if self.batch_length < MIN_BATCH_LENGTH {
            return None;
        }
        usize::try_from(self.batch_length).ok()?.checked_add(LOG_OVERHEAD)
    }

    /// Offset of the last record.
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.base_offset.wrapping_add(self.last_offset_delta as i64)
    }

    /// Offset that follows the batch.
    #[must_use]
    pub const fn next_offset(&self) -> i64 {
        self.last_offset().wrapping_add(1)
    }

    /// Sequence of the last record, -1 without a producer; it wraps from 2^31-1 to 0
    /// (`DefaultRecordBatch.incrementSequence`).
    #[must_use]
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence == NO_SEQUENCE {
            return NO_SEQUENCE;
        }
        self.base_sequence.wrapping_add(self.last_offset_delta) & i32::MAX
    }

    /// The codec, or `None` for the numbers 5 to 7, which no codec has.
    #[must_use]
    pub const fn codec(&self) -> Option<Codec> {
        Codec::from_id((self.attributes & CODEC_MASK) as u8)
    }

    /// Puts another codec's number into the attributes.
    pub const fn set_codec(&mut self, codec: Codec) {
        self.attributes = self.attributes & !CODEC_MASK | codec.id() as i16;
    }

    /// Who stamped the records.
    #[must_use]
    pub const fn timestamp_type(&self) -> TimestampType {
        if self.attributes & TIMESTAMP_TYPE_BIT == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Says who stamped the records.
    pub const fn set_timestamp_type(&mut self, timestamp_type: TimestampType) {
        self.attributes = match timestamp_type {
            TimestampType::CreateTime => self.attributes & !TIMESTAMP_TYPE_BIT,
            TimestampType::LogAppendTime => self.attributes | TIMESTAMP_TYPE_BIT,
        };
    }

    /// Whether the batch is part of a transaction.
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    /// Makes the batch part of a transaction.
    pub const fn set_transactional(&mut self) {
        self.attributes |= TRANSACTIONAL_BIT;
    }

    /// Whether the records are control records (transaction markers), which consumers do not show.
    #[must_use]
    pub const fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    /// Makes the batch a control batch.
    pub const fn set_control(&mut self) {
        self.attributes |= CONTROL_BIT;
    }

    /// When its tombstones and markers may go, where compaction has set that (KIP-534).
    #[must_use]
    pub const fn delete_horizon_ms(&self) -> Option<i64> {
        if self.attributes & DELETE_HORIZON_BIT == 0 { None } else { Some(self.base_timestamp) }
    }

    /// Takes the delete horizon's bit away; the base timestamp stays what deltas count from.
    pub const fn clear_delete_horizon(&mut self) {
        self.attributes &= !DELETE_HORIZON_BIT;
    }

    /// Whether a producer with an id wrote the batch.
    #[must_use]
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id > NO_PRODUCER_ID
    }

    /// A record's timestamp from its delta: the batch's own with LogAppendTime. Java's arithmetic wraps, so does this.
    #[must_use]
    pub const fn timestamp_of(&self, delta: i64) -> i64 {
        match self.timestamp_type() {
            TimestampType::CreateTime => self.base_timestamp.wrapping_add(delta),
            TimestampType::LogAppendTime => self.max_timestamp,
        }
    }
}

/// Sets the base offset of the batch at the start of `batch`; the CRC does not cover it.
pub fn set_base_offset(batch: &mut [u8], base_offset: i64) {
    put(batch, 0, &base_offset.to_be_bytes());
}

/// Sets the leader epoch of the batch at the start of `batch`; the CRC does not cover it.
pub fn set_partition_leader_epoch(batch: &mut [u8], epoch: i32) {
    put(batch, EPOCH_AT, &epoch.to_be_bytes());
}

/// Sets who stamped the batch and its largest timestamp, and the CRC anew (`DefaultRecordBatch.setMaxTimestamp`).
/// Like Kafka it leaves only the attribute bits that have a meaning.
pub fn set_max_timestamp(
    batch: &mut [u8],
    header: &mut BatchHeader,
    timestamp_type: TimestampType,
    max: i64,
) {
    header.attributes &=
        CODEC_MASK | TIMESTAMP_TYPE_BIT | TRANSACTIONAL_BIT | CONTROL_BIT | DELETE_HORIZON_BIT;
    header.set_timestamp_type(timestamp_type);
    header.max_timestamp = max;
    *header = header.seal(batch);
}

/// The batches in `bytes`, one behind the other, as a log segment or a Fetch's answer holds them. A batch that is cut
/// off at the end is left out, as consumers leave it out.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    rest: &'a [u8],
}

impl<'a> Batches<'a> {
    /// The batches in `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been handed out: nothing, or a batch that is cut off or whose length field cannot be right.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = (BatchHeader, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let header = BatchHeader::parse(self.rest)?;
        let (batch, rest) = self.rest.split_at_checked(header.size()?)?;
        self.rest = rest;
        Some((header, batch))
    }
}
