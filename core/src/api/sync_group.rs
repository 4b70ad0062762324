//! SyncGroup (key 14), versions 0 to 5: see [`crate::group`]. The answer may come later.

use crate::protocol::messages::SyncGroupRequest;
use crate::shard::Shard;
use crate::shard::input::{RequestContext, RequestId};

impl Shard {
    /// Handles a SyncGroup.
    pub(crate) fn sync_group(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &SyncGroupRequest,
    ) {
        self.coordinate(&request.group_id, |groups, turn| groups.sync(turn, id, context, request));
    }
}
