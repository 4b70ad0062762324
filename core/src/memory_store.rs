//! A store in memory: for brokers that keep nothing, for the browser, and as the simulator's starting point.
//!
//! It executes storage effects and must know nothing of Kafka. Bytes are kept as they came, never copied: whoever hands
//! in slices of large buffers keeps those buffers alive.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use crate::chunk::ObjectId;
use crate::shard::StoreContents;
use crate::shard::input::{OperationId, StorageEffect, StoreError, Stored};

#[cfg(test)]
mod tests;

/// What lies between two writes that do not touch reads as zeros, as in a file.
static ZEROS: [u8; 4096] = [0; 4096];

/// The end of a storage operation: its number, and how it ended.
pub type Completion = (OperationId, Result<Stored, StoreError>);

/// Objects and a root in memory. A clone shares every byte with the original.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    root: Option<Bytes>,
    objects: BTreeMap<ObjectId, Object>,
    /// Bytes that all objects own, prepared ones included.
    owned: u64,
    /// Bytes that all objects together may own.
    capacity: u64,
}

impl MemoryStore {
    /// An empty store whose objects own at most `capacity` bytes; beyond it answers [`StoreError::Full`]. Journal files own
    /// what they were prepared for.
    #[must_use]
    pub const fn new(capacity: u64) -> Self {
        Self { root: None, objects: BTreeMap::new(), owned: 0, capacity }
    }

    /// What is in it, as a shard wants to know at its start.
    #[must_use]
    pub fn contents(&self) -> StoreContents {
        StoreContents {
            root: self.root.clone(),
            objects: self.objects.iter().map(|(id, object)| (*id, object.end)).collect(),
        }
    }

    /// Bytes that all objects own, prepared ones included.
    #[must_use]
    pub const fn owned_bytes(&self) -> u64 {
        self.owned
    }

    /// Does what `effect` says, at once. `None` for effects that are not answered.
    pub fn execute(&mut self, effect: StorageEffect) -> Option<Completion> {
        match effect {
            StorageEffect::Append { operation, object, at, chunks, flush: _, waiting: _ } => {
                let there = self.objects.contains_key(&object);
                Some((
                    operation,
                    if there { self.write(object, at, &chunks) } else { Err(StoreError::Missing) },
                ))
            }
            StorageEffect::Flush { operation, object } => {
                let there = self.objects.contains_key(&object);
                Some((operation, if there { Ok(Stored::Done) } else { Err(StoreError::Missing) }))
            }
            StorageEffect::Prepare { operation, object, bytes } => {
                Some((operation, self.make(object, bytes, &[])))
            }
            StorageEffect::Read { operation, object, at, len } => {
                Some((operation, self.read(object, at, len)))
            }
            StorageEffect::Put { operation, object, chunks } => {
                Some((operation, self.make(object, 0, &chunks)))
            }
            StorageEffect::Drop { object } => {
                if let Some(object) = self.objects.remove(&object) {
                    self.owned -= object.owned;
                }
                None
            }
            StorageEffect::ReplaceRoot { operation, bytes } => {
                self.root = Some(bytes);
                Some((operation, Ok(Stored::Done)))
            }
        }
    }

    /// The pieces that make up `len` bytes of `object` from `at` on, in order and uncopied. They end early where the
    /// object ends; there are none where it is not there.
    pub fn slices(&self, object: ObjectId, at: u64, len: u32) -> impl Iterator<Item = Bytes> + '_ {
        let to = at.saturating_add(u64::from(len));
        let pieces = self.objects.get(&object).map_or(&[][..], |object| object.pieces.as_slice());
        let first = pieces.partition_point(|piece| piece.end() <= at);
        pieces
            .iter()
            .skip(first)
            .take_while(move |piece| piece.at < to)
            .map(move |piece| piece.slice(at, to))
    }

    /// Makes a new object that owns `owned` bytes, or as many as `chunks` have.
    fn make(
        &mut self,
        object: ObjectId,
        owned: u64,
        chunks: &[Bytes],
    ) -> Result<Stored, StoreError> {
        if self.objects.contains_key(&object) {
            return Err(StoreError::Failed("an object of that name exists".to_string()));
        }
        self.own(0, owned)?;
        self.objects.insert(object, Object { owned, ..Object::default() });
        let written = self.write(object, 0, chunks);
        if written.is_err() {
            self.execute(StorageEffect::Drop { object });
        }
        written
    }

    /// Changes what one object owns from `before` to `after` bytes.
    fn own(&mut self, before: u64, after: u64) -> Result<(), StoreError> {
        let owned =
            (self.owned - before).checked_add(after).filter(|owned| *owned <= self.capacity);
        self.owned = owned.ok_or(StoreError::Full)?;
        Ok(())
    }

    fn write(&mut self, object: ObjectId, at: u64, chunks: &[Bytes]) -> Result<Stored, StoreError> {
        let len: u64 = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let end = at.checked_add(len).ok_or(StoreError::Full)?;
        let before = self.objects.get(&object).map_or(0, |object| object.owned);
        let after = before.max(end);
        self.own(before, after)?;
        let object = self.objects.entry(object).or_default();
        object.owned = after;
        let mut at = at;
        for chunk in chunks {
            object.write(at, chunk);
            at += chunk.len() as u64;
        }
        Ok(Stored::Done)
    }

    fn read(&self, object: ObjectId, at: u64, len: u32) -> Result<Stored, StoreError> {
        if !self.objects.contains_key(&object) {
            return Err(StoreError::Missing);
        }
        let mut slices = self.slices(object, at, len);
        let first = slices.next().unwrap_or_default();
        let Some(second) = slices.next() else {
            return Ok(Stored::Bytes(first));
        };
        let mut all = BytesMut::with_capacity(len as usize);
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        for slice in slices {
            all.extend_from_slice(&slice);
        }
        Ok(Stored::Bytes(all.freeze()))
    }
}

/// One object: pieces without gaps or overlaps from 0 to `end`, in order.
#[derive(Clone, Debug, Default)]
struct Object {
    pieces: Vec<Piece>,
    end: u64,
    /// What it counts against the store's capacity.
    owned: u64,
}

#[derive(Clone, Debug)]
struct Piece {
    at: u64,
    bytes: Bytes,
}

impl Piece {
    const fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }

    /// The part of this piece that lies in `from..to`; the two must overlap.
    fn slice(&self, from: u64, to: u64) -> Bytes {
        let start = from.max(self.at) - self.at;
        let end = to.min(self.end()) - self.at;
        self.bytes.slice(start as usize..end as usize)
    }
}

impl Object {
    fn write(&mut self, at: u64, chunk: &Bytes) {
        if chunk.is_empty() {
            return;
        }
        while self.end < at {
            let gap = (at - self.end).min(ZEROS.len() as u64);
            let zeros = Bytes::from_static(&ZEROS).slice(..gap as usize);
            self.pieces.push(Piece { at: self.end, bytes: zeros });
            self.end += gap;
        }
        let piece = Piece { at, bytes: chunk.clone() };
        let to = piece.end();
        if at == self.end {
            self.pieces.push(piece);
        } else {
            self.overwrite(piece);
        }
        self.end = self.end.max(to);
    }

    /// Puts `new` in the place of what it covers: a shard writes again over what a failed append may have left.
    fn overwrite(&mut self, new: Piece) {
        let (from, to) = (new.at, new.end());
        let first = self.pieces.partition_point(|piece| piece.end() <= from);
        let last = self.pieces.partition_point(|piece| piece.at < to);
        let mut pieces = Vec::with_capacity(3);
        if let Some(piece) = self.pieces.get(first).filter(|piece| piece.at < from) {
            pieces.push(Piece { at: piece.at, bytes: piece.slice(piece.at, from) });
        }
        pieces.push(new);
        if let Some(piece) =
            last.checked_sub(1).and_then(|i| self.pieces.get(i)).filter(|piece| piece.end() > to)
        {
            pieces.push(Piece { at: to, bytes: piece.slice(to, piece.end()) });
        }
        self.pieces.splice(first..last, pieces);
    }
}
