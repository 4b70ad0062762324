//! Rows 39 to 43, 47 and 48: what a Fetch returns and when; leader epochs.

use std::time::Duration;

use logboat_core::protocol::messages::fetch::{FetchPartition, PartitionData};
use logboat_core::protocol::messages::list_offsets::ListOffsetsPartitionResponse;
use logboat_core::protocol::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use logboat_core::protocol::messages::{FetchRequest, OffsetForLeaderEpochRequest};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_core::record::Codec;
use logboat_tests::ask;
use logboat_tests::batch::{batch, headers, packed, records};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World, bytes_of};

use crate::offsets::delete_records;

cases! {
    row_39_the_first_batch_comes_whole;
    row_39_only_the_first_partition_with_data_may_exceed;
    row_39_old_versions_may_be_cut {
        kafka_2: "puts the beginning of a message that never ends behind it",
        kafka_4: "serves Fetch from version 4",
    };
    row_39_more_batches_come_as_they_fit;
    row_40_an_offset_inside_a_batch_gets_the_whole_batch;
    row_41_what_need_not_wait_is_answered_at_once;
    row_41_an_empty_fetch_waits_for_max_wait;
    row_41_an_unknown_topic_does_not_end_the_wait_of_others;
    row_41_an_append_wakes_a_waiting_fetch;
    row_41_a_fetch_waits_for_min_bytes;
    row_41_a_fetch_of_many_partitions_counts_all_their_bytes;
    row_41_what_a_limit_cuts_off_is_not_waited_for;
    row_41_a_log_start_that_moves_ends_no_wait;
    row_41_retention_ends_no_wait {
        config: &[("log.retention.check.interval.ms", "1000")],
        virtual_time: true,
    };
    row_42_a_waiting_fetch_whose_offset_is_deleted_is_out_of_range;
    row_42_the_end_is_in_range_and_past_it_is_not;
    row_42_below_the_log_start_is_out_of_range;
    row_43_empty_records_are_never_null;
    row_47_a_newer_epoch_is_unknown;
    row_47_an_older_epoch_is_fenced { virtual_time: true };
    row_47_a_fetch_past_the_end_of_its_epoch_diverges;
    row_48_an_epoch_beyond_the_known_is_minus_1;
    row_48_the_current_epoch_ends_at_the_end;
    row_48_epochs_end_where_the_next_began { virtual_time: true };
}

fn at(partition: i32, offset: i64, max_bytes: i32) -> FetchPartition {
    FetchPartition {
        partition,
        fetch_offset: offset,
        partition_max_bytes: max_bytes,
        ..Default::default()
    }
}

fn call(w: &mut World, request: FetchRequest, version: i16) -> Vec<PartitionData> {
    let answer = w.client().call(request, version);
    assert_eq!(answer.error_code, ErrorCode::NONE);
    answer.responses.into_iter().flat_map(|topic| topic.partitions).collect()
}

/// Those that name topics and carry batches as they are stored.
fn newer_versions(w: &World) -> impl Iterator<Item = i16> + use<> {
    w.versions(ApiKey::Fetch).filter(|version| (4..13).contains(version))
}

fn row_39_the_first_batch_comes_whole(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let large = batch(now, &[&"x".repeat(5000), &"y".repeat(5000)]);
    w.append(&topic, 0, large.clone());
    w.append(&topic, 0, batch(now, &["next"]));
    for version in newer_versions(w) {
        for (max_bytes, partition_max_bytes) in [(1 << 20, 1), (1, 1 << 20), (1, 1), (5000, 5000)] {
            let mut request = ask::fetch_all([(&topic.name, at(0, 0, partition_max_bytes))]);
            request.max_bytes = max_bytes;
            let data = call(w, request, version);
            let bytes = bytes_of(&data[0]);
            assert_eq!(bytes.len(), large.len(), "v{version} {max_bytes} {partition_max_bytes}");
            assert_eq!(records(&bytes).len(), 2);
        }
    }
}

fn row_39_only_the_first_partition_with_data_may_exceed(w: &mut World) {
    let topic = w.topic(3);
    let now = w.now();
    for partition in [1, 2] {
        w.append(&topic, partition, batch(now, &[&"x".repeat(5000)]));
    }
    for version in newer_versions(w) {
        let partitions = (0..3).map(|partition| (&topic.name, at(partition, 0, 100)));
        let mut request = ask::fetch_all(partitions);
        request.max_bytes = 1 << 20;
        let data = call(w, request, version);
        let sizes: Vec<_> =
            data.iter().map(|p| (p.partition_index, bytes_of(p).len() > 5000)).collect();
        // The first has nothing, so the second may exceed, and the third gets nothing, without an error.
        assert_eq!(sizes, [(0, false), (1, true), (2, false)], "v{version}");
        assert!(bytes_of(&data[2]).is_empty());
        assert!(data.iter().all(|p| p.error_code == ErrorCode::NONE));
        assert_eq!(data[2].high_watermark, 1);
    }
}

fn row_39_old_versions_may_be_cut(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &[&"x".repeat(5000)]));
    for version in 0..=2 {
        let whole =
            bytes_of(&call(w, ask::fetch_all([(&topic.name, at(0, 0, 10_000))]), version)[0]);
        assert!((5000..6000).contains(&whole.len()));
        let data = call(w, ask::fetch_all([(&topic.name, at(0, 0, 1000))]), version);
        assert_eq!(data[0].error_code, ErrorCode::NONE);
        assert!(whole.starts_with(&bytes_of(&data[0])), "a message, or the beginning of one");
    }
}

fn row_39_more_batches_come_as_they_fit(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let size = batch(now, &["some value"]).len();
    for _ in 0..10 {
        w.append(&topic, 0, batch(now, &["some value"]));
    }
    for version in newer_versions(w) {
        let fit = i32::try_from(size * 4).expect("small");
        let data = call(w, ask::fetch_all([(&topic.name, at(0, 2, fit))]), version);
        let offsets: Vec<_> = headers(&bytes_of(&data[0])).iter().map(|h| h.base_offset).collect();
        assert_eq!(offsets, [2, 3, 4, 5]);
        assert_eq!(data[0].high_watermark, 10);
    }
}

fn row_40_an_offset_inside_a_batch_gets_the_whole_batch(w: &mut World) {
    let now = w.now();
    for codec in [Codec::None, Codec::Gzip] {
        let topic = w.topic(1);
        w.append(&topic, 0, packed(codec, now, &["a", "b", "c"]));
        w.append(&topic, 0, packed(codec, now, &["d", "e", "f"]));
        for version in newer_versions(w) {
            for (offset, first) in [(0, 0), (1, 0), (2, 0), (3, 3), (5, 3)] {
                let data = call(w, ask::fetch(&topic.name, 0, offset), version);
                let stored = bytes_of(&data[0]);
                assert_eq!(headers(&stored)[0].base_offset, first, "v{version} at {offset}");
                assert_eq!(records(&stored).len() as i64, 6 - first);
            }
        }
    }
}

fn waiting(topic: &KString, offset: i64, max_wait_ms: i32, min_bytes: i32) -> FetchRequest {
    FetchRequest { max_wait_ms, min_bytes, ..ask::fetch(topic, 0, offset) }
}

fn row_41_what_need_not_wait_is_answered_at_once(w: &mut World) {
    let topic = w.topic(2);
    let nowhere = w.name("nowhere");
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let version = w.newest(ApiKey::Fetch, 12);
    let begun = w.elapsed();
    let long = 50_000;
    let both = FetchRequest {
        max_wait_ms: long,
        ..ask::fetch_all([(&topic.name, at(0, 1, 1000)), (&topic.name, at(1, 9, 1000))])
    };
    for (what, request) in [
        ("no wait wanted", waiting(&topic.name, 1, 0, 1)),
        ("negative wait", waiting(&topic.name, 1, -1, 1)),
        ("no partitions", FetchRequest { max_wait_ms: long, ..ask::fetch_all([]) }),
        ("enough", waiting(&topic.name, 0, long, 1)),
        ("no bytes wanted", waiting(&topic.name, 1, long, 0)),
        ("an error", waiting(&topic.name, 9, long, 1)),
        ("nothing but unknown topics", waiting(&nowhere, 0, long, 1)),
        ("one error of two", both),
    ] {
        w.client().call(request, version);
        assert!(w.elapsed() - begun < 20_000, "{what} waits");
    }
}

fn row_41_an_empty_fetch_waits_for_max_wait(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::Fetch).filter(|version| *version < 13) {
        let begun = w.elapsed();
        let data = call(w, waiting(&topic.name, 0, 300, 1), version);
        let waited = w.elapsed() - begun;
        assert!((300..10_000).contains(&waited), "v{version}: {waited} ms");
        assert_eq!((data[0].error_code, data[0].high_watermark), (ErrorCode::NONE, 0));
        assert!(bytes_of(&data[0]).is_empty());
    }
}

fn row_41_an_unknown_topic_does_not_end_the_wait_of_others(w: &mut World) {
    // It is answered before anything is read; 4.3.1 waits as well.
    let topic = w.topic(1);
    let nowhere = w.name("nowhere");
    let version = w.newest(ApiKey::Fetch, 12);
    let begun = w.elapsed();
    let both = ask::fetch_all([(&topic.name, at(0, 0, 1000)), (&nowhere, at(0, 0, 1000))]);
    let data = call(w, FetchRequest { max_wait_ms: 500, ..both }, version);
    let mut codes: Vec<_> = data.iter().map(|p| p.error_code).collect();
    codes.sort_by_key(|code| code.code());
    assert_eq!(codes, [ErrorCode::NONE, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION]);
    assert!(w.elapsed() - begun >= 500);
}

fn row_41_an_append_wakes_a_waiting_fetch(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    for offset in 0..3 {
        let begun = w.elapsed();
        let mut consumer = w.connect();
        let id = consumer.send(waiting(&topic.name, offset, 50_000, 1), version);
        consumer.expect_silence(Duration::from_millis(100));
        w.append(&topic, 0, batch(w.now(), &["v"]));
        let answer = consumer.answer::<FetchRequest>(version, id);
        let data = &answer.responses[0].partitions[0];
        assert_eq!(records(&bytes_of(data))[0].offset, offset);
        assert_eq!(data.high_watermark, offset + 1);
        assert!(w.elapsed() - begun < 20_000);
    }
}

fn row_41_a_fetch_waits_for_min_bytes(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    let size = i32::try_from(batch(w.now(), &["v"]).len()).expect("small");
    let begun = w.elapsed();
    let mut consumer = w.connect();
    let id = consumer.send(waiting(&topic.name, 0, 50_000, 3 * size), version);
    for _ in 0..2 {
        w.append(&topic, 0, batch(w.now(), &["v"]));
        consumer.expect_silence(Duration::from_millis(100));
    }
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let answer = consumer.answer::<FetchRequest>(version, id);
    assert_eq!(records(&bytes_of(&answer.responses[0].partitions[0])).len(), 3);
    assert!(w.elapsed() - begun < 20_000);
    // Too little in time: what there is.
    let answer = w.client().call(waiting(&topic.name, 1, 200, 3 * size), version);
    assert_eq!(records(&bytes_of(&answer.responses[0].partitions[0])).len(), 2);
}

/// Whole batches go out, so a partition's limit may never be reached; what it cuts off counts as there.
fn row_41_what_a_limit_cuts_off_is_not_waited_for(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    let size = i32::try_from(batch(w.now(), &["v"]).len()).expect("small");
    for _ in 0..2 {
        w.append(&topic, 0, batch(w.now(), &["v"]));
    }
    let begun = w.elapsed();
    let limit = size + size / 2;
    let request = FetchRequest {
        max_wait_ms: 50_000,
        min_bytes: limit,
        ..ask::fetch_all([(&topic.name, at(0, 0, limit))])
    };
    let data = call(w, request, version);
    assert!(!records(&bytes_of(&data[0])).is_empty());
    assert!(w.elapsed() - begun < 20_000, "it waits for what never comes");
}

fn row_41_a_fetch_of_many_partitions_counts_all_their_bytes(w: &mut World) {
    let topic = w.topic(2);
    let version = w.newest(ApiKey::Fetch, 12);
    let size = i32::try_from(batch(w.now(), &["v"]).len()).expect("small");
    let mut consumer = w.connect();
    let both = ask::fetch_all((0..2).map(|partition| (&topic.name, at(partition, 0, 1000))));
    let id =
        consumer.send(FetchRequest { max_wait_ms: 50_000, min_bytes: 2 * size, ..both }, version);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    consumer.expect_silence(Duration::from_millis(100));
    w.append(&topic, 1, batch(w.now(), &["v"]));
    let answer = consumer.answer::<FetchRequest>(version, id);
    for topic in &answer.responses {
        assert_eq!(records(&bytes_of(&topic.partitions[0])).len(), 1);
    }
}

fn row_41_a_log_start_that_moves_ends_no_wait(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    let version = w.newest(ApiKey::Fetch, 12);
    let mut consumer = w.connect();
    let id = consumer.send(waiting(&topic.name, 2, 50_000, 1), version);
    consumer.expect_silence(Duration::from_millis(100));
    assert_eq!(delete_records(w, &topic, 0, -1), (ErrorCode::NONE, 2));
    consumer.expect_silence(Duration::from_millis(300));
    w.append(&topic, 0, batch(w.now(), &["c"]));
    let answer = consumer.answer::<FetchRequest>(version, id);
    let data = &answer.responses[0].partitions[0];
    assert_eq!((data.log_start_offset, records(&bytes_of(data))[0].offset), (2, 2));
}

fn row_41_retention_ends_no_wait(w: &mut World) {
    let topic = w.topic_with(1, &[("retention.ms", "1000")]);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    let mut consumer = w.connect();
    let id = consumer.send(waiting(&topic.name, 2, 50_000, 1), 12);
    consumer.expect_silence(Duration::from_secs(10));
    assert_eq!(w.list_offsets(&topic, 0, -2).offset, 2, "they are gone");
    w.append(&topic, 0, batch(w.now(), &["c"]));
    let answer = consumer.answer::<FetchRequest>(12, id);
    assert_eq!(records(&bytes_of(&answer.responses[0].partitions[0]))[0].offset, 2);
}

fn row_42_a_waiting_fetch_whose_offset_is_deleted_is_out_of_range(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    let version = w.newest(ApiKey::Fetch, 12);
    let begun = w.elapsed();
    let mut consumer = w.connect();
    let id = consumer.send(waiting(&topic.name, 0, 3000, 100_000), version);
    consumer.expect_silence(Duration::from_millis(100));
    assert_eq!(delete_records(w, &topic, 0, -1), (ErrorCode::NONE, 2));
    let answer = consumer.answer::<FetchRequest>(version, id);
    assert_eq!(answer.responses[0].partitions[0].error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    // Kafka looks again only when the wait is over.
    assert!(w.release().is_some() || w.elapsed() - begun < 1000);
}

fn row_42_the_end_is_in_range_and_past_it_is_not(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    for version in w.versions(ApiKey::Fetch).filter(|version| *version < 13) {
        let data = call(w, ask::fetch(&topic.name, 0, 2), version);
        assert_eq!(
            (data[0].error_code, data[0].high_watermark),
            (ErrorCode::NONE, 2),
            "v{version}"
        );
        assert!(bytes_of(&data[0]).is_empty());
        for offset in [3, i64::MAX, -1, -5] {
            let data = call(w, ask::fetch(&topic.name, 0, offset), version);
            assert_eq!(
                data[0].error_code,
                ErrorCode::OFFSET_OUT_OF_RANGE,
                "v{version} at {offset}"
            );
            let seen =
                (data[0].high_watermark, data[0].last_stable_offset, data[0].log_start_offset);
            assert_eq!(seen, (-1, -1, -1), "v{version} at {offset}");
        }
    }
}

fn row_42_below_the_log_start_is_out_of_range(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b", "c"]));
    assert_eq!(delete_records(w, &topic, 0, 2), (ErrorCode::NONE, 2));
    assert_eq!(w.fetch(&topic, 0, 1).error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    let data = w.fetch(&topic, 0, 2);
    assert_eq!((data.error_code, data.log_start_offset), (ErrorCode::NONE, 2));
}

fn row_43_empty_records_are_never_null(w: &mut World) {
    let topic = w.topic(1);
    let nowhere = w.name("nowhere");
    for version in w.versions(ApiKey::Fetch).filter(|version| *version < 13) {
        for (name, offset) in [(&topic.name, 0), (&topic.name, 5), (&nowhere, 0)] {
            let data = call(w, ask::fetch(name, 0, offset), version);
            // librdkafka does not take null, with an error or without.
            assert!(data[0].records.is_some(), "v{version} {name} {offset}");
            assert!(bytes_of(&data[0]).is_empty());
        }
    }
}

fn fetch_in_epoch(w: &mut World, topic: &Topic, epoch: i32) -> ErrorCode {
    let version = w.newest(ApiKey::Fetch, 12);
    let partition = FetchPartition { current_leader_epoch: epoch, ..at(0, 0, 1000) };
    call(w, ask::fetch_all([(&topic.name, partition)]), version)[0].error_code
}

fn list_in_epoch(w: &mut World, topic: &Topic, epoch: i32) -> ListOffsetsPartitionResponse {
    let version = w.newest(ApiKey::ListOffsets, 11);
    let mut request = ask::list_offsets(&topic.name, 0, -1);
    request.topics[0].partitions[0].current_leader_epoch = epoch;
    w.client().call(request, version).topics[0].partitions[0].clone()
}

fn epoch_end(w: &mut World, topic: &Topic, current: i32, epoch: i32) -> EpochEndOffset {
    let version = w.newest(ApiKey::OffsetForLeaderEpoch, 4);
    let partition = OffsetForLeaderPartition {
        partition: 0,
        current_leader_epoch: current,
        leader_epoch: epoch,
    };
    let topic = OffsetForLeaderTopic { topic: topic.name.clone(), partitions: vec![partition] };
    let request = OffsetForLeaderEpochRequest { replica_id: -1, topics: vec![topic] };
    let answer = w.client().call(Box::new(request), version);
    answer.topics[0].partitions[0].clone()
}

/// The epoch in which the partition is led.
fn epoch(w: &mut World, topic: &Topic) -> i32 {
    crate::admin::metadata(w, &topic.name).partitions[0].leader_epoch
}

fn row_47_a_newer_epoch_is_unknown(w: &mut World) {
    let topic = w.topic(1);
    let current = epoch(w, &topic);
    for (epoch, code) in [
        (-1, ErrorCode::NONE),
        (current, ErrorCode::NONE),
        (current + 1, ErrorCode::UNKNOWN_LEADER_EPOCH),
        (i32::MAX, ErrorCode::UNKNOWN_LEADER_EPOCH),
    ] {
        assert_eq!(fetch_in_epoch(w, &topic, epoch), code);
        assert_eq!(list_in_epoch(w, &topic, epoch).error_code, code);
        assert_eq!(epoch_end(w, &topic, epoch, 0).error_code, code);
    }
}

fn row_47_an_older_epoch_is_fenced(w: &mut World) {
    let topic = w.topic(1);
    let before = epoch(w, &topic);
    w.restart(true);
    let current = epoch(w, &topic);
    assert!(current > before);
    assert_eq!(fetch_in_epoch(w, &topic, before), ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(list_in_epoch(w, &topic, before).error_code, ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(epoch_end(w, &topic, before, before).error_code, ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(fetch_in_epoch(w, &topic, current), ErrorCode::NONE);
}

fn row_47_a_fetch_past_the_end_of_its_epoch_diverges(w: &mut World) {
    if !w.offers(ApiKey::Fetch, 12) {
        return;
    }
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b", "c"]));
    let current = epoch(w, &topic);
    for (offset, diverges) in [(0, false), (3, false), (5, true)] {
        let partition = FetchPartition { last_fetched_epoch: current, ..at(0, offset, 1000) };
        let data = call(w, ask::fetch_all([(&topic.name, partition)]), 12);
        assert_eq!(data[0].error_code, ErrorCode::NONE, "at {offset}");
        let seen = (data[0].diverging_epoch.epoch, data[0].diverging_epoch.end_offset);
        assert_eq!(seen, if diverges { (current, 3) } else { (-1, -1) });
        assert_eq!(bytes_of(&data[0]).is_empty(), offset > 0);
    }
}

fn row_48_an_epoch_beyond_the_known_is_minus_1(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let current = epoch(w, &topic);
    for epoch in [current + 1, i32::MAX] {
        let end = epoch_end(w, &topic, -1, epoch);
        assert_eq!((end.error_code, end.leader_epoch, end.end_offset), (ErrorCode::NONE, -1, -1));
    }
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    let end = epoch_end(w, &nowhere, -1, 0);
    let seen = (end.error_code, end.leader_epoch, end.end_offset);
    assert_eq!(seen, (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1, -1));
}

fn row_48_the_current_epoch_ends_at_the_end(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    let current = epoch(w, &topic);
    let version = w.newest(ApiKey::OffsetForLeaderEpoch, 4);
    assert!(version >= 2, "offered");
    let end = epoch_end(w, &topic, current, current);
    assert_eq!((end.error_code, end.leader_epoch, end.end_offset), (ErrorCode::NONE, current, 2));
    assert_eq!(list_in_epoch(w, &topic, current).leader_epoch, current);
}

fn row_48_epochs_end_where_the_next_began(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    let first = epoch(w, &topic);
    w.restart(false);
    w.append(&topic, 0, batch(w.now(), &["c"]));
    let second = epoch(w, &topic);
    let stored = headers(&bytes_of(&w.fetch(&topic, 0, 0)));
    let epochs: Vec<_> = stored.iter().map(|header| header.partition_leader_epoch).collect();
    assert_eq!(epochs, [first, second], "each batch keeps the epoch in which it came");
    for (asked, answer) in [(first, (first, 2)), (second, (second, 3)), (second + 1, (-1, -1))] {
        let end = epoch_end(w, &topic, -1, asked);
        assert_eq!((end.error_code, (end.leader_epoch, end.end_offset)), (ErrorCode::NONE, answer));
    }
}
