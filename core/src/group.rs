//! Consumer groups of the classic protocol: who belongs to a group, what each member reads, how far it has come.
//!
//! Hard state ([`state::Groups`]) is the fold of the records of `__consumer_offsets`, in Kafka's own schema, and changes
//! only in its `replay`. What no record says (who waits for an answer, when a member's session ends) is the
//! [`Coordinator`]'s and is made anew after a restart. A handler, and a timer as well, leaves an [`Outcome`]: records to
//! be appended and answers that wait for them. Nothing here may do I/O, look at a clock, or know of connections.
//! Kafka: GroupMetadataManager, ClassicGroup, OffsetMetadataManager.

pub(crate) mod classic;
mod commit;
mod expire;
mod expiry;
mod heartbeat;
pub(crate) mod join;
mod leave;
pub(crate) mod member;
mod rebalance;
pub mod records;
pub mod state;
mod static_member;
mod subscription;
mod sync;
mod timers;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::config::BrokerConfig;
use crate::protocol::{ErrorCode, KString, Response};
use crate::random::Random;
use crate::shard::input::RequestId;
use crate::time::{Instant, Now};
use classic::ClassicGroup;
use member::Member;
use records::{GroupMetadataValue, GroupRecord};
use state::Groups;
use timers::Timers;

/// What a new member has to be content with, whatever its session timeout: until it is told its id it cannot say that
/// it is alive (Kafka: `classicGroupNewMemberJoinTimeoutMs`).
const NEW_MEMBER_TIMEOUT_MS: i64 = 5 * 60 * 1000;
/// Declared bytes of all members of all groups: who goes beyond is answered GROUP_MAX_SIZE_REACHED.
const MAX_MEMBER_BYTES: usize = 64 << 20;
/// Members that were given an id and have not come back with it: the oldest is forgotten for one more.
const MAX_PENDING: usize = 10_000;
/// Declared bytes of all groups with their committed offsets: a commit beyond is answered INVALID_COMMIT_OFFSET_SIZE.
pub(crate) const MAX_GROUP_BYTES: usize = 512 << 20;
/// The longest name of a group, bytes; with a longer one INVALID_GROUP_ID is the answer.
const MAX_GROUP_ID: usize = 255;

/// What a handler left: records first, then the answers, which wait until those are durable.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// To be appended and replayed, in this order.
    pub records: Vec<GroupRecord>,
    /// Whom to answer, and how.
    pub replies: Vec<(RequestId, Response)>,
}

/// What a handler may look at, and where it leaves what follows.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The time.
    pub now: Now,
    /// Limits and delays.
    pub broker: &'a BrokerConfig,
    /// Hard state.
    pub groups: &'a Groups,
    /// Where member ids come from.
    pub random: &'a mut Random,
    /// Bytes that the records of one request may take: the largest batch that the topic takes.
    pub record_limit: usize,
    /// What follows.
    pub outcome: Outcome,
}

impl Turn<'_> {
    /// Answers a request.
    pub(crate) fn reply(&mut self, id: RequestId, response: impl Into<Response>) {
        self.outcome.replies.push((id, response.into()));
    }

    /// Tells whatever still waits on behalf of a member that is one no more; a JoinGroup is told `id`.
    pub(crate) fn turn_away(&mut self, member: &Member, id: &KString, code: ErrorCode) {
        if let Some(waiting) = member.awaiting_join {
            self.reply(waiting, join::refused(id, code));
        }
        if let Some(waiting) = member.awaiting_sync {
            self.reply(waiting, sync::refused(code));
        }
    }

    /// Leaves a record.
    pub(crate) fn record(&mut self, record: GroupRecord) {
        self.outcome.records.push(record);
    }
}

/// Members and timers of all groups that have members or are about to have some.
#[derive(Debug, Default)]
pub(crate) struct Coordinator {
    groups: BTreeMap<KString, ClassicGroup>,
    timers: Timers,
    /// Pending members of all groups, the oldest first; some are none any more.
    newcomers: VecDeque<(KString, KString)>,
    /// Declared bytes of all members.
    bytes: usize,
}

/// Whether a request may name a group so.
///
/// # Errors
/// INVALID_GROUP_ID. Kafka refuses only the empty name; ours are at most [`MAX_GROUP_ID`] bytes long.
pub(crate) fn check_id(group: &KString) -> Result<(), ErrorCode> {
    if group.is_empty() || group.len() > MAX_GROUP_ID {
        return Err(ErrorCode::INVALID_GROUP_ID);
    }
    Ok(())
}

impl Coordinator {
    /// Takes over the groups that were stored, after a restart: their members have a whole session to be heard of.
    pub(crate) fn load(&mut self, turn: &mut Turn<'_>) {
        let groups = turn.groups;
        for (name, stored) in groups.iter() {
            let Some(metadata) = &stored.metadata else { continue };
            if metadata.members.is_empty() {
                continue;
            }
            self.groups.insert(name.clone(), ClassicGroup::default());
            self.work(turn, name, |work| {
                *work.group = ClassicGroup::stored(metadata);
                for member in &metadata.members {
                    work.hear_of(&member.member_id);
                }
            });
        }
    }

    /// What was to be stored of a group was not. Nobody may go by what no record has, so its members join again; and it
    /// is kept, because its generation is newer than what is stored.
    pub(crate) fn unstored(
        &mut self,
        turn: &mut Turn<'_>,
        name: &KString,
        value: &GroupMetadataValue,
    ) {
        if !self.groups.contains_key(name) {
            self.groups.insert(name.detached(), ClassicGroup::stored(value));
        }
        self.work(turn, name, |work| {
            work.group.unstored = true;
            if !work.group.members.is_empty() {
                work.group.assign(&BTreeMap::new());
                work.prepare();
            }
        });
    }

    /// When [`Self::expire`](Self::expire) is to be called.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Whether there is such a group, with members or without.
    fn is_known(&self, turn: &Turn<'_>, name: &KString) -> bool {
        self.groups.contains_key(name) || turn.groups.get(name).is_some()
    }

    /// The group, as it is or as it was stored, made where there is none.
    fn open(&mut self, turn: &Turn<'_>, name: &KString) {
        if !self.groups.contains_key(name) {
            let stored = turn.groups.get(name).and_then(|group| group.metadata.as_deref());
            let group = stored.map_or_else(ClassicGroup::default, ClassicGroup::stored);
            self.groups.insert(name.detached(), group);
        }
    }

    /// Whether a group has members or pending ones.
    pub(crate) fn get(&self, name: &KString) -> Option<&ClassicGroup> {
        self.groups.get(name)
    }

    /// All groups that have members or pending ones, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&KString, &ClassicGroup)> {
        self.groups.iter()
    }

    /// Forgets a group that was deleted: whoever was about to join it is unknown from now on.
    pub(crate) fn forget(&mut self, name: &KString) {
        if let Some(group) = self.groups.remove(name) {
            self.bytes = self.bytes.saturating_sub(group.bytes());
        }
    }

    /// Forgets all groups, because their topic is gone, and tells everybody who waits.
    pub(crate) fn unload(&mut self, turn: &mut Turn<'_>) {
        let error_code = ErrorCode::NOT_COORDINATOR;
        for group in core::mem::take(self).groups.into_values() {
            for member in group.members.values() {
                turn.turn_away(member, &KString::EMPTY, error_code);
            }
        }
    }
}

#[cfg(test)]
mod tests;
