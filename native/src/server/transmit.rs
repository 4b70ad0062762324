//! Sending what is answered.
//!
//! It must never wait for a client that does not read, and never take more of its answers than it reads.

use std::os::fd::AsFd;

use logboat_core::shard::input::ConnectionId;
use logboat_core::time::Instant;

use super::Server;
use crate::send::{Sent, send};

/// Pieces that are taken from a connection at once.
const PIECES_MAX: usize = 64;

impl Server {
    /// Sends to every client that there may be something for. True where the core was told of something.
    pub(super) fn transmit(&mut self) -> bool {
        let mut told = false;
        let mut marked = std::mem::take(&mut self.marked);
        for id in marked.drain(..) {
            if self.transmit_to(id) {
                self.update_interest(id);
                // Requests that waited for answers to be taken come next.
                if let Some(client) = self.connections.get(id)
                    && !client.waits
                    && client.unsent.is_empty()
                    && client.connection.has_backlog()
                {
                    client.waits = true;
                    self.backlog.push_back(id);
                }
            } else {
                self.close(id);
                told = true;
            }
        }
        // What was marked meanwhile comes next.
        marked.append(&mut self.marked);
        self.marked = marked;
        told
    }

    /// Takes up requests that waited for those before them, in turn for each client, until it is `late`: whoever asked
    /// for much at once must not keep the others waiting. True where there were any.
    pub(super) fn take_up(&mut self, late: Instant) -> bool {
        let mut told = false;
        while let Some(id) = self.backlog.pop_front() {
            if let Some(client) = self.connections.get(id) {
                client.waits = false;
                self.poll_demands(id);
                told = true;
            }
            if self.clock.now().instant >= late {
                break;
            }
        }
        told
    }

    /// False where the client is to be closed.
    fn transmit_to(&mut self, id: ConnectionId) -> bool {
        let Some(client) = self.connections.get(id) else { return true };
        client.marked = false;
        if client.broken {
            return false;
        }
        while !client.blocked && !client.warming {
            while client.unsent.len() < PIECES_MAX
                && let Some(chunk) = client.connection.poll_transmit()
            {
                if let Err(error) = self.store.pin(chunk, &mut client.unsent) {
                    log::error!("an answer cannot be read from the store: {error}");
                    return false;
                }
            }
            if client.unsent.is_empty() {
                if client.closing {
                    return false;
                }
                self.drops.sent(client);
                break;
            }
            match send(client.socket.as_fd(), &mut client.unsent, self.store.disk()) {
                Ok(Sent::All) => client.connection.sent(self.now),
                Ok(Sent::Blocked) => {
                    client.blocked = true;
                    client.connection.sent(self.now);
                }
                Ok(Sent::Cold { file, at, len }) => {
                    client.warming = true;
                    let warming = self.store.disk().map(|disk| disk.warm(id.0, &file, at, len));
                    if !matches!(warming, Some(Ok(()))) {
                        return false;
                    }
                }
                Err(error) => {
                    log::debug!("sending failed: {error}");
                    return false;
                }
            }
        }
        true
    }
}
