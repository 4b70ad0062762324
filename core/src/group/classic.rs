//! The members of one group, and the state that their rebalance is in.
//!
//! Bookkeeping only: nothing here answers anybody, and no timer is set here. Kafka: ClassicGroup.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use bytes::Bytes;

use super::member::{Member, Session};
use super::records::{GroupMetadataValue, GroupRecord};
use super::state::MEMBER_COST;
use super::subscription::topics_of;
use crate::protocol::messages::join_group::{JoinGroupRequestProtocol, JoinGroupResponseMember};
use crate::protocol::{ErrorCode, KString};
use crate::time::{Instant, UnixMillis};

/// The protocol type of consumers: what members say is a subscription that the coordinator understands.
pub(crate) const CONSUMER: &str = "consumer";

/// Where a group stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody belongs to it.
    #[default]
    Empty,
    /// Members are asked to join again.
    PreparingRebalance,
    /// The leader is expected to hand in the assignments.
    CompletingRebalance,
    /// Every member has its assignment.
    Stable,
}

impl State {
    /// Kafka's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// How a rebalance waits for members to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joining {
    /// The first one of an empty group: another delay follows where somebody came, up to what remains.
    Initial {
        /// The delay that ends now, ms.
        delay_ms: i32,
        /// What may follow it, ms.
        remaining_ms: i32,
    },
    /// All others: whoever has not joined by then is out.
    Rebalance,
}

/// One group.
#[derive(Debug, Default)]
pub(crate) struct ClassicGroup {
    pub(super) state: State,
    pub(super) protocol_type: Option<KString>,
    pub(super) generation: i32,
    pub(super) protocol: Option<KString>,
    pub(super) leader: Option<KString>,
    /// When it came into its state.
    pub(super) since: UnixMillis,
    pub(super) members: BTreeMap<KString, Member>,
    /// Static members: the member id of each name.
    statics: BTreeMap<KString, KString>,
    /// Ids that were given out to members that have not come back with them.
    pub(super) pending: BTreeMap<KString, Session>,
    /// Members of this generation that have not asked for their assignment.
    pub(super) pending_sync: BTreeSet<KString>,
    /// How many members can follow each protocol.
    supported: BTreeMap<KString, usize>,
    awaiting_join: usize,
    /// What consumers subscribe to; none where that is not known.
    subscribed: Option<BTreeSet<KString>>,
    /// Whether the rebalance began in an empty group.
    pub(super) initial: bool,
    /// Whether what is stored of it is older than this.
    pub(super) unstored: bool,
    /// Whether somebody came during the initial delay.
    pub(super) newcomer: bool,
    pub(super) joining: Option<(Instant, Joining)>,
    pub(super) sync_at: Option<Instant>,
    member_bytes: usize,
}

impl ClassicGroup {
    /// A group as it was stored.
    pub(super) fn stored(stored: &GroupMetadataValue) -> Self {
        let type_of = Some(stored.protocol_type.clone()).filter(|kind| !kind.is_empty());
        let mut group = Self {
            protocol_type: type_of,
            generation: stored.generation,
            protocol: stored.protocol.clone(),
            leader: stored.leader.clone(),
            since: UnixMillis(stored.current_state_timestamp),
            ..Self::default()
        };
        let protocol = stored.protocol.clone().unwrap_or_default();
        for member in &stored.members {
            group.add(Member::stored(member, &protocol));
        }
        if !group.members.is_empty() {
            group.state = State::Stable;
        }
        group.subscribed = group.subscriptions();
        group
    }

    /// As it is stored.
    pub(super) fn to_record(&self, name: &KString) -> GroupRecord {
        let members = self.members.values();
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.since.0,
            members: members.map(|member| member.to_stored(self.protocol.as_ref())).collect(),
        };
        GroupRecord::Group { group: name.clone(), value: Some(value) }
    }

    /// About how many bytes [`Self::to_record`] takes with assignments of `assigned` bytes in all.
    pub(super) fn record_size(&self, assigned: usize) -> usize {
        let protocol = self.protocol.as_ref();
        let member = |member: &Member| {
            // Four lengths of two bytes, two of four, two numbers.
            let texts = member.id.len() + member.client_id.len() + member.client_host.len();
            let instance = member.instance.as_ref().map_or(0, KString::len);
            32 + texts + instance + member.metadata(protocol).len()
        };
        256 + assigned + self.members.values().map(member).sum::<usize>()
    }

    /// Declared bytes of all members.
    pub(super) fn bytes(&self) -> usize {
        self.member_bytes + self.pending.len() * MEMBER_COST
    }

    /// Whether nothing is lost with it: what counts is stored.
    pub(super) fn is_forgettable(&self) -> bool {
        self.state == State::Empty
            && self.members.is_empty()
            && self.pending.is_empty()
            && !self.unstored
    }

    /// Adds a member that is not there yet.
    pub(super) fn add(&mut self, member: Member) {
        if let Some(instance) = &member.instance {
            self.statics.insert(instance.clone(), member.id.clone());
        }
        self.leader.get_or_insert_with(|| member.id.clone());
        self.count(&member, true);
        self.pending.remove(&member.id);
        self.members.insert(member.id.clone(), member);
    }

    /// Takes a member out, or forgets a pending one.
    pub(super) fn remove(&mut self, id: &KString) -> Option<Member> {
        self.pending.remove(id);
        self.pending_sync.remove(id);
        let gone = self.members.remove(id)?;
        self.count(&gone, false);
        if let Some(instance) = &gone.instance {
            self.statics.remove(instance);
        }
        if self.leader.as_ref() == Some(id) {
            self.leader = self.members.keys().next().cloned();
        }
        Some(gone)
    }

    /// Counts what a member brings, or what goes with it.
    fn count(&mut self, member: &Member, comes: bool) {
        for (protocol, _) in &member.protocols {
            let count = self.supported.entry(protocol.clone()).or_default();
            *count = if comes { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                self.supported.remove(protocol);
            }
        }
        let awaits = usize::from(member.awaiting_join.is_some());
        if comes {
            self.awaiting_join += awaits;
            self.member_bytes += member.bytes();
        } else {
            self.awaiting_join = self.awaiting_join.saturating_sub(awaits);
            self.member_bytes = self.member_bytes.saturating_sub(member.bytes());
        }
    }

    /// Changes a member; every count follows.
    pub(super) fn update<R>(
        &mut self,
        id: &KString,
        change: impl FnOnce(&mut Member) -> R,
    ) -> Option<R> {
        let mut member = self.members.remove(id)?;
        self.count(&member, false);
        let result = change(&mut member);
        self.count(&member, true);
        self.members.insert(id.clone(), member);
        Some(result)
    }

    /// A static member comes back under a new id. Gives what it was.
    pub(super) fn replace_static(&mut self, old: &KString, new: &KString) -> Option<Member> {
        let was_leader = self.leader.as_ref() == Some(old);
        let before = self.members.remove(old)?;
        self.count(&before, false);
        self.pending_sync.remove(old);
        let mut member = before.clone();
        member.id = new.clone();
        (member.awaiting_join, member.awaiting_sync) = (None, None);
        member.session = Session::default();
        if was_leader {
            self.leader = Some(new.clone());
        }
        self.add(member);
        Some(before)
    }

    /// The member id of a static member.
    pub(super) fn static_member(&self, instance: &KString) -> Option<&KString> {
        self.statics.get(instance)
    }

    pub(super) fn is_leader(&self, id: &KString) -> bool {
        self.leader.as_ref() == Some(id)
    }

    pub(super) fn has_all_joined(&self) -> bool {
        self.members.len() == self.awaiting_join && self.pending.is_empty()
    }

    pub(super) const fn awaiting_join(&self) -> usize {
        self.awaiting_join
    }

    /// How long a rebalance waits: for the most patient member, ms.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    pub(super) const fn enter(&mut self, state: State, wall: UnixMillis) {
        self.initial = matches!((self.state, state), (State::Empty, State::PreparingRebalance));
        self.state = state;
        self.since = wall;
    }

    /// Checks that a member is who it says.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID where another one has taken the static member's place.
    pub(super) fn validate(
        &self,
        id: &KString,
        instance: Option<&KString>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            let known = self.statics.get(instance).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            if known != id {
                return Err(ErrorCode::FENCED_INSTANCE_ID);
            }
        }
        let known = self.members.contains_key(id);
        known.then_some(()).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)
    }

    /// Whether somebody with these protocols can belong to the group.
    pub(super) fn supports(&self, kind: &KString, protocols: &[JoinGroupRequestProtocol]) -> bool {
        if self.state == State::Empty {
            return !kind.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_ref() == Some(kind)
            && protocols
                .iter()
                .any(|one| self.supported.get(&one.name).unwrap_or(&0) == &self.members.len())
    }

    /// The protocol that most members like best among those that all can follow; of several the one that the leader
    /// likes best.
    pub(super) fn select_protocol(&self) -> Option<KString> {
        let everybody = self.members.len();
        let candidate = |name: &KString| self.supported.get(name) == Some(&everybody);
        let mut votes: BTreeMap<&KString, usize> = BTreeMap::new();
        for member in self.members.values() {
            if let Some((name, _)) = member.protocols.iter().find(|(name, _)| candidate(name)) {
                *votes.entry(name).or_default() += 1;
            }
        }
        let most = *votes.values().max()?;
        let leader = self.leader.as_ref().and_then(|leader| self.members.get(leader))?;
        let order = leader.protocols.iter().map(|(name, _)| name);
        order.into_iter().find(|name| votes.get(name) == Some(&most)).cloned()
    }

    /// Begins the next generation with whoever is there.
    pub(super) fn next_generation(&mut self, wall: UnixMillis) {
        self.unstored = false;
        self.generation = self.generation.checked_add(1).unwrap_or(0);
        self.protocol = self.select_protocol();
        self.subscribed = self.subscriptions();
        self.pending_sync.clear();
        let next = if self.members.is_empty() { State::Empty } else { State::CompletingRebalance };
        self.enter(next, wall);
    }

    /// All members, as the leader is told of them.
    pub(super) fn told(&self) -> Vec<JoinGroupResponseMember> {
        let protocol = self.protocol.as_ref();
        self.members.values().map(|member| member.to_told(protocol)).collect()
    }

    /// Gives each member its assignment, empty where `given` has none.
    pub(super) fn assign(&mut self, given: &BTreeMap<&KString, &Bytes>) {
        for member in self.members.values_mut() {
            self.member_bytes = self.member_bytes.saturating_sub(member.assignment.len());
            let assignment = given.get(&member.id);
            member.assignment =
                assignment.map_or_else(Bytes::new, |bytes| Bytes::copy_from_slice(bytes));
            self.member_bytes += member.assignment.len();
        }
    }

    /// Kafka's name of its state.
    pub(crate) const fn state_name(&self) -> &'static str {
        self.state.name()
    }

    /// Whether every member has its assignment.
    pub(crate) fn is_stable(&self) -> bool {
        self.state == State::Stable
    }

    /// What kind of group it is, where somebody belonged to it.
    pub(crate) const fn protocol_type(&self) -> Option<&KString> {
        self.protocol_type.as_ref()
    }

    /// The protocol that its members follow.
    pub(crate) const fn protocol(&self) -> Option<&KString> {
        self.protocol.as_ref()
    }

    /// Its members, by id.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Whether its members are consumers.
    pub(crate) fn is_of_consumers(&self) -> bool {
        self.protocol_type.as_ref().is_some_and(|kind| *kind == CONSUMER)
    }

    /// Whether a topic's offsets are in use. Where what a group of consumers subscribes to is not known, all are.
    pub(crate) fn is_subscribed(&self, topic: &KString) -> bool {
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.is_of_consumers(),
        }
    }

    /// Whether it is known what its members subscribe to.
    pub(super) const fn knows_subscriptions(&self) -> bool {
        self.subscribed.is_some()
    }

    /// What the members subscribe to, where they are consumers and say it in the form of the consumer protocol.
    fn subscriptions(&self) -> Option<BTreeSet<KString>> {
        if !self.is_of_consumers() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol = self.protocol.as_ref();
        protocol?;
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            topics.extend(topics_of(&member.metadata(protocol))?);
        }
        Some(topics)
    }
}

#[cfg(test)]
mod tests;
