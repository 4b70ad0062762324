//! What time takes away: segments past their retention, producers that were silent for too long.
//!
//! Everything removed is an entry first. Kafka: UnifiedLog.deleteOldSegments, ProducerStateManager.removeExpiredProducers.

use alloc::vec::Vec;

use super::Shard;
use crate::config::TopicConfig;
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::partition::Partition;
use crate::time::UnixMillis;

/// How far retention moves the start of a log: whole segments from the front, stopping at the first that survives.
///
/// By time a segment goes when its largest timestamp is older than `retention.ms`; by size as long as what remains is
/// not below `retention.bytes`. Never past the high watermark. BEHAVIOURS 69.
fn new_start(partition: &Partition, config: &TopicConfig, now: UnixMillis) -> i64 {
    let mut start = partition.log_start_offset;
    if !config.cleanup_policy.delete {
        return start;
    }
    let mut excess = partition.bytes();
    for (at, segment) in partition.segments.iter().enumerate() {
        let end =
            partition.segments.get(at + 1).map_or(partition.next_offset, |next| next.base_offset);
        let expired = config.retention_ms >= 0
            && now.0.saturating_sub(segment.retention_timestamp()) > config.retention_ms;
        let limit = u64::try_from(config.retention_bytes).ok();
        let oversized = limit.is_some_and(|limit| excess.saturating_sub(segment.bytes) >= limit);
        if segment.bytes == 0 || end > partition.high_watermark || !(expired || oversized) {
            break;
        }
        excess -= segment.bytes;
        start = start.max(end);
    }
    start
}

impl Shard {
    /// Applies retention to every partition.
    pub(super) fn retain(&mut self) {
        let mut moves: Vec<(PartitionId, i64)> = Vec::new();
        for topic in self.state.topics.values() {
            let Some(config) = &topic.effective else { continue };
            for id in &topic.partitions {
                let Some(partition) = self.state.partitions.get(id) else { continue };
                let start = new_start(partition, config, self.now.wall);
                if start > partition.log_start_offset {
                    moves.push((*id, start));
                }
            }
        }
        for (id, offset) in moves {
            self.move_log_start(id, offset);
        }
        self.drop_dead_files();
    }

    /// Moves a log's start. Where nothing is left, the next batch opens a new segment.
    pub(crate) fn move_log_start(&mut self, id: PartitionId, offset: i64) {
        let empties =
            self.state.partitions.get(&id).is_some_and(|partition| offset >= partition.next_offset);
        if empties {
            self.record(&Entry::SegmentRolled { partition: id });
        }
        self.record(&Entry::LogStart { partition: id, offset });
        self.recheck(id);
    }

    /// Forgets producers whose last batch is older than `producer.id.expiration.ms`.
    pub(super) fn expire_producers(&mut self) {
        let limit = i64::from(self.broker.producer_id_expiration_ms);
        let now = self.now.wall.0;
        let mut expired = Vec::new();
        for (id, partition) in &self.state.partitions {
            let old = partition
                .producers
                .iter()
                .filter(|(_, p)| now.saturating_sub(p.last_timestamp) >= limit);
            let old: Vec<i64> = old.map(|(producer, _)| *producer).collect();
            if !old.is_empty() {
                expired.push((*id, old));
            }
        }
        for (partition, producers) in expired {
            self.record(&Entry::ProducersExpired { partition, producers });
        }
    }
}

#[cfg(test)]
mod tests;
