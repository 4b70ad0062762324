//! Rows 49 to 54: ListOffsets and DeleteRecords.

use std::time::Duration;

use logboat_core::protocol::messages::DeleteRecordsRequest;
use logboat_core::protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_tests::ask;
use logboat_tests::batch::{batch, headers, records, stamped};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World, bytes_of};

cases! {
    row_49_the_end_and_the_start;
    row_50_the_largest_stamp;
    row_50_tiered_questions_without_tiers;
    row_50_below_their_versions_special_stamps_are_unsupported { kafka_2: "takes them for times" };
    row_51_a_time_is_looked_for_in_offset_order;
    row_51_a_time_after_every_record_is_minus_1;
    row_51_a_time_in_a_compressed_batch_is_found;
    row_51a_version_0_names_segments { kafka_4: "serves ListOffsets from version 1" };
    row_52_a_partition_twice_is_refused;
    row_53_delete_records_moves_the_log_start;
    row_53_a_topic_without_the_policy_delete_refuses;
    row_53_every_version_deletes;
    row_54_inside_a_batch_the_whole_batch_is_fetched;
}

/// DeleteRecords on one partition: error and low watermark.
pub(crate) fn delete_records(
    w: &mut World,
    topic: &Topic,
    partition: i32,
    offset: i64,
) -> (ErrorCode, i64) {
    let version = w.newest(ApiKey::DeleteRecords, 2);
    delete_in(w, &topic.name, partition, offset, version)
}

fn delete_in(
    w: &mut World,
    name: &KString,
    partition: i32,
    offset: i64,
    version: i16,
) -> (ErrorCode, i64) {
    let partition = DeleteRecordsPartition { partition_index: partition, offset };
    let topic = DeleteRecordsTopic { name: name.clone(), partitions: vec![partition] };
    let request = DeleteRecordsRequest { topics: vec![topic], timeout_ms: 30_000 };
    let answer = w.client().call(Box::new(request), version);
    let result = &answer.topics[0].partitions[0];
    (result.error_code, result.low_watermark)
}

/// Error, offset and timestamp.
fn ask_in(w: &mut World, topic: &Topic, timestamp: i64, version: i16) -> (ErrorCode, i64, i64) {
    let answer = w.client().call(ask::list_offsets(&topic.name, 0, timestamp), version);
    let found = &answer.topics[0].partitions[0];
    (found.error_code, found.offset, found.timestamp)
}

fn versions(w: &World) -> impl Iterator<Item = i16> + use<> {
    w.versions(ApiKey::ListOffsets).filter(|version| *version > 0)
}

fn row_49_the_end_and_the_start(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b", "c"]));
    for version in versions(w) {
        for isolation_level in [0, 1] {
            for (timestamp, offset) in [(-1, 3), (-2, 0)] {
                let mut request = ask::list_offsets(&topic.name, 0, timestamp);
                request.isolation_level = isolation_level;
                let answer = w.client().call(request, version);
                let found = &answer.topics[0].partitions[0];
                let seen = (found.error_code, found.offset, found.timestamp);
                assert_eq!(seen, (ErrorCode::NONE, offset, -1), "v{version}");
            }
        }
    }
    assert_eq!(delete_records(w, &topic, 0, 2), (ErrorCode::NONE, 2));
    for version in versions(w) {
        assert_eq!(ask_in(w, &topic, -2, version), (ErrorCode::NONE, 2, -1));
    }
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    for version in versions(w) {
        let unknown = (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1, -1);
        assert_eq!(ask_in(w, &nowhere, -1, version), unknown);
    }
}

fn row_50_the_largest_stamp(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for version in versions(w).filter(|version| *version >= 7) {
        assert_eq!(ask_in(w, &topic, -3, version), (ErrorCode::NONE, -1, -1), "an empty log");
    }
    w.append(&topic, 0, stamped(&[now - 5, now - 1, now - 3]));
    w.append(&topic, 0, stamped(&[now - 4, now - 1, now - 9]));
    for version in versions(w).filter(|version| *version >= 7) {
        // The first of those that have it.
        assert_eq!(ask_in(w, &topic, -3, version), (ErrorCode::NONE, 1, now - 1), "v{version}");
    }
    w.append(&topic, 0, stamped(&[now - 2, now]));
    for version in versions(w).filter(|version| *version >= 7) {
        assert_eq!(ask_in(w, &topic, -3, version), (ErrorCode::NONE, 7, now), "v{version}");
    }
}

fn row_50_tiered_questions_without_tiers(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b", "c"]));
    assert_eq!(delete_records(w, &topic, 0, 1), (ErrorCode::NONE, 1));
    for version in versions(w) {
        if version >= 8 {
            assert_eq!(ask_in(w, &topic, -4, version), (ErrorCode::NONE, 1, -1), "v{version}");
        }
        if version >= 9 {
            let answer = w.client().call(ask::list_offsets(&topic.name, 0, -5), version);
            let found = &answer.topics[0].partitions[0];
            let seen = (found.error_code, found.offset, found.timestamp, found.leader_epoch);
            assert_eq!(seen, (ErrorCode::NONE, -1, -1, -1), "v{version}");
        }
    }
}

fn row_50_below_their_versions_special_stamps_are_unsupported(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    for (timestamp, first) in [(-3, 7), (-4, 8), (-5, 9), (-6, 11), (-7, 99), (i64::MIN, 99)] {
        for version in versions(w).filter(|version| *version < first) {
            let expected = (ErrorCode::UNSUPPORTED_VERSION, -1, -1);
            assert_eq!(
                ask_in(w, &topic, timestamp, version),
                expected,
                "{timestamp} in v{version}"
            );
        }
    }
}

fn row_51_a_time_is_looked_for_in_offset_order(w: &mut World) {
    let topic = w.topic(1);
    let t = w.now() - 1_000_000;
    w.append(&topic, 0, stamped(&[t, t + 50, t + 20]));
    w.append(&topic, 0, stamped(&[t + 10]));
    w.append(&topic, 0, stamped(&[t + 40, t + 100]));
    w.append(&topic, 0, stamped(&[t + 60]));
    for version in versions(w) {
        for (target, offset, stamp) in [
            (0, 0, t),
            (t, 0, t),
            (t + 1, 1, t + 50),
            (t + 20, 1, t + 50),
            (t + 50, 1, t + 50),
            (t + 51, 5, t + 100),
            (t + 100, 5, t + 100),
        ] {
            let seen = ask_in(w, &topic, target, version);
            assert_eq!(seen, (ErrorCode::NONE, offset, stamp), "v{version} +{}", target - t);
        }
    }
}

fn row_51_a_time_after_every_record_is_minus_1(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for version in versions(w) {
        assert_eq!(ask_in(w, &topic, 0, version), (ErrorCode::NONE, -1, -1), "an empty log");
    }
    w.append(&topic, 0, stamped(&[now]));
    for version in versions(w) {
        assert_eq!(ask_in(w, &topic, now + 1, version), (ErrorCode::NONE, -1, -1), "v{version}");
        assert_eq!(ask_in(w, &topic, i64::MAX, version), (ErrorCode::NONE, -1, -1), "v{version}");
    }
}

fn row_51_a_time_in_a_compressed_batch_is_found(w: &mut World) {
    use logboat_core::record::{BatchBuilder, Codec};
    let t = w.now() - 1_000_000;
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let topic = w.topic(1);
        let mut builder = BatchBuilder::new(codec);
        for i in 0..100 {
            builder.append(t + i, None, Some(b"some value"), &[]);
        }
        w.append(&topic, 0, logboat_tests::batch::build(builder));
        let version = w.newest(ApiKey::ListOffsets, 11);
        for i in [0, 1, 57, 99] {
            assert_eq!(ask_in(w, &topic, t + i, version), (ErrorCode::NONE, i, t + i), "{codec:?}");
        }
        assert_eq!(ask_in(w, &topic, t + 100, version), (ErrorCode::NONE, -1, -1), "{codec:?}");
    }
}

fn row_51a_version_0_names_segments(w: &mut World) {
    let topic = w.topic_with(1, &[("segment.bytes", "1048576")]);
    let ask_0 = |w: &mut World, timestamp, max| {
        let mut request = ask::list_offsets(&topic.name, 0, timestamp);
        request.topics[0].partitions[0].max_num_offsets = max;
        let answer = w.client().call(request, 0);
        let found = answer.topics[0].partitions[0].clone();
        assert_eq!(found.error_code, ErrorCode::NONE);
        found.old_style_offsets
    };
    assert_eq!(ask_0(w, -1, 10), [0], "an empty log: its end, once");
    assert_eq!(ask_0(w, -2, 10), [0]);
    let value = "x".repeat(600_000);
    for _ in 0..3 {
        // Two do not fit one segment.
        let now = w.now();
        w.append(&topic, 0, batch(now, &[&value]));
    }
    assert_eq!(ask_0(w, -1, 10), [3, 2, 1, 0]);
    assert_eq!(ask_0(w, -1, 2), [3, 2]);
    assert_eq!(ask_0(w, -2, 10), [0]);
    assert_eq!(ask_0(w, 1, 10), [0_i64; 0], "no segment was written then");
    w.sleep(Duration::from_millis(1100));
    let now = w.now();
    assert_eq!(ask_0(w, now - 500, 10), [2, 1, 0], "the end is not of that time");
    assert_eq!(ask_0(w, now + 100_000, 10), [3, 2, 1, 0], "a time to come: the end too");
}

fn row_52_a_partition_twice_is_refused(w: &mut World) {
    let topic = w.topic(2);
    for version in versions(w) {
        let mut request = ask::list_offsets(&topic.name, 0, -1);
        let again = request.topics[0].partitions[0].clone();
        let mut other = again.clone();
        other.partition_index = 1;
        request.topics[0].partitions.push(again);
        request.topics[0].partitions.push(other);
        let answer = w.client().call(request, version);
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        for found in partitions {
            let code = if found.partition_index == 0 {
                ErrorCode::INVALID_REQUEST
            } else {
                ErrorCode::NONE
            };
            assert_eq!(found.error_code, code, "v{version} partition {}", found.partition_index);
        }
    }
}

fn row_53_delete_records_moves_the_log_start(w: &mut World) {
    let topic = w.topic(1);
    assert_eq!(delete_records(w, &topic, 0, -1), (ErrorCode::NONE, 0), "an empty log");
    w.append(&topic, 0, batch(w.now(), &["a", "b", "c", "d", "e"]));
    for (offset, expected, start) in [
        (2, (ErrorCode::NONE, 2), 2),
        (1, (ErrorCode::NONE, 2), 2),
        (0, (ErrorCode::NONE, 2), 2),
        (6, (ErrorCode::OFFSET_OUT_OF_RANGE, -1), 2),
        (-2, (ErrorCode::OFFSET_OUT_OF_RANGE, -1), 2),
        (i64::MIN, (ErrorCode::OFFSET_OUT_OF_RANGE, -1), 2),
        (-1, (ErrorCode::NONE, 5), 5),
        (5, (ErrorCode::NONE, 5), 5),
    ] {
        assert_eq!(delete_records(w, &topic, 0, offset), expected, "to {offset}");
        assert_eq!(w.list_offsets(&topic, 0, -2).offset, start, "to {offset}");
    }
    assert_eq!(w.append(&topic, 0, batch(w.now(), &["f"])), 5, "offsets go on");
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    let unknown = (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1);
    assert_eq!(delete_records(w, &nowhere, 0, -1), unknown);
    assert_eq!(delete_records(w, &topic, 1, -1), unknown);
}

fn row_53_a_topic_without_the_policy_delete_refuses(w: &mut World) {
    let now = w.now();
    let mut builder = logboat_core::record::BatchBuilder::new(logboat_core::record::Codec::None);
    builder.append(now, Some(b"k"), Some(b"v"), &[]);
    let keyed = logboat_tests::batch::build(builder);
    let compact = w.topic_with(1, &[("cleanup.policy", "compact")]);
    w.append(&compact, 0, keyed.clone());
    assert_eq!(delete_records(w, &compact, 0, 1), (ErrorCode::POLICY_VIOLATION, -1));
    let both = w.topic_with(1, &[("cleanup.policy", "compact,delete")]);
    w.append(&both, 0, keyed);
    assert_eq!(delete_records(w, &both, 0, 1), (ErrorCode::NONE, 1));
}

fn row_53_every_version_deletes(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::DeleteRecords) {
        w.append(&topic, 0, batch(w.now(), &["v"]));
        let end = w.end(&topic, 0);
        let deleted = delete_in(w, &topic.name, 0, end, version);
        assert_eq!(deleted, (ErrorCode::NONE, end), "v{version}");
    }
}

fn row_54_inside_a_batch_the_whole_batch_is_fetched(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b", "c", "d"]));
    assert_eq!(delete_records(w, &topic, 0, 2), (ErrorCode::NONE, 2));
    assert_eq!(w.list_offsets(&topic, 0, -2).offset, 2);
    let data = w.fetch(&topic, 0, 2);
    assert_eq!(
        (data.error_code, data.log_start_offset, data.high_watermark),
        (ErrorCode::NONE, 2, 4)
    );
    let stored = bytes_of(&data);
    assert_eq!(headers(&stored)[0].base_offset, 0);
    assert_eq!(records(&stored).len(), 4, "the client drops what it did not ask for");
}
