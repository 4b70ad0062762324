//! The course of a rebalance: members are asked to join again, the joined ones become a generation, the leader's
//! assignments make it stable. And the end of it where somebody keeps the others waiting.
//!
//! Kafka: GroupMetadataManager.prepareRebalance, completeClassicGroupJoin, tryCompleteInitialRebalanceElseSchedule,
//! propagateAssignment, expirePendingSync. BEHAVIOURS 57 to 59.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use super::classic::{ClassicGroup, Joining, State};
use super::timers::{Due, Timers};
use super::{Coordinator, Turn};
use crate::protocol::messages::{JoinGroupResponse, SyncGroupResponse};
use crate::protocol::{ErrorCode, KString};
use crate::time::Instant;

/// One group under a handler's hands.
#[derive(Debug)]
pub(super) struct Work<'a, 't> {
    pub(super) name: &'a KString,
    pub(super) group: &'a mut ClassicGroup,
    pub(super) timers: &'a mut Timers,
    pub(super) turn: &'a mut Turn<'t>,
}

impl Coordinator {
    /// Works on a group that is there; keeps count of what its members take, and forgets it where nobody is left.
    pub(super) fn work<R>(
        &mut self,
        turn: &mut Turn<'_>,
        name: &KString,
        run: impl FnOnce(&mut Work<'_, '_>) -> R,
    ) -> Option<R> {
        // The map's own name: the request's may share a larger buffer.
        let name = self.groups.get_key_value(name)?.0.clone();
        let Self { groups, timers, bytes, .. } = self;
        let group = groups.get_mut(&name)?;
        let before = group.bytes();
        let result = run(&mut Work { name: &name, group, timers, turn });
        *bytes = (*bytes + group.bytes()).saturating_sub(before);
        if group.is_forgettable() {
            groups.remove(&name);
        }
        Some(result)
    }

    /// Does what was due.
    pub(crate) fn expire(&mut self, turn: &mut Turn<'_>) {
        while let Some((at, name, due)) = self.timers.pop(turn.now.instant) {
            self.work(turn, &name, |work| match &due {
                Due::Join => work.join_is_due(at),
                Due::Sync => work.sync_is_due(at),
                Due::Session(member) => work.session_is_due(at, member),
            });
        }
    }
}

impl Work<'_, '_> {
    /// The time, moved by `ms` milliseconds.
    pub(super) fn after(&self, ms: i32) -> Instant {
        self.turn.now.instant.plus_millis(i64::from(ms))
    }

    /// Begins a rebalance where none is under way, else goes on with the one that is.
    pub(super) fn rebalance(&mut self) {
        if self.group.state == State::PreparingRebalance {
            self.maybe_complete_join();
        } else {
            self.prepare();
        }
    }

    /// Ends the phase of joining where everybody has; the initial delay is waited for.
    pub(super) fn maybe_complete_join(&mut self) {
        let preparing = self.group.state == State::PreparingRebalance;
        if preparing && !self.group.initial && self.group.has_all_joined() {
            self.complete_join();
        }
    }

    /// Asks every member to join again.
    pub(super) fn prepare(&mut self) {
        if self.group.state == State::CompletingRebalance {
            self.group.assign(&alloc::collections::BTreeMap::new());
            self.propagate(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        self.group.pending_sync.clear();
        self.group.sync_at = None;
        let initial = self.group.state == State::Empty;
        self.group.enter(State::PreparingRebalance, self.turn.now.wall);
        self.group.newcomer = false;
        if initial {
            let delay_ms = self.turn.broker.group_initial_rebalance_delay_ms;
            let remaining_ms = self.group.rebalance_timeout_ms().saturating_sub(delay_ms).max(0);
            self.wait_for_joins(delay_ms, Joining::Initial { delay_ms, remaining_ms });
        } else if self.group.has_all_joined() {
            self.complete_join();
        } else {
            self.wait_for_joins(self.group.rebalance_timeout_ms(), Joining::Rebalance);
        }
    }

    fn wait_for_joins(&mut self, ms: i32, joining: Joining) {
        let at = self.after(ms);
        self.group.joining = Some((at, joining));
        self.timers.set(at, self.name, Due::Join);
    }

    /// The phase of joining has lasted long enough.
    fn join_is_due(&mut self, at: Instant) {
        let Some((_, joining)) = self.group.joining.take_if(|(due, _)| *due == at) else { return };
        match joining {
            Joining::Initial { delay_ms, remaining_ms }
                if self.group.newcomer && remaining_ms != 0 =>
            {
                self.group.newcomer = false;
                let next = self.turn.broker.group_initial_rebalance_delay_ms.min(remaining_ms);
                let remaining_ms = remaining_ms.saturating_sub(delay_ms).max(0);
                self.wait_for_joins(next, Joining::Initial { delay_ms: next, remaining_ms });
            }
            Joining::Initial { .. } | Joining::Rebalance => self.complete_join(),
        }
    }

    /// Makes a generation of those who have joined. Static members stay even so, until their sessions end.
    pub(super) fn complete_join(&mut self) {
        self.group.joining = None;
        let missing = self.group.members.values();
        let missing = missing.filter(|one| one.awaiting_join.is_none() && one.instance.is_none());
        let missing: Vec<KString> = missing.map(|member| member.id.clone()).collect();
        for member in &missing {
            self.group.remove(member);
        }
        if !self.has_joined_leader() && !self.group.members.is_empty() {
            // Nobody has joined: wait until the sessions of those who are left end.
            self.wait_for_joins(self.group.rebalance_timeout_ms(), Joining::Rebalance);
            return;
        }
        self.group.next_generation(self.turn.now.wall);
        if self.group.state == State::Empty {
            let record = self.group.to_record(self.name);
            self.turn.record(record);
            return;
        }
        let told = self.group.told();
        let members: Vec<KString> = self.group.members.keys().cloned().collect();
        for id in members {
            let leads = self.group.is_leader(&id);
            let members = if leads { told.clone() } else { Vec::new() };
            let response = self.joined(&id, members, false);
            self.answer_join(&id, response);
            self.hear_of(&id);
            self.group.update(&id, |member| member.is_new = false);
            self.group.pending_sync.insert(id);
        }
        let at = self.after(self.group.rebalance_timeout_ms());
        self.group.sync_at = Some(at);
        self.timers.set(at, self.name, Due::Sync);
    }

    /// Whether the leader has joined, or another one who has takes its place.
    fn has_joined_leader(&mut self) -> bool {
        let joined = |id: &KString| {
            self.group.members.get(id).is_some_and(|member| member.awaiting_join.is_some())
        };
        if self.group.leader.as_ref().is_some_and(joined) {
            return true;
        }
        let other = self.group.members.values().find(|member| member.awaiting_join.is_some());
        let Some(other) = other.map(|member| member.id.clone()) else { return false };
        self.group.leader = Some(other);
        true
    }

    /// The answer to a member's JoinGroup: the group as it is.
    pub(super) fn joined(
        &self,
        id: &KString,
        members: Vec<crate::protocol::messages::join_group::JoinGroupResponseMember>,
        skip_assignment: bool,
    ) -> JoinGroupResponse {
        JoinGroupResponse {
            generation_id: self.group.generation,
            protocol_type: self.group.protocol_type.clone(),
            protocol_name: self.group.protocol.clone(),
            leader: self.group.leader.clone().unwrap_or_default(),
            skip_assignment,
            member_id: id.clone(),
            members,
            ..Default::default()
        }
    }

    /// Answers the JoinGroup of a member that waits for it.
    pub(super) fn answer_join(&mut self, id: &KString, response: JoinGroupResponse) {
        let waiting = self.group.update(id, |member| member.awaiting_join.take()).flatten();
        if let Some(waiting) = waiting {
            self.turn.reply(waiting, Box::new(response));
        }
    }

    /// Hands each waiting member its assignment, or an error. Its session begins anew: while it waited it was not heard.
    pub(super) fn propagate(&mut self, error_code: ErrorCode) {
        let fine = error_code == ErrorCode::NONE;
        let waiting = self.group.members.values();
        let waiting = waiting.filter(|member| member.awaiting_sync.is_some());
        let waiting: Vec<KString> = waiting.map(|member| member.id.clone()).collect();
        for id in waiting {
            let Some(member) = self.group.members.get_mut(&id) else { continue };
            let (request, assignment) = (member.awaiting_sync.take(), member.assignment.clone());
            let response = SyncGroupResponse {
                error_code,
                protocol_type: self.group.protocol_type.clone().filter(|_| fine),
                protocol_name: self.group.protocol.clone().filter(|_| fine),
                assignment: if fine { assignment } else { Bytes::new() },
                ..Default::default()
            };
            if let Some(request) = request {
                self.turn.reply(request, Box::new(response));
            }
            self.hear_of(&id);
        }
    }

    /// Members that have not asked for their assignment for a whole rebalance timeout are out.
    fn sync_is_due(&mut self, at: Instant) {
        if self.group.sync_at.take_if(|due| *due == at).is_none() {
            return;
        }
        let late = core::mem::take(&mut self.group.pending_sync);
        if late.is_empty()
            || !matches!(self.group.state, State::CompletingRebalance | State::Stable)
        {
            return;
        }
        for id in &late {
            self.group.remove(id);
        }
        self.prepare();
    }
}
