//! Changes of what a topic sets.

use alloc::format;
use alloc::vec::Vec;

use super::{AlterError, AlterOp, Alteration, altered, bounded, invalid, replacement};
use crate::config::broker::BrokerConfig;
use crate::config::key::ConfigKey;
use crate::config::keys::topic_key;
use crate::config::overrides::Overrides;
use crate::config::topic::topic_default;
use crate::config::value::parse;

/// What CreateTopics sets for a topic.
///
/// # Errors
/// INVALID_CONFIG for an unknown key, a null or a value that is not allowed.
pub fn create_topic<'a>(
    broker: &BrokerConfig,
    configs: impl IntoIterator<Item = (&'a str, Option<&'a str>), IntoIter: Clone>,
) -> Result<Overrides, AlterError> {
    let configs = configs.into_iter();
    bounded(configs.clone())?;
    let mut overrides = Overrides::EMPTY;
    let mut nulls = Vec::new();
    for (name, value) in configs {
        match value {
            Some(value) => overrides.set(name, value),
            None => nulls.push(name),
        }
    }
    if !nulls.is_empty() {
        return Err(AlterError::config(format!(
            "Null value not supported for topic configs: {}",
            nulls.join(",")
        )));
    }
    checked_topic(broker, &overrides)
}

/// What AlterConfigs sets for a topic: these values and no others.
///
/// # Errors
/// INVALID_REQUEST for a key named twice or a null; INVALID_CONFIG as [`create_topic`].
pub fn replace_topic(
    broker: &BrokerConfig,
    configs: &[(&str, Option<&str>)],
) -> Result<Overrides, AlterError> {
    checked_topic(broker, &replacement(configs)?)
}

/// What IncrementalAlterConfigs makes of what is set for a topic.
///
/// # Errors
/// INVALID_REQUEST for a key named twice or a null; INVALID_CONFIG as [`create_topic`], and for members to add to or
/// take from what is no list.
pub fn alter_topic(
    broker: &BrokerConfig,
    current: &Overrides,
    alterations: &[Alteration<'_>],
) -> Result<Overrides, AlterError> {
    let inherited = |name: &str| {
        let key = topic_key(name)?;
        topic_default(broker.values(), key)
            .map(|(_, value)| value.print())
            .or_else(|| key.default.map(Into::into))
    };
    let refuse = |alteration: &Alteration<'_>, key: Option<&ConfigKey>| match key {
        Some(key) if key.is_list() => None,
        _ => {
            let op = if alteration.op == AlterOp::Append { "APPEND" } else { "SUBTRACT" };
            let name = alteration.name;
            Some(AlterError::config(format!(
                "Can't {op} to key {name} because its type is not LIST."
            )))
        }
    };
    checked_topic(broker, &altered(current, alterations, topic_key, inherited, refuse)?)
}

/// A topic's values in Kafka's spelling, if all of them are allowed together.
fn checked_topic(broker: &BrokerConfig, overrides: &Overrides) -> Result<Overrides, AlterError> {
    bounded(overrides.iter().map(|(name, value)| (name, Some(value))))?;
    if let Some((name, _)) = overrides.iter().find(|(name, _)| topic_key(name).is_none()) {
        return Err(AlterError::config(format!("Unknown topic config name: {name}")));
    }
    let mut checked = Overrides::EMPTY;
    for (name, text) in overrides.iter() {
        let Some(key) = topic_key(name) else { continue };
        match parse(key, text) {
            Ok(value) => checked.set(name, &value.print()),
            Err(wrong) => {
                return Err(AlterError::config(invalid(name, &wrong.value, &wrong.allowed)));
            }
        }
        if let Some(reason) = key.refusal(text) {
            return Err(AlterError::config(invalid(name, text, reason)));
        }
    }
    let effective = broker.topic.with(&checked);
    if effective.min_compaction_lag_ms > effective.max_compaction_lag_ms {
        return Err(AlterError::config(format!(
            "conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})",
            effective.min_compaction_lag_ms, effective.max_compaction_lag_ms
        )));
    }
    Ok(checked)
}
