//! Each row's code is what Kafka 4.3.1 answered to the same change.

use alloc::collections::BTreeMap;

use super::*;
use crate::config::BrokerConfig;

fn broker(pairs: &[(&str, &str)]) -> BrokerConfig {
    BrokerConfig::from_pairs(pairs.iter().copied()).unwrap_or_else(|error| panic!("{error}"))
}

fn set(name: &'static str, value: &'static str) -> Alteration<'static> {
    Alteration { name, op: AlterOp::Set, value: Some(value) }
}

fn delete(name: &'static str) -> Alteration<'static> {
    Alteration { name, op: AlterOp::Delete, value: None }
}

fn append(name: &'static str, value: &'static str) -> Alteration<'static> {
    Alteration { name, op: AlterOp::Append, value: Some(value) }
}

fn subtract(name: &'static str, value: &'static str) -> Alteration<'static> {
    Alteration { name, op: AlterOp::Subtract, value: Some(value) }
}

/// What is set, or the code and message of the refusal.
fn plain(result: Result<Overrides, AlterError>) -> Result<BTreeMap<String, String>, String> {
    match result {
        Ok(overrides) => {
            Ok(overrides.iter().map(|(name, value)| (name.into(), value.into())).collect())
        }
        Err(error) => Err(format!("{} {}", error.code.code(), error.message)),
    }
}

type Set = &'static [(&'static str, &'static str)];
type Asked = &'static [(&'static str, Option<&'static str>)];
type Expected = Result<Set, &'static str>;

fn assert_outcome(
    case: impl core::fmt::Debug,
    result: Result<Overrides, AlterError>,
    expected: Expected,
) {
    match (plain(result), expected) {
        (Ok(got), Ok(expected)) => {
            let expected =
                expected.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            assert_eq!(got, expected, "{case:?}");
        }
        // Where Kafka's message goes on with a Java object, ours says it in words.
        (Err(got), Err(expected)) => assert!(got.starts_with(expected), "{case:?}: {got}"),
        (got, expected) => panic!("{case:?}: {got:?} instead of {expected:?}"),
    }
}

#[test]
fn a_topic_is_created_with_values_that_are_allowed() {
    let table: &[(Asked, Expected)] = &[
        (&[], Ok(&[])),
        (
            &[("cleanup.policy", Some("compact, delete")), ("segment.bytes", Some(" 2000000 "))],
            Ok(&[("cleanup.policy", "compact,delete"), ("segment.bytes", "2000000")]),
        ),
        (&[("cleanup.policy", Some(""))], Ok(&[("cleanup.policy", "")])),
        (&[("nope", Some("1"))], Err("40 Unknown topic config name: nope")),
        (
            &[("retention.ms", Some("x")), ("zzz", Some("1"))],
            Err("40 Unknown topic config name: zzz"),
        ),
        (
            &[("retention.ms", Some("x"))],
            Err("40 Invalid value x for configuration retention.ms: "),
        ),
        (&[("retention.ms", Some(""))], Err("40 Invalid value  for configuration retention.ms: ")),
        (
            &[("retention.ms", Some("-2"))],
            Err("40 Invalid value -2 for configuration retention.ms: Value must be at least -1"),
        ),
        (
            &[("retention.ms", None)],
            Err("40 Null value not supported for topic configs: retention.ms"),
        ),
        (
            &[("cleanup.policy", Some("bogus"))],
            Err(
                "40 Invalid value bogus for configuration cleanup.policy: String must be one of: compact, delete",
            ),
        ),
        (
            &[("segment.bytes", Some("100"))],
            Err("40 Invalid value 100 for configuration segment.bytes: Value must be at least"),
        ),
        (&[("internal.segment.bytes", Some("100"))], Ok(&[("internal.segment.bytes", "100")])),
        (
            &[("min.compaction.lag.ms", Some("10")), ("max.compaction.lag.ms", Some("5"))],
            Err(
                "40 conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
            ),
        ),
        (
            &[("remote.storage.enable", Some("true"))],
            Err("40 Invalid value true for configuration remote.storage.enable:"),
        ),
        (&[("remote.storage.enable", Some("false"))], Ok(&[("remote.storage.enable", "false")])),
        // What 2.5.0 took and newer releases do not know.
        (&[("message.format.version", Some("2.5"))], Ok(&[("message.format.version", "2.5")])),
    ];
    for (configs, expected) in table {
        assert_outcome(configs, create_topic(&broker(&[]), configs.iter().copied()), *expected);
    }
}

#[test]
fn a_topics_values_change_one_by_one() {
    let policy: &[(&str, &str)] = &[("cleanup.policy", "compact,delete")];
    let table: &[(Set, &[Alteration<'_>], Expected)] = &[
        (&[], &[set("max.message.bytes", "77")], Ok(&[("max.message.bytes", "77")])),
        (
            policy,
            &[set("max.message.bytes", "77")],
            Ok(&[("cleanup.policy", "compact,delete"), ("max.message.bytes", "77")]),
        ),
        (
            &[],
            &[set("max.message.bytes", "x")],
            Err("40 Invalid value x for configuration max.message.bytes: "),
        ),
        (&[], &[set("nope", "1")], Err("40 Unknown topic config name: nope")),
        (policy, &[delete("cleanup.policy")], Ok(&[])),
        (policy, &[delete("nope"), delete("retention.ms")], Ok(policy)),
        (&[], &[append("cleanup.policy", "compact")], Ok(&[("cleanup.policy", "delete,compact")])),
        (&[], &[append("cleanup.policy", "delete")], Ok(&[("cleanup.policy", "delete")])),
        (policy, &[subtract("cleanup.policy", "compact")], Ok(&[("cleanup.policy", "delete")])),
        (policy, &[subtract("cleanup.policy", "compact,delete")], Ok(&[("cleanup.policy", "")])),
        (policy, &[subtract("cleanup.policy", "bogus")], Ok(policy)),
        (
            &[],
            &[append("cleanup.policy", "bogus")],
            Err("40 Invalid value bogus for configuration cleanup.policy: "),
        ),
        (
            &[],
            &[append("leader.replication.throttled.replicas", "0:1,1:1")],
            Ok(&[("leader.replication.throttled.replicas", "0:1,1:1")]),
        ),
        (
            &[],
            &[append("max.message.bytes", "5")],
            Err("40 Can't APPEND to key max.message.bytes because its type is not LIST."),
        ),
        (
            &[],
            &[subtract("max.message.bytes", "5")],
            Err("40 Can't SUBTRACT to key max.message.bytes because its type is not LIST."),
        ),
        (
            &[],
            &[append("nope", "5")],
            Err("40 Can't APPEND to key nope because its type is not LIST."),
        ),
        (
            &[],
            &[set("retention.ms", "1"), set("retention.ms", "2")],
            Err("42 Error due to duplicate config keys"),
        ),
        (
            &[],
            &[set("retention.ms", "1"), delete("retention.ms")],
            Err("42 Error due to duplicate config keys"),
        ),
        (
            &[],
            &[Alteration { name: "retention.ms", op: AlterOp::Set, value: None }],
            Err("42 Null value not supported for : retention.ms"),
        ),
        (
            &[("min.compaction.lag.ms", "10")],
            &[set("max.compaction.lag.ms", "5")],
            Err(
                "40 conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
            ),
        ),
    ];
    for (current, alterations, expected) in table {
        let current = current.iter().copied().collect();
        assert_outcome(alterations, alter_topic(&broker(&[]), &current, alterations), *expected);
    }
    // The broker's own values take part.
    let lagging = broker(&[("log.cleaner.max.compaction.lag.ms", "5")]);
    let error =
        plain(alter_topic(&lagging, &Overrides::EMPTY, &[set("min.compaction.lag.ms", "10")]));
    assert_eq!(
        error,
        Err("40 conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)".into())
    );
    let compacting = broker(&[("log.cleanup.policy", "compact")]);
    let result = alter_topic(&compacting, &Overrides::EMPTY, &[append("cleanup.policy", "delete")]);
    assert_outcome("append", result, Ok(&[("cleanup.policy", "compact,delete")]));
}

#[test]
fn all_of_a_topics_values_are_replaced() {
    let table: &[(Asked, Expected)] = &[
        (&[("retention.ms", Some("7"))], Ok(&[("retention.ms", "7")])),
        (
            &[("retention.ms", Some("7")), ("retention.ms", Some("8"))],
            Err("42 Error due to duplicate config keys"),
        ),
        (&[("retention.ms", None)], Err("42 Null value not supported for : retention.ms")),
        (&[("nope", Some("7"))], Err("40 Unknown topic config name: nope")),
    ];
    for (configs, expected) in table {
        assert_outcome(configs, replace_topic(&broker(&[]), configs), *expected);
    }
}

#[test]
fn a_brokers_values_change_while_it_runs() {
    use BrokerScope::{Broker, Cluster};
    let table: &[(BrokerScope, &[Alteration<'_>], Expected)] = &[
        (Broker, &[set("num.io.threads", "9")], Ok(&[("num.io.threads", "9")])),
        (Cluster, &[set("num.io.threads", "7")], Ok(&[("num.io.threads", "7")])),
        (Cluster, &[set("message.max.bytes", "3000000")], Ok(&[("message.max.bytes", "3000000")])),
        (Broker, &[set("log.retention.ms", "5")], Ok(&[("log.retention.ms", "5")])),
        (
            Broker,
            &[set("log.retention.hours", "5")],
            Err("42 Cannot update these configs dynamically: [log.retention.hours]"),
        ),
        (
            Broker,
            &[set("broker.id", "5")],
            Err("42 Cannot update these configs dynamically: [broker.id]"),
        ),
        (Broker, &[delete("log.retention.hours")], Ok(&[])),
        (
            Broker,
            &[set("num.io.threads", "x")],
            Err("42 Invalid value x for configuration num.io.threads: "),
        ),
        (
            Broker,
            &[set("message.max.bytes", "")],
            Err("42 Invalid value  for configuration message.max.bytes: "),
        ),
        (
            Broker,
            &[set("log.segment.bytes", "5")],
            Err("42 Invalid value 5 for configuration log.segment.bytes: "),
        ),
        (
            Broker,
            &[set("log.retention.ms", "0")],
            Err("42 Invalid value 0 for configuration log.retention.ms: "),
        ),
        (Broker, &[set("unknown.dyn", "5")], Ok(&[("unknown.dyn", "5")])),
        (Broker, &[append("unknown.dyn", "5")], Err("40 Unknown config name: unknown.dyn")),
        (
            Broker,
            &[append("num.io.threads", "x")],
            Err("40 Config value append is not allowed for config key: num.io.threads"),
        ),
        (
            Broker,
            &[subtract("log.retention.hours", "1")],
            Err("40 Config value subtract is not allowed for config key: log.retention.hours"),
        ),
        (
            Broker,
            &[append("log.cleanup.policy", "compact")],
            Ok(&[("log.cleanup.policy", "delete,compact")]),
        ),
        (Cluster, &[subtract("log.cleanup.policy", "delete")], Ok(&[("log.cleanup.policy", "")])),
        (
            Cluster,
            &[append("log.cleanup.policy", "bogus")],
            Err("42 Invalid value bogus for configuration log."),
        ),
        (
            Cluster,
            &[set("sasl.enabled.mechanisms", "PLAIN")],
            Err(
                "42 Cannot update these configs at default cluster level, broker id must be specified: \
                 [sasl.enabled.mechanisms]",
            ),
        ),
        (
            Broker,
            &[set("ssl.keystore.location", "/x")],
            Err(
                "42 These security configs can be dynamically updated only per-listener using the listener prefix: \
                 [ssl.keystore.location]",
            ),
        ),
        (
            Broker,
            &[set("listener.name.plaintext.ssl.key.password", "x")],
            Ok(&[("listener.name.plaintext.ssl.key.password", "x")]),
        ),
        (
            Cluster,
            &[set("listener.name.plaintext.ssl.key.password", "x")],
            Err(
                "42 Cannot update these configs at default cluster level, broker id must be specified: \
                 [listener.name.plaintext.ssl.key.password]",
            ),
        ),
        (
            Broker,
            &[set("listener.name.plaintext.max.connections", "x")],
            Err("42 Invalid value x for configuration max.connections: "),
        ),
        (
            Cluster,
            &[set("listener.name.plaintext.max.connections", "5")],
            Ok(&[("listener.name.plaintext.max.connections", "5")]),
        ),
        (
            Broker,
            &[set("leader.replication.throttled.rate", "100")],
            Ok(&[("leader.replication.throttled.rate", "100")]),
        ),
        (
            Broker,
            &[set("follower.replication.throttled.rate", "-1")],
            Err("42 Invalid value -1 for configuration follower.replication.throttled.rate: "),
        ),
        (
            Broker,
            &[Alteration { name: "num.io.threads", op: AlterOp::Set, value: None }],
            Err("42 Null value not supported for : num.io.threads"),
        ),
        (
            Broker,
            &[set("num.io.threads", "2"), delete("num.io.threads")],
            Err("42 Error due to duplicate config keys"),
        ),
        // Ours: a listener cannot be opened or closed while the broker runs, and no Java class be loaded.
        (
            Broker,
            &[set("listeners", "PLAINTEXT://:1")],
            Err("42 Cannot update these configs dynamically: [listeners]"),
        ),
        (
            Broker,
            &[set("principal.builder.class", "com.example.Builder")],
            Err(
                "42 Invalid value com.example.Builder for configuration principal.builder.class: Java classes",
            ),
        ),
    ];
    for (scope, alterations, expected) in table {
        assert_outcome(alterations, alter_broker(&broker(&[]), *scope, alterations), *expected);
    }
}

#[test]
fn what_another_layer_says_decides_whether_a_value_can_go() {
    // As in Kafka: 0 is no retention, but may stand behind another broker's own value.
    let own = broker(&[])
        .with_dynamic([("log.retention.ms", "5")].into_iter().collect(), Overrides::EMPTY);
    let own = own.unwrap_or_else(|error| panic!("{error}"));
    let all = alter_broker(&own, BrokerScope::Cluster, &[set("log.retention.ms", "0")]);
    assert_outcome("cluster", all, Ok(&[("log.retention.ms", "0")]));
    let both = own.with_dynamic(
        own.values().dynamic_broker().clone(),
        [("log.retention.ms", "0")].into_iter().collect(),
    );
    let both = both.unwrap_or_else(|error| panic!("{error}"));
    let gone = alter_broker(&both, BrokerScope::Broker, &[delete("log.retention.ms")]);
    assert_outcome(
        "delete",
        gone,
        Err("42 Invalid value 0 for configuration log.retention.ms: must be -1 or at least 1"),
    );
    let replaced = replace_broker(&both, BrokerScope::Broker, &[("num.io.threads", Some("3"))]);
    assert_outcome(
        "replace",
        replaced,
        Err("42 Invalid value 0 for configuration log.retention.ms: "),
    );
    let replaced = replace_broker(&own, BrokerScope::Broker, &[("num.io.threads", Some("3"))]);
    assert_outcome("replace", replaced, Ok(&[("num.io.threads", "3")]));
}

#[test]
fn operations_have_kafkas_codes() {
    let known = [AlterOp::Set, AlterOp::Delete, AlterOp::Append, AlterOp::Subtract].map(Some);
    assert_eq!([0, 1, 2, 3].map(AlterOp::from_code), known);
    assert_eq!([-1, 4].map(AlterOp::from_code), [None, None]);
}

#[test]
fn what_is_set_is_bounded_and_a_long_list_costs_no_square_of_itself() {
    let long = "0:1,".repeat(10_000);
    let too_long = "40 The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.";
    let name = "leader.replication.throttled.replicas";
    let topic = broker(&[]);
    assert_outcome("create", create_topic(&topic, [(name, Some(long.as_str()))]), Err(too_long));
    let one = [Alteration { name, op: AlterOp::Set, value: Some(&long) }];
    assert_outcome("set", alter_topic(&topic, &Overrides::EMPTY, &one), Err(too_long));
    let one = [Alteration { name: "custom", op: AlterOp::Set, value: Some(&long) }];
    assert_outcome("broker", alter_broker(&topic, BrokerScope::Broker, &one), Err(too_long));
    let one = [Alteration { name: &long, op: AlterOp::Set, value: Some("1") }];
    assert_outcome("name", alter_broker(&topic, BrokerScope::Broker, &one), Err(too_long));
    let one = [Alteration { name, op: AlterOp::Append, value: Some(&long) }];
    assert_outcome("append", alter_topic(&topic, &Overrides::EMPTY, &one), Err(too_long));
    let half: Overrides = [(name, &long[..30_000])].into_iter().collect();
    let one = [append(name, "1000:1000"), append("follower.replication.throttled.replicas", "0:1")];
    assert!(alter_topic(&topic, &half, &one).is_ok());
    let other: String = (0..3000).map(|i| format!("{i}:7,")).collect();
    let full = [(name, &"9:9999,".repeat(4000)[..])].into_iter().collect();
    let one = [Alteration { name, op: AlterOp::Append, value: Some(&other) }];
    assert_outcome("grown", alter_topic(&topic, &full, &one), Err(too_long));

    let many: Vec<String> = (0..1001).map(|i| format!("custom.{i}")).collect();
    let many: Vec<(&str, Option<&str>)> =
        many.iter().map(|name| (name.as_str(), Some("1"))).collect();
    assert!(replace_broker(&topic, BrokerScope::Broker, &many[..1000]).is_ok());
    let refused = replace_broker(&topic, BrokerScope::Broker, &many);
    assert_outcome("many", refused, Err("42 No more than 1000 values can be set"));

    let unknown = create_topic(&topic, [(&"x".repeat(5000)[..], Some("1"))])
        .map_err(|error| error.message.len());
    assert!(unknown.is_err_and(|length| length < 1100));

    let members: Vec<String> = (0..100_000).map(|i| format!("m{i}")).collect();
    assert_eq!(
        joined(&members.join(","), &members.join(","), AlterOp::Append).len(),
        members.join(",").len()
    );
}
