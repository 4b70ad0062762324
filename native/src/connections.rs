//! The table of client connections: a core connection, its socket, and what is being sent on it.
//!
//! Places are used again, numbers never: a number holds its place and a count of how many connections there were.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

use logboat_core::connection::{Connection, Endpoint};
use logboat_core::shard::input::ConnectionId;
use logboat_core::time::Instant;

use crate::reactor::Interest;
use crate::send::Piece;

/// Low bits of a connection's number that hold its place.
const PLACE_BITS: u32 = 24;
/// More connections than any machine has descriptors for.
const PLACES_MAX: usize = 1 << PLACE_BITS;

/// One client.
#[derive(Debug)]
pub struct Client {
    /// The core's half.
    pub connection: Connection,
    /// The address that it comes from.
    pub address: IpAddr,
    /// The socket.
    pub socket: OwnedFd,
    /// What was taken from the connection and is not sent.
    pub unsent: VecDeque<Piece>,
    /// What the reactor tells of it now.
    pub interest: Interest,
    /// Whether it is in the list of those that hold chunks of the arena.
    pub lingers: bool,
    /// Whether it is in the list of those with requests to be taken up.
    pub waits: bool,
    /// Whether it is in the list of those to be sent to.
    pub marked: bool,
    /// Whether the socket takes no more for now.
    pub blocked: bool,
    /// Whether a range that is to be sent is being read.
    pub warming: bool,
    /// Whether what is to be sent cannot be read.
    pub broken: bool,
    /// Whether it is to be closed when everything is sent.
    pub closing: bool,
    /// Whether the log knows what it calls itself.
    pub named: bool,
    /// Its earliest deadline that is in the list of deadlines.
    pub deadline: Option<Instant>,
    /// Requests that the shard has not answered.
    pub unanswered: u32,
    /// The number of the newest request that the shard was handed.
    pub last_request: u64,
    /// Whether it may have to be sent parts of objects that are to be dropped.
    pub holds: bool,
    /// Requests that the shard has not answered, of those that may be answered with such parts.
    pub held: u32,
    /// The number of the last of these.
    pub held_up_to: u64,
}

impl Client {
    /// Its number.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.connection.id()
    }

    /// Whether there may be something to be sent that was answered already.
    #[must_use]
    pub fn is_sending(&self) -> bool {
        self.marked || self.blocked || self.warming || !self.unsent.is_empty()
    }
}

/// All clients.
#[derive(Debug, Default)]
pub struct Connections {
    // Boxed: an empty place costs a pointer, and clients do not move.
    places: Vec<Option<Box<Client>>>,
    free: Vec<usize>,
    accepted: u64,
}

const fn place(id: ConnectionId) -> usize {
    (id.0 & (PLACES_MAX as u64 - 1)) as usize
}

impl Connections {
    /// Takes in a client, unless there are more than can be numbered.
    pub fn insert(
        &mut self,
        socket: OwnedFd,
        endpoint: Endpoint,
        address: IpAddr,
    ) -> Option<ConnectionId> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.places.len() < PLACES_MAX => {
                self.places.push(None);
                self.places.len() - 1
            }
            None => return None,
        };
        let id = ConnectionId((self.accepted << PLACE_BITS) | place as u64);
        self.accepted += 1;
        let client = Client {
            connection: Connection::new(id, endpoint),
            address,
            socket,
            unsent: VecDeque::new(),
            interest: Interest::READ,
            lingers: false,
            waits: false,
            marked: false,
            blocked: false,
            warming: false,
            broken: false,
            closing: false,
            named: false,
            deadline: None,
            unanswered: 0,
            last_request: 0,
            holds: false,
            held: 0,
            held_up_to: 0,
        };
        if let Some(free) = self.places.get_mut(place) {
            *free = Some(Box::new(client));
        }
        Some(id)
    }

    /// The client of that number, if it is still there.
    pub fn get(&mut self, id: ConnectionId) -> Option<&mut Client> {
        self.places.get_mut(place(id))?.as_deref_mut().filter(|client| client.id() == id)
    }

    /// Takes out the client of that number.
    pub fn remove(&mut self, id: ConnectionId) -> Option<Box<Client>> {
        self.get(id)?;
        let client = self.places.get_mut(place(id))?.take();
        self.free.push(place(id));
        client
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, by place.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.places.iter().flatten().map(|client| &**client)
    }

    /// All of them, by place, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Client> {
        self.places.iter_mut().flatten().map(|client| &mut **client)
    }
}
