//! Finding a record of a stored batch by time: what ListOffsets asks inside the batch that its index found.
//!
//! Walks over framing only; nothing of a key or value is copied.

use super::batch::{BatchHeader, HEADER_LEN};
use super::compression::{Codec, Inflate, Scratch};
use super::error::RecordsError;
use super::source::{SliceSource, Source, read_record};

/// A record's place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampAndOffset {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// The record's offset.
    pub offset: i64,
}

/// The first record of `batch`, in offset order, that lies at or after `start_offset` and is stamped `target` or later
/// (`FileRecords.searchForTimestamp`). At most `cap` bytes are unpacked.
///
/// # Errors
/// Where the bytes are not a batch, or unpack to more than `cap`.
pub fn first_at_or_after(
    batch: &[u8],
    target: i64,
    start_offset: i64,
    cap: u64,
    scratch: &mut Scratch,
) -> Result<Option<TimestampAndOffset>, RecordsError> {
    find(
        batch,
        cap,
        scratch,
        |header| header.max_timestamp >= target,
        |found| found.timestamp >= target && found.offset >= start_offset,
    )
}

/// The first record of `batch` whose timestamp is the batch's largest (`RecordBatch.offsetOfMaxTimestamp`, KIP-734);
/// none in an empty batch, or where no record has that timestamp. At most `cap` bytes are unpacked.
///
/// # Errors
/// Where the bytes are not a batch, or unpack to more than `cap`.
pub fn first_of_max_timestamp(
    batch: &[u8],
    cap: u64,
    scratch: &mut Scratch,
) -> Result<Option<TimestampAndOffset>, RecordsError> {
    let max = BatchHeader::parse(batch).ok_or(RecordsError::Malformed)?.max_timestamp;
    find(batch, cap, scratch, |_| true, |found| found.timestamp == max)
}

fn find(
    batch: &[u8],
    cap: u64,
    scratch: &mut Scratch,
    worth_it: impl FnOnce(&BatchHeader) -> bool,
    is_it: impl Fn(TimestampAndOffset) -> bool,
) -> Result<Option<TimestampAndOffset>, RecordsError> {
    let header = BatchHeader::parse(batch).ok_or(RecordsError::Malformed)?;
    let payload = batch.get(HEADER_LEN..).ok_or(RecordsError::Malformed)?;
    if header.record_count <= 0 || !worth_it(&header) {
        return Ok(None);
    }
    let codec = header.codec().ok_or(RecordsError::Malformed)?;
    if codec == Codec::None {
        return walk(&mut SliceSource::new(payload), &header, is_it);
    }
    walk(
        &mut Inflate::new(codec, payload, header.magic, cap, &mut scratch.inflate)?,
        &header,
        is_it,
    )
}

fn walk<S: Source>(
    source: &mut S,
    header: &BatchHeader,
    is_it: impl Fn(TimestampAndOffset) -> bool,
) -> Result<Option<TimestampAndOffset>, RecordsError> {
    for _ in 0..header.record_count {
        let frame = read_record(source)?;
        let found = TimestampAndOffset {
            timestamp: header.timestamp_of(frame.timestamp_delta),
            offset: header.base_offset.wrapping_add(i64::from(frame.offset_delta)),
        };
        if is_it(found) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
