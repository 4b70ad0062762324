//! Which committed offsets are too old, and which groups have nothing left.
//!
//! BEHAVIOURS 66. Kafka: OffsetMetadataManager.cleanupExpiredOffsets, ClassicGroup.offsetExpirationCondition. What goes
//! is a record first.

use core::ops::Bound;

use super::classic::State;
use super::records::{GroupRecord, OffsetCommitValue};
use super::state::Group;
use super::{Coordinator, Turn};
use crate::protocol::KString;

/// Groups looked through in one step.
const STEP: usize = 1000;

/// From when an offset's age counts.
enum Since {
    /// It does not get old.
    Never,
    /// From its commit.
    Commit,
    /// From this time, Unix ms.
    At(i64),
}

impl Coordinator {
    /// Looks through some groups behind `after` for what is too old. Gives the last name, where more follow.
    pub(crate) fn expire_offsets(
        &self,
        turn: &mut Turn<'_>,
        after: Option<KString>,
    ) -> Option<KString> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut last: Option<&KString> = None;
        for (number, (name, group)) in turn.groups.range(from).enumerate() {
            if number == STEP {
                return last.cloned();
            }
            self.expire_group(turn.now.wall.0, turn.broker, name, group, &mut turn.outcome.records);
            last = Some(name);
        }
        None
    }

    fn expire_group(
        &self,
        now: i64,
        broker: &crate::config::BrokerConfig,
        name: &KString,
        group: &Group,
        records: &mut alloc::vec::Vec<GroupRecord>,
    ) {
        let retention = i64::from(broker.offsets_retention_minutes).saturating_mul(60_000);
        let since = self.since(name, group);
        let is_old = |value: &OffsetCommitValue| {
            let from = match since {
                Since::Never => return false,
                Since::Commit => value.commit_timestamp,
                Since::At(at) => at,
            };
            if value.expire_timestamp >= 0 {
                return now >= value.expire_timestamp;
            }
            now.saturating_sub(from) >= retention
        };
        let mut all = true;
        for offset in &group.offsets {
            if is_old(&offset.value) && !self.is_subscribed(name, &offset.topic) {
                records.push(offset.tombstone(name));
            } else {
                all = false;
            }
        }
        let empty = self.get(name).is_none_or(|live| live.state == State::Empty);
        let pending = self.get(name).is_some_and(|live| !live.pending.is_empty());
        if all && empty && !pending {
            records.push(GroupRecord::Group { group: name.clone(), value: None });
        }
    }

    fn since(&self, name: &KString, group: &Group) -> Since {
        let live = self.get(name).filter(|live| live.state != State::Empty);
        match (live, &group.metadata) {
            (Some(live), _) => {
                let known = live.state == State::Stable && live.knows_subscriptions();
                if live.is_of_consumers() && known { Since::Commit } else { Since::Never }
            }
            (None, Some(stored)) if stored.current_state_timestamp >= 0 => {
                Since::At(stored.current_state_timestamp)
            }
            (None, _) => Since::Commit,
        }
    }
}
