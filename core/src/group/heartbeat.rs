//! Heartbeat: a member is alive, and is told whether the group is as it was.
//!
//! BEHAVIOURS 60. Kafka: GroupMetadataManager.classicGroupHeartbeat.

use super::classic::State;
use super::{Coordinator, Turn, check_id};
use crate::protocol::ErrorCode;
use crate::protocol::messages::HeartbeatRequest;

impl Coordinator {
    /// Handles a Heartbeat; the error says what the member is to do.
    ///
    /// # Errors
    /// REBALANCE_IN_PROGRESS where it is to join again; UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID,
    /// INVALID_GROUP_ID.
    pub(crate) fn heartbeat(
        &mut self,
        turn: &mut Turn<'_>,
        request: &HeartbeatRequest,
    ) -> Result<(), ErrorCode> {
        check_id(&request.group_id)?;
        let heard = self.work(turn, &request.group_id, |work| {
            work.group.validate(&request.member_id, request.group_instance_id.as_ref())?;
            if request.generation_id != work.group.generation {
                return Err(ErrorCode::ILLEGAL_GENERATION);
            }
            match work.group.state {
                State::Empty => Err(ErrorCode::UNKNOWN_MEMBER_ID),
                State::PreparingRebalance => {
                    work.hear_of(&request.member_id);
                    Err(ErrorCode::REBALANCE_IN_PROGRESS)
                }
                State::CompletingRebalance | State::Stable => {
                    work.hear_of(&request.member_id);
                    Ok(())
                }
            }
        });
        heard.unwrap_or(Err(ErrorCode::UNKNOWN_MEMBER_ID))
    }
}
