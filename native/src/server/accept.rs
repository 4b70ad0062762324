//! Taking clients in, as far as the system has descriptors for them.
//!
//! It must never take the last descriptors: files, and the log, need some too.

use std::io;

use logboat_core::time::Instant;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{FIRST_LISTENER, Server};
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
    paused: bool,
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
        Self { clients_max, paused: false, again_at: None }
    }

    /// When to try again.
    pub(super) const fn again_at(&self) -> Option<Instant> {
        self.again_at
    }
}

impl Server {
    /// Takes in the clients that wait at one listener.
    pub(super) fn accept(&mut self, listener: u64) {
        for _ in 0..ACCEPTS_MAX {
            if self.connections.len() >= self.accepting.clients_max {
                log::warn!(
                    "{} clients are connected, which is all that there are descriptors for",
                    self.connections.len()
                );
                self.pause_accepting();
                return;
            }
            let listener =
                usize::try_from(listener).ok().and_then(|index| self.listeners.get(index));
            let Some(listener) = listener else { return };
            match listener.accept() {
                Ok(Some(client)) => self.take_in(client),
                Ok(None) => return,
                Err(error) => {
                    log::warn!("no client can be accepted for now: {error}");
                    self.accepting.again_at = Some(self.now.instant.plus_millis(PAUSE_MS));
                    self.pause_accepting();
                    return;
                }
            }
        }
    }

    fn take_in(&mut self, Accepted { socket, endpoint }: Accepted) {
        log::debug!(
            "{} connected to {}",
            String::from_utf8_lossy(endpoint.client_host.as_bytes()),
            String::from_utf8_lossy(endpoint.listener.as_bytes())
        );
        let Some(id) = self.connections.insert(socket, endpoint) else { return };
        let Some(client) = self.connections.get(id) else { return };
        if self.reactor.add(&client.socket, id.0, Interest::READ).is_err() {
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

    fn pause_accepting(&mut self) {
        if !self.accepting.paused {
            self.accepting.paused = true;
            self.set_listening(false);
        }
    }

    /// A descriptor has become free.
    pub(super) fn accept_freed(&mut self) {
        if self.accepting.paused && self.connections.len() < self.accepting.clients_max {
            self.accepting.paused = false;
            self.accepting.again_at = None;
            self.set_listening(true);
        }
    }

    /// Tries again where the time has come.
    pub(super) fn accept_again(&mut self) {
        if self.accepting.again_at.is_some_and(|at| at <= self.now.instant) {
            self.accepting.again_at = None;
            self.accept_freed();
        }
    }

    fn set_listening(&self, read: bool) {
        for (token, listener) in self.listeners.iter().enumerate() {
            let interest = Interest { read, write: false };
            if let Err(error) =
                self.reactor.modify(listener, FIRST_LISTENER - token as u64, interest)
            {
                log::error!("{listener}: {error}");
            }
        }
    }
}
