//! Bytes that Kafka's own builder wrote (clients 2.5.0 and 4.3.1, made by `tests/oracle-records/run.sh`), read, checked
//! and converted.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/kafka.rs"]
mod kafka;

use bytes::BytesMut;
use kafka::*;
use logboat_core::record::batch::{Batches, TimestampType};
use logboat_core::record::legacy::{DownConversion, Progress};
use logboat_core::record::lookup::{first_at_or_after, first_of_max_timestamp};
use logboat_core::record::{
    BatchBuilder, Codec, CompressionTarget, Scratch, ValidationRules, validate,
};

#[test]
fn batches_of_kafka_are_kept_as_they_are() {
    let mut seen = 0;
    for fixture in fixtures().iter().filter(|f| f.magic == 2 && f.shape != "append-time") {
        let sent = BytesMut::from(&fixture.bytes[..]);
        let valid = validate(NOW, 9, sent, &ValidationRules::default(), &mut Scratch::default())
            .unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
        assert_eq!(valid.bytes, fixture.bytes, "{}", fixture.name);
        assert_eq!(valid.header.codec(), Some(fixture.codec));
        assert_records(&fixture.name, &valid.bytes, fixture.count, 2, 0, None);
        if fixture.shape == "idempotent" {
            assert_eq!((valid.header.producer_id, valid.header.producer_epoch), (4000, 2));
            assert_eq!((valid.header.base_sequence, valid.header.last_sequence()), (77, 79));
        }
        assert_eq!(valid.header.is_transactional(), fixture.shape == "transactional");
        seen += 1;
    }
    assert_eq!(seen, 2 * 4 * 5 + 4, "every codec of both releases");
}

#[test]
fn an_uncompressed_batch_of_ours_is_kafkas_byte_for_byte() {
    for fixture in fixtures().iter().filter(|f| f.magic == 2 && f.codec == Codec::None) {
        let mut builder = BatchBuilder::new(Codec::None);
        match fixture.shape.as_str() {
            "append-time" => builder = builder.log_append_time(T + 5555),
            "idempotent" => builder = builder.producer(4000, 2, 77),
            "transactional" => builder = builder.producer(4000, 2, 0).transactional(),
            _ => {}
        }
        assert_eq!(ours(builder, fixture.count), fixture.bytes, "{}", fixture.name);
    }
}

#[test]
fn message_sets_become_one_batch() {
    let mut seen = 0;
    for fixture in fixtures().iter().filter(|f| f.magic < 2) {
        for target in [None, Some(Codec::None), Some(Codec::Zstd)] {
            let rules = ValidationRules {
                compression: target.map_or(CompressionTarget::Producer, CompressionTarget::Codec),
                ..ValidationRules::default()
            };
            let sent = BytesMut::from(&fixture.bytes[..]);
            let result = validate(NOW, 2, sent.clone(), &rules, &mut Scratch::default());
            let valid = result.unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
            let header = valid.header;
            assert_eq!(header.codec(), Some(target.unwrap_or(fixture.codec)), "{}", fixture.name);
            assert_eq!((header.base_offset, header.record_count), (0, fixture.count as i32));
            assert_eq!(
                (header.producer_id, header.producer_epoch, header.base_sequence),
                (-1, -1, -1)
            );
            assert_eq!(header.timestamp_type(), TimestampType::CreateTime);
            let append_time = (fixture.shape == "append-time").then_some(T + 5555);
            assert_records(
                &fixture.name,
                &valid.bytes,
                fixture.count,
                fixture.magic,
                0,
                append_time,
            );
            // What comes out is a batch that could have been sent.
            let again =
                validate(NOW, 9, valid.bytes.clone(), &rules, &mut Scratch::default()).unwrap();
            assert_eq!(again.bytes, valid.bytes, "{}", fixture.name);
            // Newer producers may not send it.
            let error = validate(NOW, 3, sent, &rules, &mut Scratch::default()).unwrap_err();
            assert_eq!(error.code.code(), 87);
        }
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn message_sets_with_log_append_time_of_the_topic() {
    let rules = ValidationRules {
        timestamp_type: TimestampType::LogAppendTime,
        ..ValidationRules::default()
    };
    for fixture in fixtures().iter().filter(|f| f.magic < 2) {
        let sent = BytesMut::from(&fixture.bytes[..]);
        let result = validate(NOW, 2, sent, &rules, &mut Scratch::default());
        if fixture.shape == "append-time" {
            assert_eq!(result.unwrap_err().code.code(), 32, "{}", fixture.name);
        } else {
            let valid = result.unwrap();
            assert_eq!(valid.log_append_time, NOW.0);
            assert_records(
                &fixture.name,
                &valid.bytes,
                fixture.count,
                fixture.magic,
                0,
                Some(NOW.0),
            );
        }
    }
}

#[test]
fn broken_message_sets_are_refused_and_nothing_panics() {
    for fixture in fixtures().iter().filter(|f| f.magic < 2 && f.count == 3) {
        for at in 0..fixture.bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut sent = BytesMut::from(&fixture.bytes[..]);
                sent[at] ^= flip;
                let result =
                    validate(NOW, 2, sent, &ValidationRules::default(), &mut Scratch::default());
                // Only the offset of a message is outside its checksum, and only that may change.
                if let Ok(valid) = result {
                    let append_time = (fixture.shape == "append-time").then_some(T + 5555);
                    let count = valid.header.record_count as usize;
                    assert_records(
                        &fixture.name,
                        &valid.bytes,
                        count,
                        fixture.magic,
                        0,
                        append_time,
                    );
                }
            }
        }
        for len in 0..fixture.bytes.len() {
            let sent = BytesMut::from(&fixture.bytes[..len]);
            let result =
                validate(NOW, 2, sent, &ValidationRules::default(), &mut Scratch::default());
            // Whole messages before a cut one are taken, as in Kafka; a cut wrapper is nothing.
            assert!(result.is_err() || fixture.codec == Codec::None, "{} {len}", fixture.name);
        }
    }
}

#[test]
fn what_goes_down_comes_up_the_same() {
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4] {
        let stored = ours(BatchBuilder::new(codec).base_offset(1000), 400);
        for version in 0..4 {
            let magic = if version < 2 { 0 } else { 1 };
            for budget in [usize::MAX, 1] {
                let set = down(&stored, version, 0, budget);
                if codec != Codec::None && budget == 1 {
                    // A wrapper for each record: more than one message and packed, which only consumers take.
                    continue;
                }
                let rules =
                    ValidationRules { max_message_bytes: 1 << 24, ..ValidationRules::default() };
                let valid = validate(NOW, 2, set, &rules, &mut Scratch::default())
                    .unwrap_or_else(|e| panic!("{codec:?} {version} {budget}: {e}"));
                assert_records("down and up", &valid.bytes, 400, magic, 0, None);
            }
        }
    }
}

#[test]
fn an_uncompressed_message_set_of_ours_is_kafkas_byte_for_byte() {
    for fixture in fixtures().iter().filter(|f| f.magic < 2 && f.codec == Codec::None) {
        let base = if fixture.shape == "offset-100" { 100 } else { 0 };
        let mut builder = BatchBuilder::new(Codec::None).base_offset(base);
        if fixture.shape == "append-time" {
            builder = builder.log_append_time(T + 5555);
        }
        let version = if fixture.magic == 0 { 1 } else { 2 };
        assert_eq!(
            down(&ours(builder, fixture.count), version, 0, usize::MAX),
            fixture.bytes,
            "{}",
            fixture.name
        );
    }
}

#[test]
fn down_conversion_knows_what_to_leave_out() {
    let mut scratch = Scratch::default();
    let mut out = BytesMut::new();
    let zstd = ours(BatchBuilder::new(Codec::Zstd), 3);
    let mut conversion = DownConversion::new(3, 0).unwrap();
    let error = conversion.convert(&zstd, 1 << 20, 1 << 20, &mut out, &mut scratch).unwrap_err();
    assert_eq!(error.code(), 76);
    // Control batches and empty batches become nothing, and the offset moves past them.
    let mut control =
        BatchBuilder::new(Codec::None).base_offset(7).producer(1, 0, -1).transactional().control();
    control.append(T, Some(b"\0\0\0\x01"), Some(b"\0\0\0\0\0\0"), &[]);
    let control = control.build(&mut scratch).unwrap();
    let empty = BatchBuilder::new(Codec::Gzip).base_offset(8).build(&mut scratch).unwrap();
    for batch in [&control, &empty] {
        assert_eq!(
            conversion.convert(batch, 1 << 20, 1 << 20, &mut out, &mut scratch),
            Ok(Progress::Done)
        );
        assert_eq!((out.len(), conversion.next_offset()), (0, 8));
    }
    // Records before the fetch offset are left out.
    let batch = ours(BatchBuilder::new(Codec::None).base_offset(1000), 12);
    assert_eq!(down(&batch, 3, 1005, usize::MAX)[..8], 1005_i64.to_be_bytes());
    assert!(DownConversion::new(4, 0).is_none());
}

#[test]
fn a_record_is_found_by_its_time() {
    let mut scratch = Scratch::default();
    for codec in CODECS {
        let batch = ours(BatchBuilder::new(codec).base_offset(50), 400);
        let stamps: Vec<i64> = (0..400).map(timestamp).collect();
        let max = *stamps.iter().max().unwrap();
        for target in [0, T, T + 1, T + 700, T + 1400, max - 1, max, max + 1, i64::MAX] {
            for start in [0, 50, 53, 300, 449, 450] {
                let expected = (0..400).find(|i| stamps[*i] >= target && *i as i64 + 50 >= start);
                let found =
                    first_at_or_after(&batch, target, start, 1 << 30, &mut scratch).unwrap();
                let found = found.map(|found| (found.offset, found.timestamp));
                assert_eq!(
                    found,
                    expected.map(|i| (i as i64 + 50, stamps[i])),
                    "{codec:?} {target} {start}"
                );
            }
        }
        let found = first_of_max_timestamp(&batch, 1 << 30, &mut scratch).unwrap().unwrap();
        assert_eq!(found.timestamp, max);
        assert_eq!(
            found.offset,
            50 + stamps.iter().position(|stamp| *stamp == max).unwrap() as i64
        );
        // With LogAppendTime every record has the batch's time.
        let batch = ours(BatchBuilder::new(codec).base_offset(50).log_append_time(T + 1), 5);
        let found = first_of_max_timestamp(&batch, 1 << 30, &mut scratch).unwrap().unwrap();
        assert_eq!((found.offset, found.timestamp), (50, T + 1));
        let found = first_at_or_after(&batch, T + 1, 52, 1 << 30, &mut scratch).unwrap().unwrap();
        assert_eq!(found.offset, 52);
    }
}

#[test]
fn batches_follow_each_other_and_a_cut_one_ends_them() {
    let one = ours(BatchBuilder::new(Codec::Lz4), 3);
    let two = ours(BatchBuilder::new(Codec::None).base_offset(3), 2);
    let bytes = [&one[..], &two[..], &one[..40]].concat();
    let mut batches = Batches::new(&bytes);
    let found: Vec<_> =
        batches.by_ref().map(|(header, bytes)| (header.base_offset, bytes.len())).collect();
    assert_eq!(found, [(0, one.len()), (3, two.len())]);
    assert_eq!(batches.rest().len(), 40);
}
