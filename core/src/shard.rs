//! One journal and everything that is the fold of it: the broker as a state machine.
//!
//! A host feeds [`Input`]s and drains [`Effect`]s. A shard must never block, never loop over a log, and never show
//! anything that a crash could take back.

pub(crate) mod coordination;
pub(crate) mod fetching;
pub mod input;
pub(crate) mod lookup;
pub(crate) mod numbers;
pub(crate) mod outbox;
mod producers;
pub(crate) mod reader;
mod recovery;
mod retention;
mod running;
pub mod snapshot;
pub(crate) mod state;
mod trimming;
pub(crate) mod writer;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::chunk::ObjectId;
use crate::config::BrokerConfig;
use crate::group::Coordinator;
use crate::image::Image;
use crate::journal::tail::Tail;
use crate::notice::Notice;
use crate::protocol::KString;
use crate::random::Random;
use crate::time::{Instant, Now};
pub use input::{Effect, Input};
use input::{OperationId, Reply};
use numbers::Numbers;
use reader::PageCache;
use recovery::{Progress, Recovery};
use snapshot::Root;
use state::State;
use writer::Writer;

/// Why a shard wants to be called at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerKind {
    /// A long poll has waited for `max_wait_ms`.
    FetchDeadline,
    /// `log.retention.check.interval.ms`.
    Retention,
    /// `producer.id.expiration.check.interval.ms`.
    ProducerExpiry,
    /// A session or a rebalance of a group.
    Group,
    /// `offsets.retention.check.interval.ms`.
    OffsetExpiry,
    /// `log.flush.interval.ms` or a topic's `flush.ms`.
    Flush,
    /// The store was full: time to ask again.
    StoreFull,
}

/// What a store can do, told to the core once: it plans the journal by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreProfile {
    /// Size at which a journal file is sealed, bytes.
    pub journal_file_bytes: u64,
    /// Slots are padded to this many bytes where they are flushed: 4096 on a disk, 1 in memory.
    pub alignment: u32,
    /// Bytes of the journal's newest part to keep in memory: 0 where the store itself is memory.
    pub tail_bytes: u32,
}

impl StoreProfile {
    /// A store in memory.
    pub const MEMORY: Self = Self { journal_file_bytes: 64 << 20, alignment: 1, tail_bytes: 0 };
    /// A store of files.
    pub const DISK: Self =
        Self { journal_file_bytes: 256 << 20, alignment: 4096, tail_bytes: 8 << 20 };
}

/// What the host found when it opened the store.
#[derive(Clone, Debug, Default)]
pub struct StoreContents {
    /// The root, where there is one.
    pub root: Option<Bytes>,
    /// Every object with its length in bytes.
    pub objects: Vec<(ObjectId, u64)>,
}

/// What a shard must know to begin.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Effective configuration, without what was set dynamically.
    pub broker: Arc<BrokerConfig>,
    /// What the store can do.
    pub profile: StoreProfile,
    /// Where random ids come from.
    pub seed: u64,
}

/// Where a shard is in its life.
#[derive(Debug)]
enum Phase {
    /// The store is being read.
    Opening(alloc::boxed::Box<Recovery>),
    /// The root of this start is being written.
    Rooting(OperationId, Vec<Notice>),
    /// Serving.
    Running,
    /// [`Input::Shutdown`] came: the last slot and the snapshot are being written.
    Stopping,
    /// Nothing follows.
    Stopped,
}

/// A snapshot that is being written.
#[derive(Debug)]
enum Snapshotting {
    /// None.
    No,
    /// To be taken behind the next slot.
    Due,
    /// The blob is being written.
    Blob(OperationId, Root),
    /// The blob is there; its slot must be durable first.
    Slot(Root),
    /// The root is being replaced.
    Root(OperationId, Root),
}

/// One shard. See the module.
#[derive(Debug)]
pub struct Shard {
    pub(crate) broker: Arc<BrokerConfig>,
    /// As given at the start: dynamic configuration is laid over it.
    pub(crate) base: Arc<BrokerConfig>,
    profile: StoreProfile,
    phase: Phase,
    pub(crate) state: State,
    pub(crate) writer: Writer,
    pub(crate) tail: Tail,
    pub(crate) outbox: outbox::Outbox,
    pub(crate) numbers: Numbers,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) image: Arc<Image>,
    pub(crate) pages: PageCache,
    pub(crate) fetching: fetching::Fetching,
    pub(crate) lookups: lookup::Lookups,
    pub(crate) coordinator: Coordinator,
    pub(crate) random: Random,
    pub(crate) now: Now,
    pub(crate) producer_ids: core::ops::Range<i64>,
    root: Root,
    snapshotting: Snapshotting,
    journaled_since_snapshot: u64,
    sealed: Vec<ObjectId>,
    /// Files that go when a slot is durable.
    dying: VecDeque<(u64, ObjectId)>,
    retention_at: Instant,
    producers_at: Instant,
    /// When committed offsets are looked through, and behind which group.
    offsets_at: Instant,
    offsets_after: Option<KString>,
    full_at: Option<Instant>,
    /// Records that were acknowledged without a flush since the last one.
    pub(crate) unflushed: i64,
    /// When they must be flushed.
    pub(crate) flush_at: Option<Instant>,
}

impl Shard {
    /// Begins to open a store. Feed completions and drain effects until [`Effect::Ready`].
    ///
    /// # Errors
    /// A line for people that says why this store is not opened; nothing was written.
    pub fn open(now: Now, settings: Settings, contents: &StoreContents) -> Result<Self, String> {
        let Settings { broker, profile, seed } = settings;
        let mut random = Random::new(seed);
        let mut numbers = Numbers::default();
        let mut effects = VecDeque::new();
        let (root, phase) = match &contents.root {
            Some(bytes) => {
                let root =
                    recovery::read_root(bytes, broker.node_id_given.then_some(broker.node_id))?;
                let (recovery, progress) =
                    Recovery::begin(root.clone(), &contents.objects, &mut numbers);
                numbers.next_object = recovery.next_object();
                if let Progress::Do(effect) = progress {
                    effects.push_back(Effect::Storage(effect));
                }
                (root, Phase::Opening(recovery.into()))
            }
            None => {
                if let Some((object, _)) = contents.objects.first() {
                    return Err(alloc::format!(
                        "the store has object {} but no root: it is not complete; restore it or use an empty directory",
                        object.0
                    ));
                }
                let cluster_id = alloc::format!("{}", random.uuid());
                let root = Root {
                    epoch: 1,
                    cluster_id: KString::from(cluster_id),
                    node_id: broker.node_id,
                    snapshot: None,
                    replay: snapshot::Position::default(),
                    salt: random.next(),
                    next_object: 0,
                };
                (root, Phase::Running)
            }
        };
        let image = Arc::new(Image {
            cluster_id: root.cluster_id.clone(),
            node_id: root.node_id,
            shards: 1,
            broker: broker.clone(),
            topics: BTreeMap::new(),
            topic_ids: BTreeMap::new(),
        });
        let mut shard = Self {
            base: broker.clone(),
            profile,
            state: State::default(),
            writer: Writer::new(profile, &root, snapshot::Position::default(), 0, 0),
            tail: Tail::new(profile.tail_bytes),
            outbox: outbox::Outbox::default(),
            numbers,
            effects,
            image,
            pages: PageCache::default(),
            fetching: fetching::Fetching::default(),
            lookups: lookup::Lookups::default(),
            coordinator: Coordinator::default(),
            random,
            now,
            producer_ids: 0..0,
            snapshotting: Snapshotting::No,
            journaled_since_snapshot: 0,
            sealed: Vec::new(),
            dying: VecDeque::new(),
            retention_at: now.instant.plus_millis(broker.log_retention_check_interval_ms),
            producers_at: now
                .instant
                .plus_millis(i64::from(broker.producer_id_expiration_check_interval_ms)),
            offsets_at: now.instant.plus_millis(broker.offsets_retention_check_interval_ms),
            offsets_after: None,
            full_at: None,
            unflushed: 0,
            flush_at: None,
            phase,
            root,
            broker,
        };
        if contents.root.is_none() {
            shard.root.next_object = 1;
            shard.numbers.next_object = 0;
            shard.write_root(Vec::new());
        }
        Ok(shard)
    }

    /// Takes one input. Never fails, does bounded work, and leaves what follows in [`Self::poll_effect`].
    ///
    /// Several inputs may be fed before effects are drained: what they append then shares one slot.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.now = now;
        match input {
            Input::Request { id, context, operation } => match self.phase {
                Phase::Running => self.request(id, &context, operation),
                Phase::Opening(_) | Phase::Rooting(..) | Phase::Stopping | Phase::Stopped => {
                    self.effects.push_back(Effect::Reply { id, reply: Reply::Close });
                }
            },
            Input::Disconnected(connection) => self.forget_connection(connection),
            Input::Storage { operation, result } => self.stored(operation, result),
            Input::Tick => self.tick(),
            Input::Shutdown => self.shutdown(),
        }
    }

    /// The oldest effect not yet taken. Drain to `None` after the inputs of a turn.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        if self.effects.is_empty() {
            self.pump();
        }
        self.effects.pop_front()
    }

    /// When to feed [`Input::Tick`] at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimerKind)> {
        if !matches!(self.phase, Phase::Running) {
            return None;
        }
        let timers = [
            self.fetching.next_deadline().map(|at| (at, TimerKind::FetchDeadline)),
            Some((self.retention_at, TimerKind::Retention)),
            Some((self.producers_at, TimerKind::ProducerExpiry)),
            self.groups_due().map(|at| (at, TimerKind::Group)),
            Some((self.offsets_at, TimerKind::OffsetExpiry)),
            self.flush_at.map(|at| (at, TimerKind::Flush)),
            self.full_at.map(|at| (at, TimerKind::StoreFull)),
        ];
        timers.into_iter().flatten().min()
    }

    /// The hard state's fingerprint: equal after replay and while running. For tests and the simulator.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        twox_hash::XxHash64::oneshot(0, &snapshot::encode(&self.state))
    }

    /// Whether the store is memory: nothing outlives the process.
    pub(crate) const fn is_in_memory(&self) -> bool {
        self.profile.tail_bytes == 0
    }

    /// Hands over what can be written now, and takes the snapshot that is due.
    fn pump(&mut self) {
        if !matches!(self.phase, Phase::Running | Phase::Stopping) {
            return;
        }
        if matches!(self.snapshotting, Snapshotting::Due) {
            // Replay will begin behind this slot: nothing before it may be lost.
            self.writer.flush_next();
        }
        let before = self.writer.end();
        self.writer.pump(&mut self.state, &mut self.tail, &mut self.numbers, &mut self.effects);
        let after = self.writer.end();
        if before.sequence != after.sequence {
            self.journaled_since_snapshot += after.at.saturating_sub(before.at);
            if matches!(self.snapshotting, Snapshotting::Due) {
                self.snapshot();
            }
        }
        if matches!(self.phase, Phase::Stopping) && self.writer.is_stuck() {
            // No space will come before the end: what waits is refused, and replay does what the snapshot would have.
            self.fail_journal(&input::StoreError::Full);
        }
    }
}
