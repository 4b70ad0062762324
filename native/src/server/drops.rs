//! Objects that the core has forgotten, and that answers may still have to be read from.
//!
//! A connection may hold a range of an object in an answer whose turn has not come, and a range is pinned only when it is
//! taken to be sent. So an object goes when every client has been sent what it had asked for before the object was
//! forgotten. It must never wait for ever: a client that does not read its answers loses them in the end.

use logboat_core::chunk::ObjectId;
use logboat_core::shard::input::StorageEffect;
use logboat_core::time::Instant;

use super::Server;
use crate::connections::Client;

/// How long a client may keep an object, milliseconds. Its connection ends when it comes to what is not there any more.
const PATIENCE_MS: i64 = 300_000;

/// Objects on their way out.
#[derive(Debug, Default)]
pub(super) struct Drops {
    /// Forgotten since `leaving` began to be waited for.
    forgotten: Vec<ObjectId>,
    /// Waited for together.
    leaving: Vec<ObjectId>,
    /// Clients that may still have to be sent parts of `leaving`.
    holders: usize,
    /// When `leaving` goes whatever clients do.
    latest: Instant,
}

impl Drops {
    /// The core has forgotten an object.
    pub(super) fn push(&mut self, object: ObjectId) {
        self.forgotten.push(object);
    }

    /// When objects go that somebody still holds.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.leaving.is_empty()).then_some(self.latest)
    }

    /// Everything that was answered to a client is sent, or the client is gone.
    pub(super) const fn sent(&mut self, client: &mut Client) {
        if client.holds && client.held == 0 {
            client.holds = false;
            self.holders -= 1;
        }
    }

    /// A client is gone.
    pub(super) const fn gone(&mut self, client: &mut Client) {
        client.held = 0;
        self.sent(client);
    }
}

impl Server {
    /// Drops what no client can need any more. To be called when everything is sent that can be.
    pub(super) fn drop_objects(&mut self) {
        loop {
            let late = self.drops.latest <= self.now.instant;
            if self.drops.holders == 0 || late {
                for object in self.drops.leaving.drain(..) {
                    self.store.execute(StorageEffect::Drop { object }, &mut self.completions);
                }
            }
            if !self.drops.leaving.is_empty() || self.drops.forgotten.is_empty() {
                return;
            }
            std::mem::swap(&mut self.drops.leaving, &mut self.drops.forgotten);
            self.drops.latest = self.now.instant.plus_millis(PATIENCE_MS);
            self.drops.holders = 0;
            for client in self.connections.iter_mut() {
                client.held = client.unanswered;
                client.held_up_to = client.last_request;
                client.holds = client.unanswered > 0 || client.is_sending();
                self.drops.holders += usize::from(client.holds);
            }
        }
    }
}
