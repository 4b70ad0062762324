//! From the command line, the environment and a properties file to what the server runs with.
//!
//! [`load`] is the whole of it: the layers in Kafka's order, one line for whatever stops the start. Nothing here opens
//! a socket or a directory; the only file that is read is the one that was named.

mod args;
mod layers;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use logboat_core::config::{BrokerConfig, SINGLE_NODE, notices};

use args::Args;
use layers::{Layers, Origin};

/// What the server runs with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The effective configuration, listeners among it.
    pub broker: BrokerConfig,
    /// Whether nothing is kept: data stays in memory. Then the directories mean nothing.
    pub memory: bool,
    /// Where data is kept, at least one directory, as `log.dirs` has them.
    pub data_dirs: Vec<PathBuf>,
    /// What set keys mean here, a line each, to be logged at the start.
    pub notices: Vec<String>,
    /// What a careful person would want to know, a line each, to be logged as warnings at the start.
    pub warnings: Vec<String>,
}

/// Why there is nothing to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoStart {
    /// All was said that was asked for: text for the standard output. The process exits with 0.
    Answered(String),
    /// One line for the standard error. The process exits with 78, `EX_CONFIG` of sysexits.h.
    Refused(String),
}

impl fmt::Display for NoStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(text) | Self::Refused(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for NoStart {}

/// Reads everything that configures the server: defaults, then the file, then variables, then the command line.
///
/// `args` are the arguments without the program's name, `env` the environment.
///
/// # Errors
/// [`NoStart`]: help was asked for, or something is unknown or not allowed.
pub fn load(
    args: impl IntoIterator<Item = OsString>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Settings, NoStart> {
    let args = Args::parse(args)?;
    let mut layers = Layers::default();
    match &args.file {
        Some(path) => layers.file(path)?,
        None => {
            SINGLE_NODE.iter().for_each(|(key, value)| layers.push(Origin::SingleNode, key, value))
        }
    }
    layers.environment(env);
    for (key, value) in &args.overrides {
        layers.push(Origin::Override, key, value);
    }
    if let Some(directory) = &args.data_dir {
        layers.push(Origin::Option("--data-dir"), "log.dirs", directory);
    }
    let mut broker = layers.broker()?;
    if let Some(port) = args.port {
        layers.push(Origin::Option("--port"), "listeners", &at_port(&broker, port)?);
        broker = layers.broker()?;
    }
    Ok(Settings {
        memory: args.memory,
        data_dirs: data_dirs(&broker),
        notices: notices(layers.names()),
        warnings: warnings(&broker),
        broker,
    })
}

/// The one listener, at another port.
fn at_port(broker: &BrokerConfig, port: u16) -> Result<String, NoStart> {
    match broker.listeners.as_slice() {
        [listener] => Ok(format!("{}://{}:{port}", listener.name, listener.host)),
        listeners => Err(NoStart::Refused(format!(
            "--port {port}: there are {} listeners; set their ports with --override listeners=…",
            listeners.len()
        ))),
    }
}

/// `log.dirs`, or `log.dir` where that is not set.
fn data_dirs(broker: &BrokerConfig) -> Vec<PathBuf> {
    let dirs = broker.get("log.dirs").or_else(|| broker.get("log.dir")).unwrap_or_default();
    dirs.split(',').map(PathBuf::from).collect()
}

fn warnings(broker: &BrokerConfig) -> Vec<String> {
    let mut warnings = Vec::new();
    if broker.topic.flushes_later() {
        warnings.push(format!(
            "log.flush.interval.messages={}: answers do not wait for the disk, so a crash of this machine can take \
             back what was acknowledged",
            broker.topic.flush_messages
        ));
    }
    warnings
}

#[cfg(test)]
mod tests;
