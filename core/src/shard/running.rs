//! The life of a shard: opening, serving completions, snapshots, stopping, failing.
//!
//! What follows from a storage completion is decided here and nowhere else.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::input::{
    ConnectionId, Effect, OperationId, Reply, RequestId, StorageEffect, StoreError, Stored,
};
use super::recovery::Progress;
use super::writer::{Writer, Written};
use super::{Phase, Shard, Snapshotting};
use crate::gather::Gather as _;
use crate::group::Coordinator;
use crate::image::{Image, PartitionImage, TopicImage};
use crate::journal::entry::Entry;
use crate::notice::Notice;
use crate::protocol::KString;
use crate::shard::input::ShardId;

/// A snapshot is due when a file is sealed and this much was written since the last one.
const SNAPSHOT_BYTES: u64 = 64 << 20;
/// How long after the store was full it is asked again, ms.
const FULL_RETRY_MS: i64 = 1000;

impl Shard {
    /// Makes this start's root durable, then serves.
    pub(super) fn write_root(&mut self, notices: Vec<Notice>) {
        let operation = self.numbers.operation();
        self.root.next_object = self.numbers.next_object;
        self.phase = Phase::Rooting(operation, notices);
        self.storage(StorageEffect::ReplaceRoot { operation, bytes: self.root.encode() });
    }

    pub(super) fn storage(&mut self, effect: StorageEffect) {
        self.effects.push_back(Effect::Storage(effect));
    }

    fn notice(&mut self, notice: Notice) {
        self.effects.push_back(Effect::Notice(notice));
    }

    /// Takes a storage completion.
    pub(super) fn stored(&mut self, operation: OperationId, result: Result<Stored, StoreError>) {
        match &mut self.phase {
            Phase::Opening(_) => self.opening(operation, result),
            Phase::Rooting(waited, _) if *waited == operation => match result {
                Ok(_) => self.serve(),
                Err(error) => {
                    self.refuse(alloc::format!("the store's root cannot be written ({error:?})"))
                }
            },
            Phase::Rooting(..) | Phase::Stopped => {}
            Phase::Running | Phase::Stopping => self.completed(operation, result),
        }
    }

    fn refuse(&mut self, line: alloc::string::String) {
        self.phase = Phase::Stopped;
        self.effects.push_back(Effect::Refused(line));
    }

    fn opening(&mut self, operation: OperationId, result: Result<Stored, StoreError>) {
        let Phase::Opening(recovery) = &mut self.phase else { return };
        let mut notices = Vec::new();
        match recovery.advance(operation, result, &mut self.numbers, &mut notices) {
            None => {}
            Some(Progress::Do(effect)) => self.storage(effect),
            Some(Progress::Refused(line)) => self.refuse(line),
            Some(Progress::Done) => {
                let found = recovery.finish();
                let slots = recovery.slots;
                self.state = core::mem::take(&mut recovery.state);
                let entries =
                    self.state.touched.iter().filter_map(|id| self.state.partitions.get(id));
                let entries = entries.map(|partition| partition.active.len() as u32).sum();
                self.writer =
                    Writer::new(self.profile, &self.root, found.end, found.capacity, entries);
                self.sealed = found.sealed;
                let (topics, partitions) =
                    (self.state.topics.len() as u32, self.state.partitions.len() as u32);
                notices.push(Notice::Recovered { topics, partitions, slots });
                for object in found.leftovers {
                    self.storage(StorageEffect::Drop { object });
                }
                self.write_root(notices);
            }
        }
        for notice in notices_of(&mut self.phase) {
            self.effects.push_back(Effect::Notice(notice));
        }
    }

    fn serve(&mut self) {
        let epoch = self.root.epoch;
        self.phase = Phase::Running;
        self.record(&Entry::Started { epoch });
        self.state.next_producer_id = self.state.next_producer_id.max(0);
        self.configure();
        self.coordinate_all(Coordinator::load);
        self.effects.push_back(Effect::Ready);
    }

    /// Appends an entry that is not a batch and applies it.
    pub(crate) fn record(&mut self, entry: &Entry) {
        let wall = self.writer.stamp(self.now.wall);
        self.writer.push_entry(entry, wall);
        self.state.apply(entry, wall, self.writer.open_slot());
    }

    /// Derives every effective configuration anew and hands out a new image.
    pub(crate) fn configure(&mut self) {
        let (broker, cluster) =
            (self.state.broker_configs.clone(), self.state.default_configs.clone());
        // What was checked when it was set is still allowed, unless the program changed: then it does not count.
        self.broker =
            self.base.with_dynamic(broker, cluster).map_or_else(|_| self.base.clone(), Arc::new);
        self.state.topics.values_mut().for_each(|topic| topic.effective = None);
        self.publish();
    }

    /// Hands out a new image after topics changed.
    pub(crate) fn publish(&mut self) {
        let (epoch, old) = (self.state.epoch, &self.image.topics);
        let plain = Arc::new(self.broker.topic);
        let topics = self.state.topics.iter_mut().map(|(name, topic)| {
            let fresh = topic.effective.is_none();
            let config = topic.effective.get_or_insert_with(|| {
                if topic.configs.is_empty() {
                    plain.clone()
                } else {
                    Arc::new(self.broker.topic.with(&topic.configs))
                }
            });
            let known = old.get(name).filter(|known| {
                !fresh && known.id == topic.id && known.partitions.len() == topic.partitions.len()
            });
            if let Some(known) = known {
                return (known.name.clone(), known.clone());
            }
            let partitions = topic
                .partitions
                .iter()
                .map(|id| PartitionImage { shard: ShardId(0), id: *id })
                .collect();
            let leader_epoch =
                i32::try_from(epoch.saturating_sub(topic.created_epoch)).unwrap_or(i32::MAX);
            let image = TopicImage {
                name: name.clone(),
                id: topic.id,
                internal: crate::api::topics::is_internal(name.as_bytes()),
                leader_epoch,
                partitions,
                config: config.clone(),
            };
            (name.clone(), Arc::new(image))
        });
        // They come in order and are built at once: a start with many topics would spend most of its time here.
        let topics: BTreeMap<_, _> = topics.collect();
        let topic_ids = topics.values().map(|topic| (topic.id, topic.name.clone())).gather();
        let image = Image {
            cluster_id: self.image.cluster_id.clone(),
            broker: self.broker.clone(),
            topics,
            topic_ids,
            ..*self.image
        };
        self.image = Arc::new(image);
        self.effects.push_back(Effect::Image(self.image.clone()));
    }

    /// Sends a reply when everything that was appended so far is durable.
    pub(crate) fn reply(&mut self, id: RequestId, reply: Reply) {
        self.reply_after(self.writer.last_slot(), id, reply);
    }

    /// Sends a reply when slot `needs` is durable.
    pub(crate) fn reply_after(&mut self, needs: u64, id: RequestId, reply: Reply) {
        if needs > self.writer.durable() {
            self.writer.count_waiting();
            if self.writer.has_failed() {
                self.effects.push_back(Effect::Reply { id, reply: crate::api::failed(reply) });
                return;
            }
        }
        self.outbox.push(needs, self.writer.durable(), id, reply, &mut self.effects);
    }

    fn completed(&mut self, operation: OperationId, result: Result<Stored, StoreError>) {
        match result {
            Ok(Stored::Bytes(bytes)) => self.read_back(operation, Ok(bytes)),
            Ok(Stored::Done) => match self.writer.done(operation) {
                Written::Slot(batches) => {
                    for batch in &batches {
                        self.became_visible(*batch);
                    }
                    self.writer.recycle(batches);
                    self.outbox.release(self.writer.durable(), &mut self.effects);
                    self.drop_dying();
                    self.advance_snapshot(None);
                    self.stop_without_snapshot();
                }
                Written::Sealed(object) => {
                    self.sealed.push(object);
                    let due = SNAPSHOT_BYTES.min(4 * self.profile.journal_file_bytes);
                    if self.journaled_since_snapshot >= due
                        && matches!(self.snapshotting, Snapshotting::No)
                    {
                        self.snapshotting = Snapshotting::Due;
                    }
                }
                Written::Prepared => self.full_at = None,
                Written::Flushed => {}
                Written::NotMine => self.advance_snapshot(Some(operation)),
            },
            Err(error) if self.writer.was_full(operation) && error == StoreError::Full => {
                self.full_at = Some(self.now.instant.plus_millis(FULL_RETRY_MS));
            }
            Err(StoreError::Full) if self.abandon_snapshot(operation) => {}
            Err(error) => {
                if self.is_read(operation) {
                    self.read_back(operation, Err(error));
                } else {
                    self.fail_journal(&error);
                }
            }
        }
    }

    /// The first failed write or flush stops the journal: what waits is answered with an error, nothing is retried.
    pub(super) fn fail_journal(&mut self, error: &StoreError) {
        if self.writer.has_failed() {
            return;
        }
        self.writer.fail();
        let reason = match error {
            StoreError::Failed(reason) => reason.clone(),
            StoreError::Full => "no space left".to_string(),
            StoreError::Missing => "a file is gone".to_string(),
        };
        self.notice(Notice::JournalFailed { reason });
        for (id, reply) in self.outbox.fail() {
            self.effects.push_back(Effect::Reply { id, reply: crate::api::failed(reply) });
        }
        if matches!(self.phase, Phase::Stopping) {
            self.phase = Phase::Stopped;
            self.effects.push_back(Effect::Stopped);
        }
    }

    pub(super) fn tick(&mut self) {
        if !matches!(self.phase, Phase::Running) {
            return;
        }
        let now = self.now.instant;
        self.expire_fetches();
        self.expire_members();
        if now >= self.offsets_at && !self.writer.has_failed() {
            self.expire_offsets();
        }
        if now >= self.retention_at {
            self.retention_at = now.plus_millis(self.broker.log_retention_check_interval_ms);
            if !self.writer.has_failed() {
                self.retain();
            }
        }
        if now >= self.producers_at {
            self.producers_at =
                now.plus_millis(i64::from(self.broker.producer_id_expiration_check_interval_ms));
            if !self.writer.has_failed() {
                self.expire_producers();
            }
        }
        if self.flush_at.take_if(|at| now >= *at).is_some() {
            self.unflushed = 0;
            let (operation, object) = (self.numbers.operation(), self.writer.object());
            self.storage(StorageEffect::Flush { operation, object });
        }
        if self.full_at.is_some_and(|at| now >= at) {
            self.full_at = None;
            self.writer.retry_prepare(&mut self.numbers, &mut self.effects);
        }
    }

    pub(super) fn shutdown(&mut self) {
        match self.phase {
            Phase::Running if !self.writer.has_failed() => {
                self.phase = Phase::Stopping;
                self.release_fetches();
                self.snapshotting = Snapshotting::Due;
                // There is no later time at which a full store could be asked again.
                self.full_at = None;
                self.writer.retry_prepare(&mut self.numbers, &mut self.effects);
                // The last slot says that everything before it was durable.
                self.writer.push_entry(&Entry::Started { epoch: self.root.epoch }, self.now.wall);
            }
            Phase::Stopping | Phase::Stopped => {}
            Phase::Running | Phase::Opening(_) | Phase::Rooting(..) => {
                self.phase = Phase::Stopped;
                self.effects.push_back(Effect::Stopped);
            }
        }
    }

    pub(super) fn forget_connection(&mut self, connection: ConnectionId) {
        self.forget_fetches(connection);
        self.lookups.forget(connection);
    }

    /// The name of a topic as it stands in state, to share its bytes.
    pub(crate) fn topic_name(&self, name: &[u8]) -> Option<&KString> {
        self.state.topics.get_key_value(name).map(|(name, _)| name)
    }
}

fn notices_of(phase: &mut Phase) -> Vec<Notice> {
    match phase {
        Phase::Rooting(_, notices) => core::mem::take(notices),
        Phase::Opening(_) | Phase::Running | Phase::Stopping | Phase::Stopped => Vec::new(),
    }
}
