//! Section 8, the rest: what describes the cluster, topics, directories and coordinators.

use std::collections::BTreeSet;

use logboat_core::protocol::messages::describe_log_dirs::DescribableLogDirTopic;
use logboat_core::protocol::messages::describe_topic_partitions::{Cursor, TopicRequest};
use logboat_core::protocol::messages::{
    DescribeClusterRequest, DescribeLogDirsRequest, DescribeTopicPartitionsRequest,
    FindCoordinatorRequest, MetadataRequest,
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
