//! ListOffsets (key 2), versions 0 to 11: the ends of partitions, and offsets by time.
//!
//! BEHAVIOURS 47, 49–52. Kafka: UnifiedLog.fetchOffsetByTimestamp, legacyFetchOffsetsBefore.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::fetch::epoch_error;
use crate::image::PartitionId;
use crate::protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use crate::protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{RequestContext, RequestId};
use crate::shard::lookup::{Lookup, Wanted};

/// The log's end: high watermark, or last stable offset.
const LATEST: i64 = -1;
/// The log's start.
const EARLIEST: i64 = -2;
/// The record with the largest timestamp (KIP-734, v7).
const MAX_TIMESTAMP: i64 = -3;
/// The start of what is stored locally: here as [`EARLIEST`] (KIP-405, v8).
const EARLIEST_LOCAL: i64 = -4;
/// The end of what is in tiered storage: there is none (KIP-1005, v9).
const LATEST_TIERED: i64 = -5;
/// The first offset that is yet to be uploaded to tiered storage: there is none (KIP-1023, v11).
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// The version from which a special timestamp is known.
const fn known_from(timestamp: i64) -> i16 {
    match timestamp {
        MAX_TIMESTAMP => 7,
        EARLIEST_LOCAL => 8,
        LATEST_TIERED => 9,
        EARLIEST_PENDING_UPLOAD => 11,
        _ => 0,
    }
}

impl Shard {
    /// Handles a ListOffsets.
    pub(crate) fn list_offsets(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: ListOffsetsRequest,
    ) {
        let version = context.version;
        let mut seen = BTreeSet::new();
        let mut twice = BTreeSet::new();
        for topic in &request.topics {
            for partition in &topic.partitions {
                let key = (topic.name.clone(), partition.partition_index);
                if !seen.insert(key.clone()) {
                    twice.insert(key);
                }
            }
        }
        let mut response = ListOffsetsResponse::default();
        let mut wanted = Vec::new();
        let mut needs = 0;
        for (t, topic) in (0..).zip(&request.topics) {
            let mut answers =
                ListOffsetsTopicResponse { name: topic.name.clone(), ..Default::default() };
            for (p, asked) in (0..).zip(&topic.partitions) {
                let mut answer = ListOffsetsPartitionResponse {
                    partition_index: asked.partition_index,
                    timestamp: -1,
                    offset: -1,
                    leader_epoch: -1,
                    ..Default::default()
                };
                let doubled = twice.contains(&(topic.name.clone(), asked.partition_index));
                match self.find_partition(&topic.name, asked.partition_index) {
                    _ if doubled => answer.error_code = ErrorCode::INVALID_REQUEST,
                    None => {
                        // That it is gone is told when that is durable.
                        needs = needs.max(self.writer.last_slot());
                        answer.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                    }
                    Some(partition) if version == 0 => {
                        answer.old_style_offsets =
                            self.segment_offsets(partition, asked, &mut needs);
                    }
                    Some(partition) => {
                        if let Some(timestamp) =
                            self.list_offset(partition, asked, version, &mut answer, &mut needs)
                        {
                            wanted.push(Wanted { place: [t, p], partition, timestamp });
                        }
                    }
                }
                answers.partitions.push(answer);
            }
            response.topics.push(answers);
        }
        self.start_lookup(Lookup::new(id, response, wanted, needs));
    }

    /// The partition of that name and index.
    pub(crate) fn find_partition(&self, topic: &KString, index: i32) -> Option<PartitionId> {
        let topic = self.state.topics.get(topic)?;
        topic.partitions.get(usize::try_from(index).ok()?).copied()
    }

    /// Answers what needs no record; gives the time to look up otherwise.
    fn list_offset(
        &self,
        id: PartitionId,
        asked: &ListOffsetsPartition,
        version: i16,
        answer: &mut ListOffsetsPartitionResponse,
        needs: &mut u64,
    ) -> Option<i64> {
        let partition = self.state.partitions.get(&id)?;
        let topic = self.state.topics.get(&partition.topic)?;
        let epoch = self.state.leader_epoch(topic);
        *needs = (*needs).max(partition.changed_in);
        if let Some(error) = epoch_error(asked.current_leader_epoch, epoch) {
            answer.error_code = error;
            return None;
        }
        if asked.timestamp < EARLIEST_PENDING_UPLOAD || version < known_from(asked.timestamp) {
            answer.error_code = ErrorCode::UNSUPPORTED_VERSION;
            return None;
        }
        match asked.timestamp {
            LATEST => {
                // A ListOffsets that was sent after a Produce counts its records, and says so when they are durable.
                *needs = (*needs).max(self.writer.last_slot());
                answer.offset = partition.next_offset;
                answer.leader_epoch = epoch;
            }
            EARLIEST | EARLIEST_LOCAL => {
                answer.offset = partition.log_start_offset;
                let first = partition
                    .epochs
                    .first()
                    .filter(|(_, start)| *start <= partition.log_start_offset);
                answer.leader_epoch = first.map_or(epoch, |(epoch, _)| *epoch);
            }
            LATEST_TIERED | EARLIEST_PENDING_UPLOAD => {}
            timestamp => return Some(timestamp),
        }
        None
    }

    /// Version 0: where segments begin, newest first.
    fn segment_offsets(
        &self,
        id: PartitionId,
        asked: &ListOffsetsPartition,
        needs: &mut u64,
    ) -> Vec<i64> {
        let Some(partition) = self.state.partitions.get(&id) else { return Vec::new() };
        *needs = (*needs).max(self.writer.last_slot());
        let end = partition.next_offset;
        let start = partition.log_start_offset;
        let mut offsets: Vec<(i64, i64)> = partition
            .segments
            .iter()
            .map(|segment| (segment.base_offset.max(start), segment.last_modified.0))
            .collect();
        if partition.segments.back().is_some_and(|segment| segment.bytes > 0) {
            offsets.push((end, self.now.wall.0));
        }
        let most = usize::try_from(asked.max_num_offsets).unwrap_or(0);
        let fits = |(_, modified): &&(i64, i64)| match asked.timestamp {
            LATEST => true,
            EARLIEST => false,
            timestamp => *modified <= timestamp,
        };
        if asked.timestamp == EARLIEST {
            return core::iter::once(start).take(most).collect();
        }
        offsets.iter().rev().filter(fits).map(|(offset, _)| *offset).take(most).collect()
    }
}

impl ListOffsetsPartitionResponse {
    /// Enters what a lookup found; nothing found is −1/−1 without an error.
    pub(crate) fn found(&mut self, found: Option<(i64, i64)>, epoch: i32) {
        if let Some((offset, timestamp)) = found {
            (self.offset, self.timestamp, self.leader_epoch) = (offset, timestamp, epoch);
        }
    }
}
