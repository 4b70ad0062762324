//! Rows 75 to 77: metadata, and what makes, changes and removes topics.

use std::time::Duration;

use logboat_core::protocol::messages::create_partitions::CreatePartitionsTopic;
use logboat_core::protocol::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicResult,
};
use logboat_core::protocol::messages::delete_topics::DeleteTopicState;
use logboat_core::protocol::messages::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use logboat_core::protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, FindCoordinatorRequest,
    MetadataRequest, MetadataResponse,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_tests::batch::batch;
use logboat_tests::cases;
use logboat_tests::world::World;

use crate::configs;
use crate::offsets::delete_records;

cases! {
    row_75_version_0_without_names_is_all;
    row_75_from_version_1_null_is_all_and_empty_is_none;
    row_75_a_topic_is_made_when_it_is_asked_for;
    row_75_a_new_topic_is_there_at_once {
        kafka: "answers 3 once, or 5 (2.5.0), because its controller takes a while; clients ask again, here they need not",
    };
    row_75_a_topic_is_not_made_where_the_client_forbids_it;
    row_75_a_topic_is_not_made_where_the_broker_forbids_it { config: &[("auto.create.topics.enable", "false")] };
    row_75_an_invalid_name_is_refused { kafka_2: "UNKNOWN_TOPIC_OR_PARTITION where nothing is to be made" };
    row_75_topics_are_found_by_id;
    row_75_the_topic_of_groups_is_made_in_its_own_form {
        config: &[("num.partitions", "3"), ("offsets.topic.num.partitions", "7")],
    };
    row_76_the_topic_of_groups_is_the_brokers_own;
    row_76_a_topic_is_created_in_every_version;
    row_76_names_are_checked;
    row_76_names_that_differ_in_a_dot_collide;
    row_76_a_topic_that_exists;
    row_76_partitions_must_be_positive;
    row_76_one_broker_allows_one_replica;
    row_76_an_assignment_excludes_counts;
    row_76_a_wrong_assignment_is_refused { kafka_2: "waits for an unknown broker: REQUEST_TIMED_OUT" };
    row_76_a_bad_config_is_refused { kafka_2: "UNKNOWN_SERVER_ERROR for a null value" };
    row_76_one_name_twice_is_refused;
    row_76_minus_1_is_the_default;
    row_76_validate_only_makes_nothing;
    row_76_one_bad_topic_does_not_hurt_the_others;
    row_77_partitions_only_grow;
    row_77_new_partitions_are_ready;
    row_77_topics_are_deleted_by_name_and_by_id;
    row_77_a_new_topic_of_an_old_name_is_empty { kafka_2: "TOPIC_ALREADY_EXISTS until its deletion is over" };
}

/// Metadata of these names, or of all.
fn ask(
    w: &mut World,
    names: Option<&[&KString]>,
    create: bool,
    version: i16,
) -> Box<MetadataResponse> {
    let topic = |name: &&KString| MetadataRequestTopic {
        name: Some((*name).clone()),
        ..Default::default()
    };
    let request = MetadataRequest {
        topics: names.map(|names| names.iter().map(topic).collect()),
        allow_auto_topic_creation: create,
        ..Default::default()
    };
    w.client().call(Box::new(request), version)
}

/// What Metadata says of one topic, without making it.
pub(crate) fn metadata(w: &mut World, name: &KString) -> MetadataResponseTopic {
    let version = w.newest(ApiKey::Metadata, 12);
    ask(w, Some(&[name]), false, version).topics[0].clone()
}

/// The topic's error in Metadata, without making it.
pub(crate) fn error_of(w: &mut World, name: &KString) -> ErrorCode {
    metadata(w, name).error_code
}

fn names(answer: &MetadataResponse) -> Vec<KString> {
    answer.topics.iter().filter_map(|topic| topic.name.clone()).collect()
}

fn row_75_version_0_without_names_is_all(w: &mut World) {
    if !w.offers(ApiKey::Metadata, 0) {
        return;
    }
    let topics = [w.topic(1), w.topic(2)];
    let answer = ask(w, Some(&[]), false, 0);
    assert!(topics.iter().all(|topic| names(&answer).contains(&topic.name)));
    assert_eq!(answer.brokers.len(), 1);
}

fn row_75_from_version_1_null_is_all_and_empty_is_none(w: &mut World) {
    let topics = [w.topic(1), w.topic(2)];
    for version in w.versions(ApiKey::Metadata).filter(|version| *version >= 1) {
        let answer = ask(w, None, false, version);
        assert!(topics.iter().all(|topic| names(&answer).contains(&topic.name)), "v{version}");
        let answer = ask(w, Some(&[]), true, version);
        assert_eq!(names(&answer), [KString::EMPTY; 0], "v{version}");
        assert_eq!(answer.brokers.len(), 1);
        assert_eq!(answer.controller_id, answer.brokers[0].node_id);
        let answer = ask(w, Some(&[&topics[1].name]), false, version);
        let topic = &answer.topics[0];
        assert_eq!(
            (answer.topics.len(), topic.error_code, topic.partitions.len()),
            (1, ErrorCode::NONE, 2)
        );
        for partition in &topic.partitions {
            let node = answer.brokers[0].node_id;
            assert_eq!((partition.error_code, partition.leader_id), (ErrorCode::NONE, node));
            assert_eq!(
                (&partition.replica_nodes[..], &partition.isr_nodes[..]),
                (&[node][..], &[node][..])
            );
            assert!(partition.offline_replicas.is_empty());
        }
    }
}

fn row_75_a_topic_is_made_when_it_is_asked_for(w: &mut World) {
    for version in w.versions(ApiKey::Metadata) {
        let name = w.name("auto");
        let first = ask(w, Some(&[&name]), true, version).topics[0].error_code;
        let allowed = [
            ErrorCode::NONE,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode::LEADER_NOT_AVAILABLE,
        ];
        assert!(allowed.contains(&first), "v{version}: {first}");
        let topic = w.described(&name, 1);
        assert_eq!(w.append(&topic, 0, batch(w.now(), &["v"])), 0);
    }
}

fn row_75_a_new_topic_is_there_at_once(w: &mut World) {
    let name = w.name("auto");
    let topic = ask(w, Some(&[&name]), true, 12).topics[0].clone();
    assert_eq!((topic.error_code, topic.partitions.len()), (ErrorCode::NONE, 1));
    assert!(!topic.topic_id.is_zero());
}

fn row_75_a_topic_is_not_made_where_the_client_forbids_it(w: &mut World) {
    for version in w.versions(ApiKey::Metadata).filter(|version| *version >= 4) {
        let name = w.name("nowhere");
        for _ in 0..2 {
            let answer = ask(w, Some(&[&name]), false, version);
            assert_eq!(
                answer.topics[0].error_code,
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                "v{version}"
            );
            w.sleep(Duration::from_millis(50));
        }
    }
}

fn row_75_a_topic_is_not_made_where_the_broker_forbids_it(w: &mut World) {
    for version in w.versions(ApiKey::Metadata) {
        let name = w.name("nowhere");
        for _ in 0..2 {
            let answer = ask(w, Some(&[&name]), true, version);
            assert_eq!(
                answer.topics[0].error_code,
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                "v{version}"
            );
        }
    }
}

fn row_75_an_invalid_name_is_refused(w: &mut World) {
    let long = KString::from("x".repeat(250));
    for version in w.versions(ApiKey::Metadata) {
        for create in [true, false] {
            for name in [&"bad topic!".into(), &".".into(), &"..".into(), &"a/b".into(), &long] {
                let answer = ask(w, Some(&[name]), create, version);
                let topic = &answer.topics[0];
                assert_eq!(
                    topic.error_code,
                    ErrorCode::INVALID_TOPIC_EXCEPTION,
                    "v{version} {name}"
                );
            }
        }
    }
    let all = names(&ask(w, None, false, 4));
    assert!(!all.contains(&long) && !all.contains(&"bad topic!".into()));
}

fn row_75_topics_are_found_by_id(w: &mut World) {
    let topic = w.topic(2);
    for version in w.versions(ApiKey::Metadata).filter(|version| *version >= 12) {
        for (id, code, partitions) in
            [(topic.id, ErrorCode::NONE, 2), (Uuid([5; 16]), ErrorCode::UNKNOWN_TOPIC_ID, 0)]
        {
            let wanted = MetadataRequestTopic { topic_id: id, name: None };
            let request = MetadataRequest { topics: Some(vec![wanted]), ..Default::default() };
            let answer = w.client().call(Box::new(request), version);
            let found = &answer.topics[0];
            assert_eq!(
                (found.error_code, found.partitions.len(), found.topic_id),
                (code, partitions, id)
            );
            assert_eq!(
                found.name,
                (code == ErrorCode::NONE).then(|| topic.name.clone()),
                "v{version}"
            );
        }
    }
}

const GROUPS: KString = KString::from_static("__consumer_offsets");

fn row_75_the_topic_of_groups_is_made_in_its_own_form(w: &mut World) {
    let topic = ask(w, Some(&[&GROUPS]), true, 12).topics[0].clone();
    assert_eq!((topic.error_code, topic.is_internal), (ErrorCode::NONE, true));
    assert_eq!(topic.partitions.len(), 7);
    for (key, value) in [
        ("cleanup.policy", "compact"),
        ("compression.type", "producer"),
        ("segment.bytes", "104857600"),
    ] {
        assert_eq!(configs::topic_value(w, &GROUPS, key), (value.to_string(), 1), "{key}");
    }
    // What nothing writes yet is not made in a form that would be wrong.
    let other = ask(w, Some(&[&"__transaction_state".into()]), true, 12).topics[0].clone();
    assert_eq!(other.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert!(other.is_internal && other.partitions.is_empty());
}

fn row_76_the_topic_of_groups_is_the_brokers_own(w: &mut World) {
    let find = FindCoordinatorRequest { key: "g".into(), ..Default::default() };
    w.client().call(Box::new(find), 1);
    let topic = w.described(&GROUPS, 50);
    refuses(w, plain(&GROUPS), ErrorCode::TOPIC_ALREADY_EXISTS);
    let produced = w.produce(&topic, 0, batch(w.now(), &["v"]));
    assert_eq!(produced.error_code, ErrorCode::INVALID_TOPIC_EXCEPTION);
    let deleted = delete_records(w, &topic, 0, -1);
    assert_eq!(deleted, (ErrorCode::INVALID_TOPIC_EXCEPTION, -1));
    let version = w.newest(ApiKey::CreatePartitions, 3);
    assert_eq!(grow(w, &GROUPS, 60, true, version), ErrorCode::NONE, "it could grow");
}

fn plain(name: &KString) -> CreatableTopic {
    CreatableTopic {
        name: name.clone(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    }
}

fn create_all(
    w: &mut World,
    topics: Vec<CreatableTopic>,
    validate_only: bool,
    version: i16,
) -> Vec<CreatableTopicResult> {
    let request = CreateTopicsRequest { topics, timeout_ms: 30_000, validate_only };
    w.client().call(Box::new(request), version).topics
}

/// Creates one topic in the newest version.
fn create(w: &mut World, topic: CreatableTopic) -> CreatableTopicResult {
    let version = w.newest(ApiKey::CreateTopics, 7);
    let results = create_all(w, vec![topic], false, version);
    assert_eq!(results.len(), 1);
    results[0].clone()
}

fn refuses(w: &mut World, topic: CreatableTopic, code: ErrorCode) {
    let name = topic.name.clone();
    let result = create(w, topic);
    assert_eq!((&result.name, result.error_code), (&name, code), "{result:?}");
    assert!(result.topic_id.is_zero());
}

fn row_76_a_topic_is_created_in_every_version(w: &mut World) {
    for version in w.versions(ApiKey::CreateTopics) {
        let name = w.name("t");
        let config =
            CreatableTopicConfig { name: "retention.ms".into(), value: Some("1234567".into()) };
        let topic = CreatableTopic { num_partitions: 3, configs: vec![config], ..plain(&name) };
        let result = create_all(w, vec![topic], false, version)[0].clone();
        assert_eq!(
            (result.error_code, result.error_message),
            (ErrorCode::NONE, None),
            "v{version}"
        );
        if version >= 5 {
            assert_eq!((result.num_partitions, result.replication_factor), (3, 1));
            let configs = result.configs.expect("never null: Java's clients do not take it");
            let set = configs
                .iter()
                .find(|config| config.name == "retention.ms")
                .expect("all are listed");
            assert_eq!((set.value.clone(), set.config_source), (Some("1234567".into()), 1));
            let default = configs
                .iter()
                .find(|config| config.name == "cleanup.policy")
                .expect("all are listed");
            assert_eq!((default.value.clone(), default.config_source), (Some("delete".into()), 5));
        }
        let described = w.described(&name, 3);
        if version >= 7 {
            assert_eq!(result.topic_id, described.id);
        }
    }
}

fn row_76_names_are_checked(w: &mut World) {
    let unique = w.name("n");
    let longest = KString::from(format!("{:x<249}", unique.to_str().expect("a name")));
    assert_eq!(create(w, plain(&longest)).error_code, ErrorCode::NONE);
    for name in [
        "",
        ".",
        "..",
        "a b",
        "a/b",
        "a\\b",
        "ä",
        "a\0b",
        "a\r\nb",
        "../../etc/passwd",
        "a:b",
        "a,b",
        "a*",
    ] {
        refuses(w, plain(&name.into()), ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    refuses(w, plain(&"x".repeat(250).into()), ErrorCode::INVALID_TOPIC_EXCEPTION);
    let odd = KString::from(format!("{}.A_-9", unique.to_str().expect("a name")));
    assert_eq!(create(w, plain(&odd)).error_code, ErrorCode::NONE);
}

fn row_76_names_that_differ_in_a_dot_collide(w: &mut World) {
    let unique = w.name("n");
    let name = |end: &str| KString::from(format!("{}{end}", unique.to_str().expect("a name")));
    assert_eq!(create(w, plain(&name(".a_b"))).error_code, ErrorCode::NONE);
    for other in ["_a_b", ".a.b", "_a.b"] {
        refuses(w, plain(&name(other)), ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    refuses(w, plain(&name(".a_b")), ErrorCode::TOPIC_ALREADY_EXISTS);
    assert_eq!(create(w, plain(&name("-a-b"))).error_code, ErrorCode::NONE);
}

fn row_76_a_topic_that_exists(w: &mut World) {
    let topic = w.topic(1);
    refuses(w, plain(&topic.name), ErrorCode::TOPIC_ALREADY_EXISTS);
    // Another request is wrong in the same way, whatever it wants.
    refuses(
        w,
        CreatableTopic { num_partitions: 5, ..plain(&topic.name) },
        ErrorCode::TOPIC_ALREADY_EXISTS,
    );
}

fn row_76_partitions_must_be_positive(w: &mut World) {
    for num_partitions in [0, -2, i32::MIN] {
        let name = w.name("n");
        refuses(
            w,
            CreatableTopic { num_partitions, ..plain(&name) },
            ErrorCode::INVALID_PARTITIONS,
        );
    }
}

fn row_76_one_broker_allows_one_replica(w: &mut World) {
    for replication_factor in [0, -2, 2, 100, i16::MAX] {
        let name = w.name("n");
        let topic = CreatableTopic { replication_factor, ..plain(&name) };
        refuses(w, topic, ErrorCode::INVALID_REPLICATION_FACTOR);
    }
}

fn assigned(name: &KString, replicas: &[(i32, &[i32])]) -> CreatableTopic {
    let assignments =
        replicas.iter().map(|(partition_index, broker_ids)| CreatableReplicaAssignment {
            partition_index: *partition_index,
            broker_ids: broker_ids.to_vec(),
        });
    CreatableTopic {
        name: name.clone(),
        num_partitions: -1,
        replication_factor: -1,
        assignments: assignments.collect(),
        ..Default::default()
    }
}

fn node(w: &mut World) -> i32 {
    ask(w, Some(&[]), false, 4).brokers[0].node_id
}

fn row_76_an_assignment_excludes_counts(w: &mut World) {
    let node = node(w);
    for (num_partitions, replication_factor) in [(1, 1), (1, -1), (-1, 1)] {
        let name = w.name("n");
        let topic = CreatableTopic {
            num_partitions,
            replication_factor,
            ..assigned(&name, &[(0, &[node])])
        };
        refuses(w, topic, ErrorCode::INVALID_REQUEST);
    }
    let name = w.name("n");
    let result = create(w, assigned(&name, &[(0, &[node]), (1, &[node])]));
    assert_eq!(result.error_code, ErrorCode::NONE);
    w.described(&name, 2);
}

fn row_76_a_wrong_assignment_is_refused(w: &mut World) {
    let node = node(w);
    for replicas in [
        // An unknown broker, one broker twice, none, a gap, a partition twice.
        &[(0, &[node + 77][..])][..],
        &[(0, &[node, node])],
        &[(0, &[])],
        &[(1, &[node])],
        &[(0, &[node]), (0, &[node])],
    ] {
        let name = w.name("n");
        refuses(w, assigned(&name, replicas), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    }
}

fn row_76_a_bad_config_is_refused(w: &mut World) {
    for (key, value) in [
        ("no.such.key", Some("1")),
        ("retention.ms", Some("soon")),
        ("retention.ms", Some("-2")),
        ("cleanup.policy", Some("burn")),
        ("compression.type", Some("rar")),
        ("max.message.bytes", Some("-1")),
        ("retention.ms", None),
    ] {
        let name = w.name("n");
        let config = CreatableTopicConfig { name: key.into(), value: value.map(Into::into) };
        let topic = CreatableTopic { configs: vec![config], ..plain(&name) };
        refuses(w, topic, ErrorCode::INVALID_CONFIG);
        assert_eq!(error_of(w, &name), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    }
}

fn row_76_one_name_twice_is_refused(w: &mut World) {
    let (twice, once) = (w.name("n"), w.name("n"));
    let version = w.newest(ApiKey::CreateTopics, 7);
    let topics = vec![plain(&twice), plain(&once), plain(&twice)];
    let results = create_all(w, topics, false, version);
    for result in &results {
        let code = if result.name == twice { ErrorCode::INVALID_REQUEST } else { ErrorCode::NONE };
        assert_eq!(result.error_code, code, "{results:?}");
    }
    assert_eq!(error_of(w, &twice), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    w.described(&once, 1);
}

fn row_76_minus_1_is_the_default(w: &mut World) {
    // Not from version 4 on only: kafkajs sends it in version 3.
    for version in w.versions(ApiKey::CreateTopics) {
        let name = w.name("n");
        let topic = CreatableTopic { num_partitions: -1, replication_factor: -1, ..plain(&name) };
        let result = create_all(w, vec![topic], false, version)[0].clone();
        assert_eq!(result.error_code, ErrorCode::NONE, "v{version}");
        w.described(&name, 1);
    }
}

fn row_76_validate_only_makes_nothing(w: &mut World) {
    let existing = w.topic(1);
    for version in w.versions(ApiKey::CreateTopics).filter(|version| *version >= 1) {
        let name = w.name("n");
        let result = create_all(w, vec![plain(&name)], true, version)[0].clone();
        assert_eq!(result.error_code, ErrorCode::NONE, "v{version}");
        assert_eq!(error_of(w, &name), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        let result = create_all(w, vec![plain(&existing.name)], true, version)[0].clone();
        assert_eq!(result.error_code, ErrorCode::TOPIC_ALREADY_EXISTS);
    }
}

fn row_76_one_bad_topic_does_not_hurt_the_others(w: &mut World) {
    let (good, other) = (w.name("n"), w.name("n"));
    let version = w.newest(ApiKey::CreateTopics, 7);
    let bad = CreatableTopic { num_partitions: 0, ..plain(&w.name("n")) };
    let results = create_all(w, vec![plain(&good), bad.clone(), plain(&other)], false, version);
    assert_eq!(results.len(), 3);
    for result in &results {
        let code =
            if result.name == bad.name { ErrorCode::INVALID_PARTITIONS } else { ErrorCode::NONE };
        assert_eq!(result.error_code, code);
    }
    w.described(&good, 1);
    w.described(&other, 1);
}

fn grow(w: &mut World, name: &KString, count: i32, validate_only: bool, version: i16) -> ErrorCode {
    let topic = CreatePartitionsTopic { name: name.clone(), count, assignments: None };
    let request =
        CreatePartitionsRequest { topics: vec![topic], timeout_ms: 30_000, validate_only };
    w.client().call(Box::new(request), version).results[0].error_code
}

fn row_77_partitions_only_grow(w: &mut World) {
    for version in w.versions(ApiKey::CreatePartitions) {
        let topic = w.topic(3);
        for count in [3, 2, 0, -1] {
            assert_eq!(
                grow(w, &topic.name, count, false, version),
                ErrorCode::INVALID_PARTITIONS,
                "v{version} {count}"
            );
        }
        assert_eq!(grow(w, &topic.name, 5, true, version), ErrorCode::NONE);
        w.described(&topic.name, 3);
        assert_eq!(grow(w, &topic.name, 5, false, version), ErrorCode::NONE);
        w.described(&topic.name, 5);
    }
    let nowhere = w.name("nowhere");
    let version = w.newest(ApiKey::CreatePartitions, 3);
    assert_eq!(grow(w, &nowhere, 5, false, version), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

fn row_77_new_partitions_are_ready(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let version = w.newest(ApiKey::CreatePartitions, 3);
    assert_eq!(grow(w, &topic.name, 3, false, version), ErrorCode::NONE);
    let topic = w.described(&topic.name, 3);
    for partition in 0..3 {
        let base = w.append(&topic, partition, batch(w.now(), &["v"]));
        assert_eq!(base, i64::from(partition == 0), "partition 0 goes on, the others begin");
    }
}

/// Deletes by name, or by id where `version` has ids and the topic one.
fn delete(w: &mut World, name: &KString, id: Uuid, version: i16) -> ErrorCode {
    let by_id = !id.is_zero() && version >= 6;
    let state = DeleteTopicState {
        name: (!by_id).then(|| name.clone()),
        topic_id: if by_id { id } else { Uuid::ZERO },
    };
    let request = DeleteTopicsRequest {
        topics: vec![state],
        topic_names: vec![name.clone()],
        timeout_ms: 30_000,
    };
    w.client().call(Box::new(request), version).responses[0].error_code
}

/// Waits until the topic is gone: at once with ours.
fn gone(w: &mut World, name: &KString) {
    for _ in 0..100 {
        if error_of(w, name) == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION {
            return;
        }
        assert!(w.release().is_some(), "not gone at once");
        w.sleep(Duration::from_millis(50));
    }
    panic!("{name} stays");
}

fn row_77_topics_are_deleted_by_name_and_by_id(w: &mut World) {
    for version in w.versions(ApiKey::DeleteTopics) {
        let (first, second) = (w.topic(1), w.topic(1));
        assert_eq!(delete(w, &first.name, Uuid::ZERO, version), ErrorCode::NONE, "v{version}");
        gone(w, &first.name);
        let again = delete(w, &first.name, Uuid::ZERO, version);
        assert_eq!(again, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "v{version}");
        assert_eq!(delete(w, &second.name, second.id, version), ErrorCode::NONE, "v{version}");
        gone(w, &second.name);
        if version >= 6 {
            assert_eq!(delete(w, &second.name, second.id, version), ErrorCode::UNKNOWN_TOPIC_ID);
        }
    }
}

fn row_77_a_new_topic_of_an_old_name_is_empty(w: &mut World) {
    let topic = w.topic_with(2, &[("retention.ms", "1234567")]);
    w.append(&topic, 0, batch(w.now(), &["a", "b"]));
    let version = w.newest(ApiKey::DeleteTopics, 6);
    assert_eq!(delete(w, &topic.name, Uuid::ZERO, version), ErrorCode::NONE);
    gone(w, &topic.name);
    w.create(&topic.name, 1, &[]);
    let again = w.described(&topic.name, 1);
    assert!(topic.id.is_zero() || again.id != topic.id, "another topic");
    assert_eq!(w.end(&again, 0), 0);
    assert_eq!(w.append(&again, 0, batch(w.now(), &["v"])), 0);
}
