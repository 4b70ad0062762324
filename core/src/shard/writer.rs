//! The journal's writing end: the open slot, the file that it goes into, and what is on its way to the store.
//!
//! One append is on its way at a time; what comes meanwhile gathers in the next slot (group commit). It must never reuse
//! a sequence number, and after one failure never write again.

mod files;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use super::StoreProfile;
use super::input::{Effect, OperationId, StorageEffect};
use super::numbers::Numbers;
use super::snapshot::{Position, Root};
use super::state::State;
use crate::chunk::ObjectId;
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::journal::index::{PAGE_ENTRIES, PAGE_LEN};
use crate::journal::slot::{SlotBuilder, SlotStamp};
use crate::journal::tail::Tail;
use crate::record::BatchHeader;
use crate::time::UnixMillis;

/// The first journal file of a store, bytes; each further one is as large as all before it, up to the profile's limit.
const FIRST_FILE_BYTES: u64 = 16 << 20;
/// A file is sealed at this many batches, whatever its size: its index is in memory until then.
const MAX_FILE_ENTRIES: u32 = 1 << 16;
/// The open slot takes no more than this; further produce is refused until it is written.
const MAX_OPEN_BYTES: usize = 64 << 20;
/// So many files may be sealed and not yet be on the medium.
const MAX_FLUSHING: usize = 2;
/// Room for slot headers is cut from chunks of this size.
const ARENA_BYTES: usize = 64 << 10;

/// A slot that the store is writing.
#[derive(Debug)]
struct InFlight {
    operation: OperationId,
    sequence: u64,
    flush: bool,
    batches: Vec<Appended>,
}

/// A batch that is on its way to the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    /// Its partition.
    pub partition: PartitionId,
    /// The offset after its last record.
    pub end: i64,
    /// Its bytes.
    pub bytes: u32,
}

/// What follows a storage completion.
#[derive(Debug)]
pub(crate) enum Written {
    /// Not one of the writer's.
    NotMine,
    /// This file is complete and another one is being written.
    Sealed(ObjectId),
    /// The next file is ready.
    Prepared,
    /// A file that was sealed without waiting for the medium is on it now.
    Flushed,
    /// A slot is durable; these batches became visible. To be given back to [`Writer::recycle`].
    Slot(Vec<Appended>),
}

/// The writing end.
#[derive(Debug)]
pub(crate) struct Writer {
    profile: StoreProfile,
    epoch: u64,
    owner: i32,
    salt: u64,
    builder: SlotBuilder,
    arena: BytesMut,
    waiting: u32,
    open_flush: bool,
    /// Whether a batch in the file that is being written was acknowledged as being on the medium.
    file_flushed: bool,
    /// Flushes of sealed files that are on their way.
    flushing: Vec<OperationId>,
    wall: UnixMillis,
    object: ObjectId,
    position: u64,
    capacity: u64,
    entries: u32,
    written: u64,
    sequence: u64,
    durable: u64,
    flushed: u64,
    in_flight: Option<InFlight>,
    sealing: Option<OperationId>,
    preparing: Option<(OperationId, ObjectId, u64)>,
    prepared: Option<(ObjectId, u64)>,
    store_full: bool,
    recycled: Vec<Appended>,
    encoded: Vec<u8>,
    failed: bool,
    /// Something was to be appended after the failure.
    lost: bool,
}

impl Writer {
    /// A writer that goes on behind `end`, in a file of `capacity` bytes with `entries` batches; a capacity of 0 means
    /// that a file must be prepared first.
    #[must_use]
    pub(crate) fn new(
        profile: StoreProfile,
        root: &Root,
        end: Position,
        capacity: u64,
        entries: u32,
    ) -> Self {
        Self {
            profile,
            epoch: root.epoch,
            owner: root.node_id,
            salt: root.salt,
            builder: SlotBuilder::default(),
            arena: BytesMut::new(),
            waiting: 0,
            open_flush: false,
            // A file that is gone on with may hold such batches.
            file_flushed: true,
            flushing: Vec::new(),
            wall: UnixMillis::default(),
            object: end.object,
            position: end.at,
            capacity,
            entries,
            written: end.at,
            sequence: end.sequence,
            durable: end.sequence,
            flushed: end.sequence,
            in_flight: None,
            sealing: None,
            preparing: None,
            prepared: None,
            store_full: false,
            recycled: Vec::new(),
            encoded: Vec::new(),
            failed: false,
            lost: false,
        }
    }

    /// The slot that everything appended so far will be in.
    #[must_use]
    pub(crate) fn last_slot(&self) -> u64 {
        self.sequence + u64::from(self.lost || !self.builder.is_empty())
    }

    /// The time that counts for what is appended now: one for a whole slot, because replay knows only one.
    #[must_use]
    pub(crate) fn stamp(&self, now: UnixMillis) -> UnixMillis {
        if self.builder.is_empty() { now } else { self.wall }
    }

    /// The slot that what is appended next will be in.
    #[must_use]
    pub(crate) const fn open_slot(&self) -> u64 {
        self.sequence + 1
    }

    /// The last slot that is durable.
    #[must_use]
    pub(crate) const fn durable(&self) -> u64 {
        self.durable
    }

    /// The file that is being written.
    #[must_use]
    pub(crate) const fn object(&self) -> ObjectId {
        self.object
    }

    /// Where the next slot begins.
    #[must_use]
    pub(crate) const fn end(&self) -> Position {
        Position { object: self.object, at: self.position, sequence: self.sequence }
    }

    /// Whether `bytes` bytes of records can be taken now.
    #[must_use]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        !self.failed
            && self.builder.bytes() + bytes <= MAX_OPEN_BYTES.max(bytes)
            && (!self.store_full || self.fits(bytes, 1))
    }

    /// Whether the open slot, with `bytes` and `entries` more, fits into the file, with the file's index behind it.
    fn fits(&self, bytes: usize, entries: usize) -> bool {
        let slot = self.builder.bytes() + bytes;
        let end = (self.position + slot as u64).next_multiple_of(PAGE_LEN as u64);
        let batches = u64::from(self.entries) + (self.builder.len() + entries) as u64;
        let index = batches.div_ceil(u64::from(PAGE_ENTRIES)) * PAGE_LEN as u64;
        end + index <= self.capacity
    }

    /// What goes out next is flushed, and so is all before it.
    pub(crate) const fn flush_next(&mut self) {
        self.open_flush = true;
    }

    /// Whether the journal has failed.
    #[must_use]
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed
    }

    /// Nothing is written any more.
    pub(crate) const fn fail(&mut self) {
        self.failed = true;
    }

    /// Adds a batch to the open slot. `flush`: whether its acknowledgement means that it is on the medium.
    pub(crate) fn push_batch(
        &mut self,
        partition: PartitionId,
        batch: Bytes,
        wall: UnixMillis,
        flush: bool,
    ) {
        self.wall = self.stamp(wall);
        self.open_flush |= flush;
        self.file_flushed |= flush;
        self.builder.push_batch(partition, batch);
    }

    /// Adds an entry to the open slot. Entries are always flushed: there are few, and topics are not to vanish.
    pub(crate) fn push_entry(&mut self, entry: &Entry, wall: UnixMillis) {
        if self.failed {
            self.lost = true;
            return;
        }
        self.wall = self.stamp(wall);
        self.open_flush |= !matches!(entry, Entry::SegmentRolled { .. });
        self.encode(entry);
        self.builder.push_entry(&self.encoded);
    }

    /// Counts a request that waits for the open slot.
    pub(crate) const fn count_waiting(&mut self) {
        self.waiting += 1;
    }

    /// Hands the open slot to the store, if it is time: nothing is on its way, and there is a file for it.
    pub(crate) fn pump(
        &mut self,
        state: &mut State,
        tail: &mut Tail,
        numbers: &mut Numbers,
        effects: &mut VecDeque<Effect>,
    ) {
        if self.failed
            || self.in_flight.is_some()
            || self.sealing.is_some()
            || self.builder.is_empty()
        {
            return;
        }
        if self.open_flush && !self.flushing.is_empty() {
            // What is promised must not stand behind a gap: the files before this one come first.
            return;
        }
        if self.is_file_full() {
            if self.prepared.is_none() {
                self.prepare(numbers, effects);
            } else if self.capacity > 0 && self.flushing.len() < MAX_FLUSHING {
                self.seal(state, numbers, effects);
            } else if self.capacity == 0 {
                self.open_prepared();
                self.pump(state, tail, numbers, effects);
            }
            return;
        }
        self.close_slot(state, tail, numbers, effects);
        if self.prepared.is_none() && self.position * 2 > self.capacity {
            self.prepare(numbers, effects);
        }
    }

    fn close_slot(
        &mut self,
        state: &mut State,
        tail: &mut Tail,
        numbers: &mut Numbers,
        effects: &mut VecDeque<Effect>,
    ) {
        self.sequence += 1;
        let stamp = SlotStamp {
            epoch: self.epoch,
            sequence: self.sequence,
            durable: self.flushed,
            wall: self.wall,
            owner: self.owner,
            salt: self.salt,
        };
        if self.arena.capacity() < 4096 && !self.arena.try_reclaim(ARENA_BYTES) {
            self.arena = BytesMut::with_capacity(ARENA_BYTES);
        }
        let mut batches = core::mem::take(&mut self.recycled);
        let (object, position) = (self.object, self.position as u32);
        let flush = self.open_flush;
        let alignment = if flush { self.profile.alignment } else { 1 };
        let slot = self.builder.finish(
            stamp,
            self.position,
            alignment,
            &mut self.arena,
            |partition, at, batch| {
                // What was checked when it came in still parses; a batch that does not is not placed.
                let Some(header) = BatchHeader::parse(batch) else { return };
                state.place(partition, &header, position + at, batch.len() as u32);
                tail.push(object, position + at, batch);
                let end = header.base_offset + i64::from(header.last_offset_delta) + 1;
                batches.push(Appended { partition, end, bytes: batch.len() as u32 });
            },
        );
        self.entries += batches.len() as u32;
        let operation = numbers.operation();
        self.in_flight = Some(InFlight { operation, sequence: self.sequence, flush, batches });
        let at = self.position;
        self.position += slot.padded_bytes;
        self.written += slot.padded_bytes;
        let waiting = core::mem::take(&mut self.waiting);
        self.open_flush = false;
        effects.push_back(Effect::Storage(StorageEffect::Append {
            operation,
            object,
            at,
            chunks: slot.chunks,
            flush,
            waiting,
        }));
    }

    fn encode(&mut self, entry: &Entry) {
        self.encoded.clear();
        let room = core::mem::take(&mut self.encoded);
        self.encoded = postcard::to_extend(entry, room).expect("plain data always encodes");
    }

    /// Takes a completion that ended well.
    pub(crate) fn done(&mut self, operation: OperationId) -> Written {
        if let Some(done) = self.in_flight.take_if(|f| f.operation == operation) {
            self.durable = done.sequence;
            if done.flush {
                self.flushed = done.sequence;
            }
            return Written::Slot(done.batches);
        }
        if self.sealing.take_if(|o| *o == operation).is_some() {
            let sealed = self.object;
            self.open_prepared();
            return Written::Sealed(sealed);
        }
        if let Some(at) = self.flushing.iter().position(|o| *o == operation) {
            self.flushing.swap_remove(at);
            return Written::Flushed;
        }
        if let Some((_, object, bytes)) = self.preparing.take_if(|(o, ..)| *o == operation) {
            self.prepared = Some((object, bytes));
            self.store_full = false;
            return Written::Prepared;
        }
        Written::NotMine
    }

    /// Takes back what [`Written::Slot`] held, so that the next slot needs no memory for it.
    pub(crate) fn recycle(&mut self, mut batches: Vec<Appended>) {
        batches.clear();
        self.recycled = batches;
    }
}
