//! Row 77 and section 8, what operators ask for: elections, moved partitions, producers' states, the quorum, resources
//! with a configuration. One broker has nothing to elect and nowhere to move to, and says so.

use std::collections::BTreeMap;

use logboat_core::protocol::messages::alter_partition_reassignments::{
    ReassignablePartition, ReassignableTopic,
};
use logboat_core::protocol::messages::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic,
};
use logboat_core::protocol::messages::list_partition_reassignments::ListPartitionReassignmentsTopics;
use logboat_core::protocol::messages::{
    AlterPartitionReassignmentsRequest, AlterReplicaLogDirsRequest, DescribeLogDirsRequest,
    DescribeProducersRequest, DescribeQuorumRequest, ElectLeadersRequest,
    ListConfigResourcesRequest, ListPartitionReassignmentsRequest, MetadataRequest,
};
use logboat_core::protocol::messages::{describe_producers, describe_quorum, elect_leaders};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::batch::{batch, sequenced};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World};

cases! {
    row_77_no_election_is_needed;
    row_77_an_election_of_all_lists_nothing_that_is_not_needed { kafka_2: "names no topics" };
    row_77_an_election_of_what_is_not_there;
    row_77_an_unknown_election_is_refused { kafka_2: "UNKNOWN_SERVER_ERROR" };
    row_77_a_partition_that_stays_where_it_is_is_moved { kafka_2: "in an order of its own" };
    row_77_replicas_must_be_brokers;
    row_77_nothing_to_stop;
    row_77_what_is_not_there_is_not_moved { kafka_2: "NO_REASSIGNMENT_IN_PROGRESS where it is to stop" };
    row_77_nothing_is_being_moved;
    row_78_the_log_directory_of_a_partition_is_the_only_one;
    row_24_the_producers_of_a_partition_are_shown;
    row_24_the_producers_of_what_is_not_there;
    row_75_the_quorum_is_this_broker;
    row_75_only_the_metadata_log_has_a_quorum;
    row_78_resources_with_a_configuration_are_listed;
    row_78_a_resource_type_that_cannot_be_listed_is_refused;
}

pub(crate) fn node(w: &mut World) -> i32 {
    let request = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    w.client().call(Box::new(request), 4).brokers[0].node_id
}

type Elected = Vec<(KString, Vec<(i32, ErrorCode)>)>;

fn elect(
    w: &mut World,
    election_type: i8,
    topics: Option<&[(&KString, &[i32])]>,
    version: i16,
) -> (ErrorCode, Elected) {
    let topics = topics.map(|topics| {
        let topics = topics.iter().map(|(topic, partitions)| elect_leaders::TopicPartitions {
            topic: (*topic).clone(),
            partitions: partitions.to_vec(),
        });
        topics.collect()
    });
    let request =
        ElectLeadersRequest { election_type, topic_partitions: topics, timeout_ms: 10_000 };
    let answer = w.client().call(Box::new(request), version);
    let results = answer.replica_election_results.into_iter().map(|result| {
        let partitions = result.partition_result.iter();
        let mut partitions: Vec<_> =
            partitions.map(|partition| (partition.partition_id, partition.error_code)).collect();
        partitions.sort_unstable();
        (result.topic, partitions)
    });
    (answer.error_code, results.collect())
}

fn row_77_no_election_is_needed(w: &mut World) {
    let topic = w.topic(2).name;
    let not_needed = ErrorCode::ELECTION_NOT_NEEDED;
    for version in w.versions(ApiKey::ElectLeaders) {
        // 0 the preferred replica, 1 one out of sync: version 0 knows only the first.
        for election_type in 0..=i8::from(version > 0) {
            let (error, elected) = elect(w, election_type, Some(&[(&topic, &[0, 1])]), version);
            assert_eq!(error, ErrorCode::NONE, "v{version}");
            let expected = vec![(topic.clone(), vec![(0, not_needed), (1, not_needed)])];
            assert_eq!(elected, expected, "v{version}");
        }
        assert_eq!(elect(w, 0, Some(&[]), version), (ErrorCode::NONE, Vec::new()));
    }
}

fn row_77_an_election_of_all_lists_nothing_that_is_not_needed(w: &mut World) {
    let topic = w.topic(2).name;
    for version in w.versions(ApiKey::ElectLeaders) {
        let (error, elected) = elect(w, 0, None, version);
        assert_eq!(error, ErrorCode::NONE, "v{version}");
        assert!(elected.contains(&(topic.clone(), Vec::new())), "v{version}: {elected:?}");
        assert!(elected.iter().all(|(_, partitions)| partitions.is_empty()), "{elected:?}");
    }
}

fn row_77_an_election_of_what_is_not_there(w: &mut World) {
    let (topic, nowhere) = (w.topic(1).name, w.name("nowhere"));
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for version in w.versions(ApiKey::ElectLeaders) {
        let asked: &[(&KString, &[i32])] = &[(&topic, &[-1, 0, 7]), (&nowhere, &[0])];
        let (error, mut elected) = elect(w, 0, Some(asked), version);
        elected.sort_unstable_by_key(|(_, partitions)| partitions.len());
        assert_eq!(error, ErrorCode::NONE, "v{version}");
        let found = vec![(-1, unknown), (0, ErrorCode::ELECTION_NOT_NEEDED), (7, unknown)];
        assert_eq!(elected, [(nowhere.clone(), vec![(0, unknown)]), (topic.clone(), found)]);
    }
}

fn row_77_an_unknown_election_is_refused(w: &mut World) {
    let topic = w.topic(1).name;
    let refused = ErrorCode::INVALID_REQUEST;
    for version in w.versions(ApiKey::ElectLeaders).filter(|version| *version >= 1) {
        for election_type in [-1, 2, i8::MAX] {
            let answer = elect(w, election_type, Some(&[(&topic, &[0])]), version);
            assert_eq!(answer, (refused, vec![(topic.clone(), vec![(0, refused)])]), "v{version}");
            assert_eq!(elect(w, election_type, None, version), (refused, Vec::new()));
        }
    }
}

/// Asks for one topic's partitions to be moved; whether it may change their number of replicas, and the codes.
fn reassign(
    w: &mut World,
    topic: &KString,
    partitions: &[(i32, Option<&[i32]>)],
    allow: bool,
    version: i16,
) -> Vec<(i32, ErrorCode)> {
    let partitions = partitions.iter().map(|(index, replicas)| ReassignablePartition {
        partition_index: *index,
        replicas: replicas.map(<[i32]>::to_vec),
    });
    let topic = ReassignableTopic { name: topic.clone(), partitions: partitions.collect() };
    let request = AlterPartitionReassignmentsRequest {
        timeout_ms: 10_000,
        allow_replication_factor_change: allow,
        topics: vec![topic.clone()],
    };
    let answer = w.client().call(Box::new(request), version);
    assert_eq!((answer.error_code, answer.responses.len()), (ErrorCode::NONE, 1), "v{version}");
    assert_eq!(answer.responses[0].name, topic.name);
    if version >= 1 {
        assert_eq!(answer.allow_replication_factor_change, allow);
    }
    let partitions = answer.responses[0].partitions.iter();
    partitions.map(|partition| (partition.partition_index, partition.error_code)).collect()
}

/// Each version, with each wish that it can express.
fn reassignments(w: &World) -> Vec<(i16, bool)> {
    let versions = w.versions(ApiKey::AlterPartitionReassignments);
    let wishes = versions.flat_map(|version| [(version, true), (version, false)]);
    wishes.filter(|(version, allow)| *allow || *version >= 1).collect()
}

fn row_77_a_partition_that_stays_where_it_is_is_moved(w: &mut World) {
    let (topic, node) = (w.topic(2), node(w));
    for (version, allow) in reassignments(w) {
        let there: Option<&[i32]> = Some(&[node]);
        let codes = reassign(w, &topic.name, &[(0, there), (1, there)], allow, version);
        assert_eq!(codes, [(0, ErrorCode::NONE), (1, ErrorCode::NONE)], "v{version}");
    }
    assert_eq!(w.append(&topic, 0, batch(w.now(), &["v"])), 0, "it is still led");
}

fn row_77_replicas_must_be_brokers(w: &mut World) {
    let (topic, node) = (w.topic(1).name, node(w));
    for (version, allow) in reassignments(w) {
        for replicas in [&[][..], &[-1], &[node + 8], &[node, node], &[node, node + 8]] {
            let codes = reassign(w, &topic, &[(0, Some(replicas))], allow, version);
            let refused = [(0, ErrorCode::INVALID_REPLICA_ASSIGNMENT)];
            assert_eq!(codes, refused, "v{version}: {replicas:?}");
        }
    }
}

fn row_77_nothing_to_stop(w: &mut World) {
    let topic = w.topic(1).name;
    for (version, allow) in reassignments(w) {
        let codes = reassign(w, &topic, &[(0, None)], allow, version);
        assert_eq!(codes, [(0, ErrorCode::NO_REASSIGNMENT_IN_PROGRESS)], "v{version}");
    }
}

fn row_77_what_is_not_there_is_not_moved(w: &mut World) {
    let (topic, nowhere, node) = (w.topic(1).name, w.name("nowhere"), node(w));
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for (version, allow) in reassignments(w) {
        for replicas in [Some(&[node][..]), None] {
            let codes = reassign(w, &topic, &[(-1, replicas), (1, replicas)], allow, version);
            assert_eq!(BTreeMap::from_iter(codes), [(-1, unknown), (1, unknown)].into());
            let codes = reassign(w, &nowhere, &[(0, replicas)], allow, version);
            assert_eq!(codes, [(0, unknown)], "v{version}");
        }
    }
}

fn row_77_nothing_is_being_moved(w: &mut World) {
    let topic = w.topic(1).name;
    for version in w.versions(ApiKey::ListPartitionReassignments) {
        for name in [None, Some(topic.clone()), Some(w.name("nowhere"))] {
            let topics = name.map(|name| {
                vec![ListPartitionReassignmentsTopics { name, partition_indexes: vec![0, 7] }]
            });
            let request = ListPartitionReassignmentsRequest { timeout_ms: 10_000, topics };
            let answer = w.client().call(Box::new(request), version);
            assert_eq!((answer.error_code, answer.topics), (ErrorCode::NONE, vec![]), "v{version}");
        }
    }
}

fn row_78_the_log_directory_of_a_partition_is_the_only_one(w: &mut World) {
    let (topic, nowhere) = (w.topic(2).name, w.name("nowhere"));
    let version = w.newest(ApiKey::DescribeLogDirs, 1);
    let dirs = w.client().call(Box::new(DescribeLogDirsRequest::default()), version);
    let here = &dirs.results[0].log_dir;
    let (gone, unknown) = (ErrorCode::LOG_DIR_NOT_FOUND, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let elsewhere = &KString::from_static("/nowhere");
    for version in w.versions(ApiKey::AlterReplicaLogDirs) {
        for (moves, expected) in [
            (&[(here, &topic, &[0, 1][..])][..], &[(0, ErrorCode::NONE), (1, ErrorCode::NONE)][..]),
            (&[(elsewhere, &topic, &[0, 1])], &[(0, gone), (1, gone)]),
            (&[(&KString::EMPTY, &topic, &[0])], &[(0, gone)]),
            (&[(here, &topic, &[-1, 0, 7])], &[(-1, unknown), (0, ErrorCode::NONE), (7, unknown)]),
            (&[(here, &nowhere, &[0])], &[(0, unknown)]),
            (&[(elsewhere, &nowhere, &[0])], &[(0, gone)]),
            // What is asked for last counts.
            (&[(here, &topic, &[0, 0]), (elsewhere, &topic, &[0])], &[(0, gone)]),
            (&[], &[]),
        ] {
            let dirs = moves.iter().map(|(path, name, partitions)| AlterReplicaLogDir {
                path: (*path).clone(),
                topics: vec![AlterReplicaLogDirTopic {
                    name: (*name).clone(),
                    partitions: partitions.to_vec(),
                }],
            });
            let request = AlterReplicaLogDirsRequest { dirs: dirs.collect() };
            let answer = w.client().call(Box::new(request), version);
            assert_eq!(answer.results.len(), usize::from(!moves.is_empty()), "v{version}");
            let partitions = answer.results.iter().flat_map(|topic| &topic.partitions);
            let mut codes: Vec<_> = partitions.map(|p| (p.partition_index, p.error_code)).collect();
            codes.sort_unstable();
            assert_eq!(codes, expected, "v{version}: {moves:?}");
        }
    }
}

fn producers(
    w: &mut World,
    topic: &Topic,
    partitions: &[i32],
) -> Vec<describe_producers::PartitionResponse> {
    let asked = describe_producers::TopicRequest {
        name: topic.name.clone(),
        partition_indexes: partitions.to_vec(),
    };
    let request = DescribeProducersRequest { topics: vec![asked] };
    let mut answer = w.client().call(Box::new(request), 0);
    assert_eq!((answer.topics.len(), &answer.topics[0].name), (1, &topic.name));
    answer.topics.remove(0).partitions
}

fn row_24_the_producers_of_a_partition_are_shown(w: &mut World) {
    if !w.offers(ApiKey::DescribeProducers, 0) {
        return;
    }
    let (topic, now) = (w.topic(2), w.now());
    w.append(&topic, 0, batch(now, &["of nobody"]));
    w.append(&topic, 0, sequenced(now - 5, (4711, 0), 0, 3));
    w.append(&topic, 0, sequenced(now, (4711, 0), 3, 2));
    w.append(&topic, 0, sequenced(now - 7, (12, 3), 0, 1));
    let shown = producers(w, &topic, &[0, 1]);
    let states = shown.iter().map(|partition| {
        assert_eq!((partition.error_code, &partition.error_message), (ErrorCode::NONE, &None));
        let states = partition.active_producers.iter().map(|p| {
            assert_eq!((p.coordinator_epoch, p.current_txn_start_offset), (-1, -1));
            (p.producer_id, p.producer_epoch, p.last_sequence, p.last_timestamp)
        });
        let mut states: Vec<_> = states.collect();
        states.sort_unstable();
        (partition.partition_index, states)
    });
    let states: Vec<_> = states.collect();
    assert_eq!(states, [(0, vec![(12, 3, 0, now - 7), (4711, 0, 4, now)]), (1, vec![])]);
}

fn row_24_the_producers_of_what_is_not_there(w: &mut World) {
    if !w.offers(ApiKey::DescribeProducers, 0) {
        return;
    }
    let topic = w.topic(1);
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for (name, partitions, expected) in [
        (topic.name, &[0, 7, -1][..], &[ErrorCode::NONE, unknown, unknown][..]),
        (w.name("nowhere"), &[0], &[unknown]),
        ("bad topic!".into(), &[0], &[ErrorCode::INVALID_TOPIC_EXCEPTION]),
    ] {
        let shown = producers(w, &Topic { name, id: topic.id }, partitions);
        let codes: Vec<_> = shown.iter().map(|partition| partition.error_code).collect();
        assert_eq!(codes, expected);
        assert!(shown.iter().all(|partition| partition.active_producers.is_empty()));
    }
}

fn quorum(
    w: &mut World,
    asked: &[(&str, &[i32])],
    version: i16,
) -> Box<describe_quorum::DescribeQuorumResponse> {
    let topics = asked.iter().map(|(name, partitions)| describe_quorum::TopicData {
        topic_name: (*name).into(),
        partitions: partitions
            .iter()
            .map(|index| describe_quorum::PartitionData { partition_index: *index })
            .collect(),
    });
    w.client().call(Box::new(DescribeQuorumRequest { topics: topics.collect() }), version)
}

fn row_75_the_quorum_is_this_broker(w: &mut World) {
    let node = node(w);
    let mut last = 0;
    for version in w.versions(ApiKey::DescribeQuorum) {
        w.topic(1);
        let answer = quorum(w, &[("__cluster_metadata", &[0])], version);
        assert_eq!((answer.error_code, answer.topics.len()), (ErrorCode::NONE, 1), "v{version}");
        let metadata = &answer.topics[0].partitions[0];
        assert_eq!((metadata.partition_index, metadata.error_code), (0, ErrorCode::NONE));
        assert_eq!(metadata.leader_id, node);
        assert!(metadata.leader_epoch > 0);
        assert!(metadata.high_watermark > last, "a new topic is an entry");
        last = metadata.high_watermark;
        assert_eq!((metadata.current_voters.len(), metadata.observers.len()), (1, 0));
        let voter = &metadata.current_voters[0];
        assert_eq!(voter.replica_id, node);
        assert!(voter.log_end_offset >= metadata.high_watermark);
        if version >= 1 {
            let times = [voter.last_fetch_timestamp, voter.last_caught_up_timestamp];
            let now = w.now();
            assert!(times.iter().all(|time| (now - 5000..now + 5000).contains(time)), "{times:?}");
        }
        if version >= 2 {
            assert!(voter.replica_directory_id.is_zero());
            assert_eq!((answer.nodes.len(), answer.nodes[0].node_id), (1, node));
            let listener = &answer.nodes[0].listeners[0];
            assert!(!listener.name.is_empty() && !listener.host.is_empty() && listener.port > 0);
        }
    }
}

fn row_75_only_the_metadata_log_has_a_quorum(w: &mut World) {
    let topic = w.topic(1).name;
    let topic = topic.to_str().expect("a name");
    let metadata = "__cluster_metadata";
    for version in w.versions(ApiKey::DescribeQuorum) {
        for asked in [
            &[(metadata, &[1][..])][..],
            &[(metadata, &[0, 1])],
            &[(topic, &[0])],
            &[(metadata, &[0]), (topic, &[0])],
        ] {
            let answer = quorum(w, asked, version);
            assert_eq!((answer.error_code, answer.nodes.len()), (ErrorCode::NONE, 0));
            let codes: Vec<_> = answer.topics.iter().flat_map(|topic| &topic.partitions).collect();
            assert_eq!(codes.len(), asked.iter().map(|(_, partitions)| partitions.len()).sum());
            for partition in codes {
                let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                assert_eq!((partition.error_code, partition.high_watermark), (code, 0));
            }
        }
        assert!(quorum(w, &[], version).topics.is_empty());
    }
}

fn resources(
    w: &mut World,
    resource_types: &[i8],
    version: i16,
) -> (ErrorCode, Vec<(i8, KString)>) {
    let request = ListConfigResourcesRequest { resource_types: resource_types.to_vec() };
    let answer = w.client().call(Box::new(request), version);
    let resources = answer.config_resources.into_iter();
    let mut found: Vec<_> =
        resources.map(|found| (found.resource_type, found.resource_name)).collect();
    found.sort_unstable();
    (answer.error_code, found)
}

fn row_78_resources_with_a_configuration_are_listed(w: &mut World) {
    let (topic, node) = (w.topic(1).name, KString::from(node(w).to_string()));
    if w.offers(ApiKey::ListConfigResources, 0) {
        // Client metrics, of which none are configured.
        assert_eq!(resources(w, &[], 0), (ErrorCode::NONE, Vec::new()));
    }
    if !w.offers(ApiKey::ListConfigResources, 1) {
        return;
    }
    for (types, brokers) in [
        (&[][..], &[(4, node.clone()), (8, node.clone())][..]),
        (&[2, 4, 8, 16, 32], &[(4, node.clone()), (8, node.clone())]),
        (&[2], &[]),
        (&[4, 4], &[(4, node.clone())]),
        (&[8], &[(8, node)]),
        (&[16], &[]),
    ] {
        let (error, found) = resources(w, types, 1);
        assert_eq!(error, ErrorCode::NONE);
        let named = found.contains(&(2, topic.clone()));
        assert_eq!(named, types.is_empty() || types.contains(&2), "{types:?}");
        let others: Vec<_> =
            found.into_iter().filter(|(kind, _)| ![2, 32].contains(kind)).collect();
        assert_eq!(others, brokers, "{types:?}");
    }
}

fn row_78_a_resource_type_that_cannot_be_listed_is_refused(w: &mut World) {
    if w.offers(ApiKey::ListConfigResources, 1) {
        for types in [&[0][..], &[1], &[-1], &[99], &[2, 99]] {
            let refused = (ErrorCode::UNSUPPORTED_VERSION, Vec::new());
            assert_eq!(resources(w, types, 1), refused, "{types:?}");
        }
    }
}
