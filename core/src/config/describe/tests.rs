//! Our answers beside those of a running Kafka 4.3.1.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::ToString;

use super::*;

const KAFKA: &str = include_str!("kafka-4.3.1.txt");

fn broker(pairs: &[(&str, &str)]) -> BrokerConfig {
    BrokerConfig::from_pairs(pairs.iter().copied()).unwrap_or_else(|error| panic!("{error}"))
}

fn kafkas() -> BrokerConfig {
    broker(&[
        ("listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"),
        ("advertised.listeners", "PLAINTEXT://127.0.0.1:9092"),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
        ),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.voters", "1@127.0.0.1:9093"),
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("log.dirs", "/data"),
        ("offsets.topic.replication.factor", "1"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("group.initial.rebalance.delay.ms", "0"),
        ("auto.create.topics.enable", "false"),
        ("log.retention.minutes", "6000"),
        ("log.roll.hours", "100"),
        ("num.partitions", "2"),
        ("ssl.keystore.password", "secret"),
        ("message.max.bytes", "2000000"),
        ("compression.type", "lz4"),
    ])
}

/// An entry as the file writes it.
fn line(resource: &str, entry: &ConfigEntry) -> String {
    let source = |source: ConfigSource| match source {
        ConfigSource::DynamicTopicConfig => "DYNAMIC_TOPIC_CONFIG",
        ConfigSource::DynamicBrokerConfig => "DYNAMIC_BROKER_CONFIG",
        ConfigSource::DynamicDefaultBrokerConfig => "DYNAMIC_DEFAULT_BROKER_CONFIG",
        ConfigSource::StaticBrokerConfig => "STATIC_BROKER_CONFIG",
        ConfigSource::DefaultConfig => "DEFAULT_CONFIG",
    };
    let null = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_string());
    let synonyms: Vec<String> = entry
        .synonyms
        .iter()
        .map(|s| format!("{}:{}={}", source(s.source), s.name, null(&s.value)))
        .collect();
    format!(
        "{resource}|{}|{}|{}|{}|{}|{}|{}",
        entry.name,
        null(&entry.value),
        source(entry.source),
        if entry.read_only { "ro" } else { "rw" },
        if entry.sensitive { "secret" } else { "" },
        entry.config_type.map_or("UNKNOWN", ConfigType::name),
        synonyms.join(" ")
    )
}

fn find<'a>(entries: &'a [ConfigEntry], name: &str) -> &'a ConfigEntry {
    entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("{name} is missing"))
}

#[test]
fn every_key_is_described_as_kafka_describes_it() {
    let broker = kafkas();
    let topic = [
        ("cleanup.policy", "compact,delete"),
        ("max.message.bytes", "77"),
        ("retention.ms", "5000"),
    ];
    let topic = describe_topic(&broker, &topic.into_iter().collect(), |_| true);
    let ours = describe_broker(&broker, |_| true)
        .iter()
        .map(|entry| line("BROKER", entry))
        .collect::<Vec<_>>();
    let ours = ours.into_iter().chain(topic.iter().map(|entry| line("TOPIC", entry)));
    let key = |line: &str| line.split('|').take(2).collect::<Vec<_>>().join("|");
    let ours: BTreeMap<String, String> = ours.map(|line| (key(&line), line)).collect();
    let kafkas: BTreeMap<String, String> = KAFKA
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| (key(line), line.to_string()))
        .collect();

    let names: BTreeSet<&String> = ours.keys().chain(kafkas.keys()).collect();
    let different = names.into_iter().filter(|name| ours.get(*name) != kafkas.get(*name));
    let different: Vec<&str> = different.map(String::as_str).collect();
    // What is on purpose: each is listed in keys.rs, or is a feature of replication that Kafka sets for itself.
    let expected = [
        "BROKER|listener.security.protocol.map",
        "BROKER|listeners",
        "BROKER|log.dir",
        "BROKER|log.flush.interval.messages",
        "BROKER|min.insync.replicas",
        "TOPIC|flush.messages",
        "TOPIC|min.insync.replicas",
    ];
    for name in &different {
        assert!(
            expected.contains(name),
            "\n ours {:?}\nkafka {:?}",
            ours.get(*name),
            kafkas.get(*name)
        );
    }
    assert_eq!(different, expected);
}

#[test]
fn the_default_of_flushing_is_described_as_ours() {
    let topic = describe_topic(&broker(&[]), &Overrides::EMPTY, |name| name == "flush.messages");
    assert_eq!(
        line("TOPIC", &topic[0]),
        "TOPIC|flush.messages|1|DEFAULT_CONFIG|rw||LONG|DEFAULT_CONFIG:log.flush.interval.messages=1"
    );
}

#[test]
fn dynamic_layers_stand_before_what_was_set_at_the_start() {
    let all = [("num.io.threads", "7"), ("log.retention.ms", "9")];
    let one = [
        ("num.io.threads", "9"),
        ("listener.name.plaintext.max.connections", "5"),
        ("unknown.key", "x"),
    ];
    let broker = kafkas().with_dynamic(one.into_iter().collect(), all.into_iter().collect());
    let broker = broker.unwrap_or_else(|error| panic!("{error}"));
    let entries = describe_broker(&broker, |_| true);
    for expected in [
        "num.io.threads|9|DYNAMIC_BROKER_CONFIG|rw||INT|DYNAMIC_BROKER_CONFIG:num.io.threads=9 \
         DYNAMIC_DEFAULT_BROKER_CONFIG:num.io.threads=7 DEFAULT_CONFIG:num.io.threads=8",
        "log.retention.ms|9|DYNAMIC_DEFAULT_BROKER_CONFIG|rw||LONG|DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=9 \
         STATIC_BROKER_CONFIG:log.retention.minutes=6000 DEFAULT_CONFIG:log.retention.hours=168",
        "listener.name.plaintext.max.connections|5|DYNAMIC_BROKER_CONFIG|ro||INT|\
         DYNAMIC_BROKER_CONFIG:listener.name.plaintext.max.connections=5 DEFAULT_CONFIG:max.connections=2147483647",
        "unknown.key|null|DYNAMIC_BROKER_CONFIG|ro|secret|UNKNOWN|DYNAMIC_BROKER_CONFIG:unknown.key=null",
    ] {
        let name = expected.split('|').next().unwrap_or_default();
        assert_eq!(line("BROKER", find(&entries, name)), format!("BROKER|{expected}"));
    }
    let cluster: Vec<String> =
        describe_cluster(&broker, |_| true).iter().map(|entry| line("", entry)).collect();
    assert_eq!(
        cluster,
        [
            "|log.retention.ms|9|DYNAMIC_DEFAULT_BROKER_CONFIG|rw||LONG|DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=9",
            "|num.io.threads|7|DYNAMIC_DEFAULT_BROKER_CONFIG|rw||INT|DYNAMIC_DEFAULT_BROKER_CONFIG:num.io.threads=7",
        ]
    );
}

#[test]
fn a_topic_takes_a_units_chain_only_from_its_finest_key_as_kafka_does() {
    let fixed = broker(&[("log.retention.hours", "1"), ("log.retention.ms", "5")]);
    let entry = |broker: &BrokerConfig| {
        line("TOPIC", &describe_topic(broker, &Overrides::EMPTY, |name| name == "retention.ms")[0])
    };
    assert_eq!(
        entry(&fixed),
        "TOPIC|retention.ms|5|STATIC_BROKER_CONFIG|rw||LONG|STATIC_BROKER_CONFIG:log.retention.ms=5 \
         STATIC_BROKER_CONFIG:log.retention.hours=1 DEFAULT_CONFIG:log.retention.hours=168"
    );
    assert_eq!(
        entry(&broker(&[("log.retention.hours", "1")])),
        "TOPIC|retention.ms|3600000|DEFAULT_CONFIG|rw||LONG|"
    );
    assert_eq!(
        entry(&broker(&[("log.retention.hours", "-5")])),
        "TOPIC|retention.ms|-1|DEFAULT_CONFIG|rw||LONG|"
    );
}

#[test]
fn no_secret_is_ever_shown() {
    let broker = broker(&[
        ("ssl.keystore.password", "hush"),
        ("listener.name.internal.plain.sasl.jaas.config", "hush"),
        ("delegation.token.master.key", "hush"),
    ]);
    let broker =
        broker.with_dynamic([("custom.thing", "hush")].into_iter().collect(), Overrides::EMPTY);
    let entries = describe_broker(&broker.unwrap_or_else(|error| panic!("{error}")), |_| true);
    assert!(!format!("{entries:?}").contains("hush"));
    for name in
        ["ssl.keystore.password", "listener.name.internal.plain.sasl.jaas.config", "custom.thing"]
    {
        assert!(find(&entries, name).sensitive, "{name}");
    }
}

#[test]
fn what_only_older_releases_have_is_shown_where_it_is_set_and_named_keys_alone_where_they_are_wanted()
 {
    let plain = broker(&[]);
    let all = describe_broker(&plain, |_| true);
    assert!(all.iter().all(|entry| entry.name != "port" && entry.name != "super.users"));
    let set = broker(&[("port", "9093"), ("broker.id", "4")]);
    let named = describe_broker(&set, |name| {
        ["port", "node.id", "log.retention.hours", "nothing"].contains(&name)
    });
    let named: Vec<String> = named.iter().map(|entry| line("", entry)).collect();
    assert_eq!(
        named,
        [
            "|log.retention.hours|168|DEFAULT_CONFIG|ro||INT|DEFAULT_CONFIG:log.retention.hours=168",
            "|node.id|4|STATIC_BROKER_CONFIG|ro||INT|STATIC_BROKER_CONFIG:node.id=4",
            "|port|9093|STATIC_BROKER_CONFIG|ro||INT|STATIC_BROKER_CONFIG:port=9093 DEFAULT_CONFIG:port=9092",
        ]
    );
    // A broker that was given no number tells the one that it has.
    assert_eq!(find(&all, "node.id").value.as_deref(), Some("0"));
    assert!(find(&all, "num.partitions").is_default() && !named.is_empty());
    let topic = [("message.format.version", "2.5")].into_iter().collect();
    let topic = describe_topic(&plain, &topic, |_| true);
    assert_eq!(topic.len(), 34);
    assert_eq!(find(&topic, "message.format.version").value.as_deref(), Some("2.5"));
}
