//! Clients: producers, consumers, members of groups and an administrator, each with a connection that may break at any time.
//!
//! They behave as real clients do: ask again, in order. They must never look into the broker.

mod admin;
mod consumer;
mod member;
mod producer;

use std::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::protocol::{
    ApiKey, Decoder, KString, Request, Response, ResponseHeader, request_frame,
};

use super::model::Model;
use super::network::{Agenda, Event, MS, Network};
use super::random::Stream;
use super::trace::Trace;
pub use admin::Admin;
pub use consumer::Consumer;
pub use member::{Member, add_groups, group_name};
pub use producer::{Producer, Style};

/// What clients share.
#[derive(Debug)]
pub struct Field<'a> {
    /// ns since the beginning.
    pub now: u64,
    /// What will happen.
    pub agenda: &'a mut Agenda,
    /// The connections.
    pub network: &'a mut Network,
    /// What must be true.
    pub model: &'a mut Model,
    /// What happened.
    pub trace: &'a mut Trace,
    /// For what clients do.
    pub dice: &'a mut Stream,
    /// Whether no new work is to be begun.
    pub closing: bool,
    /// Whether the running broker's journal has failed.
    pub failed: bool,
}

/// A request that is not answered yet.
#[derive(Debug)]
struct Asked {
    key: ApiKey,
    version: i16,
    correlation_id: i32,
}

/// A client's side of its connection.
#[derive(Debug)]
pub struct Wire {
    number: usize,
    connection: Option<u64>,
    asked: VecDeque<Asked>,
    inbox: BytesMut,
    correlation_id: i32,
    client_id: KString,
}

impl Wire {
    fn new(number: usize) -> Self {
        Self {
            number,
            connection: None,
            asked: VecDeque::new(),
            inbox: BytesMut::new(),
            correlation_id: 0,
            client_id: KString::from(format!("client-{number}")),
        }
    }

    /// Sends a request; connects before it, where that is necessary.
    fn ask(
        &mut self,
        request: impl Into<Request>,
        version: i16,
        answered: bool,
        field: &mut Field<'_>,
    ) {
        let id = *self.connection.get_or_insert_with(|| field.network.connect(self.number));
        let request = request.into();
        self.correlation_id += 1;
        let (frame, _) = request_frame(
            &request,
            version,
            self.correlation_id,
            Some(self.client_id.clone()),
            BytesMut::new(),
        );
        let mut bytes = BytesMut::new();
        for chunk in frame {
            if let Chunk::Bytes(b) = chunk {
                bytes.put_slice(&b);
            }
        }
        if answered {
            self.asked.push_back(Asked {
                key: request.api_key(),
                version,
                correlation_id: self.correlation_id,
            });
        }
        field.network.to_broker(id, field.now, bytes.freeze(), field.agenda);
    }

    /// The next answer in what has come.
    fn answer(&mut self) -> Result<Option<(Response, i16)>, String> {
        let Some(prefix) = self.inbox.first_chunk::<4>() else { return Ok(None) };
        let len = usize::try_from(i32::from_be_bytes(*prefix)).map_err(|e| e.to_string())?;
        if self.inbox.len() < 4 + len {
            return Ok(None);
        }
        self.inbox.advance(4);
        let frame = self.inbox.split_to(len);
        let asked = self.asked.pop_front().ok_or("an answer that nobody asked for")?;
        let mut decoder = Decoder::new(frame);
        let header = ResponseHeader::decode(asked.key, asked.version, &mut decoder)
            .map_err(|error| format!("{:?} header: {error:?}", asked.key))?;
        if header.correlation_id != asked.correlation_id {
            return Err(format!(
                "answer {} where {} was due",
                header.correlation_id, asked.correlation_id
            ));
        }
        let response = Response::decode(asked.key, asked.version, &mut decoder)
            .map_err(|error| format!("{:?} v{}: {error:?}", asked.key, asked.version))?;
        Ok(Some((response, asked.version)))
    }

    fn forget(&mut self) {
        self.connection = None;
        self.asked.clear();
        self.inbox.clear();
    }
}

/// What a client does.
#[derive(Debug)]
pub enum Role {
    /// Sends batches.
    Producer(Producer),
    /// Reads them.
    Consumer(Consumer),
    /// Belongs to a group and commits offsets.
    Member(Member),
    /// Makes and changes topics.
    Admin(Admin),
}

/// One client.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    role: Role,
    awake_at: u64,
}

impl Client {
    /// Client `number`.
    #[must_use]
    pub fn new(number: usize, role: Role) -> Self {
        Self { wire: Wire::new(number), role, awake_at: 0 }
    }

    /// The client's connection.
    #[must_use]
    pub const fn connection(&self) -> Option<u64> {
        self.wire.connection
    }

    /// Plans to look around after `delay` ns, unless it will anyhow before that.
    fn wake_in(&mut self, delay: u64, field: &mut Field<'_>) {
        let at = field.now + delay;
        if self.awake_at <= field.now || at < self.awake_at {
            self.awake_at = at;
            field.agenda.plan(at, Event::Wake(self.wire.number));
        }
    }

    /// Looks around.
    pub fn wake(&mut self, field: &mut Field<'_>) {
        if field.now < self.awake_at {
            return;
        }
        let again = match &mut self.role {
            Role::Producer(producer) => producer.act(&mut self.wire, field),
            Role::Consumer(consumer) => consumer.act(&mut self.wire, field),
            Role::Member(member) => member.act(&mut self.wire, field),
            Role::Admin(admin) => admin.act(&mut self.wire, field),
        };
        if let Some(delay) = again {
            self.wake_in(delay, field);
        }
    }

    /// Bytes came, which had been sent at `sent`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn receive(
        &mut self,
        sent: u64,
        bytes: &Bytes,
        field: &mut Field<'_>,
    ) -> Result<(), String> {
        self.wire.inbox.extend_from_slice(bytes);
        while let Some((response, version)) = self.wire.answer()? {
            let again = match &mut self.role {
                Role::Producer(producer) => producer.take(&mut self.wire, response, field)?,
                Role::Consumer(consumer) => consumer.take(sent, response, version, field)?,
                Role::Member(member) => member.take(&self.wire, sent, response, field)?,
                Role::Admin(admin) => admin.take(response, field)?,
            };
            match again {
                Next::Soon => self.wake_in(field.dice.range(10_000, 5 * MS), field),
                Next::Later => self.wake_in(field.dice.range(20 * MS, 200 * MS), field),
                Next::Reconnect => {
                    if let Some(id) = self.wire.connection {
                        field.network.cut(id);
                        field.agenda.plan(field.now, Event::ToBroker(id));
                    }
                    self.lost(field);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The connection is gone.
    pub fn lost(&mut self, field: &mut Field<'_>) {
        self.wire.forget();
        match &mut self.role {
            Role::Producer(producer) => producer.lost(),
            Role::Consumer(consumer) => consumer.lost(field),
            Role::Member(member) => member.lost(field),
            Role::Admin(admin) => admin.lost(),
        }
        self.wake_in(field.dice.range(MS, 100 * MS), field);
    }

    /// Whether there is nothing left to do.
    #[must_use]
    pub fn is_done(&self, model: &Model) -> bool {
        match &self.role {
            Role::Producer(producer) => producer.is_done(),
            Role::Consumer(consumer) => consumer.is_done(model),
            Role::Member(member) => member.is_done(model),
            Role::Admin(admin) => admin.is_done(model),
        }
    }

    /// What it is waiting for, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "client {}: {} on {:?}, {} unanswered",
            self.wire.number,
            match &self.role {
                Role::Producer(producer) => producer.describe(),
                Role::Consumer(consumer) => consumer.describe(),
                Role::Member(member) => member.describe(),
                Role::Admin(admin) => admin.describe(),
            },
            self.wire.connection,
            self.wire.asked.len()
        )
    }
}

/// What a client does after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Looks around soon.
    Soon,
    /// Waits first: something is missing.
    Later,
    /// Cuts the connection and begins anew.
    Reconnect,
}
