//! Readiness of sockets, and being woken by other threads: epoll and eventfd.
//!
//! The one file that knows how Linux tells these. It must never touch a socket's bytes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;

/// Longest time that a waiting thread spins before it sleeps.
const SPIN: Duration = Duration::from_micros(50);
/// Most events taken at once.
const EVENTS_MAX: usize = 256;
/// The token of the waker's own descriptor.
const WAKE: u64 = u64::MAX;

/// What is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The token given at registration.
    pub token: u64,
    /// Something can be read, or the peer is gone.
    pub readable: bool,
    /// Something can be written.
    pub writable: bool,
    /// The peer is gone altogether.
    pub gone: bool,
}

/// What to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Tell when something can be read.
    pub read: bool,
    /// Tell when something can be written.
    pub write: bool,
}

impl Interest {
    /// Only reading.
    pub const READ: Self = Self { read: true, write: false };

    fn flags(self) -> EventFlags {
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, self.read);
        flags.set(EventFlags::OUT, self.write);
        flags
    }
}

/// Wakes the reactor's thread from another one.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// A waker that is not connected with a reactor yet.
    ///
    /// # Errors
    /// Where the system gives no descriptor.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    /// Wakes. A failure can only mean that a wake-up is pending already.
    pub fn wake(&self) {
        let _ = rustix::io::write(&*self.0, &1u64.to_ne_bytes());
    }

    fn clear(&self) {
        let _ = rustix::io::read(&*self.0, &mut [0u8; 8]);
    }
}

/// Waits for readiness.
pub struct Reactor {
    epoll: OwnedFd,
    waker: Waker,
    events: Vec<epoll::Event>,
    /// Whether spinning can pay: with one processor it keeps the peer from running.
    may_spin: bool,
    last_wait: Duration,
}

impl std::fmt::Debug for Reactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reactor").field("epoll", &self.epoll).finish_non_exhaustive()
    }
}

impl Reactor {
    /// A reactor that `waker` wakes.
    ///
    /// # Errors
    /// Where the system gives no descriptor.
    pub fn new(waker: Waker) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &*waker.0, EventData::new_u64(WAKE), EventFlags::IN)?;
        let may_spin =
            std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1);
        Ok(Self {
            epoll,
            waker,
            events: Vec::with_capacity(EVENTS_MAX),
            may_spin,
            last_wait: Duration::MAX,
        })
    }

    /// Begins to tell of `source` under `token`, which must be less than `u64::MAX`.
    ///
    /// # Errors
    /// Where the system has no room for it.
    pub fn add(&self, source: impl AsFd, token: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, source, EventData::new_u64(token), interest.flags())?)
    }

    /// Changes what is told of `source`.
    ///
    /// # Errors
    /// Where `source` was not added.
    pub fn modify(&self, source: impl AsFd, token: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, source, EventData::new_u64(token), interest.flags())?)
    }

    /// Stops telling of `source`. A closed descriptor need not be removed.
    ///
    /// # Errors
    /// Where `source` was not added.
    pub fn remove(&self, source: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, source)?)
    }

    /// Waits until something is ready, the waker wakes, or `timeout` is over (`None`: for ever), and puts what is ready
    /// into `ready`. A thread that was idle for a short time last time spins a little before it sleeps, because a
    /// client that answers at once would otherwise have to wake it each time.
    ///
    /// # Errors
    /// Where the system refuses to wait; nobody can serve then.
    pub fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()> {
        self.events.clear();
        ready.clear();
        if timeout == Some(Duration::ZERO) {
            self.poll(timeout)?;
        } else {
            let start = Instant::now();
            if self.may_spin && self.last_wait < 2 * SPIN {
                let spin = timeout.map_or(SPIN, |timeout| timeout.min(SPIN));
                while self.events.is_empty() && start.elapsed() < spin {
                    self.poll(Some(Duration::ZERO))?;
                }
            }
            if self.events.is_empty() {
                self.poll(timeout.map(|timeout| timeout.saturating_sub(start.elapsed())))?;
            }
            self.last_wait = start.elapsed();
        }
        for event in &self.events {
            // A packed structure: its fields are copied, never borrowed.
            let (flags, data) = (event.flags, event.data);
            let token = data.u64();
            if token == WAKE {
                self.waker.clear();
                continue;
            }
            let gone = flags.intersects(EventFlags::ERR | EventFlags::HUP);
            ready.push(Ready {
                token,
                readable: gone || flags.contains(EventFlags::IN),
                writable: gone || flags.contains(EventFlags::OUT),
                gone,
            });
        }
        Ok(())
    }

    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
