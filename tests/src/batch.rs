//! Batches for cases: good ones, and ones forged field by field.

use bytes::{Bytes, BytesMut};
use logboat_core::record::{
    BatchBuilder, BatchHeader, Batches, Codec, HEADER_LEN, Records, Scratch,
};

/// An uncompressed batch of these values without keys, all stamped `timestamp`.
#[must_use]
pub fn batch(timestamp: i64, values: &[&str]) -> BytesMut {
    packed(Codec::None, timestamp, values)
}

/// The same, packed.
#[must_use]
pub fn packed(codec: Codec, timestamp: i64, values: &[&str]) -> BytesMut {
    let mut builder = BatchBuilder::new(codec);
    for value in values {
        builder.append(timestamp, None, Some(value.as_bytes()), &[]);
    }
    build(builder)
}

/// One uncompressed record for each timestamp.
#[must_use]
pub fn stamped(timestamps: &[i64]) -> BytesMut {
    let mut builder = BatchBuilder::new(Codec::None);
    for timestamp in timestamps {
        builder.append(*timestamp, None, Some(b"v"), &[]);
    }
    build(builder)
}

/// A batch of an idempotent producer: `count` records from `sequence` on.
#[must_use]
pub fn sequenced(timestamp: i64, producer: (i64, i16), sequence: i32, count: usize) -> BytesMut {
    let mut builder = BatchBuilder::new(Codec::None).producer(producer.0, producer.1, sequence);
    for _ in 0..count {
        builder.append(timestamp, None, Some(b"v"), &[]);
    }
    build(builder)
}

/// Finishes a batch.
///
/// # Panics
/// Where it is too large to be one.
#[must_use]
pub fn build(builder: BatchBuilder) -> BytesMut {
    builder.build(&mut Scratch::default()).expect("a batch that can be built")
}

/// Changes header fields and computes length and CRC anew.
///
/// # Panics
/// Where `batch` is no batch.
#[must_use]
pub fn forged(mut batch: BytesMut, change: impl FnOnce(&mut BatchHeader)) -> BytesMut {
    let mut header = BatchHeader::parse(&batch).expect("a batch");
    change(&mut header);
    header.seal(&mut batch);
    batch
}

/// Computes the CRC anew after bytes were changed by hand.
#[must_use]
pub fn sealed(batch: BytesMut) -> BytesMut {
    forged(batch, |_| {})
}

/// A sealed batch whose records, as many as `count` claims, are these bytes, packed already where `codec` says so.
#[must_use]
pub fn raw(timestamp: i64, codec: Codec, count: i32, records: &[u8]) -> BytesMut {
    let mut batch = BytesMut::zeroed(HEADER_LEN);
    batch.extend_from_slice(records);
    let mut header = BatchHeader {
        base_timestamp: timestamp,
        max_timestamp: timestamp,
        record_count: count,
        last_offset_delta: count.wrapping_sub(1),
        ..BatchHeader::default()
    };
    header.set_codec(codec);
    header.seal(&mut batch);
    batch
}

/// A zigzag varint.
#[must_use]
pub fn varint(value: i32) -> Vec<u8> {
    let mut rest = (value.cast_unsigned() << 1) ^ (value >> 31).cast_unsigned();
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// A record of these parts, its length before it.
#[must_use]
pub fn record(offset_delta: i32, parts: &[&[u8]]) -> Vec<u8> {
    let mut body = vec![0];
    body.extend(varint(0));
    body.extend(varint(offset_delta));
    body.extend(parts.concat());
    [varint(i32::try_from(body.len()).expect("short")), body].concat()
}

/// A record as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Offset.
    pub offset: i64,
    /// Timestamp in ms.
    pub timestamp: i64,
    /// Key.
    pub key: Option<Bytes>,
    /// Value.
    pub value: Option<Bytes>,
}

/// Headers of whole v2 batches, one after another; a cut last one is left out, as every client does.
#[must_use]
pub fn headers(bytes: &[u8]) -> Vec<BatchHeader> {
    Batches::new(bytes).map(|(header, _)| header).collect()
}

/// Records of whole v2 batches, control batches left out.
///
/// # Panics
/// Where a batch is broken.
#[must_use]
pub fn records(bytes: &[u8]) -> Vec<Fetched> {
    let mut scratch = Scratch::default();
    let mut all = Vec::new();
    for (header, batch) in Batches::new(bytes) {
        let mut records =
            Records::new(batch, u64::MAX, &mut scratch).expect("a fetched batch is whole");
        if header.is_control() {
            continue;
        }
        while let Some(record) = records.next().expect("a fetched record is whole") {
            all.push(Fetched {
                offset: record.offset,
                timestamp: record.timestamp,
                key: record.key.map(Bytes::copy_from_slice),
                value: record.value.map(Bytes::copy_from_slice),
            });
        }
    }
    all
}
