//! Changes of what a broker, or all of them, have while they run.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::{AlterError, AlterOp, Alteration, altered, bounded, invalid, replacement};
use crate::config::broker::BrokerConfig;
use crate::config::key::{ConfigKey, UpdateMode};
use crate::config::keys::{broker_key, listener_key};
use crate::config::overrides::Overrides;
use crate::config::value::parse;

/// Which of the broker's dynamic values change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerScope {
    /// Those of this broker.
    Broker,
    /// Those of all brokers: the resource without a name.
    Cluster,
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

/// A broker's or the cluster's dynamic values, if all of them are allowed together.
fn checked_broker(
    broker: &BrokerConfig,
    scope: BrokerScope,
    overrides: Overrides,
) -> Result<Overrides, AlterError> {
    bounded(overrides.iter().map(|(name, value)| (name, Some(value))))?;
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
        let wrong = match parse(key, text) {
            Ok(_) => key.refusal(text).map(|reason| (text.to_string(), reason.to_string())),
            Err(wrong) => Some((wrong.value, wrong.allowed)),
        };
        if let Some((value, allowed)) = wrong {
            let shown = if key.is_sensitive() { "[hidden]" } else { &value };
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
