//! One journal and everything that is the fold of it: the broker as a state machine.
//!
//! A host feeds [`Input`]s and drains [`Effect`]s. A shard must never block, never loop over a log, and never show
//! anything that a crash could take back.

pub mod input;

use alloc::collections::VecDeque;

use bytes::Bytes;

use crate::chunk::ObjectId;
use crate::time::{Instant, Now};
pub use input::{Effect, Input};

/// Why a shard wants to be called at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerKind {
    /// A long poll has waited for `max_wait_ms`.
    FetchDeadline,
    /// `log.retention.check.interval.ms`.
    Retention,
    /// `producer.id.expiration.check.interval.ms`.
    ProducerExpiry,
    /// `log.flush.interval.ms`, or the host's wish to be asked again.
    Flush,
}

/// What a store can do, told to the core once: it plans the journal by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreProfile {
    /// Size at which a journal file is sealed, bytes.
    pub journal_file_bytes: u64,
    /// Slots are padded to this many bytes where they are flushed: 4096 on a disk, 1 in memory.
    pub alignment: u32,
    /// Bytes of the journal's newest part to keep in memory: 0 where the store itself is memory.
    pub tail_bytes: u32,
}

/// What the host found when it opened the store.
#[derive(Clone, Debug, Default)]
pub struct StoreContents {
    /// The root, where there is one.
    pub root: Option<Bytes>,
    /// Every object with its length in bytes.
    pub objects: alloc::vec::Vec<(ObjectId, u64)>,
}

/// One shard. See the module.
#[derive(Debug)]
pub struct Shard {
    effects: VecDeque<Effect>,
}

impl Shard {
    /// Takes one input. Never fails, does bounded work, and leaves what follows in [`Self::poll_effect`].
    ///
    /// Several inputs may be fed before effects are drained: what they append then shares one slot.
    pub fn handle(&mut self, _now: Now, _input: Input) {}

    /// The oldest effect not yet taken. Drain to `None` after the inputs of a turn.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to feed [`Input::Tick`] at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimerKind)> {
        None
    }
}
