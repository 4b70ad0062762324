//! How many idempotent producers are remembered: a bound for each partition, and one for all of them.
//!
//! A Java client is idempotent by default, so every short-lived one leaves its state behind until it expires. At a bound
//! those that were silent for longest are forgotten, many at once and by an entry, as everything that is forgotten. There
//! are no transactions yet, so that none of them has one open. Nothing here may ever forget the newest.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Shard;
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::partition::Partition;

/// Producers that a partition remembers.
const PER_PARTITION: usize = 10_000;
/// Producers that all partitions remember together: about 20 MiB.
const IN_ALL: usize = 100_000;
/// At a bound this part of it is forgotten: to look for the oldest costs a look at all.
const PART: usize = 16;

/// The `count` producers whose newest batches are oldest, but never all.
fn oldest(partition: &Partition, count: usize) -> Vec<i64> {
    let newest = |producer: &crate::partition::producer_state::Producer| {
        producer.batches.last().map_or(-1, |batch| batch.base_offset)
    };
    let mut producers: Vec<(i64, i64)> =
        partition.producers.iter().map(|(id, producer)| (newest(producer), *id)).collect();
    let count = count.min(producers.len().saturating_sub(1));
    if count == 0 {
        return Vec::new();
    }
    producers.select_nth_unstable(count - 1);
    producers.truncate(count);
    producers.sort_unstable();
    producers.into_iter().map(|(_, id)| id).collect()
}

/// How many producers each partition is to forget so that `count` are gone: half of the largest, of the next one, and so
/// on, until there are enough.
fn shares(
    partitions: &BTreeMap<PartitionId, Partition>,
    count: usize,
) -> Vec<(PartitionId, usize)> {
    let sizes = partitions.iter().map(|(id, partition)| (partition.producers.len(), *id));
    let mut sizes: Vec<_> = sizes.filter(|(producers, _)| *producers > 0).collect();
    sizes.sort_unstable_by_key(|(producers, id)| (core::cmp::Reverse(*producers), *id));
    let mut left = count;
    let mut shares = Vec::new();
    for (producers, id) in sizes {
        if left == 0 {
            break;
        }
        let share = producers.div_ceil(2).min(left);
        left -= share;
        shares.push((id, share));
    }
    shares
}

impl Shard {
    /// A partition has one producer more: holds both bounds.
    pub(crate) fn bound_producers(&mut self, id: PartitionId) {
        let producers = self.state.partitions.get(&id).map_or(0, |p| p.producers.len());
        if producers > PER_PARTITION {
            self.forget_producers(id, PER_PARTITION / PART);
        }
        if self.state.producers > IN_ALL {
            for (id, count) in shares(&self.state.partitions, IN_ALL / PART) {
                self.forget_producers(id, count);
            }
        }
    }

    fn forget_producers(&mut self, partition: PartitionId, count: usize) {
        let known = self.state.partitions.get(&partition);
        let producers = known.map_or_else(Vec::new, |partition| oldest(partition, count));
        if !producers.is_empty() {
            self.record(&Entry::ProducersExpired { partition, producers });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::KString;
    use crate::record::BatchHeader;
    use crate::time::UnixMillis;

    /// A partition with a batch of each of these producers, in this order.
    fn partition(producers: &[i64]) -> Partition {
        let mut partition = Partition::new(KString::from_static("t"), 0, UnixMillis(0));
        for (offset, producer_id) in (0..).zip(producers) {
            let header = BatchHeader {
                base_offset: offset,
                producer_id: *producer_id,
                producer_epoch: 0,
                base_sequence: 0,
                // What a client says of its time counts for nothing.
                max_timestamp: -offset,
                ..BatchHeader::default()
            };
            partition.append(&header, 100, UnixMillis(0));
        }
        partition
    }

    #[test]
    fn who_was_silent_for_longest_is_forgotten_first() {
        let partition = partition(&[5, 4, 9, 7, 5]);
        assert_eq!(oldest(&partition, 2), [4, 9]);
        assert_eq!(oldest(&partition, 100), [4, 9, 7], "the newest stays");
        assert_eq!(oldest(&partition, 0), []);
    }

    #[test]
    fn whoever_has_most_forgets_most() {
        let partitions: BTreeMap<_, _> = [(1, 3), (2, 40), (3, 0), (4, 20)]
            .map(|(id, count)| (PartitionId(id), partition(&(0..count).collect::<Vec<_>>())))
            .into();
        assert_eq!(shares(&partitions, 15), [(PartitionId(2), 15)]);
        assert_eq!(shares(&partitions, 25), [(PartitionId(2), 20), (PartitionId(4), 5)]);
        let all = [(PartitionId(2), 20), (PartitionId(4), 10), (PartitionId(1), 2)];
        assert_eq!(shares(&partitions, 1000), all);
    }
}
