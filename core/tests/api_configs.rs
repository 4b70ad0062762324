//! DescribeConfigs, AlterConfigs and IncrementalAlterConfigs, through a whole broker.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/driver.rs"]
mod driver;

use driver::{Broker, name};
use logboat_core::protocol::ErrorCode;
use logboat_core::protocol::messages::describe_configs::{
    DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult,
};
use logboat_core::protocol::messages::{
    AlterConfigsRequest, DescribeConfigsRequest, IncrementalAlterConfigsRequest, alter_configs,
    incremental_alter_configs,
};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const METRICS: i8 = 16;
const GROUP: i8 = 32;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn resource(kind: i8, of: &str, keys: Option<&[&str]>) -> DescribeConfigsResource {
    DescribeConfigsResource {
        resource_type: kind,
        resource_name: name(of),
        configuration_keys: keys.map(|keys| keys.iter().map(|key| name(key)).collect()),
    }
}

fn describe_all(
    broker: &mut Broker,
    version: i16,
    resources: Vec<DescribeConfigsResource>,
) -> Vec<DescribeConfigsResult> {
    let request = DescribeConfigsRequest {
        resources,
        include_synonyms: version >= 1,
        include_documentation: version >= 3,
    };
    answer!(broker.call(Box::new(request), version), DescribeConfigs).results
}

fn describe(broker: &mut Broker, kind: i8, of: &str, key: &str) -> DescribeConfigsResourceResult {
    let mut results = describe_all(broker, 4, vec![resource(kind, of, Some(&[key]))]);
    let result = results.remove(0);
    assert_eq!(result.error_code, ErrorCode::NONE, "{result:?}");
    assert_eq!(result.configs.len(), 1, "{key}");
    result.configs.into_iter().next().unwrap()
}

/// Value and source of a key.
fn value(broker: &mut Broker, kind: i8, of: &str, key: &str) -> (Option<String>, i8) {
    let config = describe(broker, kind, of, key);
    (config.value.map(|value| value.to_string()), config.config_source)
}

fn set(text: &str) -> Option<String> {
    Some(text.to_string())
}

/// Key and value.
type Replacement<'a> = (&'a str, Option<&'a str>);
/// Key, operation, value.
type Alteration<'a> = (&'a str, i8, Option<&'a str>);

fn alter_one(
    broker: &mut Broker,
    kind: i8,
    of: &str,
    configs: &[Alteration<'_>],
    dry: bool,
) -> (i16, Option<String>) {
    let config = |(key, config_operation, value): &Alteration<'_>| {
        incremental_alter_configs::AlterableConfig {
            name: name(key),
            config_operation: *config_operation,
            value: value.map(name),
        }
    };
    let resources = vec![incremental_alter_configs::AlterConfigsResource {
        resource_type: kind,
        resource_name: name(of),
        configs: configs.iter().map(config).collect(),
    }];
    let request = IncrementalAlterConfigsRequest { resources, validate_only: dry };
    let response = answer!(broker.call(Box::new(request), 1), IncrementalAlterConfigs);
    let result = &response.responses[0];
    assert_eq!((result.resource_type, &result.resource_name), (kind, &name(of)));
    (result.error_code.code(), result.error_message.as_ref().map(ToString::to_string))
}

fn alter(broker: &mut Broker, kind: i8, of: &str, configs: &[Alteration<'_>]) -> i16 {
    alter_one(broker, kind, of, configs, false).0
}

fn replace(
    broker: &mut Broker,
    version: i16,
    kind: i8,
    of: &str,
    configs: &[(&str, Option<&str>)],
    dry: bool,
) -> i16 {
    let config = |(key, value): &(&str, Option<&str>)| alter_configs::AlterableConfig {
        name: name(key),
        value: value.map(name),
    };
    let resources = vec![alter_configs::AlterConfigsResource {
        resource_type: kind,
        resource_name: name(of),
        configs: configs.iter().map(config).collect(),
    }];
    let request = AlterConfigsRequest { resources, validate_only: dry };
    let response = answer!(broker.call(Box::new(request), version), AlterConfigs);
    response.responses[0].error_code.code()
}

#[test]
fn every_key_is_described_in_every_version() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[("retention.ms", "1000")]);
    for version in 0..=4 {
        let results = describe_all(
            &mut broker,
            version,
            vec![
                resource(TOPIC, "t", None),
                resource(BROKER, "0", Some(&[])),
                resource(BROKER, "", None),
            ],
        );
        let lens: Vec<usize> = results.iter().map(|result| result.configs.len()).collect();
        assert!(lens[0] >= 26 && lens[1] >= 200 && lens[2] == 0, "{lens:?}");
        assert!(results.iter().all(|result| result.error_code == ErrorCode::NONE));
        let retention =
            results[0].configs.iter().find(|config| config.name == name("retention.ms")).unwrap();
        assert_eq!(retention.value, Some(name("1000")));
        let segment =
            results[0].configs.iter().find(|config| config.name == name("segment.bytes")).unwrap();
        match version {
            0 => assert_eq!((retention.is_default, segment.is_default), (false, true)),
            _ => {
                assert_eq!((retention.config_source, segment.config_source), (1, 5));
                assert_eq!(retention.synonyms[0].source, 1);
            }
        }
        if version >= 3 {
            assert_eq!(retention.config_type, 5);
            assert!(retention.documentation.as_ref().is_some_and(|text| !text.is_empty()));
        }
        // Nothing has the source -1, and no secret is told (USERS traps 10 and 12).
        for config in results.iter().flat_map(|result| &result.configs) {
            assert!(version == 0 || (1..=5).contains(&config.config_source), "{config:?}");
            assert!(!config.is_sensitive || config.value.is_none(), "{config:?}");
        }
    }
    // What was not asked for is not told.
    let request = DescribeConfigsRequest {
        resources: vec![resource(TOPIC, "t", Some(&["retention.ms"]))],
        ..Default::default()
    };
    let response = answer!(broker.call(Box::new(request), 4), DescribeConfigs);
    let config = &response.results[0].configs[0];
    assert!(config.synonyms.is_empty() && config.documentation.is_none());
}

#[test]
fn only_named_keys_are_described() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    let keys: &[&str] = &["log.retention.hours", "no.such.key", "num.partitions"];
    let results = describe_all(&mut broker, 2, vec![resource(BROKER, "0", Some(keys))]);
    let names: Vec<String> =
        results[0].configs.iter().map(|config| config.name.to_string()).collect();
    assert_eq!(names, ["log.retention.hours", "num.partitions"]);
    assert_eq!(value(&mut broker, BROKER, "0", "log.retention.hours"), (set("168"), 5));
}

#[test]
fn what_can_not_be_described_says_why() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    let rows = [
        (TOPIC, "missing", 3),
        (TOPIC, "bad topic!", 17),
        (TOPIC, "", 17),
        (BROKER, "1", 42),
        (BROKER, "x", 42),
        (LOGGER, "0", 0),
        (LOGGER, "", 42),
        (METRICS, "m", 0),
        (METRICS, "", 42),
        (GROUP, "g", 0),
        (GROUP, "", 42),
        (0, "t", 42),
        (99, "t", 42),
    ];
    for (kind, of, code) in rows {
        let results = describe_all(&mut broker, 4, vec![resource(kind, of, None)]);
        let result = &results[0];
        assert_eq!(result.error_code.code(), code, "{kind} {of}");
        // An unknown topic is told without words, as in Kafka.
        let words = result.error_message.as_ref().is_some_and(|message| !message.is_empty());
        assert_eq!(words, code != 0 && code != 3);
        assert!(result.configs.is_empty());
        assert_eq!((result.resource_type, &result.resource_name), (kind, &name(of)));
    }
    // One resource's error is its own, unless its type is unknown.
    let mixed = vec![resource(TOPIC, "missing", None), resource(TOPIC, "t", None)];
    let results = describe_all(&mut broker, 4, mixed);
    assert_eq!((results[0].error_code.code(), results[1].error_code.code()), (3, 0));
    let twice = vec![resource(TOPIC, "t", None), resource(TOPIC, "t", None)];
    let results = describe_all(&mut broker, 4, twice);
    assert_eq!((results[0].error_code.code(), results[1].error_code.code()), (0, 42));
    let mixed = vec![resource(99, "x", None), resource(TOPIC, "t", None)];
    let results = describe_all(&mut broker, 4, mixed);
    assert_eq!((results[0].error_code.code(), results[1].error_code.code()), (42, 42));
}

#[test]
fn a_topics_configuration_changes_key_by_key() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[("segment.bytes", "2000000")]);
    let rows: &[(&str, &[Alteration<'_>], i16)] = &[
        ("t", &[("retention.ms", SET, Some("5000"))], 0),
        ("t", &[("cleanup.policy", APPEND, Some("compact"))], 0),
        ("t", &[("cleanup.policy", APPEND, Some("compact,delete"))], 0),
        ("t", &[("retention.ms", APPEND, Some("1"))], 40),
        ("t", &[("retention.ms", SUBTRACT, Some("1"))], 40),
        ("t", &[("retention.ms", SET, Some("soon"))], 40),
        ("t", &[("retention.ms", SET, Some("-2"))], 40),
        ("t", &[("no.such.key", SET, Some("1"))], 40),
        ("t", &[("retention.ms", SET, None)], 42),
        ("t", &[("retention.ms", SET, Some("1")), ("retention.ms", DELETE, None)], 42),
        ("t", &[("retention.ms", 9, Some("1"))], 42),
        ("t", &[("retention.ms", SET, Some("6000")), ("segment.ms", SET, Some("x"))], 40),
        ("missing", &[("retention.ms", SET, Some("1"))], 3),
        ("bad topic!", &[("retention.ms", SET, Some("1"))], 17),
        ("", &[("retention.ms", SET, Some("1"))], 42),
    ];
    for (topic, configs, code) in rows {
        let dry = alter_one(&mut broker, TOPIC, topic, configs, true);
        assert_eq!(dry.0, *code, "{topic} {configs:?} {:?}", dry.1);
        let done = alter_one(&mut broker, TOPIC, topic, configs, false);
        assert_eq!(done, dry, "{topic} {configs:?}");
        assert_eq!(done.1.is_some(), *code != 0);
    }
    assert_eq!(value(&mut broker, TOPIC, "t", "retention.ms"), (set("5000"), 1));
    assert_eq!(value(&mut broker, TOPIC, "t", "cleanup.policy"), (set("delete,compact"), 1));
    assert_eq!(alter(&mut broker, TOPIC, "t", &[("cleanup.policy", SUBTRACT, Some("delete"))]), 0);
    assert_eq!(value(&mut broker, TOPIC, "t", "cleanup.policy"), (set("compact"), 1));

    // It outlives a crash, and is in force: records of a compacted topic need keys.
    let mut broker = Broker::open(broker.store);
    assert_eq!(value(&mut broker, TOPIC, "t", "segment.bytes"), (set("2000000"), 1));
    assert_eq!(value(&mut broker, TOPIC, "t", "cleanup.policy"), (set("compact"), 1));
    assert_eq!(broker.try_produce("t", b"no key").0, ErrorCode::INVALID_RECORD);
    assert_eq!(
        alter(
            &mut broker,
            TOPIC,
            "t",
            &[("cleanup.policy", DELETE, None), ("segment.bytes", DELETE, None)]
        ),
        0
    );
    assert_eq!(value(&mut broker, TOPIC, "t", "cleanup.policy"), (set("delete"), 5));
    assert_eq!(broker.produce("t", b"no key"), 0);
}

#[test]
fn a_configuration_is_in_force_at_once() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    assert_eq!(alter(&mut broker, TOPIC, "t", &[("max.message.bytes", SET, Some("80"))]), 0);
    assert_eq!(broker.try_produce("t", &[7; 100]).0, ErrorCode::MESSAGE_TOO_LARGE);
    assert_eq!(alter(&mut broker, TOPIC, "t", &[("max.message.bytes", DELETE, None)]), 0);
    assert_eq!(broker.produce("t", &[7; 100]), 0);
    // The broker's default, while it runs; what a topic sets itself stays.
    broker.create("own", 1, &[("max.message.bytes", "2000000")]);
    assert_eq!(alter(&mut broker, BROKER, "", &[("message.max.bytes", SET, Some("3000000"))]), 0);
    assert_eq!(value(&mut broker, TOPIC, "t", "max.message.bytes"), (set("3000000"), 3));
    assert_eq!(value(&mut broker, TOPIC, "own", "max.message.bytes"), (set("2000000"), 1));
    assert_eq!(alter(&mut broker, BROKER, "0", &[("message.max.bytes", SET, Some("4000000"))]), 0);
    assert_eq!(value(&mut broker, TOPIC, "t", "max.message.bytes"), (set("4000000"), 2));
    let mut broker = Broker::open(broker.store);
    assert_eq!(value(&mut broker, BROKER, "0", "message.max.bytes"), (set("4000000"), 2));
    assert_eq!(value(&mut broker, BROKER, "", "message.max.bytes"), (set("3000000"), 3));
    assert_eq!(alter(&mut broker, BROKER, "0", &[("message.max.bytes", DELETE, None)]), 0);
    assert_eq!(value(&mut broker, TOPIC, "t", "max.message.bytes"), (set("3000000"), 3));
}

#[test]
fn flushing_changes_while_the_broker_runs() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    let flushes = |broker: &mut Broker, produced: u32| {
        let before = broker.flushes;
        for _ in 0..produced {
            broker.produce("t", &[7; 10]);
        }
        broker.flushes - before
    };
    for of in ["", "0"] {
        assert_eq!(flushes(&mut broker, 6), 6, "before every answer");
        let (messages, ms) = ("log.flush.interval.messages", "log.flush.interval.ms");
        assert_eq!(alter(&mut broker, BROKER, of, &[(messages, SET, Some("3"))]), 0);
        assert_eq!(flushes(&mut broker, 6), 2, "every third record");
        let late = [(messages, SET, Some("1000")), (ms, SET, Some("50"))];
        assert_eq!(alter(&mut broker, BROKER, of, &late), 0);
        assert_eq!(flushes(&mut broker, 6), 0);
        let before = broker.flushes;
        broker.advance(49);
        assert_eq!(broker.flushes, before);
        broker.advance(1);
        assert_eq!(broker.flushes, before + 1, "when it is time");
        let none = [(messages, DELETE, None), (ms, DELETE, None)];
        assert_eq!(alter(&mut broker, BROKER, of, &none), 0);
    }
}

#[test]
fn what_can_not_be_altered_says_why() {
    let mut broker = Broker::fresh();
    let rows = [
        (BROKER, "0", "node.id", 42),
        (BROKER, "1", "message.max.bytes", 42),
        (BROKER, "x", "message.max.bytes", 42),
        (LOGGER, "0", "kafka", 40),
        (LOGGER, "7", "kafka", 42),
        (METRICS, "m", "interval.ms", 42),
        (GROUP, "g", "consumer.session.timeout.ms", 42),
        (99, "x", "y", 42),
    ];
    for (kind, of, key, code) in rows {
        assert_eq!(alter(&mut broker, kind, of, &[(key, SET, Some("5"))]), code, "{kind} {of}");
        let legacy = if kind == LOGGER { 42 } else { code };
        assert_eq!(replace(&mut broker, 2, kind, of, &[(key, Some("5"))], false), legacy);
    }
    let one = incremental_alter_configs::AlterConfigsResource {
        resource_type: BROKER,
        ..Default::default()
    };
    let resources = vec![one.clone(), one];
    let request = IncrementalAlterConfigsRequest { resources, validate_only: false };
    let response = answer!(broker.call(Box::new(request), 0), IncrementalAlterConfigs);
    let codes: Vec<i16> = response.responses.iter().map(|one| one.error_code.code()).collect();
    assert_eq!(codes, [42, 42]);
}

#[test]
fn a_whole_configuration_is_replaced() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[("segment.bytes", "2000000"), ("retention.ms", "7")]);
    for version in 0..=2 {
        let rows: &[(&str, &[Replacement<'_>], i16)] = &[
            ("t", &[("retention.ms", None)], 42),
            ("t", &[("retention.ms", Some("1")), ("retention.ms", Some("2"))], 42),
            ("t", &[("retention.ms", Some("x"))], 40),
            ("t", &[("no.such.key", Some("1"))], 40),
            ("missing", &[], 3),
            ("t", &[("retention.ms", Some("9"))], 0),
        ];
        for (topic, configs, code) in rows {
            assert_eq!(replace(&mut broker, version, TOPIC, topic, configs, true), *code);
            let before = value(&mut broker, TOPIC, "t", "retention.ms").0;
            assert!(before == set("7") || version > 0);
            assert_eq!(replace(&mut broker, version, TOPIC, topic, configs, false), *code);
        }
    }
    assert_eq!(value(&mut broker, TOPIC, "t", "retention.ms"), (set("9"), 1));
    assert_eq!(value(&mut broker, TOPIC, "t", "segment.bytes"), (set("1073741824"), 5));
    assert_eq!(replace(&mut broker, 2, BROKER, "0", &[("log.retention.ms", Some("55"))], false), 0);
    assert_eq!(value(&mut broker, BROKER, "0", "log.retention.ms"), (set("55"), 2));
    assert_eq!(replace(&mut broker, 2, BROKER, "0", &[], false), 0);
    assert_eq!(value(&mut broker, BROKER, "0", "log.retention.ms"), (None, 5));
}
