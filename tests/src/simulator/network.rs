//! The network: bytes on their way, cut anew, late, and sometimes gone with their connection.
//!
//! It must never reorder the bytes of one direction.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use bytes::Bytes;

use super::random::Stream;

/// A millisecond in the simulation's time, ns.
pub const MS: u64 = 1_000_000;

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A storage operation of this run of the broker ends.
    Stored {
        /// The run.
        run: u64,
        /// The operation.
        operation: u64,
    },
    /// Bytes reach the broker.
    ToBroker(u64),
    /// Bytes reach the client.
    ToClient(u64),
    /// A client looks around.
    Wake(usize),
    /// Something goes wrong.
    Trouble,
    /// The broker is started, if it is not running.
    Start,
    /// The broker is looked at from beside.
    Inspect,
}

/// What will happen, soonest first; of two things at one time, the one that was planned first.
#[derive(Debug, Default)]
pub struct Agenda {
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    planned: u64,
}

impl Agenda {
    /// Plans an event.
    pub fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.heap.push(Reverse((at, self.planned, event)));
    }

    /// The time of the next event.
    #[must_use]
    pub fn next_time(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<(u64, Event)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}

/// Bytes on their way, with the times of their sending and arrival.
#[derive(Clone, Debug)]
struct Piece {
    sent: u64,
    arrives: u64,
    bytes: Bytes,
}

/// One connection.
#[derive(Debug)]
pub struct Link {
    /// The client's number.
    pub client: usize,
    to_broker: VecDeque<Piece>,
    to_client: VecDeque<Piece>,
    /// The broker closed: the client sees that after the last byte.
    pub ends: bool,
}

/// All connections.
#[derive(Debug)]
pub struct Network {
    links: BTreeMap<u64, Link>,
    next: u64,
    dice: Stream,
    /// Whether all is well: no delays to speak of.
    pub calm: bool,
}

impl Network {
    /// A network without connections.
    #[must_use]
    pub const fn new(dice: Stream) -> Self {
        Self { links: BTreeMap::new(), next: 1, dice, calm: false }
    }

    /// A new connection.
    pub fn connect(&mut self, client: usize) -> u64 {
        let id = self.next;
        self.next += 1;
        let link =
            Link { client, to_broker: VecDeque::new(), to_client: VecDeque::new(), ends: false };
        self.links.insert(id, link);
        id
    }

    /// The connection, while it lasts.
    pub fn link(&mut self, id: u64) -> Option<&mut Link> {
        self.links.get_mut(&id)
    }

    /// Ends a connection at once; bytes on their way are lost. Gives its client.
    pub fn cut(&mut self, id: u64) -> Option<usize> {
        self.links.remove(&id).map(|link| link.client)
    }

    /// The numbers of all connections.
    #[must_use]
    pub fn all(&self) -> Vec<u64> {
        self.links.keys().copied().collect()
    }

    fn send(
        dice: &mut Stream,
        calm: bool,
        queue: &mut VecDeque<Piece>,
        now: u64,
        mut bytes: Bytes,
        mut plan: impl FnMut(u64),
    ) {
        let mut last = queue.back().map_or(now, |piece| piece.arrives).max(now);
        let fine = !calm && dice.per_mille(20);
        while !bytes.is_empty() {
            let most = match dice.below(10) {
                _ if fine => 3,
                0 => 16,
                1..=3 => 1500,
                _ => 1 << 20,
            };
            // A thousand tiny pieces are enough of them.
            let most = if bytes.len() > 2000 { most.max(512) } else { most };
            let piece = bytes.split_to(bytes.len().min(dice.range(1, most) as usize));
            let delay = match dice.below(100) {
                _ if calm => dice.range(10_000, MS),
                0 => dice.range(MS, 300 * MS),
                1..=9 => dice.range(MS, 20 * MS),
                _ => dice.range(10_000, MS),
            };
            last = last.max(now + delay);
            queue.push_back(Piece { sent: now, arrives: last, bytes: piece });
            plan(last);
        }
    }

    /// A client sends.
    pub fn to_broker(&mut self, id: u64, now: u64, bytes: Bytes, agenda: &mut Agenda) {
        let Some(link) = self.links.get_mut(&id) else { return };
        Self::send(&mut self.dice, self.calm, &mut link.to_broker, now, bytes, |at| {
            agenda.plan(at, Event::ToBroker(id));
        });
    }

    /// The broker sends.
    pub fn to_client(&mut self, id: u64, now: u64, bytes: Bytes, agenda: &mut Agenda) {
        let Some(link) = self.links.get_mut(&id) else { return };
        Self::send(&mut self.dice, self.calm, &mut link.to_client, now, bytes, |at| {
            agenda.plan(at, Event::ToClient(id));
        });
    }

    /// Bytes that have reached the broker by now.
    pub fn at_broker(&mut self, id: u64, now: u64) -> Option<Bytes> {
        let queue = &mut self.links.get_mut(&id)?.to_broker;
        queue.pop_front_if(|piece| piece.arrives <= now).map(|piece| piece.bytes)
    }

    /// Bytes that have reached the client by now, with the time of their sending.
    pub fn at_client(&mut self, id: u64, now: u64) -> Option<(u64, Bytes)> {
        let queue = &mut self.links.get_mut(&id)?.to_client;
        queue.pop_front_if(|piece| piece.arrives <= now).map(|piece| (piece.sent, piece.bytes))
    }

    /// Bytes on their way to the client.
    #[must_use]
    pub fn queued_to_client(&self, id: u64) -> usize {
        let queue = self.links.get(&id).map(|link| &link.to_client);
        queue.map_or(0, |queue| queue.iter().map(|piece| piece.bytes.len()).sum())
    }
}
