//! A store with two images: what a running process sees, and what is on the medium.
//!
//! A crash leaves what was flushed, and of what was not a random part, torn at sectors. It must never make durable what
//! nobody flushed, unless a crash's dice say so, and never lose what was.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::ObjectId;
use logboat_core::memory_store::Completion;
use logboat_core::shard::StoreContents;
use logboat_core::shard::input::{OperationId, StorageEffect, StoreError, Stored};

use super::random::Stream;

/// What a crash tears writes at, bytes.
const SECTOR: usize = 512;

/// A wrong that the store can be told to do, to prove that the simulator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A flush is answered, and nothing is flushed.
    FlushLies,
    /// One append in so many is answered, and not written.
    LosesAppend(u64),
    /// Not the store's: a commit that the broker refuses reaches its client as acknowledged.
    HidesRefusals,
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It is killed: the system still has what was written.
    Killed,
    /// The power is gone: only the medium counts.
    Power,
}

#[derive(Clone, Debug, Default)]
struct Object {
    /// What a read gives.
    live: Vec<u8>,
    /// What is on the medium.
    durable: Vec<u8>,
    /// Bytes that a preparation made its own.
    capacity: u64,
    /// Writes since the last flush, as ranges of `live`, with their turn.
    dirty: Vec<(u64, usize, usize)>,
    /// Whether its name is on the medium.
    named: bool,
    /// A blob or a journal file.
    blob: bool,
}

impl Object {
    fn write(&mut self, turn: u64, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.live.len() < end {
            self.live.resize(end, 0);
        }
        self.live[at..end].copy_from_slice(bytes);
        self.dirty.push((turn, at, end));
    }

    fn persist(&mut self, from: usize, to: usize) {
        if self.durable.len() < to {
            self.durable.resize(to, 0);
        }
        self.durable[from..to].copy_from_slice(&self.live[from..to]);
    }

    /// Cuts short what was under way when the process was killed. What it had written is there, and still not durable.
    fn killed(&mut self, in_flight: &BTreeSet<u64>, dice: &mut Stream) {
        let durable = self.durable.len();
        for (turn, from, to) in &mut self.dirty {
            if in_flight.contains(turn) {
                let kept = *from + dice.below((*to - *from) as u64 + 1) as usize;
                // What was there before is not kept: zeros stand for it, unless it is on the medium.
                for at in kept..*to {
                    self.live[at] = if at < durable { self.durable[at] } else { 0 };
                }
                *to = kept;
            }
        }
    }

    /// Makes durable what was written up to `turn`.
    fn flush(&mut self, turn: u64) {
        for (written, from, to) in std::mem::take(&mut self.dirty) {
            if written <= turn {
                self.persist(from, to);
            } else {
                self.dirty.push((written, from, to));
            }
        }
    }
}

/// An operation whose end the host has not been told yet.
#[derive(Clone, Debug)]
enum Pending {
    Append { object: ObjectId, flush: bool },
    Flush { object: ObjectId },
    Make { object: ObjectId },
    Root { bytes: Bytes },
    Read,
}

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    root: Option<Bytes>,
    objects: BTreeMap<ObjectId, Object>,
    /// Dropped in this run: a crash may bring them back.
    dropped: BTreeMap<ObjectId, Object>,
    pending: BTreeMap<OperationId, (u64, Pending, Result<Stored, StoreError>)>,
    /// Operations are counted in the order of their issue.
    turn: u64,
    /// Whether an object's length is told as its capacity, with zeros behind what was written.
    tells_capacity: bool,
    /// Whether preparations are answered with [`StoreError::Full`].
    pub full: bool,
    /// Fails the next append.
    pub fail_append: bool,
    /// What it does wrong.
    pub defect: Option<Defect>,
    appends: u64,
}

impl Store {
    /// An empty store.
    #[must_use]
    pub const fn new(tells_capacity: bool, defect: Option<Defect>) -> Self {
        Self {
            root: None,
            objects: BTreeMap::new(),
            dropped: BTreeMap::new(),
            pending: BTreeMap::new(),
            turn: 0,
            tells_capacity,
            full: false,
            fail_append: false,
            defect,
            appends: 0,
        }
    }

    /// What a shard is told when it opens it.
    #[must_use]
    pub fn contents(&self) -> StoreContents {
        let len = |object: &Object| {
            let written = object.live.len() as u64;
            if self.tells_capacity { written.max(object.capacity) } else { written }
        };
        StoreContents {
            root: self.root.clone(),
            objects: self.objects.iter().map(|(id, object)| (*id, len(object))).collect(),
        }
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Whether no operation is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether the object is there and not dropped.
    #[must_use]
    pub fn has(&self, object: ObjectId) -> bool {
        self.objects.contains_key(&object)
    }

    /// The bytes of a range, of a dropped object too: what is being sent stays readable.
    #[must_use]
    pub fn range(&self, object: ObjectId, at: u64, len: u32) -> Option<Bytes> {
        let found = self.objects.get(&object).or_else(|| self.dropped.get(&object))?;
        let at = usize::try_from(at).ok()?;
        found.live.get(at..at.checked_add(len as usize)?).map(Bytes::copy_from_slice)
    }

    /// Begins an operation. Its effect on what is read is there at once, its end is told by [`Self::complete`]; `None`
    /// for what is not answered. The object is what orders it among others; `None` for the root.
    ///
    /// # Errors
    /// A line where the effect breaks the contract.
    pub fn issue(
        &mut self,
        effect: StorageEffect,
    ) -> Result<Option<(OperationId, Option<ObjectId>)>, String> {
        self.turn += 1;
        let turn = self.turn;
        let (operation, object, pending, result) = match effect {
            StorageEffect::Append { operation, object, at, chunks, flush, .. } => {
                self.appends += 1;
                let pending = Pending::Append { object, flush };
                let loses = matches!(self.defect, Some(Defect::LosesAppend(n)) if self.appends.is_multiple_of(n));
                let Some(found) = self.objects.get_mut(&object).filter(|o| !o.blob) else {
                    return Err(format!("append to object {} which is not there", object.0));
                };
                if !found.named {
                    return Err(format!("append to object {} before it was made", object.0));
                }
                let mut bytes: Vec<u8> = chunks.iter().flat_map(|c| c.iter().copied()).collect();
                let failed = std::mem::take(&mut self.fail_append);
                if failed {
                    bytes.truncate(bytes.len() / 2);
                }
                if !loses {
                    found.write(turn, at as usize, &bytes);
                }
                let result = if failed {
                    Err(StoreError::Failed("the simulated disk failed".into()))
                } else {
                    Ok(Stored::Done)
                };
                (operation, Some(object), pending, result)
            }
            StorageEffect::Flush { operation, object } => {
                let result =
                    if self.has(object) { Ok(Stored::Done) } else { Err(StoreError::Missing) };
                (operation, Some(object), Pending::Flush { object }, result)
            }
            StorageEffect::Prepare { operation, object, bytes } => {
                let result = if self.full {
                    Err(StoreError::Full)
                } else {
                    self.make(object, Object { capacity: bytes, ..Object::default() })?;
                    Ok(Stored::Done)
                };
                (operation, Some(object), Pending::Make { object }, result)
            }
            StorageEffect::Put { operation, object, chunks } => {
                self.make(object, Object { blob: true, ..Object::default() })?;
                let bytes: Vec<u8> = chunks.iter().flat_map(|c| c.iter().copied()).collect();
                if let Some(made) = self.objects.get_mut(&object) {
                    made.write(turn, 0, &bytes);
                }
                (operation, Some(object), Pending::Make { object }, Ok(Stored::Done))
            }
            StorageEffect::Read { operation, object, at, len } => {
                (operation, Some(object), Pending::Read, self.read(object, at, len))
            }
            StorageEffect::ReplaceRoot { operation, bytes } => {
                (operation, None, Pending::Root { bytes }, Ok(Stored::Done))
            }
            StorageEffect::Drop { object } => {
                let found = self.objects.remove(&object);
                let found = found.ok_or_else(|| format!("object {} is dropped twice", object.0))?;
                self.dropped.insert(object, found);
                return Ok(None);
            }
        };
        if self.pending.insert(operation, (turn, pending, result)).is_some() {
            return Err(format!("operation {} is used twice", operation.0));
        }
        Ok(Some((operation, object)))
    }

    fn make(&mut self, object: ObjectId, made: Object) -> Result<(), String> {
        if self.has(object) || self.dropped.contains_key(&object) {
            return Err(format!("object {} is made twice", object.0));
        }
        self.objects.insert(object, made);
        Ok(())
    }

    fn read(&self, object: ObjectId, at: u64, len: u32) -> Result<Stored, StoreError> {
        let found = self.objects.get(&object).ok_or(StoreError::Missing)?;
        let end = if self.tells_capacity { found.capacity as usize } else { 0 };
        let end = end.max(found.live.len());
        let from = (at as usize).min(end);
        let to = (from + len as usize).min(end);
        let mut bytes = BytesMut::zeroed(to - from);
        let written = from.min(found.live.len())..to.min(found.live.len());
        bytes[..written.len()].copy_from_slice(&found.live[written]);
        Ok(Stored::Bytes(bytes.freeze()))
    }

    /// Ends an operation: what it was to make durable is.
    pub fn complete(&mut self, operation: OperationId) -> Option<Completion> {
        let (turn, pending, result) = self.pending.remove(&operation)?;
        if result.is_ok() {
            match &pending {
                Pending::Append { object, flush: true } | Pending::Flush { object } => {
                    if self.defect != Some(Defect::FlushLies)
                        && let Some(found) = self.objects.get_mut(object)
                    {
                        found.flush(turn);
                    }
                }
                Pending::Make { object } => {
                    if let Some(found) = self.objects.get_mut(object) {
                        found.named = true;
                        found.flush(turn);
                    }
                }
                Pending::Root { bytes } => self.root = Some(bytes.clone()),
                Pending::Append { flush: false, .. } | Pending::Read => {}
            }
        }
        Some((operation, result))
    }

    /// What is left after a crash.
    #[must_use]
    pub fn after(mut self, crash: Crash, dice: &mut Stream) -> Self {
        for (object, gone) in std::mem::take(&mut self.dropped) {
            if crash == Crash::Power && dice.per_mille(500) {
                self.objects.insert(object, gone);
            }
        }
        let roots: Vec<Bytes> = self
            .pending
            .values()
            .filter_map(|(_, pending, _)| match pending {
                Pending::Root { bytes } => Some(bytes.clone()),
                Pending::Append { .. }
                | Pending::Flush { .. }
                | Pending::Make { .. }
                | Pending::Read => None,
            })
            .collect();
        // The root is replaced whole or not at all.
        let replaced = dice.below(roots.len() as u64 + 1) as usize;
        if let Some(last) = replaced.checked_sub(1) {
            self.root = roots.get(last).cloned();
        }
        let in_flight: BTreeSet<u64> = self.pending.values().map(|(turn, ..)| *turn).collect();
        let mut unmade = Vec::new();
        for (id, object) in &mut self.objects {
            if !object.named && dice.per_mille(500) {
                unmade.push(*id);
            }
            object.named = true;
            if crash == Crash::Killed {
                object.killed(&in_flight, dice);
                continue;
            }
            for (_, from, to) in std::mem::take(&mut object.dirty) {
                match dice.below(4) {
                    0 => {}
                    1 => object.persist(from, to),
                    2 => object.persist(from, from + dice.below((to - from) as u64) as usize),
                    _ => {
                        let mut at = from;
                        while at < to {
                            let end = ((at / SECTOR + 1) * SECTOR).min(to);
                            if dice.per_mille(600) {
                                object.persist(at, end);
                            }
                            at = end;
                        }
                    }
                }
            }
            object.live.clone_from(&object.durable);
        }
        for object in unmade {
            self.objects.remove(&object);
        }
        self.pending.clear();
        self.full = false;
        self.fail_append = false;
        self
    }

    /// The store as it is, for a broker that is opened beside the running one. Only where nothing is under way.
    #[must_use]
    pub fn copy(&self) -> Self {
        let mut copy = self.clone();
        copy.pending.clear();
        copy.dropped.clear();
        copy.full = false;
        copy.fail_append = false;
        copy.defect = None;
        copy
    }

    /// The store as a running broker sees it, everything flushed.
    #[must_use]
    pub fn live_copy(&self) -> Self {
        let mut copy = self.copy();
        for object in copy.objects.values_mut() {
            object.dirty.clear();
            object.durable.clone_from(&object.live);
        }
        copy
    }
}
