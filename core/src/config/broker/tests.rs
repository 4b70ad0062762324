//! Building the broker's configuration from pairs.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::config::key::ConfigType;
use crate::config::keys::{broker_key, broker_keys, topic_keys, topic_synonyms};
use crate::config::{Standing, notices};
use crate::record::{CompressionTarget, TimestampType};

fn built(pairs: &[(&str, &str)]) -> BrokerConfig {
    BrokerConfig::from_pairs(pairs.iter().copied()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(pairs: &[(&str, &str)]) -> String {
    match BrokerConfig::from_pairs(pairs.iter().copied()) {
        Ok(_) => panic!("{pairs:?} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_field_can_hold_what_its_key_allows() {
    for (name, field) in FIELDS {
        let key = broker_key(name).unwrap_or_else(|| panic!("{name} is no key"));
        let expected = match key.config_type {
            ConfigType::Boolean => "bool",
            ConfigType::Short => "i16",
            ConfigType::Int => "i32",
            ConfigType::Long => "i64",
            ConfigType::List => "Vec<Box<str>>",
            ConfigType::String if key.default.is_none() => "Option<Box<str>>",
            ConfigType::String => "Box<str>",
            ConfigType::Double | ConfigType::Class | ConfigType::Password => {
                panic!("{name}: no field holds its type")
            }
        };
        assert_eq!(*field, expected, "{name}");
        assert!(key.default.is_some() || expected.starts_with("Option"), "{name} has no default");
    }
}

#[test]
fn what_is_said_to_be_obeyed_has_a_place_where_it_is_obeyed() {
    // Not fields of their own: who the broker is, where it listens, and where its host keeps data.
    const ELSEWHERE: &[&str] = &[
        "advertised.listeners",
        "broker.id",
        "controller.listener.names",
        "inter.broker.listener.name",
        "listener.security.protocol.map",
        "listeners",
        "log.dir",
        "log.dirs",
        "log.message.timestamp.difference.max.ms",
        "max.connections.per.ip.overrides",
        "node.id",
    ];
    let field = |name: &str| FIELDS.iter().any(|(key, _)| *key == name);
    let topics =
        |name: &str| topic_keys().iter().any(|key| topic_synonyms(key.name).contains(&name));
    for key in broker_keys() {
        match key.standing {
            Standing::Obeyed => {
                assert!(
                    field(key.name) || topics(key.name) || ELSEWHERE.contains(&key.name),
                    "{}",
                    key.name
                );
            }
            Standing::Otherwise(_) | Standing::Refused(_) => {
                assert!(!field(key.name), "{}", key.name)
            }
            Standing::NotYet => {}
        }
    }
}

#[test]
fn without_a_pair_the_defaults_are_kafkas() {
    let config = built(&[]);
    assert_eq!((config.node_id, config.node_id_given), (0, false));
    assert_eq!((config.num_partitions, config.default_replication_factor), (1, 1));
    assert!(config.auto_create_topics_enable && config.delete_topic_enable);
    assert_eq!(config.socket_request_max_bytes, 100 << 20);
    assert_eq!(config.fetch_max_bytes, 55 << 20);
    assert_eq!(config.max_incremental_fetch_session_cache_slots, 1000);
    assert_eq!(config.group_initial_rebalance_delay_ms, 3000);
    assert_eq!(
        (config.group_min_session_timeout_ms, config.group_max_session_timeout_ms),
        (6000, 1_800_000)
    );
    assert_eq!(
        (config.offsets_retention_minutes, config.offset_metadata_max_bytes),
        (10_080, 4096)
    );
    assert_eq!(
        (config.offsets_topic_num_partitions, config.offsets_topic_replication_factor),
        (50, 3)
    );
    assert_eq!(config.transaction_max_timeout_ms, 900_000);
    assert_eq!(config.producer_id_expiration_ms, 86_400_000);
    let topic = config.topic;
    assert_eq!(topic, TopicConfig::default());
    assert_eq!(topic.max_message_bytes, 1_048_588);
    assert_eq!(
        (topic.segment_bytes, topic.segment_ms, topic.segment_jitter_ms),
        (1 << 30, 604_800_000, 0)
    );
    assert_eq!((topic.retention_ms, topic.retention_bytes), (604_800_000, -1));
    assert_eq!(
        (topic.message_timestamp_after_max_ms, topic.message_timestamp_before_max_ms),
        (3_600_000, i64::MAX)
    );
    assert_eq!(
        (topic.compression_type, topic.message_timestamp_type),
        (CompressionTarget::Producer, TimestampType::CreateTime)
    );
    assert!(topic.cleanup_policy.delete && !topic.cleanup_policy.compact);
    assert_eq!((topic.min_cleanable_dirty_ppm, topic.delete_retention_ms), (500_000, 86_400_000));
    // Ours alone: what is acknowledged is on the disk.
    assert_eq!((topic.flush_messages, topic.flush_ms), (1, i64::MAX));
    assert!(!topic.flushes_later());
}

#[test]
fn a_single_node_has_the_values_of_kafkas_own_file() {
    let config = built(SINGLE_NODE);
    assert_eq!(config.group_initial_rebalance_delay_ms, 0);
    assert_eq!(config.offsets_topic_replication_factor, 1);
    assert_eq!(
        (config.transaction_state_log_replication_factor, config.transaction_state_log_min_isr),
        (1, 1)
    );
    assert!(!config.node_id_given);
}

#[test]
fn the_finer_unit_wins_and_the_last_pair_of_a_key_counts() {
    let retention = |pairs: &[(&str, &str)]| built(pairs).topic.retention_ms;
    let (hours, minutes, ms) = ("log.retention.hours", "log.retention.minutes", "log.retention.ms");
    assert_eq!(retention(&[(hours, "1")]), 3_600_000);
    assert_eq!(retention(&[(minutes, "2"), (hours, "1")]), 120_000);
    assert_eq!(retention(&[(ms, "3"), (minutes, "2"), (hours, "1")]), 3);
    assert_eq!(retention(&[(ms, "-1"), (hours, "1")]), -1);
    assert_eq!(retention(&[(hours, "-1")]), -1);
    assert_eq!(retention(&[(hours, "1"), (hours, " 2 ")]), 7_200_000);
    let roll = |pairs: &[(&str, &str)]| {
        (built(pairs).topic.segment_ms, built(pairs).topic.segment_jitter_ms)
    };
    assert_eq!(
        roll(&[("log.roll.hours", "2"), ("log.roll.jitter.hours", "1")]),
        (7_200_000, 3_600_000)
    );
    assert_eq!(
        roll(&[("log.roll.ms", "5"), ("log.roll.hours", "2"), ("log.roll.jitter.ms", "1")]),
        (5, 1)
    );
    assert_eq!(built(&[("log.flush.scheduler.interval.ms", "9")]).topic.flush_ms, 9);
    assert_eq!(
        built(&[("log.flush.scheduler.interval.ms", "9"), ("log.flush.interval.ms", "7")])
            .topic
            .flush_ms,
        7
    );
}

#[test]
fn the_older_key_for_stamps_sets_both_directions_unless_they_are_set() {
    let stamps = |pairs: &[(&str, &str)]| {
        let topic = built(pairs).topic;
        (topic.message_timestamp_before_max_ms, topic.message_timestamp_after_max_ms)
    };
    assert_eq!(stamps(&[("log.message.timestamp.difference.max.ms", "5")]), (5, 5));
    assert_eq!(
        stamps(&[
            ("log.message.timestamp.difference.max.ms", "5"),
            ("log.message.timestamp.after.max.ms", "9")
        ]),
        (5, 9)
    );
}

#[test]
fn the_number_has_two_names() {
    for (pairs, expected) in [
        (&[("broker.id", "7")][..], Some(7)),
        (&[("node.id", "7")], Some(7)),
        (&[("node.id", "7"), ("broker.id", " 7")], Some(7)),
        (&[("broker.id", "-1")], None),
        (&[("broker.id", "-1"), ("node.id", "7")], Some(7)),
    ] {
        let config = built(pairs);
        assert_eq!(config.node_id_given.then_some(config.node_id), expected, "{pairs:?}");
    }
    assert_eq!(
        refused(&[("node.id", "7"), ("broker.id", "8")]),
        "Invalid value 7 for configuration node.id: must be the same as broker.id, which is 8"
    );
    assert_eq!(built(&[("broker.id", "7")]).get("node.id").as_deref(), Some("7"));
}

#[test]
fn what_stops_the_start_is_said_in_one_line() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (
            &[("num.partitions", "0")],
            "Invalid value 0 for configuration num.partitions: Value must be at least 1",
        ),
        (
            &[("num.partitions", "many")],
            "Invalid value many for configuration num.partitions: Not a number of type INT",
        ),
        (
            &[("log.retention.hour", "5")],
            "Unknown configuration log.retention.hour (value 5): did you mean log.retention.hours?",
        ),
        (
            &[("confluent.telemetry.enabled", "true")],
            "Unknown configuration confluent.telemetry.enabled (value true): only Kafka's own keys are allowed",
        ),
        (
            &[("log.retention.ms", "0")],
            "Invalid value 0 for configuration log.retention.ms: must be -1 or at least 1",
        ),
        (
            &[("log.roll.ms", "0")],
            "Invalid value 0 for configuration log.roll.ms: must be at least 1",
        ),
        (
            &[("authorizer.class.name", "kafka.security.authorizer.AclAuthorizer")],
            "Value kafka.security.authorizer.AclAuthorizer for configuration authorizer.class.name cannot be served: \
             access control is not served yet, and nothing that is meant to be closed is served open",
        ),
        (
            &[("listeners", "SASL_SSL://:9093")],
            "Value SASL_SSL://:9093 for configuration listeners cannot be served: SASL_SSL is SASL_SSL, and only \
             PLAINTEXT is served yet",
        ),
        (
            &[("ssl.key.password", "secret"), ("quota.producer.default", "5")],
            "Value 5 for configuration quota.producer.default cannot be served: default quotas are not enforced",
        ),
    ];
    for (pairs, expected) in table {
        assert_eq!(refused(pairs), *expected);
    }
}

#[test]
fn values_that_are_allowed_alone_may_not_be_allowed_together() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (
            &[("process.roles", "controller")],
            "Value controller for configuration process.roles cannot be served: a controller alone serves no client; \
             it must name broker",
        ),
        (
            &[("group.consumer.session.timeout.ms", "5")],
            "Invalid value 5 for configuration group.consumer.session.timeout.ms: must be from \
             group.consumer.min.session.timeout.ms to group.consumer.max.session.timeout.ms",
        ),
        (
            &[("group.streams.max.heartbeat.interval.ms", "1")],
            "Invalid value 1 for configuration group.streams.max.heartbeat.interval.ms: must be at least \
             group.streams.min.heartbeat.interval.ms",
        ),
        (
            &[
                ("group.share.max.heartbeat.interval.ms", "60000"),
                ("group.share.heartbeat.interval.ms", "50000"),
            ],
            "Invalid value 50000 for configuration group.share.heartbeat.interval.ms: must be less than \
             group.share.session.timeout.ms",
        ),
        (
            &[("group.min.session.timeout.ms", "5000000")],
            "Invalid value 5000000 for configuration group.min.session.timeout.ms: must not be more than \
             group.max.session.timeout.ms",
        ),
        (
            &[("queued.max.request.bytes", "100")],
            "Invalid value 100 for configuration queued.max.request.bytes: must be 0 or less for no limit, or at \
             least socket.request.max.bytes",
        ),
        (
            &[("max.connections.per.ip.overrides", "10.0.0.1")],
            "Invalid value 10.0.0.1 for configuration max.connections.per.ip.overrides: must be a list of \
             address:count, such as 10.0.0.1:20; names are not looked up",
        ),
    ];
    for (pairs, expected) in table {
        assert_eq!(refused(pairs), *expected);
    }
    built(&[
        ("max.connections.per.ip.overrides", "10.0.0.1:20, [::1]:5"),
        ("queued.max.request.bytes", "-1"),
    ]);
    built(&[
        ("group.consumer.min.session.timeout.ms", "10000"),
        ("group.consumer.session.timeout.ms", "10000"),
    ]);
}

#[test]
fn a_secret_is_not_repeated_in_a_message() {
    for name in ["ssl.keystore.pasword", "my.secret", "listener.name.x.sasl.jaas.conf"] {
        let line = refused(&[(name, "hush")]);
        assert!(line.contains("[hidden]") && !line.contains("hush"), "{line}");
    }
}

#[test]
fn the_key_that_guides_teach_is_taken_as_the_one_that_kafka_obeys() {
    assert_eq!(built(&[("log.segment.ms", "5")]).topic.segment_ms, 5);
    assert_eq!(built(&[("log.segment.ms", "5"), ("log.roll.ms", "7")]).topic.segment_ms, 7);
    assert_eq!(built(&[("log.roll.hours", "1"), ("log.segment.ms", "5")]).topic.segment_ms, 5);
    assert_eq!(
        refused(&[("log.segment.ms", "0")]),
        "Invalid value 0 for configuration log.segment.ms: Value must be at least 1"
    );
    let lines: Vec<String> = notices(["log.segment.ms"]);
    assert_eq!(
        lines,
        ["log.segment.ms: is taken as log.roll.ms, which is the name that Kafka obeys"]
    );
}

#[test]
fn what_refuses_nothing_at_its_default_is_taken() {
    built(&[
        ("authorizer.class.name", ""),
        ("super.users", ""),
        ("security.inter.broker.protocol", "PLAINTEXT"),
    ]);
    built(&[("broker.rack", ""), ("zookeeper.connect", "")]);
}

#[test]
fn dynamic_values_win_over_the_file_and_one_brokers_over_all_brokers() {
    let fixed = built(&[("message.max.bytes", "100"), ("log.retention.hours", "1")]);
    let one = [("message.max.bytes", "300")].into_iter().collect::<Overrides>();
    let all = [("message.max.bytes", "200"), ("log.retention.ms", "9")]
        .into_iter()
        .collect::<Overrides>();
    let config = fixed.with_dynamic(one, all.clone()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((config.topic.max_message_bytes, config.topic.retention_ms), (300, 9));
    let config =
        config.with_dynamic(Overrides::EMPTY, all).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.topic.max_message_bytes, 200);
    let config = config
        .with_dynamic(Overrides::EMPTY, Overrides::EMPTY)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((config.topic.max_message_bytes, config.topic.retention_ms), (100, 3_600_000));
}

#[test]
fn keys_that_mean_something_else_here_are_named_once_for_each_reason() {
    let names = [
        "zookeeper.connect",
        "num.io.threads",
        "num.partitions",
        "zookeeper.connect",
        "zookeeper.sync.time.ms",
    ];
    let lines: Vec<String> =
        notices(names.into_iter().chain(["queued.max.request.bytes", "num.network.threads"]));
    assert_eq!(
        lines,
        [
            "zookeeper.connect, zookeeper.sync.time.ms: no ZooKeeper is needed; the broker keeps its own metadata",
            "num.io.threads, num.network.threads: one thread for each data directory does this work",
            "queued.max.request.bytes: known, but not obeyed yet",
        ]
    );
}
