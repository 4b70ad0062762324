//! JoinGroup (key 11), versions 0 to 9: see [`crate::group`]. The answer may come much later.

use crate::protocol::messages::JoinGroupRequest;
use crate::shard::Shard;
use crate::shard::input::{RequestContext, RequestId};

impl Shard {
    /// Handles a JoinGroup.
    pub(crate) fn join_group(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &JoinGroupRequest,
    ) {
        self.coordinate(&request.group_id, |groups, turn| groups.join(turn, id, context, request));
    }
}
