//! DescribeProducers (key 61), version 0: the idempotent producers that partitions remember (KIP-664).
//!
//! Kafka: KafkaApis.handleDescribeProducersRequest, ReplicaManager.activeProducerState. Missing: transactions, so no
//! coordinator ever wrote a marker, and none is open.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::create_topics::{Refusal, refusal};
use super::topics::check_name;
use crate::protocol::messages::describe_producers::{
    PartitionResponse, ProducerState, TopicResponse,
};
use crate::protocol::messages::{DescribeProducersRequest, DescribeProducersResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

/// The coordinator epoch of a producer for which no marker was written.
const NO_MARKER: i32 = -1;

impl Shard {
    /// Handles a DescribeProducers.
    pub(crate) fn describe_producers(&mut self, id: RequestId, request: &DescribeProducersRequest) {
        let topics = request.topics.iter().map(|topic| {
            let partitions = topic.partition_indexes.iter().map(|index| {
                let described = self.producers_of(&topic.name, *index);
                let (error_code, error_message, active_producers) = match described {
                    Ok(producers) => (ErrorCode::NONE, None, producers),
                    Err(Refusal { code, message }) => (code, Some(message.into()), Vec::new()),
                };
                let partition_index = *index;
                PartitionResponse { partition_index, error_code, error_message, active_producers }
            });
            TopicResponse { name: topic.name.clone(), partitions: partitions.collect() }
        });
        let response = DescribeProducersResponse { topics: topics.collect(), ..Default::default() };
        // What another client has just written is shown when it is durable.
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    fn producers_of(&self, topic: &KString, index: i32) -> Result<Vec<ProducerState>, Refusal> {
        if let Err(bad) = check_name(topic.as_bytes()) {
            return refusal(ErrorCode::INVALID_TOPIC_EXCEPTION, bad.message(topic));
        }
        let id = self.find_partition(topic, index);
        let Some(partition) = id.and_then(|id| self.state.partitions.get(&id)) else {
            let message = "There is no such partition.";
            return refusal(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, message);
        };
        let states = partition.producers.iter().map(|(id, producer)| ProducerState {
            producer_id: *id,
            producer_epoch: i32::from(producer.epoch),
            last_sequence: producer.batches.last().map_or(-1, |batch| batch.last_sequence),
            last_timestamp: producer.last_timestamp,
            coordinator_epoch: NO_MARKER,
            current_txn_start_offset: -1,
        });
        Ok(states.collect())
    }
}
