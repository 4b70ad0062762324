//! DescribeConfigs' answers: every key with its value, where the value comes from, and what it would be otherwise.
//!
//! Which keys and layers stand in which order is Kafka's (`ConfigHelper.scala`, KIP-226). No secret leaves from here.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

use super::broker::BrokerConfig;
use super::key::{ConfigKey, ConfigType};
use super::keys::{
    broker_key, broker_keys, broker_synonyms, listener_key, topic_key, topic_keys, topic_synonyms,
};
use super::overrides::Overrides;
use super::topic::topic_default;
use super::value::parse;
use super::values::Values;

/// Where a value was set, with Kafka's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ConfigSource {
    /// For the topic.
    DynamicTopicConfig = 1,
    /// For this broker, while it ran.
    DynamicBrokerConfig = 2,
    /// For all brokers, while they ran.
    DynamicDefaultBrokerConfig = 3,
    /// At the start.
    StaticBrokerConfig = 4,
    /// Nowhere: it is the default.
    DefaultConfig = 5,
}

impl ConfigSource {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> i8 {
        self as i8
    }
}

/// A value under one name of a key, in one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The name under which it was set.
    pub name: Cow<'static, str>,
    /// The value; `None` where it is secret.
    pub value: Option<String>,
    /// The layer.
    pub source: ConfigSource,
}

/// What is said of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Kafka's name.
    pub name: Cow<'static, str>,
    /// The effective value as Kafka prints it; `None` where it is null or secret.
    pub value: Option<String>,
    /// Whether a running broker's value can not be changed.
    pub read_only: bool,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether the value is secret.
    pub sensitive: bool,
    /// The layers and names that have a value, the one that counts first.
    pub synonyms: Vec<ConfigSynonym>,
    /// The type; `None`, on the wire 0, for a key that nobody knows.
    pub config_type: Option<ConfigType>,
    /// What the key is for.
    pub documentation: Option<&'static str>,
}

impl ConfigEntry {
    /// Whether nobody set it: what DescribeConfigs v0 has instead of a source.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::DefaultConfig
    }
}

/// The keys of a topic that sets `overrides`, ordered by name, as far as they are `wanted`.
pub fn describe_topic(
    broker: &BrokerConfig,
    overrides: &Overrides,
    wanted: impl Fn(&str) -> bool,
) -> Vec<ConfigEntry> {
    let shown = |key: &&ConfigKey| {
        let hidden = (key.internal || key.retired) && overrides.get(key.name).is_none();
        wanted(key.name) && !hidden
    };
    topic_keys()
        .iter()
        .filter(shown)
        .map(|key| topic_entry(broker.values(), overrides, key))
        .collect()
}

fn topic_entry(values: &Values, overrides: &Overrides, key: &'static ConfigKey) -> ConfigEntry {
    let own = overrides.get(key.name).map(|text| print(Some(key), text));
    let inherited = || topic_default(values, key).map(|(_, value)| value.print());
    let mut synonyms = Vec::new();
    if let Some(value) = &own {
        synonyms.push(ConfigSynonym {
            name: Cow::Borrowed(key.name),
            value: Some(value.clone()),
            source: ConfigSource::DynamicTopicConfig,
        });
    }
    // Kafka starts at the finest unit and finds nothing at all where that was not set.
    if let [first, ..] = topic_synonyms(key.name) {
        synonyms.extend(layers(values, first, false));
    }
    ConfigEntry {
        name: Cow::Borrowed(key.name),
        source: source(&synonyms),
        value: own.or_else(inherited).or_else(|| key.default.map(ToOwned::to_owned)),
        read_only: false,
        sensitive: false,
        synonyms,
        config_type: Some(key.config_type),
        documentation: Some(key.doc),
    }
}

/// The keys of this broker, ordered by name, as far as they are `wanted`: Kafka's newest ones, and whatever else was
/// set.
pub fn describe_broker(broker: &BrokerConfig, wanted: impl Fn(&str) -> bool) -> Vec<ConfigEntry> {
    let values = broker.values();
    let usual = broker_keys()
        .filter(|key| !key.internal && !key.retired)
        .map(|key| Cow::Borrowed(key.name));
    let given = [values.fixed(), values.dynamic_cluster(), values.dynamic_broker()];
    let given = given.into_iter().flat_map(Overrides::iter).map(|(name, _)| known_name(name));
    let mut names: Vec<Cow<'static, str>> =
        usual.chain(given).filter(|name| wanted(name)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| broker_entry(broker, name, true)).collect()
}

/// What was set for all brokers while they ran, ordered by name, as far as it is `wanted`.
pub fn describe_cluster(broker: &BrokerConfig, wanted: impl Fn(&str) -> bool) -> Vec<ConfigEntry> {
    let names =
        broker.values().dynamic_cluster().iter().map(|(name, _)| name).filter(|name| wanted(name));
    names.map(|name| broker_entry(broker, known_name(name), false)).collect()
}

fn broker_entry(broker: &BrokerConfig, name: Cow<'static, str>, one_broker: bool) -> ConfigEntry {
    let values = broker.values();
    let key = broker_key(&name).or_else(|| listener_key(&name));
    // Nobody knows what an unknown key holds, so it is treated as a secret.
    let sensitive = key.is_none_or(ConfigKey::is_sensitive);
    let mut synonyms = layers(values, &name, sensitive);
    if !one_broker {
        synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBrokerConfig);
    }
    let text = if one_broker { values.text(&name) } else { values.dynamic_cluster().get(&name) };
    let value = match &*name {
        // Where none was given, the one that the broker has.
        "node.id" | "broker.id" => Some(alloc::format!("{}", broker.node_id)),
        _ => text.or(key.and_then(|key| key.default)).map(|text| print(key, text)),
    };
    ConfigEntry {
        source: source(&synonyms),
        value: value.filter(|_| !sensitive),
        read_only: broker_key(&name).is_none_or(|key| !key.is_dynamic()),
        sensitive,
        synonyms,
        config_type: key.map(|key| key.config_type),
        documentation: broker_key(&name).map(|key| key.doc),
        name,
    }
}

/// The values under `name` and the names that stand in for it, the layer that counts first.
fn layers(values: &Values, name: &str, sensitive: bool) -> Vec<ConfigSynonym> {
    let own = [name];
    let under_listener = listener_key(name).map(|key| [name, key.name]);
    let names: &[&str] = match (&under_listener, broker_synonyms(name)) {
        (Some(names), _) => names,
        (None, []) => &own,
        (None, names) => names,
    };
    let set = [
        (ConfigSource::DynamicBrokerConfig, values.dynamic_broker()),
        (ConfigSource::DynamicDefaultBrokerConfig, values.dynamic_cluster()),
        (ConfigSource::StaticBrokerConfig, values.fixed()),
    ];
    let set = set.into_iter().flat_map(|(source, layer)| {
        names.iter().filter_map(move |name| Some((source, *name, layer.get(name)?)))
    });
    let defaults = names.iter().filter_map(|name| {
        let default = broker_key(name)?.default?;
        Some((ConfigSource::DefaultConfig, *name, default))
    });
    set.chain(defaults)
        // Kafka's answer starts where the name that was asked for first has a value itself.
        .skip_while(|(_, other, _)| *other != name)
        .map(|(source, name, text)| ConfigSynonym {
            name: known_name(name),
            value: if sensitive { None } else { Some(print(broker_key(name), text)) },
            source,
        })
        .collect()
}

fn source(synonyms: &[ConfigSynonym]) -> ConfigSource {
    synonyms.first().map_or(ConfigSource::DefaultConfig, |synonym| synonym.source)
}

/// A value as Kafka prints it.
fn print(key: Option<&ConfigKey>, text: &str) -> String {
    match key.and_then(|key| parse(key, text).ok()) {
        Some(value) => value.print(),
        None => text.to_owned(),
    }
}

/// The name without a copy, where it is one of Kafka's.
fn known_name(name: &str) -> Cow<'static, str> {
    match broker_key(name).or_else(|| topic_key(name)) {
        Some(key) => Cow::Borrowed(key.name),
        None => Cow::Owned(name.to_owned()),
    }
}

#[cfg(test)]
mod tests;
