//! Rows 10 to 23: what is appended, what is refused, and with which answer.

use logboat_core::protocol::messages::produce::PartitionProduceData;
use logboat_core::protocol::messages::{FindCoordinatorRequest, MetadataRequest};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_core::record::{BatchBuilder, Codec, HEADER_LEN, TimestampType};
use logboat_tests::ask;
use logboat_tests::batch::{batch, build, forged, headers, packed, records, sequenced, stamped};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World, bytes_of};

cases! {
    row_10_acks_must_be_minus_1_0_or_1;
    row_11_acks_0_gets_no_answer;
    row_11_acks_0_with_an_error_closes;
    row_12_a_partition_gets_exactly_one_batch_of_magic_2 { kafka_2: "closes: it checks while it decodes" };
    row_12_zstd_needs_version_7;
    row_13_a_wrong_checksum_is_a_corrupt_message;
    row_14_a_batch_above_max_message_bytes_is_too_large;
    row_14_a_batch_above_segment_bytes_is_too_large;
    row_14_size_is_checked_again_after_recompression;
    row_15_a_batch_must_be_consistent;
    row_15_a_producer_epoch_of_minus_1_is_refused {
        kafka: "checks only the sequence and stores it; a batch that no client sends is better refused",
    };
    row_16_a_compacted_topic_needs_keys;
    row_17_a_stamp_outside_the_limits_is_refused { kafka_2: "has message.timestamp.difference.max.ms instead" };
    row_17_by_default_a_stamp_may_be_an_hour_ahead {
        kafka_2: "never rejects by default",
        kafka_3: "never rejects by default (KIP-1030 came with 4.0)",
    };
    row_17_the_bit_of_log_append_time_is_not_the_producers { kafka_2: "always INVALID_TIMESTAMP" };
    row_17_negative_stamps_are_stored;
    row_18_log_append_time_touches_two_fields;
    row_19_errors_carry_minus_1;
    row_19_some_errors_carry_the_log_start;
    row_20_produce_never_creates;
    row_20_an_unknown_id_is_unknown;
    row_21_one_replica_is_enough_where_there_is_one { kafka_2: "NOT_ENOUGH_REPLICAS: not capped by the replica count" };
    row_22_internal_topics_are_not_for_producers;
    row_23_a_batch_is_stored_as_sent;
    row_23_compression_type_repacks;
    row_23_a_wrong_largest_stamp_is_corrected;
}

fn refused(w: &mut World, topic: &Topic, records: bytes::BytesMut, code: ErrorCode) {
    let end = w.end(topic, 0);
    let answer = w.produce(topic, 0, records);
    assert_eq!((answer.error_code, answer.base_offset), (code, -1), "{answer:?}");
    assert_eq!(w.end(topic, 0), end, "nothing is appended");
}

fn row_10_acks_must_be_minus_1_0_or_1(w: &mut World) {
    let topic = w.topic(2);
    let now = w.now();
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        for acks in [2, -2, i16::MAX] {
            let data = (0..2)
                .map(|index| PartitionProduceData { index, records: Some(batch(now, &["v"])) });
            let mut request = ask::produce_all(&topic.name, data);
            request.acks = acks;
            let answer = w.client().call(request, version);
            for partition in &answer.responses[0].partition_responses {
                let seen = (partition.error_code, partition.base_offset);
                assert_eq!(seen, (ErrorCode::INVALID_REQUIRED_ACKS, -1));
            }
        }
    }
    assert_eq!((w.end(&topic, 0), w.end(&topic, 1)), (0, 0));
}

fn row_11_acks_0_gets_no_answer(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        let before = w.end(&topic, 0);
        let mut request = ask::produce(&topic.name, 0, batch(now, &["v"]));
        request.acks = 0;
        w.client().send(request, version);
        // The next answer belongs to the next request, or its correlation id is wrong.
        let none = Box::new(MetadataRequest { topics: Some(Vec::new()), ..Default::default() });
        w.client().call(none, 4);
        assert_eq!(w.end(&topic, 0), before + 1, "v{version}");
    }
}

fn row_11_acks_0_with_an_error_closes(w: &mut World) {
    let topic = w.topic(1);
    let nowhere = w.name("nowhere");
    let version = w.newest(ApiKey::Produce, 12);
    let mut broken = batch(w.now(), &["v"]);
    broken[17] ^= 1;
    for (name, partition, records) in [
        (&topic.name, 0, broken),
        (&topic.name, 7, batch(w.now(), &["v"])),
        (&nowhere, 0, batch(w.now(), &["v"])),
    ] {
        let mut client = w.connect();
        let mut request = ask::produce(name, partition, records);
        request.acks = 0;
        client.send(request, version);
        client.expect_close();
    }
    assert_eq!(w.end(&topic, 0), 0);
}

fn row_12_a_partition_gets_exactly_one_batch_of_magic_2(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let mut two = batch(now, &["a"]);
    two.extend_from_slice(&batch(now, &["b"]));
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        let mut old = batch(now, &["a"]);
        old[16] = 1;
        for bad in [two.clone(), old, bytes::BytesMut::new()] {
            let answer = w.produce_v(version, ask::produce(&topic.name, 0, bad));
            let seen = (answer.error_code, answer.base_offset);
            assert_eq!(seen, (ErrorCode::INVALID_RECORD, -1), "v{version}");
        }
    }
    assert_eq!(w.end(&topic, 0), 0);
}

fn row_12_zstd_needs_version_7(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        let before = w.end(&topic, 0);
        let answer =
            w.produce_v(version, ask::produce(&topic.name, 0, packed(Codec::Zstd, now, &["v"])));
        let expected =
            if version < 7 { ErrorCode::UNSUPPORTED_COMPRESSION_TYPE } else { ErrorCode::NONE };
        assert_eq!(answer.error_code, expected, "v{version}");
        assert_eq!(w.end(&topic, 0), before + i64::from(version >= 7));
    }
}

fn row_13_a_wrong_checksum_is_a_corrupt_message(w: &mut World) {
    let topic = w.topic(1);
    for at in [17, 30, HEADER_LEN + 3] {
        let mut broken = batch(w.now(), &["value"]);
        broken[at] ^= 0x10;
        refused(w, &topic, broken, ErrorCode::CORRUPT_MESSAGE);
    }
}

/// A batch of exactly `size` bytes.
fn sized(now: i64, size: usize) -> bytes::BytesMut {
    let mut value = "x".repeat(size - HEADER_LEN - 16);
    loop {
        let made = batch(now, &[&value]);
        match made.len() {
            len if len == size => return made,
            len if len < size => value.push('x'),
            _ => panic!("no batch has {size} bytes"),
        }
    }
}

fn row_14_a_batch_above_max_message_bytes_is_too_large(w: &mut World) {
    let topic = w.topic_with(1, &[("max.message.bytes", "1000")]);
    let now = w.now();
    assert_eq!(w.append(&topic, 0, sized(now, 1000)), 0);
    refused(w, &topic, sized(now, 1001), ErrorCode::MESSAGE_TOO_LARGE);
    // What counts is what was sent: compressed.
    let packed = packed(Codec::Gzip, now, &[&"x".repeat(5000)]);
    assert!(packed.len() < 1000);
    assert_eq!(w.append(&topic, 0, packed), 1);
    // The default.
    let topic = w.topic(1);
    assert_eq!(w.append(&topic, 0, sized(now, 1_048_588)), 0);
    refused(w, &topic, sized(now, 1_048_589), ErrorCode::MESSAGE_TOO_LARGE);
}

fn row_14_a_batch_above_segment_bytes_is_too_large(w: &mut World) {
    let topic = w.topic_with(1, &[("max.message.bytes", "4000000"), ("segment.bytes", "1048576")]);
    let now = w.now();
    assert_eq!(w.append(&topic, 0, sized(now, 1_048_576)), 0);
    refused(w, &topic, sized(now, 1_048_577), ErrorCode::RECORD_LIST_TOO_LARGE);
    refused(w, &topic, sized(now, 4_000_001), ErrorCode::MESSAGE_TOO_LARGE);
}

fn row_14_size_is_checked_again_after_recompression(w: &mut World) {
    let topic =
        w.topic_with(1, &[("max.message.bytes", "1000"), ("compression.type", "uncompressed")]);
    let packed = packed(Codec::Gzip, w.now(), &[&"x".repeat(5000)]);
    assert!(packed.len() < 1000);
    refused(w, &topic, packed, ErrorCode::MESSAGE_TOO_LARGE);
}

fn row_15_a_batch_must_be_consistent(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let three = || batch(now, &["a", "b", "c"]);
    for (what, bad) in [
        ("last offset delta too small", forged(three(), |h| h.last_offset_delta = 1)),
        ("last offset delta too large", forged(three(), |h| h.last_offset_delta = 3)),
        ("last offset delta negative", forged(three(), |h| h.last_offset_delta = -1)),
        ("count too small", forged(three(), |h| h.record_count = 2)),
        ("count too large", forged(three(), |h| h.record_count = 4)),
        ("count zero", forged(three(), |h| h.record_count = 0)),
        ("base offset", forged(three(), |h| h.base_offset = 5)),
        ("control batch", forged(three(), |h| h.set_control())),
        (
            "producer without sequence",
            forged(three(), |h| (h.producer_id, h.producer_epoch) = (5, 0)),
        ),
    ] {
        let answer = w.produce(&topic, 0, bad);
        let seen = (answer.error_code, answer.base_offset);
        assert_eq!(seen, (ErrorCode::INVALID_RECORD, -1), "{what}: {answer:?}");
    }
    assert_eq!(w.end(&topic, 0), 0);
}

fn row_15_a_producer_epoch_of_minus_1_is_refused(w: &mut World) {
    let topic = w.topic(1);
    refused(w, &topic, sequenced(w.now(), (5, -1), 0, 1), ErrorCode::INVALID_RECORD);
}

fn row_16_a_compacted_topic_needs_keys(w: &mut World) {
    let topic = w.topic_with(1, &[("cleanup.policy", "compact")]);
    let now = w.now();
    let mut builder = BatchBuilder::new(Codec::None);
    for key in [Some(&b"k"[..]), None, Some(b"l"), None] {
        builder.append(now, key, Some(b"v"), &[]);
    }
    let bad = build(builder);
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        let answer = w.produce_v(version, ask::produce(&topic.name, 0, bad.clone()));
        assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::INVALID_RECORD, -1));
        if version >= 8 {
            let indexes: Vec<_> =
                answer.record_errors.iter().map(|error| error.batch_index).collect();
            assert_eq!(indexes, [1, 3], "{answer:?}");
            assert!(
                answer.record_errors.iter().all(|error| error.batch_index_error_message.is_some())
            );
            assert!(answer.error_message.is_some());
        }
    }
    assert_eq!(w.end(&topic, 0), 0, "the whole batch is refused");
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(now, Some(b"k"), None, &[]);
    assert_eq!(w.append(&topic, 0, build(builder)), 0);
}

fn row_17_a_stamp_outside_the_limits_is_refused(w: &mut World) {
    let hour = 3_600_000;
    let limits = [
        ("message.timestamp.after.max.ms", "3600000"),
        ("message.timestamp.before.max.ms", "7200000"),
    ];
    let topic = w.topic_with(1, &limits);
    let now = w.now();
    for (stamp, good) in [
        (now, true),
        (now + hour - 60_000, true),
        (now + hour + 60_000, false),
        (now - 2 * hour + 60_000, true),
        (now - 2 * hour - 60_000, false),
        (i64::MAX, false),
    ] {
        let answer = w.produce(&topic, 0, stamped(&[now, stamp]));
        let expected = if good { ErrorCode::NONE } else { ErrorCode::INVALID_TIMESTAMP };
        assert_eq!(answer.error_code, expected, "{} ms from now", stamp.wrapping_sub(now));
        if !good {
            let indexes: Vec<_> =
                answer.record_errors.iter().map(|error| error.batch_index).collect();
            assert_eq!(indexes, [1]);
        }
    }
}

fn row_17_by_default_a_stamp_may_be_an_hour_ahead(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    assert_eq!(w.append(&topic, 0, stamped(&[now + 3_500_000])), 0);
    refused(w, &topic, stamped(&[now + 3_700_000]), ErrorCode::INVALID_TIMESTAMP);
    // Into the past there is no limit.
    assert_eq!(w.append(&topic, 0, stamped(&[1])), 1);
}

fn row_17_the_bit_of_log_append_time_is_not_the_producers(w: &mut World) {
    let created = w.topic(1);
    let appended = w.topic_with(1, &[("message.timestamp.type", "LogAppendTime")]);
    let now = w.now();
    let bit =
        |stamp| forged(stamped(&[stamp]), |h| h.set_timestamp_type(TimestampType::LogAppendTime));
    refused(w, &appended, bit(now), ErrorCode::INVALID_TIMESTAMP);
    refused(w, &created, bit(-1), ErrorCode::INVALID_TIMESTAMP);
    assert_eq!(w.append(&created, 0, bit(now)), 0);
    let stored = headers(&bytes_of(&w.fetch(&created, 0, 0)))[0];
    assert_eq!((stored.timestamp_type(), stored.max_timestamp), (TimestampType::CreateTime, now));
}

fn row_17_negative_stamps_are_stored(w: &mut World) {
    let topic = w.topic(1);
    for (offset, stamp) in [(0, -1), (1, -5), (2, -1_000_000_000_000)] {
        assert_eq!(w.append(&topic, 0, stamped(&[stamp])), offset);
        let stored = records(&bytes_of(&w.fetch(&topic, 0, offset)));
        assert_eq!(stored[0].timestamp, stamp);
    }
}

fn row_18_log_append_time_touches_two_fields(w: &mut World) {
    let topic = w.topic_with(1, &[("message.timestamp.type", "LogAppendTime")]);
    for codec in [Codec::None, Codec::Lz4] {
        let before = w.now();
        let sent = packed(codec, 1000, &["a", "b"]);
        let answer = w.produce(&topic, 0, sent.clone());
        assert_eq!(answer.error_code, ErrorCode::NONE);
        let time = answer.log_append_time_ms;
        assert!((before - 1000..=w.now() + 1000).contains(&time), "{time}");
        let stored = bytes_of(&w.fetch(&topic, 0, answer.base_offset));
        let stored = &stored[stored.len() - sent.len()..];
        let header = headers(stored)[0];
        assert_eq!(
            (header.timestamp_type(), header.max_timestamp),
            (TimestampType::LogAppendTime, time)
        );
        assert_eq!(header.base_timestamp, 1000, "left as it was");
        assert_eq!(stored[HEADER_LEN..], sent[HEADER_LEN..], "the records are untouched");
        assert!(records(stored).iter().all(|record| record.timestamp == time));
    }
    let topic = w.topic(1);
    let answer = w.produce(&topic, 0, batch(w.now(), &["v"]));
    assert_eq!((answer.error_code, answer.log_append_time_ms), (ErrorCode::NONE, -1));
}

fn row_19_errors_carry_minus_1(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let small = w.topic_with(1, &[("max.message.bytes", "100")]);
    let mut broken = batch(now, &["v"]);
    broken[17] ^= 1;
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    for (topic, records, code) in [
        (&topic, broken, ErrorCode::CORRUPT_MESSAGE),
        (&small, sized(now, 200), ErrorCode::MESSAGE_TOO_LARGE),
        (&nowhere, batch(now, &["v"]), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    ] {
        let a = w.produce(topic, 0, records);
        assert_eq!(
            (a.error_code, a.base_offset, a.log_append_time_ms, a.log_start_offset),
            (code, -1, -1, -1)
        );
    }
}

fn row_19_some_errors_carry_the_log_start(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let pid = (4_000_000, 1);
    w.append(&topic, 0, sequenced(now, pid, 0, 5));
    assert_eq!(crate::offsets::delete_records(w, &topic, 0, 3), (ErrorCode::NONE, 3));
    for (what, bad, code) in [
        ("control", forged(batch(now, &["v"]), |h| h.set_control()), ErrorCode::INVALID_RECORD),
        ("gap", sequenced(now, pid, 9, 1), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER),
        ("epoch", sequenced(now, (pid.0, 0), 0, 1), ErrorCode::INVALID_PRODUCER_EPOCH),
    ] {
        let a = w.produce(&topic, 0, bad);
        assert_eq!((a.error_code, a.base_offset, a.log_start_offset), (code, -1, 3), "{what}");
    }
}

fn row_20_produce_never_creates(w: &mut World) {
    let topic = w.topic(1);
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    let now = w.now();
    for (topic, partition) in [(&nowhere, 0), (&topic, 1), (&topic, -1), (&topic, i32::MAX)] {
        let answer = w.produce(topic, partition, batch(now, &["v"]));
        assert_eq!(
            answer.error_code,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            "partition {partition}"
        );
    }
    assert_eq!(crate::admin::error_of(w, &nowhere.name), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

fn row_20_an_unknown_id_is_unknown(w: &mut World) {
    if !w.offers(ApiKey::Produce, 13) {
        return;
    }
    let topic = w.topic(1);
    let now = w.now();
    for (id, partition, code) in [
        (topic.id, 0, ErrorCode::NONE),
        (topic.id, 1, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (Uuid([7; 16]), 0, ErrorCode::UNKNOWN_TOPIC_ID),
        (Uuid::ZERO, 0, ErrorCode::UNKNOWN_TOPIC_ID),
    ] {
        let mut request = ask::produce(&KString::EMPTY, partition, batch(now, &["v"]));
        request.topic_data[0].topic_id = id;
        let answer = w.client().call(request, 13);
        assert_eq!(answer.responses[0].topic_id, id);
        assert_eq!(answer.responses[0].partition_responses[0].error_code, code, "{id} {partition}");
    }
}

fn row_21_one_replica_is_enough_where_there_is_one(w: &mut World) {
    let topic = w.topic_with(1, &[("min.insync.replicas", "2")]);
    assert_eq!(w.append(&topic, 0, batch(w.now(), &["v"])), 0);
}

fn row_22_internal_topics_are_not_for_producers(w: &mut World) {
    // The first question after a coordinator makes the topic.
    for _ in 0..100 {
        let request = FindCoordinatorRequest { key: "g".into(), ..Default::default() };
        let version = w.newest(ApiKey::FindCoordinator, 3);
        let answer = w.client().call(Box::new(request), version);
        if answer.error_code == ErrorCode::NONE {
            break;
        }
        assert_eq!(answer.error_code, ErrorCode::COORDINATOR_NOT_AVAILABLE);
        w.sleep(std::time::Duration::from_millis(100));
    }
    let mut broken = batch(w.now(), &["v"]);
    broken[17] ^= 1;
    let version = w.newest(ApiKey::Produce, 12);
    let offsets = KString::from_static("__consumer_offsets");
    let transactions = KString::from_static("__share_group_state");
    let good = batch(w.now(), &["v"]);
    let answer = w.produce_v(version, ask::produce(&offsets, 0, good.clone()));
    assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::INVALID_TOPIC_EXCEPTION, -1));
    // Not there yet: unknown like any other.
    let answer = w.produce_v(version, ask::produce(&transactions, 0, good));
    assert_eq!(answer.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    // Kafka's own administrator may; a broken batch shows that it gets further.
    let mut client = w.connect();
    client.client_id = Some(KString::from_static("__admin_client"));
    let answer = client.call(ask::produce(&offsets, 0, broken), version);
    assert_eq!(answer.responses[0].partition_responses[0].error_code, ErrorCode::CORRUPT_MESSAGE);
}

fn row_23_a_batch_is_stored_as_sent(w: &mut World) {
    let now = w.now();
    for (codec, name) in [
        (Codec::None, "uncompressed"),
        (Codec::Gzip, "gzip"),
        (Codec::Snappy, "snappy"),
        (Codec::Lz4, "lz4"),
        (Codec::Zstd, "zstd"),
    ] {
        // Under "producer" and under its own name.
        for config in [&[][..], &[("compression.type", name)]] {
            let topic = w.topic_with(1, config);
            w.append(&topic, 0, batch(now, &["first"]));
            let sent = packed(codec, now, &["a", "b", "a", "b"]);
            assert_eq!(w.append(&topic, 0, sent.clone()), 1);
            let stored = bytes_of(&w.fetch(&topic, 0, 1));
            let stored = &stored[stored.len() - sent.len()..];
            assert_eq!(stored[8..12], sent[8..12], "length");
            assert_eq!(stored[16..], sent[16..], "magic, CRC and everything behind");
            assert_eq!(headers(stored)[0].base_offset, 1);
        }
    }
}

fn row_23_compression_type_repacks(w: &mut World) {
    let now = w.now();
    let values = ["value one", "value two", "value three", "value four"];
    for (to, name) in [
        (Codec::None, "uncompressed"),
        (Codec::Gzip, "gzip"),
        (Codec::Snappy, "snappy"),
        (Codec::Lz4, "lz4"),
        (Codec::Zstd, "zstd"),
    ] {
        let topic = w.topic_with(1, &[("compression.type", name)]);
        for (i, from) in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd]
            .into_iter()
            .enumerate()
        {
            let mut builder = BatchBuilder::new(from).producer(5_000_000, 3, 4 * i as i32);
            for (j, value) in values.iter().enumerate() {
                builder.append(now - 10 + j as i64, Some(b"k"), Some(value.as_bytes()), &[]);
            }
            let base = w.append(&topic, 0, build(builder));
            let stored = bytes_of(&w.fetch(&topic, 0, base));
            let header =
                *headers(&stored).iter().find(|h| h.base_offset == base).expect("it is there");
            assert_eq!(header.codec(), Some(to), "{from:?} under {name}");
            let producer = (header.producer_id, header.producer_epoch, header.base_sequence);
            assert_eq!(producer, (5_000_000, 3, 4 * i as i32), "producer fields are kept");
            assert_eq!(header.max_timestamp, now - 7);
            let read = records(&stored);
            let read = read.iter().filter(|record| record.offset >= base);
            assert!(read.map(|r| r.value.clone().expect("a value")).eq(values));
        }
    }
}

fn row_23_a_wrong_largest_stamp_is_corrected(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for (i, wrong) in [-1, now + 5, 0].into_iter().enumerate() {
        let sent = forged(stamped(&[now - 3, now - 1, now - 2]), |h| h.max_timestamp = wrong);
        let base = w.append(&topic, 0, sent);
        assert_eq!(base, 3 * i as i64);
        let stored = bytes_of(&w.fetch(&topic, 0, base));
        let header = *headers(&stored).iter().find(|h| h.base_offset == base).expect("it is there");
        assert_eq!(header.max_timestamp, now - 1);
    }
}
