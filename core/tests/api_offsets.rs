//! OffsetCommit and OffsetFetch of simple consumers, through a whole broker.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/driver.rs"]
mod driver;

use driver::{Broker, name};
use logboat_core::memory_store::MemoryStore;
use logboat_core::protocol::messages::delete_topics::DeleteTopicState;
use logboat_core::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use logboat_core::protocol::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use logboat_core::protocol::messages::{
    DeleteTopicsRequest, OffsetCommitRequest, OffsetFetchRequest,
};
use logboat_core::protocol::{ErrorCode, Uuid};

/// Partition, offset, epoch, note, error.
type Row = (i32, i64, i32, String, i16);

/// A topic, by name or by id.
#[derive(Clone, Copy)]
struct Topic<'a>(&'a str, Uuid);

fn commit_as(
    broker: &mut Broker,
    version: i16,
    group: &str,
    member: (i32, &str),
    topic: Topic<'_>,
    partitions: &[(i32, i64, Option<&str>)],
) -> Vec<i16> {
    let partition = |(partition_index, committed_offset, note): &(i32, i64, Option<&str>)| {
        OffsetCommitRequestPartition {
            partition_index: *partition_index,
            committed_offset: *committed_offset,
            committed_leader_epoch: 3,
            commit_timestamp: -1,
            committed_metadata: note.map(name),
        }
    };
    let request = OffsetCommitRequest {
        group_id: name(group),
        generation_id_or_member_epoch: member.0,
        member_id: name(member.1),
        retention_time_ms: -1,
        topics: vec![OffsetCommitRequestTopic {
            name: name(topic.0),
            topic_id: topic.1,
            partitions: partitions.iter().map(partition).collect(),
        }],
        ..Default::default()
    };
    let response = answer!(broker.call(Box::new(request), version), OffsetCommit);
    let result = &response.topics[0];
    let expected = if version >= 10 { (name(""), topic.1) } else { (name(topic.0), Uuid::ZERO) };
    assert_eq!((result.name.clone(), result.topic_id), expected);
    result.partitions.iter().map(|partition| partition.error_code.code()).collect()
}

fn commit(
    broker: &mut Broker,
    version: i16,
    group: &str,
    topic: Topic<'_>,
    partitions: &[(i32, i64, Option<&str>)],
) -> Vec<i16> {
    commit_as(broker, version, group, (-1, ""), topic, partitions)
}

fn fetch(
    broker: &mut Broker,
    version: i16,
    group: &str,
    asked: Option<(Topic<'_>, &[i32])>,
) -> Vec<(String, Vec<Row>)> {
    let mut request = OffsetFetchRequest { require_stable: true, ..Default::default() };
    if version < 8 {
        request.group_id = name(group);
        request.topics = asked.map(|(topic, indexes)| {
            let partition_indexes = indexes.to_vec();
            vec![OffsetFetchRequestTopic { name: name(topic.0), partition_indexes }]
        });
    } else {
        let topics = asked.map(|(topic, indexes)| {
            vec![OffsetFetchRequestTopics {
                name: name(topic.0),
                topic_id: topic.1,
                partition_indexes: indexes.to_vec(),
            }]
        });
        let group_id = name(group);
        request.groups = vec![OffsetFetchRequestGroup {
            group_id,
            member_epoch: -1,
            topics,
            ..Default::default()
        }];
    }
    let response = answer!(broker.call(Box::new(request), version), OffsetFetch);
    if version < 8 {
        assert_eq!(response.error_code, ErrorCode::NONE);
        let rows =
            |topic: &logboat_core::protocol::messages::offset_fetch::OffsetFetchResponseTopic| {
                let row = |p: &logboat_core::protocol::messages::offset_fetch::OffsetFetchResponsePartition| {
                (p.partition_index, p.committed_offset, p.committed_leader_epoch, p.metadata.clone().unwrap().to_string(), p.error_code.code())
            };
                (topic.name.to_string(), topic.partitions.iter().map(row).collect())
            };
        return response.topics.iter().map(rows).collect();
    }
    let answer = &response.groups[0];
    assert_eq!((answer.error_code, &answer.group_id), (ErrorCode::NONE, &name(group)));
    let rows =
        |topic: &logboat_core::protocol::messages::offset_fetch::OffsetFetchResponseTopics| {
            let row = |p: &logboat_core::protocol::messages::offset_fetch::OffsetFetchResponsePartitions| {
            (p.partition_index, p.committed_offset, p.committed_leader_epoch, p.metadata.clone().unwrap().to_string(), p.error_code.code())
        };
            let name =
                if version >= 10 { topic.topic_id.to_string() } else { topic.name.to_string() };
            (name, topic.partitions.iter().map(row).collect())
        };
    answer.topics.iter().map(rows).collect()
}

#[test]
fn offsets_come_back_in_every_version() {
    let mut broker = Broker::fresh();
    let id = broker.create("t", 2, &[]);
    let topic = Topic("t", id);
    for version in 0..=10 {
        let group = format!("g{version}");
        let offset = 100 + i64::from(version);
        let codes =
            commit(&mut broker, version, &group, topic, &[(0, offset, Some("note")), (1, 7, None)]);
        assert_eq!(codes, [0, 0]);
        let epoch = if version >= 6 { 3 } else { -1 };
        for asked in 0..=10 {
            let known = if asked >= 10 { id.to_string() } else { "t".to_string() };
            let shown = if asked >= 5 { epoch } else { -1 };
            let row = |index, offset, note: &str| (index, offset, shown, note.to_string(), 0);
            let rows = fetch(&mut broker, asked, &group, Some((topic, &[1, 0])));
            assert_eq!(rows, [(known.clone(), vec![row(1, 7, ""), row(0, offset, "note")])]);
            if asked >= 2 {
                let rows = fetch(&mut broker, asked, &group, None);
                assert_eq!(rows, [(known, vec![row(0, offset, "note"), row(1, 7, "")])]);
            }
        }
    }
}

#[test]
fn no_commit_is_no_error() {
    let mut broker = Broker::fresh();
    let id = broker.create("t", 1, &[]);
    let nothing = |index| (index, -1, -1, String::new(), 0);
    for version in 0..=10 {
        // A group that does not exist (USERS trap 13), then one that does, with other partitions.
        for group in ["none", "g"] {
            let rows = fetch(&mut broker, version, group, Some((Topic("t", id), &[5, 6])));
            assert_eq!(rows[0].1, [nothing(5), nothing(6)], "{version}");
        }
        if version >= 2 {
            assert_eq!(fetch(&mut broker, version, "none", None), []);
        }
        let rows =
            fetch(&mut broker, version, "none", Some((Topic("missing", Uuid([7; 16])), &[0])));
        let code = if version >= 10 { 100 } else { 0 };
        assert_eq!(rows[0].1, [(0, -1, -1, String::new(), code)]);
        commit(&mut broker, 1, "g", Topic("t", id), &[(0, 1, None)]);
    }
}

#[test]
fn several_groups_are_asked_at_once() {
    let mut broker = Broker::fresh();
    let id = broker.create("t", 1, &[]);
    commit(&mut broker, 8, "a", Topic("t", id), &[(0, 1, None)]);
    commit(&mut broker, 8, "b", Topic("t", id), &[(0, 2, None)]);
    let group = |text: &str| OffsetFetchRequestGroup {
        group_id: name(text),
        topics: None,
        ..Default::default()
    };
    // The second time that a group is named is once too often.
    let groups = vec![group("b"), group("none"), group("a"), group("b")];
    let request = OffsetFetchRequest { groups, ..Default::default() };
    let response = answer!(broker.call(Box::new(request), 9), OffsetFetch);
    let offsets: Vec<Vec<i64>> = response
        .groups
        .iter()
        .map(|group| {
            group.topics.iter().map(|topic| topic.partitions[0].committed_offset).collect()
        })
        .collect();
    assert_eq!(offsets, [vec![2], vec![], vec![1], vec![]]);
    assert_eq!(response.groups[3].error_code, ErrorCode::INVALID_REQUEST);
}

#[test]
fn commits_are_refused_one_by_one() {
    let mut broker = Broker::with(MemoryStore::new(1 << 30), &[("offset.metadata.max.bytes", "4")]);
    let id = broker.create("t", 1, &[]);
    let topic = Topic("t", id);
    let codes =
        commit(&mut broker, 5, "g", topic, &[(0, 1, Some("1234")), (1, 1, None), (-1, 1, None)]);
    assert_eq!(codes, [0, 3, 3]);
    // Characters, as Java counts them, not bytes.
    assert_eq!(commit(&mut broker, 5, "g", topic, &[(0, 2, Some("12345"))]), [12]);
    assert_eq!(commit(&mut broker, 5, "g", topic, &[(0, 3, Some("äöü€"))]), [0]);
    assert_eq!(commit(&mut broker, 5, "g", Topic("missing", Uuid::ZERO), &[(0, 2, None)]), [3]);
    assert_eq!(commit(&mut broker, 10, "g", Topic("", Uuid([7; 16])), &[(0, 2, None)]), [100]);
    // The empty group is one, as in Kafka.
    assert_eq!(commit(&mut broker, 5, "", topic, &[(0, 9, None)]), [0]);
    assert_eq!(fetch(&mut broker, 8, "", Some((topic, &[0])))[0].1[0].1, 9);
    // Without members there is no generation and no member.
    let rows = [
        ("new", 8, (1, "m"), 22),
        ("new", 9, (1, "m"), 69),
        ("new", 1, (0, ""), 22),
        ("g", 8, (1, "m"), 25),
        ("g", 9, (0, ""), 25),
    ];
    for (group, version, member, code) in rows {
        let codes =
            commit_as(&mut broker, version, group, member, topic, &[(0, 50, None), (1, 1, None)]);
        assert_eq!(codes, [code, 3], "{group} {version}");
    }
    assert_eq!(commit_as(&mut broker, 8, "g", (-1, "m"), topic, &[(0, 51, None)]), [0]);
    assert_eq!(fetch(&mut broker, 8, "g", None)[0].1[0].1, 51);
}

#[test]
fn offsets_outlive_a_crash_and_die_with_their_topic() {
    let mut broker = Broker::fresh();
    let id = broker.create("t", 1, &[]);
    let topic = Topic("t", id);
    assert_eq!(commit(&mut broker, 9, "g", topic, &[(0, 41, Some("x"))]), [0]);
    assert_eq!(commit(&mut broker, 9, "g", topic, &[(0, 42, Some("y"))]), [0]);
    let mut broker = Broker::open(broker.store);
    assert_eq!(fetch(&mut broker, 9, "g", None)[0].1, [(0, 42, 3, "y".to_string(), 0)]);
    let topics = vec![DeleteTopicState { name: Some(name("t")), ..Default::default() }];
    let request = DeleteTopicsRequest { topics, ..Default::default() };
    answer!(broker.call(Box::new(request), 6), DeleteTopics);
    assert_eq!(fetch(&mut broker, 9, "g", None), []);
    broker.create("t", 1, &[]);
    assert_eq!(fetch(&mut broker, 9, "g", Some((topic, &[0])))[0].1[0].1, -1);
}

#[test]
fn a_failed_journal_acknowledges_no_commit() {
    let mut broker = Broker::fresh();
    let id = broker.create("t", 1, &[]);
    broker.broken = true;
    assert_eq!(commit(&mut broker, 9, "g", Topic("t", id), &[(0, 41, None)]), [16]);
    broker.broken = false;
    assert_eq!(commit(&mut broker, 9, "g", Topic("t", id), &[(0, 41, None)]), [16]);
}
