//! A broker over the store in memory, as a plain struct: the same on every target, for replays beside the module.
//!
//! It owns what a host owns: the shard, the store, the connections and their answers that nobody has taken yet. It
//! must never wait, and holds at most the answers to what one client sent in one piece until that client takes them.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use logboat_core::config::{BrokerConfig, SINGLE_NODE};
use logboat_core::connection::{CloseReason, Connection, Endpoint, Workspace};
use logboat_core::memory_store::MemoryStore;
use logboat_core::notice::Level;
use logboat_core::protocol::KString;
use logboat_core::shard::input::{ConnectionId, Input};
use logboat_core::shard::{Settings, Shard, StoreProfile};
use logboat_core::time::{Instant, Now};

/// Bytes that the store may own. A module's memory ends at 4 GiB, and small batches weigh up to three times their bytes.
const STORE_BYTES: u64 = 1 << 30;
/// A piece of an answer from this size on is handed out where it lies; smaller ones are gathered first.
const LARGE_PIECE: usize = 4 << 10;
/// Small pieces are gathered up to this many bytes.
const GATHERED: usize = 64 << 10;
/// Lines for people that are kept; the oldest goes first.
const NOTICES: usize = 256;

/// One broker in memory. See the module.
#[derive(Debug)]
pub struct Broker {
    pub(crate) now: Now,
    pub(crate) shard: Shard,
    pub(crate) store: MemoryStore,
    /// There once the shard has handed out its first image, which is before [`Self::open`] ends.
    pub(crate) workspace: Option<Workspace>,
    pub(crate) clients: BTreeMap<u32, Client>,
    last_client: u32,
    pub(crate) deadlines: BTreeSet<(Instant, u32)>,
    /// Clients to let go on in this turn.
    pub(crate) answered: VecDeque<u32>,
    /// Clients whose [`State`] may have changed.
    pub(crate) changed: VecDeque<u32>,
    pub(crate) notices: VecDeque<String>,
    pub(crate) opening: Opening,
    output: Bytes,
    room: BytesMut,
}

/// How far the shard is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It has not said yet.
    Pending,
    /// It serves.
    Ready,
    /// It will not serve, for this reason.
    Refused(String),
}

/// One connection as its host sees it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) connection: Connection,
    /// What its client has not taken yet.
    pub(crate) unsent: VecDeque<Bytes>,
    pub(crate) closing: Option<CloseReason>,
    /// When to poll it again; in [`Broker::deadlines`] too.
    pub(crate) deadline: Option<Instant>,
    /// It is in [`Broker::changed`].
    pub(crate) marked: bool,
}

/// What can be done with a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// There are bytes to take.
    pub readable: bool,
    /// Bytes are welcome.
    pub writable: bool,
    /// Everything was taken, and nothing will follow.
    pub over: bool,
}

impl Broker {
    /// A broker with an empty store. `config` is laid over [`SINGLE_NODE`].
    ///
    /// # Errors
    /// One line: the key at fault, its value and what is allowed.
    pub fn open<'a>(
        now: Now,
        config: impl IntoIterator<Item = (&'a str, &'a str)>,
        seed: u64,
    ) -> Result<Self, String> {
        let config: Vec<_> = config.into_iter().collect();
        let pairs = SINGLE_NODE.iter().chain(&config).copied();
        let broker = BrokerConfig::from_pairs(pairs).map_err(|error| error.to_string())?;
        let store = MemoryStore::new(STORE_BYTES);
        let settings = Settings { broker: Arc::new(broker), profile: StoreProfile::MEMORY, seed };
        let shard = Shard::open(now, settings, &store.contents())?;
        let names = config.iter().map(|(name, _)| *name);
        let notices = logboat_core::config::notices(names);
        let mut broker = Self {
            now,
            shard,
            store,
            workspace: None,
            clients: BTreeMap::new(),
            last_client: 0,
            deadlines: BTreeSet::new(),
            answered: VecDeque::new(),
            changed: VecDeque::new(),
            notices: notices.into_iter().map(|line| format!("W{line}")).collect(),
            opening: Opening::Pending,
            output: Bytes::new(),
            room: BytesMut::new(),
        };
        broker.turn(now);
        match &broker.opening {
            Opening::Ready => Ok(broker),
            Opening::Refused(line) => Err(line.clone()),
            Opening::Pending => Err("the store in memory did not open".into()),
        }
    }

    /// A new connection: its number, from 1. `host` and `port` are what its client is told to connect to.
    pub fn connect(&mut self, host: &str, port: u16, client_host: &str) -> u32 {
        self.last_client += 1;
        let endpoint = Endpoint {
            listener: KString::from_static("PLAINTEXT"),
            host: KString::from(host),
            port,
            client_host: KString::from(client_host),
        };
        let connection = Connection::new(ConnectionId(self.last_client.into()), endpoint);
        let client = Client {
            connection,
            unsent: VecDeque::new(),
            closing: None,
            deadline: None,
            marked: false,
        };
        self.clients.insert(self.last_client, client);
        self.last_client
    }

    /// Ends a connection; what its client did not take is lost.
    pub fn disconnect(&mut self, now: Now, number: u32) {
        let Some(client) = self.clients.remove(&number) else { return };
        if let Some(deadline) = client.deadline {
            self.deadlines.remove(&(deadline, number));
        }
        self.shard.handle(now, Input::Disconnected(client.connection.id()));
        self.turn(now);
    }

    /// Takes bytes from a client. They are kept, not copied, where they hold whole frames: a batch lives as long as the
    /// piece that it came in.
    pub fn receive(&mut self, now: Now, number: u32, bytes: Vec<u8>) {
        let (Some(client), Some(workspace)) = (self.clients.get_mut(&number), &self.workspace)
        else {
            return;
        };
        client.connection.receive(&mut BytesMut::from(Bytes::from(bytes)), workspace);
        self.answered.push_back(number);
        self.turn(now);
    }

    /// Takes the next bytes for a client into [`Self::output`], which is empty when there are none.
    pub fn take(&mut self, now: Now, number: u32) {
        self.output = Bytes::new();
        let Some(client) = self.clients.get_mut(&number) else { return };
        let Some(first) = client.unsent.pop_front() else { return };
        client.connection.sent(now);
        let small = |piece: &Bytes| piece.len() < LARGE_PIECE;
        if small(&first) && client.unsent.front().is_some_and(small) {
            self.room.reserve(GATHERED);
            self.room.extend_from_slice(&first);
            while self.room.len() < GATHERED - LARGE_PIECE
                && let Some(piece) = client.unsent.pop_front_if(|piece| small(piece))
            {
                self.room.extend_from_slice(&piece);
            }
            self.output = self.room.split().freeze();
        } else {
            self.output = first;
        }
        if client.unsent.is_empty() {
            // It was held up, and may go on.
            self.answered.push_back(number);
            self.turn(now);
        }
    }

    /// The bytes of the last [`Self::take`].
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// The next connection whose [`State`] may have changed since it was last named here; 0 when there is none.
    pub fn changed(&mut self) -> u32 {
        while let Some(number) = self.changed.pop_front() {
            if let Some(client) = self.clients.get_mut(&number) {
                client.marked = false;
                return number;
            }
        }
        0
    }

    /// What can be done with a connection; one that is not there is over.
    #[must_use]
    pub fn state(&self, number: u32) -> State {
        let Some(client) = self.clients.get(&number) else {
            return State { over: true, ..State::default() };
        };
        let readable = !client.unsent.is_empty();
        State {
            readable,
            writable: !readable && client.closing.is_none() && client.connection.wants_read(),
            over: !readable && client.closing.is_some(),
        }
    }

    /// Why the broker closed a connection; `None` where it did not.
    #[must_use]
    pub fn close_reason(&self, number: u32) -> Option<String> {
        Some(self.clients.get(&number)?.closing?.to_string())
    }

    /// The oldest line for people that was not taken yet, behind the first letter of its level.
    pub fn notice(&mut self) -> Option<String> {
        self.notices.pop_front()
    }

    /// When to call [`Self::turn`] at the latest.
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        let shard = self.shard.poll_timeout().map(|(at, _)| at);
        let client = self.deadlines.first().map(|(at, _)| *at);
        shard.into_iter().chain(client).min()
    }

    /// Keeps a line for people.
    pub(crate) fn note(&mut self, level: Level, line: &str) {
        let letter = match level {
            Level::Debug => 'D',
            Level::Info => 'I',
            Level::Warn => 'W',
            Level::Error => 'E',
        };
        // Nobody need ask for them.
        if self.notices.len() == NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(format!("{letter}{line}"));
    }
}
