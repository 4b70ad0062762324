//! The loop: one thread that carries bytes between sockets, the core and the store.
//!
//! A turn takes what the sockets hold, feeds the core, does what the core wants of the store, and sends what is answered:
//! so requests of many clients share a slot, a write and a flush. Nothing in a turn may wait.

mod accept;
mod drops;
mod effects;
mod start;
mod stop;
mod told;
mod transmit;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use logboat_core::connection::{CloseReason, Demand, Workspace};
use logboat_core::memory_store::Completion;
use logboat_core::shard::Shard;
use logboat_core::shard::input::{ConnectionId, Input};
use logboat_core::time::{Instant, Now};

use crate::arena::Arena;
use crate::clock::Clock;
use crate::connections::{Client, Connections};
use crate::disk_store::Warmed;
use crate::listener::Listener;
use crate::reactor::{Interest, Reactor, Ready};
use crate::signals::Signals;
use crate::store::Store;
use crate::uninit_io::read_socket;
use accept::Accepting;
use drops::Drops;
pub use start::{Options, StartError, Storage};
use stop::Stage;
pub use stop::Stop;
use told::Limits;

/// What one client may send in one turn, so that checks and the write find its bytes in the processor's cache, and
/// nobody waits for long.
const READ_MAX: usize = 512 * 1024;
/// The arena turns to another chunk when it has less room than this: frames up to this size arrive in place.
const ROOM_MIN: usize = 128 * 1024;
/// The arena's chunks.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks that the arena keeps for another use: the journal's tail and what is under way.
const CHUNKS_KEPT: usize = 32;

/// How long a turn goes on with requests that waited for answers to be sent, milliseconds: a client that has asked for
/// much at once must not keep the others waiting.
const TURN_MS: i64 = 2;
/// Clients that hold a chunk are let be while the arena goes on by fewer chunks than this: most frames are whole by then.
const LINGER_TURNS: u64 = 8;

/// Tokens of the reactor that are not connections; connections never come so far.
const SIGNALS: u64 = u64::MAX - 1;
const FIRST_LISTENER: u64 = u64::MAX - 2;
const LISTENERS_MAX: u64 = 1024;

/// A running server.
#[derive(Debug)]
pub struct Server {
    clock: Clock,
    now: Now,
    stage: Stage,
    reactor: Reactor,
    ready: Vec<Ready>,
    signals: Option<Signals>,
    listeners: Vec<Listener>,
    accepting: Accepting,
    limits: Limits,
    connections: Connections,
    /// One entry at least for every client with a deadline; those that do not fit any more are passed over.
    deadlines: BinaryHeap<Reverse<(Instant, ConnectionId)>>,
    /// Clients that may hold chunks of the arena, with how far the arena was.
    lingering: VecDeque<(u64, ConnectionId)>,
    /// Clients that there may be something to send to.
    marked: Vec<ConnectionId>,
    /// Clients with requests that waited for those before them.
    backlog: VecDeque<ConnectionId>,
    arena: Arena,
    workspace: Option<Workspace>,
    shard: Shard,
    store: Store,
    completions: Vec<Completion>,
    warm: Vec<Warmed>,
    drops: Drops,
    /// What the ready line says of the store.
    kept: String,
}

impl Server {
    /// Serves until a signal asks to stop, or nothing can be served any more.
    ///
    /// # Errors
    /// Where the system refuses to wait for sockets.
    pub fn run(mut self) -> io::Result<Stop> {
        loop {
            if let Stage::Over(stop) = self.stage {
                if stop == Stop::Failed {
                    // A disk that hangs must not keep the process: its helpers are not waited for.
                    std::mem::forget(self);
                }
                return Ok(stop);
            }
            self.turn()?;
        }
    }

    /// The addresses that it listens on, in the order of `listeners`.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners.iter().map(Listener::address)
    }

    fn turn(&mut self) -> io::Result<()> {
        let timeout = self.timeout();
        let mut ready = std::mem::take(&mut self.ready);
        let waited = self.reactor.wait(timeout, &mut ready);
        self.now = self.clock.now();
        for event in &ready {
            match event.token {
                SIGNALS => self.signalled(),
                token if token > FIRST_LISTENER - LISTENERS_MAX => {
                    self.accept(FIRST_LISTENER - token)
                }
                token => self.client_ready(ConnectionId(token), *event),
            }
        }
        self.ready = ready;
        self.expire();
        self.settle();
        let late = self.now.instant.plus_millis(TURN_MS);
        while self.transmit() | self.take_up(late) {
            self.settle();
            if self.clock.now().instant >= late {
                break;
            }
        }
        self.free_arena();
        self.drop_objects();
        self.check_stop();
        waited
    }

    /// How long the loop may sleep.
    fn timeout(&self) -> Option<Duration> {
        if !self.marked.is_empty() || !self.backlog.is_empty() || self.stage == Stage::Starting {
            return Some(Duration::ZERO);
        }
        let shard = self.shard.poll_timeout().map(|(deadline, _)| deadline);
        let client = self.deadlines.peek().map(|Reverse((deadline, _))| *deadline);
        let deadlines = [
            shard,
            client,
            self.accepting.again_at(),
            self.stage.deadline(),
            self.drops.deadline(),
        ];
        // The clock has moved on since the turn began; a sleep that is a turn too long is made up for by the next one.
        let now = self.clock.now().instant;
        deadlines.into_iter().flatten().min().map(|deadline| deadline.since(now))
    }

    fn client_ready(&mut self, id: ConnectionId, event: Ready) {
        let Some(client) = self.connections.get(id) else { return };
        if event.writable {
            client.blocked = false;
            mark(client, &mut self.marked);
        }
        // A client that is not read from is not told of otherwise.
        if event.gone && !client.interest.read {
            self.close(id);
        } else if event.readable {
            self.read(id);
        }
    }

    /// Takes what a client has sent, and hands its requests to the core.
    fn read(&mut self, id: ConnectionId) {
        let mut budget = READ_MAX;
        while budget > 0 {
            let Some(workspace) = &self.workspace else { return };
            let Some(client) = self.connections.get(id) else { return };
            if !wants_read(client) {
                self.update_interest(id);
                return;
            }
            let arena = self.arena.room(ROOM_MIN);
            let Client { connection, socket, .. } = client;
            let missing = connection.missing();
            let partial = connection.partial();
            // A frame that has outgrown its buffer gets a larger one first, so that it is not copied out of the arena.
            let grows = partial
                .as_ref()
                .is_some_and(|partial| partial.capacity() - partial.len() < missing);
            let limit = if grows { 0 } else { budget };
            match read_socket(
                socket.as_fd(),
                partial.map(|partial| (partial, missing)),
                (arena, limit),
            ) {
                Ok(read) if read.bytes > 0 => {
                    connection.receive(arena, workspace);
                    self.poll_demands(id);
                    if !read.filled {
                        return;
                    }
                    budget = budget.saturating_sub(read.bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {
                    self.close(id);
                    return;
                }
            }
        }
    }

    /// Does what a connection wants.
    fn poll_demands(&mut self, id: ConnectionId) {
        let Some(workspace) = &mut self.workspace else { return };
        let Some(client) = self.connections.get(id) else { return };
        while let Some(demand) = client.connection.poll_demand(self.now, workspace) {
            match demand {
                Demand::Request { shard: _, id, context, operation } => {
                    if !client.named {
                        client.named = true;
                        told::named(client, &context.client_id);
                    }
                    client.unanswered += 1;
                    client.last_request = id.sequence;
                    self.shard.handle(self.now, Input::Request { id, context, operation });
                }
                Demand::Close(reason) => {
                    client.closing = true;
                    // Who is idle does not take what is unsent either.
                    client.broken |= reason == CloseReason::Idle;
                    told::closing(client, reason, &mut self.limits, self.now.instant);
                }
            }
        }
        mark(client, &mut self.marked);
        if !client.lingers && client.connection.holds_arena() {
            client.lingers = true;
            self.lingering.push_back((self.arena.turns(), id));
        }
        if let Some(deadline) = client.connection.poll_timeout()
            && client.deadline.is_none_or(|known| deadline < known)
        {
            client.deadline = Some(deadline);
            self.deadlines.push(Reverse((deadline, id)));
        }
    }

    /// Tells the core and its connections what time it is, where they want to know.
    fn expire(&mut self) {
        let now = self.now.instant;
        while let Some(Reverse((deadline, id))) = self.deadlines.peek().copied()
            && deadline <= now
        {
            self.deadlines.pop();
            if let Some(client) = self.connections.get(id)
                && client.deadline == Some(deadline)
            {
                client.deadline = None;
                self.poll_demands(id);
            }
        }
        if self.shard.poll_timeout().is_some_and(|(deadline, _)| deadline <= now) {
            self.shard.handle(self.now, Input::Tick);
        }
        self.accept_again();
    }

    /// Ends a client.
    fn close(&mut self, id: ConnectionId) {
        let Some(mut client) = self.connections.remove(id) else { return };
        self.drops.gone(&mut client);
        told::gone(&client);
        self.left(&client);
        drop(client);
        self.shard.handle(self.now, Input::Disconnected(id));
    }

    /// Lets clients that have not gone on for a while hold their own bytes only, and no chunk of the arena.
    fn free_arena(&mut self) {
        while let Some((turns, id)) = self.lingering.front().copied()
            && turns + LINGER_TURNS <= self.arena.turns()
        {
            self.lingering.pop_front();
            if let Some(client) = self.connections.get(id) {
                client.lingers = false;
                client.connection.leave_arena();
            }
        }
    }

    fn update_interest(&mut self, id: ConnectionId) {
        let Some(client) = self.connections.get(id) else { return };
        let interest = Interest { read: wants_read(client), write: client.blocked };
        if interest != client.interest {
            client.interest = interest;
            if self.reactor.modify(&client.socket, id.0, interest).is_err() {
                self.close(id);
            }
        }
    }
}

/// Whether a client is to be read from: not while it leaves its answers unread.
fn wants_read(client: &Client) -> bool {
    !client.closing && client.unsent.is_empty() && client.connection.wants_read()
}

fn mark(client: &mut Client, marked: &mut Vec<ConnectionId>) {
    if !client.marked {
        client.marked = true;
        marked.push(client.id());
    }
}
