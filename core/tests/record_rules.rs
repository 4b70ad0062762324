//! What a topic's rules make of good batches: BEHAVIOURS «Produce», rows 14 to 18 and 23.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/checks.rs"]
mod checks;

use checks::*;
use logboat_core::record::batch::{BatchHeader, HEADER_LEN, TimestampType};
use logboat_core::record::checksum::batch_crc;
use logboat_core::record::error::ErrorCode;
use logboat_core::record::{
    BatchBuilder, Codec, CompressionTarget, Scratch, ValidationRules, validate,
};

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
