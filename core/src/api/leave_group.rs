//! LeaveGroup (key 13), versions 0 to 5: see [`crate::group`].

use crate::protocol::messages::LeaveGroupRequest;
use crate::shard::Shard;
use crate::shard::input::{RequestContext, RequestId};

impl Shard {
    /// Handles a LeaveGroup.
    pub(crate) fn leave_group(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: LeaveGroupRequest,
    ) {
        let group = request.group_id.clone();
        self.coordinate(&group, |groups, turn| groups.leave(turn, id, context, request));
    }
}
