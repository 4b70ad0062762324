//! DescribeQuorum (key 55), versions 0 to 2: who leads the metadata log, and how far its voters are (KIP-595, KIP-836).
//!
//! Kafka: KafkaRaftClient.handleDescribeQuorumRequest. The metadata log is the journal: an offset is a slot's number, the
//! high watermark the first slot that is not durable yet, the epoch the number of this start. This broker is the only
//! voter. The connection fills in by which address it is reached: the controller has none of its own.

use alloc::boxed::Box;
use alloc::vec;

use crate::protocol::messages::describe_quorum::{
    Listener, Node, PartitionResponse, ReplicaState, TopicData, TopicResponse,
};
use crate::protocol::messages::{DescribeQuorumRequest, DescribeQuorumResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

/// What Kafka calls the metadata log; it has one partition.
const METADATA_LOG: &str = "__cluster_metadata";

impl Shard {
    /// Handles a DescribeQuorum.
    pub(crate) fn describe_quorum(&mut self, id: RequestId, request: &DescribeQuorumRequest) {
        let is_metadata_log = |topic: &TopicData| {
            topic.topic_name == METADATA_LOG
                && matches!(topic.partitions.as_slice(), [only] if only.partition_index == 0)
        };
        let mut response = DescribeQuorumResponse {
            // Kafka says nothing in words where nothing is wrong, but never null.
            error_message: Some(KString::EMPTY),
            ..Default::default()
        };
        if matches!(request.topics.as_slice(), [only] if is_metadata_log(only)) {
            response.topics.push(TopicResponse {
                topic_name: KString::from_static(METADATA_LOG),
                partitions: vec![self.quorum()],
            });
            response
                .nodes
                .push(Node { node_id: self.image.node_id, listeners: vec![Listener::default()] });
        } else {
            // Where anything else is asked for, everything is refused.
            response.topics.extend(request.topics.iter().map(unknown));
        }
        self.reply_after(0, id, Reply::Response(Box::new(response).into()));
    }

    fn quorum(&self) -> PartitionResponse {
        let behind = |slot: u64| i64::try_from(slot).unwrap_or(i64::MAX).saturating_add(1);
        PartitionResponse {
            leader_id: self.image.node_id,
            leader_epoch: i32::try_from(self.state.epoch).unwrap_or(i32::MAX),
            high_watermark: behind(self.writer.durable()),
            error_message: Some(KString::EMPTY),
            current_voters: vec![ReplicaState {
                replica_id: self.image.node_id,
                log_end_offset: behind(self.writer.last_slot()),
                last_fetch_timestamp: self.now.wall.0,
                last_caught_up_timestamp: self.now.wall.0,
                ..Default::default()
            }],
            ..Default::default()
        }
    }
}

fn unknown(topic: &TopicData) -> TopicResponse {
    let partitions = topic.partitions.iter().map(|partition| PartitionResponse {
        partition_index: partition.partition_index,
        error_code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        error_message: Some(KString::from_static("There is no such partition.")),
        ..Default::default()
    });
    TopicResponse { topic_name: topic.topic_name.clone(), partitions: partitions.collect() }
}
