//! The checks on what a Produce carries, one test per rule: BEHAVIOURS «Produce» and the hostile batches.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

use bytes::BytesMut;
use logboat_core::record::batch::{BatchHeader, HEADER_LEN, TimestampType};
use logboat_core::record::checksum::batch_crc;
use logboat_core::record::error::{BatchError, ErrorCode};
use logboat_core::record::{
    BatchBuilder, Codec, CompressionTarget, Header, Records, Scratch, ValidBatch, ValidationRules,
    validate,
};
use logboat_core::time::UnixMillis;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

fn builder(codec: Codec, count: usize) -> BatchBuilder {
    let mut builder = BatchBuilder::new(codec);
    for i in 0..count {
        let value = format!("value {i} {}", "x".repeat(i % 300));
        let header = [Header { key: b"h", value: Some(b"1") }, Header { key: b"n", value: None }];
        let key = (i % 3 != 0).then_some(&b"key"[..]);
        builder.append(NOW.0 - 1000 + i as i64, key, Some(value.as_bytes()), &header[..i % 3]);
    }
    builder
}

fn batch(codec: Codec, count: usize) -> BytesMut {
    builder(codec, count).build(&mut Scratch::default()).unwrap()
}

fn check(records: &[u8]) -> Result<ValidBatch, BatchError> {
    check_with(9, records, &ValidationRules::default())
}

fn check_with(
    version: i16,
    records: &[u8],
    rules: &ValidationRules,
) -> Result<ValidBatch, BatchError> {
    validate(NOW, version, BytesMut::from(records), rules, &mut Scratch::default())
}

fn code(records: &[u8]) -> Option<ErrorCode> {
    check(records).err().map(|error| error.code)
}

/// The batch with its header changed and the checksum made right again.
fn with_header(batch: &[u8], change: impl FnOnce(&mut BatchHeader)) -> BytesMut {
    let mut bytes = BytesMut::from(batch);
    let mut header = BatchHeader::parse(batch).unwrap();
    change(&mut header);
    bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
    header.crc = batch_crc(&bytes);
    bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
    bytes
}

/// A batch whose records are exactly these bytes.
fn with_payload(payload: &[u8], count: i32, codec: Codec) -> BytesMut {
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

type Plain = (i64, i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(Vec<u8>, Option<Vec<u8>>)>);

fn plain(batch: &[u8]) -> Vec<Plain> {
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

#[test]
fn a_good_batch_is_kept_byte_for_byte_in_every_codec() {
    for codec in CODECS {
        for count in [1, 2, 100, 3000] {
            let sent = batch(codec, count);
            let valid = check(&sent).unwrap_or_else(|e| panic!("{codec:?} {count}: {e}"));
            assert_eq!(valid.bytes, sent, "{codec:?} {count}");
            assert_eq!(valid.header, BatchHeader::parse(&sent).unwrap());
            assert_eq!(valid.log_append_time, -1);
        }
    }
}

#[test]
fn every_codec_reads_back_what_was_written() {
    let expected = plain(&batch(Codec::None, 3000));
    assert_eq!(expected.len(), 3000);
    assert_eq!(expected[5].4, [(b"h".to_vec(), Some(b"1".to_vec())), (b"n".to_vec(), None)]);
    for codec in CODECS {
        assert!(plain(&batch(codec, 3000)) == expected, "{codec:?}");
    }
}

#[test]
fn records_larger_than_any_chunk_are_read() {
    // Incompressible enough to span chunks of every codec.
    let mut state = 1u32;
    let value: Vec<u8> = (0..3_000_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 28) as u8
        })
        .collect();
    let rules = ValidationRules { max_message_bytes: 10_000_000, ..ValidationRules::default() };
    for codec in CODECS {
        let mut builder = BatchBuilder::new(codec);
        builder.append(NOW.0, Some(b"k"), Some(&value), &[]);
        builder.append(NOW.0, None, Some(b"end"), &[]);
        let sent = builder.build(&mut Scratch::default()).unwrap();
        let valid = check_with(9, &sent, &rules).unwrap_or_else(|e| panic!("{codec:?}: {e}"));
        let records = plain(&valid.bytes);
        assert!(records[0].3.as_ref().unwrap() == &value, "{codec:?}");
        assert_eq!(records[1].3.as_deref(), Some(&b"end"[..]));
    }
}

#[test]
fn bad_input_35_a_wrong_checksum() {
    let mut sent = batch(Codec::None, 3);
    *sent.last_mut().unwrap() ^= 1;
    assert_eq!(code(&sent), Some(ErrorCode::CORRUPT_MESSAGE));
}

#[test]
fn bad_input_37_an_unknown_magic() {
    for magic in [3, 127, -1] {
        let sent = with_header(&batch(Codec::None, 3), |header| header.magic = magic);
        assert_eq!(code(&sent), Some(ErrorCode::CORRUPT_MESSAGE), "{magic}");
    }
}

#[test]
fn bad_input_38_a_batch_that_is_cut_or_claims_more() {
    let sent = batch(Codec::None, 3);
    for len in 0..sent.len() {
        assert_eq!(code(&sent[..len]), Some(ErrorCode::INVALID_RECORD), "{len}");
    }
    for length in [sent.len() as i32 - 11, i32::MAX, i32::MAX - 12, 1 << 30] {
        let sent = with_header(&sent, |header| header.batch_length = length);
        assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD), "{length}");
    }
}

#[test]
fn bad_input_39_a_length_below_that_of_a_header() {
    for length in [48, 14, 13, 0, -1, i32::MIN] {
        let mut sent = with_header(&batch(Codec::None, 3), |header| header.batch_length = length);
        sent.truncate(usize::try_from(length + 12).unwrap_or(100).max(30));
        assert_eq!(code(&sent), Some(ErrorCode::CORRUPT_MESSAGE), "{length}");
    }
}

#[test]
fn bad_input_40_and_41_counts_that_lie() {
    for codec in CODECS {
        let sent = batch(codec, 3);
        for (count, delta) in
            [(4, 3), (2, 1), (0, -1), (-1, -2), (i32::MAX, i32::MAX - 1), (i32::MIN, i32::MAX)]
        {
            let sent =
                with_header(&sent, |h| (h.record_count, h.last_offset_delta) = (count, delta));
            assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD), "{codec:?} {count}");
        }
        for delta in [1, 3, -1, 0, i32::MAX, i32::MIN] {
            let sent = with_header(&sent, |h| h.last_offset_delta = delta);
            assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD), "{codec:?} {delta}");
        }
    }
}

#[test]
fn bad_input_42_a_base_offset() {
    for offset in [1, 1_000_000_000_000_000, i64::MAX, -1, i64::MIN] {
        let sent = with_header(&batch(Codec::None, 3), |h| h.base_offset = offset);
        assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD), "{offset}");
    }
}

#[test]
fn bad_input_43_a_control_batch() {
    let sent = with_header(&batch(Codec::None, 3), BatchHeader::set_control);
    assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD));
}

#[test]
fn bad_input_45_a_producer_without_sequence_or_epoch() {
    for (id, epoch, sequence, ok) in [
        (7, 0, 0, true),
        (7, 0, -1, false),
        (7, -1, 0, false),
        (-1, -1, -1, true),
        (0, 0, i32::MAX, true),
    ] {
        let sent = with_header(&batch(Codec::None, 3), |h| {
            (h.producer_id, h.producer_epoch, h.base_sequence) = (id, epoch, sequence)
        });
        assert_eq!(
            code(&sent),
            (!ok).then_some(ErrorCode::INVALID_RECORD),
            "{id} {epoch} {sequence}"
        );
    }
    let sent = with_header(&batch(Codec::None, 3), BatchHeader::set_transactional);
    assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD));
}

#[test]
fn bad_input_49_and_50_unknown_and_broken_codecs() {
    for id in 5..8 {
        let sent = with_header(&batch(Codec::None, 3), |h| h.attributes = id);
        assert_eq!(code(&sent), Some(ErrorCode::INVALID_RECORD), "{id}");
    }
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        // Plain records under a codec's number, nothing, and garbage.
        for payload in [
            &batch(Codec::None, 3)[HEADER_LEN..],
            b"",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(
                code(&with_payload(payload, 3, codec)),
                Some(ErrorCode::INVALID_RECORD),
                "{codec:?}"
            );
        }
        // Every way of cutting a good stream, and a byte too many.
        let good = &batch(codec, 40)[HEADER_LEN..];
        for len in 0..good.len() {
            assert_eq!(
                code(&with_payload(&good[..len], 40, codec)),
                Some(ErrorCode::INVALID_RECORD),
                "{codec:?} {len}"
            );
        }
        let longer = [good, b"\0"].concat();
        assert_eq!(
            code(&with_payload(&longer, 40, codec)),
            Some(ErrorCode::INVALID_RECORD),
            "{codec:?}"
        );
    }
}

#[test]
fn bad_input_51_a_bomb_ends_at_the_cap() {
    // 64 MiB and a bit of zeros.
    let value = vec![0; (64 << 20) + 100_000];
    for codec in [Codec::Gzip, Codec::Lz4, Codec::Zstd] {
        let mut builder = BatchBuilder::new(codec);
        builder.append(NOW.0, None, Some(&value), &[]);
        let sent = builder.build(&mut Scratch::default()).unwrap();
        assert!(sent.len() < 1 << 20, "{codec:?} {}", sent.len());
        assert_eq!(code(&sent), Some(ErrorCode::MESSAGE_TOO_LARGE), "{codec:?}");
    }
}

#[test]
fn bad_input_52_and_53_headers_that_claim_gigabytes() {
    let snappy = |bytes: &[u8]| with_payload(bytes, 1, Codec::Snappy);
    // 2^32 - 1 bytes out of five; a chunk of 2^31 - 1; a negative chunk (CVE-2023-34455).
    assert_eq!(code(&snappy(b"\xff\xff\xff\xff\x0f")), Some(ErrorCode::INVALID_RECORD));
    for chunk in [b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff\xff\xff\xff"] {
        let bytes = [&b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01"[..], chunk, b"abc"].concat();
        assert_eq!(code(&snappy(&bytes)), Some(ErrorCode::INVALID_RECORD));
    }
    // zstd: a window of 2^41, one segment of 2^62 bytes.
    let window = b"\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00";
    assert_eq!(code(&with_payload(window, 1, Codec::Zstd)), Some(ErrorCode::INVALID_RECORD));
    let segment = b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x40\x01\x00\x00";
    assert_eq!(code(&with_payload(segment, 1, Codec::Zstd)), Some(ErrorCode::INVALID_RECORD));
    // lz4: content of 2^62 bytes, with the header's checksum right.
    let descriptor = b"\x68\x70\0\0\0\0\0\0\0\x40";
    let checksum = (twox_hash::XxHash32::oneshot(0, descriptor) >> 8) as u8;
    let frame = [&b"\x04\x22\x4d\x18"[..], descriptor, &[checksum], b"\0\0\0\0"].concat();
    assert_eq!(code(&with_payload(&frame, 1, Codec::Lz4)), Some(ErrorCode::INVALID_RECORD));
}

#[test]
fn bad_input_54_zstd_before_version_7() {
    let sent = batch(Codec::Zstd, 3);
    for version in 0..7 {
        let error = check_with(version, &sent, &ValidationRules::default()).unwrap_err();
        assert_eq!(error.code, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE, "{version}");
    }
    assert!(check_with(7, &sent, &ValidationRules::default()).is_ok());
}

#[test]
fn bad_input_55_to_57_records_whose_lengths_lie() {
    // A record of 7 bytes: attributes, timestamp, offset, null key, value of 1 byte, no headers.
    assert_eq!(code(&with_payload(b"\x0e\0\0\0\x01\x02v\0", 1, Codec::None)), None);
    let bad: [&[u8]; 18] = [
        b"\x09\0\0\0\x01\x02v\0",                                       // length -5
        b"\xfe\xff\xff\xff\x0f\0\0\0\x01\x02v\0",                       // length 2^31 - 1
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\0",                // a varint of ten bytes
        b"\x0c\0\0\0\x01\x02v\0",                                       // one byte too few
        b"\x10\0\0\0\x01\x02v\0",                                       // one byte too many
        b"\x10\0\0\0\x01\x02v\0\0", // a byte after the record's fields
        b"\x0e\0\0\0\x01\x02v\0\0", // a byte after the last record
        b"\x0e\0\0\x02\x01\x02v\0", // offset delta 1 for the first
        b"\x0e\0\0\0\x03\x02v\0",   // key length -2
        b"\x0e\0\0\0\x7e\x02v\0",   // key of 63 bytes
        b"\x0e\0\0\0\x01\x7ev\0",   // value of 63 bytes
        b"\x16\0\0\0\x01\xfe\xff\xff\xff\x0fv\0", // value of 2^31 - 1 bytes
        b"\x0e\0\0\0\x01\x02v\x01", // header count -1
        b"\x0e\0\0\0\x01\x02v\x02", // one header and none there
        b"\x16\0\0\0\x01\x02v\xfe\xff\xff\xff\x0f", // 2^31 - 1 headers
        b"\x12\0\0\0\x01\x02v\x02\x01\0", // a header with a null key
        b"\x12\0\0\0\x01\x02v\x02\0\x05", // a header value of -3 bytes
        b"\x20\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\0\x01\x02v\0", // a timestamp of 65 bits
    ];
    for (i, payload) in bad.iter().enumerate() {
        assert_eq!(
            code(&with_payload(payload, 1, Codec::None)),
            Some(ErrorCode::INVALID_RECORD),
            "{i}"
        );
    }
}

#[test]
fn bad_input_58_no_records() {
    assert_eq!(code(b""), Some(ErrorCode::INVALID_RECORD));
    let empty = BatchBuilder::new(Codec::None).build(&mut Scratch::default()).unwrap();
    assert_eq!(code(&empty), Some(ErrorCode::INVALID_RECORD));
}

#[test]
fn bad_input_59_and_60_two_batches() {
    let good = batch(Codec::None, 3);
    assert_eq!(code(&[&good[..], &good[..]].concat()), Some(ErrorCode::INVALID_RECORD));
    let mut corrupt = good.clone();
    corrupt[16] = 9;
    assert_eq!(code(&[&good[..], &corrupt[..]].concat()), Some(ErrorCode::CORRUPT_MESSAGE));
    // The start of another batch is dropped, as in Kafka.
    let valid = check(&[&good[..], &good[..40]].concat()).unwrap();
    assert_eq!(valid.bytes, good);
}

#[test]
fn bad_input_61_and_behaviour_14_sizes() {
    let sent = batch(Codec::None, 100);
    let size = sent.len() as u32;
    let rules = |max, segment| ValidationRules {
        max_message_bytes: max,
        segment_bytes: segment,
        ..ValidationRules::default()
    };
    assert!(check_with(9, &sent, &rules(size, size)).is_ok());
    assert_eq!(
        check_with(9, &sent, &rules(size - 1, size)).unwrap_err().code,
        ErrorCode::MESSAGE_TOO_LARGE
    );
    assert_eq!(
        check_with(9, &sent, &rules(size, size - 1)).unwrap_err().code,
        ErrorCode::RECORD_LIST_TOO_LARGE
    );
    // As sent: packed it fits, unpacked by the topic it does not.
    let packed = batch(Codec::Zstd, 100);
    let unpack = ValidationRules {
        compression: CompressionTarget::Codec(Codec::None),
        ..rules(size - 1, size)
    };
    assert_eq!(check_with(9, &packed, &unpack).unwrap_err().code, ErrorCode::MESSAGE_TOO_LARGE);
}

#[test]
fn behaviour_16_a_compacted_topic_takes_no_null_key() {
    let rules = ValidationRules { compacted: true, ..ValidationRules::default() };
    for codec in CODECS {
        let error = check_with(9, &batch(codec, 7), &rules).unwrap_err();
        assert_eq!(error.code, ErrorCode::INVALID_RECORD);
        assert!(error.message.is_some());
        assert_eq!(error.record_errors.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [0, 3, 6]);
    }
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(NOW.0, Some(b""), None, &[]);
    assert!(check_with(9, &builder.build(&mut Scratch::default()).unwrap(), &rules).is_ok());
}

#[test]
fn behaviour_17_timestamps_out_of_range() {
    let rules = ValidationRules { timestamp_before_max_ms: 5000, ..ValidationRules::default() };
    let hour = 3_600_000;
    for (timestamp, ok) in [
        (NOW.0, true),
        (NOW.0 - 5000, true),
        (NOW.0 - 5001, false),
        (NOW.0 + hour, true),
        (NOW.0 + hour + 1, false),
        (64_060_588_800_000, false),
        (i64::MAX, false),
        (-1, true),
        (-2, false),
    ] {
        for codec in [Codec::None, Codec::Lz4] {
            let mut builder = BatchBuilder::new(codec);
            builder.append(NOW.0, None, None, &[]);
            builder.append(timestamp, None, None, &[]);
            let result = check_with(9, &builder.build(&mut Scratch::default()).unwrap(), &rules);
            match result {
                Ok(_) => assert!(ok, "{timestamp}"),
                Err(error) => {
                    assert!(!ok, "{timestamp} {error}");
                    assert_eq!(error.code, ErrorCode::INVALID_TIMESTAMP);
                    assert_eq!(error.record_errors.len(), 1);
                    assert_eq!(error.record_errors[0].0, 1);
                }
            }
        }
    }
    // Without a bound a negative stamp is stored.
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(-7, None, None, &[]);
    let sent = builder.build(&mut Scratch::default()).unwrap();
    let valid = check(&sent).unwrap();
    assert_eq!((valid.header.base_timestamp, valid.header.max_timestamp), (-7, -1));
    // A missing key and a wrong stamp: the stamp's code.
    let rules = ValidationRules { compacted: true, ..rules };
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(NOW.0, None, None, &[]);
    builder.append(0, Some(b"k"), None, &[]);
    let error =
        check_with(9, &builder.build(&mut Scratch::default()).unwrap(), &rules).unwrap_err();
    assert_eq!((error.code, error.record_errors.len()), (ErrorCode::INVALID_TIMESTAMP, 2));
}

#[test]
fn behaviour_17_a_producer_that_sets_log_append_time() {
    let stamped = |time| {
        let mut builder = BatchBuilder::new(Codec::None).log_append_time(time);
        builder.append(NOW.0 - 3, None, None, &[]);
        builder.append(NOW.0 - 2, None, None, &[]);
        builder.build(&mut Scratch::default()).unwrap()
    };
    let append_time = ValidationRules {
        timestamp_type: TimestampType::LogAppendTime,
        ..ValidationRules::default()
    };
    assert_eq!(
        check_with(9, &stamped(NOW.0), &append_time).unwrap_err().code,
        ErrorCode::INVALID_TIMESTAMP
    );
    assert_eq!(check(&stamped(-1)).unwrap_err().code, ErrorCode::INVALID_TIMESTAMP);
    let valid = check(&stamped(NOW.0)).unwrap();
    assert_eq!(valid.header.timestamp_type(), TimestampType::CreateTime);
    assert_eq!(valid.header.max_timestamp, NOW.0 - 2);
    assert_eq!(valid.header.crc, batch_crc(&valid.bytes));
    assert_eq!(BatchHeader::parse(&valid.bytes).unwrap(), valid.header);
}

#[test]
fn behaviour_18_log_append_time_changes_two_fields_only() {
    let rules = ValidationRules {
        timestamp_type: TimestampType::LogAppendTime,
        ..ValidationRules::default()
    };
    for codec in CODECS {
        let sent = batch(codec, 50);
        let valid = check_with(9, &sent, &rules).unwrap();
        assert_eq!(valid.log_append_time, NOW.0);
        assert_eq!(valid.header.max_timestamp, NOW.0);
        assert_eq!(valid.header.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(valid.bytes[HEADER_LEN..], sent[HEADER_LEN..]);
        let back = with_header(&valid.bytes, |h| {
            h.set_timestamp_type(TimestampType::CreateTime);
            h.max_timestamp = NOW.0 - 1000 + 49;
        });
        assert_eq!(back, sent);
        assert!(plain(&valid.bytes).iter().all(|record| record.1 == NOW.0));
    }
}

#[test]
fn wire_trap_14_the_largest_timestamp_is_worked_out() {
    for codec in CODECS {
        let right = batch(codec, 20);
        for wrong in [0, -1, NOW.0 + 9, i64::MAX] {
            let sent = with_header(&right, |h| h.max_timestamp = wrong);
            assert_eq!(check(&sent).unwrap().bytes, right, "{codec:?} {wrong}");
        }
    }
}

#[test]
fn behaviour_23_the_topics_codec_wins() {
    let expected = plain(&batch(Codec::None, 500));
    for from in CODECS {
        for to in CODECS {
            let mut sent = builder(from, 500)
                .producer(7, 3, 11)
                .transactional()
                .build(&mut Scratch::default())
                .unwrap();
            let rules = ValidationRules {
                compression: CompressionTarget::Codec(to),
                ..ValidationRules::default()
            };
            let valid = check_with(9, &sent, &rules).unwrap();
            assert_eq!(valid.header.codec(), Some(to));
            assert_eq!(valid.bytes == sent, from == to, "{from:?} {to:?}");
            assert!(plain(&valid.bytes) == expected, "{from:?} {to:?}");
            assert_eq!(valid.header.crc, batch_crc(&valid.bytes));
            assert_eq!(BatchHeader::parse(&valid.bytes).unwrap(), valid.header);
            // Everything but codec, length and checksum is the producer's.
            let mut header = valid.header;
            header.set_codec(from);
            let sent_header = BatchHeader::parse(&sent).unwrap();
            (header.batch_length, header.crc) = (sent_header.batch_length, sent_header.crc);
            assert_eq!(header, sent_header);
            // And again it is a good batch.
            sent = valid.bytes;
            assert_eq!(check(&sent).unwrap().bytes, sent);
        }
    }
}

#[test]
fn trusting_skips_the_walk_and_nothing_else() {
    let rules = ValidationRules { trust_producers: true, ..ValidationRules::default() };
    let lies = with_payload(b"nothing like a record", 1, Codec::None);
    assert_eq!(check_with(9, &lies, &rules).unwrap().bytes, lies);
    assert_eq!(code(&lies), Some(ErrorCode::INVALID_RECORD));
    let mut corrupt = lies.clone();
    *corrupt.last_mut().unwrap() ^= 1;
    assert_eq!(check_with(9, &corrupt, &rules).unwrap_err().code, ErrorCode::CORRUPT_MESSAGE);
}

#[test]
fn record_errors_are_bounded() {
    let mut builder = BatchBuilder::new(Codec::Zstd);
    (0..5000).for_each(|_| builder.append(NOW.0, None, None, &[]));
    let rules = ValidationRules { compacted: true, ..ValidationRules::default() };
    let error =
        check_with(9, &builder.build(&mut Scratch::default()).unwrap(), &rules).unwrap_err();
    assert_eq!(error.record_errors.len(), validate::MAX_RECORD_ERRORS);
}
