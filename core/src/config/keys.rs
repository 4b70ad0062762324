//! Every configuration key that Kafka 4.3.1 has for brokers and topics, and those that releases from 2.5.0 on had.
//!
//! The tables state facts of Kafka's releases (names, types, defaults, rules, update modes) and what this broker does
//! with each key. They are data: nothing here may read a value. Deviations from Kafka's defaults are these alone:
//! * `log.flush.interval.messages` and `flush.messages` are 1: what is acknowledged is on the disk;
//! * `listeners` is loopback only, and `log.dir` is not under the system's temporary directory;
//! * `listeners` and `listener.security.protocol.map` cannot change while the broker runs.

use super::key::{ConfigKey, Standing};

mod cluster;
mod group;
mod log;
mod notice;
mod quota;
mod retired;
mod security;
mod server;
mod share;
mod topic;
mod transaction;

/// The tables of broker keys.
const BROKER: &[&[ConfigKey]] = &[
    server::KEYS,
    log::KEYS,
    log::TAUGHT_KEYS,
    group::KEYS,
    share::KEYS,
    transaction::KEYS,
    security::KEYS,
    security::AUTHORIZER_KEYS,
    quota::KEYS,
    quota::DYNAMIC_KEYS,
    cluster::KEYS,
    retired::KEYS,
];

/// Topic keys and the broker keys that give their default, the first that is set winning.
#[rustfmt::skip] // a table: a line stays a line
const SYNONYMS: &[(&str, &[&str])] = &[
    ("cleanup.policy", &["log.cleanup.policy"]),
    ("compression.gzip.level", &["compression.gzip.level"]),
    ("compression.lz4.level", &["compression.lz4.level"]),
    ("compression.type", &["compression.type"]),
    ("compression.zstd.level", &["compression.zstd.level"]),
    ("delete.retention.ms", &["log.cleaner.delete.retention.ms"]),
    ("file.delete.delay.ms", &["log.segment.delete.delay.ms"]),
    ("flush.messages", &["log.flush.interval.messages"]),
    ("flush.ms", &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"]),
    ("index.interval.bytes", &["log.index.interval.bytes"]),
    ("local.retention.bytes", &["log.local.retention.bytes"]),
    ("local.retention.ms", &["log.local.retention.ms"]),
    ("max.compaction.lag.ms", &["log.cleaner.max.compaction.lag.ms"]),
    ("max.message.bytes", &["message.max.bytes"]),
    ("message.downconversion.enable", &["log.message.downconversion.enable"]),
    ("message.format.version", &["log.message.format.version"]),
    ("message.timestamp.after.max.ms", &["log.message.timestamp.after.max.ms"]),
    ("message.timestamp.before.max.ms", &["log.message.timestamp.before.max.ms"]),
    ("message.timestamp.difference.max.ms", &["log.message.timestamp.difference.max.ms"]),
    ("message.timestamp.type", &["log.message.timestamp.type"]),
    ("min.cleanable.dirty.ratio", &["log.cleaner.min.cleanable.ratio"]),
    ("min.compaction.lag.ms", &["log.cleaner.min.compaction.lag.ms"]),
    ("min.insync.replicas", &["min.insync.replicas"]),
    ("preallocate", &["log.preallocate"]),
    ("retention.bytes", &["log.retention.bytes"]),
    ("retention.ms", &["log.retention.ms", "log.retention.minutes", "log.retention.hours"]),
    ("segment.bytes", &["log.segment.bytes"]),
    ("segment.index.bytes", &["log.index.size.max.bytes"]),
    ("segment.jitter.ms", &["log.roll.jitter.ms", "log.roll.jitter.hours"]),
    ("segment.ms", &["log.roll.ms", "log.roll.hours"]),
    ("unclean.leader.election.enable", &["unclean.leader.election.enable"]),
];

/// The keys of a topic, by name.
#[must_use]
pub const fn topic_keys() -> &'static [ConfigKey] {
    topic::KEYS
}

/// The keys of a broker, in no order that means anything.
pub fn broker_keys() -> impl Iterator<Item = &'static ConfigKey> {
    BROKER.iter().flat_map(|table| table.iter())
}

/// The topic key of that name.
#[must_use]
pub fn topic_key(name: &str) -> Option<&'static ConfigKey> {
    topic::KEYS.iter().find(|key| key.name == name)
}

/// The broker key of that name.
#[must_use]
pub fn broker_key(name: &str) -> Option<&'static ConfigKey> {
    broker_keys().find(|key| key.name == name)
}

/// The broker keys from which a topic key takes its default; empty where it has one of its own.
#[must_use]
pub fn topic_synonyms(name: &str) -> &'static [&'static str] {
    SYNONYMS.iter().find(|(topic, _)| *topic == name).map_or(&[], |(_, synonyms)| synonyms)
}

/// The broker keys that say the same as `name` in another unit, the one that wins first, `name` among them.
///
/// Empty where there is none but `name` itself.
#[must_use]
pub fn broker_synonyms(name: &str) -> &'static [&'static str] {
    // Kafka does not name the flush interval from its fallback, only the other way.
    let chained = |synonyms: &[&str]| synonyms.len() > 1 && synonyms.contains(&name);
    match SYNONYMS.iter().find(|(_, synonyms)| chained(synonyms)) {
        Some((_, synonyms)) if name != "log.flush.scheduler.interval.ms" => synonyms,
        _ => &[],
    }
}

/// The key of which a key with a listener's prefix (`listener.name.internal.ssl.keystore.location`) is a form.
///
/// A key of one SASL mechanism (`listener.name.internal.plain.sasl.jaas.config`) has the mechanism between.
#[must_use]
pub fn listener_key(name: &str) -> Option<&'static ConfigKey> {
    let (_, rest) = name.strip_prefix("listener.name.")?.split_once('.')?;
    let of_mechanism =
        || rest.split_once('.').map(|(_, rest)| rest).filter(|rest| rest.starts_with("sasl."));
    broker_key(rest).or_else(|| broker_key(of_mechanism()?))
}

impl ConfigKey {
    /// Why `text`, a valid value of this key, cannot be served; `None` where it can.
    #[must_use]
    pub fn refusal(&self, text: &str) -> Option<&'static str> {
        let Standing::Refused(reason) = self.standing else { return None };
        if text.trim() == self.default.unwrap_or_default() { None } else { Some(reason) }
    }
}

#[cfg(test)]
mod tests;
