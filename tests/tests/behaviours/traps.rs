//! The traps into which brokers led real clients, as far as they can be seen at the wire, by their numbers in the list
//! of what users type. Traps 1, 2, 8, 9, 10, 12, 13, 15 and 16; those of groups and transactions come with them.

use std::time::Duration;

use bytes::{Buf, Bytes};
use logboat_core::protocol::messages::api_versions::ApiVersion;
use logboat_core::protocol::messages::create_topics::CreatableTopic;
use logboat_core::protocol::messages::describe_configs::DescribeConfigsResource;
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
#[allow(clippy::wildcard_imports, reason = "every API is asked")]
use logboat_core::protocol::messages::*;
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Request};
use logboat_core::record::Codec;
use logboat_tests::ask;
use logboat_tests::batch::{batch, forged, stamped};
use logboat_tests::cases;
use logboat_tests::client::Read;
use logboat_tests::world::{Topic, World};

cases! {
    trap_01_tagged_fields_at_their_default_are_left_out;
    trap_02_api_versions_in_an_unknown_version_is_version_0_all_through;
    trap_08_a_time_to_come_is_minus_1_and_minus_1;
    trap_09_every_advertised_version_is_answered;
    trap_09_nothing_is_advertised_that_is_not_for_clients;
    trap_10_authorized_operations_that_nobody_asked_for { kafka_2: "has no DescribeCluster" };
    trap_12_arrays_and_sources_that_java_takes;
    trap_13_a_group_that_does_not_exist_has_no_offsets;
    trap_14_a_largest_stamp_left_unset_is_found_by_time;
    trap_15_a_bad_topic_name_is_refused_everywhere { kafka_2: "UNKNOWN_TOPIC_OR_PARTITION where nothing is to be made" };
    trap_15_broker_configs_are_described_one_by_one;
    trap_16_the_oldest_versions_are_offered { kafka_4: "dropped them; clients of 2.5.0's time still send them" };
}

fn unsigned_varint(bytes: &mut Bytes) -> u32 {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = bytes.get_u8();
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint of more than five bytes");
}

fn trap_01_tagged_fields_at_their_default_are_left_out(w: &mut World) {
    // librdkafka before 2.2.0 skips a byte too few for each tag; it lives with those that Apache sends.
    for version in w.versions(ApiKey::ApiVersions).filter(|version| *version >= 3) {
        let mut client = w.connect();
        let request = ApiVersionsRequest {
            client_software_name: "librdkafka".into(),
            client_software_version: "2.0.2".into(),
        };
        client.send(Box::new(request), version);
        let Read::Frame(frame) = client.read(Duration::from_secs(20)) else { panic!("no answer") };
        let mut rest = frame.freeze();
        rest.advance(4 + 2);
        let count = unsigned_varint(&mut rest) - 1;
        for _ in 0..count {
            rest.advance(6);
            assert_eq!(rest.get_u8(), 0, "no tags in an entry");
        }
        assert_eq!(rest.get_i32(), 0, "throttle time");
        for _ in 0..unsigned_varint(&mut rest) {
            let tag = unsigned_varint(&mut rest);
            let size = unsigned_varint(&mut rest) as usize;
            let value = rest.split_to(size);
            let default = match tag {
                0 | 2 => value[..] == [1],
                1 => value[..] == [0xff; 8],
                3 => value[..] == [0],
                _ => panic!("unknown tag {tag}"),
            };
            assert!(!default, "v{version}: tag {tag} holds its default {value:02x?}");
        }
        assert!(rest.is_empty());
    }
}

fn trap_02_api_versions_in_an_unknown_version_is_version_0_all_through(w: &mut World) {
    let mut client = w.connect();
    // A client of tomorrow, with its header and body in today's flexible form.
    client.send_frame(&[0, 18, 0, 77, 0, 0, 0, 5, 0, 1, b'x', 0, 3, b'a', b'b', 2, b'1', 0]);
    let Read::Frame(frame) = client.read(Duration::from_secs(20)) else { panic!("no answer") };
    // Correlation id, error 35, one entry of three int16: four bytes of count, no compact form, no tags.
    assert_eq!(frame[..14], [0, 0, 0, 5, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0]);
    assert_eq!(frame.len(), 16);
}

fn trap_08_a_time_to_come_is_minus_1_and_minus_1(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let future = w.now() + 1_000_000_000;
    for version in w.versions(ApiKey::ListOffsets).filter(|version| *version >= 1) {
        let answer = w.client().call(ask::list_offsets(&topic.name, 0, future), version);
        let found = &answer.topics[0].partitions[0];
        let seen = (found.error_code, found.offset, found.timestamp, found.leader_epoch);
        assert_eq!(seen, (ErrorCode::NONE, -1, -1, -1), "v{version}");
    }
}

/// A request that asks for something real where that needs no more than a topic.
fn request_for(
    key: ApiKey,
    topic: &Topic,
    name: &KString,
    version: i16,
    now: i64,
) -> Option<Request> {
    let mut fetch = ask::fetch(&topic.name, 0, 0);
    fetch.topics[0].topic_id = topic.id;
    let mut produce = ask::produce(&topic.name, 0, batch(now, &["v"]));
    produce.topic_data[0].topic_id = topic.id;
    let metadata = MetadataRequestTopic { name: Some(topic.name.clone()), ..Default::default() };
    let config = DescribeConfigsResource {
        resource_type: 2,
        resource_name: topic.name.clone(),
        configuration_keys: None,
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are asked for nothing")]
    Some(match key {
        // Before version 3 batches are not what is sent.
        ApiKey::Produce if version < 3 => return None,
        ApiKey::Produce => produce.into(),
        ApiKey::Fetch => fetch.into(),
        ApiKey::ListOffsets => ask::list_offsets(&topic.name, 0, -1).into(),
        ApiKey::Metadata => {
            Box::new(MetadataRequest { topics: Some(vec![metadata]), ..Default::default() }).into()
        }
        ApiKey::ApiVersions => Box::new(ApiVersionsRequest {
            client_software_name: "x".into(),
            client_software_version: "1".into(),
        })
        .into(),
        ApiKey::CreateTopics => {
            let topic = CreatableTopic {
                name: name.clone(),
                num_partitions: 1,
                replication_factor: 1,
                ..Default::default()
            };
            Box::new(CreateTopicsRequest { topics: vec![topic], ..Default::default() }).into()
        }
        ApiKey::DescribeConfigs => {
            Box::new(DescribeConfigsRequest { resources: vec![config], ..Default::default() })
                .into()
        }
        ApiKey::FindCoordinator => {
            Box::new(FindCoordinatorRequest { key: "g".into(), ..Default::default() }).into()
        }
        ApiKey::InitProducerId => {
            Box::new(InitProducerIdRequest { transactional_id: None, ..Default::default() }).into()
        }
        ApiKey::OffsetForLeaderEpoch => Box::new(OffsetForLeaderEpochRequest::default()).into(),
        ApiKey::OffsetCommit => {
            Box::new(OffsetCommitRequest { group_id: "g".into(), ..Default::default() }).into()
        }
        ApiKey::OffsetFetch => {
            // 3.9.2 never answers one without a group.
            let group = offset_fetch::OffsetFetchRequestGroup {
                group_id: "g".into(),
                ..Default::default()
            };
            let groups = vec![group];
            Box::new(OffsetFetchRequest { group_id: "g".into(), groups, ..Default::default() })
                .into()
        }
        ApiKey::DeleteTopics => Box::new(DeleteTopicsRequest::default()).into(),
        ApiKey::DeleteRecords => Box::new(DeleteRecordsRequest::default()).into(),
        ApiKey::CreatePartitions => Box::new(CreatePartitionsRequest::default()).into(),
        ApiKey::AlterConfigs => Box::new(AlterConfigsRequest::default()).into(),
        ApiKey::IncrementalAlterConfigs => {
            Box::new(IncrementalAlterConfigsRequest::default()).into()
        }
        ApiKey::DescribeLogDirs => Box::new(DescribeLogDirsRequest::default()).into(),
        ApiKey::DescribeCluster => Box::new(DescribeClusterRequest::default()).into(),
        ApiKey::DescribeTopicPartitions => {
            Box::new(DescribeTopicPartitionsRequest::default()).into()
        }
        ApiKey::ElectLeaders => Box::new(ElectLeadersRequest::default()).into(),
        ApiKey::AlterReplicaLogDirs => Box::new(AlterReplicaLogDirsRequest::default()).into(),
        ApiKey::AlterPartitionReassignments => {
            Box::new(AlterPartitionReassignmentsRequest::default()).into()
        }
        ApiKey::ListPartitionReassignments => {
            Box::new(ListPartitionReassignmentsRequest::default()).into()
        }
        ApiKey::DescribeQuorum => Box::new(DescribeQuorumRequest::default()).into(),
        ApiKey::DescribeProducers => Box::new(DescribeProducersRequest::default()).into(),
        ApiKey::ListConfigResources => Box::new(ListConfigResourcesRequest::default()).into(),
        ApiKey::ListGroups => Box::new(ListGroupsRequest::default()).into(),
        ApiKey::DescribeGroups => Box::new(DescribeGroupsRequest::default()).into(),
        ApiKey::SaslHandshake => {
            Box::new(SaslHandshakeRequest { mechanism: "PLAIN".into() }).into()
        }
        _ => return None,
    })
}

fn trap_09_every_advertised_version_is_answered(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let mut asked = 0;
    for key in ApiKey::ALL {
        for version in w.versions(*key) {
            let (name, now) = (w.name("v"), w.now());
            let Some(request) = request_for(*key, &topic, &name, version, now) else { continue };
            // It decodes in full, in its version, to the last byte.
            let mut client = w.connect();
            let id = client.send(request, version);
            let response = client.receive(*key, version, id);
            assert_eq!(response.api_key(), *key);
            asked += 1;
        }
    }
    assert!(asked > 80, "{asked}");
}

fn trap_09_nothing_is_advertised_that_is_not_for_clients(w: &mut World) {
    let answer = w.client().call(Box::new(ApiVersionsRequest::default()), 0);
    let mut last = -1;
    for ApiVersion { api_key, min_version, max_version } in answer.api_keys {
        assert!(api_key > last, "each once, by key");
        last = api_key;
        assert!(0 <= min_version && min_version <= max_version);
        if w.release().is_none() {
            let between_brokers =
                [4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82, 83, 84, 85, 86, 87];
            assert!(!between_brokers.contains(&api_key), "{api_key}");
        }
    }
}

fn trap_10_authorized_operations_that_nobody_asked_for(w: &mut World) {
    // kafka-python: "15 is not a valid ACLOperation".
    let topic = w.topic(1);
    for version in w.versions(ApiKey::Metadata).filter(|version| *version >= 8) {
        let wanted = MetadataRequestTopic { name: Some(topic.name.clone()), ..Default::default() };
        let request = MetadataRequest { topics: Some(vec![wanted]), ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!(answer.topics[0].topic_authorized_operations, i32::MIN, "v{version}");
        assert_eq!(answer.cluster_authorized_operations, i32::MIN, "v{version}");
    }
    for version in w.versions(ApiKey::DescribeCluster) {
        let answer = w.client().call(Box::new(DescribeClusterRequest::default()), version);
        assert_eq!(answer.cluster_authorized_operations, i32::MIN, "v{version}");
    }
}

fn trap_12_arrays_and_sources_that_java_takes(w: &mut World) {
    for version in w.versions(ApiKey::CreateTopics).filter(|version| *version >= 5) {
        for bad in [false, true] {
            let topic = CreatableTopic {
                name: if bad { "bad topic!".into() } else { w.name("t") },
                num_partitions: 1,
                replication_factor: 1,
                ..Default::default()
            };
            let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
            let answer = w.client().call(Box::new(request), version);
            let configs = answer.topics[0].configs.as_ref().expect("Java does not take null");
            assert_eq!(configs.is_empty(), bad);
            assert!(
                configs.iter().all(|config| config.config_source > 0),
                "v{version}: {configs:?}"
            );
        }
    }
}

fn trap_13_a_group_that_does_not_exist_has_no_offsets(w: &mut World) {
    assert!(!w.versions(ApiKey::OffsetFetch).is_empty(), "offered");
    for version in w.versions(ApiKey::OffsetFetch).filter(|version| *version >= 2) {
        let name = w.name("g");
        let group = offset_fetch::OffsetFetchRequestGroup {
            group_id: name.clone(),
            topics: None,
            ..Default::default()
        };
        let request = OffsetFetchRequest {
            group_id: name,
            topics: None,
            groups: vec![group],
            ..Default::default()
        };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!((answer.error_code, answer.topics.len()), (ErrorCode::NONE, 0), "v{version}");
        assert!(
            answer.groups.iter().all(|g| g.error_code == ErrorCode::NONE && g.topics.is_empty())
        );
    }
}

fn trap_14_a_largest_stamp_left_unset_is_found_by_time(w: &mut World) {
    // sarama 1.27.2, as in Telegraf.
    let topic = w.topic(1);
    let now = w.now();
    let sent = forged(stamped(&[now - 30, now - 10, now - 20]), |header| header.max_timestamp = -1);
    w.append(&topic, 0, sent);
    for version in w.versions(ApiKey::ListOffsets).filter(|version| *version >= 1) {
        let answer = w.client().call(ask::list_offsets(&topic.name, 0, now - 15), version);
        let found = &answer.topics[0].partitions[0];
        assert_eq!((found.offset, found.timestamp), (1, now - 10), "v{version}");
    }
    assert_eq!(Codec::from_id(0), Some(Codec::None), "uncompressed, as it was sent");
}

fn trap_15_a_bad_topic_name_is_refused_everywhere(w: &mut World) {
    let name = KString::from_static("bad topic!");
    for version in w.versions(ApiKey::CreateTopics) {
        let topic = CreatableTopic {
            name: name.clone(),
            num_partitions: 1,
            replication_factor: 1,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!(answer.topics[0].error_code, ErrorCode::INVALID_TOPIC_EXCEPTION, "v{version}");
    }
    for version in w.versions(ApiKey::Metadata) {
        let wanted = MetadataRequestTopic { name: Some(name.clone()), ..Default::default() };
        let request = MetadataRequest { topics: Some(vec![wanted]), ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!(answer.topics[0].error_code, ErrorCode::INVALID_TOPIC_EXCEPTION, "v{version}");
    }
}

fn trap_15_broker_configs_are_described_one_by_one(w: &mut World) {
    let request = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    let node = w.client().call(Box::new(request), 4).brokers[0].node_id.to_string();
    for key in ["log.retention.hours", "log.dirs", "num.partitions", "auto.create.topics.enable"] {
        let resource = DescribeConfigsResource {
            resource_type: 4,
            resource_name: node.as_str().into(),
            configuration_keys: Some(vec![key.into()]),
        };
        let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
        let version = w.newest(ApiKey::DescribeConfigs, 4);
        let result = w.client().call(Box::new(request), version).results[0].clone();
        assert_eq!(result.error_code, ErrorCode::NONE, "{result:?}");
        let found: Vec<_> = result.configs.iter().map(|config| config.name.clone()).collect();
        assert_eq!(found, [KString::from(key)]);
    }
}

fn trap_16_the_oldest_versions_are_offered(w: &mut World) {
    for key in [
        ApiKey::Produce,
        ApiKey::Fetch,
        ApiKey::ListOffsets,
        ApiKey::Metadata,
        ApiKey::FindCoordinator,
        ApiKey::ApiVersions,
        ApiKey::CreateTopics,
        ApiKey::DeleteTopics,
        ApiKey::DeleteRecords,
        ApiKey::InitProducerId,
        ApiKey::OffsetForLeaderEpoch,
        ApiKey::DescribeConfigs,
        ApiKey::AlterConfigs,
        ApiKey::DescribeLogDirs,
        ApiKey::CreatePartitions,
        ApiKey::IncrementalAlterConfigs,
    ] {
        assert!(w.offers(key, 0), "{key} v0");
    }
}
