//! The native server: sockets, files, clocks and threads around the broker core.
//!
//! Linux only. It carries inputs and effects and has no semantics of its own: whatever a client sees is decided in
//! `logboat_core`.
#![deny(unsafe_code)]

pub mod arena;
pub mod cli;
pub mod clock;
pub mod connections;
pub mod disk_store;
pub mod environment;
pub mod helper;
pub mod listener;
pub mod log;
pub mod reactor;
pub mod send;
pub mod server;
pub mod server_properties;
pub mod signals;
pub mod store;
pub mod uninit_io;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use cli::NoStart;
use server::{Options, Server, Stop, Storage};

/// The exit code of a configuration error, as in sysexits.h.
const EX_CONFIG: u8 = 78;

/// Runs the server with these arguments until it ends.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    log::start(log_level());
    let settings = match cli::load(args, std::env::vars_os()) {
        Ok(settings) => settings,
        Err(NoStart::Answered(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(NoStart::Refused(line)) => return refuse(&line),
    };
    settings.notices.iter().for_each(|line| ::log::info!("{line}"));
    settings.warnings.iter().for_each(|line| ::log::warn!("{line}"));
    let storage = match settings.data_dirs.as_slice() {
        _ if settings.memory => Storage::Memory,
        [directory] => Storage::Directory(directory.clone()),
        directories => {
            let directories: Vec<_> = directories.iter().map(|one| one.to_string_lossy()).collect();
            let directories = directories.join(",");
            return refuse(&format!(
                "log.dirs={directories}: one directory is all that is served yet"
            ));
        }
    };
    match Server::start(Options { broker: Arc::new(settings.broker), storage, signals: true }) {
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
