//! LeaveGroup: members go, each with an answer of its own.
//!
//! BEHAVIOURS 64. Kafka: GroupMetadataManager.classicGroupLeave. A static member may be taken out by its name alone.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::classic::State;
use super::rebalance::Work;
use super::{Coordinator, Turn, check_id};
use crate::protocol::messages::leave_group::{MemberIdentity, MemberResponse};
use crate::protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::input::{RequestContext, RequestId};

/// From this version on a request names several members.
const BATCHED_FROM: i16 = 3;

impl Coordinator {
    /// Handles a LeaveGroup.
    pub(crate) fn leave(
        &mut self,
        turn: &mut Turn<'_>,
        id: RequestId,
        context: &RequestContext,
        request: LeaveGroupRequest,
    ) {
        let batched = context.version >= BATCHED_FROM;
        let members = if batched {
            request.members
        } else {
            [MemberIdentity { member_id: request.member_id, ..Default::default() }].into()
        };
        if let Err(error_code) = check_id(&request.group_id) {
            return turn
                .reply(id, Box::new(LeaveGroupResponse { error_code, ..Default::default() }));
        }
        let left = self.work(turn, &request.group_id, |work| work.leave(&members));
        let results = left.unwrap_or_else(|| {
            let unknown = ErrorCode::UNKNOWN_MEMBER_ID;
            members.iter().map(|member| result(member, unknown)).collect()
        });
        let response = if batched {
            LeaveGroupResponse { members: results, ..Default::default() }
        } else {
            let error_code = results.first().map_or(ErrorCode::NONE, |result| result.error_code);
            LeaveGroupResponse { error_code, ..Default::default() }
        };
        turn.reply(id, Box::new(response));
    }
}

fn result(member: &MemberIdentity, error_code: ErrorCode) -> MemberResponse {
    MemberResponse {
        member_id: member.member_id.clone(),
        group_instance_id: member.group_instance_id.clone(),
        error_code,
    }
}

impl Work<'_, '_> {
    fn leave(&mut self, members: &[MemberIdentity]) -> Vec<MemberResponse> {
        let mut results = Vec::with_capacity(members.len());
        for member in members {
            let code = self.leave_one(member).err().unwrap_or(ErrorCode::NONE);
            results.push(result(member, code));
        }
        if results.iter().any(|result| result.error_code == ErrorCode::NONE) {
            match self.group.state {
                State::Stable | State::CompletingRebalance => self.prepare(),
                State::PreparingRebalance => self.maybe_complete_join(),
                State::Empty => {}
            }
        }
        results
    }

    fn leave_one(&mut self, member: &MemberIdentity) -> Result<(), ErrorCode> {
        let id = if member.member_id.is_empty() {
            let instance = member.group_instance_id.as_ref().ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            self.group.static_member(instance).cloned().ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?
        } else if self.group.pending.contains_key(&member.member_id) {
            self.group.remove(&member.member_id);
            return Ok(());
        } else {
            self.group.validate(&member.member_id, member.group_instance_id.as_ref())?;
            member.member_id.clone()
        };
        self.take_out(&id);
        Ok(())
    }

    /// Takes a member out and tells whatever still waits on its behalf.
    pub(super) fn take_out(&mut self, id: &KString) {
        if let Some(gone) = self.group.remove(id) {
            self.turn.turn_away(&gone, &KString::EMPTY, ErrorCode::UNKNOWN_MEMBER_ID);
        }
    }
}
