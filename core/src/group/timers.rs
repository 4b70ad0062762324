//! When something is to be done to a group: one ordered set for all groups.
//!
//! An entry that is passed by later events is not searched for: it is found to be void when its time comes.

use alloc::collections::BTreeSet;

use crate::protocol::KString;
use crate::time::Instant;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A rebalance has waited long enough for members to join.
    Join,
    /// A rebalance has waited long enough for members to ask for their assignments.
    Sync,
    /// This member, or pending member, may have been silent for too long.
    Session(KString),
}

/// All that is to come.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Instant, KString, Due)>);

impl Timers {
    /// Notes something for `group` at a time.
    pub(super) fn set(&mut self, at: Instant, group: &KString, due: Due) {
        self.0.insert((at, group.clone(), due));
    }

    /// The next time at which something is noted.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(at, ..)| *at)
    }

    /// Takes the first entry whose time has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(Instant, KString, Due)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first()
    }
}
