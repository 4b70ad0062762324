//! JoinGroup: a member comes, or comes again.
//!
//! BEHAVIOURS 55 to 58; USERS trap 3. Kafka: GroupMetadataManager.classicGroupJoin and what it calls.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::classic::State;
use super::member::{Member, Session, kept};
use super::rebalance::Work;
use super::{Coordinator, MAX_MEMBER_BYTES, MAX_PENDING, Turn, check_id};
use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use crate::protocol::{ErrorCode, KString};
use crate::random::Random;
use crate::shard::input::{RequestContext, RequestId};

/// From this version on a new dynamic member is told its id first, and joins with it (KIP-394).
const KNOWN_ID_FROM: i16 = 4;
/// From this version on a leader can be told that nothing is to be assigned.
pub(super) const SKIPS_FROM: i16 = 9;

/// Who joins, and how.
#[derive(Debug)]
pub(super) struct Joiner<'a> {
    pub(super) id: RequestId,
    pub(super) context: &'a RequestContext,
    pub(super) request: &'a JoinGroupRequest,
}

impl Joiner<'_> {
    /// How long a rebalance waits for it: version 0 does not say, so as long as its session lasts.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        if self.context.version == 0 {
            self.request.session_timeout_ms
        } else {
            self.request.rebalance_timeout_ms
        }
    }

    /// The member that it becomes.
    fn member(&self, id: &KString) -> Member {
        Member {
            id: id.clone(),
            instance: self.request.group_instance_id.as_ref().map(KString::detached),
            client_id: self.context.client_id.detached(),
            client_host: self.context.client_host.clone(),
            rebalance_timeout_ms: self.rebalance_timeout_ms(),
            session_timeout_ms: self.request.session_timeout_ms,
            protocols: kept(&self.request.protocols),
            assignment: bytes::Bytes::new(),
            awaiting_join: Some(self.id),
            awaiting_sync: None,
            is_new: true,
            session: Session::default(),
        }
    }
}

/// A member's id: what its client calls itself, or the static member's name, and a UUID.
fn new_id(random: &mut Random, context: &RequestContext, request: &JoinGroupRequest) -> KString {
    let named = request.group_instance_id.as_ref().unwrap_or(&context.client_id);
    let bits = u128::from_be_bytes(random.uuid().0);
    let part = |shift: u32, digits: u32| bits >> shift & ((1 << (4 * digits)) - 1);
    KString::from(format!(
        "{named}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8),
        part(80, 4),
        part(64, 4),
        part(48, 4),
        part(0, 12)
    ))
}

/// The answer to a JoinGroup that made no member of anybody.
pub(crate) fn refused(member: &KString, error_code: ErrorCode) -> Box<JoinGroupResponse> {
    // No protocol is null; versions that have no null write it as empty.
    let (member_id, protocol_name) = (member.clone(), None);
    Box::new(JoinGroupResponse { error_code, member_id, protocol_name, ..Default::default() })
}

impl Coordinator {
    /// Handles a JoinGroup. The answer may come much later.
    pub(crate) fn join(
        &mut self,
        turn: &mut Turn<'_>,
        id: RequestId,
        context: &RequestContext,
        request: &JoinGroupRequest,
    ) {
        let broker = turn.broker;
        let name = &request.group_id;
        let sessions = broker.group_min_session_timeout_ms..=broker.group_max_session_timeout_ms;
        let checked = check_id(name).and_then(|()| {
            let fits = sessions.contains(&request.session_timeout_ms);
            fits.then_some(()).ok_or(ErrorCode::INVALID_SESSION_TIMEOUT)
        });
        if let Err(code) = checked {
            return turn.reply(id, refused(&request.member_id, code));
        }
        let is_new = request.member_id.is_empty();
        if !is_new && !self.is_known(turn, name) {
            return turn.reply(id, refused(&request.member_id, ErrorCode::UNKNOWN_MEMBER_ID));
        }
        let full = self.bytes.saturating_add(bytes_of(request)) > MAX_MEMBER_BYTES;
        self.open(turn, name);
        let pending = self.work(turn, name, |work| {
            let joiner = Joiner { id, context, request };
            if full || !work.accepts(&request.member_id) {
                work.group.remove(&request.member_id);
                work.turn.reply(id, refused(&KString::EMPTY, ErrorCode::GROUP_MAX_SIZE_REACHED));
            } else if !work.group.supports(&request.protocol_type, &request.protocols) {
                let code = ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
                work.turn.reply(id, refused(&request.member_id, code));
            } else if is_new {
                return work.join_new(&joiner);
            } else {
                work.join_known(&joiner);
            }
            None
        });
        if let Some(pending) = pending.flatten() {
            self.note_pending(turn, name, pending);
        }
    }

    /// Notes a pending member, and forgets the oldest one where there are too many.
    fn note_pending(&mut self, turn: &mut Turn<'_>, group: &KString, member: KString) {
        self.newcomers.push_back((group.detached(), member));
        if self.newcomers.len() <= MAX_PENDING {
            return;
        }
        let Some((group, member)) = self.newcomers.pop_front() else { return };
        self.work(turn, &group, |work| {
            if work.group.pending.contains_key(&member) {
                work.expire_member(&member);
            }
        });
    }
}

/// Declared bytes of what a request brings.
fn bytes_of(request: &JoinGroupRequest) -> usize {
    let said = request.protocols.iter().map(|one| one.name.len() + one.metadata.len() + 64);
    super::state::MEMBER_COST + said.sum::<usize>()
}

impl Work<'_, '_> {
    /// Whether there is room: `group.max.size`, of which those who wait for a rebalance have their share already.
    fn accepts(&self, member: &KString) -> bool {
        let most = usize::try_from(self.turn.broker.group_max_size).unwrap_or(0);
        let known = self.group.members.get(member);
        match self.group.state {
            // Kafka bounds an empty group's pending members by nothing: ours by the same number.
            State::Empty => self.group.pending.len() < most || !member.is_empty(),
            State::PreparingRebalance => {
                known.is_some_and(|member| member.awaiting_join.is_some())
                    || self.group.awaiting_join() < most
            }
            State::CompletingRebalance | State::Stable => {
                known.is_some() || self.group.members.len() < most
            }
        }
    }

    /// Lets a new member in. Gives the id that was made where it has to come back with it.
    fn join_new(&mut self, joiner: &Joiner<'_>) -> Option<KString> {
        let new = new_id(self.turn.random, joiner.context, joiner.request);
        if let Some(instance) = &joiner.request.group_instance_id {
            match self.group.static_member(instance).cloned() {
                Some(old) => self.replace_static(joiner, &old, &new),
                None => self.add(joiner, &new),
            }
        } else if joiner.context.version >= KNOWN_ID_FROM {
            self.group.pending.insert(new.clone(), Session::default());
            self.set_session(&new, self.after(joiner.request.session_timeout_ms));
            self.turn.reply(joiner.id, refused(&new, ErrorCode::MEMBER_ID_REQUIRED));
            return Some(new);
        } else {
            self.add(joiner, &new);
        }
        None
    }

    fn add(&mut self, joiner: &Joiner<'_>, id: &KString) {
        // Its coming prolongs the initial delay.
        self.group.newcomer |= self.group.state == State::PreparingRebalance && self.group.initial;
        if self.group.members.is_empty() {
            self.group.protocol_type = Some(joiner.request.protocol_type.detached());
            self.group.leader = None;
        }
        self.group.add(joiner.member(id));
        self.wait_for_new(id);
        self.rebalance();
    }

    fn join_known(&mut self, joiner: &Joiner<'_>) {
        let (request, id) = (joiner.request, &joiner.request.member_id);
        // The group's own id: the request's shares the frame.
        if let Some((pending, _)) = self.group.pending.get_key_value(id) {
            let pending = pending.clone();
            if request.group_instance_id.is_none() {
                self.add(joiner, &pending);
                return;
            }
        }
        if let Err(code) = self.group.validate(id, request.group_instance_id.as_ref()) {
            return self.turn.reply(joiner.id, refused(id, code));
        }
        let unchanged =
            self.group.members.get(id).is_some_and(|member| member.matches(&request.protocols));
        let leads = self.group.is_leader(id);
        match self.group.state {
            State::CompletingRebalance if unchanged => {
                // It may not have got its first answer.
                let members = if leads { self.group.told() } else { Vec::new() };
                let response = self.joined(id, members, false);
                self.turn.reply(joiner.id, Box::new(response));
            }
            State::Stable if unchanged && !leads => {
                let response = self.joined(id, Vec::new(), false);
                self.turn.reply(joiner.id, Box::new(response));
            }
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {
                self.update(joiner, id);
                self.rebalance();
            }
            State::Empty => {
                self.turn.reply(joiner.id, refused(id, ErrorCode::UNKNOWN_MEMBER_ID));
            }
        }
    }

    /// Takes over what a member says now. A request of it that still waited is given up: its connection went, or asked
    /// again.
    pub(super) fn update(&mut self, joiner: &Joiner<'_>, id: &KString) {
        let old = self.group.update(id, |member| {
            member.protocols = kept(&joiner.request.protocols);
            member.rebalance_timeout_ms = joiner.rebalance_timeout_ms();
            member.session_timeout_ms = joiner.request.session_timeout_ms;
            member.awaiting_join.replace(joiner.id)
        });
        if let Some(old) = old.flatten() {
            self.turn.reply(old, refused(id, ErrorCode::UNKNOWN_MEMBER_ID));
        }
    }
}
