//! The files that slots go into: asked for ahead of time, sealed with their index, one after another.
//!
//! A slot must never go into a file whose space the store does not own.

use alloc::collections::VecDeque;

use super::{FIRST_FILE_BYTES, MAX_FILE_ENTRIES, Writer};
use crate::journal::entry::Entry;
use crate::journal::index::PAGE_LEN;
use crate::shard::input::{Effect, OperationId, StorageEffect};
use crate::shard::numbers::Numbers;
use crate::shard::state::State;

impl Writer {
    /// Whether the open slot must go into another file than this one.
    pub(super) fn is_file_full(&self) -> bool {
        self.capacity == 0
            || self.entries >= MAX_FILE_ENTRIES
            || (self.position > 0 && !self.fits(0, 0))
    }

    /// Whether the open slot has no place, and the store has said that it has none either.
    #[must_use]
    pub(crate) fn is_stuck(&self) -> bool {
        self.store_full
            && self.in_flight.is_none()
            && self.sealing.is_none()
            && self.preparing.is_none()
            && self.prepared.is_none()
            && !self.builder.is_empty()
            && self.is_file_full()
    }

    pub(super) fn prepare(&mut self, numbers: &mut Numbers, effects: &mut VecDeque<Effect>) {
        // A store that was full is asked again when its time has come, not at once.
        if self.preparing.is_some() || self.failed || self.store_full {
            return;
        }
        self.ask_for_file(numbers, effects);
    }

    pub(super) fn ask_for_file(&mut self, numbers: &mut Numbers, effects: &mut VecDeque<Effect>) {
        let limit = self.profile.journal_file_bytes;
        let bytes = self.written.clamp(FIRST_FILE_BYTES.min(limit), limit);
        let (operation, object) = (numbers.operation(), numbers.object());
        self.preparing = Some((operation, object, bytes));
        effects.push_back(Effect::Storage(StorageEffect::Prepare { operation, object, bytes }));
    }

    /// Asks again for a file after the store was full.
    pub(crate) fn retry_prepare(&mut self, numbers: &mut Numbers, effects: &mut VecDeque<Effect>) {
        if self.store_full && self.preparing.is_none() && !self.failed {
            self.ask_for_file(numbers, effects);
        }
    }

    /// Writes the file's index behind its last slot, and says so in the open slot: that one goes into the next file,
    /// after the index is durable.
    pub(super) fn seal(
        &mut self,
        state: &mut State,
        numbers: &mut Numbers,
        effects: &mut VecDeque<Effect>,
    ) {
        let (index, ranges) = state.active_index(self.object);
        let at = self.position.next_multiple_of(PAGE_LEN as u64);
        let entry = Entry::FileSealed { object: self.object, index_at: at, ranges };
        // In front of all else: the open slot's batches lie in the next file. What the slot holds already was applied
        // before, and comes after it at replay; both orders end in the same state, because the ranges are spelled out.
        state.apply(&entry, self.wall, self.open_slot());
        self.encode(&entry);
        self.builder.push_first_entry(&self.encoded);
        self.open_flush |= self.file_flushed;
        let operation = numbers.operation();
        self.sealing = Some(operation);
        effects.push_back(Effect::Storage(StorageEffect::Append {
            operation,
            object: self.object,
            at,
            chunks: core::iter::once(index.finish()).collect(),
            flush: self.file_flushed,
            waiting: 0,
        }));
        if !self.file_flushed {
            // As Kafka flushes a segment that it rolls: in the background. Nobody waits for it.
            let (operation, object) = (numbers.operation(), self.object);
            self.flushing.push(operation);
            effects.push_back(Effect::Storage(StorageEffect::Flush { operation, object }));
        }
    }

    pub(super) fn open_prepared(&mut self) {
        if let Some((object, capacity)) = self.prepared.take() {
            (self.object, self.capacity, self.position, self.entries) = (object, capacity, 0, 0);
            self.file_flushed = false;
        }
    }

    /// Takes a preparation that the store had no room for. False where the operation is another one.
    pub(crate) fn was_full(&mut self, operation: OperationId) -> bool {
        let mine = self.preparing.take_if(|(o, ..)| *o == operation).is_some();
        self.store_full |= mine;
        mine
    }
}
