//! The effective configuration of one topic: what it sets itself over what the broker sets for all.
//!
//! [`TopicConfig`] is small and plain, for every partition's owner holds or reads one. The texts that a user set are
//! kept beside it by the topic's metadata as [`Overrides`](super::Overrides), never in it.

use alloc::borrow::ToOwned;

use super::error::ConfigError;
use super::key::ConfigKey;
use super::keys::{topic_key, topic_keys, topic_synonyms};
use super::overrides::Overrides;
use super::value::{Value, parse};
use super::values::Values;
use crate::record::{Codec, CompressionTarget, TimestampType, ValidationRules};

/// What a topic does with records that are old or superseded (`cleanup.policy`); neither means that all is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CleanupPolicy {
    /// Segments are deleted by time and size.
    pub delete: bool,
    /// Only the newest record of each key is kept.
    pub compact: bool,
}

/// The effective values of one topic. Times are in milliseconds, sizes in bytes; -1 means unlimited where Kafka says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `compression.type`.
    pub compression_type: CompressionTarget,
    /// `compression.gzip.level`: 1 to 9, or -1 for the codec's own.
    pub compression_gzip_level: i32,
    /// `compression.lz4.level`: 1 to 17.
    pub compression_lz4_level: i32,
    /// `compression.zstd.level`: -131072 to 22.
    pub compression_zstd_level: i32,
    /// `delete.retention.ms`: how long a tombstone outlives its cleaning.
    pub delete_retention_ms: i64,
    /// `file.delete.delay.ms`.
    pub file_delete_delay_ms: i64,
    /// `flush.messages`: 1 is a flush before every answer; more than 1 is Kafka's contract.
    pub flush_messages: i64,
    /// `flush.ms`.
    pub flush_ms: i64,
    /// `index.interval.bytes`.
    pub index_interval_bytes: i32,
    /// `max.compaction.lag.ms`.
    pub max_compaction_lag_ms: i64,
    /// `max.message.bytes`: the largest batch, as sent, header included.
    pub max_message_bytes: i32,
    /// `message.timestamp.after.max.ms`: how far ahead of the broker's clock a stamp may be.
    pub message_timestamp_after_max_ms: i64,
    /// `message.timestamp.before.max.ms`: how far behind it a stamp may be.
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.type`.
    pub message_timestamp_type: TimestampType,
    /// `min.cleanable.dirty.ratio` in parts per million.
    pub min_cleanable_dirty_ppm: u32,
    /// `min.compaction.lag.ms`.
    pub min_compaction_lag_ms: i64,
    /// `min.insync.replicas`.
    pub min_insync_replicas: i32,
    /// `preallocate`.
    pub preallocate: bool,
    /// `retention.bytes` of each partition; -1 is unlimited.
    pub retention_bytes: i64,
    /// `retention.ms`; -1 is unlimited.
    pub retention_ms: i64,
    /// `segment.bytes`, or `internal.segment.bytes` where that is set.
    pub segment_bytes: i32,
    /// `segment.jitter.ms`.
    pub segment_jitter_ms: i64,
    /// `segment.ms`.
    pub segment_ms: i64,
    /// `unclean.leader.election.enable`.
    pub unclean_leader_election_enable: bool,
}

impl Default for TopicConfig {
    /// Kafka's defaults, and `flush.messages` = 1.
    fn default() -> Self {
        let mut config = Self::ZERO;
        for key in topic_keys() {
            if let Some(value) = key.default.and_then(|default| parse(key, default).ok()) {
                config.set(key.name, &value);
            }
        }
        config
    }
}

impl TopicConfig {
    /// Every field at nothing, to be filled from the tables.
    const ZERO: Self = Self {
        cleanup_policy: CleanupPolicy { delete: false, compact: false },
        compression_type: CompressionTarget::Producer,
        compression_gzip_level: 0,
        compression_lz4_level: 0,
        compression_zstd_level: 0,
        delete_retention_ms: 0,
        file_delete_delay_ms: 0,
        flush_messages: 0,
        flush_ms: 0,
        index_interval_bytes: 0,
        max_compaction_lag_ms: 0,
        max_message_bytes: 0,
        message_timestamp_after_max_ms: 0,
        message_timestamp_before_max_ms: 0,
        message_timestamp_type: TimestampType::CreateTime,
        min_cleanable_dirty_ppm: 0,
        min_compaction_lag_ms: 0,
        min_insync_replicas: 0,
        preallocate: false,
        retention_bytes: 0,
        retention_ms: 0,
        segment_bytes: 0,
        segment_jitter_ms: 0,
        segment_ms: 0,
        unclean_leader_election_enable: false,
    };

    /// What a topic has that sets nothing itself.
    pub(super) fn of_broker(values: &Values) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        // The one key for both directions, which releases up to 3.9 had; what is said of one direction wins.
        if let Some(difference) =
            values.text(DIFFERENCE_OF_BROKER).and_then(|_| values.get(DIFFERENCE_OF_BROKER))
        {
            config.set_difference(&difference);
        }
        for key in topic_keys() {
            let Some((name, value)) = topic_default(values, key) else { continue };
            if key.name.starts_with("message.timestamp.") && values.text(name).is_none() {
                continue;
            }
            let least = match key.name {
                "retention.ms" if value == Value::Integer(-1) => -1,
                "retention.ms" | "segment.ms" => 1,
                "segment.jitter.ms" => 0,
                _ => i64::MIN,
            };
            if let Value::Integer(value) = value
                && value < least
            {
                return Err(too_small(name, value, key.name, least));
            }
            config.set(key.name, &value);
        }
        Ok(config)
    }

    /// These values, and over them what the topic sets itself.
    #[must_use]
    pub fn with(mut self, overrides: &Overrides) -> Self {
        let parsed = |name: &str| {
            let key = topic_key(name)?;
            parse(key, overrides.get(name)?).ok()
        };
        if let Some(difference) = parsed(DIFFERENCE) {
            self.set_difference(&difference);
        }
        for (name, _) in overrides.iter() {
            if let Some(value) = parsed(name) {
                self.set(name, &value);
            }
        }
        // Below Kafka's minimum, whatever the usual key says.
        if let Some(value) = parsed("internal.segment.bytes") {
            self.set("segment.bytes", &value);
        }
        self
    }

    /// What the topic asks of the records that are produced to it.
    #[must_use]
    pub fn validation_rules(&self) -> ValidationRules {
        let size = |bytes: i32| u32::try_from(bytes).unwrap_or_default();
        ValidationRules {
            max_message_bytes: size(self.max_message_bytes),
            segment_bytes: size(self.segment_bytes),
            compacted: self.cleanup_policy.compact,
            timestamp_type: self.message_timestamp_type,
            timestamp_before_max_ms: self.message_timestamp_before_max_ms,
            timestamp_after_max_ms: self.message_timestamp_after_max_ms,
            compression: self.compression_type,
            gzip_level: self.compression_gzip_level,
            trust_producers: false,
        }
    }

    /// Whether Kafka's contract for flushing was chosen: an answer does not wait for the disk.
    #[must_use]
    pub const fn flushes_later(&self) -> bool {
        self.flush_messages > 1
    }

    fn set_difference(&mut self, value: &Value<'_>) {
        self.set("message.timestamp.after.max.ms", value);
        self.set("message.timestamp.before.max.ms", value);
    }

    /// Sets the field of the topic key `name`; keys without a field and values of another type change nothing.
    fn set(&mut self, name: &str, value: &Value<'_>) {
        match value {
            Value::Integer(value) => self.set_integer(name, *value),
            Value::Boolean(value) => match name {
                "preallocate" => self.preallocate = *value,
                "unclean.leader.election.enable" => self.unclean_leader_election_enable = *value,
                _ => {}
            },
            Value::Double(value) if name == "min.cleanable.dirty.ratio" => {
                self.min_cleanable_dirty_ppm = parts_per_million(*value);
            }
            Value::Text("LogAppendTime") => {
                self.message_timestamp_type = TimestampType::LogAppendTime
            }
            Value::Text("CreateTime") => self.message_timestamp_type = TimestampType::CreateTime,
            Value::Text(codec) if name == "compression.type" => {
                self.compression_type = match *codec {
                    "uncompressed" => CompressionTarget::Codec(Codec::None),
                    "gzip" => CompressionTarget::Codec(Codec::Gzip),
                    "snappy" => CompressionTarget::Codec(Codec::Snappy),
                    "lz4" => CompressionTarget::Codec(Codec::Lz4),
                    "zstd" => CompressionTarget::Codec(Codec::Zstd),
                    _ => CompressionTarget::Producer,
                };
            }
            Value::List(policies) if name == "cleanup.policy" => {
                self.cleanup_policy = CleanupPolicy {
                    delete: policies.contains(&"delete"),
                    compact: policies.contains(&"compact"),
                };
            }
            Value::Double(_) | Value::Text(_) | Value::List(_) => {}
        }
    }

    fn set_integer(&mut self, name: &str, value: i64) {
        let int = i32::try_from(value).unwrap_or(i32::MAX);
        match name {
            "compression.gzip.level" => self.compression_gzip_level = int,
            "compression.lz4.level" => self.compression_lz4_level = int,
            "compression.zstd.level" => self.compression_zstd_level = int,
            "delete.retention.ms" => self.delete_retention_ms = value,
            "file.delete.delay.ms" => self.file_delete_delay_ms = value,
            "flush.messages" => self.flush_messages = value,
            "flush.ms" => self.flush_ms = value,
            "index.interval.bytes" => self.index_interval_bytes = int,
            "max.compaction.lag.ms" => self.max_compaction_lag_ms = value,
            "max.message.bytes" => self.max_message_bytes = int,
            "message.timestamp.after.max.ms" => self.message_timestamp_after_max_ms = value,
            "message.timestamp.before.max.ms" => self.message_timestamp_before_max_ms = value,
            "min.compaction.lag.ms" => self.min_compaction_lag_ms = value,
            "min.insync.replicas" => self.min_insync_replicas = int,
            "retention.bytes" => self.retention_bytes = value,
            "retention.ms" => self.retention_ms = value,
            "segment.bytes" => self.segment_bytes = int,
            "segment.jitter.ms" => self.segment_jitter_ms = value,
            "segment.ms" => self.segment_ms = value,
            _ => {}
        }
    }
}

const DIFFERENCE: &str = "message.timestamp.difference.max.ms";
const DIFFERENCE_OF_BROKER: &str = "log.message.timestamp.difference.max.ms";

/// The broker key that gives a topic key its default, the first of its synonyms that has a value, and that value in
/// the topic key's unit. `None` where no broker key does.
pub(super) fn topic_default<'a>(
    values: &'a Values,
    key: &ConfigKey,
) -> Option<(&'static str, Value<'a>)> {
    let synonyms = topic_synonyms(key.name).iter();
    let (name, value) = synonyms.into_iter().find_map(|name| Some((*name, values.get(name)?)))?;
    let factor = match name.rsplit_once('.') {
        Some((_, "minutes")) => 60_000,
        Some((_, "hours")) => 3_600_000,
        _ => 1,
    };
    match value {
        // Any time below zero is for ever.
        Value::Integer(ms) if ms < 0 && key.name == "retention.ms" => {
            Some((name, Value::Integer(-1)))
        }
        Value::Integer(value) => Some((name, Value::Integer(value.saturating_mul(factor)))),
        Value::Boolean(_) | Value::Double(_) | Value::Text(_) | Value::List(_) => {
            Some((name, value))
        }
    }
}

fn too_small(key: &str, value: i64, topic_key: &str, least: i64) -> ConfigError {
    let allowed = if topic_key == "retention.ms" {
        "must be -1 or at least 1".to_owned()
    } else {
        alloc::format!("must be at least {least}")
    };
    ConfigError::Invalid { key: key.to_owned(), value: alloc::format!("{value}"), allowed }
}

/// A ratio that was checked to be from 0 to 1. It is kept as an integer, for no float may be part of the state.
fn parts_per_million(ratio: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio is from 0 to 1"
    )]
    let ppm = (ratio * 1_000_000.0 + 0.5) as u32;
    ppm
}

#[cfg(test)]
mod tests;
