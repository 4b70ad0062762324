//! The command line: its options, its help, and what habits from Kafka's scripts are told.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, value_parser};

use super::NoStart;

/// What stands on the command line.
#[derive(Debug, Default)]
pub(super) struct Args {
    pub(super) file: Option<PathBuf>,
    pub(super) overrides: Vec<(String, String)>,
    pub(super) port: Option<u16>,
    pub(super) data_dir: Option<String>,
    pub(super) memory: bool,
}

const EXAMPLES: &str = "\
Examples:
  logboat                                  listen on 127.0.0.1:9092, keep data in ./logboat-data
  logboat --memory --port 19092            keep nothing, on another port
  logboat config/server.properties         start with a file for Kafka, unchanged
  logboat --override num.partitions=3 --override log.retention.hours=24
  KAFKA_LISTENERS=PLAINTEXT://:9092 logboat
                                           listen on every address

Configuration:
  Keys and values are Kafka's. A file is read first, then variables such as KAFKA_LOG_RETENTION_HOURS for
  log.retention.hours, then --override and the short forms; what is read last counts. Without a file, the values
  are those of the file for a single node that comes with Kafka 2.5.0.

Exit codes:
  0 after SIGTERM or SIGINT, 78 where the configuration is at fault, 1 otherwise.";

fn command() -> Command {
    Command::new("logboat")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A broker that speaks the Kafka protocol.")
        .after_help(EXAMPLES)
        .disable_help_subcommand(true)
        .args_override_self(false)
        .arg(
            Arg::new("file")
                .value_name("server.properties")
                .help("Configuration in the form of Kafka's server.properties")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("override")
                .long("override")
                .value_name("key=value")
                .help("Set one of Kafka's keys; may be repeated")
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("N")
                .help("Listen on this port; 0 lets the system choose one")
                .value_parser(value_parser!(u16)),
        )
        .arg(
            Arg::new("data-dir")
                .long("data-dir")
                .value_name("DIR")
                .help("Keep data in this directory"),
        )
        .arg(
            Arg::new("memory")
                .long("memory")
                .help("Keep nothing: data ends with the process")
                .action(ArgAction::SetTrue)
                .conflicts_with("data-dir"),
        )
}

impl Args {
    /// Reads the arguments that follow the program's name.
    pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, NoStart> {
        let args: Vec<OsString> = args.into_iter().collect();
        if args.iter().any(|arg| arg == "-daemon") {
            return Err(NoStart::Refused(
                "-daemon is not served yet; run logboat in the background with & or as a service"
                    .into(),
            ));
        }
        let name = std::iter::once(OsString::from("logboat"));
        let matches =
            command().try_get_matches_from(name.chain(args)).map_err(|error| explain(&error))?;
        let overrides = matches.get_many::<String>("override").into_iter().flatten();
        let data_dir = matches.get_one::<String>("data-dir").cloned();
        if data_dir.as_deref().is_some_and(|dir| dir.is_empty() || dir.contains(',')) {
            let dir = data_dir.unwrap_or_default();
            return Err(NoStart::Refused(format!(
                "--data-dir {dir}: must be one directory; several go into --override log.dirs=…"
            )));
        }
        Ok(Self {
            file: matches.get_one::<PathBuf>("file").cloned(),
            overrides: overrides.map(|pair| key_value(pair)).collect::<Result<_, _>>()?,
            port: matches.get_one::<u16>("port").copied(),
            data_dir,
            memory: matches.get_flag("memory"),
        })
    }
}

fn key_value(pair: &str) -> Result<(String, String), NoStart> {
    match pair.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(NoStart::Refused(format!(
            "--override {pair}: must be key=value, such as num.partitions=3"
        ))),
    }
}

/// Help goes out whole; a mistake is one line.
fn explain(error: &clap::Error) -> NoStart {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return NoStart::Answered(text);
    }
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    NoStart::Refused(format!("{first}; logboat --help shows what there is"))
}
