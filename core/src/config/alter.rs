//! Changes of configuration: checked as Kafka checks them, before anything is kept.
//!
//! A function here takes what is set and what shall change, and gives what would be set then; nothing is changed in
//! place. Codes and order of the checks are Kafka's (`ConfigurationControlManager.java`, `LogConfig.java`,
//! `DynamicBrokerConfig.java`, `ConfigAdminManager.scala`). One deviation: a topic's keys that 2.5.0 had and newer
//! releases refuse are taken, so that scripts of that time go on working.

mod broker;
mod topic;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::key::ConfigKey;
use super::overrides::Overrides;
use crate::gather::Gather as _;
use crate::protocol::ErrorCode;

pub use broker::{BrokerScope, alter_broker, replace_broker};
pub use topic::{alter_topic, create_topic, replace_topic};

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
        Self::new(ErrorCode::INVALID_CONFIG, message.into())
    }

    fn request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::INVALID_REQUEST, message.into())
    }

    /// A message repeats what a client sent, but not without end.
    fn new(code: ErrorCode, mut message: String) -> Self {
        if let Some((end, _)) = message.char_indices().nth(MOST_CHARACTERS) {
            message.truncate(end);
            message.push('…');
        }
        Self { code, message }
    }
}

/// The values of a request that replaces all.
fn replacement(configs: &[(&str, Option<&str>)]) -> Result<Overrides, AlterError> {
    once_and_not_null(configs.iter().copied())?;
    Ok(configs.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect())
}

fn once_and_not_null<'a>(
    configs: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
) -> Result<(), AlterError> {
    bounded(configs.clone())?;
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

/// A list with the members of another added, or taken from it. Sets, so that a long list costs no square of itself.
fn joined(list: &str, change: &str, op: AlterOp) -> String {
    let change: Vec<&str> = members(change).collect();
    let mut joined: Vec<&str> = members(list).collect();
    if op == AlterOp::Subtract {
        let gone: BTreeSet<&str> = change.into_iter().gather();
        joined.retain(|member| !gone.contains(member));
    } else {
        let mut there: BTreeSet<&str> = joined.iter().copied().gather();
        joined.extend(change.into_iter().filter(|member| there.insert(member)));
    }
    joined.join(",")
}

fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|member| !member.is_empty())
}

/// Bounds what is asked for before anything is made of it: Kafka's bound on a value, and ours on how many.
fn bounded<'a>(
    configs: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<(), AlterError> {
    for (i, (name, value)) in configs.enumerate() {
        if name.len().max(value.map_or(0, str::len)) > MOST_BYTES {
            return Err(AlterError::config(format!(
                "The configuration value cannot be added because it exceeds the maximum value size of {MOST_BYTES} bytes."
            )));
        }
        if i >= MOST_VALUES {
            return Err(AlterError::request(format!(
                "No more than {MOST_VALUES} values can be set"
            )));
        }
    }
    Ok(())
}

const MOST_BYTES: usize = i16::MAX as usize;
const MOST_VALUES: usize = 1000;
const MOST_CHARACTERS: usize = 1000;

fn invalid(name: &str, value: &str, allowed: &str) -> String {
    format!("Invalid value {value} for configuration {name}: {allowed}")
}

#[cfg(test)]
mod tests;
