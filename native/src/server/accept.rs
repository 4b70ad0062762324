//! Taking clients in, as far as the system has descriptors for them and the configuration allows them.
//!
//! It must never take the last descriptors: files, and the log, need some too.

use std::io;
use std::sync::Arc;

use logboat_core::connection::{Admission, ConnectionQuotas};
use logboat_core::time::Instant;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{FIRST_LISTENER, Server};
use crate::connections::Client;
use crate::disk_store::OPEN_FILES_MAX;
use crate::listener::Accepted;
use crate::reactor::Interest;

/// Clients taken in at once, so that those who are there are not kept waiting by those who come.
const ACCEPTS_MAX: usize = 64;
/// Descriptors that are never given to clients.
const RESERVE: usize = 16;
/// How long nothing is accepted after the system had no descriptor, milliseconds.
const PAUSE_MS: i64 = 1000;

/// Whether clients are taken in.
#[derive(Debug)]
pub(super) struct Accepting {
    clients_max: usize,
    quotas: ConnectionQuotas,
    /// Listeners at which nobody is taken in for now.
    paused: Vec<usize>,
    again_at: Option<Instant>,
}

impl Accepting {
    /// Takes as many descriptors as the system allows, and leaves `RESERVE` and those of files to others.
    pub(super) fn new() -> Self {
        let limit = getrlimit(Resource::Nofile);
        if limit.current != limit.maximum {
            // What was allowed before is enough to go on with.
            let _ = setrlimit(
                Resource::Nofile,
                Rlimit { current: limit.maximum, maximum: limit.maximum },
            );
        }
        let current = getrlimit(Resource::Nofile).current;
        let descriptors =
            current.map_or(usize::MAX, |current| usize::try_from(current).unwrap_or(usize::MAX));
        let clients_max = descriptors.saturating_sub(RESERVE + OPEN_FILES_MAX + 16).max(1);
        Self {
            clients_max,
            quotas: ConnectionQuotas::default(),
            paused: Vec::new(),
            again_at: None,
        }
    }

    /// When to try again.
    pub(super) const fn again_at(&self) -> Option<Instant> {
        self.again_at
    }
}

impl Server {
    /// Takes in the clients that wait at one listener, as far as there may be more of them.
    pub(super) fn accept(&mut self, token: u64) {
        let Ok(index) = usize::try_from(token) else { return };
        for _ in 0..ACCEPTS_MAX {
            let (Some(listener), Some(workspace)) = (self.listeners.get(index), &self.workspace)
            else {
                return;
            };
            if self.connections.len() >= self.accepting.clients_max {
                if let Some(left_out) = self.limits.descriptors.pass(self.now.instant) {
                    log::warn!(
                        "{} clients are connected, which is all that there are descriptors for{left_out}",
                        self.connections.len()
                    );
                }
                self.pause_accepting(index, None);
                return;
            }
            let (now, broker) = (self.now.instant, &workspace.image.broker);
            match self.accepting.quotas.may_accept(now, listener.name(), broker) {
                Admission::Now => {}
                Admission::WhenOneIsGone => return self.pause_accepting(index, None),
                Admission::At(at) => return self.pause_accepting(index, Some(at)),
            }
            match listener.accept() {
                Ok(Some(client)) => self.take_in(client),
                Ok(None) => return,
                Err(error) => {
                    if let Some(left_out) = self.limits.descriptors.pass(self.now.instant) {
                        log::warn!("no client can be accepted for now: {error}{left_out}");
                    }
                    let again_at = self.now.instant.plus_millis(PAUSE_MS);
                    return self.pause_accepting(index, Some(again_at));
                }
            }
        }
    }

    fn take_in(&mut self, Accepted { socket, endpoint, address }: Accepted) {
        let Some(workspace) = &self.workspace else { return };
        let (now, broker) = (self.now.instant, Arc::clone(&workspace.image.broker));
        let (host, listener) = (&endpoint.client_host, &endpoint.listener);
        log::debug!("{host} connected to {listener}");
        if !self.accepting.quotas.entered(now, listener, address, &broker) {
            self.accepting.quotas.left(listener, address);
            if let Some(left_out) = self.limits.refused.pass(now) {
                log::warn!("{host} has as many connections as it may have{left_out}");
            }
            return;
        }
        let listener = listener.clone();
        let Some(id) = self.connections.insert(socket, endpoint, address) else {
            self.accepting.quotas.left(&listener, address);
            return;
        };
        let Some(client) = self.connections.get(id) else { return };
        if self.reactor.add(&client.socket, id.0, Interest::READ).is_err() {
            self.close(id);
            return;
        }
        // Its clocks start.
        self.poll_demands(id);
        self.close_excess();
    }

    /// A client is gone.
    pub(super) fn left(&mut self, client: &Client) {
        self.accepting.quotas.left(&client.connection.endpoint().listener, client.address);
        self.resume_accepting();
    }

    /// Configuration may have changed: more clients may come, or some must go.
    pub(super) fn reconsider_clients(&mut self) {
        self.resume_accepting();
        self.close_excess();
    }

    /// Closes as many clients as there are too many, those first that were silent for longest.
    fn close_excess(&mut self) {
        let Some(workspace) = &self.workspace else { return };
        let broker = Arc::clone(&workspace.image.broker);
        let excess = self.accepting.quotas.excess(&broker);
        if excess == 0 {
            return;
        }
        let clients = self.connections.iter().map(|client| &client.connection);
        let others = clients
            .filter(|client| !ConnectionQuotas::is_protected(&client.endpoint().listener, &broker));
        let mut silent: Vec<_> = others.map(|client| (client.last_active(), client.id())).collect();
        silent.sort_unstable();
        for (_, id) in silent.into_iter().take(excess) {
            self.close(id);
        }
    }

    /// Begins to accept at all listeners.
    ///
    /// # Errors
    /// Where an address was taken by somebody else meanwhile.
    pub(super) fn open_listeners(&self) -> io::Result<()> {
        for (token, listener) in self.listeners.iter().enumerate() {
            listener.listen().map_err(io::Error::other)?;
            self.reactor.add(listener, FIRST_LISTENER - token as u64, Interest::READ)?;
        }
        Ok(())
    }

    /// Refuses clients from now on.
    pub(super) fn close_listeners(&mut self) {
        // A closed descriptor leaves the reactor by itself.
        self.listeners.clear();
        self.accepting.again_at = None;
    }

    /// Takes nobody in at a listener until somebody is gone, or at `again_at`.
    fn pause_accepting(&mut self, listener: usize, again_at: Option<Instant>) {
        if let Some(at) = again_at {
            self.accepting.again_at =
                Some(self.accepting.again_at.map_or(at, |known| known.min(at)));
        }
        if !self.accepting.paused.contains(&listener) {
            self.accepting.paused.push(listener);
            self.set_listening(listener, false);
        }
    }

    /// Takes clients in again, as far as there are descriptors: each listener finds out by itself whether it may.
    fn resume_accepting(&mut self) {
        if self.connections.len() < self.accepting.clients_max {
            for listener in std::mem::take(&mut self.accepting.paused) {
                self.set_listening(listener, true);
            }
        }
    }

    /// Tries again where the time has come.
    pub(super) fn accept_again(&mut self) {
        if self.accepting.again_at.is_some_and(|at| at <= self.now.instant) {
            self.accepting.again_at = None;
            self.resume_accepting();
        }
    }

    fn set_listening(&self, index: usize, read: bool) {
        let Some(listener) = self.listeners.get(index) else { return };
        let interest = Interest { read, write: false };
        if let Err(error) = self.reactor.modify(listener, FIRST_LISTENER - index as u64, interest) {
            log::error!("{listener}: {error}");
        }
    }
}
