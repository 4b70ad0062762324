//! AlterPartitionReassignments (key 45), versions 0 and 1: there is one broker, so partitions stay where they are.
//!
//! Kafka: ReplicationControlManager.alterPartitionReassignments. To move a partition to where it is is done at once; so
//! nothing is ever under way that could be stopped, and the wish about replication factors (KIP-860) means nothing.

use alloc::boxed::Box;

use super::create_topics::{Refusal, refusal};
use super::topics::check_replicas;
use crate::protocol::messages::alter_partition_reassignments::{
    ReassignablePartition, ReassignablePartitionResponse, ReassignableTopicResponse,
};
use crate::protocol::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles an AlterPartitionReassignments.
    pub(crate) fn alter_partition_reassignments(
        &mut self,
        id: RequestId,
        request: &AlterPartitionReassignmentsRequest,
    ) {
        let responses = request.topics.iter().map(|topic| {
            let partitions = topic.partitions.iter().map(|partition| {
                let refused = self.check_reassignment(&topic.name, partition).err();
                ReassignablePartitionResponse {
                    partition_index: partition.partition_index,
                    error_code: refused.as_ref().map_or(ErrorCode::NONE, |refused| refused.code),
                    error_message: refused.map(|refused| KString::from(refused.message)),
                }
            });
            ReassignableTopicResponse { name: topic.name.clone(), partitions: partitions.collect() }
        });
        let response = AlterPartitionReassignmentsResponse {
            allow_replication_factor_change: request.allow_replication_factor_change,
            responses: responses.collect(),
            ..Default::default()
        };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    fn check_reassignment(
        &self,
        topic: &KString,
        partition: &ReassignablePartition,
    ) -> Result<(), Refusal> {
        if self.find_partition(topic, partition.partition_index).is_none() {
            let message = "There is no such partition.";
            return refusal(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, message);
        }
        match &partition.replicas {
            Some(replicas) => check_replicas(replicas, self.image.node_id),
            None => {
                refusal(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS, "The partition is not being moved.")
            }
        }
    }
}
