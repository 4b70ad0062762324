//! Tables of cases, and the program that runs one against a target.
//!
//! `LOGBOAT_TARGET` chooses: nothing (in process, virtual time), `tcp` (the server, in memory and on a disk), or
//! `kafka:HOST:PORT` (Apache Kafka, started by someone else). A case must never ask which of them it meets, except
//! through [`World`].

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use crate::client::Client;
use crate::server::{Server, Store};
use crate::world::World;

/// One row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The row's number and what it says.
    pub name: &'static str,
    /// What it does; a panic is a failure.
    pub run: fn(&mut World),
    /// Broker configuration that it needs; it then gets a broker of its own, and Apache Kafka is not asked.
    pub config: &'static [(&'static str, &'static str)],
    /// Whether it needs more time than a person has: hours pass, or the broker is restarted. In process only.
    pub virtual_time: bool,
    /// What every Kafka does otherwise, and why ours differs; empty where none does.
    pub kafka: &'static str,
    /// What Kafka 2.x does otherwise.
    pub kafka_2: &'static str,
    /// What Kafka 3.x does otherwise.
    pub kafka_3: &'static str,
    /// What Kafka 4.x does otherwise.
    pub kafka_4: &'static str,
    /// What Logboat does not do yet: the case is shown as ignored with this reason.
    pub later: &'static str,
}

impl Case {
    /// A row that holds everywhere.
    #[must_use]
    pub const fn new(name: &'static str, run: fn(&mut World)) -> Self {
        Self {
            name,
            run,
            config: &[],
            virtual_time: false,
            kafka: "",
            kafka_2: "",
            kafka_3: "",
            kafka_4: "",
            later: "",
        }
    }
}

/// The cases of a file, each with what [`Case`] knows beside its name: `row_01_x; row_02_y { kafka_2: "…" };`.
#[macro_export]
macro_rules! cases {
    ($($name:ident $({ $($field:ident: $value:expr),* $(,)? })?;)*) => {
        pub(crate) const CASES: &[$crate::table::Case] = &[
            $($crate::table::Case {
                $($($field: $value,)*)?
                ..$crate::table::Case::new(stringify!($name), $name)
            },)*
        ];
    };
}

/// A release of Apache Kafka, as far as rows differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// 2.5.0 and its time.
    V2,
    /// 3.9.2.
    V3,
    /// 4.3.1.
    V4,
}

/// What cases run against.
#[derive(Clone, Debug)]
pub enum Target {
    /// A broker in this process for each case.
    InProcess,
    /// One server of ours for all cases.
    Server(Arc<Server>),
    /// Apache Kafka.
    Kafka(SocketAddr, Release),
}

impl Target {
    fn name(&self) -> &'static str {
        match self {
            Self::InProcess => "process",
            Self::Server(server) => match server.store() {
                Store::Memory => "tcp_memory",
                Store::Disk => "tcp_disk",
            },
            Self::Kafka(_, Release::V2) => "kafka_2",
            Self::Kafka(_, Release::V3) => "kafka_3",
            Self::Kafka(_, Release::V4) => "kafka_4",
        }
    }

    /// Why this target is not asked, where it is not.
    fn skips(&self, case: &Case) -> Option<&'static str> {
        let reasons = match self {
            Self::InProcess => [case.later, "", ""],
            Self::Server(_) => [case.later, virtual_only(case), ""],
            Self::Kafka(_, release) => {
                let note = match release {
                    Release::V2 => case.kafka_2,
                    Release::V3 => case.kafka_3,
                    Release::V4 => case.kafka_4,
                };
                let config =
                    if case.config.is_empty() { virtual_only(case) } else { "a broker of its own" };
                [case.kafka, note, config]
            }
        };
        reasons.into_iter().find(|reason| !reason.is_empty())
    }
}

const fn virtual_only(case: &Case) -> &'static str {
    if case.virtual_time { "virtual time only" } else { "" }
}

/// Runs every case of `tables` against the chosen target, as the arguments of a test program say.
#[must_use]
pub fn run(tables: &[&'static [Case]]) -> ExitCode {
    let arguments = Arguments::from_args();
    let targets = if arguments.list { vec![Target::InProcess] } else { targets() };
    let mut trials = Vec::new();
    for target in &targets {
        for case in tables.iter().copied().flatten() {
            let (target, case) = (target.clone(), *case);
            let skipped = target.skips(&case);
            let name = format!("{}::{}", target.name(), case.name);
            let trial = Trial::test(name, move || {
                let mut world = World::new(&target, &case);
                (case.run)(&mut world);
                world.alive();
                Ok(())
            });
            trials.push(match skipped {
                Some(reason) => trial.with_kind(reason).with_ignored_flag(true),
                None => trial,
            });
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Servers end with their last owner.
    drop(targets);
    conclusion.exit_code()
}

fn targets() -> Vec<Target> {
    let wish = std::env::var("LOGBOAT_TARGET").unwrap_or_default();
    match wish.as_str() {
        "" | "process" => vec![Target::InProcess],
        "tcp" => [Store::Memory, Store::Disk]
            .map(|store| Target::Server(Arc::new(Server::start(store, &[]))))
            .into(),
        other => {
            let address = other
                .strip_prefix("kafka:")
                .and_then(|address| address.to_socket_addrs().ok()?.next());
            let Some(address) = address else {
                panic!("LOGBOAT_TARGET={other}: process, tcp or kafka:HOST:PORT")
            };
            vec![Target::Kafka(address, release(address))]
        }
    }
}

/// The release is known by how far its Fetch goes.
fn release(address: SocketAddr) -> Release {
    use logboat_core::protocol::messages::ApiVersionsRequest;
    let answer = Client::tcp(address).call(Box::new(ApiVersionsRequest::default()), 0);
    match answer.api_keys.iter().find(|api| api.api_key == 1).map_or(0, |api| api.max_version) {
        0..=11 => Release::V2,
        12..=17 => Release::V3,
        _ => Release::V4,
    }
}
