//! The broker's values as text, in Kafka's layers: set for this broker while it runs, set for all brokers while they
//! run, set at the start, Kafka's default. The upper one wins.
//!
//! Every text in here was checked when it came in, so that reading one cannot fail.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::ConfigError;
use super::key::{ConfigKey, Standing};
use super::keys::{broker_key, broker_keys, listener_key};
use super::overrides::Overrides;
use super::suggest::nearest;
use super::value::{NotAllowed, Value, parse};

/// What stands in a message for a value that is secret.
const HIDDEN: &str = "[hidden]";

/// The layers.
#[derive(Clone, Debug, Default)]
pub struct Values {
    fixed: Overrides,
    dynamic_broker: Overrides,
    dynamic_cluster: Overrides,
}

impl Values {
    pub(super) fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        let mut fixed = Overrides::EMPTY;
        for (name, value) in pairs {
            check(name, value)?;
            fixed.set(name, value);
        }
        // What guides teach, after the topic's key, and Kafka ignores.
        if let (Some(ms), None) =
            (fixed.get("log.segment.ms").map(ToOwned::to_owned), fixed.get("log.roll.ms"))
        {
            fixed.set("log.roll.ms", &ms);
        }
        // The same number under its older and its newer name; -1 asks for one to be made.
        let id = |name| fixed.get(name).map(ToOwned::to_owned).filter(|id| id.trim() != "-1");
        match (id("broker.id"), id("node.id")) {
            (Some(id), None) => fixed.set("node.id", &id),
            (None, Some(id)) => fixed.set("broker.id", &id),
            _ => {}
        }
        Ok(Self { fixed, ..Self::default() })
    }

    pub(super) fn with_dynamic(&self, broker: Overrides, cluster: Overrides) -> Self {
        Self { fixed: self.fixed.clone(), dynamic_broker: broker, dynamic_cluster: cluster }
    }

    /// What was set at the start.
    #[must_use]
    pub const fn fixed(&self) -> &Overrides {
        &self.fixed
    }

    /// What was set for this broker while it ran.
    #[must_use]
    pub const fn dynamic_broker(&self) -> &Overrides {
        &self.dynamic_broker
    }

    /// What was set for all brokers while they ran.
    #[must_use]
    pub const fn dynamic_cluster(&self) -> &Overrides {
        &self.dynamic_cluster
    }

    /// What was set for `name`, in the uppermost layer that has it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let layers = [&self.dynamic_broker, &self.dynamic_cluster, &self.fixed];
        layers.into_iter().find_map(|layer| layer.get(name))
    }

    /// The effective value of `name`; `None` where it is null or there is no such key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        let key = broker_key(name)?;
        parse(key, self.text(name).or(key.default)?).ok()
    }

    /// The number that was given to the broker.
    pub(super) fn node_id(&self) -> Result<Option<i32>, ConfigError> {
        let (node, broker) = (self.fixed.get("node.id"), self.fixed.get("broker.id"));
        let number = |text: &str| text.trim().parse::<i32>().ok().filter(|id| *id != -1);
        match (node.and_then(number), broker.and_then(number)) {
            (Some(node), Some(broker)) if node != broker => Err(ConfigError::Invalid {
                key: "node.id".to_owned(),
                value: node.to_string(),
                allowed: format!("must be the same as broker.id, which is {broker}"),
            }),
            (node, broker) => Ok(node.or(broker)),
        }
    }
}

/// Checks one pair by itself.
fn check(name: &str, value: &str) -> Result<(), ConfigError> {
    let Some(key) = broker_key(name).or_else(|| listener_key(name)) else {
        let suggestion = nearest(name, broker_keys().map(|key| key.name));
        // A secret under a misspelt name is still a secret.
        let secret = suggestion.and_then(broker_key).is_some_and(ConfigKey::is_sensitive)
            || ["password", "secret", "jaas", "credential"].iter().any(|word| name.contains(word));
        let value = if secret { HIDDEN } else { value }.to_owned();
        return Err(ConfigError::Unknown { key: name.to_owned(), value, suggestion });
    };
    let shown = || if key.is_sensitive() { HIDDEN } else { value }.to_owned();
    // Kafka 2.5's file may leave a value empty where null is meant.
    if value.trim().is_empty() && key.default.is_none() && !key.is_list() {
        return Ok(());
    }
    if let Err(NotAllowed { value, allowed }) = parse(key, value) {
        let value = if key.is_sensitive() { HIDDEN.to_owned() } else { value };
        return Err(ConfigError::Invalid { key: name.to_owned(), value, allowed });
    }
    match key.refusal(value) {
        Some(reason) => Err(ConfigError::Refused {
            key: name.to_owned(),
            value: shown(),
            reason: reason.to_owned(),
        }),
        None => Ok(()),
    }
}

/// What a person who set these keys should be told: one line for each reason why keys mean something else here, and
/// one for those that nothing obeys yet. Keys that are obeyed are not mentioned.
#[must_use]
pub fn notices<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    const NOT_YET: &str = "known, but not obeyed yet";
    let mut lines: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for name in names {
        let standing =
            broker_key(name).or_else(|| listener_key(name)).map(|key: &ConfigKey| key.standing);
        let reason = match standing {
            Some(Standing::Otherwise(reason)) => reason,
            Some(Standing::NotYet) => NOT_YET,
            Some(Standing::Obeyed | Standing::Refused(_)) | None => continue,
        };
        match lines.iter_mut().find(|(line, _)| *line == reason) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => lines.push((reason, [name].into())),
        }
    }
    lines.into_iter().map(|(reason, names)| format!("{}: {reason}", names.join(", "))).collect()
}

/// A type that a checked value can be read as.
pub(super) trait FromValue: Sized {
    fn from_value(value: Value<'_>) -> Option<Self>;
}

/// The value as a field; a test holds every field's type against its key, so that the fallback is never taken.
pub(super) fn from_value<T: FromValue + Default>(value: Option<Value<'_>>) -> T {
    value.and_then(T::from_value).unwrap_or_default()
}

macro_rules! from_integer {
    ($($type:ty)*) => {$(
        impl FromValue for $type {
            fn from_value(value: Value<'_>) -> Option<Self> {
                if let Value::Integer(value) = value { Self::try_from(value).ok() } else { None }
            }
        }
    )*};
}
from_integer!(i16 i32 i64);

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Boolean(value) = value { Some(value) } else { None }
    }
}

impl FromValue for Box<str> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.into()) } else { None }
    }
}

impl FromValue for Vec<Box<str>> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::List(list) = value {
            Some(list.into_iter().map(Into::into).collect())
        } else {
            None
        }
    }
}

impl FromValue for Option<Box<str>> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Box::from_value(value).map(Some)
    }
}
