//! OffsetForLeaderEpoch (key 23), versions 0 to 4: where a leader epoch ended (KIP-320).
//!
//! BEHAVIOURS 47 and 48. Kafka: Partition.lastOffsetForLeaderEpoch.

use alloc::boxed::Box;

use super::fetch::epoch_error;
use crate::protocol::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderPartition, OffsetForLeaderTopicResult,
};
use crate::protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles an OffsetForLeaderEpoch.
    pub(crate) fn offset_for_leader_epoch(
        &mut self,
        id: RequestId,
        request: &OffsetForLeaderEpochRequest,
    ) {
        let mut response = OffsetForLeaderEpochResponse::default();
        let mut needs = 0;
        for topic in &request.topics {
            let answers = topic.partitions.iter();
            let answers = answers.map(|asked| self.epoch_end(&topic.topic, asked, &mut needs));
            response.topics.push(OffsetForLeaderTopicResult {
                topic: topic.topic.clone(),
                partitions: answers.collect(),
            });
        }
        self.reply_after(needs, id, Reply::Response(Box::new(response).into()));
    }

    fn epoch_end(
        &self,
        name: &KString,
        asked: &OffsetForLeaderPartition,
        needs: &mut u64,
    ) -> EpochEndOffset {
        let mut answer = EpochEndOffset {
            partition: asked.partition,
            leader_epoch: -1,
            end_offset: -1,
            ..Default::default()
        };
        let partition = self
            .find_partition(name, asked.partition)
            .and_then(|id| self.state.partitions.get(&id));
        let (Some(topic), Some(partition)) = (self.state.topics.get(name), partition) else {
            // That it is gone is told when that is durable.
            *needs = self.writer.last_slot();
            answer.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            return answer;
        };
        *needs = (*needs).max(partition.changed_in);
        let current = self.state.leader_epoch(topic);
        match epoch_error(asked.current_leader_epoch, current) {
            Some(error) => answer.error_code = error,
            None => {
                (answer.leader_epoch, answer.end_offset) =
                    partition.end_of_epoch(asked.leader_epoch, current);
            }
        }
        answer
    }
}
