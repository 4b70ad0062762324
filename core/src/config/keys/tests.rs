//! The tables against themselves: what a slip in one row would break.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::*;
use crate::config::key::ConfigType;
use crate::config::value::parse;

#[test]
fn kafkas_keys_are_all_there_and_once() {
    let names: Vec<&str> = broker_keys().map(|key| key.name).collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), unique.len());
    // Kafka 4.3.1 has 360 keys of a broker; 53 more were in 2.5.0 or 3.9.2; 6 are in no table of Kafka's.
    let retired = broker_keys().filter(|key| key.retired).count();
    assert_eq!((names.len() - retired, retired), (366, 53));
    // 34 keys of a topic, and 3 that only 2.5.0 had.
    let retired = topic_keys().iter().filter(|key| key.retired).count();
    assert_eq!((topic_keys().len() - retired, retired), (34, 3));
    assert!(topic_keys().is_sorted_by_key(|key| key.name));
}

#[test]
fn every_default_is_a_value_of_its_key_in_kafkas_spelling() {
    for key in broker_keys().chain(topic_keys()) {
        let Some(default) = key.default else { continue };
        // Kafka's own defaults for what must not be empty: no controllers, which its rule takes as not set.
        if key.name.starts_with("controller.quorum.") && default.is_empty() {
            continue;
        }
        let value = parse(key, default).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", key.name));
        assert_eq!(value.print(), default, "{}", key.name);
        assert_eq!(key.refusal(default), None, "{}", key.name);
    }
}

#[test]
fn every_row_says_what_it_is_for_in_one_sentence() {
    for key in broker_keys().chain(topic_keys()) {
        assert!(
            key.doc.ends_with('.') && key.doc.len() > 10 && key.doc.len() < 120,
            "{}: {}",
            key.name,
            key.doc
        );
    }
}

#[test]
fn synonyms_are_keys_of_the_same_meaning() {
    for (topic, synonyms) in SYNONYMS {
        assert!(topic_key(topic).is_some(), "{topic}");
        for synonym in *synonyms {
            assert!(broker_key(synonym).is_some(), "{synonym}");
        }
    }
    for key in topic_keys() {
        let Some(default) = key.default else { continue };
        // A default of the broker in hours is one of the topic in milliseconds.
        let synonyms = topic_synonyms(key.name);
        let same = synonyms.is_empty()
            || synonyms
                .iter()
                .any(|name| broker_key(name).is_some_and(|broker| broker.default == Some(default)))
            || matches!(key.name, "retention.ms" | "segment.ms" | "segment.jitter.ms");
        assert!(same, "{}", key.name);
    }
    assert_eq!(
        broker_synonyms("log.retention.minutes"),
        ["log.retention.ms", "log.retention.minutes", "log.retention.hours"]
    );
    assert_eq!(
        broker_synonyms("log.flush.interval.ms"),
        ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"]
    );
    assert!(broker_synonyms("log.flush.scheduler.interval.ms").is_empty());
    assert!(broker_synonyms("num.partitions").is_empty());
}

#[test]
fn only_secrets_are_sensitive() {
    let sensitive: BTreeSet<&str> =
        broker_keys().filter(|key| key.is_sensitive()).map(|key| key.name).collect();
    assert!(sensitive.contains("ssl.keystore.password") && sensitive.contains("sasl.jaas.config"));
    for key in broker_keys().filter(|key| key.name.ends_with("password")) {
        assert_eq!(key.config_type, ConfigType::Password, "{}", key.name);
    }
}

#[test]
fn a_listeners_own_key_is_the_key_behind_its_prefix() {
    let table = [
        ("listener.name.internal.ssl.keystore.location", Some("ssl.keystore.location")),
        ("listener.name.internal.max.connections", Some("max.connections")),
        ("listener.name.internal.plain.sasl.jaas.config", Some("sasl.jaas.config")),
        (
            "listener.name.internal.scram-sha-256.sasl.server.callback.handler.class",
            Some("sasl.server.callback.handler.class"),
        ),
        ("listener.name.internal.nonsense", None),
        ("listener.name.internal", None),
        ("internal.max.connections", None),
    ];
    for (name, expected) in table {
        assert_eq!(listener_key(name).map(|key| key.name), expected, "{name}");
    }
}
