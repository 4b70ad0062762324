//! OffsetCommit (key 8), versions 0 to 10: stores the offsets of a group.
//!
//! BEHAVIOURS 61 and 62a. Kafka: KafkaApis.handleOffsetCommitRequest, OffsetMetadataManager.commitOffset. Version 0,
//! which meant ZooKeeper, means the group too. A topic that is not there is refused first, whoever asks.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::group::MAX_GROUP_BYTES;
use crate::group::records::{GroupRecord, OffsetCommitValue};
use crate::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use crate::protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{RequestContext, RequestId};

/// From this version on topics are given by their ids.
const IDS_FROM: i16 = 10;

impl Shard {
    /// Handles an OffsetCommit.
    pub(crate) fn offset_commit(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &OffsetCommitRequest,
    ) {
        let group = &request.group_id;
        let mut records = Vec::new();
        let mut response = OffsetCommitResponse::default();
        for topic in &request.topics {
            let known = self.committable(topic, context.version);
            let mut result = OffsetCommitResponseTopic {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                ..Default::default()
            };
            for partition in &topic.partitions {
                let checked = match &known {
                    Ok(name) => self.check_commit(name, partition, request),
                    Err(code) => Err(*code),
                };
                result.partitions.push(OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: checked.as_ref().err().copied().unwrap_or_default(),
                });
                records.extend(checked);
            }
            response.topics.push(result);
        }
        self.coordinate(group, |groups, turn| {
            // What names no topic that is there does not come as far as the group (Kafka: KafkaApis).
            let asked = response.topics.iter().flat_map(|topic| &topic.partitions);
            let reaches = asked.into_iter().any(|partition| !is_of_topic(partition.error_code));
            let size: usize = records.iter().map(GroupRecord::size).sum();
            let refused = if !reaches {
                None
            } else if let Err(code) = groups.may_commit(turn, context.version, request) {
                Some(code)
            } else if size > turn.record_limit || turn.groups.bytes() + size > MAX_GROUP_BYTES {
                Some(ErrorCode::INVALID_COMMIT_OFFSET_SIZE)
            } else {
                None
            };
            match refused {
                None => turn.outcome.records = records,
                Some(code) => {
                    let all = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                    for partition in all.filter(|partition| !is_of_topic(partition.error_code)) {
                        partition.error_code = code;
                    }
                }
            }
            turn.reply(id, Box::new(response));
        });
    }

    /// The name of the topic that is meant.
    fn committable(
        &self,
        topic: &OffsetCommitRequestTopic,
        version: i16,
    ) -> Result<KString, ErrorCode> {
        if version >= IDS_FROM {
            let known = self.image.topic_by_id(&topic.topic_id);
            return known.map(|topic| topic.name.clone()).ok_or(ErrorCode::UNKNOWN_TOPIC_ID);
        }
        let known = self.topic_name(topic.name.as_bytes()).cloned();
        known.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    fn check_commit(
        &self,
        topic: &KString,
        partition: &OffsetCommitRequestPartition,
        request: &OffsetCommitRequest,
    ) -> Result<GroupRecord, ErrorCode> {
        if self.find_partition(topic, partition.partition_index).is_none() {
            return Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        }
        let metadata = partition.committed_metadata.clone().unwrap_or_default();
        // Java counts UTF-16 units, not bytes, of which there are never fewer.
        let limit = usize::try_from(self.broker.offset_metadata_max_bytes).unwrap_or(0);
        let units = || alloc::string::ToString::to_string(&metadata).encode_utf16().count();
        if metadata.len() > limit && units() > limit {
            return Err(ErrorCode::OFFSET_METADATA_TOO_LARGE);
        }
        let now = self.now.wall.0;
        let value = OffsetCommitValue {
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata,
            commit_timestamp: match partition.commit_timestamp {
                -1 => now,
                timestamp => timestamp,
            },
            expire_timestamp: match request.retention_time_ms {
                -1 => -1,
                retention => now.saturating_add(retention),
            },
        };
        let (group, topic) = (request.group_id.clone(), topic.clone());
        let index = partition.partition_index;
        Ok(GroupRecord::Offset { group, topic, partition: index, value: Some(value) })
    }
}

/// Whether a code says that the topic or partition is not there.
fn is_of_topic(code: ErrorCode) -> bool {
    code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION || code == ErrorCode::UNKNOWN_TOPIC_ID
}
