//! Fetch sessions (KIP-227): what a consumer reads is kept here, so that requests and answers carry only what changed.
//!
//! Kafka: FetchSession, FetchManager. Bounded by `max.incremental.fetch.session.cache.slots`, and by bytes in all, because
//! a session may have very many partitions; without room a session is declined, which clients take without complaint. It
//! must never answer anything itself.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use smallvec::SmallVec;

use crate::protocol::messages::FetchRequest;
use crate::protocol::messages::fetch::FetchPartition;
use crate::protocol::{ErrorCode, KString, Uuid};
use crate::random::Random;
use crate::time::Instant;

/// A session that nobody used for this long makes room for a new one (`min.incremental.fetch.session.eviction.ms`).
const EVICTION_MS: i64 = 120_000;
/// Bytes that all sessions may weigh: of some 400,000 partitions.
const BYTES_MAX: usize = 64 << 20;
/// The bits of a session's number that say on which shard it lives.
pub(crate) const SHARD_MASK: i32 = 0x3f;

/// One partition to read.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The topic's name; empty where it was asked for by an id that is not known.
    pub topic: KString,
    /// The topic's id; zero where it was asked for by name.
    pub topic_id: Uuid,
    /// The name of the topic that the id meant when the session last saw it; empty before, and without ids.
    pub held: KString,
    /// What is asked.
    pub partition: FetchPartition,
    /// High watermark that the client was told; −1 at first.
    pub known_high_watermark: i64,
    /// Log start offset that the client was told; −1 at first.
    pub known_log_start: i64,
}

/// The partitions of one fetch; one needs no memory of its own.
pub(crate) type Targets = SmallVec<[Target; 1]>;

#[derive(Debug)]
struct Session {
    epoch: i32,
    by_id: bool,
    targets: Targets,
    /// What the targets weigh, while they are with the caller too.
    bytes: usize,
    used: Instant,
}

/// The sessions of a shard.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: BTreeMap<i32, Session>,
    /// What all of them weigh.
    bytes: usize,
}

/// What a request means for sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No session.
    Sessionless,
    /// A full request that opens a session if there is room.
    Open,
    /// A request within this session.
    Incremental(i32),
}

/// What a session with these targets holds, bytes; neighbours share a name.
fn weight(targets: &Targets) -> usize {
    let mut last: &[u8] = &[];
    let mut bytes = 0;
    for target in targets {
        let name = target.topic.as_bytes();
        bytes += size_of::<Target>() + if name == last { 0 } else { name.len() };
        last = name;
    }
    bytes
}

/// Takes names out of the frame in which they came, which a session must not keep alive; neighbours share one copy.
fn detach<'a>(targets: impl Iterator<Item = &'a mut Target>) {
    let mut last = KString::EMPTY;
    for target in targets {
        if target.topic != last {
            last = target.topic.detached();
        }
        target.topic = last.clone();
    }
}

fn key_of(target: &Target) -> (Uuid, &[u8], i32) {
    (target.topic_id, target.topic.as_bytes(), target.partition.partition)
}

/// The targets that a request names.
#[must_use]
pub(crate) fn targets_of(request: &mut FetchRequest) -> Targets {
    let mut targets = Targets::new();
    for topic in request.topics.drain(..) {
        for partition in topic.partitions {
            targets.push(Target {
                topic: topic.topic.clone(),
                topic_id: topic.topic_id,
                held: KString::EMPTY,
                partition,
                known_high_watermark: -1,
                known_log_start: -1,
            });
        }
    }
    targets
}

impl Sessions {
    /// Sorts a request and gives what it reads. Between this and [`Self::finish`] the session's targets are with the
    /// caller.
    ///
    /// # Errors
    /// FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        version: i16,
        request: &mut FetchRequest,
    ) -> Result<(Kind, Targets), ErrorCode> {
        let (id, epoch) = (request.session_id, request.session_epoch);
        if epoch == 0 || epoch == -1 {
            // A full request closes the session that it names.
            self.remove(id);
            let kind = if epoch == 0 && version >= 7 { Kind::Open } else { Kind::Sessionless };
            return Ok((kind, targets_of(request)));
        }
        let session = self.sessions.get_mut(&id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
        if session.epoch != epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        if session.by_id != (version >= 13) {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        session.epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
        session.used = now;
        let mut targets = core::mem::take(&mut session.targets);
        if !request.topics.is_empty() || !request.forgotten_topics_data.is_empty() {
            update(&mut targets, request);
            let bytes = weight(&targets);
            self.bytes = self.bytes - session.bytes + bytes;
            session.bytes = bytes;
            if self.bytes > BYTES_MAX {
                // The client asks in full then, and is declined.
                self.remove(id);
                return Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
            }
        }
        Ok((Kind::Incremental(id), targets))
    }

    /// Opens a session for what was just answered in full; 0 where there is no room.
    pub(crate) fn open(
        &mut self,
        now: Instant,
        slots: usize,
        by_id: bool,
        mut targets: Targets,
        random: &mut Random,
    ) -> i32 {
        if targets.is_empty() {
            return 0;
        }
        let bytes = weight(&targets);
        if slots == 0 || bytes > BYTES_MAX {
            return 0;
        }
        while self.sessions.len() >= slots || self.bytes + bytes > BYTES_MAX {
            let oldest = self.sessions.iter().min_by_key(|(_, session)| session.used);
            let evict =
                oldest.filter(|(_, s)| s.used.plus_millis(EVICTION_MS) <= now).map(|(id, _)| *id);
            let Some(evict) = evict else { return 0 };
            self.remove(evict);
        }
        // The lowest bits name the shard, this one: 0.
        let mut draw = || random.positive() & !SHARD_MASK;
        let mut id = draw();
        while id == 0 || self.sessions.contains_key(&id) {
            id = draw();
        }
        detach(targets.iter_mut());
        self.bytes += bytes;
        self.sessions.insert(id, Session { epoch: 1, by_id, targets, bytes, used: now });
        id
    }

    fn remove(&mut self, id: i32) {
        if let Some(session) = self.sessions.remove(&id) {
            self.bytes -= session.bytes;
        }
    }

    /// Gives a session its targets back. What was answered with data goes behind the rest.
    pub(crate) fn finish(
        &mut self,
        id: i32,
        mut targets: Targets,
        had_data: impl Fn(&Target) -> bool,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if targets.len() > 1 {
            targets.sort_by_key(had_data);
        }
        session.targets = targets;
    }
}

/// Adds, changes and forgets what an incremental request names.
fn update(targets: &mut Targets, request: &mut FetchRequest) {
    let named = targets_of(request);
    let forgotten = &request.forgotten_topics_data;
    if !forgotten.is_empty() {
        let mut gone: Vec<(Uuid, &[u8], i32)> = Vec::new();
        for topic in forgotten {
            gone.extend(
                topic.partitions.iter().map(|p| (topic.topic_id, topic.topic.as_bytes(), *p)),
            );
        }
        gone.sort_unstable();
        targets.retain(|target| gone.binary_search(&key_of(target)).is_err());
    }
    if named.is_empty() {
        return;
    }
    let mut places: Vec<usize> = (0..targets.len()).collect();
    places.sort_unstable_by(|a, b| key_of(&targets[*a]).cmp(&key_of(&targets[*b])));
    let mut fresh = Targets::new();
    for target in named {
        match places.binary_search_by(|at| key_of(&targets[*at]).cmp(&key_of(&target))) {
            Ok(found) => targets[places[found]].partition = target.partition,
            Err(_) => fresh.push(target),
        }
    }
    detach(fresh.iter_mut());
    targets.extend(fresh);
}

#[cfg(test)]
mod tests;
