//! Fetches that are under way: parked until there is enough to read, or waiting for a page or a range of the store.
//!
//! Waiting is an index from partitions to fetches, woken by the append; it must never be a poll.

use alloc::collections::{BTreeMap, BinaryHeap};
use alloc::vec::Vec;
use core::cmp::Reverse;

use bytes::Bytes;
use slab::Slab;
use smallvec::SmallVec;

use super::Shard;
use super::input::{
    ConnectionId, Effect, OperationId, Reply, RequestId, StorageEffect, StoreError,
};
use super::reader::PageKey;
use super::writer::Appended;
use crate::api::fetch::Evaluation;
use crate::chunk::Chunk;
use crate::fetch_session::{Kind, Sessions, Targets};
use crate::journal::index::PAGE_LEN;
use crate::protocol::messages::FetchResponse;
use crate::time::Instant;

/// A fetch that is not answered yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: RequestId,
    pub(crate) version: i16,
    pub(crate) kind: Kind,
    pub(crate) targets: Targets,
    /// When it is answered whatever there is.
    pub(crate) deadline: Instant,
    pub(crate) min_bytes: u64,
    pub(crate) max_bytes: u64,
    pub(crate) read_committed: bool,
    /// Bytes that came since it was parked.
    arrived: u64,
    number: u32,
    parked: bool,
    /// The answer, whose stored ranges are being read: so many are missing.
    reading: Option<(FetchResponse, usize)>,
}

impl Pending {
    pub(crate) fn new(
        id: RequestId,
        version: i16,
        kind: Kind,
        targets: Targets,
        deadline: Instant,
    ) -> Self {
        Self {
            id,
            version,
            kind,
            targets,
            deadline,
            min_bytes: 0,
            max_bytes: 0,
            read_committed: false,
            arrived: 0,
            number: 0,
            parked: false,
            reading: None,
        }
    }
}

/// Who waits for something that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A fetch that needs a page.
    FetchPage(u64),
    /// A fetch that needs the bytes of a chunk of its answer: topic, partition, chunk.
    FetchRange(u64, [u32; 3]),
    /// A lookup that needs a page or a batch.
    Lookup(u64),
}

/// Fetches under way.
#[derive(Debug, Default)]
pub(crate) struct Fetching {
    pending: Slab<Pending>,
    numbers: u32,
    deadlines: BinaryHeap<Reverse<(Instant, u64)>>,
    pub(crate) sessions: Sessions,
    reads: BTreeMap<OperationId, (Option<PageKey>, Reading)>,
}

/// A slab key that is not mistaken for another one after reuse.
fn key(slot: usize, number: u32) -> u64 {
    (u64::from(number) << 32) | slot as u64
}

impl Fetching {
    /// When the first long poll ends.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.peek().map(|Reverse((at, _))| *at)
    }

    fn insert(&mut self, mut pending: Pending) -> u64 {
        self.numbers = self.numbers.wrapping_add(1);
        pending.number = self.numbers;
        let number = pending.number;
        key(self.pending.insert(pending), number)
    }

    fn get(&mut self, key: u64) -> Option<&mut Pending> {
        let pending = self.pending.get_mut(key as u32 as usize)?;
        (u64::from(pending.number) == key >> 32).then_some(pending)
    }

    fn remove(&mut self, key: u64) -> Option<Pending> {
        self.get(key)?;
        Some(self.pending.remove(key as u32 as usize))
    }

    fn arm(&mut self, at: Instant, key: u64) {
        if self.deadlines.len() > 2 * self.pending.len() + 64 {
            let live = |Reverse((_, key)): &Reverse<(Instant, u64)>| {
                let pending = self.pending.get(*key as u32 as usize);
                pending.is_some_and(|pending| u64::from(pending.number) == key >> 32)
            };
            self.deadlines.retain(live);
        }
        self.deadlines.push(Reverse((at, key)));
    }
}

impl Shard {
    /// Answers a fetch if there is enough, it is time, or this is the `last` look; else parks it.
    pub(crate) fn start_fetch(&mut self, mut pending: Pending, last: bool) {
        match self.evaluate(&mut pending, last) {
            Evaluation::Answer { response, needs } => self.finish_fetch(pending, response, needs),
            Evaluation::Wait { available } => {
                let key = self.park(pending, available);
                self.watch(key);
            }
            Evaluation::Page(page) => {
                let key = self.fetching.insert(pending);
                self.read_page(page, Reading::FetchPage(key));
            }
        }
    }

    fn park(&mut self, mut pending: Pending, available: u64) -> u64 {
        pending.arrived = available;
        pending.parked = true;
        // The names came as slices of whole chunks of memory, which a fetch that waits must not hold on to.
        for target in &mut pending.targets {
            if let Some(name) = self.topic_name(target.topic.as_bytes()) {
                target.topic = name.clone();
            }
        }
        let deadline = pending.deadline;
        let key = self.fetching.insert(pending);
        self.fetching.arm(deadline, key);
        key
    }

    /// Enters a parked fetch with its partitions.
    fn watch(&mut self, key: u64) {
        let Some(pending) = self.fetching.get(key) else { return };
        for target in &pending.targets {
            let id = crate::api::fetch::partition_id(&self.image, target);
            if let Some(partition) = id.and_then(|id| self.state.partitions.get_mut(&id)) {
                partition.waiting.push(key);
            }
        }
    }

    fn unwatch(&mut self, key: u64, targets: &Targets) {
        for target in targets {
            let id = crate::api::fetch::partition_id(&self.image, target);
            if let Some(partition) = id.and_then(|id| self.state.partitions.get_mut(&id)) {
                partition.waiting.retain(|waiting| *waiting != key);
            }
        }
    }

    /// A batch became durable: who waits for it may go on.
    pub(crate) fn became_visible(&mut self, batch: Appended) {
        let Some(partition) = self.state.partitions.get_mut(&batch.partition) else { return };
        partition.high_watermark = partition.high_watermark.max(batch.end);
        if partition.waiting.is_empty() {
            return;
        }
        let mut ready: SmallVec<[u64; 4]> = SmallVec::new();
        for key in &partition.waiting {
            if let Some(pending) = self.fetching.get(*key) {
                pending.arrived += u64::from(batch.bytes);
                if pending.arrived >= pending.min_bytes {
                    ready.push(*key);
                }
            }
        }
        for key in ready {
            self.resume(key, false);
        }
    }

    /// The start of a partition's log moved: who waits below it is told so, the others go on waiting.
    pub(crate) fn recheck(&mut self, id: crate::image::PartitionId) {
        let waiting = self.state.partitions.get(&id).map(|partition| partition.waiting.clone());
        for key in waiting.unwrap_or_default() {
            self.resume(key, false);
        }
    }

    /// Answers these fetches with whatever there is.
    pub(crate) fn resume_all(&mut self, waiting: Vec<u64>) {
        for key in waiting {
            self.resume(key, true);
        }
    }

    /// Evaluates a fetch anew.
    fn resume(&mut self, key: u64, last: bool) {
        let Some(mut pending) = self.fetching.remove(key) else { return };
        if pending.parked {
            self.unwatch(key, &pending.targets);
            pending.parked = false;
        }
        self.start_fetch(pending, last);
    }

    fn finish_fetch(&mut self, mut pending: Pending, mut response: FetchResponse, needs: u64) {
        let had_data = |topic: &[u8], topic_id, partition| {
            response.responses.iter().any(|t| {
                t.topic.as_bytes() == topic
                    && t.topic_id == topic_id
                    && t.partitions.iter().any(|p| {
                        p.partition_index == partition
                            && p.records.as_ref().is_some_and(|records| !records.is_empty())
                    })
            })
        };
        let targets = core::mem::take(&mut pending.targets);
        match pending.kind {
            Kind::Sessionless => {}
            Kind::Open => {
                let slots = usize::try_from(self.broker.max_incremental_fetch_session_cache_slots)
                    .unwrap_or(0);
                let (now, by_id) = (self.now.instant, pending.version >= 13);
                response.session_id =
                    self.fetching.sessions.open(now, slots, by_id, targets, &mut self.random);
            }
            Kind::Incremental(id) => {
                self.fetching.sessions.finish(id, targets, |target| {
                    had_data(target.topic.as_bytes(), target.topic_id, target.partition.partition)
                });
                response.session_id = id;
            }
        }
        if pending.version < 4 {
            self.read_ranges(pending, response);
        } else {
            self.reply_after(needs, pending.id, Reply::Response(response.into()));
        }
    }

    /// Old clients get converted records, so their bytes are needed.
    fn read_ranges(&mut self, mut pending: Pending, response: FetchResponse) {
        let mut ranges = Vec::new();
        for (t, topic) in (0..).zip(&response.responses) {
            for (p, partition) in (0..).zip(&topic.partitions) {
                for (c, chunk) in (0..).zip(partition.records.iter().flatten()) {
                    if let Chunk::Stored { object, at, len } = chunk {
                        ranges.push(([t, p, c], *object, *at, *len));
                    }
                }
            }
        }
        if ranges.is_empty() {
            self.reply_after(0, pending.id, Reply::Response(response.into()));
            return;
        }
        pending.reading = Some((response, ranges.len()));
        let key = self.fetching.insert(pending);
        for (place, object, at, len) in ranges {
            let operation = self.numbers.operation();
            self.fetching.reads.insert(operation, (None, Reading::FetchRange(key, place)));
            self.effects.push_back(Effect::Storage(StorageEffect::Read {
                operation,
                object,
                at,
                len,
            }));
        }
    }

    fn range_read(&mut self, key: u64, place: [u32; 3], result: Result<Bytes, StoreError>) {
        let Some(pending) = self.fetching.get(key) else { return };
        let Some((response, missing)) = &mut pending.reading else { return };
        let [t, p, c] = place.map(|n| n as usize);
        let partition = response.responses.get_mut(t).and_then(|topic| topic.partitions.get_mut(p));
        if let Some(partition) = partition {
            match (result, partition.records.as_mut().and_then(|records| records.get_mut(c))) {
                (Ok(bytes), Some(chunk)) if bytes.len() == chunk.len() => {
                    *chunk = Chunk::Bytes(bytes)
                }
                _ => {
                    partition.records = Some(SmallVec::new());
                    partition.error_code = crate::protocol::ErrorCode::KAFKA_STORAGE_ERROR;
                }
            }
        }
        *missing -= 1;
        if *missing == 0
            && let Some(Pending { id, reading: Some((response, _)), .. }) =
                self.fetching.remove(key)
        {
            self.reply_after(0, id, Reply::Response(response.into()));
        }
    }

    /// Reads a page for somebody; one that is being read already is read once more, which the cache makes harmless.
    pub(crate) fn read_page(&mut self, page: PageKey, who: Reading) {
        let operation = self.numbers.operation();
        self.fetching.reads.insert(operation, (Some(page), who));
        let PageKey { object, at } = page;
        let effect = StorageEffect::Read { operation, object, at, len: PAGE_LEN as u32 };
        self.effects.push_back(Effect::Storage(effect));
    }

    /// Reads a range for a lookup.
    pub(crate) fn read_batch(
        &mut self,
        lookup: u64,
        object: crate::chunk::ObjectId,
        at: u64,
        len: u32,
    ) {
        let operation = self.numbers.operation();
        self.fetching.reads.insert(operation, (None, Reading::Lookup(lookup)));
        self.effects.push_back(Effect::Storage(StorageEffect::Read { operation, object, at, len }));
    }

    /// Whether the operation is a read that somebody waits for.
    pub(crate) fn is_read(&self, operation: OperationId) -> bool {
        self.fetching.reads.contains_key(&operation)
    }

    /// A read ended.
    pub(crate) fn read_back(&mut self, operation: OperationId, result: Result<Bytes, StoreError>) {
        let Some((page, who)) = self.fetching.reads.remove(&operation) else { return };
        if let Some(page) = page {
            self.pages.insert(page, result.clone().ok());
        }
        match who {
            Reading::FetchPage(key) => self.resume(key, false),
            Reading::FetchRange(key, place) => {
                self.range_read(key, place, result);
            }
            Reading::Lookup(key) => self.resume_lookup(key, page.is_none().then_some(result)),
        }
    }

    /// Ends the long polls whose time has come.
    pub(crate) fn expire_fetches(&mut self) {
        while let Some(Reverse((at, key))) = self.fetching.deadlines.peek().copied() {
            if at > self.now.instant {
                break;
            }
            self.fetching.deadlines.pop();
            if self.fetching.get(key).is_some_and(|pending| pending.parked) {
                self.resume(key, true);
            }
        }
    }

    /// Answers all that is parked: the broker stops.
    pub(crate) fn release_fetches(&mut self) {
        let parked: Vec<u64> = self
            .fetching
            .pending
            .iter()
            .filter(|(_, p)| p.parked)
            .map(|(slot, p)| key(slot, p.number))
            .collect();
        for key in parked {
            self.resume(key, true);
        }
    }

    /// Forgets the fetches of a connection that is gone.
    pub(crate) fn forget_fetches(&mut self, connection: ConnectionId) {
        let gone: SmallVec<[u64; 4]> = self
            .fetching
            .pending
            .iter()
            .filter(|(_, pending)| pending.id.connection == connection)
            .map(|(slot, pending)| key(slot, pending.number))
            .collect();
        for key in gone {
            if let Some(pending) = self.fetching.remove(key) {
                self.unwatch(key, &pending.targets);
                if let Kind::Incremental(id) = pending.kind {
                    self.fetching.sessions.finish(id, pending.targets, |_| false);
                }
            }
        }
    }
}
