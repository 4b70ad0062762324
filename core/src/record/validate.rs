//! What a Produce's records must be before anything is appended: the checks of `ProduceRequest.validateRecords`,
//! `UnifiedLog.analyzeAndValidateRecords` and `LogValidator`, in their order and with their codes.
//!
//! One walk over the framing, nothing allocated per record; the bytes stay the client's unless Kafka changes them.
//! What needs the partition's state (offsets, producers, epochs) is not here.
//!
//! Stricter than Kafka, so that every consumer can read what is stored: wrong offset deltas, a producer id without
//! an epoch, a transactional batch without a producer id, compressed bytes after the last record, unknown codecs and
//! codec errors (which Kafka answers with UNKNOWN_SERVER_ERROR) are all INVALID_RECORD.

use super::batch::{
    BatchHeader, HEADER_LEN, LOG_OVERHEAD, MAGIC_OFFSET, TimestampType, set_max_timestamp,
};
use super::checksum::batch_crc;
use super::compression::{Codec, CompressOptions, Inflate, Scratch, deflate_payload};
use super::error::{BatchError, ErrorCode, RecordsError};
use super::source::{SliceSource, Source, read_record};
use super::{NO_TIMESTAMP, legacy};
use crate::time::UnixMillis;
use alloc::vec::Vec;
use bytes::BytesMut;

/// A compressed batch may unpack to this many times `max.message.bytes`, or, where a topic takes less than that, to
/// this many times 1 MiB: Kafka knows no bound, and what a small batch unpacks to does no harm.
pub const MAX_EXPANSION: u64 = 64;
/// Kafka's default of `max.message.bytes`, nearly.
const USUAL_MAX_MESSAGE_BYTES: u32 = 1 << 20;
/// Most entries of `record_errors` in an answer. Kafka lists every record; a hostile batch has a million.
pub const MAX_RECORD_ERRORS: usize = 1000;
/// The smallest `batch_length` that Kafka tells apart from a corrupt one in any format (`LegacyRecord.RECORD_OVERHEAD_V0`).
const MIN_ANY_LENGTH: i32 = 14;

/// The topic's `compression.type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompressionTarget {
    /// `producer`: as the batch came.
    #[default]
    Producer,
    /// This codec; [`Codec::None`] is `uncompressed`.
    Codec(Codec),
}

/// What a topic asks of its records; plain values from its effective configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationRules {
    /// `max.message.bytes`: a whole batch, header included.
    pub max_message_bytes: u32,
    /// `segment.bytes`: what a batch must fit into.
    pub segment_bytes: u32,
    /// Whether `cleanup.policy` has `compact`: every record needs a key.
    pub compacted: bool,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far in the past a CreateTime may lie.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far in the future.
    pub timestamp_after_max_ms: i64,
    /// `compression.type`.
    pub compression: CompressionTarget,
    /// `compression.gzip.level`, 1 to 9; anything else is gzip's default.
    pub gzip_level: i32,
    /// Whether the walk over the records is skipped. A topic's owner may choose so; never the default. Then a
    /// header's largest timestamp is believed, and null keys, stray bytes and broken streams are not found.
    pub trust_producers: bool,
}

impl Default for ValidationRules {
    /// Kafka's defaults (4.x: `after.max.ms` of one hour, KIP-1030).
    fn default() -> Self {
        Self {
            max_message_bytes: 1_048_588,
            segment_bytes: 1 << 30,
            compacted: false,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            compression: CompressionTarget::Producer,
            gzip_level: 0,
            trust_producers: false,
        }
    }
}

impl ValidationRules {
    /// Most bytes that a batch may unpack to.
    #[must_use]
    pub fn cap(&self) -> u64 {
        u64::from(self.max_message_bytes.max(USUAL_MAX_MESSAGE_BYTES)) * MAX_EXPANSION
    }
}

/// A batch that may be appended.
#[derive(Debug)]
pub struct ValidBatch {
    /// Exactly one v2 batch with base offset 0, in the buffer that came in wherever Kafka changes nothing.
    pub bytes: BytesMut,
    /// Its header, as `bytes` has it.
    pub header: BatchHeader,
    /// What Produce answers as `log_append_time_ms`: the batch's time with LogAppendTime, -1 with CreateTime.
    pub log_append_time: i64,
}

const fn bad(message: &'static str) -> BatchError {
    BatchError::new(ErrorCode::INVALID_RECORD, message)
}

const fn corrupt(message: &'static str) -> BatchError {
    BatchError::new(ErrorCode::CORRUPT_MESSAGE, message)
}

/// Length (header included) and magic of the batch or message at the start of `bytes`; `None` where it is cut off
/// (`ByteBufferLogInputStream.nextBatchSize`).
///
/// # Errors
/// CORRUPT_MESSAGE for a length or a magic byte that no format has.
pub(super) fn next_batch(bytes: &[u8]) -> Result<Option<(usize, i8)>, BatchError> {
    let Some(length) = bytes.get(8..).and_then(<[u8]>::first_chunk::<4>) else { return Ok(None) };
    let length = i32::from_be_bytes(*length);
    if length < MIN_ANY_LENGTH {
        return Err(corrupt(
            "The length of the batch is less than the smallest that a batch can have.",
        ));
    }
    let Some(magic) = bytes.get(MAGIC_OFFSET) else { return Ok(None) };
    if *magic > 2 {
        return Err(corrupt("The magic byte of the batch is unknown."));
    }
    let size = length.unsigned_abs() as usize + LOG_OVERHEAD;
    Ok((size <= bytes.len()).then_some((size, *magic as i8)))
}

/// Checks the records of one partition in a Produce of version `produce_version` that came at `now`, and makes of
/// them what will be stored. Messages of magic 0 and 1 (Produce 0 to 2 only) come out as one v2 batch.
///
/// # Errors
/// What the partition is answered with; nothing may be appended then.
pub fn validate(
    now: UnixMillis,
    produce_version: i16,
    records: BytesMut,
    rules: &ValidationRules,
    scratch: &mut Scratch,
) -> Result<ValidBatch, BatchError> {
    let Some((size, magic)) = next_batch(&records)? else {
        return Err(bad("There is no whole record batch for the partition."));
    };
    if magic < 2 {
        if produce_version >= 3 {
            return Err(bad("Produce 3 and later takes record batches of magic 2 only."));
        }
        let batch = legacy::up_convert(now, &records, rules, scratch)?;
        return finish(now, batch, rules);
    }
    let batch = validate_v2(now, produce_version, records, size, rules, scratch)?;
    finish(now, batch, rules)
}

/// The checks on a v2 batch of `size` bytes at the start of `records`.
fn validate_v2(
    now: UnixMillis,
    produce_version: i16,
    mut records: BytesMut,
    size: usize,
    rules: &ValidationRules,
    scratch: &mut Scratch,
) -> Result<(BytesMut, BatchHeader), BatchError> {
    let header = BatchHeader::parse(records.get(..size).unwrap_or_default());
    if produce_version < 7 && header.is_some_and(|header| header.codec() == Some(Codec::Zstd)) {
        let message = "Produce below version 7 takes no zstd.";
        return Err(BatchError::new(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE, message));
    }
    if next_batch(records.get(size..).unwrap_or_default())?.is_some() {
        return Err(bad("There is more than one record batch for the partition."));
    }
    // What follows is the start of a batch that is cut off: Kafka drops it too.
    records.truncate(size);
    let Some(mut header) = header else {
        return Err(corrupt("The batch is shorter than its header."));
    };
    if header.base_offset != 0 {
        return Err(bad("The base offset of the batch is not 0."));
    }
    check_size(size, rules)?;
    if header.crc != batch_crc(&records) {
        return Err(corrupt("The checksum of the batch is wrong."));
    }
    let Some(codec) = header.codec() else { return Err(bad("The codec of the batch is unknown.")) };
    check_header(&header)?;
    let max_timestamp = if rules.trust_producers {
        header.max_timestamp
    } else {
        let payload = records.get(HEADER_LEN..).unwrap_or_default();
        if codec == Codec::None {
            walk(&mut SliceSource::new(payload), &header, now, rules)?
        } else {
            let mut source = Inflate::new(codec, payload, 2, rules.cap(), &mut scratch.inflate)?;
            walk(&mut source, &header, now, rules)?
        }
    };
    let target = target_codec(codec, rules);
    if target != codec {
        records = recompress(&records, codec, target, rules, scratch)?;
        header.set_codec(target);
        // Only compaction sets it; a batch made anew does not have it.
        header.clear_delete_horizon();
    }
    let max_timestamp = match rules.timestamp_type {
        TimestampType::CreateTime => max_timestamp,
        TimestampType::LogAppendTime => now.0,
    };
    if target != codec
        || header.timestamp_type() != rules.timestamp_type
        || header.max_timestamp != max_timestamp
    {
        set_max_timestamp(&mut records, &mut header, rules.timestamp_type, max_timestamp);
    }
    Ok((records, header))
}

/// What is checked of a batch however it came to be.
fn finish(
    now: UnixMillis,
    (bytes, header): (BytesMut, BatchHeader),
    rules: &ValidationRules,
) -> Result<ValidBatch, BatchError> {
    check_size(bytes.len(), rules)?;
    if bytes.len() as u64 > u64::from(rules.segment_bytes) {
        let message = "The batch is larger than a segment of the topic.";
        return Err(BatchError::new(ErrorCode::RECORD_LIST_TOO_LARGE, message));
    }
    let log_append_time = match rules.timestamp_type {
        TimestampType::CreateTime => NO_TIMESTAMP,
        TimestampType::LogAppendTime => now.0,
    };
    Ok(ValidBatch { bytes, header, log_append_time })
}

/// What packing a batch anew comes to that its own records cannot be blamed for: the topic's bound.
pub(super) fn too_large(error: RecordsError) -> BatchError {
    match error {
        RecordsError::TooLarge => BatchError::new(ErrorCode::MESSAGE_TOO_LARGE, LARGER),
        RecordsError::Malformed => error.into(),
    }
}

const LARGER: &str = "The batch is larger than max.message.bytes of the topic.";

/// `max.message.bytes`, of a whole batch or, in the older formats, of each message.
pub(super) fn check_size(size: usize, rules: &ValidationRules) -> Result<(), BatchError> {
    if size as u64 > u64::from(rules.max_message_bytes) {
        return Err(BatchError::new(ErrorCode::MESSAGE_TOO_LARGE, LARGER));
    }
    Ok(())
}

/// The codec in which a batch that came in `source` is stored (`BrokerCompressionType.targetCompression`).
pub(super) const fn target_codec(source: Codec, rules: &ValidationRules) -> Codec {
    match rules.compression {
        CompressionTarget::Producer => source,
        CompressionTarget::Codec(codec) => codec,
    }
}

/// What a header says about itself (`LogValidator.validateBatch`).
fn check_header(header: &BatchHeader) -> Result<(), BatchError> {
    if header.last_offset_delta < 0 {
        return Err(bad("The last offset delta of the batch is negative."));
    }
    if header.record_count <= 0 {
        return Err(bad("The record count of the batch is not positive."));
    }
    if header.record_count.checked_sub(1) != Some(header.last_offset_delta) {
        return Err(bad("The record count of the batch does not match its last offset delta."));
    }
    if header.is_control() {
        return Err(bad("Clients may not write control records."));
    }
    if header.has_producer_id() && header.base_sequence < 0 {
        return Err(bad("The batch has a producer id and no sequence number."));
    }
    if header.has_producer_id() && header.producer_epoch < 0 {
        return Err(bad("The batch has a producer id and no producer epoch."));
    }
    if header.is_transactional() && !header.has_producer_id() {
        return Err(bad("The batch is transactional and has no producer id."));
    }
    Ok(())
}

/// Walks over all records (`LogValidator.validateRecord` for each) and returns the largest timestamp, -1 where none
/// is larger.
fn walk<S: Source>(
    source: &mut S,
    header: &BatchHeader,
    now: UnixMillis,
    rules: &ValidationRules,
) -> Result<i64, BatchError> {
    let mut max_timestamp = NO_TIMESTAMP;
    let mut faults = Faults::default();
    let stamps = StampCheck::new(header.timestamp_type(), now, rules);
    for index in 0..header.record_count {
        let frame = read_record(source)?;
        if frame.offset_delta != index {
            return Err(bad("The offset deltas of the batch do not count up from 0."));
        }
        // Judged as Kafka sees it (the batch's own with LogAppendTime), counted as it will be read once the bit is
        // cleared.
        if rules.compacted && frame.key.len < 0 {
            faults.no_key(index);
        } else if let Some(fault) = stamps.check(header.timestamp_of(frame.timestamp_delta)) {
            faults.timestamp(index, fault);
        }
        max_timestamp =
            max_timestamp.max(header.base_timestamp.wrapping_add(frame.timestamp_delta));
    }
    if !source.at_end()? {
        return Err(bad("There are bytes after the last record of the batch."));
    }
    faults.result()?;
    Ok(max_timestamp)
}

/// Which timestamps a topic takes (`LogValidator.validateTimestamp`).
pub(super) struct StampCheck {
    bounded: bool,
    set_by_producer: bool,
    before: i64,
    after: i64,
    now: i64,
}

impl StampCheck {
    /// For records that say they were stamped by `stamped`.
    pub(super) fn new(stamped: TimestampType, now: UnixMillis, rules: &ValidationRules) -> Self {
        Self {
            bounded: rules.timestamp_type == TimestampType::CreateTime,
            set_by_producer: stamped == TimestampType::LogAppendTime,
            before: rules.timestamp_before_max_ms,
            after: rules.timestamp_after_max_ms,
            now: now.0,
        }
    }

    /// What is wrong with this timestamp.
    #[inline(always)]
    pub(super) fn check(&self, timestamp: i64) -> Option<&'static str> {
        if self.bounded && timestamp != NO_TIMESTAMP {
            // Kafka's arithmetic wraps, so that a stamp near -2^63 counts as one of the future.
            let age = self.now.wrapping_sub(timestamp);
            let out = age > self.before || age.wrapping_neg() > self.after;
            return out.then_some(
                "The timestamp is further from the broker's time than the topic allows.",
            );
        }
        self.set_by_producer.then_some("A producer may not set the timestamp type LogAppendTime.")
    }
}

/// The records of a batch that a topic does not take; empty, and without memory, where all is well.
#[derive(Default)]
pub(super) struct Faults {
    records: Vec<(i32, Option<&'static str>)>,
    timestamp: bool,
}

impl Faults {
    #[cold]
    pub(super) fn no_key(&mut self, index: i32) {
        self.push(index, "A compacted topic takes no record without a key.");
    }

    #[cold]
    pub(super) fn timestamp(&mut self, index: i32, message: &'static str) {
        self.timestamp = true;
        self.push(index, message);
    }

    fn push(&mut self, index: i32, message: &'static str) {
        if self.records.len() < MAX_RECORD_ERRORS {
            self.records.push((index, Some(message)));
        }
    }

    /// The partition's error, if there is one: a wrong timestamp counts before a missing key
    /// (`LogValidator.processRecordErrors`).
    pub(super) fn result(self) -> Result<(), BatchError> {
        if self.records.is_empty() {
            return Ok(());
        }
        let (code, message) = if self.timestamp {
            (ErrorCode::INVALID_TIMESTAMP, "One or more records have an invalid timestamp.")
        } else {
            (ErrorCode::INVALID_RECORD, "One or more records are not what the topic takes.")
        };
        Err(BatchError { code, message: Some(message), record_errors: self.records })
    }
}

/// The batch with its records, as they are, in another codec. The header's place is left as it was.
fn recompress(
    batch: &[u8],
    from: Codec,
    to: Codec,
    rules: &ValidationRules,
    scratch: &mut Scratch,
) -> Result<BytesMut, BatchError> {
    let (header, payload) =
        batch.split_first_chunk::<HEADER_LEN>().ok_or(RecordsError::Malformed)?;
    let mut out = BytesMut::with_capacity(batch.len());
    out.extend_from_slice(header);
    let options = CompressOptions {
        codec: to,
        gzip_level: rules.gzip_level,
        broken_lz4_checksum: false,
        limit: (rules.max_message_bytes as usize).saturating_sub(HEADER_LEN),
    };
    let mut input = Inflate::new(from, payload, 2, rules.cap(), &mut scratch.inflate)?;
    deflate_payload(&mut input, &mut out, &options, &mut scratch.deflate).map_err(too_large)?;
    Ok(out)
}
