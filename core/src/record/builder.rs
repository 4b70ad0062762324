//! Making v2 batches (`MemoryRecordsBuilder`, `DefaultRecordBatch.writeHeader`): for the coordinators' own records,
//! transaction markers, our client, and tests.
//!
//! Nothing here may be fed from the wire without a limit: the builder holds what it is given.

use super::batch::{BatchHeader, HEADER_LEN, TimestampType};
use super::compression::{Codec, CompressOptions, OnePiece, Scratch, compress};
use super::error::RecordsError;
use super::records::Header;
use super::varint::{put_varint, put_varlong, varint_len, varlong_len};
use alloc::vec::Vec;
use bytes::BytesMut;

/// A v2 batch in the making. Offsets count up from the base offset, unless a record is given its own.
///
/// ```
/// use logboat_core::record::{BatchBuilder, Codec, Records, Scratch};
/// let mut scratch = Scratch::default();
/// let mut builder = BatchBuilder::new(Codec::Lz4);
/// builder.append(1_700_000_000_000, Some(b"key"), Some(b"value"), &[]);
/// let batch = builder.build(&mut scratch)?;
/// let mut records = Records::new(&batch, u64::MAX, &mut scratch)?;
/// assert_eq!(records.next()?.and_then(|record| record.key), Some(&b"key"[..]));
/// # Ok::<(), logboat_core::record::RecordsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    header: BatchHeader,
    codec: Codec,
    gzip_level: i32,
    records: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch, to be packed with `codec`.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { header: BatchHeader::default(), codec, gzip_level: 0, records: Vec::new() }
    }

    /// Sets the offset of the first record; 0 as long as it is not set, as a producer sends it.
    #[must_use]
    pub const fn base_offset(mut self, base_offset: i64) -> Self {
        self.header.base_offset = base_offset;
        self
    }

    /// Sets the leader epoch.
    #[must_use]
    pub const fn partition_leader_epoch(mut self, epoch: i32) -> Self {
        self.header.partition_leader_epoch = epoch;
        self
    }

    /// Sets the producer (KIP-98).
    #[must_use]
    pub const fn producer(mut self, id: i64, epoch: i16, base_sequence: i32) -> Self {
        self.header.producer_id = id;
        self.header.producer_epoch = epoch;
        self.header.base_sequence = base_sequence;
        self
    }

    /// Makes the batch part of a transaction.
    #[must_use]
    pub const fn transactional(mut self) -> Self {
        self.header.set_transactional();
        self
    }

    /// Makes the batch a control batch.
    #[must_use]
    pub const fn control(mut self) -> Self {
        self.header.set_control();
        self
    }

    /// Stamps the whole batch with the broker's time, in milliseconds.
    #[must_use]
    pub const fn log_append_time(mut self, now: i64) -> Self {
        self.header.set_timestamp_type(TimestampType::LogAppendTime);
        self.header.max_timestamp = now;
        self
    }

    /// Sets gzip's level, 1 to 9.
    #[must_use]
    pub const fn gzip_level(mut self, level: i32) -> Self {
        self.gzip_level = level;
        self
    }

    /// How many records there are.
    #[must_use]
    pub const fn record_count(&self) -> i32 {
        self.header.record_count
    }

    /// Bytes of the batch so far, before compression.
    #[must_use]
    pub fn size(&self) -> usize {
        HEADER_LEN + self.records.len()
    }

    /// Appends a record at the next offset, stamped `timestamp` milliseconds.
    pub fn append(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) {
        let offset = self.header.next_offset();
        self.append_at(offset, timestamp, key, value, headers);
    }

    /// Appends a record at `offset`, which must be greater than the last one's and less than 2^31 past the base: for
    /// compaction, which leaves gaps.
    pub fn append_at(
        &mut self,
        offset: i64,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) {
        if self.header.record_count == 0 {
            self.header.base_timestamp = timestamp;
        }
        self.header.record_count += 1;
        if self.header.timestamp_type() == TimestampType::CreateTime {
            self.header.max_timestamp = self.header.max_timestamp.max(timestamp);
        }
        let delta = i32::try_from(offset.wrapping_sub(self.header.base_offset)).unwrap_or(i32::MAX);
        debug_assert!(delta > self.header.last_offset_delta, "offsets grow");
        self.header.last_offset_delta = delta;
        let timestamp_delta = timestamp.wrapping_sub(self.header.base_timestamp);
        put_record(&mut self.records, timestamp_delta, delta, key, value, headers);
    }

    /// The batch as bytes, checksum and all. Without a record it is an empty batch, as compaction leaves them.
    ///
    /// # Errors
    /// [`RecordsError::TooLarge`] for more than a batch's length field can say.
    pub fn build(mut self, scratch: &mut Scratch) -> Result<BytesMut, RecordsError> {
        let mut batch = BytesMut::with_capacity(HEADER_LEN + self.records.len());
        batch.extend_from_slice(&[0; HEADER_LEN]);
        self.header.set_codec(self.codec);
        if self.header.record_count > 0 {
            let options = CompressOptions {
                codec: self.codec,
                gzip_level: self.gzip_level,
                broken_lz4_checksum: false,
                limit: i32::MAX as usize - HEADER_LEN,
            };
            compress(&mut OnePiece(&self.records), &mut batch, &options, scratch)?;
        }
        self.header.seal(&mut batch);
        Ok(batch)
    }
}

/// Appends one record as a v2 batch holds it (`DefaultRecord.writeTo`).
pub(super) fn put_record(
    out: &mut Vec<u8>,
    timestamp_delta: i64,
    offset_delta: i32,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[Header<'_>],
) {
    let nullable_len =
        |bytes: Option<&[u8]>| bytes.map_or(1, |bytes| varint_len(len_of(bytes)) + bytes.len());
    let headers_len: usize =
        headers.iter().map(|h| nullable_len(Some(h.key)) + nullable_len(h.value)).sum();
    let count = i32::try_from(headers.len()).unwrap_or(i32::MAX);
    let len = 1
        + varlong_len(timestamp_delta)
        + varint_len(offset_delta)
        + nullable_len(key)
        + nullable_len(value)
        + varint_len(count)
        + headers_len;
    put_varint(out, i32::try_from(len).unwrap_or(i32::MAX));
    out.push(0);
    put_varlong(out, timestamp_delta);
    put_varint(out, offset_delta);
    put_nullable(out, key);
    put_nullable(out, value);
    put_varint(out, count);
    for header in headers {
        put_nullable(out, Some(header.key));
        put_nullable(out, header.value);
    }
}

fn len_of(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}

fn put_nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            put_varint(out, len_of(bytes));
            out.extend_from_slice(bytes);
        }
        None => put_varint(out, -1),
    }
}
