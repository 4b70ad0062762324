//! Sessions: who is not heard of for too long is out.
//!
//! Kafka: GroupMetadataManager.expireClassicGroupMemberHeartbeat. BEHAVIOURS 55 and 64.

use super::NEW_MEMBER_TIMEOUT_MS;
use super::classic::State;
use super::rebalance::Work;
use super::timers::Due;
use crate::protocol::KString;
use crate::time::Instant;

impl Work<'_, '_> {
    /// A member gave a sign: its session begins anew.
    pub(super) fn hear_of(&mut self, id: &KString) {
        let timeout = self.group.members.get(id).map(|member| member.session_timeout_ms);
        if let Some(timeout) = timeout {
            self.set_session(id, self.after(timeout));
        }
    }

    /// A new member cannot give a sign before it is told its id.
    pub(super) fn wait_for_new(&mut self, id: &KString) {
        let deadline = self.turn.now.instant.plus_millis(NEW_MEMBER_TIMEOUT_MS);
        self.set_session(id, deadline);
    }

    /// Sets a deadline; the timer that is set already will do where it is not later.
    pub(super) fn set_session(&mut self, id: &KString, deadline: Instant) {
        let session = match self.group.members.get_mut(id) {
            Some(member) => &mut member.session,
            None => match self.group.pending.get_mut(id) {
                Some(session) => session,
                None => return,
            },
        };
        session.deadline = deadline;
        if session.armed.is_none_or(|armed| armed > deadline) {
            session.armed = Some(deadline);
            self.timers.set(deadline, self.name, Due::Session(id.clone()));
        }
    }

    /// The time for which a member's timer was set has come.
    pub(super) fn session_is_due(&mut self, at: Instant, id: &KString) {
        let (session, excused) = match self.group.members.get_mut(id) {
            Some(member) => {
                let excused = member.is_excused();
                (&mut member.session, excused)
            }
            None => match self.group.pending.get_mut(id) {
                Some(session) => (session, false),
                None => return,
            },
        };
        if session.armed != Some(at) {
            return;
        }
        session.armed = None;
        let deadline = session.deadline;
        if deadline > at {
            self.set_session(id, deadline);
        } else if !excused {
            self.expire_member(id);
        }
    }

    /// Takes out a member, or a pending one, and goes on without it.
    pub(super) fn expire_member(&mut self, id: &KString) {
        let was_pending = self.group.pending.contains_key(id);
        self.take_out(id);
        match self.group.state {
            State::Stable | State::CompletingRebalance if !was_pending => self.prepare(),
            State::PreparingRebalance if self.group.has_all_joined() => self.complete_join(),
            State::Stable
            | State::CompletingRebalance
            | State::PreparingRebalance
            | State::Empty => {}
        }
    }
}
