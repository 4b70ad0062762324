//! Section 8, the rest: what describes the cluster, topics, directories and coordinators; simple commits (61, 62).

use std::collections::BTreeSet;

use logboat_core::protocol::messages::describe_log_dirs::DescribableLogDirTopic;
use logboat_core::protocol::messages::describe_topic_partitions::{Cursor, TopicRequest};
use logboat_core::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use logboat_core::protocol::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use logboat_core::protocol::messages::{
    DescribeClusterRequest, DescribeLogDirsRequest, DescribeTopicPartitionsRequest,
    FindCoordinatorRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::batch::batch;
use logboat_tests::cases;
use logboat_tests::world::{Topic, World};

const NEW: &str = "does not have this API yet";

cases! {
    row_75_describe_cluster_agrees_with_metadata { kafka_2: NEW };
    row_75_describe_topic_partitions_pages { kafka_2: NEW, kafka_3: "not offered by default" };
    row_75_describe_topic_partitions_of_an_unknown_topic { kafka_2: NEW, kafka_3: "not offered by default" };
    row_78_log_dirs_show_what_is_there;
    row_55_a_group_coordinator_is_found_in_every_version;
    row_30_a_transaction_coordinator_is_found_in_every_version { later: "transactions come later" };
    row_61_a_simple_commit_comes_back_verbatim;
    row_61_a_commit_to_an_unknown_topic;
    row_61_metadata_above_4096_bytes_is_too_large;
    row_62_without_a_commit_there_is_no_offset;
    row_62_null_topics_are_all;
}

fn row_75_describe_cluster_agrees_with_metadata(w: &mut World) {
    let request = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    let version = w.newest(ApiKey::Metadata, 12);
    let metadata = w.client().call(Box::new(request), version);
    for version in w.versions(ApiKey::DescribeCluster) {
        let answer = w.client().call(Box::new(DescribeClusterRequest::default()), version);
        assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
        assert_eq!(Some(&answer.cluster_id), metadata.cluster_id.as_ref());
        assert_eq!(answer.controller_id, metadata.controller_id);
        let broker = &answer.brokers[0];
        let known = &metadata.brokers[0];
        assert_eq!(
            (broker.broker_id, &broker.host, broker.port),
            (known.node_id, &known.host, known.port)
        );
        assert_eq!((answer.brokers.len(), broker.is_fenced), (1, false));
        assert_eq!(answer.cluster_authorized_operations, i32::MIN, "nobody asked");
    }
}

fn describe_partitions(
    w: &mut World,
    topics: &[&Topic],
    limit: i32,
    cursor: Option<Cursor>,
) -> (Vec<(KString, Vec<i32>)>, Option<Cursor>) {
    let request = DescribeTopicPartitionsRequest {
        topics: topics.iter().map(|topic| TopicRequest { name: topic.name.clone() }).collect(),
        response_partition_limit: limit,
        cursor,
    };
    let answer = w.client().call(Box::new(request), 0);
    let topics = answer.topics.iter().map(|topic| {
        assert_eq!(topic.error_code, ErrorCode::NONE);
        // This API has no flag to ask for them: read, write, create, delete, alter, describe, and configs.
        assert_eq!(topic.topic_authorized_operations, 3576);
        let partitions = topic.partitions.iter().map(|partition| {
            assert_eq!(partition.isr_nodes, [partition.leader_id]);
            assert!(partition.eligible_leader_replicas.is_some(), "Java does not take null");
            assert!(partition.last_known_elr.is_some(), "Java does not take null");
            partition.partition_index
        });
        (topic.name.clone().expect("a name"), partitions.collect())
    });
    (topics.collect(), answer.next_cursor)
}

fn row_75_describe_topic_partitions_pages(w: &mut World) {
    let mut topics = [w.topic(3), w.topic(2)];
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    let [first, second] = &topics;
    let count = |topic: &Topic| if topic.name == first.name { 3 } else { 2 };
    let all = |topic: &Topic| (topic.name.clone(), (0..count(topic)).collect::<Vec<_>>());
    let (found, cursor) = describe_partitions(w, &[second, first], 100, None);
    assert_eq!((found, cursor), (vec![all(first), all(second)], None), "by name");
    // Two partitions an answer.
    let mut seen = BTreeSet::new();
    let mut cursor = None;
    for _ in 0..3 {
        let (found, next) = describe_partitions(w, &[first, second], 2, cursor);
        let page: Vec<_> = found
            .iter()
            .flat_map(|(name, all)| all.iter().map(move |index| (name.clone(), *index)))
            .collect();
        assert!((1..=2).contains(&page.len()));
        assert!(page.into_iter().all(|partition| seen.insert(partition)), "none twice");
        cursor = next;
    }
    assert_eq!((seen.len(), cursor), (5, None));
}

fn row_75_describe_topic_partitions_of_an_unknown_topic(w: &mut World) {
    let name = w.name("nowhere");
    let request = DescribeTopicPartitionsRequest {
        topics: vec![TopicRequest { name: name.clone() }],
        ..Default::default()
    };
    let answer = w.client().call(Box::new(request), 0);
    let topic = &answer.topics[0];
    assert_eq!(
        (topic.error_code, topic.name.as_ref()),
        (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Some(&name))
    );
}

fn row_78_log_dirs_show_what_is_there(w: &mut World) {
    let topic = w.topic(2);
    w.append(&topic, 0, batch(w.now(), &["some value"]));
    for version in w.versions(ApiKey::DescribeLogDirs) {
        let asked = DescribableLogDirTopic { topic: topic.name.clone(), partitions: vec![0, 1] };
        for topics in [Some(vec![asked]), None] {
            let answer = w.client().call(Box::new(DescribeLogDirsRequest { topics }), version);
            assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
            let dir = &answer.results[0];
            assert_eq!((answer.results.len(), dir.error_code), (1, ErrorCode::NONE));
            assert!(!dir.log_dir.is_empty());
            let found =
                dir.topics.iter().find(|found| found.name == topic.name).expect("it is there");
            let mut sizes: Vec<_> = found
                .partitions
                .iter()
                .map(|p| (p.partition_index, p.partition_size > 0, p.offset_lag, p.is_future_key))
                .collect();
            sizes.sort_unstable();
            assert_eq!(sizes, [(0, true, 0, false), (1, false, 0, false)], "v{version}");
        }
    }
}

fn find_coordinators(w: &mut World, key_type: i8) {
    let request = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    let broker = w.client().call(Box::new(request), 4).brokers[0].clone();
    for version in
        w.versions(ApiKey::FindCoordinator).filter(|version| *version >= i16::from(key_type))
    {
        let request = FindCoordinatorRequest {
            key: "k".into(),
            key_type,
            coordinator_keys: vec!["a".into(), "b".into()],
        };
        let answer = w.client().call(Box::new(request), version);
        if version >= 4 {
            let keys: Vec<_> = answer.coordinators.iter().map(|found| found.key.clone()).collect();
            assert_eq!(keys, ["a", "b"].map(KString::from));
            for found in &answer.coordinators {
                assert_eq!((found.error_code, found.node_id), (ErrorCode::NONE, broker.node_id));
                assert_eq!((&found.host, found.port), (&broker.host, broker.port), "v{version}");
            }
        } else {
            assert_eq!((answer.error_code, answer.node_id), (ErrorCode::NONE, broker.node_id));
            assert_eq!((&answer.host, answer.port), (&broker.host, broker.port), "v{version}");
        }
    }
}

fn row_55_a_group_coordinator_is_found_in_every_version(w: &mut World) {
    find_coordinators(w, 0);
}

fn row_30_a_transaction_coordinator_is_found_in_every_version(w: &mut World) {
    find_coordinators(w, 1);
}

/// Commits without being a member; the partition's error.
fn commit(
    w: &mut World,
    group: &KString,
    topic: &Topic,
    offset: i64,
    metadata: Option<&str>,
    version: i16,
) -> ErrorCode {
    let partition = OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: offset,
        committed_metadata: metadata.map(Into::into),
        ..Default::default()
    };
    let topic = OffsetCommitRequestTopic {
        name: topic.name.clone(),
        topic_id: topic.id,
        partitions: vec![partition],
    };
    let request =
        OffsetCommitRequest { group_id: group.clone(), topics: vec![topic], ..Default::default() };
    w.client().call(Box::new(request), version).topics[0].partitions[0].error_code
}

/// Offset, metadata and error of partition 0; none where the answer does not list it.
fn committed(
    w: &mut World,
    group: &KString,
    topic: &Topic,
    all: bool,
    version: i16,
) -> Option<(i64, KString, ErrorCode)> {
    let old = OffsetFetchRequestTopic { name: topic.name.clone(), partition_indexes: vec![0] };
    let new = OffsetFetchRequestTopics {
        name: topic.name.clone(),
        topic_id: topic.id,
        partition_indexes: vec![0],
    };
    let group = OffsetFetchRequestGroup {
        group_id: group.clone(),
        topics: (!all).then(|| vec![new]),
        ..Default::default()
    };
    let request = OffsetFetchRequest {
        group_id: group.group_id.clone(),
        topics: (!all).then(|| vec![old]),
        groups: vec![group],
        ..Default::default()
    };
    let answer = w.client().call(Box::new(request), version);
    assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
    if version >= 8 {
        assert_eq!(answer.groups[0].error_code, ErrorCode::NONE, "v{version}");
        let partition = answer.groups[0].topics.first()?.partitions[0].clone();
        return Some((
            partition.committed_offset,
            partition.metadata.expect("not null"),
            partition.error_code,
        ));
    }
    let partition = answer.topics.first()?.partitions[0].clone();
    Some((partition.committed_offset, partition.metadata.expect("not null"), partition.error_code))
}

/// Versions of OffsetFetch whose v0, of ZooKeeper's offsets, is left out.
fn fetch_versions(w: &World) -> impl Iterator<Item = i16> + use<> {
    w.versions(ApiKey::OffsetFetch).filter(|version| *version >= 1)
}

fn row_61_a_simple_commit_comes_back_verbatim(w: &mut World) {
    let topic = w.topic(1);
    assert!(!w.versions(ApiKey::OffsetCommit).is_empty(), "offered");
    for version in w.versions(ApiKey::OffsetCommit).filter(|version| *version >= 1) {
        let group = w.name("g");
        let text = "text, ünd 'odd' \u{1f600}";
        assert_eq!(
            commit(w, &group, &topic, 17, Some(text), version),
            ErrorCode::NONE,
            "v{version}"
        );
        for version in fetch_versions(w) {
            let expected = Some((17, text.into(), ErrorCode::NONE));
            assert_eq!(committed(w, &group, &topic, false, version), expected, "v{version}");
        }
        assert_eq!(commit(w, &group, &topic, 18, None, version), ErrorCode::NONE);
        let expected = Some((18, KString::EMPTY, ErrorCode::NONE));
        assert_eq!(committed(w, &group, &topic, false, 5), expected, "null comes back empty");
    }
}

fn row_61_a_commit_to_an_unknown_topic(w: &mut World) {
    let group = w.name("g");
    let nowhere = Topic { name: w.name("nowhere"), id: logboat_core::protocol::Uuid::ZERO };
    for version in w.versions(ApiKey::OffsetCommit).filter(|version| (1..10).contains(version)) {
        let code = commit(w, &group, &nowhere, 1, None, version);
        assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "v{version}");
    }
}

fn row_61_metadata_above_4096_bytes_is_too_large(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    let version = w.newest(ApiKey::OffsetCommit, 9);
    assert_eq!(commit(w, &group, &topic, 5, Some(&"x".repeat(4096)), version), ErrorCode::NONE);
    let code = commit(w, &group, &topic, 6, Some(&"x".repeat(4097)), version);
    assert_eq!(code, ErrorCode::OFFSET_METADATA_TOO_LARGE);
    let kept = committed(w, &group, &topic, false, 5).map(|(offset, ..)| offset);
    assert_eq!(kept, Some(5), "the commit before it stays");
}

fn row_62_without_a_commit_there_is_no_offset(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    assert!(fetch_versions(w).next().is_some(), "offered");
    for version in fetch_versions(w) {
        let expected = Some((-1, KString::EMPTY, ErrorCode::NONE));
        assert_eq!(committed(w, &group, &topic, false, version), expected, "v{version}");
    }
}

fn row_62_null_topics_are_all(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    let version = w.newest(ApiKey::OffsetCommit, 9);
    assert_eq!(commit(w, &group, &topic, 5, Some("m"), version), ErrorCode::NONE);
    for version in fetch_versions(w).filter(|version| *version >= 2) {
        let expected = Some((5, "m".into(), ErrorCode::NONE));
        assert_eq!(committed(w, &group, &topic, true, version), expected, "v{version}");
    }
}
