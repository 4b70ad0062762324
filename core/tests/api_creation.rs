//! CreateTopics with everything that can be wrong, topics that Metadata makes, and DescribeLogDirs, through a whole
//! broker.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/driver.rs"]
mod driver;

use driver::{Broker, name};
use logboat_core::memory_store::MemoryStore;
use logboat_core::protocol::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicResult,
};
use logboat_core::protocol::messages::describe_log_dirs::DescribableLogDirTopic;
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
use logboat_core::protocol::messages::{
    CreateTopicsRequest, DescribeLogDirsRequest, MetadataRequest,
};
use logboat_core::protocol::{ErrorCode, Uuid};

fn create(
    broker: &mut Broker,
    version: i16,
    topic: CreatableTopic,
    validate_only: bool,
) -> CreatableTopicResult {
    let request = CreateTopicsRequest { topics: vec![topic], validate_only, ..Default::default() };
    let response = answer!(broker.call(Box::new(request), version), CreateTopics);
    response.topics.into_iter().next().unwrap()
}

fn topic(
    text: &str,
    num_partitions: i32,
    replication_factor: i16,
    configs: &[(&str, Option<&str>)],
) -> CreatableTopic {
    let config = |(key, value): &(&str, Option<&str>)| CreatableTopicConfig {
        name: name(key),
        value: value.map(name),
    };
    CreatableTopic {
        name: name(text),
        num_partitions,
        replication_factor,
        configs: configs.iter().map(config).collect(),
        ..Default::default()
    }
}

#[test]
fn topics_are_made_or_refused() {
    let mut broker = Broker::fresh();
    broker.create("taken", 1, &[]);
    broker.create("with.dot", 1, &[]);
    let long = "x".repeat(250);
    let assigned = |indexes: &[i32], brokers: &[i32]| {
        let one = |index: &i32| CreatableReplicaAssignment {
            partition_index: *index,
            broker_ids: brokers.to_vec(),
        };
        let assignments = indexes.iter().map(one).collect();
        CreatableTopic { assignments, ..topic("assigned", -1, -1, &[]) }
    };
    let mut counted = assigned(&[0], &[0]);
    counted.num_partitions = 1;
    let rows = [
        (topic("", 1, 1, &[]), 17),
        (topic(".", 1, 1, &[]), 17),
        (topic("..", 1, 1, &[]), 17),
        (topic("bad topic!", 1, 1, &[]), 17),
        (topic(&long, 1, 1, &[]), 17),
        (topic("with_dot", 1, 1, &[]), 17),
        (topic("taken", 1, 1, &[]), 36),
        (topic("t", 0, 1, &[]), 37),
        (topic("t", -2, 1, &[]), 37),
        (topic("t", 1_000_000, 1, &[]), 44),
        (topic("t", i32::MAX, 1, &[]), 44),
        (topic("t", 1, 0, &[]), 38),
        (topic("t", 1, -2, &[]), 38),
        (topic("t", 1, 100, &[]), 38),
        (counted, 42),
        (assigned(&[0, 2], &[0]), 39),
        (assigned(&[0, 0], &[0]), 39),
        (assigned(&[0], &[]), 39),
        (assigned(&[0], &[0, 0]), 39),
        (assigned(&[0], &[5]), 39),
        (topic("t", 1, 1, &[("no.such.key", Some("1"))]), 40),
        (topic("t", 1, 1, &[("retention.ms", Some("soon"))]), 40),
        (topic("t", 1, 1, &[("retention.ms", None)]), 40),
        // The configuration is looked at before the counts.
        (topic("t", 0, 0, &[("retention.ms", None)]), 40),
        (topic("taken", 0, 0, &[("retention.ms", None)]), 36),
        (assigned(&[1, 0], &[0]), 0),
        (topic("t", -1, -1, &[("cleanup.policy", Some("compact"))]), 0),
    ];
    for (asked, code) in rows {
        for validate_only in [true, false] {
            let result = create(&mut broker, 7, asked.clone(), validate_only);
            assert_eq!(result.error_code.code(), code, "{asked:?} {result:?}");
            assert_eq!(result.error_message.is_some(), code != 0);
            assert_eq!(result.topic_config_error_code, ErrorCode::NONE);
            let made = code == 0 && !validate_only;
            assert_eq!(result.topic_id != Uuid::ZERO, made);
            assert_eq!(result.num_partitions > 0, code == 0);
            let configs = result.configs.expect("never null: Java tools fail over it");
            assert_eq!(configs.is_empty(), code != 0);
            if asked.name == name("t") && code == 0 {
                let policy = configs.iter().find(|c| c.name == name("cleanup.policy")).unwrap();
                assert_eq!(
                    (policy.value.clone(), policy.config_source),
                    (Some(name("compact")), 1)
                );
                let segment = configs.iter().find(|c| c.name == name("segment.bytes")).unwrap();
                assert_eq!(segment.config_source, 5);
            }
        }
    }
    let twice = vec![topic("n", 1, 1, &[]), topic("n", 1, 1, &[])];
    let request = CreateTopicsRequest { topics: twice, ..Default::default() };
    let response = answer!(broker.call(Box::new(request), 2), CreateTopics);
    assert_eq!(response.topics[0].error_code, ErrorCode::INVALID_REQUEST);
    for version in 0..=7 {
        let result = create(&mut broker, version, topic("taken", 1, 1, &[]), false);
        assert_eq!(result.error_code, ErrorCode::TOPIC_ALREADY_EXISTS);
        let own = format!("version{version}");
        let result = create(&mut broker, version, topic(&own, 1, 1, &[]), false);
        assert_eq!(result.error_code, ErrorCode::NONE);
    }
}

#[test]
fn there_is_one_log_directory() {
    let store = MemoryStore::new(1 << 30);
    let mut broker = Broker::with(store, &[("log.dirs", "/data/one")]);
    broker.create("t", 2, &[]);
    broker.produce("t", b"some bytes");
    let asked = |topic: &str, partitions: &[i32]| DescribableLogDirTopic {
        topic: name(topic),
        partitions: partitions.to_vec(),
    };
    let some = vec![asked("t", &[1, 9, 0, 0]), asked("missing", &[0])];
    for version in 0..=5 {
        for (topics, expected) in
            [(None, vec![0, 1]), (Some(some.clone()), vec![0, 1]), (Some(vec![]), vec![])]
        {
            let request = DescribeLogDirsRequest { topics };
            let response = answer!(broker.call(Box::new(request), version), DescribeLogDirs);
            assert_eq!(response.results.len(), 1);
            let dir = &response.results[0];
            assert_eq!((dir.error_code, &dir.log_dir), (ErrorCode::NONE, &name("memory")));
            assert_eq!((dir.total_bytes, dir.usable_bytes), (-1, -1));
            let partitions: Vec<_> =
                dir.topics.iter().flat_map(|topic| &topic.partitions).collect();
            let indexes: Vec<i32> = partitions.iter().map(|p| p.partition_index).collect();
            assert_eq!(indexes, expected);
            if let [first, second] = &partitions[..] {
                assert!(first.partition_size > 61 && second.partition_size == 0);
                assert_eq!((first.offset_lag, first.is_future_key), (0, false));
            }
        }
    }
}

#[test]
fn metadata_makes_topics_or_says_why_not() {
    let config = [("num.partitions", "3000")];
    let mut broker = Broker::with(MemoryStore::new(1 << 30), &config);
    broker.create("a.b", 1, &[]);
    let ask = |broker: &mut Broker, version: i16, create: bool, names: &[&str]| {
        let one =
            |text: &&str| MetadataRequestTopic { name: Some(name(text)), ..Default::default() };
        let request = MetadataRequest {
            topics: Some(names.iter().map(one).collect()),
            allow_auto_topic_creation: create,
            ..Default::default()
        };
        let response = answer!(broker.call(Box::new(request), version), Metadata);
        let code = |topic: &logboat_core::protocol::messages::metadata::MetadataResponseTopic| {
            (
                topic.name.clone().unwrap().to_string(),
                topic.error_code.code(),
                topic.partitions.len(),
            )
        };
        response.topics.iter().map(code).collect::<Vec<_>>()
    };
    let row = |text: &str, code: i16, partitions: usize| (text.to_string(), code, partitions);
    assert_eq!(ask(&mut broker, 12, false, &["new"]), [row("new", 3, 0)]);
    assert_eq!(
        ask(&mut broker, 12, true, &["bad topic!", "a_b", "a.b", "new", "new"]),
        [row("bad topic!", 17, 0), row("a_b", 17, 0), row("a.b", 0, 1), row("new", 0, 3000)]
    );
    // Beyond what one request may make, a client asks again, as it does with Kafka.
    let many = ["m1", "m2", "m3", "m4"];
    let first = ask(&mut broker, 1, true, &many);
    assert_eq!(first[2..], [row("m3", 0, 3000), row("m4", 3, 0)]);
    assert_eq!(ask(&mut broker, 1, true, &many)[3], row("m4", 0, 3000));
}

#[test]
fn names_that_metrics_take_for_one_stay_apart() {
    let mut broker = Broker::fresh();
    broker.create("a.b", 1, &[]);
    let refused = |broker: &mut Broker, text: &str| {
        create(broker, 7, topic(text, 1, 1, &[]), true).error_code.code()
    };
    assert_eq!(refused(&mut broker, "a_b"), 17);
    assert_eq!(refused(&mut broker, "a-b"), 0);
    // Known again after a restart from the journal, and after one from a snapshot.
    let mut broker = Broker::open(broker.store);
    assert_eq!(refused(&mut broker, "a_b"), 17);
    broker.shard.handle(broker.now, logboat_core::shard::Input::Shutdown);
    broker.turn();
    let mut broker = Broker::open(broker.store);
    assert_eq!(refused(&mut broker, "a_b"), 17);
    let request = logboat_core::protocol::messages::DeleteTopicsRequest {
        topic_names: vec![name("a.b")],
        ..Default::default()
    };
    answer!(broker.call(Box::new(request), 1), DeleteTopics);
    assert_eq!(refused(&mut broker, "a_b"), 0);
}
