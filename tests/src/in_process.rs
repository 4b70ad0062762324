//! A broker in this process, over the store in memory, in virtual time.
//!
//! It is a host like the others: it carries effects and inputs and knows nothing of Kafka. Time stands still while
//! something is to be done, and jumps to the next timer while somebody waits.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use logboat_core::chunk::Chunk;
use logboat_core::config::{BrokerConfig, SINGLE_NODE};
use logboat_core::connection::{Connection, Demand, Endpoint, Workspace};
use logboat_core::memory_store::MemoryStore;
use logboat_core::protocol::KString;
use logboat_core::shard::input::ConnectionId;
use logboat_core::shard::{Effect, Input, Settings, Shard, StoreProfile};
use logboat_core::time::{Instant, Now, UnixMillis};

use crate::client::{Read, cut};

/// Where virtual time begins, Unix milliseconds: 14 November 2023.
const START: i64 = 1_700_000_000_000;
/// Bytes of a journal file: small, so that cases meet more than one.
const JOURNAL_FILE: u64 = 4 << 20;
/// How long a pause the host makes before it reads a client's next bytes: a turn takes time.
const TURN: Duration = Duration::from_micros(100);

/// One broker with its store and its connections.
#[derive(Debug)]
pub struct Broker {
    config: Vec<(String, String)>,
    now: Now,
    store: MemoryStore,
    shard: Shard,
    workspace: Option<Workspace>,
    connections: BTreeMap<ConnectionId, End>,
    next: u64,
    ready: bool,
    stopped: bool,
    quiet: bool,
}

#[derive(Debug)]
struct End {
    connection: Connection,
    out: BytesMut,
    closed: bool,
}

impl Broker {
    /// Starts a broker on an empty store. `config` comes after the values of Kafka's own file for a single node.
    #[must_use]
    pub fn start(config: &[(&str, &str)]) -> Self {
        Self::with(config, false)
    }

    /// As [`Self::start`], and its lines for people are not shown.
    #[must_use]
    pub fn quiet(config: &[(&str, &str)]) -> Self {
        Self::with(config, true)
    }

    fn with(config: &[(&str, &str)], quiet: bool) -> Self {
        // Cases let hours pass in a step, and their connections are to outlive that.
        let patient = [("connections.max.idle.ms", "-1")];
        let pairs = SINGLE_NODE.iter().chain(&patient).chain(config);
        let config = pairs.map(|(key, value)| ((*key).to_string(), (*value).to_string())).collect();
        let now = Now { instant: Instant::from_nanos(1_000_000_000), wall: UnixMillis(START) };
        Self::open(config, MemoryStore::new(8 << 30), now, 1, quiet)
    }

    fn open(
        config: Vec<(String, String)>,
        store: MemoryStore,
        now: Now,
        next: u64,
        quiet: bool,
    ) -> Self {
        let pairs = config.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let broker = BrokerConfig::from_pairs(pairs).unwrap_or_else(|error| panic!("{error}"));
        let profile = StoreProfile { journal_file_bytes: JOURNAL_FILE, ..StoreProfile::MEMORY };
        let settings = Settings { broker: broker.into(), profile, seed: 7 + next };
        let shard =
            Shard::open(now, settings, &store.contents()).unwrap_or_else(|line| panic!("{line}"));
        let mut broker = Self {
            config,
            now,
            store,
            shard,
            workspace: None,
            connections: BTreeMap::new(),
            next,
            ready: false,
            stopped: false,
            quiet,
        };
        broker.turn();
        assert!(broker.ready, "a broker in memory is ready at once");
        broker
    }

    /// Stops the broker, in order or as a crash does, and starts it again on what its store has. Connections are gone.
    ///
    /// # Panics
    /// Where it does not stop or start.
    pub fn restart(&mut self, in_order: bool) {
        if in_order {
            self.shard.handle(self.now, Input::Shutdown);
            self.turn();
            assert!(self.stopped, "a shutdown ends");
        }
        let (config, store) = (std::mem::take(&mut self.config), std::mem::take(&mut self.store));
        *self = Self::open(config, store, self.now, self.next, self.quiet);
    }

    /// The wall clock, Unix milliseconds.
    #[must_use]
    pub const fn wall(&self) -> i64 {
        self.now.wall.0
    }

    /// A new connection.
    pub fn connect(&mut self) -> ConnectionId {
        let id = ConnectionId(self.next);
        self.next += 1;
        let endpoint = Endpoint {
            listener: KString::from_static("PLAINTEXT"),
            host: KString::from_static("127.0.0.1"),
            port: 9092,
            client_host: KString::from_static("/127.0.0.1"),
        };
        let end =
            End { connection: Connection::new(id, endpoint), out: BytesMut::new(), closed: false };
        self.connections.insert(id, end);
        id
    }

    /// The client is gone.
    pub fn disconnect(&mut self, id: ConnectionId) {
        if self.connections.remove(&id).is_some() {
            self.shard.handle(self.now, Input::Disconnected(id));
            self.turn();
        }
    }

    /// What the connection holds of frames leaves the memory that they came in, as with a host whose arena goes on.
    pub fn leave_arena(&mut self, id: ConnectionId) {
        if let Some(end) = self.connections.get_mut(&id) {
            end.connection.leave_arena();
        }
    }

    /// The client sends bytes; they arrive in two pieces, cut where they like least.
    pub fn send(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.sleep(TURN);
        let cut = bytes.len().min(7);
        for piece in [&bytes[..cut], &bytes[cut..]] {
            if let (Some(end), Some(workspace)) = (self.connections.get_mut(&id), &self.workspace) {
                end.connection.receive(&mut BytesMut::from(piece), workspace);
            }
            self.turn();
        }
    }

    /// Waits up to `patience` of virtual time for a frame.
    pub fn read(&mut self, id: ConnectionId, patience: Duration) -> Read {
        let deadline = add(self.now.instant, patience);
        loop {
            self.turn();
            let Some(end) = self.connections.get_mut(&id) else { return Read::Closed };
            if let Some(frame) = cut(&mut end.out) {
                return Read::Frame(frame);
            }
            if end.closed {
                return Read::Closed;
            }
            if self.now.instant >= deadline {
                return Read::Nothing;
            }
            self.step(deadline);
        }
    }

    /// Lets `time` pass.
    pub fn sleep(&mut self, time: Duration) {
        let deadline = add(self.now.instant, time);
        self.turn();
        while self.now.instant < deadline {
            self.step(deadline);
        }
    }

    /// Moves time to the next timer, or to `deadline` if that is earlier.
    fn step(&mut self, deadline: Instant) {
        let open = self.connections.values().filter(|end| !end.closed);
        let timers = open.filter_map(|end| end.connection.poll_timeout());
        let next = timers.chain(self.shard.poll_timeout().map(|(at, _)| at)).min();
        let due = next.filter(|next| *next <= deadline);
        // A timer that is already due must move when it is served, or this would never end.
        let to = due.unwrap_or(deadline).max(Instant::from_nanos(self.now.instant.as_nanos() + 1));
        let nanos = to.as_nanos() - self.now.instant.as_nanos();
        let wall = START
            + i64::try_from((to.as_nanos() - 1_000_000_000) / 1_000_000).expect("a test is short");
        self.now = Now {
            instant: add(self.now.instant, Duration::from_nanos(nanos)),
            wall: UnixMillis(wall),
        };
        if due.is_some() {
            self.shard.handle(self.now, Input::Tick);
        }
        self.turn();
    }

    /// Carries effects and inputs until nothing is left to do.
    fn turn(&mut self) {
        loop {
            let mut busy = false;
            while let Some(effect) = self.shard.poll_effect() {
                busy = true;
                self.carry(effect);
            }
            let Some(workspace) = &mut self.workspace else { return };
            for end in self.connections.values_mut().filter(|end| !end.closed) {
                while let Some(demand) = end.connection.poll_demand(self.now, workspace) {
                    busy = true;
                    match demand {
                        Demand::Request { id, context, operation, .. } => {
                            self.shard.handle(self.now, Input::Request { id, context, operation });
                        }
                        Demand::Close(_) => end.closed = true,
                    }
                }
                while let Some(chunk) = end.connection.poll_transmit() {
                    busy = true;
                    match chunk {
                        Chunk::Bytes(bytes) => end.out.extend_from_slice(&bytes),
                        Chunk::Stored { object, at, len } => {
                            for slice in self.store.slices(object, at, len) {
                                end.out.extend_from_slice(&slice);
                            }
                        }
                    }
                }
            }
            let closed: Vec<_> =
                self.connections.iter().filter(|(_, end)| end.closed).map(|(id, _)| *id).collect();
            for id in closed {
                // What was sent before the close stays readable; a client without anything to read sees the close.
                if self.connections.get(&id).is_some_and(|end| end.out.is_empty()) {
                    self.connections.remove(&id);
                    self.shard.handle(self.now, Input::Disconnected(id));
                    busy = true;
                }
            }
            if !busy {
                return;
            }
        }
    }

    fn carry(&mut self, effect: Effect) {
        match effect {
            Effect::Storage(effect) => {
                if let Some((operation, result)) = self.store.execute(effect) {
                    self.shard.handle(self.now, Input::Storage { operation, result });
                }
            }
            Effect::Reply { id, reply } => {
                if let (Some(end), Some(workspace)) =
                    (self.connections.get_mut(&id.connection), &mut self.workspace)
                {
                    end.connection.reply(id, reply, workspace);
                }
            }
            Effect::Image(image) => match &mut self.workspace {
                Some(workspace) => workspace.image = image,
                None => self.workspace = Some(Workspace::new(image)),
            },
            Effect::Notice(_) if self.quiet => {}
            Effect::Notice(notice) => println!("{notice}"),
            Effect::Ready => self.ready = true,
            Effect::Refused(line) => panic!("the store is refused: {line}"),
            Effect::Stopped => self.stopped = true,
        }
    }
}

fn add(instant: Instant, time: Duration) -> Instant {
    Instant::from_nanos(
        instant.as_nanos() + u64::try_from(time.as_nanos()).expect("a test is short"),
    )
}
