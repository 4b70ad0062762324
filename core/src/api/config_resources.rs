//! What has configuration, and how AlterConfigs and IncrementalAlterConfigs change it.
//!
//! Kafka: ConfigAdminManager.preprocess, ConfigurationControlManager. A resource changes wholly or not at all, each by
//! itself. Missing: client metrics and groups can not be configured yet; there are no loggers, so none can be set.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::create_topics::{Refusal, refusal};
use super::topics::check_name;
use crate::config::Overrides;
use crate::config::alter::{self, AlterError, AlterOp, Alteration, BrokerScope};
use crate::journal::entry::Entry;
use crate::protocol::messages::alter_configs::AlterConfigsResourceResponse;
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;

/// Resource type: a topic.
pub(crate) const TOPIC: i8 = 2;
/// Resource type: a broker, or all of them.
pub(crate) const BROKER: i8 = 4;
/// Resource type: a broker's loggers.
pub(crate) const BROKER_LOGGER: i8 = 8;
/// Resource type: client metrics (KIP-714).
pub(crate) const CLIENT_METRICS: i8 = 16;
/// Resource type: a group (KIP-848).
pub(crate) const GROUP: i8 = 32;

/// What is to become of a resource's configuration.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// These values and no others.
    Replace(Vec<(String, Option<String>)>),
    /// Key, operation on the wire, value.
    Alter(Vec<(String, i8, Option<String>)>),
}

impl Change {
    fn first_key(&self) -> Option<&str> {
        match self {
            Self::Replace(configs) => configs.first().map(|(name, _)| name.as_str()),
            Self::Alter(configs) => configs.first().map(|(name, ..)| name.as_str()),
        }
    }
}

/// A text of the client's, whatever its bytes are.
pub(crate) fn text(text: &KString) -> String {
    text.to_string()
}

fn replacement(configs: &[(String, Option<String>)]) -> Vec<(&str, Option<&str>)> {
    configs.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect()
}

fn alterations(configs: &[(String, i8, Option<String>)]) -> Result<Vec<Alteration<'_>>, Refusal> {
    let mut all = Vec::with_capacity(configs.len());
    for (name, op, value) in configs {
        let Some(op) = AlterOp::from_code(*op) else {
            return refusal(ErrorCode::INVALID_REQUEST, format!("Unknown operations type {op}"));
        };
        all.push(Alteration { name, op, value: value.as_deref() });
    }
    Ok(all)
}

impl From<AlterError> for Refusal {
    fn from(error: AlterError) -> Self {
        Self { code: error.code, message: error.message }
    }
}

impl Shard {
    /// Changes the configuration of these resources (type, name), or only says whether it could; one answer each.
    pub(crate) fn change_configs(
        &mut self,
        changes: &[(i8, &KString, Change)],
        validate_only: bool,
    ) -> Vec<AlterConfigsResourceResponse> {
        let mut named: BTreeMap<(i8, &KString), u32> = BTreeMap::new();
        for (kind, name, _) in changes {
            *named.entry((*kind, *name)).or_default() += 1;
        }
        let mut topics = false;
        let mut answers = Vec::with_capacity(changes.len());
        for (kind, name, change) in changes {
            let twice = named.get(&(*kind, *name)).is_some_and(|count| *count > 1);
            let result = match *kind {
                _ if twice => {
                    refusal(ErrorCode::INVALID_REQUEST, "Each resource must appear at most once.")
                }
                TOPIC => self.change_topic(name, change, validate_only, &mut topics),
                BROKER => self.change_broker(name, change, validate_only),
                BROKER_LOGGER => self.change_logger(name, change),
                CLIENT_METRICS | GROUP => refusal(
                    ErrorCode::INVALID_REQUEST,
                    "This broker does not configure client metrics and groups yet.",
                ),
                other => {
                    refusal(ErrorCode::INVALID_REQUEST, format!("Unknown resource type {other}"))
                }
            };
            let refused = result.err();
            answers.push(AlterConfigsResourceResponse {
                error_code: refused.as_ref().map_or(ErrorCode::NONE, |refused| refused.code),
                error_message: refused.map(|refused| KString::from(refused.message)),
                resource_type: *kind,
                resource_name: (*name).clone(),
            });
        }
        if topics {
            self.publish();
        }
        answers
    }

    fn change_topic(
        &mut self,
        name: &KString,
        change: &Change,
        validate_only: bool,
        changed: &mut bool,
    ) -> Result<(), Refusal> {
        let known = self.state.topics.get(name);
        let none = Overrides::EMPTY;
        let current = known.map_or(&none, |topic| &topic.configs);
        let configs = match change {
            Change::Replace(configs) => alter::replace_topic(&self.broker, &replacement(configs))?,
            Change::Alter(configs) => {
                alter::alter_topic(&self.broker, current, &alterations(configs)?)?
            }
        };
        if name.is_empty() {
            let message = "Default topic resources are not allowed.";
            return refusal(ErrorCode::INVALID_REQUEST, message);
        }
        if let Err(bad) = check_name(name.as_bytes()) {
            return refusal(ErrorCode::INVALID_TOPIC_EXCEPTION, bad.message(name));
        }
        if known.is_none() {
            let message = format!("The topic '{name}' does not exist.");
            return refusal(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, message);
        }
        if !validate_only && configs != *current {
            self.record(&Entry::TopicConfigs { name: name.to_string(), configs });
            *changed = true;
        }
        Ok(())
    }

    fn change_broker(
        &mut self,
        name: &KString,
        change: &Change,
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let scope = if name.is_empty() {
            BrokerScope::Cluster
        } else {
            self.check_node(name)?;
            BrokerScope::Broker
        };
        let configs = match change {
            Change::Replace(configs) => {
                alter::replace_broker(&self.broker, scope, &replacement(configs))?
            }
            Change::Alter(configs) => {
                alter::alter_broker(&self.broker, scope, &alterations(configs)?)?
            }
        };
        let this_broker = scope == BrokerScope::Broker;
        let current =
            if this_broker { &self.state.broker_configs } else { &self.state.default_configs };
        if !validate_only && configs != *current {
            self.record(&Entry::BrokerConfigs { this_broker, configs });
            self.configure();
        }
        Ok(())
    }

    /// There are no loggers: an empty change is one of none.
    fn change_logger(&self, name: &KString, change: &Change) -> Result<(), Refusal> {
        let Change::Alter(_) = change else {
            let message = format!("Unknown resource type {BROKER_LOGGER}");
            return refusal(ErrorCode::INVALID_REQUEST, message);
        };
        self.check_node(name)?;
        match change.first_key() {
            Some(logger) => {
                refusal(ErrorCode::INVALID_CONFIG, format!("There is no logger {logger}."))
            }
            None => Ok(()),
        }
    }

    /// Whether a broker's resource name is this broker's id.
    pub(crate) fn check_node(&self, name: &KString) -> Result<(), Refusal> {
        let node = self.image.node_id;
        let id = name.to_str().and_then(|name| name.parse::<i32>().ok());
        let message = match id {
            Some(id) if id == node => return Ok(()),
            Some(id) => format!("Unexpected broker id, expected {node}, but received {id}"),
            None => format!("Broker id must be an integer, but it is: {name}"),
        };
        refusal(ErrorCode::INVALID_REQUEST, message)
    }
}
