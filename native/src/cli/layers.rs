//! The pairs of key and value in the order in which they count, each with the place that it came from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use logboat_core::config::{BrokerConfig, ConfigError};

use super::NoStart;
use crate::{environment, server_properties};

/// Where a pair came from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// What is so without a file.
    SingleNode,
    File(PathBuf, usize),
    Variable(String),
    Override,
    Option(&'static str),
}

/// The pairs; of two with the same key the later one counts.
#[derive(Debug, Default)]
pub(super) struct Layers(Vec<(Origin, String, String)>);

impl Layers {
    pub(super) fn push(&mut self, origin: Origin, key: &str, value: &str) {
        self.0.push((origin, key.to_owned(), value.to_owned()));
    }

    /// Adds what a file says.
    pub(super) fn file(&mut self, path: &Path) -> Result<(), NoStart> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            NoStart::Refused(format!("{shown} cannot be read: {}", plain(&error)))
        })?;
        let properties = server_properties::parse(&bytes)
            .map_err(|error| NoStart::Refused(format!("{shown}, {error}")))?;
        if is_zookeepers(properties.iter().map(|property| property.key.as_str())) {
            return Err(NoStart::Answered(format!(
                "{shown} is for ZooKeeper, which logboat does not need: start logboat alone, or with server.properties\n"
            )));
        }
        for property in properties {
            let origin = Origin::File(path.to_owned(), property.line);
            self.0.push((origin, property.key, property.value));
        }
        Ok(())
    }

    /// Adds what variables say, in the order of their names.
    pub(super) fn environment(&mut self, env: impl IntoIterator<Item = (OsString, OsString)>) {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let variables = env.into_iter().map(|(name, value)| (text(name), text(value)));
        let mut variables: Vec<(String, String, String)> = variables
            .filter_map(|(name, value)| Some((environment::key(&name)?, name, value)))
            .collect();
        // Kubernetes sets this one for any service that is called kafka; no port looks like that.
        variables.retain(|(key, _, value)| !(key == "port" && value.starts_with("tcp://")));
        variables.sort();
        for (key, name, value) in variables {
            self.0.push((Origin::Variable(name), key, value));
        }
    }

    /// The keys that somebody set.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let set = self
            .0
            .iter()
            .filter(|(origin, ..)| !matches!(origin, Origin::SingleNode | Origin::Option(_)));
        set.map(|(_, key, _)| key.as_str())
    }

    /// What all pairs make together.
    pub(super) fn broker(&self) -> Result<BrokerConfig, NoStart> {
        let pairs = self.0.iter().map(|(_, key, value)| (key.as_str(), value.as_str()));
        BrokerConfig::from_pairs(pairs).map_err(|error| self.refusal(&error))
    }

    /// The line that says what is wrong, and where it stands.
    fn refusal(&self, error: &ConfigError) -> NoStart {
        let from =
            self.0.iter().rev().find(|(_, key, _)| key == error.key()).map(|(origin, ..)| origin);
        NoStart::Refused(match from {
            Some(Origin::File(path, line)) => format!("{}, line {line}: {error}", path.display()),
            Some(Origin::Variable(name)) => format!("variable {name}: {error}"),
            Some(Origin::Override) => format!("--override: {error}"),
            Some(Origin::Option(option)) => format!("{option}: {error}"),
            Some(Origin::SingleNode) | None => error.to_string(),
        })
    }
}

/// Whether these are the keys of ZooKeeper's own file and none of a broker's.
fn is_zookeepers<'a>(mut keys: impl Iterator<Item = &'a str> + Clone) -> bool {
    const ZOOKEEPERS: [&str; 5] = ["clientPort", "dataDir", "tickTime", "initLimit", "syncLimit"];
    const BROKERS: [&str; 6] =
        ["broker.id", "node.id", "log.dirs", "log.dir", "listeners", "zookeeper.connect"];
    !keys.clone().any(|key| BROKERS.contains(&key)) && keys.any(|key| ZOOKEEPERS.contains(&key))
}

/// What went wrong, without the number that the standard library adds.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}
