//! The checks on what a Produce carries: each row of the hostile batches (35 to 62).
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/checks.rs"]
mod checks;

use checks::*;
use logboat_core::record::batch::{BatchHeader, HEADER_LEN};
use logboat_core::record::error::ErrorCode;
use logboat_core::record::{BatchBuilder, Codec, CompressionTarget, Scratch, ValidationRules};

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
