//! Heartbeat (key 12), versions 0 to 4: see [`crate::group`].

use alloc::boxed::Box;

use crate::protocol::ErrorCode;
use crate::protocol::messages::{HeartbeatRequest, HeartbeatResponse};
use crate::shard::Shard;
use crate::shard::input::RequestId;

impl Shard {
    /// Handles a Heartbeat.
    pub(crate) fn heartbeat(&mut self, id: RequestId, request: &HeartbeatRequest) {
        self.coordinate(&request.group_id, |groups, turn| {
            let error_code = groups.heartbeat(turn, request).err().unwrap_or(ErrorCode::NONE);
            turn.reply(id, Box::new(HeartbeatResponse { error_code, ..Default::default() }));
        });
    }
}
