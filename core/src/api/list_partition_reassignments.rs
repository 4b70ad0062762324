//! ListPartitionReassignments (key 46), version 0: there is one broker, so no partition is ever on its way to another.
//!
//! Kafka: ReplicationControlManager.listPartitionReassignments, which leaves out what is not being moved, whether it
//! exists or not.

use alloc::boxed::Box;

use crate::protocol::messages::ListPartitionReassignmentsResponse;
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles a ListPartitionReassignments.
    pub(crate) fn list_partition_reassignments(&mut self, id: RequestId) {
        let response = ListPartitionReassignmentsResponse::default();
        self.reply_after(0, id, Reply::Response(Box::new(response).into()));
    }
}
