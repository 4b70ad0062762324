//! OffsetCommit (key 8), versions 0 to 10: stores the offsets of groups without members.
//!
//! BEHAVIOURS 61 and 62a, as far as simple consumers go. Kafka: OffsetMetadataManager.commitOffset. Version 0, which
//! meant ZooKeeper, means the group too. Missing, and coming with the group coordinator: members, expiry
//! (`retention_time_ms` is not kept), and the journal's final shape: batches of `__consumer_offsets` in Kafka's schema.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::journal::entry::{CommittedOffset, Entry};
use crate::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use crate::protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestContext, RequestId};

impl Shard {
    /// Handles an OffsetCommit.
    pub(crate) fn offset_commit(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &OffsetCommitRequest,
    ) {
        let group = request.group_id.to_string();
        let refused = self.refuses_commit(&group, context.version, request);
        let mut offsets = Vec::new();
        let mut response = OffsetCommitResponse::default();
        for topic in &request.topics {
            let known = self.committable(topic, context.version);
            let mut result = OffsetCommitResponseTopic {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                ..Default::default()
            };
            for partition in &topic.partitions {
                let committed = match &known {
                    Ok(name) => self.check_commit(name, partition, refused),
                    Err(code) => Err(*code),
                };
                result.partitions.push(OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: committed.as_ref().err().copied().unwrap_or_default(),
                });
                offsets.extend(committed);
            }
            response.topics.push(result);
        }
        if !offsets.is_empty() {
            self.record(&Entry::OffsetsCommitted { group, offsets });
        }
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// The name of the topic that is meant.
    fn committable(
        &self,
        topic: &OffsetCommitRequestTopic,
        version: i16,
    ) -> Result<KString, ErrorCode> {
        if version >= 10 {
            let known = self.image.topic_by_id(&topic.topic_id);
            return known.map(|topic| topic.name.clone()).ok_or(ErrorCode::UNKNOWN_TOPIC_ID);
        }
        let known = self.topic_name(topic.name.as_bytes()).cloned();
        known.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    /// Why nothing can be committed: no group here has members, so whoever says to be one is not.
    fn refuses_commit(
        &self,
        group: &str,
        version: i16,
        request: &OffsetCommitRequest,
    ) -> Option<ErrorCode> {
        if request.generation_id_or_member_epoch < 0 {
            return None;
        }
        Some(if self.state.groups.contains_key(group) {
            ErrorCode::UNKNOWN_MEMBER_ID
        } else if version >= 9 {
            ErrorCode::GROUP_ID_NOT_FOUND
        } else {
            ErrorCode::ILLEGAL_GENERATION
        })
    }

    fn check_commit(
        &self,
        topic: &KString,
        partition: &OffsetCommitRequestPartition,
        refused: Option<ErrorCode>,
    ) -> Result<CommittedOffset, ErrorCode> {
        if self.find_partition(topic, partition.partition_index).is_none() {
            return Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        }
        if let Some(code) = refused {
            return Err(code);
        }
        let metadata = partition.committed_metadata.clone().unwrap_or_default().to_string();
        // Java counts UTF-16 units, not bytes.
        let limit = usize::try_from(self.broker.offset_metadata_max_bytes).unwrap_or(0);
        if metadata.encode_utf16().count() > limit {
            return Err(ErrorCode::OFFSET_METADATA_TOO_LARGE);
        }
        let timestamp = match partition.commit_timestamp {
            -1 => self.now.wall.0,
            timestamp => timestamp,
        };
        Ok(CommittedOffset {
            topic: topic.to_string(),
            partition: partition.partition_index,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata,
            timestamp,
        })
    }
}
