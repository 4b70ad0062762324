//! Produce (key 0), on the shard's side: producer state, segments, offsets, and the open slot.
//!
//! BEHAVIOURS 19, 24–28. Kafka: UnifiedLog.append. What belongs to bytes was checked by the connection.

use bytes::BytesMut;
use smallvec::SmallVec;

use crate::config::TopicConfig;
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::partition::producer_state::Verdict;
use crate::partition::segments::{RollCheck, RollLimits};
use crate::protocol::ErrorCode;
use crate::record::BatchHeader;
use crate::record::batch::{set_base_offset, set_partition_leader_epoch};
use crate::shard::Shard;
use crate::shard::input::{ProduceEntry, ProduceOutcome, Reply, RequestId};

impl Shard {
    /// Handles the batches of one Produce.
    pub(crate) fn produce(
        &mut self,
        id: RequestId,
        transactional: bool,
        entries: SmallVec<[ProduceEntry; 1]>,
    ) {
        let mut needs = 0;
        let outcomes = entries
            .into_iter()
            .map(|entry| self.append(entry, transactional, &mut needs))
            .collect();
        self.reply_after(needs, id, Reply::Produce(outcomes));
    }

    fn append(
        &mut self,
        entry: ProduceEntry,
        transactional: bool,
        needs: &mut u64,
    ) -> ProduceOutcome {
        let ProduceEntry { position, partition: id, batch } = entry;
        let refused = |error, log_start_offset, message| ProduceOutcome {
            position,
            error,
            base_offset: -1,
            log_append_time: -1,
            log_start_offset,
            message,
        };
        let Some(partition) = self.state.partitions.get(&id) else {
            return refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1, None);
        };
        let log_start = partition.log_start_offset;
        let Some(batch) = batch else {
            *needs = (*needs).max(partition.changed_in);
            return refused(ErrorCode::NONE, log_start, None);
        };
        if batch.header.is_transactional() || transactional {
            // Nobody can have registered the partition: transactions are not served yet.
            let message = "Transactions are not supported by this broker.";
            return refused(ErrorCode::INVALID_TXN_STATE, log_start, Some(message));
        }
        if batch.header.has_producer_id()
            && let Some(producer) = partition.producers.get(&batch.header.producer_id)
        {
            match producer.judge(&batch.header) {
                Verdict::Append => {}
                Verdict::Refuse(error) => return refused(error, log_start, None),
                Verdict::Duplicate(first) => {
                    *needs = self.writer.last_slot();
                    return ProduceOutcome {
                        position,
                        error: ErrorCode::NONE,
                        base_offset: first.base_offset,
                        log_append_time: first.timestamp,
                        log_start_offset: log_start,
                        message: None,
                    };
                }
            }
        }
        let len = batch.bytes.len() as u32;
        if !self.writer.has_room(len as usize) {
            let message = "The log directory has no space left, or has failed.";
            return refused(ErrorCode::KAFKA_STORAGE_ERROR, -1, Some(message));
        }
        let Some(base_offset) = self.append_batch(id, batch.bytes, batch.header) else {
            return refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1, None);
        };
        *needs = self.writer.last_slot();
        ProduceOutcome {
            position,
            error: ErrorCode::NONE,
            base_offset,
            log_append_time: batch.log_append_time,
            log_start_offset: log_start,
            message: None,
        }
    }
}

impl Shard {
    /// Appends a checked batch at its partition's end, in a new segment where it is time for one, and applies it. Gives
    /// the offset of its first record; none where the partition is gone.
    pub(crate) fn append_batch(
        &mut self,
        id: PartitionId,
        mut bytes: BytesMut,
        mut header: BatchHeader,
    ) -> Option<i64> {
        let partition = self.state.partitions.get(&id)?;
        let topic = self.state.topics.get(&partition.topic)?;
        let config = topic.effective.clone().unwrap_or_else(|| self.default_topic_config());
        let epoch = self.state.leader_epoch(topic);
        let base_offset = partition.next_offset;
        let len = bytes.len() as u32;
        let check = RollCheck {
            bytes: len,
            last_offset: base_offset + i64::from(header.last_offset_delta),
            max_timestamp: header.max_timestamp,
            wall: self.now.wall,
        };
        if partition
            .segments
            .back()
            .is_none_or(|segment| segment.should_roll(&check, &limits(&config, id)))
        {
            self.record(&Entry::SegmentRolled { partition: id });
        }
        set_base_offset(&mut bytes, base_offset);
        set_partition_leader_epoch(&mut bytes, epoch);
        header.base_offset = base_offset;
        header.partition_leader_epoch = epoch;
        let bytes = bytes.freeze();
        let wall = self.writer.stamp(self.now.wall);
        let producers = self.state.producers;
        self.state.append(id, &header, &bytes, wall, self.writer.open_slot());
        let flush = self.is_flush_due(&config, i64::from(header.record_count));
        self.writer.push_batch(id, bytes, wall, flush);
        if self.state.producers > producers {
            self.bound_producers(id);
        }
        Some(base_offset)
    }

    /// Whether these records are to be flushed before they are acknowledged: at `flush.messages` records since the last
    /// flush. Kafka counts each log by itself; counting all together flushes no less often.
    fn is_flush_due(&mut self, config: &TopicConfig, records: i64) -> bool {
        self.unflushed = self.unflushed.saturating_add(records);
        if self.unflushed >= config.flush_messages {
            self.unflushed = 0;
            self.flush_at = None;
            return true;
        }
        if config.flush_ms < i64::MAX {
            let at = self.now.instant.plus_millis(config.flush_ms);
            self.flush_at = Some(self.flush_at.map_or(at, |before| before.min(at)));
        }
        false
    }
}

/// When a segment of this partition ends. The jitter is the same at every start: Kafka draws it anew for each segment.
fn limits(config: &TopicConfig, id: PartitionId) -> RollLimits {
    let jitter = match config.segment_jitter_ms {
        0 => 0,
        most => i64::from(id.0.wrapping_mul(0x9e37_79b9) >> 1) % most.min(config.segment_ms).max(1),
    };
    RollLimits {
        segment_bytes: u64::try_from(config.segment_bytes).unwrap_or(u64::MAX),
        segment_ms: config.segment_ms.saturating_sub(jitter),
    }
}
