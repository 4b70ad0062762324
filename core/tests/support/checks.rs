//! What the tests of the checks share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails where it cannot go on"
)]

use bytes::BytesMut;
use logboat_core::record::batch::{BatchHeader, HEADER_LEN};
use logboat_core::record::checksum::batch_crc;
use logboat_core::record::error::{BatchError, ErrorCode};
use logboat_core::record::{
    BatchBuilder, Codec, Header, Records, Scratch, ValidBatch, ValidationRules, validate,
};
use logboat_core::time::UnixMillis;

pub(crate) const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
pub(crate) const CODECS: [Codec; 5] =
    [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

pub(crate) fn builder(codec: Codec, count: usize) -> BatchBuilder {
    let mut builder = BatchBuilder::new(codec);
    for i in 0..count {
        let value = format!("value {i} {}", "x".repeat(i % 300));
        let header = [Header { key: b"h", value: Some(b"1") }, Header { key: b"n", value: None }];
        let key = (i % 3 != 0).then_some(&b"key"[..]);
        builder.append(NOW.0 - 1000 + i as i64, key, Some(value.as_bytes()), &header[..i % 3]);
    }
    builder
}

pub(crate) fn batch(codec: Codec, count: usize) -> BytesMut {
    builder(codec, count).build(&mut Scratch::default()).unwrap()
}

pub(crate) fn check(records: &[u8]) -> Result<ValidBatch, BatchError> {
    check_with(9, records, &ValidationRules::default())
}

pub(crate) fn check_with(
    version: i16,
    records: &[u8],
    rules: &ValidationRules,
) -> Result<ValidBatch, BatchError> {
    validate(NOW, version, BytesMut::from(records), rules, &mut Scratch::default())
}

pub(crate) fn code(records: &[u8]) -> Option<ErrorCode> {
    check(records).err().map(|error| error.code)
}

/// The batch with its header changed and the checksum made right again.
pub(crate) fn with_header(batch: &[u8], change: impl FnOnce(&mut BatchHeader)) -> BytesMut {
    let mut bytes = BytesMut::from(batch);
    let mut header = BatchHeader::parse(batch).unwrap();
    change(&mut header);
    bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
    header.crc = batch_crc(&bytes);
    bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
    bytes
}

/// A batch whose records are exactly these bytes.
pub(crate) fn with_payload(payload: &[u8], count: i32, codec: Codec) -> BytesMut {
    let mut bytes = BytesMut::zeroed(HEADER_LEN);
    bytes.extend_from_slice(payload);
    let mut header = BatchHeader {
        record_count: count,
        last_offset_delta: count - 1,
        base_timestamp: NOW.0,
        max_timestamp: NOW.0,
        ..BatchHeader::default()
    };
    header.set_codec(codec);
    header.seal(&mut bytes);
    bytes
}

pub(crate) type Plain =
    (i64, i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(Vec<u8>, Option<Vec<u8>>)>);

pub(crate) fn plain(batch: &[u8]) -> Vec<Plain> {
    let mut scratch = Scratch::default();
    let mut records = Records::new(batch, u64::MAX, &mut scratch).unwrap();
    let mut out = Vec::new();
    while let Some(record) = records.next().unwrap() {
        let headers =
            record.headers.map(|h| (h.key.to_vec(), h.value.map(<[u8]>::to_vec))).collect();
        out.push((
            record.offset,
            record.timestamp,
            record.key.map(<[u8]>::to_vec),
            record.value.map(<[u8]>::to_vec),
            headers,
        ));
    }
    out
}
