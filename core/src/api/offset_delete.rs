//! OffsetDelete (key 47), version 0: removes single committed offsets of a group (KIP-496).
//!
//! BEHAVIOURS 65: not those of a topic that members of the group subscribe to. Kafka:
//! OffsetMetadataManager.deleteOffsets.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::protocol::messages::offset_delete::{
    OffsetDeleteRequestTopic, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use crate::protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::RequestId;

/// What becomes of the offsets of one topic.
fn answer(topic: &OffsetDeleteRequestTopic, codes: Vec<ErrorCode>) -> OffsetDeleteResponseTopic {
    let partitions = topic.partitions.iter().zip(codes);
    let partitions = partitions.map(|(partition, error_code)| OffsetDeleteResponsePartition {
        partition_index: partition.partition_index,
        error_code,
    });
    OffsetDeleteResponseTopic { name: topic.name.clone(), partitions: partitions.collect() }
}

impl Shard {
    /// Handles an OffsetDelete.
    pub(crate) fn offset_delete(&mut self, id: RequestId, request: &OffsetDeleteRequest) {
        let group = &request.group_id;
        let exists = |topic: &KString, index: i32| self.find_partition(topic, index).is_some();
        let known: Vec<Vec<bool>> = request
            .topics
            .iter()
            .map(|topic| {
                let known = topic.partitions.iter();
                known.map(|partition| exists(&topic.name, partition.partition_index)).collect()
            })
            .collect();
        self.coordinate(group, |groups, turn| {
            let mut response = OffsetDeleteResponse::default();
            if let Err(code) = groups.may_delete_offsets(turn, group) {
                response.error_code = code;
                turn.reply(id, Box::new(response));
                return;
            }
            let stored = turn.groups.get(group);
            for (topic, known) in request.topics.iter().zip(known) {
                let subscribed = groups.is_subscribed(group, &topic.name);
                let mut codes = Vec::with_capacity(topic.partitions.len());
                for (partition, known) in topic.partitions.iter().zip(known) {
                    codes.push(if !known {
                        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                    } else if subscribed {
                        ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC
                    } else {
                        let index = partition.partition_index;
                        let offset = stored.and_then(|stored| stored.committed(&topic.name, index));
                        turn.outcome.records.extend(offset.map(|offset| offset.tombstone(group)));
                        ErrorCode::NONE
                    });
                }
                response.topics.push(answer(topic, codes));
            }
            turn.reply(id, Box::new(response));
        });
    }
}
