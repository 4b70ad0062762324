//! Changes of configuration: checked as Kafka checks them, before anything is kept.
//!
//! A function here takes what is set and what shall change, and gives what would be set then; nothing is changed in
//! place. Codes and order of the checks are Kafka's (`ConfigurationControlManager.java`, `LogConfig.java`,
//! `DynamicBrokerConfig.java`, `ConfigAdminManager.scala`). One deviation: a topic's keys that 2.5.0 had and newer
//! releases refuse are taken, so that scripts of that time go on working.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::broker::BrokerConfig;
use super::key::{ConfigKey, UpdateMode};
use super::keys::{broker_key, listener_key, topic_key};
use super::overrides::Overrides;
use super::topic::topic_default;
use super::value::parse;
use crate::protocol::ErrorCode;

/// What IncrementalAlterConfigs does with one key (KIP-339).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlterOp {
    /// Set the value.
    Set,
    /// Forget the value.
    Delete,
    /// Add members to a list.
    Append,
    /// Take members from a list.
    Subtract,
}

impl AlterOp {
    /// The operation with that code on the wire.
    #[must_use]
    pub const fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Set),
            1 => Some(Self::Delete),
            2 => Some(Self::Append),
            3 => Some(Self::Subtract),
            _ => None,
        }
    }
}

/// One change.
#[derive(Clone, Copy, Debug)]
pub struct Alteration<'a> {
    /// The key.
    pub name: &'a str,
    /// What to do with it.
    pub op: AlterOp,
    /// The value; not looked at by [`AlterOp::Delete`].
    pub value: Option<&'a str>,
}

/// Which of the broker's dynamic values change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerScope {
    /// Those of this broker.
    Broker,
    /// Those of all brokers: the resource without a name.
    Cluster,
}

/// Why a change is refused, as it stands in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterError {
    /// INVALID_CONFIG or INVALID_REQUEST.
    pub code: ErrorCode,
    /// For a person.
    pub message: String,
}

impl AlterError {
    fn config(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::INVALID_CONFIG, message: message.into() }
    }

    fn request(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::INVALID_REQUEST, message: message.into() }
    }
}

/// What CreateTopics sets for a topic.
///
/// # Errors
/// INVALID_CONFIG for an unknown key, a null or a value that is not allowed.
pub fn create_topic<'a>(
    broker: &BrokerConfig,
    configs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<Overrides, AlterError> {
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

/// What AlterConfigs sets for the broker or the cluster while it runs: these values and no others.
///
/// # Errors
/// INVALID_REQUEST as [`alter_broker`].
pub fn replace_broker(
    broker: &BrokerConfig,
    scope: BrokerScope,
    configs: &[(&str, Option<&str>)],
) -> Result<Overrides, AlterError> {
    checked_broker(broker, scope, replacement(configs)?)
}

/// What IncrementalAlterConfigs makes of what is set for the broker or the cluster while it runs.
///
/// # Errors
/// INVALID_REQUEST for a key that cannot change while the broker runs, not for all brokers, or not without its
/// listener's name, for a key named twice, a null, or a value that is not allowed. INVALID_CONFIG for members to add
/// to or take from what is no list.
pub fn alter_broker(
    broker: &BrokerConfig,
    scope: BrokerScope,
    alterations: &[Alteration<'_>],
) -> Result<Overrides, AlterError> {
    let values = broker.values();
    let current = match scope {
        BrokerScope::Broker => values.dynamic_broker(),
        BrokerScope::Cluster => values.dynamic_cluster(),
    };
    let inherited = |name: &str| broker_key(name)?.default.map(Into::into);
    let refuse = |alteration: &Alteration<'_>, key: Option<&ConfigKey>| {
        let name = alteration.name;
        let op = if alteration.op == AlterOp::Append { "append" } else { "subtract" };
        match key {
            Some(key) if key.is_list() => None,
            Some(_) => Some(AlterError::config(format!(
                "Config value {op} is not allowed for config key: {name}"
            ))),
            None => Some(AlterError::config(format!("Unknown config name: {name}"))),
        }
    };
    checked_broker(broker, scope, altered(current, alterations, any_broker_key, inherited, refuse)?)
}

/// The values of a request that replaces all.
fn replacement(configs: &[(&str, Option<&str>)]) -> Result<Overrides, AlterError> {
    once_and_not_null(configs.iter().copied())?;
    Ok(configs.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect())
}

fn once_and_not_null<'a>(
    configs: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
) -> Result<(), AlterError> {
    let mut names: Vec<&str> = configs.clone().map(|(name, _)| name).collect();
    names.sort_unstable();
    if names.is_sorted_by(|a, b| a < b) {
        let nulls: Vec<&str> =
            configs.filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        match nulls.as_slice() {
            [] => Ok(()),
            _ => Err(AlterError::request(format!(
                "Null value not supported for : {}",
                nulls.join(",")
            ))),
        }
    } else {
        Err(AlterError::request("Error due to duplicate config keys"))
    }
}

/// Applies changes to what is set; `inherited` gives the value that a list has where none is set.
fn altered(
    current: &Overrides,
    alterations: &[Alteration<'_>],
    key: impl Fn(&str) -> Option<&'static ConfigKey>,
    inherited: impl Fn(&str) -> Option<String>,
    refuse: impl Fn(&Alteration<'_>, Option<&ConfigKey>) -> Option<AlterError>,
) -> Result<Overrides, AlterError> {
    once_and_not_null(alterations.iter().map(|one| {
        let value = if one.op == AlterOp::Delete { Some("") } else { one.value };
        (one.name, value)
    }))?;
    let mut overrides = current.clone();
    for alteration in alterations {
        let (name, value) = (alteration.name, alteration.value.unwrap_or_default());
        match alteration.op {
            AlterOp::Set => overrides.set(name, value),
            AlterOp::Delete => {
                overrides.remove(name);
            }
            AlterOp::Append | AlterOp::Subtract => {
                if let Some(error) = refuse(alteration, key(name)) {
                    return Err(error);
                }
                let list = overrides
                    .get(name)
                    .map(Into::into)
                    .or_else(|| inherited(name))
                    .unwrap_or_default();
                overrides.set(name, &joined(&list, value, alteration.op));
            }
        }
    }
    Ok(overrides)
}

/// A list with the members of another added, or taken from it.
fn joined(list: &str, change: &str, op: AlterOp) -> String {
    let mut members = members(list);
    for member in self::members(change) {
        let at = members.iter().position(|other| *other == member);
        match (op, at) {
            (AlterOp::Append, None) => members.push(member),
            (AlterOp::Subtract, Some(at)) => {
                members.remove(at);
            }
            _ => {}
        }
    }
    members.join(",")
}

fn members(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|member| !member.is_empty()).collect()
}

/// A topic's values in Kafka's spelling, if all of them are allowed together.
fn checked_topic(broker: &BrokerConfig, overrides: &Overrides) -> Result<Overrides, AlterError> {
    if let Some((name, _)) = overrides.iter().find(|(name, _)| topic_key(name).is_none()) {
        return Err(AlterError::config(format!("Unknown topic config name: {name}")));
    }
    let mut checked = Overrides::EMPTY;
    for (name, text) in overrides.iter() {
        let Some(key) = topic_key(name) else { continue };
        match parse(key, text) {
            Ok(value) => checked.set(name, &value.print()),
            Err(allowed) => return Err(AlterError::config(invalid(name, text, &allowed))),
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

/// A broker's or the cluster's dynamic values, if all of them are allowed together.
fn checked_broker(
    broker: &BrokerConfig,
    scope: BrokerScope,
    overrides: Overrides,
) -> Result<Overrides, AlterError> {
    let names = |pick: &dyn Fn(&str, &ConfigKey) -> bool| {
        let keys = overrides.iter().filter_map(|(name, _)| Some((name, any_broker_key(name)?)));
        keys.filter(|(name, key)| pick(name, key))
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let fixed = names(&|name, key| key.name == name && !key.is_dynamic());
    if !fixed.is_empty() {
        return Err(AlterError::request(format!(
            "Cannot update these configs dynamically: [{fixed}]"
        )));
    }
    let security = names(&|name, key| key.name == name && SECURITY.contains(&name));
    if !security.is_empty() {
        return Err(AlterError::request(format!(
            "These security configs can be dynamically updated only per-listener using the listener prefix: [{security}]"
        )));
    }
    for (name, text) in overrides.iter() {
        // Kafka keeps values that it does not know for the Java classes that might.
        let Some(key) = any_broker_key(name) else { continue };
        let allowed = match parse(key, text) {
            Ok(_) => key.refusal(text).map(ToString::to_string),
            Err(allowed) => Some(allowed),
        };
        if let Some(allowed) = allowed {
            let shown = if key.is_sensitive() { "[hidden]" } else { text };
            return Err(AlterError::request(invalid(key.name, shown, &allowed)));
        }
    }
    let values = broker.values();
    let layers = match scope {
        BrokerScope::Broker => (overrides.clone(), values.dynamic_cluster().clone()),
        BrokerScope::Cluster => {
            let own = names(&|name, key| {
                if key.name == name {
                    key.update == UpdateMode::PerBroker
                } else {
                    !CLUSTER_LISTENER.contains(&key.name)
                }
            });
            if !own.is_empty() {
                return Err(AlterError::request(format!(
                    "Cannot update these configs at default cluster level, broker id must be specified: [{own}]"
                )));
            }
            (values.dynamic_broker().clone(), overrides.clone())
        }
    };
    match broker.with_dynamic(layers.0, layers.1) {
        Ok(_) => Ok(overrides),
        Err(error) => Err(AlterError::request(error.to_string())),
    }
}

/// Keys that mean a file or secret of one listener, which are not taken for all listeners at once.
const SECURITY: &[&str] = &[
    "ssl.key.password",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.truststore.certificates",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.type",
];

/// Keys that all brokers' listeners of one name may share.
const CLUSTER_LISTENER: &[&str] =
    &["max.connections", "max.connection.creation.rate", "num.network.threads"];

fn any_broker_key(name: &str) -> Option<&'static ConfigKey> {
    broker_key(name).or_else(|| listener_key(name))
}

fn invalid(name: &str, value: &str, allowed: &str) -> String {
    format!("Invalid value {value} for configuration {name}: {allowed}")
}

#[cfg(test)]
mod tests;
