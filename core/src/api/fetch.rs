//! Fetch (key 1), versions 0 to 18: batches as they were stored, and the wait for them.
//!
//! BEHAVIOURS 39–47. Kafka: KafkaApis.handleFetchRequest, ReplicaManager.readFromLog. An answer takes its whole view
//! (offsets, watermarks) in one step. Deviations: batches are never cut to fit a limit; a session lives on one shard.

use smallvec::SmallVec;

use crate::chunk::{Chunk, Chunks};
use crate::fetch_session::{Kind, Target};
use crate::image::{Image, PartitionId};
use crate::protocol::ErrorCode;
use crate::protocol::messages::fetch::{
    EpochEndOffset, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint, PartitionData,
};
use crate::protocol::messages::{FetchRequest, FetchResponse};
use crate::shard::Shard;
use crate::shard::fetching::Pending;
use crate::shard::input::{Reply, RequestContext, RequestId};
use crate::shard::reader::{PageKey, Reader, Unreadable};

/// A wait longer than this is cut: Kafka has no limit, but a parked request is memory (BAD_INPUTS 83).
const MAX_WAIT_MS: i32 = 300_000;

/// What a fetch came to.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives on the stack for a moment; a box would be an allocation for every fetch"
)]
pub(crate) enum Evaluation {
    /// This is the answer; it may leave when slot `needs` is durable.
    Answer {
        /// The answer, without its session.
        response: FetchResponse,
        /// The slot.
        needs: u64,
    },
    /// There is too little yet.
    Wait {
        /// Bytes that there are.
        available: u64,
    },
    /// This page is needed first.
    Page(PageKey),
}

/// One partition's part of the answer.
struct Read {
    data: PartitionData,
    bytes: u64,
    /// Bytes that count against `min_bytes`: what was read, and what a limit cut off behind it. Kafka counts what a
    /// partition has, up to its own limit (DelayedFetch.tryComplete): else what no limit lets through is waited for.
    counted: u64,
    /// An error, or a divergence: the answer leaves at once.
    urgent: bool,
}

/// The partition that a target means, if it exists.
pub(crate) fn partition_id(image: &Image, target: &Target) -> Option<PartitionId> {
    let by_id = !target.topic_id.is_zero();
    let topic = if by_id {
        image.topic_by_id(&target.topic_id)?
    } else {
        image.topic(target.topic.as_bytes())?
    };
    let index = usize::try_from(target.partition.partition).ok()?;
    Some(topic.partitions.get(index)?.id)
}

impl Shard {
    /// Handles a Fetch.
    pub(crate) fn fetch(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        mut request: FetchRequest,
    ) {
        let version = context.version;
        let begun = self.fetching.sessions.begin(self.now.instant, version, &mut request);
        let (kind, targets) = match begun {
            Ok(begun) => begun,
            Err(error_code) => {
                let response = FetchResponse { error_code, ..Default::default() };
                self.reply_after(0, id, Reply::Response(response.into()));
                return;
            }
        };
        let wait = request.max_wait_ms.clamp(0, MAX_WAIT_MS);
        let mut pending =
            Pending::new(id, version, kind, targets, self.now.instant.plus_millis(i64::from(wait)));
        let limit = self.broker.fetch_max_bytes;
        pending.max_bytes = u64::try_from(request.max_bytes.min(limit)).unwrap_or(0);
        pending.min_bytes = u64::try_from(request.min_bytes).unwrap_or(0).min(pending.max_bytes);
        pending.read_committed = request.isolation_level == 1;
        if request.replica_id >= 0 || request.replica_state.replica_id >= 0 {
            // Not a replica of this broker: it has none (CVE-2018-1288).
            self.refuse_replica(pending);
            return;
        }
        self.start_fetch(pending, false);
    }

    fn refuse_replica(&mut self, pending: Pending) {
        let mut response = FetchResponse::default();
        for target in &pending.targets {
            push(&mut response, target, failed(target, ErrorCode::NOT_LEADER_OR_FOLLOWER));
        }
        self.reply_after(0, pending.id, Reply::Response(response.into()));
    }

    /// Reads what there is. `last`: answer whatever it is.
    pub(crate) fn evaluate(&mut self, pending: &mut Pending, last: bool) -> Evaluation {
        let mut response = FetchResponse::default();
        let (mut available, mut counted, mut needs) = (0, 0, 0);
        let mut urgent = last || self.now.instant >= pending.deadline || pending.targets.is_empty();
        let mut interesting = false;
        let mut left = pending.max_bytes;
        let incremental = matches!(pending.kind, Kind::Incremental(_));
        let mut targets = core::mem::take(&mut pending.targets);
        for target in &mut targets {
            let read = match self.read_partition(pending, target, left, available == 0, &mut needs)
            {
                Ok(read) => read,
                Err(page) => {
                    pending.targets = targets;
                    return Evaluation::Page(page);
                }
            };
            let Some(read) = read else {
                // That it is gone is told when that is durable.
                needs = needs.max(self.writer.last_slot());
                let code = missing(&self.image, pending.version, target);
                push(&mut response, target, failed(target, code));
                continue;
            };
            hold(&self.image, pending.kind, target);
            interesting = true;
            urgent |= read.urgent;
            available += read.bytes;
            counted += read.counted;
            left = left.saturating_sub(read.bytes);
            let data = &read.data;
            let changed = read.bytes > 0
                || read.urgent
                || data.error_code.is_error()
                || data.high_watermark != target.known_high_watermark
                || data.log_start_offset != target.known_log_start;
            if !incremental || changed {
                push(&mut response, target, read.data);
            }
        }
        if urgent || !interesting || counted >= pending.min_bytes {
            if pending.version >= 16 && response.responses.iter().any(has_leader) {
                response
                    .node_endpoints
                    .push(NodeEndpoint { node_id: self.image.node_id, ..Default::default() });
            }
            note_told(&mut targets, &response);
            pending.targets = targets;
            return Evaluation::Answer { response, needs };
        }
        pending.targets = targets;
        Evaluation::Wait { available: counted }
    }

    /// Reads one partition; `None` where it does not exist.
    fn read_partition(
        &mut self,
        pending: &Pending,
        target: &Target,
        left: u64,
        at_least_one: bool,
        needs: &mut u64,
    ) -> Result<Option<Read>, PageKey> {
        let Some(id) = partition_id(&self.image, target) else { return Ok(None) };
        let asked = &target.partition;
        let Some(partition) = self.state.partitions.get(&id) else { return Ok(None) };
        *needs = (*needs).max(partition.changed_in);
        let topic = self.state.topics.get(&partition.topic);
        let epoch = topic.map_or(0, |topic| self.state.leader_epoch(topic));
        if let Some(error) = epoch_error(asked.current_leader_epoch, epoch) {
            let mut data = failed(target, error);
            if pending.version >= 16 && error == ErrorCode::FENCED_LEADER_EPOCH {
                data.current_leader =
                    LeaderIdAndEpoch { leader_id: self.image.node_id, leader_epoch: epoch };
            }
            return Ok(Some(Read { data, bytes: 0, counted: 0, urgent: true }));
        }
        let end = partition.high_watermark;
        let mut data = PartitionData {
            partition_index: asked.partition,
            high_watermark: end,
            last_stable_offset: end,
            log_start_offset: partition.log_start_offset,
            aborted_transactions: pending.read_committed.then(alloc::vec::Vec::new),
            preferred_read_replica: -1,
            records: Some(Chunks::new()),
            ..Default::default()
        };
        if asked.last_fetched_epoch >= 0 {
            let (known, known_end) = partition.end_of_epoch(asked.last_fetched_epoch, epoch);
            if known < 0 {
                let data = failed(target, ErrorCode::OFFSET_OUT_OF_RANGE);
                return Ok(Some(Read { data, bytes: 0, counted: 0, urgent: true }));
            }
            if known < asked.last_fetched_epoch || known_end < asked.fetch_offset {
                data.diverging_epoch = EpochEndOffset { epoch: known, end_offset: known_end };
                return Ok(Some(Read { data, bytes: 0, counted: 0, urgent: true }));
            }
        }
        if asked.fetch_offset < partition.log_start_offset
            || asked.fetch_offset > partition.next_offset
        {
            let data = failed(target, ErrorCode::OFFSET_OUT_OF_RANGE);
            return Ok(Some(Read { data, bytes: 0, counted: 0, urgent: true }));
        }
        let limit = left.min(u64::try_from(asked.partition_max_bytes).unwrap_or(0));
        if asked.fetch_offset >= end || (limit == 0 && !at_least_one) {
            return Ok(Some(Read { data, bytes: 0, counted: 0, urgent: false }));
        }
        let mut chunks = Chunks::new();
        match self.collect(id, asked.fetch_offset, end, limit, at_least_one, &mut chunks) {
            Ok((bytes, is_cut)) => {
                data.records = Some(chunks);
                let counted = if is_cut { bytes.max(limit) } else { bytes };
                Ok(Some(Read { data, bytes, counted, urgent: false }))
            }
            Err(Unreadable::Page(page)) if at_least_one => Err(page),
            // Others have data already: this one's turn comes with the next fetch, and its page is there then.
            Err(Unreadable::Page(page)) => {
                self.read_page(page, crate::shard::fetching::Reading::FetchPage(u64::MAX));
                Ok(Some(Read { data, bytes: 0, counted: 0, urgent: false }))
            }
            Err(Unreadable::Damaged) => {
                let data = failed(target, ErrorCode::KAFKA_STORAGE_ERROR);
                Ok(Some(Read { data, bytes: 0, counted: 0, urgent: true }))
            }
        }
    }

    /// Collects whole batches from `offset` up to `end`, at most `limit` bytes of them, but the first one whole where
    /// `at_least_one`. Gives their bytes, and whether the limit cut others off.
    fn collect(
        &mut self,
        id: PartitionId,
        offset: i64,
        end: i64,
        limit: u64,
        at_least_one: bool,
        chunks: &mut Chunks,
    ) -> Result<(u64, bool), Unreadable> {
        let active = self.writer.object();
        let Some(mut reader) = Reader::new(&self.state, id, active, &mut self.pages) else {
            return Ok((0, false));
        };
        let mut place = reader.find(offset)?;
        let (mut bytes, mut is_cut) = (0, false);
        loop {
            let (object, entry) = match reader.entry(place) {
                Ok(Some(found)) => found,
                Ok(None) => break,
                // What was found goes out; the next fetch begins where the page is missing.
                Err(_) if bytes > 0 => break,
                Err(error) => return Err(error),
            };
            let first = bytes == 0 && at_least_one;
            if entry.last_offset >= end {
                break;
            }
            if !first && bytes + u64::from(entry.len) > limit {
                is_cut = true;
                break;
            }
            match self.tail.get(object, entry.position) {
                Some(batch) => chunks.push(Chunk::Bytes(batch.clone())),
                None => push_stored(chunks, object, u64::from(entry.position), entry.len),
            }
            bytes += u64::from(entry.len);
            place = reader.next(place);
        }
        Ok((bytes, is_cut))
    }
}

/// Adds a range, to the one before it where they touch.
fn push_stored(chunks: &mut Chunks, object: crate::chunk::ObjectId, at: u64, len: u32) {
    if let Some(Chunk::Stored { object: o, at: a, len: l }) = chunks.last_mut()
        && *o == object
        && *a + u64::from(*l) == at
        && let Some(sum) = l.checked_add(len)
    {
        *l = sum;
        return;
    }
    chunks.push(Chunk::Stored { object, at, len });
}

/// Whether a client's idea of the leader epoch is wrong (KIP-320).
pub(crate) fn epoch_error(asked: i32, current: i32) -> Option<ErrorCode> {
    match asked {
        -1 => None,
        asked if asked < current => Some(ErrorCode::FENCED_LEADER_EPOCH),
        asked if asked > current => Some(ErrorCode::UNKNOWN_LEADER_EPOCH),
        _ => None,
    }
}

/// What a partition is answered with that does not exist, or no longer: a session tells a topic that it held from one
/// that it never saw (BEHAVIOURS 46).
fn missing(image: &Image, version: i16, target: &Target) -> ErrorCode {
    if version < 13 || image.topic_by_id(&target.topic_id).is_some() {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    } else if target.held.is_empty() {
        ErrorCode::UNKNOWN_TOPIC_ID
    } else if image.topic(target.held.as_bytes()).is_some() {
        ErrorCode::INCONSISTENT_TOPIC_ID
    } else {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    }
}

/// Lets a session remember which topic an id means.
fn hold(image: &Image, kind: Kind, target: &mut Target) {
    if kind != Kind::Sessionless
        && target.held.is_empty()
        && let Some(topic) = image.topic_by_id(&target.topic_id)
    {
        target.held = topic.name.clone();
    }
}

fn failed(target: &Target, error_code: ErrorCode) -> PartitionData {
    PartitionData {
        partition_index: target.partition.partition,
        error_code,
        high_watermark: -1,
        last_stable_offset: -1,
        log_start_offset: -1,
        aborted_transactions: None,
        preferred_read_replica: -1,
        records: Some(SmallVec::new()),
        ..Default::default()
    }
}

fn has_leader(topic: &FetchableTopicResponse) -> bool {
    topic.partitions.iter().any(|partition| partition.current_leader.leader_id >= 0)
}

/// Adds a partition to the answer, to its topic's where that came last.
fn push(response: &mut FetchResponse, target: &Target, data: PartitionData) {
    let same =
        |t: &&mut FetchableTopicResponse| t.topic == target.topic && t.topic_id == target.topic_id;
    if let Some(topic) = response.responses.last_mut().filter(same) {
        topic.partitions.push(data);
        return;
    }
    response.responses.push(FetchableTopicResponse {
        topic: target.topic.clone(),
        topic_id: target.topic_id,
        partitions: SmallVec::from_iter([data]),
    });
}

/// Remembers what the client is told: in a session only differences follow.
fn note_told(targets: &mut crate::fetch_session::Targets, response: &FetchResponse) {
    let told = response
        .responses
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(move |p| (topic, p)));
    let mut told = told.peekable();
    // The answer lists partitions in the order of the targets.
    for target in targets {
        let mine = |(topic, p): &(&FetchableTopicResponse, &PartitionData)| {
            p.partition_index == target.partition.partition
                && topic.topic_id == target.topic_id
                && topic.topic == target.topic
        };
        if let Some((_, data)) = told.next_if(mine) {
            target.known_high_watermark = data.high_watermark;
            target.known_log_start = data.log_start_offset;
        }
    }
}
