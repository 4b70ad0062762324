//! DeleteTopics, CreatePartitions, DeleteRecords and the APIs that describe topics, through a whole broker.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/driver.rs"]
mod driver;

use driver::{Broker, fetch, name};
use logboat_core::memory_store::MemoryStore;
use logboat_core::notice::Notice;
use logboat_core::protocol::messages::create_partitions::{
    CreatePartitionsAssignment, CreatePartitionsTopic,
};
use logboat_core::protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use logboat_core::protocol::messages::delete_topics::DeleteTopicState;
use logboat_core::protocol::messages::describe_topic_partitions::{Cursor, TopicRequest};
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
use logboat_core::protocol::messages::offset_for_leader_epoch::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use logboat_core::protocol::messages::{
    CreatePartitionsRequest, DeleteRecordsRequest, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribeClusterRequest, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    MetadataRequest, OffsetForLeaderEpochRequest,
};
use logboat_core::protocol::{ErrorCode, Uuid};

fn state(topic: Option<&str>, topic_id: Uuid) -> DeleteTopicState {
    DeleteTopicState { name: topic.map(name), topic_id }
}

fn delete(broker: &mut Broker, topics: Vec<DeleteTopicState>) -> DeleteTopicsResponse {
    let request = DeleteTopicsRequest { topics, ..Default::default() };
    *answer!(broker.call(Box::new(request), 6), DeleteTopics)
}

fn codes(response: &DeleteTopicsResponse) -> Vec<i16> {
    response.responses.iter().map(|result| result.error_code.code()).collect()
}

fn exists(broker: &mut Broker, topic: &str) -> bool {
    let topic = MetadataRequestTopic { name: Some(name(topic)), ..Default::default() };
    let request = MetadataRequest {
        topics: Some(vec![topic]),
        allow_auto_topic_creation: false,
        ..Default::default()
    };
    let response = answer!(broker.call(Box::new(request), 12), Metadata);
    response.topics[0].error_code == ErrorCode::NONE
}

#[test]
fn topics_are_deleted_by_name_and_by_id() {
    let mut broker = Broker::fresh();
    for topic in ["a", "b", "c", "d", "e"] {
        broker.create(topic, 2, &[]);
    }
    let id = broker.create("by-id", 1, &[]);
    let twice = broker.create("both", 1, &[]);
    let unknown = Uuid([9; 16]);
    let zero = Uuid::ZERO;
    let response = delete(
        &mut broker,
        vec![
            state(Some("a"), zero),
            state(None, id),
            state(Some("missing"), zero),
            state(Some("bad topic!"), zero),
            state(None, unknown),
            state(None, zero),
            state(Some("b"), Uuid([1; 16])),
            state(Some("c"), zero),
            state(Some("c"), zero),
            state(Some("both"), zero),
            state(None, twice),
        ],
    );
    assert_eq!(codes(&response), [0, 0, 3, 3, 100, 42, 42, 42, 42, 42]);
    assert_eq!(response.responses[1].name, Some(name("by-id")));
    assert!(!response.responses[0].topic_id.is_zero());
    let left: Vec<bool> =
        ["a", "by-id", "b", "c", "both"].iter().map(|topic| exists(&mut broker, topic)).collect();
    assert_eq!(left, [false, false, true, true, true]);
    assert!(broker.notices.contains(&Notice::TopicDeleted { name: "a".into() }));

    // The oldest version, and the deletion survives a crash; the name is free again, under another id.
    let request = DeleteTopicsRequest { topic_names: vec![name("d")], ..Default::default() };
    let response = answer!(broker.call(Box::new(request), 0), DeleteTopics);
    assert_eq!(codes(&response), [0]);
    let mut broker = Broker::open(broker.store);
    assert!(!exists(&mut broker, "d") && exists(&mut broker, "e"));
    assert_ne!(broker.create("by-id", 1, &[]), id);
}

#[test]
fn deletion_can_be_switched_off() {
    let store = MemoryStore::new(1 << 30);
    let mut broker = Broker::with(store, &[("delete.topic.enable", "false")]);
    broker.create("t", 1, &[]);
    for (version, code) in [(0, 42), (2, 42), (3, 73), (5, 73)] {
        let request = DeleteTopicsRequest { topic_names: vec![name("t")], ..Default::default() };
        let response = answer!(broker.call(Box::new(request), version), DeleteTopics);
        assert_eq!(codes(&response), [code]);
    }
    assert!(exists(&mut broker, "t"));
}

#[test]
fn a_deleted_topic_ends_the_fetches_that_wait_for_it() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    broker.create("other", 1, &[]);
    broker.send(2, fetch("t", 0, 60_000), 12);
    broker.send(3, fetch("other", 0, 60_000), 12);
    assert!(broker.answer(2).is_none() && broker.answer(3).is_none());
    assert_eq!(codes(&delete(&mut broker, vec![state(Some("t"), Uuid::ZERO)])), [0]);
    let response = answer!(broker.answer(2).unwrap(), Fetch);
    let error = response.responses[0].partitions[0].error_code;
    assert_eq!(error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert!(broker.answer(3).is_none(), "another topic's fetch waits on");
}

#[test]
fn partitions_are_added_and_never_taken() {
    let mut broker = Broker::fresh();
    broker.create("t", 2, &[]);
    let ask = |broker: &mut Broker,
               topic: &str,
               count,
               assigned: Option<Vec<Vec<i32>>>,
               validate_only| {
        let assignments = assigned.map(|all| {
            let one = |broker_ids| CreatePartitionsAssignment { broker_ids };
            all.into_iter().map(one).collect()
        });
        let topics = vec![CreatePartitionsTopic { name: name(topic), count, assignments }];
        let request = CreatePartitionsRequest { topics, validate_only, ..Default::default() };
        let response = answer!(broker.call(Box::new(request), 3), CreatePartitions);
        response.results[0].error_code.code()
    };
    let rows = [
        ("t", 2, None, 37),
        ("t", 1, None, 37),
        ("t", 0, None, 37),
        ("t", -1, None, 37),
        ("missing", 3, None, 3),
        ("t", i32::MAX, None, 44),
        ("t", 10_003, None, 44),
        ("t", 3, Some(vec![]), 39),
        ("t", 3, Some(vec![vec![0], vec![0]]), 39),
        ("t", 3, Some(vec![vec![]]), 39),
        ("t", 3, Some(vec![vec![7]]), 39),
        ("t", 3, Some(vec![vec![0, 0]]), 39),
        ("t", 3, Some(vec![vec![0]]), 0),
        ("t", 5, None, 0),
    ];
    for (topic, count, assigned, code) in rows {
        let validated = ask(&mut broker, topic, count, assigned.clone(), true);
        assert_eq!(validated, code, "{topic} {count}");
        assert_eq!(ask(&mut broker, topic, count, assigned, false), code, "{topic} {count}");
    }
    let twice = CreatePartitionsTopic { name: name("t"), count: 6, assignments: None };
    let request =
        CreatePartitionsRequest { topics: vec![twice.clone(), twice], ..Default::default() };
    let response = answer!(broker.call(Box::new(request), 0), CreatePartitions);
    assert_eq!(response.results.len(), 1);
    assert_eq!(response.results[0].error_code, ErrorCode::INVALID_REQUEST);

    let mut broker = Broker::open(broker.store);
    let topics = Some(vec![MetadataRequestTopic { name: Some(name("t")), ..Default::default() }]);
    let request = MetadataRequest { topics, ..Default::default() };
    let response = answer!(broker.call(Box::new(request), 12), Metadata);
    assert_eq!(response.topics[0].partitions.len(), 5);
    assert_eq!(broker.produce("t", b"still"), 0);
}

#[test]
fn records_are_deleted_up_to_an_offset() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    broker.create("compacted", 1, &[("cleanup.policy", "compact")]);
    for value in [&b"0"[..], b"1", b"2", b"3", b"4"] {
        broker.produce("t", value);
    }
    let ask = |broker: &mut Broker, topic: &str, partition_index, offset| {
        let partitions = vec![DeleteRecordsPartition { partition_index, offset }];
        let topics = vec![DeleteRecordsTopic { name: name(topic), partitions }];
        let request = DeleteRecordsRequest { topics, timeout_ms: 1000 };
        let response = answer!(broker.call(Box::new(request), 2), DeleteRecords);
        let result = &response.topics[0].partitions[0];
        (result.error_code.code(), result.low_watermark)
    };
    let rows = [
        ("t", 0, 2, (0, 2)),
        ("t", 0, 1, (0, 2)),
        ("t", 0, 0, (0, 2)),
        ("t", 0, 6, (1, -1)),
        ("t", 0, -2, (1, -1)),
        ("t", 1, 0, (3, -1)),
        ("t", -1, 0, (3, -1)),
        ("missing", 0, 0, (3, -1)),
        ("compacted", 0, 0, (44, -1)),
    ];
    for (topic, partition, offset, expected) in rows {
        let got = ask(&mut broker, topic, partition, offset);
        assert_eq!(got, expected, "{topic} {partition} {offset}");
    }
    let error = |broker: &mut Broker, offset| {
        let response = answer!(broker.call(fetch("t", offset, 0), 11), Fetch);
        let data = &response.responses[0].partitions[0];
        (data.error_code.code(), data.log_start_offset)
    };
    assert_eq!(error(&mut broker, 1), (1, -1));
    assert_eq!(error(&mut broker, 2), (0, 2));
    // All of it; the log goes on where it was, after a crash too.
    assert_eq!(ask(&mut broker, "t", 0, -1), (0, 5));
    let mut broker = Broker::open(broker.store);
    assert_eq!(error(&mut broker, 4), (1, -1));
    assert_eq!(broker.produce("t", b"5"), 5);
    assert_eq!(ask(&mut broker, "t", 0, 5), (0, 5));
}

#[test]
fn leader_epochs_have_ends() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    broker.produce("t", b"0");
    // Each start of the broker is an epoch: 0 holds offset 0, 1 holds offset 1, 2 nothing yet.
    let mut broker = Broker::open(broker.store);
    broker.produce("t", b"1");
    let mut broker = Broker::open(broker.store);
    let rows = [
        ("t", 0, -1, 0, (0, 0, 1)),
        ("t", 0, -1, 1, (0, 1, 2)),
        ("t", 0, 2, 2, (0, 2, 2)),
        ("t", 0, -1, 3, (0, -1, -1)),
        ("t", 0, -1, -1, (0, -1, -1)),
        ("t", 0, 1, 0, (74, -1, -1)),
        ("t", 0, 3, 0, (75, -1, -1)),
        ("t", 5, -1, 0, (3, -1, -1)),
        ("missing", 0, -1, 0, (3, -1, -1)),
    ];
    for (topic, partition, current_leader_epoch, leader_epoch, expected) in rows {
        let partitions =
            vec![OffsetForLeaderPartition { partition, current_leader_epoch, leader_epoch }];
        let topics = vec![OffsetForLeaderTopic { topic: name(topic), partitions }];
        let request = OffsetForLeaderEpochRequest { replica_id: -1, topics };
        let response = answer!(broker.call(Box::new(request), 4), OffsetForLeaderEpoch);
        let end = &response.topics[0].partitions[0];
        let got = (end.error_code.code(), end.leader_epoch, end.end_offset);
        assert_eq!(got, expected, "{topic} {partition} {current_leader_epoch} {leader_epoch}");
    }
}

#[test]
fn the_cluster_is_this_broker() {
    let mut broker = Broker::with(MemoryStore::new(1 << 30), &[("broker.rack", "r1")]);
    for version in 0..=2 {
        let request = DescribeClusterRequest { endpoint_type: 1, ..Default::default() };
        let response = answer!(broker.call(Box::new(request), version), DescribeCluster);
        assert_eq!(response.error_code, ErrorCode::NONE);
        assert_eq!(response.controller_id, response.brokers[0].broker_id);
        assert_eq!(
            (response.brokers[0].host.clone(), response.brokers[0].port),
            (name("127.0.0.1"), 9092)
        );
        assert_eq!(response.brokers[0].rack, Some(name("r1")));
        assert_eq!(response.cluster_authorized_operations, i32::MIN);
        assert_eq!(response.cluster_id.len(), 22);
    }
    let request = DescribeClusterRequest {
        include_cluster_authorized_operations: true,
        endpoint_type: 1,
        ..Default::default()
    };
    let response = answer!(broker.call(Box::new(request), 0), DescribeCluster);
    assert!(response.cluster_authorized_operations > 0);
    for (endpoint_type, code) in [(2, 114), (0, 115), (9, 115)] {
        let request = DescribeClusterRequest { endpoint_type, ..Default::default() };
        let response = answer!(broker.call(Box::new(request), 1), DescribeCluster);
        assert_eq!(response.error_code.code(), code);
        assert!(response.brokers.is_empty());
    }
}

fn page(
    broker: &mut Broker,
    topics: &[&str],
    limit: i32,
    cursor: Option<(&str, i32)>,
) -> DescribeTopicPartitionsResponse {
    let request = DescribeTopicPartitionsRequest {
        topics: topics.iter().map(|topic| TopicRequest { name: name(topic) }).collect(),
        response_partition_limit: limit,
        cursor: cursor
            .map(|(topic, partition_index)| Cursor { topic_name: name(topic), partition_index }),
    };
    *answer!(broker.call(Box::new(request), 0), DescribeTopicPartitions)
}

fn listed(response: &DescribeTopicPartitionsResponse) -> Vec<(String, i16, Vec<i32>)> {
    let topics = response.topics.iter();
    let indexes = |topic: &logboat_core::protocol::messages::describe_topic_partitions::DescribeTopicPartitionsResponseTopic| {
        topic.partitions.iter().map(|partition| partition.partition_index).collect()
    };
    topics
        .map(|topic| {
            (topic.name.clone().unwrap().to_string(), topic.error_code.code(), indexes(topic))
        })
        .collect()
}

#[test]
fn partitions_are_described_a_page_at_a_time() {
    let mut broker =
        Broker::with(MemoryStore::new(1 << 30), &[("max.request.partition.size.limit", "4")]);
    broker.create("a", 3, &[]);
    broker.create("b", 3, &[]);
    let row = |topic: &str, code: i16, indexes: &[i32]| (topic.to_string(), code, indexes.to_vec());
    // The broker's limit, then the client's; limits below 1 are 1.
    let first = page(&mut broker, &[], 2000, None);
    assert_eq!(listed(&first), [row("a", 0, &[0, 1, 2]), row("b", 0, &[0])]);
    let cursor = first.next_cursor.clone().unwrap();
    assert_eq!((cursor.topic_name, cursor.partition_index), (name("b"), 1));
    let second = page(&mut broker, &[], 2000, Some(("b", 1)));
    assert_eq!(listed(&second), [row("b", 0, &[1, 2])]);
    assert_eq!(second.next_cursor, None);
    let third = page(&mut broker, &["b", "a", "a"], 3, None);
    assert_eq!(listed(&third), [row("a", 0, &[0, 1, 2])]);
    assert_eq!(third.next_cursor.map(|cursor| cursor.partition_index), Some(0));
    assert_eq!(listed(&page(&mut broker, &["a"], 0, None)), [row("a", 0, &[0])]);
    assert_eq!(listed(&page(&mut broker, &["a"], 9, Some(("a", 7)))), [row("a", 0, &[])]);
    // Nothing is null, and nothing is asked for that has no answer.
    let topic = &first.topics[0];
    assert!(topic.topic_authorized_operations > 0 && !topic.topic_id.is_zero());
    let partition = &topic.partitions[0];
    assert_eq!(partition.eligible_leader_replicas, Some(vec![]));
    assert_eq!(partition.last_known_elr, Some(vec![]));
    assert_eq!((partition.replica_nodes.clone(), partition.isr_nodes.clone()), (vec![0], vec![0]));
    let named = page(&mut broker, &["missing", "bad topic!", "a"], 9, None);
    assert_eq!(
        listed(&named),
        [row("a", 0, &[0, 1, 2]), row("bad topic!", 17, &[]), row("missing", 3, &[])]
    );
    assert_eq!(listed(&page(&mut broker, &["a"], 9, Some(("b", 0)))), [row("a", 42, &[])]);
    assert_eq!(listed(&page(&mut broker, &["a"], 9, Some(("a", -1)))), [row("a", 42, &[])]);
}
