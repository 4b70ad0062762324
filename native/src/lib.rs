//! The native server: sockets, files, clocks and threads around the broker core.
//!
//! Linux only. It carries inputs and effects and has no semantics of its own: whatever a client sees is decided in
//! `logboat_core`.
#![deny(unsafe_code)]

pub mod arena;
pub mod clock;
pub mod connections;
pub mod disk_store;
pub mod helper;
pub mod listener;
pub mod log;
pub mod reactor;
pub mod send;
pub mod server;
pub mod signals;
pub mod store;
pub mod uninit_io;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use logboat_core::config::{BrokerConfig, SINGLE_NODE};
use server::{Options, Server, Stop, Storage};

/// The exit code of a configuration error, as in sysexits.h.
const EX_CONFIG: u8 = 78;

/// Runs the server with these arguments until it ends.
pub fn run(args: impl Iterator<Item = String>) -> ExitCode {
    log::start(log_level());
    // TEMPORARY until the command line of branch config is there.
    let mut storage = Storage::Directory(PathBuf::from("/tmp/logboat"));
    let mut pairs: Vec<(String, String)> =
        SINGLE_NODE.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let mut args = args;
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_default();
        match arg.as_str() {
            "--memory" => storage = Storage::Memory,
            "--data-dir" => storage = Storage::Directory(value().into()),
            "--port" => {
                pairs.push(("listeners".into(), format!("PLAINTEXT://127.0.0.1:{}", value())))
            }
            "--override" => {
                let pair = value();
                let (key, value) = pair.split_once('=').unwrap_or((&pair, ""));
                pairs.push((key.into(), value.into()));
            }
            _ => {}
        }
    }
    let broker = match BrokerConfig::from_pairs(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    {
        Ok(broker) => Arc::new(broker),
        Err(error) => return refuse(&error),
    };
    match Server::start(Options { broker, storage, signals: true }) {
        Ok(server) => end(server.run()),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("logboat: {error}");
    ExitCode::from(EX_CONFIG)
}

fn end(result: std::io::Result<Stop>) -> ExitCode {
    match result {
        Ok(Stop::InOrder) => ExitCode::SUCCESS,
        Ok(Stop::NotStarted) => ExitCode::from(EX_CONFIG),
        Ok(Stop::Failed) => ExitCode::FAILURE,
        Err(error) => {
            ::log::error!("cannot go on: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `LOGBOAT_LOG` as `error`, `warn`, `info`, `debug` or `off`; `info` without it.
fn log_level() -> ::log::LevelFilter {
    std::env::var("LOGBOAT_LOG")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(::log::LevelFilter::Info)
}
