//! Row 78 and section 0: configurations, their defaults, and what changes them.

use logboat_core::protocol::messages::alter_configs;
use logboat_core::protocol::messages::describe_configs::{
    DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult,
};
use logboat_core::protocol::messages::incremental_alter_configs as incremental;
use logboat_core::protocol::messages::{
    AlterConfigsRequest, DescribeConfigsRequest, IncrementalAlterConfigsRequest, MetadataRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const DYNAMIC_TOPIC: i8 = 1;
const DEFAULT: i8 = 5;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

cases! {
    row_00_defaults_of_a_topic { kafka_2: "older defaults", kafka_3: "older defaults" };
    row_00_defaults_of_a_broker { kafka_2: "older defaults", kafka_3: "older defaults" };
    row_78_every_topic_config_is_described;
    row_78_version_0_says_what_is_default {
        kafka_3: "leaves is_default false for every key",
        kafka_4: "serves DescribeConfigs from version 1",
    };
    row_78_synonyms_are_listed_when_asked_for;
    row_78_named_keys_only;
    row_78_a_value_is_set_and_deleted;
    row_78_append_and_subtract_are_for_lists { kafka_2: "does not append to a default; other codes" };
    row_78_alter_configs_replaces_all { kafka_2: "INVALID_REQUEST instead of INVALID_CONFIG" };
    row_78_validate_only_changes_nothing;
    row_78_a_bad_change_is_refused { kafka_2: "INVALID_REQUEST instead of INVALID_CONFIG" };
    row_78_a_missing_topic_is_unknown { kafka_2: "UNKNOWN_SERVER_ERROR" };
    row_78_a_broker_describes_itself;
    row_78_a_change_takes_effect;
}

fn describe(
    w: &mut World,
    kind: i8,
    name: &KString,
    keys: Option<&[&str]>,
    version: i16,
) -> DescribeConfigsResult {
    let resource = DescribeConfigsResource {
        resource_type: kind,
        resource_name: name.clone(),
        configuration_keys: keys.map(|keys| keys.iter().map(|key| (*key).into()).collect()),
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        include_documentation: false,
    };
    w.client().call(Box::new(request), version).results[0].clone()
}

/// One key of a topic or broker, in the newest version.
fn value(w: &mut World, kind: i8, name: &KString, key: &str) -> DescribeConfigsResourceResult {
    let version = w.newest(ApiKey::DescribeConfigs, 4);
    let result = describe(w, kind, name, Some(&[key]), version);
    assert_eq!(result.error_code, ErrorCode::NONE, "{key}: {result:?}");
    assert_eq!(result.configs.len(), 1, "{key}: {result:?}");
    result.configs[0].clone()
}

/// A key's value for a topic, and where it comes from.
pub(crate) fn topic_value(w: &mut World, topic: &KString, key: &str) -> (String, i8) {
    let found = value(w, TOPIC, topic, key);
    (found.value.map(|value| value.to_string()).unwrap_or_default(), found.config_source)
}

fn node(w: &mut World) -> KString {
    let request = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    KString::from(w.client().call(Box::new(request), 4).brokers[0].node_id.to_string())
}

fn row_00_defaults_of_a_topic(w: &mut World) {
    let topic = w.topic(1);
    for (key, default) in [
        ("cleanup.policy", "delete"),
        ("compression.type", "producer"),
        ("delete.retention.ms", "86400000"),
        ("file.delete.delay.ms", "60000"),
        ("max.compaction.lag.ms", "9223372036854775807"),
        ("max.message.bytes", "1048588"),
        ("message.timestamp.after.max.ms", "3600000"),
        ("message.timestamp.before.max.ms", "9223372036854775807"),
        ("message.timestamp.type", "CreateTime"),
        ("min.cleanable.dirty.ratio", "0.5"),
        ("min.compaction.lag.ms", "0"),
        ("min.insync.replicas", "1"),
        ("retention.bytes", "-1"),
        ("retention.ms", "604800000"),
        ("segment.bytes", "1073741824"),
        ("segment.ms", "604800000"),
        ("unclean.leader.election.enable", "false"),
    ] {
        assert_eq!(topic_value(w, &topic.name, key).0, default, "{key}");
    }
}

fn row_00_defaults_of_a_broker(w: &mut World) {
    let node = node(w);
    for (key, default) in [
        ("num.partitions", "1"),
        ("default.replication.factor", "1"),
        ("min.insync.replicas", "1"),
        ("message.max.bytes", "1048588"),
        ("log.segment.bytes", "1073741824"),
        ("log.roll.hours", "168"),
        ("log.retention.hours", "168"),
        ("log.retention.bytes", "-1"),
        ("log.retention.check.interval.ms", "300000"),
        ("log.cleaner.delete.retention.ms", "86400000"),
        ("log.cleaner.backoff.ms", "15000"),
        ("group.min.session.timeout.ms", "6000"),
        ("group.max.session.timeout.ms", "1800000"),
        ("offsets.retention.minutes", "10080"),
        ("offset.metadata.max.bytes", "4096"),
        ("offsets.topic.num.partitions", "50"),
        ("transaction.max.timeout.ms", "900000"),
        ("transactional.id.expiration.ms", "604800000"),
        ("producer.id.expiration.ms", "86400000"),
        ("fetch.max.bytes", "57671680"),
        ("max.incremental.fetch.session.cache.slots", "1000"),
        ("socket.request.max.bytes", "104857600"),
        ("connection.failed.authentication.delay.ms", "100"),
        ("compression.type", "producer"),
    ] {
        let found = value(w, BROKER, &node, key).value.map(|value| value.to_string());
        assert_eq!(found.as_deref(), Some(default), "{key}");
    }
}

fn row_78_every_topic_config_is_described(w: &mut World) {
    let topic = w.topic_with(1, &[("retention.ms", "1234567")]);
    for version in w.versions(ApiKey::DescribeConfigs).filter(|version| *version >= 1) {
        let result = describe(w, TOPIC, &topic.name, None, version);
        assert_eq!(
            (result.error_code, result.resource_type),
            (ErrorCode::NONE, TOPIC),
            "v{version}"
        );
        assert!(result.configs.len() >= 26, "v{version}: {}", result.configs.len());
        for config in &result.configs {
            let set = config.name == "retention.ms";
            // Apache's own runs say 4 for what stands in their file.
            assert_eq!(config.config_source == DYNAMIC_TOPIC, set, "{config:?}");
            assert!(config.config_source > 0, "Java does not know {config:?}");
            assert!(!config.is_sensitive && !config.read_only, "{config:?}");
            assert!(config.value.is_some());
            assert_eq!(config.config_type > 0, version >= 3, "{config:?}");
        }
    }
}

fn row_78_version_0_says_what_is_default(w: &mut World) {
    let topic = w.topic_with(1, &[("retention.ms", "1234567")]);
    let result = describe(w, TOPIC, &topic.name, None, 0);
    assert!(result.configs.len() >= 26);
    for config in &result.configs {
        let name = config.name.to_str().expect("a name");
        // What stands in the broker's file is no default either.
        let source = value(w, TOPIC, &topic.name, name).config_source;
        assert_eq!(config.is_default, source == DEFAULT, "{config:?}");
        assert!(!config.is_default || name != "retention.ms");
    }
}

fn row_78_synonyms_are_listed_when_asked_for(w: &mut World) {
    let topic = w.topic_with(1, &[("retention.ms", "1234567"), ("max.message.bytes", "5000")]);
    for version in w.versions(ApiKey::DescribeConfigs).filter(|version| *version >= 1) {
        let result = describe(w, TOPIC, &topic.name, Some(&["max.message.bytes"]), version);
        let synonyms: Vec<_> = result.configs[0]
            .synonyms
            .iter()
            .map(|s| (s.name.to_string(), s.value.clone().map(|v| v.to_string()), s.source))
            .collect();
        let expected = [
            ("max.message.bytes".to_owned(), Some("5000".to_owned()), DYNAMIC_TOPIC),
            ("message.max.bytes".to_owned(), Some("1048588".to_owned()), DEFAULT),
        ];
        assert_eq!(synonyms, expected, "v{version}");
    }
    let request = DescribeConfigsRequest {
        resources: vec![DescribeConfigsResource {
            resource_type: TOPIC,
            resource_name: topic.name.clone(),
            configuration_keys: None,
        }],
        ..Default::default()
    };
    let version = w.newest(ApiKey::DescribeConfigs, 4);
    let answer = w.client().call(Box::new(request), version);
    assert!(answer.results[0].configs.iter().all(|config| config.synonyms.is_empty()));
}

fn row_78_named_keys_only(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::DescribeConfigs) {
        let keys = ["retention.ms", "no.such.key", "cleanup.policy"];
        let result = describe(w, TOPIC, &topic.name, Some(&keys), version);
        let mut found: Vec<_> =
            result.configs.iter().map(|config| config.name.to_string()).collect();
        found.sort_unstable();
        assert_eq!(
            (result.error_code, found),
            (ErrorCode::NONE, vec!["cleanup.policy".into(), "retention.ms".into()])
        );
    }
}

/// One incremental change of a topic.
fn change(
    w: &mut World,
    name: &KString,
    operation: i8,
    key: &str,
    value: Option<&str>,
    validate_only: bool,
    version: i16,
) -> ErrorCode {
    let config = incremental::AlterableConfig {
        name: key.into(),
        config_operation: operation,
        value: value.map(Into::into),
    };
    let resource = incremental::AlterConfigsResource {
        resource_type: TOPIC,
        resource_name: name.clone(),
        configs: vec![config],
    };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only };
    w.client().call(Box::new(request), version).responses[0].error_code
}

fn set(w: &mut World, topic: &Topic, operation: i8, key: &str, value: Option<&str>) -> ErrorCode {
    let version = w.newest(ApiKey::IncrementalAlterConfigs, 1);
    change(w, &topic.name, operation, key, value, false, version)
}

/// Waits until a config has this value and source: at once with ours.
fn becomes(w: &mut World, topic: &Topic, key: &str, expected: &str, source: i8) {
    for _ in 0..100 {
        let seen = topic_value(w, &topic.name, key);
        // What stands in a file has source 4, what is code's 5.
        if seen.0 == expected && (seen.1 == DYNAMIC_TOPIC) == (source == DYNAMIC_TOPIC) {
            return;
        }
        assert!(w.release().is_some(), "{key} is {seen:?} instead of {expected}");
        w.sleep(std::time::Duration::from_millis(50));
    }
    panic!("{key} does not become {expected}");
}

fn row_78_a_value_is_set_and_deleted(w: &mut World) {
    assert!(!w.versions(ApiKey::IncrementalAlterConfigs).is_empty(), "offered");
    for version in w.versions(ApiKey::IncrementalAlterConfigs) {
        let topic = w.topic(1);
        let code = change(w, &topic.name, SET, "retention.ms", Some("777"), false, version);
        assert_eq!(code, ErrorCode::NONE, "v{version}");
        becomes(w, &topic, "retention.ms", "777", DYNAMIC_TOPIC);
        let code = change(w, &topic.name, SET, "retention.bytes", Some("888"), false, version);
        assert_eq!(code, ErrorCode::NONE);
        becomes(w, &topic, "retention.bytes", "888", DYNAMIC_TOPIC);
        becomes(w, &topic, "retention.ms", "777", DYNAMIC_TOPIC);
        let code = change(w, &topic.name, DELETE, "retention.ms", None, false, version);
        assert_eq!(code, ErrorCode::NONE);
        becomes(w, &topic, "retention.ms", "604800000", DEFAULT);
    }
}

fn row_78_append_and_subtract_are_for_lists(w: &mut World) {
    let topic = w.topic(1);
    assert_eq!(set(w, &topic, APPEND, "cleanup.policy", Some("compact")), ErrorCode::NONE);
    becomes(w, &topic, "cleanup.policy", "delete,compact", DYNAMIC_TOPIC);
    assert_eq!(set(w, &topic, SUBTRACT, "cleanup.policy", Some("delete")), ErrorCode::NONE);
    becomes(w, &topic, "cleanup.policy", "compact", DYNAMIC_TOPIC);
    for operation in [APPEND, SUBTRACT] {
        let code = set(w, &topic, operation, "retention.ms", Some("1"));
        assert_eq!(code, ErrorCode::INVALID_CONFIG);
    }
    // An operation that does not exist; Kafka answers -1.
    assert!(set(w, &topic, 9, "retention.ms", Some("1")).is_error());
}

fn replace(
    w: &mut World,
    topic: &Topic,
    configs: &[(&str, Option<&str>)],
    validate_only: bool,
    version: i16,
) -> ErrorCode {
    let configs = configs.iter().map(|(name, value)| alter_configs::AlterableConfig {
        name: (*name).into(),
        value: value.map(Into::into),
    });
    let resource = alter_configs::AlterConfigsResource {
        resource_type: TOPIC,
        resource_name: topic.name.clone(),
        configs: configs.collect(),
    };
    let request = AlterConfigsRequest { resources: vec![resource], validate_only };
    w.client().call(Box::new(request), version).responses[0].error_code
}

fn row_78_alter_configs_replaces_all(w: &mut World) {
    assert!(!w.versions(ApiKey::AlterConfigs).is_empty(), "offered");
    for version in w.versions(ApiKey::AlterConfigs) {
        let topic = w.topic_with(1, &[("retention.ms", "1234567")]);
        let code = replace(w, &topic, &[("retention.bytes", Some("999"))], false, version);
        assert_eq!(code, ErrorCode::NONE, "v{version}");
        becomes(w, &topic, "retention.bytes", "999", DYNAMIC_TOPIC);
        becomes(w, &topic, "retention.ms", "604800000", DEFAULT);
        let code = replace(w, &topic, &[("retention.ms", Some("never"))], false, version);
        assert_eq!(code, ErrorCode::INVALID_CONFIG);
        becomes(w, &topic, "retention.bytes", "999", DYNAMIC_TOPIC);
        assert_eq!(
            replace(w, &topic, &[("retention.ms", Some("5"))], true, version),
            ErrorCode::NONE
        );
        becomes(w, &topic, "retention.bytes", "999", DYNAMIC_TOPIC);
    }
}

fn row_78_validate_only_changes_nothing(w: &mut World) {
    let topic = w.topic(1);
    let version = w.newest(ApiKey::IncrementalAlterConfigs, 1);
    let code = change(w, &topic.name, SET, "retention.ms", Some("777"), true, version);
    assert_eq!(code, ErrorCode::NONE);
    w.sleep(std::time::Duration::from_millis(200));
    assert_eq!(topic_value(w, &topic.name, "retention.ms").0, "604800000");
}

fn row_78_a_bad_change_is_refused(w: &mut World) {
    let topic = w.topic(1);
    for (key, value) in [
        ("no.such.key", Some("1")),
        ("retention.ms", Some("soon")),
        ("retention.ms", Some("-2")),
        ("cleanup.policy", Some("burn")),
        ("max.message.bytes", Some("-1")),
    ] {
        assert_eq!(set(w, &topic, SET, key, value), ErrorCode::INVALID_CONFIG, "{key}={value:?}");
    }
    assert_eq!(
        set(w, &topic, SET, "retention.ms", None),
        ErrorCode::INVALID_REQUEST,
        "null is no value"
    );
    assert_eq!(topic_value(w, &topic.name, "retention.ms").0, "604800000");
}

fn row_78_a_missing_topic_is_unknown(w: &mut World) {
    let nowhere = w.name("nowhere");
    let version = w.newest(ApiKey::DescribeConfigs, 4);
    let result = describe(w, TOPIC, &nowhere, None, version);
    let seen = (result.error_code, result.configs.len());
    assert_eq!(seen, (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, 0));
    let version = w.newest(ApiKey::IncrementalAlterConfigs, 1);
    let code = change(w, &nowhere, SET, "retention.ms", Some("777"), false, version);
    assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

fn row_78_a_broker_describes_itself(w: &mut World) {
    let node = node(w);
    for version in w.versions(ApiKey::DescribeConfigs).filter(|version| *version >= 1) {
        let result = describe(w, BROKER, &node, None, version);
        assert_eq!(result.error_code, ErrorCode::NONE, "v{version}");
        assert!(result.configs.len() > 180, "v{version}: {}", result.configs.len());
        for config in &result.configs {
            assert!(config.config_source > 0, "{config:?}");
            assert!(!config.is_sensitive || config.value.is_none(), "{config:?}");
        }
        let find = |name: &str| result.configs.iter().find(|config| config.name == name);
        assert!(find("ssl.key.password").is_some_and(|config| config.is_sensitive));
        assert!(find("socket.request.max.bytes").is_some_and(|config| config.read_only));
        assert!(find("log.retention.ms").is_some_and(|config| !config.read_only));
    }
}

fn row_78_a_change_takes_effect(w: &mut World) {
    use logboat_tests::batch::batch;
    let topic = w.topic(1);
    let now = w.now();
    let large = || batch(now, &[&"x".repeat(2000)]);
    w.append(&topic, 0, large());
    assert_eq!(set(w, &topic, SET, "max.message.bytes", Some("1000")), ErrorCode::NONE);
    becomes(w, &topic, "max.message.bytes", "1000", DYNAMIC_TOPIC);
    for _ in 0..100 {
        let code = w.produce(&topic, 0, large()).error_code;
        if code == ErrorCode::MESSAGE_TOO_LARGE {
            return;
        }
        assert!(w.release().is_some() && code == ErrorCode::NONE, "{code}");
        w.sleep(std::time::Duration::from_millis(50));
    }
    panic!("it does not take effect");
}
