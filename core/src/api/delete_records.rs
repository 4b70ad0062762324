//! DeleteRecords (key 21), versions 0 to 2: moves the start of logs up.
//!
//! BEHAVIOURS 53 and 54, BAD_INPUTS 80. Kafka: ReplicaManager.deleteRecords, Partition.deleteRecordsOnLeader. There is
//! one copy, so nothing is waited for but the journal, and `timeout_ms` means nothing.

use alloc::boxed::Box;

use super::topics::is_internal;
use crate::protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use crate::protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

/// The offset that stands for the high watermark.
const HIGH_WATERMARK: i64 = -1;

impl Shard {
    /// Handles a DeleteRecords.
    pub(crate) fn delete_records(&mut self, id: RequestId, request: &DeleteRecordsRequest) {
        let mut response = DeleteRecordsResponse::default();
        for topic in &request.topics {
            let mut result =
                DeleteRecordsTopicResult { name: topic.name.clone(), ..Default::default() };
            for asked in &topic.partitions {
                let (error_code, low_watermark) = match self.delete_before(&topic.name, asked) {
                    Ok(low_watermark) => (ErrorCode::NONE, low_watermark),
                    Err(code) => (code, -1),
                };
                result.partitions.push(DeleteRecordsPartitionResult {
                    partition_index: asked.partition_index,
                    low_watermark,
                    error_code,
                });
            }
            response.topics.push(result);
        }
        self.drop_dead_files();
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// Moves one log's start; gives where it is then.
    fn delete_before(
        &mut self,
        name: &KString,
        asked: &DeleteRecordsPartition,
    ) -> Result<i64, ErrorCode> {
        let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        let id = self.find_partition(name, asked.partition_index).ok_or(unknown)?;
        if is_internal(name.as_bytes()) {
            return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
        }
        let topic = self.state.topics.get(name).ok_or(unknown)?;
        let partition = self.state.partitions.get(&id).ok_or(unknown)?;
        if topic.effective.as_ref().is_some_and(|config| !config.cleanup_policy.delete) {
            return Err(ErrorCode::POLICY_VIOLATION);
        }
        let end = partition.high_watermark;
        let offset = if asked.offset == HIGH_WATERMARK { end } else { asked.offset };
        if offset < 0 || offset > end {
            return Err(ErrorCode::OFFSET_OUT_OF_RANGE);
        }
        let start = partition.log_start_offset;
        if offset <= start {
            return Ok(start);
        }
        self.move_log_start(id, offset);
        Ok(offset)
    }
}
