//! Rows 35 to 62: batches that are no batches. Nothing of them may be appended.

use bytes::BytesMut;
use logboat_core::protocol::{ApiKey, ErrorCode};
use logboat_core::record::{BatchBuilder, Codec, HEADER_LEN};
use logboat_tests::ask;
use logboat_tests::batch::{
    batch, build, forged, packed, raw, record, sealed, sequenced, stamped, varint,
};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World};

const CORRUPT: &[ErrorCode] = &[ErrorCode::CORRUPT_MESSAGE];
const INVALID: &[ErrorCode] = &[ErrorCode::INVALID_RECORD];
const EITHER: &[ErrorCode] = &[ErrorCode::INVALID_RECORD, ErrorCode::CORRUPT_MESSAGE];

const CODEC: &str = "a codec's error is UNKNOWN_SERVER_ERROR there";

cases! {
    bad_35_a_wrong_checksum;
    bad_36_an_old_magic { kafka_2: "closes: it checks while it decodes" };
    bad_37_an_unknown_magic { kafka_2: "closes: it checks while it decodes" };
    bad_38_a_cut_batch { kafka_2: "closes: it checks while it decodes" };
    bad_38_a_length_of_2_to_the_31 { kafka: "UNKNOWN_SERVER_ERROR, or a close" };
    bad_39_a_length_below_49 { kafka_2: "closes: it checks while it decodes" };
    bad_40_a_wrong_count;
    bad_41_a_wrong_last_offset_delta;
    bad_42_a_base_offset;
    bad_43_a_control_batch;
    bad_44_transactional_without_a_transactional_id;
    bad_45_a_producer_without_a_sequence;
    bad_46_a_gap_in_the_sequence;
    bad_47_a_duplicate_gets_its_old_offset;
    bad_48_a_stale_epoch;
    bad_49_an_unknown_codec { kafka: "an IllegalArgumentException: UNKNOWN_SERVER_ERROR or a close" };
    bad_50_a_broken_stream { kafka: CODEC };
    bad_51_a_bomb { kafka: "has no bound" };
    bad_52_snappy_that_promises_4_gib { kafka: CODEC };
    bad_53_zstd_with_a_huge_window { kafka: CODEC };
    bad_53_lz4_with_a_huge_content { kafka: CODEC };
    bad_54_zstd_below_version_7;
    bad_55_a_wrong_record_length;
    bad_55_a_record_length_of_ten_bytes { kafka: "UNKNOWN_SERVER_ERROR" };
    bad_56_lengths_within_a_record_that_lie { kafka_2: "sets aside 2^31-1 headers, and dies of it" };
    bad_57_bytes_after_the_records;
    bad_57_wrong_offset_deltas { kafka: "stores those of uncompressed batches; no consumer can read them in order" };
    bad_58_empty_records { kafka_2: "closes: it checks while it decodes" };
    bad_58_null_records { kafka: "never answers (3.9, 4.3) or closes (2.5)" };
    bad_59_two_batches { kafka_2: "closes: it checks while it decodes" };
    bad_60_a_good_and_a_corrupt_batch { kafka_2: "closes: it checks while it decodes" };
    bad_61_a_batch_too_large;
    bad_62_a_stamp_in_the_far_future { kafka_2: "stored by default", kafka_3: "stored by default" };
    bad_62_negative_stamps_are_stored;
}

/// The partition must refuse each of them with one of `codes`, and hold nothing.
fn refuses(
    w: &mut World,
    codes: &[ErrorCode],
    all: impl IntoIterator<Item = (&'static str, BytesMut)>,
) {
    let topic = w.topic(1);
    refuses_on(w, &topic, codes, all);
}

fn refuses_on(
    w: &mut World,
    topic: &Topic,
    codes: &[ErrorCode],
    all: impl IntoIterator<Item = (&'static str, BytesMut)>,
) {
    let end = w.end(topic, 0);
    for (what, records) in all {
        let answer = w.produce(topic, 0, records);
        assert!(codes.contains(&answer.error_code), "{what}: {answer:?}");
        assert_eq!(answer.base_offset, -1, "{what}");
    }
    assert_eq!(w.end(topic, 0), end, "nothing is appended");
    let good = batch(w.now(), &["good"]);
    assert_eq!(w.append(topic, 0, good), end, "and the next one is");
}

fn three(w: &World) -> BytesMut {
    batch(w.now(), &["one", "two", "three"])
}

fn bad_35_a_wrong_checksum(w: &mut World) {
    let broken = |w: &World, at: usize| {
        let mut bytes = three(w);
        bytes[at] ^= 1;
        bytes
    };
    let all = [
        ("crc", broken(w, 18)),
        ("attributes", broken(w, 22)),
        ("value", broken(w, HEADER_LEN + 6)),
    ];
    refuses(w, CORRUPT, all);
}

fn with_magic(w: &World, magic: u8) -> BytesMut {
    let mut bytes = three(w);
    bytes[16] = magic;
    bytes
}

fn bad_36_an_old_magic(w: &mut World) {
    let all = [("0", with_magic(w, 0)), ("1", with_magic(w, 1))];
    refuses(w, INVALID, all);
}

fn bad_37_an_unknown_magic(w: &mut World) {
    let all = [("3", with_magic(w, 3)), ("127", with_magic(w, 127)), ("-1", with_magic(w, 0xff))];
    refuses(w, CORRUPT, all);
}

fn with_length(w: &World, length: i32) -> BytesMut {
    let mut bytes = three(w);
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn bad_38_a_cut_batch(w: &mut World) {
    let whole = three(w);
    let length = i32::try_from(whole.len()).expect("short");
    let mut all =
        vec![("length too long", with_length(w, length)), ("a megabyte", with_length(w, 1 << 20))];
    for end in [1, 11, 12, 17, 60, 61, whole.len() - 1] {
        all.push(("cut", BytesMut::from(&whole[..end])));
    }
    refuses(w, INVALID, all);
}

fn bad_38_a_length_of_2_to_the_31(w: &mut World) {
    let all = [("2^31-1", with_length(w, i32::MAX)), ("2^31-13", with_length(w, i32::MAX - 12))];
    refuses(w, EITHER, all);
}

fn bad_39_a_length_below_49(w: &mut World) {
    let all = [("0", 0), ("13", 13), ("-1", -1), ("min", i32::MIN)];
    let all = all.map(|(what, length)| (what, with_length(w, length)));
    refuses(w, CORRUPT, all);
    // Long enough for some format, but not for this one.
    let all = [("48", with_length(w, 48))];
    refuses(w, EITHER, all);
}

fn with_count(w: &World, count: i32) -> BytesMut {
    forged(three(w), |header| header.record_count = count)
}

fn bad_40_a_wrong_count(w: &mut World) {
    let all = [("4", 4), ("2", 2), ("0", 0), ("-1", -1), ("2^31-1", i32::MAX)];
    let all = all.map(|(what, count)| (what, with_count(w, count)));
    refuses(w, INVALID, all);
    let both = forged(three(w), |header| {
        header.record_count = 100;
        header.last_offset_delta = 99;
    });
    refuses(w, INVALID, [("count and delta agree, records do not", both)]);
}

fn bad_41_a_wrong_last_offset_delta(w: &mut World) {
    let all = [("1", 1), ("3", 3), ("-1", -1), ("min", i32::MIN), ("max", i32::MAX)];
    let all = all
        .map(|(what, delta)| (what, forged(three(w), |header| header.last_offset_delta = delta)));
    refuses(w, INVALID, all);
}

fn bad_42_a_base_offset(w: &mut World) {
    let all = [
        ("1", 1),
        ("10^15", 1_000_000_000_000_000),
        ("max", i64::MAX),
        ("-1", -1),
        ("min", i64::MIN),
    ];
    let all =
        all.map(|(what, offset)| (what, forged(three(w), |header| header.base_offset = offset)));
    refuses(w, INVALID, all);
}

fn bad_43_a_control_batch(w: &mut World) {
    let transactional = forged(three(w), |header| {
        header.set_control();
        header.set_transactional();
        (header.producer_id, header.producer_epoch, header.base_sequence) = (9, 0, 0);
    });
    let control = forged(three(w), |header| header.set_control());
    refuses(w, INVALID, [("plain", control)]);
    let codes = [ErrorCode::INVALID_RECORD, ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED];
    refuses(w, &codes, [("transactional", transactional)]);
}

fn bad_44_transactional_without_a_transactional_id(w: &mut World) {
    let sent = forged(three(w), |header| {
        header.set_transactional();
        (header.producer_id, header.producer_epoch, header.base_sequence) = (9, 0, 0);
    });
    let codes = [ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ErrorCode::INVALID_REQUEST];
    refuses(w, &codes, [("transactional", sent)]);
}

fn bad_45_a_producer_without_a_sequence(w: &mut World) {
    let all = [-1, -2, i32::MIN].map(|sequence| {
        let sent = forged(three(w), |header| {
            (header.producer_id, header.producer_epoch, header.base_sequence) = (9, 0, sequence);
        });
        ("sequence", sent)
    });
    refuses(w, INVALID, all);
}

fn bad_46_a_gap_in_the_sequence(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    w.append(&topic, 0, sequenced(now, (9, 0), 0, 1));
    let all = [("5", sequenced(now, (9, 0), 5, 1)), ("max", sequenced(now, (9, 0), i32::MAX, 1))];
    refuses_on(w, &topic, &[ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER], all);
}

fn bad_47_a_duplicate_gets_its_old_offset(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for sequence in 0..6 {
        w.append(&topic, 0, sequenced(now, (9, 0), sequence, 1));
    }
    for sequence in 1..6 {
        assert_eq!(w.append(&topic, 0, sequenced(now, (9, 0), sequence, 1)), i64::from(sequence));
    }
    let old = [("older than five", sequenced(now, (9, 0), 0, 1))];
    refuses_on(w, &topic, &[ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER], old);
}

fn bad_48_a_stale_epoch(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    w.append(&topic, 0, sequenced(now, (9, 5), 0, 1));
    let stale = [("4", sequenced(now, (9, 4), 1, 1)), ("0", sequenced(now, (9, 0), 0, 1))];
    refuses_on(w, &topic, &[ErrorCode::INVALID_PRODUCER_EPOCH], stale);
}

fn bad_49_an_unknown_codec(w: &mut World) {
    let all =
        [5, 6, 7].map(|codec| ("codec", forged(three(w), |header| header.attributes = codec)));
    refuses(w, INVALID, all);
}

fn bad_50_a_broken_stream(w: &mut World) {
    let now = w.now();
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let good = packed(
            codec,
            now,
            &["some value", "some value", "another value, much longer than that"],
        );
        let mut all = Vec::new();
        // Its magic, and the checksum where there is one; its end; nothing at all; garbage.
        let mut broken = good.clone();
        broken[HEADER_LEN] ^= 0xff;
        all.push(("magic", sealed(broken)));
        if codec == Codec::Gzip {
            let mut broken = good.clone();
            broken[good.len() - 6] ^= 1;
            all.push(("checksum", sealed(broken)));
        }
        all.push(("cut", sealed(BytesMut::from(&good[..good.len() - 12]))));
        all.push(("empty", raw(now, codec, 1, &[])));
        all.push(("garbage", raw(now, codec, 1, &[0xa5; 100])));
        refuses(w, EITHER, all);
    }
}

fn bad_51_a_bomb(w: &mut World) {
    let mut builder = BatchBuilder::new(Codec::Gzip);
    let zeros = vec![0; 70 << 20];
    builder.append(w.now(), None, Some(&zeros), &[]);
    let sent = build(builder);
    assert!(sent.len() < 1 << 20, "{} bytes become 70 MiB", sent.len());
    refuses(w, &[ErrorCode::MESSAGE_TOO_LARGE, ErrorCode::INVALID_RECORD], [("bomb", sent)]);
}

fn bad_52_snappy_that_promises_4_gib(w: &mut World) {
    let now = w.now();
    let block = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, b'x'];
    let xerial = |chunk: &[u8]| [b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", chunk].concat();
    let length = |length: i32| length.to_be_bytes();
    let all = [
        ("raw", raw(now, Codec::Snappy, 1, &block)),
        ("in a chunk", raw(now, Codec::Snappy, 1, &xerial(&[&length(7)[..], &block].concat()))),
        ("chunk of 2^31-1", raw(now, Codec::Snappy, 1, &xerial(&length(i32::MAX)))),
        ("chunk of -1", raw(now, Codec::Snappy, 1, &xerial(&length(-1)))),
    ];
    refuses(w, EITHER, all);
}

fn bad_53_zstd_with_a_huge_window(w: &mut World) {
    let now = w.now();
    // Magic, a frame header with a window descriptor, an empty last block; then one with a content size of 2^62.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00];
    let content = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x01, 0x00, 0x00];
    let all = [
        ("window 2^41", raw(now, Codec::Zstd, 1, &window)),
        ("content 2^62", raw(now, Codec::Zstd, 1, &content)),
    ];
    refuses(w, EITHER, all);
}

fn bad_53_lz4_with_a_huge_content(w: &mut World) {
    let now = w.now();
    // Version 1, independent blocks, a content size of 2^62, blocks of 4 MiB, a wrong header checksum, and the end.
    let frame = [0x04, 0x22, 0x4d, 0x18, 0x68, 0x70, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x00, 0, 0, 0, 0];
    // A block of 2^31 − 1 bytes.
    let block = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0xff, 0xff, 0xff, 0x7f, 0];
    let all =
        [("content", raw(now, Codec::Lz4, 1, &frame)), ("block", raw(now, Codec::Lz4, 1, &block))];
    refuses(w, EITHER, all);
}

fn bad_54_zstd_below_version_7(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for version in w.versions(ApiKey::Produce).filter(|version| (3..7).contains(version)) {
        let request = ask::produce(&topic.name, 0, packed(Codec::Zstd, now, &["v"]));
        let code = w.produce_v(version, request).error_code;
        assert_eq!(code, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE, "v{version}");
    }
    assert_eq!(w.end(&topic, 0), 0);
}

/// A plain record: null key, value "v", no headers.
fn plain(delta: i32) -> Vec<u8> {
    record(delta, &[&varint(-1), &varint(1), b"v", &varint(0)])
}

fn bad_55_a_wrong_record_length(w: &mut World) {
    let now = w.now();
    let body = &plain(0)[1..];
    let with = |length: Vec<u8>| raw(now, Codec::None, 1, &[&length[..], body].concat());
    let right = i32::try_from(body.len()).expect("short");
    let all = [
        ("-5", with(varint(-5))),
        ("-1", with(varint(-1))),
        ("0", with(varint(0))),
        ("one less", with(varint(right - 1))),
        ("one more", with(varint(right + 1))),
        ("2^31-1", with(varint(i32::MAX))),
    ];
    refuses(w, INVALID, all);
}

fn bad_55_a_record_length_of_ten_bytes(w: &mut World) {
    let now = w.now();
    let long = [&[0xff; 9][..], &[0x01], &plain(0)[1..]].concat();
    refuses(w, INVALID, [("ten bytes", raw(now, Codec::None, 1, &long))]);
}

fn bad_56_lengths_within_a_record_that_lie(w: &mut World) {
    let now = w.now();
    let of = |parts: &[&[u8]]| raw(now, Codec::None, 1, &record(0, parts));
    let (null, none) = (varint(-1), varint(0));
    let all = [
        ("key", of(&[&varint(1000), b"k", &null, &none])),
        ("key 2^31-1", of(&[&varint(i32::MAX), b"k", &null, &none])),
        ("value", of(&[&null, &varint(1000), b"v", &none])),
        ("header count 2^31-1", of(&[&null, &null, &varint(i32::MAX)])),
        ("header count -1", of(&[&null, &null, &varint(-1)])),
        ("header count 1, no header", of(&[&null, &null, &varint(1)])),
        ("null header key", of(&[&null, &null, &varint(1), &varint(-1), &null])),
        ("header key", of(&[&null, &null, &varint(1), &varint(100), b"h", &null])),
        ("header value", of(&[&null, &null, &varint(1), &varint(1), b"h", &varint(100), b"v"])),
        ("bytes after the headers", of(&[&null, &null, &none, b"xx"])),
        ("nothing after the key", of(&[&null])),
    ];
    refuses(w, INVALID, all);
}

fn bad_57_bytes_after_the_records(w: &mut World) {
    let now = w.now();
    let stray = [&plain(0)[..], &[1, 2, 3]].concat();
    refuses(w, INVALID, [("stray bytes", raw(now, Codec::None, 1, &stray))]);
}

fn bad_57_wrong_offset_deltas(w: &mut World) {
    let now = w.now();
    let of = |deltas: [i32; 3]| {
        let records: Vec<u8> = deltas.into_iter().flat_map(plain).collect();
        raw(now, Codec::None, 3, &records)
    };
    let all = [
        ("backwards", of([2, 1, 0])),
        ("twice", of([0, 0, 2])),
        ("gap", of([0, 5, 2])),
        ("negative", of([-1, 1, 2])),
    ];
    refuses(w, INVALID, all);
}

fn bad_58_empty_records(w: &mut World) {
    refuses(w, INVALID, [("empty", BytesMut::new())]);
}

fn bad_58_null_records(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        let mut request = ask::produce(&topic.name, 0, BytesMut::new());
        request.topic_data[0].partition_data[0].records = None;
        let answer = w.produce_v(version, request);
        assert_eq!(
            (answer.error_code, answer.base_offset),
            (ErrorCode::INVALID_RECORD, -1),
            "v{version}"
        );
    }
    assert_eq!(w.end(&topic, 0), 0);
}

fn two(first: BytesMut, second: &BytesMut) -> BytesMut {
    let mut both = first;
    both.extend_from_slice(second);
    both
}

fn bad_59_two_batches(w: &mut World) {
    let both = two(three(w), &three(w));
    refuses(w, INVALID, [("two", both)]);
}

fn bad_60_a_good_and_a_corrupt_batch(w: &mut World) {
    let mut corrupt = three(w);
    corrupt[20] ^= 1;
    let all =
        [("good first", two(three(w), &corrupt)), ("bad first", two(corrupt.clone(), &three(w)))];
    refuses(w, EITHER, all);
}

fn bad_61_a_batch_too_large(w: &mut World) {
    let large = batch(w.now(), &[&"x".repeat(1_100_000)]);
    refuses(w, &[ErrorCode::MESSAGE_TOO_LARGE], [("1.1 MB", large)]);
}

fn bad_62_a_stamp_in_the_far_future(w: &mut World) {
    let all = [("year 4000", stamped(&[64_060_588_800_000])), ("max", stamped(&[i64::MAX]))];
    refuses(w, &[ErrorCode::INVALID_TIMESTAMP], all);
}

fn bad_62_negative_stamps_are_stored(w: &mut World) {
    let topic = w.topic(1);
    for (offset, stamp) in [(0, -1), (1, -2), (2, -1_000_000_000_000_000), (3, 0)] {
        assert_eq!(w.append(&topic, 0, stamped(&[stamp])), offset, "{stamp}");
    }
}
