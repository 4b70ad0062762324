//! The turn: what the clock and the connections want goes into the shard, what the shard wants is done, until nobody
//! wants anything.
//!
//! The store is memory, so a turn always ends. It must never take more of a client's requests while that client has
//! answers to take.
#![forbid(unsafe_code)]

use logboat_core::chunk::{Chunk, Chunks};
use logboat_core::connection::{Demand, Workspace};
use logboat_core::memory_store::MemoryStore;
use logboat_core::protocol::Response;
use logboat_core::shard::input::{Effect, Input, Reply, RequestId};
use logboat_core::time::Now;

use crate::broker::{Broker, Opening};

impl Broker {
    /// Does everything that is due at `now`.
    pub fn turn(&mut self, now: Now) {
        self.now = now;
        self.expire();
        loop {
            let mut idle = true;
            while let Some(number) = self.answered.pop_front() {
                idle = false;
                self.poll_demands(number);
            }
            // All of them before anybody goes on: what came together shares a slot.
            while let Some(effect) = self.shard.poll_effect() {
                idle = false;
                self.effect(effect);
            }
            if idle {
                break;
            }
        }
    }

    fn expire(&mut self) {
        while let Some((at, number)) = self.deadlines.first().copied()
            && at <= self.now.instant
        {
            self.deadlines.pop_first();
            if let Some(client) = self.clients.get_mut(&number) {
                client.deadline = None;
                self.answered.push_back(number);
            }
        }
        if self.shard.poll_timeout().is_some_and(|(at, _)| at <= self.now.instant) {
            self.shard.handle(self.now, Input::Tick);
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Storage(effect) => {
                if let Some((operation, result)) = self.store.execute(effect) {
                    self.shard.handle(self.now, Input::Storage { operation, result });
                }
            }
            Effect::Reply { id, reply } => self.reply(id, reply),
            Effect::Image(image) => match &mut self.workspace {
                Some(workspace) => workspace.image = image,
                none => *none = Some(Workspace::new(image)),
            },
            Effect::Notice(notice) => self.note(notice.level(), &notice.to_string()),
            Effect::Ready => self.opening = Opening::Ready,
            Effect::Refused(line) => self.opening = Opening::Refused(line),
            Effect::Stopped => {}
        }
    }

    fn reply(&mut self, id: RequestId, mut reply: Reply) {
        let Ok(number) = u32::try_from(id.connection.0) else { return };
        let (Some(client), Some(workspace)) =
            (self.clients.get_mut(&number), self.workspace.as_mut())
        else {
            return;
        };
        pin(&self.store, &mut reply);
        client.connection.reply(id, reply, workspace);
        self.answered.push_back(number);
    }

    /// Lets a connection go on, unless its client has answers to take.
    fn poll_demands(&mut self, number: u32) {
        let (Some(client), Some(workspace)) =
            (self.clients.get_mut(&number), self.workspace.as_mut())
        else {
            return;
        };
        if client.unsent.is_empty() && client.closing.is_none() {
            while let Some(demand) = client.connection.poll_demand(self.now, workspace) {
                match demand {
                    Demand::Request { shard: _, id, context, operation } => {
                        self.shard.handle(self.now, Input::Request { id, context, operation });
                    }
                    Demand::Close(reason) => client.closing = Some(reason),
                }
            }
            while let Some(chunk) = client.connection.poll_transmit() {
                match chunk {
                    Chunk::Bytes(bytes) => client.unsent.push_back(bytes),
                    Chunk::Stored { object, at, len } => {
                        client.unsent.extend(self.store.slices(object, at, len));
                    }
                }
            }
            let deadline = client.connection.poll_timeout();
            if deadline != client.deadline {
                client.deadline.map(|at| self.deadlines.remove(&(at, number)));
                deadline.map(|at| self.deadlines.insert((at, number)));
                client.deadline = deadline;
            }
        }
        if !client.marked {
            client.marked = true;
            self.changed.push_back(number);
        }
    }
}

/// Puts shared bytes in the place of ranges of the store, while the store still has them: an answer may wait.
fn pin(store: &MemoryStore, reply: &mut Reply) {
    let Reply::Response(Response::Fetch(fetch)) = reply else { return };
    for topic in &mut fetch.responses {
        for records in topic.partitions.iter_mut().filter_map(|data| data.records.as_mut()) {
            let chunks = std::mem::take(records);
            *records = chunks.into_iter().flat_map(|chunk| pieces(store, chunk)).collect();
        }
    }
}

fn pieces(store: &MemoryStore, chunk: Chunk) -> Chunks {
    match chunk {
        Chunk::Stored { object, at, len } => {
            store.slices(object, at, len).map(Chunk::Bytes).collect()
        }
        bytes @ Chunk::Bytes(_) => [bytes].into_iter().collect(),
    }
}
