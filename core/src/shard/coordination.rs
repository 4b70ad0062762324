//! The shard as the coordinator's host: its records become batches of `__consumer_offsets`, its answers wait for them.
//!
//! Everything a group's handler or timer leaves goes through here; nothing about groups is decided here.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Shard;
use super::input::{Reply, RequestId};
use crate::api::create_topics::NewTopic;
use crate::config::Overrides;
use crate::group::records::{GroupRecord, partition_for};
use crate::group::{Coordinator, Outcome, Turn};
use crate::image::PartitionId;
use crate::protocol::KString;
use crate::record::batch::HEADER_LEN;
use crate::record::{BatchBuilder, BatchHeader, Codec, Scratch};
use crate::time::Instant;

/// The topic of groups and their offsets.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

impl Shard {
    /// Lets the coordinator handle a request about one group. What it answers waits for what was stored of the group.
    pub(crate) fn coordinate<R>(
        &mut self,
        group: &KString,
        run: impl FnOnce(&mut Coordinator, &mut Turn<'_>) -> R,
    ) -> R {
        let (result, outcome) = self.turn(run);
        let replies = self.store(outcome);
        let needs = self.changed_in(group);
        for (id, reply) in replies {
            self.reply_after(needs, id, reply);
        }
        result
    }

    /// Lets the coordinator do something about any groups. What it answers waits for everything so far.
    pub(crate) fn coordinate_all<R>(
        &mut self,
        run: impl FnOnce(&mut Coordinator, &mut Turn<'_>) -> R,
    ) -> R {
        let (result, outcome) = self.turn(run);
        for (id, reply) in self.store(outcome) {
            self.reply(id, reply);
        }
        result
    }

    fn turn<R>(&mut self, run: impl FnOnce(&mut Coordinator, &mut Turn<'_>) -> R) -> (R, Outcome) {
        let record_limit = self.record_limit();
        let mut turn = Turn {
            now: self.now,
            broker: &self.broker,
            groups: &self.state.groups,
            random: &mut self.random,
            record_limit,
            outcome: Outcome::default(),
        };
        let result = run(&mut self.coordinator, &mut turn);
        (result, turn.outcome)
    }

    /// The last slot that changed what is stored of a group.
    pub(crate) fn changed_in(&self, group: &KString) -> u64 {
        self.state.groups.get(group).map_or(0, |group| group.changed_in)
    }

    /// The largest batch that the topic takes, bytes.
    fn record_limit(&self) -> usize {
        let topic = self.image.topics.get(OFFSETS_TOPIC.as_bytes());
        let config = topic.map_or(&self.broker.topic, |topic| &topic.config);
        usize::try_from(config.max_message_bytes).unwrap_or(0)
    }

    /// Appends records in batches, one partition after another, and replays them. Where the journal does not take
    /// them, the answers say so, and what is stored stays as it was.
    fn store(&mut self, outcome: Outcome) -> Vec<(RequestId, Reply)> {
        let Outcome { records, replies } = outcome;
        let replies = replies.into_iter().map(|(id, response)| (id, Reply::Response(response)));
        if records.is_empty() {
            return replies.collect();
        }
        let size: usize = records.iter().map(GroupRecord::size).sum();
        if !self.writer.has_room(size + HEADER_LEN) {
            return replies.map(|(id, reply)| (id, crate::api::failed(reply))).collect();
        }
        self.ensure_offsets_topic();
        let partitions = match self.state.topics.get(OFFSETS_TOPIC.as_bytes()) {
            Some(topic) => topic.partitions.clone(),
            None => Vec::new(),
        };
        let limit = self.record_limit();
        let codec = self.offsets_codec();
        let mut open: BTreeMap<PartitionId, BatchBuilder> = BTreeMap::new();
        let mut full = Vec::new();
        for record in &records {
            let number = partition_for(record.group(), partitions.len());
            let Some(id) = partitions.get(number) else { continue };
            let (key, value) = record.encode();
            let size = record.size();
            let batch = open.entry(*id).or_insert_with(|| BatchBuilder::new(codec));
            if batch.record_count() > 0 && batch.size() + size > limit {
                full.push((*id, core::mem::replace(batch, BatchBuilder::new(codec))));
            }
            batch.append(self.now.wall.0, Some(&key), value.as_deref(), &[]);
        }
        full.extend(open);
        for (id, batch) in full {
            // Only what is too large for the length field is not built, and nothing is.
            let Ok(bytes) = batch.build(&mut Scratch::default()) else { continue };
            let Some(header) = BatchHeader::parse(&bytes) else { continue };
            self.append_batch(id, bytes, header);
        }
        replies.collect()
    }

    /// Makes the topic of groups where it is not there, as Kafka's brokers do when they are first asked for a
    /// coordinator.
    pub(crate) fn ensure_offsets_topic(&mut self) {
        if self.state.topics.contains_key(OFFSETS_TOPIC.as_bytes()) {
            return;
        }
        let mut configs = Overrides::EMPTY;
        configs.set("cleanup.policy", "compact");
        configs.set("compression.type", "producer");
        configs.set("segment.bytes", &self.broker.offsets_topic_segment_bytes.to_string());
        let name = KString::from_static(OFFSETS_TOPIC);
        let topic = NewTopic {
            configs,
            ..NewTopic::plain(name, self.broker.offsets_topic_num_partitions, 1)
        };
        self.make_topic(&topic);
        self.publish();
    }

    fn offsets_codec(&self) -> Codec {
        let codec = u8::try_from(self.broker.offsets_topic_compression_codec).ok();
        codec.and_then(Codec::from_id).unwrap_or(Codec::None)
    }

    /// When the coordinator wants to be called.
    pub(super) fn groups_due(&self) -> Option<Instant> {
        self.coordinator.next_deadline()
    }

    /// Does what is due in groups: sessions, rebalances.
    pub(super) fn expire_members(&mut self) {
        if self.groups_due().is_some_and(|at| at <= self.now.instant) {
            self.coordinate_all(Coordinator::expire);
        }
    }

    /// Takes away some of the offsets that are too old, and groups that have nothing left; the rest follows at once.
    pub(super) fn expire_offsets(&mut self) {
        let after = self.offsets_after.take();
        self.offsets_after =
            self.coordinate_all(|coordinator, turn| coordinator.expire_offsets(turn, after));
        self.offsets_at = if self.offsets_after.is_some() {
            self.now.instant
        } else {
            self.now.instant.plus_millis(self.broker.offsets_retention_check_interval_ms)
        };
    }
}
