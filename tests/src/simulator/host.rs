//! The host of one run of the broker: carries bytes, effects and completions, as a server does.
//!
//! It must never wait, and never know better than the core.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::{Chunk, ObjectId};
use logboat_core::connection::{Connection, Demand, Workspace};
use logboat_core::protocol::{ErrorCode, Response};
use logboat_core::shard::input::{ConnectionId, OperationId, Reply, StorageEffect};
use logboat_core::shard::{Effect, Input, Settings, Shard};
use logboat_core::time::{Instant, Now, UnixMillis};

use super::inspector::endpoint;
use super::network::{Agenda, Event, MS, Network};
use super::random::Stream;
use super::store::{Defect, Store};
use super::trace::{Trace, digest};

/// More steps than any turn may have.
const POLL_BUDGET: u64 = 100_000;
/// The wall clock's time at the beginning of the simulation, Unix ms.
const EPOCH_MS: i64 = 1_700_000_000_000;
/// Room of the arena that sockets are read into, bytes.
const ARENA: usize = 8 << 10;
/// Bytes that the network takes from a connection before it stops.
const SEND_BUFFER: usize = 64 << 10;

/// What a turn works with.
#[derive(Debug)]
pub struct Around<'a> {
    /// ns since the beginning.
    pub now: u64,
    /// What will happen.
    pub agenda: &'a mut Agenda,
    /// The connections.
    pub network: &'a mut Network,
    /// The store.
    pub store: &'a mut Store,
    /// What happened.
    pub trace: &'a mut Trace,
    /// For the store's delays.
    pub dice: &'a mut Stream,
    /// Whether the store is fast and all is well.
    pub calm: bool,
}

/// Both clocks at a time.
#[must_use]
pub const fn clocks(now: u64) -> Now {
    Now { instant: Instant::from_nanos(now), wall: UnixMillis(EPOCH_MS + (now / MS) as i64) }
}

#[derive(Debug)]
struct Client {
    connection: Connection,
    /// Bytes that came and were not taken yet.
    inbox: BytesMut,
}

/// One run.
#[derive(Debug)]
pub struct Host {
    /// Which run of the broker this is, from 1.
    pub run: u64,
    shard: Shard,
    workspace: Option<Workspace>,
    clients: BTreeMap<u64, Client>,
    arena: BytesMut,
    /// When the last operation on each object ends: they end in order. The root is `None`.
    order: BTreeMap<Option<ObjectId>, u64>,
    /// Clients may come.
    pub ready: bool,
    /// The broker has stopped in order.
    pub stopped: bool,
    /// The state's hash when replay had ended.
    pub replayed: Option<u64>,
    /// The journal failed: nothing is acknowledged any more.
    pub failed: bool,
    /// The store had no room when it was asked last: what is appended may have no place yet.
    pub waits_for_room: bool,
    preparing: Option<OperationId>,
}

impl Host {
    /// Opens the store.
    ///
    /// # Errors
    /// Where it is refused.
    pub fn open(run: u64, settings: Settings, around: &mut Around<'_>) -> Result<Self, String> {
        let shard = Shard::open(clocks(around.now), settings, &around.store.contents())?;
        let mut host = Self {
            run,
            shard,
            workspace: None,
            clients: BTreeMap::new(),
            arena: BytesMut::with_capacity(ARENA),
            order: BTreeMap::new(),
            ready: false,
            stopped: false,
            replayed: None,
            failed: false,
            waits_for_room: false,
            preparing: None,
        };
        host.turn(around)?;
        Ok(host)
    }

    /// The whole broker, for people.
    #[must_use]
    pub fn dump(&self) -> String {
        format!("{:#?}", self.shard)
    }

    /// The hash of the broker's hard state.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.shard.state_hash()
    }

    /// When the broker wants to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let shard = self.shard.poll_timeout().map(|(at, _)| at.as_nanos());
        let clients = self.clients.values().filter_map(|c| c.connection.poll_timeout());
        clients.map(Instant::as_nanos).chain(shard).min()
    }

    /// The time has come, or something is to be asked for again.
    ///
    /// # Errors
    /// What is wrong.
    pub fn tick(&mut self, around: &mut Around<'_>) -> Result<(), String> {
        self.shard.handle(clocks(around.now), Input::Tick);
        let all: Vec<u64> = self.clients.keys().copied().collect();
        for id in all {
            self.poll_demands(id, around)?;
        }
        self.turn(around)
    }

    /// Stops the broker in order.
    ///
    /// # Errors
    /// What is wrong.
    pub fn shut_down(&mut self, around: &mut Around<'_>) -> Result<(), String> {
        self.shard.handle(clocks(around.now), Input::Shutdown);
        self.turn(around)
    }

    /// A storage operation ends.
    ///
    /// # Errors
    /// What is wrong.
    pub fn stored(&mut self, operation: u64, around: &mut Around<'_>) -> Result<(), String> {
        if let Some((operation, result)) = around.store.complete(OperationId(operation)) {
            self.failed |= matches!(result, Err(logboat_core::shard::input::StoreError::Failed(_)));
            if self.preparing.take_if(|preparing| *preparing == operation).is_some() {
                self.waits_for_room = result.is_err();
            }
            self.shard.handle(clocks(around.now), Input::Storage { operation, result });
        }
        self.turn(around)
    }

    /// Takes what has reached the broker on a connection.
    ///
    /// # Errors
    /// What is wrong.
    pub fn receive(&mut self, id: u64, around: &mut Around<'_>) -> Result<(), String> {
        if !self.ready {
            return Ok(());
        }
        let client = self.clients.entry(id).or_insert_with(|| Client {
            connection: Connection::new(ConnectionId(id), endpoint()),
            inbox: BytesMut::new(),
        });
        while let Some(bytes) = around.network.at_broker(id, around.now) {
            client.inbox.extend_from_slice(&bytes);
        }
        self.read(id, around)?;
        self.turn(around)
    }

    /// Gives a connection what it wants to read.
    fn read(&mut self, id: u64, around: &mut Around<'_>) -> Result<(), String> {
        loop {
            let (Some(client), Some(workspace)) = (self.clients.get_mut(&id), &self.workspace)
            else {
                return Ok(());
            };
            if client.inbox.is_empty() || !client.connection.wants_read() {
                return Ok(());
            }
            let missing = client.connection.missing();
            let direct = around.dice.per_mille(500);
            match client.connection.partial().filter(|_| direct) {
                Some(partial) => {
                    let room = (partial.capacity() - partial.len()).min(missing);
                    let take = room.min(client.inbox.len());
                    let bytes = client.inbox.split_to(take);
                    partial.extend_from_slice(&bytes);
                }
                None => {
                    if self.arena.capacity() < 64 {
                        self.arena = BytesMut::with_capacity(ARENA);
                    }
                    let take = self.arena.capacity().min(client.inbox.len());
                    let bytes = client.inbox.split_to(take);
                    self.arena.extend_from_slice(&bytes);
                    client.connection.receive(&mut self.arena, workspace);
                    if !self.arena.is_empty() {
                        return Err("the connection left bytes in the arena".into());
                    }
                }
            }
            self.poll_demands(id, around)?;
        }
    }

    /// A connection is gone.
    ///
    /// # Errors
    /// What is wrong.
    pub fn lost(&mut self, id: u64, around: &mut Around<'_>) -> Result<(), String> {
        if self.clients.remove(&id).is_some() {
            let gone = Input::Disconnected(ConnectionId(id));
            self.shard.handle(clocks(around.now), gone);
        }
        self.turn(around)
    }

    fn poll_demands(&mut self, id: u64, around: &mut Around<'_>) -> Result<(), String> {
        let mut budget = POLL_BUDGET;
        loop {
            let (Some(client), Some(workspace)) = (self.clients.get_mut(&id), &mut self.workspace)
            else {
                return Ok(());
            };
            let now = clocks(around.now);
            let Some(demand) = client.connection.poll_demand(now, workspace) else { break };
            match demand {
                Demand::Request { id, context, operation, .. } => {
                    around.trace.note("asked", id.connection.0, id.sequence);
                    self.shard.handle(now, Input::Request { id, context, operation });
                }
                Demand::Close(reason) => {
                    around.trace.note("closes", id, 0);
                    around.trace.say(|| format!("connection {id}: {reason:?}"));
                    self.transmit(id, around, usize::MAX)?;
                    if let Some(link) = around.network.link(id) {
                        link.ends = true;
                    }
                    around.agenda.plan(around.now + MS, Event::ToClient(id));
                    self.clients.remove(&id);
                    self.shard.handle(now, Input::Disconnected(ConnectionId(id)));
                    return Ok(());
                }
            }
            budget -= 1;
            if budget == 0 {
                return Err("livelock: a connection never runs out of demands".into());
            }
        }
        self.transmit(id, around, SEND_BUFFER)?;
        // Requests that waited for answers to be sent come next; each round takes some of them up.
        if self.clients.get(&id).is_some_and(|client| client.connection.has_backlog()) {
            return self.poll_demands(id, around);
        }
        Ok(())
    }

    /// Hands the network what it has room for.
    fn transmit(&mut self, id: u64, around: &mut Around<'_>, room: usize) -> Result<(), String> {
        let mut bytes = BytesMut::new();
        let queued = around.network.queued_to_client(id);
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        while queued + bytes.len() < room {
            let Some(chunk) = client.connection.poll_transmit() else { break };
            match chunk {
                Chunk::Bytes(b) => bytes.extend_from_slice(&b),
                Chunk::Stored { object, at, len } => {
                    let range = around.store.range(object, at, len).ok_or_else(|| {
                        format!("an answer names {len} bytes at {at} of object {}", object.0)
                    })?;
                    bytes.extend_from_slice(&range);
                }
            }
        }
        if !bytes.is_empty() {
            around.trace.note("sends", id, digest(&bytes));
            around.network.to_client(id, around.now, bytes.freeze(), around.agenda);
        }
        Ok(())
    }

    /// The network has room again.
    ///
    /// # Errors
    /// What is wrong.
    pub fn go_on(&mut self, id: u64, around: &mut Around<'_>) -> Result<(), String> {
        self.transmit(id, around, SEND_BUFFER)?;
        self.poll_demands(id, around)?;
        self.read(id, around)?;
        self.turn(around)
    }

    /// Carries effects until there is none.
    fn turn(&mut self, around: &mut Around<'_>) -> Result<(), String> {
        let mut budget = POLL_BUDGET;
        while let Some(effect) = self.shard.poll_effect() {
            self.carry(effect, around)?;
            budget -= 1;
            if budget == 0 {
                return Err("livelock: the shard never runs out of effects".into());
            }
        }
        Ok(())
    }

    fn carry(&mut self, effect: Effect, around: &mut Around<'_>) -> Result<(), String> {
        match effect {
            Effect::Storage(effect) => {
                if matches!(effect, StorageEffect::ReplaceRoot { .. }) && !self.ready {
                    self.replayed = Some(self.shard.state_hash());
                }
                if let StorageEffect::Prepare { operation, .. } = &effect {
                    self.preparing = Some(*operation);
                }
                let (kind, a, b) = described(&effect);
                around.trace.note(kind, a, b);
                if let Some((operation, object)) = around.store.issue(effect)? {
                    let last = self.order.get(&object).copied().unwrap_or(0);
                    let delay = match around.dice.below(100) {
                        _ if around.calm => around.dice.range(20_000, MS),
                        0..=2 => around.dice.range(MS, 200 * MS),
                        3..=40 => around.dice.range(100_000, 5 * MS),
                        _ => around.dice.range(5_000, 100_000),
                    };
                    let at = last.max(around.now + delay);
                    self.order.insert(object, at);
                    let event = Event::Stored { run: self.run, operation: operation.0 };
                    around.agenda.plan(at, event);
                }
            }
            Effect::Reply { id, reply } => {
                around.trace.note("replies", id.connection.0, id.sequence);
                let connection = id.connection.0;
                let reply = if around.store.defect == Some(Defect::HidesRefusals) {
                    without_refusals(reply)
                } else {
                    reply
                };
                if let (Some(client), Some(workspace)) =
                    (self.clients.get_mut(&connection), &mut self.workspace)
                {
                    client.connection.reply(id, reply, workspace);
                    self.poll_demands(connection, around)?;
                    self.read(connection, around)?;
                }
            }
            Effect::Image(image) => {
                around.trace.note("image", image.topics.len() as u64, 0);
                match &mut self.workspace {
                    Some(workspace) => workspace.image = image,
                    None => self.workspace = Some(Workspace::new(image)),
                }
            }
            Effect::Notice(notice) => around.trace.say(|| notice.to_string()),
            Effect::Ready => {
                around.trace.note("ready", self.run, 0);
                self.ready = true;
            }
            Effect::Refused(line) => return Err(format!("refused: {line}")),
            Effect::Stopped => {
                around.trace.note("stopped", self.run, 0);
                self.stopped = true;
            }
        }
        Ok(())
    }
}

/// An answer in which every commit was taken.
fn without_refusals(mut reply: Reply) -> Reply {
    if let Reply::Response(Response::OffsetCommit(answer)) = &mut reply {
        for partition in answer.topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
            partition.error_code = ErrorCode::NONE;
        }
    }
    reply
}

/// An effect in a line, for people.
#[must_use]
pub fn brief(effect: &StorageEffect) -> String {
    let (kind, a, b) = described(effect);
    format!("{kind} {} {} {b}", a >> 32, a & 0xffff_ffff)
}

/// What an effect is, for the trace.
fn described(effect: &StorageEffect) -> (&'static str, u64, u64) {
    let bytes = |chunks: &[Bytes]| {
        chunks.iter().fold(0_u64, |all, chunk| all.rotate_left(5) ^ digest(chunk))
    };
    match effect {
        StorageEffect::Append { object, at, chunks, flush, .. } => {
            let kind = if *flush { "append, flush" } else { "append" };
            (kind, (object.0 << 32) | at, bytes(chunks))
        }
        StorageEffect::Flush { object, .. } => ("flush", object.0, 0),
        StorageEffect::Prepare { object, bytes, .. } => ("prepare", object.0, *bytes),
        StorageEffect::Read { object, at, len, .. } => {
            ("read", (object.0 << 32) | at, u64::from(*len))
        }
        StorageEffect::Put { object, chunks, .. } => ("put", object.0, bytes(chunks)),
        StorageEffect::Drop { object } => ("drop", object.0, 0),
        StorageEffect::ReplaceRoot { bytes, .. } => ("root", digest(bytes), bytes.len() as u64),
    }
}
