//! The start: addresses, the store, the core, in that order, so that what is wrong is said before anything is changed.
//!
//! It must never listen before the core has recovered.

use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use logboat_core::config::BrokerConfig;
use logboat_core::memory_store::MemoryStore;
use logboat_core::shard::{Settings, Shard, StoreContents, StoreProfile};

use super::accept::Accepting;
use super::drops::Drops;
use super::stop::Stage;
use super::told::Limits;
use super::{CHUNK_BYTES, CHUNKS_KEPT, LISTENERS_MAX, SIGNALS, Server};
use crate::arena::Arena;
use crate::clock::Clock;
use crate::connections::Connections;
use crate::disk_store::{DiskStore, OpenError, Opened};
use crate::listener::{ListenError, Listener};
use crate::reactor::{Interest, Reactor, Waker};
use crate::signals::Signals;
use crate::store::Store;

/// Where data is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere: it ends with the process.
    Memory,
    /// In this directory.
    Directory(PathBuf),
}

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Effective configuration.
    pub broker: Arc<BrokerConfig>,
    /// Where data is kept.
    pub storage: Storage,
    /// Whether SIGTERM and SIGINT stop the server; a process has room for one such server.
    pub signals: bool,
}

/// Why a server does not start. Each is one line.
#[derive(Debug)]
pub enum StartError {
    /// The data directory cannot be used.
    Store(OpenError),
    /// An address cannot be listened on.
    Listen(ListenError),
    /// The core refuses what is in the store.
    Core(String),
    /// The system has no descriptors left.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Listen(error) => error.fmt(f),
            Self::Core(reason) => f.write_str(reason),
            Self::System(error) => write!(f, "the system refuses: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Store(error)
    }
}

impl From<ListenError> for StartError {
    fn from(error: ListenError) -> Self {
        Self::Listen(error)
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Server {
    /// Opens the store and takes the addresses. The core recovers, and clients are let in, in [`Self::run`].
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let clock = Clock::start();
        let waker = Waker::new()?;
        let reactor = Reactor::new(waker.clone())?;
        // The store first: a second server on the same directory is told of that, not of its port.
        let (store, profile, contents, kept) = open_store(&options, &waker)?;
        let mut listeners = Vec::new();
        for listener in &options.broker.listeners {
            listeners.extend(Listener::bind(listener)?);
        }
        listeners.truncate(LISTENERS_MAX as usize);
        let signals = if options.signals { Some(Signals::take_over()?) } else { None };
        if let Some(signals) = &signals {
            reactor.add(signals, SIGNALS, Interest::READ)?;
        }
        let now = clock.now();
        let seed = RandomState::new().build_hasher().finish();
        let shard = Shard::open(now, Settings { broker: options.broker, profile, seed }, &contents)
            .map_err(StartError::Core)?;
        let mut server = Self {
            clock,
            now,
            stage: Stage::Starting,
            reactor,
            ready: Vec::new(),
            signals,
            listeners,
            accepting: Accepting::new(),
            limits: Limits::default(),
            connections: Connections::default(),
            deadlines: BinaryHeap::new(),
            lingering: VecDeque::new(),
            marked: Vec::new(),
            backlog: VecDeque::new(),
            arena: Arena::new(CHUNK_BYTES, CHUNKS_KEPT),
            workspace: None,
            shard,
            store,
            completions: Vec::new(),
            warm: Vec::new(),
            drops: Drops::default(),
            kept,
        };
        // The core's first wishes come of themselves.
        server.settle();
        Ok(server)
    }
}

/// Opens the store, and says what it can do, what is in it, and where it is.
fn open_store(
    options: &Options,
    waker: &Waker,
) -> Result<(Store, StoreProfile, StoreContents, String), StartError> {
    match &options.storage {
        Storage::Memory => {
            let store = MemoryStore::new(memory_max());
            let kept = "data in memory, nothing is kept".to_owned();
            Ok((Store::Memory(store), StoreProfile::MEMORY, StoreContents::default(), kept))
        }
        Storage::Directory(path) => {
            let write_ahead = !options.broker.topic.flushes_later();
            let Opened { store, contents, foreign } = DiskStore::open(path, write_ahead, waker)?;
            let kept = format!("data in {}", store.path().display());
            if !foreign.is_empty() {
                let path = store.path().display();
                log::warn!(
                    "{path} holds what is not Logboat's and is left alone: {}",
                    foreign.join(", ")
                );
            }
            Ok((Store::Disk(Box::new(store)), StoreProfile::DISK, contents, kept))
        }
    }
}

/// Half of the memory that this process may have, bytes: what a broker in memory keeps at most.
fn memory_max() -> u64 {
    let info = rustix::system::sysinfo();
    // Fields as wide as a word of the machine.
    #[allow(clippy::unnecessary_cast, reason = "the field's type differs between targets")]
    let machine = (info.totalram as u64).saturating_mul(u64::from(info.mem_unit));
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|max| max.trim().parse().ok()).unwrap_or(u64::MAX);
    machine.min(group) / 2
}
