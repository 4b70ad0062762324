//! The hard state of a shard: the fold of its journal.
//!
//! [`State::apply`] and [`State::append`] are called in running and in recovery alike and are the only ways to change it.
//! They must never fail, and never look at a clock or at a configuration that can differ at replay.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize};

use crate::api::topics::folded;
use crate::chunk::ObjectId;
use crate::config::{Overrides, TopicConfig};
use crate::gather::Gather as _;
use crate::group::records::GroupRecord;
use crate::group::state::Groups;
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::journal::index::{IndexBuilder, IndexEntry};
use crate::partition::{FileRange, Partition};
use crate::protocol::{KString, Uuid};
use crate::record::{BatchHeader, Records, Scratch};
use crate::shard::coordination::OFFSETS_TOPIC;
use crate::time::UnixMillis;

/// One topic.
#[derive(Debug, Serialize, Deserialize)]
pub struct Topic {
    /// Its id.
    pub id: Uuid,
    /// Its partitions, by index.
    pub partitions: Vec<PartitionId>,
    /// What was set for it.
    pub configs: Overrides,
    /// The start of the broker in which it was made: its leader epoch counts from there.
    pub created_epoch: u64,
    /// Effective configuration; derived whenever `configs` or the broker's change.
    #[serde(skip)]
    pub effective: Option<Arc<TopicConfig>>,
}

/// What a batch of `__consumer_offsets` may be unpacked to: nobody but this broker writes there.
const MAX_UNPACKED: u64 = 256 << 20;

/// The hard state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// How often the store was opened.
    pub epoch: u64,
    /// Topics by name.
    #[serde(deserialize_with = "in_order")]
    pub topics: BTreeMap<KString, Topic>,
    /// Partitions by number.
    pub partitions: BTreeMap<PartitionId, Partition>,
    /// The number that the next partition gets.
    pub next_partition: u32,
    /// The first producer id that was certainly never given out.
    pub next_producer_id: i64,
    /// Dynamic configuration of this broker.
    pub broker_configs: Overrides,
    /// Dynamic configuration of every broker.
    pub default_configs: Overrides,
    /// Groups and the offsets that they committed.
    pub groups: Groups,
    /// Where the index of each sealed file begins.
    pub index_at: BTreeMap<ObjectId, u64>,
    /// How many partitions still have records in each sealed file; derived.
    #[serde(skip)]
    pub live: BTreeMap<ObjectId, u32>,
    /// Idempotent producers that all partitions remember; derived.
    #[serde(skip)]
    pub producers: usize,
    /// Names with `.` or `_` by how metrics spell them: no two topics may share that. Derived.
    #[serde(skip)]
    pub folded: BTreeMap<String, KString>,
    /// Partitions with batches in the file that is being written; derived.
    #[serde(skip)]
    pub touched: BTreeSet<PartitionId>,
}

/// Reads a map at once instead of entry by entry, for which each name would be compared with many others: postcard writes
/// a map as it writes a list of pairs.
fn in_order<'de, D: Deserializer<'de>, K: Deserialize<'de> + Ord, V: Deserialize<'de>>(
    from: D,
) -> Result<BTreeMap<K, V>, D::Error> {
    Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
}

impl State {
    /// Restores what is derived after the state was read from a snapshot.
    pub fn derive_rest(&mut self) {
        self.live.clear();
        self.producers = self.partitions.values().map(|partition| partition.producers.len()).sum();
        self.touched.clear();
        self.groups.derive_rest();
        let names = self.topics.keys();
        let folded = names.filter_map(|name| Some((folded(name.to_str()?)?, name.clone())));
        self.folded = folded.gather();
        for (id, partition) in &mut self.partitions {
            for range in &partition.files {
                *self.live.entry(range.object).or_default() += 1;
            }
            if !partition.active.is_empty() {
                self.touched.insert(*id);
            }
        }
    }

    /// What was replayed is durable: all of it may be seen.
    pub fn all_visible(&mut self) {
        for partition in self.partitions.values_mut() {
            partition.high_watermark = partition.next_offset;
        }
    }

    /// The leader epoch of a topic's partitions.
    #[must_use]
    pub fn leader_epoch(&self, topic: &Topic) -> i32 {
        i32::try_from(self.epoch.saturating_sub(topic.created_epoch)).unwrap_or(i32::MAX)
    }

    /// Takes a batch into its partition, `sequence` being its slot. Batches of partitions that are gone are passed over;
    /// those of `__consumer_offsets` change the groups as well.
    pub fn append(
        &mut self,
        id: PartitionId,
        header: &BatchHeader,
        batch: &[u8],
        wall: UnixMillis,
        sequence: u64,
    ) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        let producers = partition.producers.len();
        partition.append(header, batch.len() as u32, wall);
        self.producers += partition.producers.len() - producers;
        if partition.topic == *OFFSETS_TOPIC {
            self.replay_groups(batch, sequence);
        }
    }

    /// Replays the records of a batch of `__consumer_offsets`. What is not understood is passed over, as in Kafka.
    fn replay_groups(&mut self, batch: &[u8], sequence: u64) {
        let mut scratch = Scratch::default();
        let Ok(mut records) = Records::new(batch, MAX_UNPACKED, &mut scratch) else { return };
        let Self { groups, topics, .. } = self;
        while let Ok(Some(record)) = records.next() {
            let Some(key) = record.key else { continue };
            if let Some(record) = GroupRecord::decode(key, record.value) {
                let shared = |topic: &KString| Some(topics.get_key_value(topic)?.0.clone());
                groups.replay(record, sequence, shared);
            }
        }
    }

    /// Notes where a batch lies in the file that is being written.
    pub fn place(&mut self, id: PartitionId, header: &BatchHeader, position: u32, len: u32) {
        let Some(partition) = self.partitions.get_mut(&id) else { return };
        self.touched.insert(id);
        partition.active.push(IndexEntry {
            base_offset: header.base_offset,
            last_offset: header.base_offset + i64::from(header.last_offset_delta),
            position,
            len,
            max_timestamp: header.max_timestamp,
        });
    }

    /// The index of the file that is being written, as it will lie at its end, and what it holds of each partition.
    #[must_use]
    pub fn active_index(&self, object: ObjectId) -> (IndexBuilder, Vec<(PartitionId, FileRange)>) {
        let mut index = IndexBuilder::default();
        let mut ranges = Vec::new();
        for id in &self.touched {
            let Some(partition) = self.partitions.get(id) else { continue };
            let (Some(first), Some(last)) = (partition.active.first(), partition.active.last())
            else {
                continue;
            };
            let range = FileRange {
                object,
                first_entry: index.len(),
                entries: partition.active.len() as u32,
                base_offset: first.base_offset,
                last_offset: last.last_offset,
                max_timestamp: partition
                    .active
                    .iter()
                    .map(|entry| entry.max_timestamp)
                    .max()
                    .unwrap_or(-1),
            };
            partition.active.iter().for_each(|entry| index.push(*id, entry));
            ranges.push((*id, range));
        }
        (index, ranges)
    }

    /// Changes state by one entry that is not a batch, `sequence` being its slot.
    pub fn apply(&mut self, entry: &Entry, wall: UnixMillis, sequence: u64) {
        match entry {
            Entry::Started { epoch } => self.epoch = *epoch,
            Entry::TopicCreated { name, id, partitions, configs } => {
                let topic = Topic {
                    id: *id,
                    partitions: Vec::new(),
                    configs: configs.clone(),
                    created_epoch: self.epoch,
                    effective: None,
                };
                let key = KString::from(name.as_str());
                if let Some(folded) = folded(name) {
                    self.folded.insert(folded, key.clone());
                }
                self.topics.insert(key, topic);
                self.add_partitions(name, partitions, wall);
            }
            Entry::PartitionsAdded { name, partitions } => {
                self.add_partitions(name, partitions, wall)
            }
            Entry::TopicDeleted { name } => {
                let gone = self
                    .topics
                    .remove(name.as_bytes())
                    .map_or_else(Vec::new, |topic| topic.partitions);
                for id in gone {
                    self.touched.remove(&id);
                    if let Some(partition) = self.partitions.remove(&id) {
                        self.producers -= partition.producers.len();
                        partition.files.iter().for_each(|range| self.release(range.object));
                    }
                }
                if let Some(folded) = folded(name) {
                    self.folded.remove(&folded);
                }
                if name == OFFSETS_TOPIC {
                    self.groups = Groups::default();
                }
            }
            Entry::TopicConfigs { name, configs } => {
                if let Some(topic) = self.topics.get_mut(name.as_bytes()) {
                    topic.configs = configs.clone();
                    topic.effective = None;
                }
            }
            Entry::BrokerConfigs { this_broker, configs } => {
                let set = configs.clone();
                *(if *this_broker {
                    &mut self.broker_configs
                } else {
                    &mut self.default_configs
                }) = set;
            }
            Entry::ProducerIds { next } => self.next_producer_id = self.next_producer_id.max(*next),
            Entry::LogStart { partition: id, offset } => {
                if let Some(partition) = self.partitions.get_mut(id) {
                    partition.changed_in = sequence;
                    for object in partition.advance_log_start(*offset) {
                        self.release(object);
                    }
                }
            }
            Entry::SegmentRolled { partition } => {
                if let Some(partition) = self.partitions.get_mut(partition) {
                    partition.roll(wall);
                }
            }
            Entry::ProducersExpired { partition, producers } => {
                if let Some(partition) = self.partitions.get_mut(partition) {
                    for id in producers {
                        self.producers -= usize::from(partition.producers.remove(id).is_some());
                    }
                }
            }
            Entry::FileSealed { object, index_at, ranges } => self.seal(*object, *index_at, ranges),
        }
    }

    fn add_partitions(&mut self, name: &str, ids: &[PartitionId], wall: UnixMillis) {
        let Some((name, topic)) = self.topics.get_key_value(name.as_bytes()) else { return };
        let (name, first) = (name.clone(), topic.partitions.len());
        for (index, id) in (first..).zip(ids) {
            let index = i32::try_from(index).unwrap_or(i32::MAX);
            self.partitions.insert(*id, Partition::new(name.clone(), index, wall));
            self.next_partition = self.next_partition.max(id.0 + 1);
        }
        if let Some(topic) = self.topics.get_mut(&name) {
            topic.partitions.extend_from_slice(ids);
        }
    }

    /// Turns the index of the file that was being written into ranges of a sealed one.
    fn seal(&mut self, object: ObjectId, index_at: u64, ranges: &[(PartitionId, FileRange)]) {
        for id in core::mem::take(&mut self.touched) {
            if let Some(partition) = self.partitions.get_mut(&id) {
                partition.active = Vec::new();
            }
        }
        for (id, range) in ranges {
            let Some(partition) = self.partitions.get_mut(id) else { continue };
            if range.last_offset >= partition.log_start_offset {
                partition.files.push_back(*range);
                *self.live.entry(object).or_default() += 1;
                self.index_at.insert(object, index_at);
            }
        }
    }

    fn release(&mut self, object: ObjectId) {
        if let Some(count) = self.live.get_mut(&object) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.live.remove(&object);
                self.index_at.remove(&object);
            }
        }
    }
}
