//! SyncGroup: the leader hands in the assignments, every member waits for its own.
//!
//! BEHAVIOURS 59. Kafka: GroupMetadataManager.classicGroupSync. Every member gets an assignment: who was left out gets
//! an empty one.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use bytes::Bytes;

use super::classic::State;
use super::rebalance::Work;
use super::{Coordinator, Turn, check_id};
use crate::gather::Gather as _;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::input::{RequestContext, RequestId};

/// From this version on a member says which protocol it follows (KIP-559).
const NAMES_FROM: i16 = 5;

pub(super) fn refused(error_code: ErrorCode) -> Box<SyncGroupResponse> {
    Box::new(SyncGroupResponse { error_code, ..Default::default() })
}

impl Coordinator {
    /// Handles a SyncGroup. The answer may come later.
    pub(crate) fn sync(
        &mut self,
        turn: &mut Turn<'_>,
        id: RequestId,
        context: &RequestContext,
        request: &SyncGroupRequest,
    ) {
        let named = request.protocol_type.is_some() && request.protocol_name.is_some();
        if context.version >= NAMES_FROM && !named {
            return turn.reply(id, refused(ErrorCode::INCONSISTENT_GROUP_PROTOCOL));
        }
        if let Err(code) = check_id(&request.group_id) {
            return turn.reply(id, refused(code));
        }
        let done = self.work(turn, &request.group_id, |work| {
            if let Err(code) = work.check_sync(request) {
                work.turn.reply(id, refused(code));
            } else if work.group.state == State::Stable {
                work.synced(&request.member_id);
                let member = work.group.members.get(&request.member_id);
                let response = SyncGroupResponse {
                    protocol_type: work.group.protocol_type.clone(),
                    protocol_name: work.group.protocol.clone(),
                    assignment: member.map(|one| one.assignment.clone()).unwrap_or_default(),
                    ..Default::default()
                };
                work.turn.reply(id, Box::new(response));
            } else {
                work.await_sync(id, request);
            }
        });
        if done.is_none() {
            turn.reply(id, refused(ErrorCode::UNKNOWN_MEMBER_ID));
        }
    }
}

impl Work<'_, '_> {
    fn check_sync(&self, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        let group = &self.group;
        if group.state == State::Empty {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        group.validate(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != group.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        let differs = |said: &Option<KString>, is: &Option<KString>| matches!((said, is), (Some(said), Some(is)) if said != is);
        if differs(&request.protocol_type, &group.protocol_type)
            || differs(&request.protocol_name, &group.protocol)
        {
            return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        if group.state == State::PreparingRebalance {
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        Ok(())
    }

    /// A member has asked for its assignment.
    fn synced(&mut self, id: &KString) {
        self.group.pending_sync.remove(id);
        if self.group.pending_sync.is_empty() {
            self.group.sync_at = None;
        }
    }

    fn await_sync(&mut self, id: RequestId, request: &SyncGroupRequest) {
        let member = &request.member_id;
        let old = self.group.members.get_mut(member).and_then(|one| one.awaiting_sync.replace(id));
        if let Some(old) = old {
            self.turn.reply(old, refused(ErrorCode::REBALANCE_IN_PROGRESS));
        }
        self.synced(member);
        if !self.group.is_leader(member) {
            return;
        }
        let given = request.assignments.iter();
        let given: BTreeMap<&KString, &Bytes> =
            given.map(|one| (&one.member_id, &one.assignment)).gather();
        let assigned: usize = given
            .iter()
            .filter(|(id, _)| self.group.members.contains_key(**id))
            .map(|(_, assignment)| assignment.len())
            .sum();
        if self.group.record_size(assigned) > self.turn.record_limit {
            // Kafka: RecordTooLargeException on the append, and the rebalance begins anew.
            self.propagate(ErrorCode::UNKNOWN_SERVER_ERROR);
            self.prepare();
            return;
        }
        self.group.assign(&given);
        self.group.enter(State::Stable, self.turn.now.wall);
        let record = self.group.to_record(self.name);
        self.turn.record(record);
        self.propagate(ErrorCode::NONE);
    }
}
