//! Rows 71 to 87: topics, offsets and fetches.

use logboat_core::protocol::messages::create_partitions::CreatePartitionsTopic;
use logboat_core::protocol::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use logboat_core::protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use logboat_core::protocol::messages::delete_topics::DeleteTopicState;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic};
use logboat_core::protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteRecordsRequest, DeleteTopicsRequest,
    FetchRequest, MetadataRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::ask;
use logboat_tests::batch::{batch, records};
use logboat_tests::cases;
use logboat_tests::world::{World, bytes_of};

use crate::produce::illegal;

cases! {
    bad_71_illegal_names;
    bad_72_impossible_partition_counts;
    bad_72_very_many_partitions { kafka: "tries, with a million; our bound is checked before anything is made" };
    bad_73_impossible_replication_factors;
    bad_74_counts_beside_assignments_and_duplicates;
    bad_75_a_topic_that_exists;
    bad_76_bad_configs;
    bad_77_validate_only;
    bad_78_deleting_what_is_not_there;
    bad_79_fewer_partitions { kafka_2: "UNKNOWN_SERVER_ERROR at the smallest count" };
    bad_80_deleting_past_the_end;
    bad_81_fetching_out_of_range;
    bad_82_no_bytes_wanted { kafka: "UNKNOWN_SERVER_ERROR below 0" };
    bad_83_a_very_long_wait { virtual_time: true };
    bad_83_a_waiting_client_that_goes;
    bad_84_unknown_sessions;
    bad_84_negative_and_largest_sessions { kafka_4: "UNKNOWN_SERVER_ERROR" };
    bad_85_very_many_partitions;
    bad_86_a_client_that_claims_to_be_a_replica;
    bad_87_one_partition_twice;
}

fn topic(name: &KString) -> CreatableTopic {
    CreatableTopic {
        name: name.clone(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    }
}

fn create(w: &mut World, topics: Vec<CreatableTopic>, validate_only: bool) -> Vec<ErrorCode> {
    let version = w.newest(ApiKey::CreateTopics, 7);
    let request = CreateTopicsRequest { topics, timeout_ms: 30_000, validate_only };
    let answer = w.client().call(Box::new(request), version);
    answer.topics.iter().map(|topic| topic.error_code).collect()
}

fn topics(w: &mut World) -> Vec<KString> {
    let answer =
        w.client().call(Box::new(MetadataRequest { topics: None, ..Default::default() }), 4);
    answer.topics.into_iter().filter_map(|topic| topic.name).collect()
}

fn bad_71_illegal_names(w: &mut World) {
    for name in illegal() {
        assert_eq!(
            create(w, vec![topic(&name)], false),
            [ErrorCode::INVALID_TOPIC_EXCEPTION],
            "{name}"
        );
        assert!(!topics(w).contains(&name));
    }
}

fn bad_72_impossible_partition_counts(w: &mut World) {
    for num_partitions in [0, -2, i32::MIN] {
        let name = w.name("t");
        let topic = CreatableTopic { num_partitions, ..topic(&name) };
        assert_eq!(create(w, vec![topic], false), [ErrorCode::INVALID_PARTITIONS]);
    }
}

fn bad_72_very_many_partitions(w: &mut World) {
    for num_partitions in [1_000_000, i32::MAX] {
        let name = w.name("t");
        let topic = CreatableTopic { num_partitions, ..topic(&name) };
        let codes = create(w, vec![topic], false);
        assert!(
            [ErrorCode::INVALID_PARTITIONS, ErrorCode::POLICY_VIOLATION].contains(&codes[0]),
            "{codes:?}"
        );
        assert!(!topics(w).contains(&name));
    }
    let small = w.topic(1);
    let version = w.newest(ApiKey::CreatePartitions, 3);
    let grow =
        CreatePartitionsTopic { name: small.name.clone(), count: i32::MAX, assignments: None };
    let request = CreatePartitionsRequest { topics: vec![grow], ..Default::default() };
    assert!(w.client().call(Box::new(request), version).results[0].error_code.is_error());
    w.described(&small.name, 1);
}

fn bad_73_impossible_replication_factors(w: &mut World) {
    for replication_factor in [0, -2, 100, i16::MIN, i16::MAX] {
        let name = w.name("t");
        let topic = CreatableTopic { replication_factor, ..topic(&name) };
        assert_eq!(create(w, vec![topic], false), [ErrorCode::INVALID_REPLICATION_FACTOR]);
    }
}

fn bad_74_counts_beside_assignments_and_duplicates(w: &mut World) {
    let name = w.name("t");
    let assignments = vec![CreatableReplicaAssignment { partition_index: 0, broker_ids: vec![0] }];
    let both = CreatableTopic { assignments, ..topic(&name) };
    assert_eq!(create(w, vec![both], false), [ErrorCode::INVALID_REQUEST]);
    let codes = create(w, vec![topic(&name), topic(&name), topic(&name)], false);
    assert!(
        !codes.is_empty() && codes.iter().all(|code| *code == ErrorCode::INVALID_REQUEST),
        "{codes:?}"
    );
    assert!(!topics(w).contains(&name));
}

fn bad_75_a_topic_that_exists(w: &mut World) {
    let existing = w.topic(1);
    for _ in 0..3 {
        assert_eq!(
            create(w, vec![topic(&existing.name)], false),
            [ErrorCode::TOPIC_ALREADY_EXISTS]
        );
    }
}

fn bad_76_bad_configs(w: &mut World) {
    for (key, value) in [
        ("", "1"),
        ("no.such.key", "1"),
        ("a\r\nb", "1"),
        ("retention.ms", ""),
        ("retention.ms", "99999999999999999999"),
        ("segment.bytes", "0"),
        ("min.cleanable.dirty.ratio", "1.1"),
        ("message.timestamp.type", "createtime"),
    ] {
        let name = w.name("t");
        let config = CreatableTopicConfig { name: key.into(), value: Some(value.into()) };
        let bad = CreatableTopic { configs: vec![config], ..topic(&name) };
        assert_eq!(create(w, vec![bad], false), [ErrorCode::INVALID_CONFIG], "{key}={value}");
        assert!(!topics(w).contains(&name));
    }
}

fn bad_77_validate_only(w: &mut World) {
    let name = w.name("t");
    assert_eq!(create(w, vec![topic(&name)], true), [ErrorCode::NONE]);
    assert!(!topics(w).contains(&name));
}

fn bad_78_deleting_what_is_not_there(w: &mut World) {
    let version = w.newest(ApiKey::DeleteTopics, 6);
    let mut names = illegal();
    names.push(w.name("nowhere"));
    for name in names {
        let state = DeleteTopicState { name: Some(name.clone()), ..Default::default() };
        let request = DeleteTopicsRequest {
            topics: vec![state],
            topic_names: vec![name.clone()],
            timeout_ms: 30_000,
        };
        let answer = w.client().call(Box::new(request), version);
        let code = answer.responses[0].error_code;
        assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "{name}");
    }
}

fn bad_79_fewer_partitions(w: &mut World) {
    let topic = w.topic(2);
    let version = w.newest(ApiKey::CreatePartitions, 3);
    for count in [2, 1, 0, -1, i32::MIN] {
        let shrink = CreatePartitionsTopic { name: topic.name.clone(), count, assignments: None };
        let request = CreatePartitionsRequest {
            topics: vec![shrink],
            timeout_ms: 30_000,
            validate_only: false,
        };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!(answer.results[0].error_code, ErrorCode::INVALID_PARTITIONS, "{count}");
    }
}

fn bad_80_deleting_past_the_end(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let version = w.newest(ApiKey::DeleteRecords, 2);
    for offset in [2, i64::MAX, -2] {
        let partition = DeleteRecordsPartition { partition_index: 0, offset };
        let delete = DeleteRecordsTopic { name: topic.name.clone(), partitions: vec![partition] };
        let request = DeleteRecordsRequest { topics: vec![delete], timeout_ms: 30_000 };
        let answer = w.client().call(Box::new(request), version);
        let result = &answer.topics[0].partitions[0];
        assert_eq!((result.error_code, result.low_watermark), (ErrorCode::OFFSET_OUT_OF_RANGE, -1));
    }
    assert_eq!(records(&bytes_of(&w.fetch(&topic, 0, 0))).len(), 1);
}

fn bad_81_fetching_out_of_range(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    for offset in [2, i64::MAX, -1, i64::MIN] {
        assert_eq!(
            w.fetch(&topic, 0, offset).error_code,
            ErrorCode::OFFSET_OUT_OF_RANGE,
            "{offset}"
        );
    }
}

fn bad_82_no_bytes_wanted(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let version = w.newest(ApiKey::Fetch, 12);
    for (all, one) in [(0, 0), (-1, 100), (100, -1), (i32::MIN, i32::MIN), (0, 100)] {
        let mut request = ask::fetch(&topic.name, 0, 0);
        request.max_bytes = all;
        request.topics[0].partitions[0].partition_max_bytes = one;
        let answer = w.client().call(request, version);
        let data = &answer.responses[0].partitions[0];
        assert_eq!(data.error_code, ErrorCode::NONE, "{all} {one}");
        assert!(records(&bytes_of(data)).len() <= 1);
    }
}

fn bad_83_a_very_long_wait(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    let request = FetchRequest { max_wait_ms: i32::MAX, ..ask::fetch(&topic.name, 0, 0) };
    let begun = w.elapsed();
    let mut client = w.connect();
    let id = client.send(request, version);
    client.expect_silence(std::time::Duration::from_secs(250));
    client.answer::<FetchRequest>(version, id);
    assert_eq!((w.elapsed() - begun) / 1000, 300, "five minutes are enough for anybody");
}

fn bad_83_a_waiting_client_that_goes(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    for _ in 0..20 {
        let request = FetchRequest { max_wait_ms: i32::MAX, ..ask::fetch(&topic.name, 0, 0) };
        let mut client = w.connect();
        client.send(request, version);
    }
    assert_eq!(w.append(&topic, 0, batch(w.now(), &["v"])), 0);
}

fn bad_84_unknown_sessions(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    for (session_id, session_epoch, code) in [
        (987_654, 1, ErrorCode::FETCH_SESSION_ID_NOT_FOUND),
        (1_000_000_000, i32::MAX, ErrorCode::FETCH_SESSION_ID_NOT_FOUND),
    ] {
        let request = FetchRequest { session_id, session_epoch, ..ask::fetch(&topic.name, 0, 0) };
        assert_eq!(w.client().call(request, version).error_code, code);
    }
    let opened = w
        .client()
        .call(FetchRequest { session_epoch: 0, ..ask::fetch(&topic.name, 0, 0) }, version);
    let session_id = opened.session_id;
    for session_epoch in [7, i32::MAX, -5] {
        let request = FetchRequest { session_id, session_epoch, ..ask::fetch_all([]) };
        let code = w.client().call(request, version).error_code;
        assert_eq!(code, ErrorCode::INVALID_FETCH_SESSION_EPOCH, "{session_epoch}");
    }
}

fn bad_84_negative_and_largest_sessions(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    for session_id in [-1, i32::MIN, i32::MAX] {
        let request =
            FetchRequest { session_id, session_epoch: 5, ..ask::fetch(&topic.name, 0, 0) };
        let code = w.client().call(request, version).error_code;
        assert_eq!(code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    }
}

fn bad_85_very_many_partitions(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::Fetch, 12);
    w.append(&topic, 0, batch(w.now(), &[&"x".repeat(200_000)]));
    let all = |partitions: Vec<FetchPartition>| {
        let asked = FetchTopic {
            topic: topic.name.clone(),
            partitions: partitions.into_iter().collect(),
            ..Default::default()
        };
        FetchRequest {
            max_bytes: i32::MAX,
            topics: [asked].into_iter().collect(),
            ..Default::default()
        }
    };
    let partition = |partition| FetchPartition {
        partition,
        partition_max_bytes: 1 << 30,
        ..Default::default()
    };
    let answer = w.client().call(all((1..=20_000).map(partition).collect()), version);
    let found: Vec<_> = answer.responses.iter().flat_map(|topic| &topic.partitions).collect();
    assert_eq!(found.len(), 20_000);
    assert!(found.iter().all(|data| data.error_code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    // 5,000 times 200 kB would be 1 GB.
    let answer = w.client().call(all(vec![partition(0); 5000]), version);
    let bytes: usize =
        answer.responses.iter().flat_map(|t| &t.partitions).map(|data| bytes_of(data).len()).sum();
    assert!((200_000..=55 << 20).contains(&bytes), "{bytes} bytes");
}

fn bad_86_a_client_that_claims_to_be_a_replica(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let version = w.newest(ApiKey::Fetch, 12);
    for replica_id in [0, 1, 77, i32::MAX] {
        let request = FetchRequest { replica_id, ..ask::fetch(&topic.name, 0, 0) };
        let answer = w.client().call(request, version);
        let allowed = [
            ErrorCode::NONE,
            ErrorCode::NOT_LEADER_OR_FOLLOWER,
            ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
        ];
        assert!(allowed.contains(&answer.responses[0].partitions[0].error_code), "{replica_id}");
    }
    // Whatever was answered, the watermark is where it was, and an append does not wait for that "replica".
    assert_eq!(w.append(&topic, 0, batch(w.now(), &["w"])), 1);
    assert_eq!(w.end(&topic, 0), 2);
}

fn bad_87_one_partition_twice(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::ListOffsets).filter(|version| *version >= 1) {
        let mut request = ask::list_offsets(&topic.name, 0, -1);
        let again = request.topics[0].clone();
        request.topics.push(again);
        let answer = w.client().call(request, version);
        let mut found = answer.topics.iter().flat_map(|topic| &topic.partitions);
        assert!(found.all(|data| data.error_code == ErrorCode::INVALID_REQUEST), "v{version}");
    }
}
