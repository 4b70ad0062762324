//! Opening a store: root, snapshot, replay, one step per completed read.
//!
//! It must never cut a slot that was known durable, and never write to a store of a newer format.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::{Buf, Bytes, BytesMut};

use super::input::{OperationId, StorageEffect, StoreError, Stored};
use super::numbers::Numbers;
use super::snapshot::{self, Position, Root};
use super::state::State;
use crate::chunk::ObjectId;
use crate::gather::Gather as _;
use crate::journal::entry::Entry;
use crate::journal::slot::{self, HEADER_LEN, SlotEntry, SlotHeader};
use crate::journal::{JournalError, slot::MAX_SLOT_BYTES};
use crate::notice::Notice;
use crate::record::BatchHeader;

/// The journal is read in pieces of this size.
const PIECE: u32 = 4 << 20;
/// The first piece; each further one is twice as long: after a stop in order there is little to be read.
const FIRST_PIECE: u32 = 64 << 10;
/// What lies behind the journal's end is looked at in pieces of this size, up to [`PIECE`] bytes.
const PROBE_PIECE: u32 = 256 << 10;

/// Flushed slots are padded to this many bytes.
const PADDING: u64 = 4096;

/// What is being waited for.
#[derive(Debug)]
enum Step {
    Snapshot(ObjectId),
    Journal,
    /// Whether the journal goes on in this file.
    NextFile(ObjectId),
    /// Whether something durable stands behind a broken slot.
    Probe,
    Flush,
}

/// A store that is being opened.
#[derive(Debug)]
pub(super) struct Recovery {
    /// The root, with this start's epoch.
    pub root: Root,
    objects: BTreeMap<ObjectId, u64>,
    /// The state as far as it is known.
    pub state: State,
    end: Position,
    epoch_seen: u64,
    buffer: BytesMut,
    /// Bytes to be read next.
    piece: u32,
    step: Step,
    operation: OperationId,
    /// The end of the file before, until a slot of the next one was read.
    left: Option<Position>,
    /// Files that were read to their end: what was written to them by a process that was killed may not be on the medium.
    passed: Vec<ObjectId>,
    /// Slots replayed.
    pub slots: u64,
    /// Bytes behind the journal's end that were looked at.
    probed: u64,
    /// How many of them were not empty, up to the last.
    torn: u64,
}

/// What follows a step.
#[derive(Debug)]
pub(super) enum Progress {
    /// Do this, then call again.
    Do(StorageEffect),
    /// Everything is known.
    Done,
    /// The start is refused; a line for people.
    Refused(String),
}

/// What was found.
#[derive(Debug)]
pub(super) struct Recovered {
    /// Where the next slot goes.
    pub end: Position,
    /// Size of the file that is being written.
    pub capacity: u64,
    /// Files before the one that is being written.
    pub sealed: Vec<ObjectId>,
    /// Objects that nothing refers to.
    pub leftovers: Vec<ObjectId>,
}

impl Recovery {
    /// Begins with a root that was read. The first step is in the second part.
    pub(super) fn begin(
        root: Root,
        objects: &[(ObjectId, u64)],
        numbers: &mut Numbers,
    ) -> (Self, Progress) {
        let end = root.replay;
        let mut recovery = Self {
            root,
            objects: objects.iter().copied().gather(),
            state: State::default(),
            end,
            epoch_seen: 0,
            buffer: BytesMut::new(),
            piece: FIRST_PIECE,
            step: Step::Journal,
            operation: OperationId::default(),
            left: None,
            passed: Vec::new(),
            slots: 0,
            probed: 0,
            torn: 0,
        };
        let progress = match recovery.root.snapshot {
            Some(object) => {
                recovery.step = Step::Snapshot(object);
                let len = recovery.objects.get(&object).copied().unwrap_or(0);
                recovery.read(object, 0, u32::try_from(len).unwrap_or(u32::MAX), numbers)
            }
            None => recovery.more(0, numbers),
        };
        (recovery, progress)
    }

    fn read(&mut self, object: ObjectId, at: u64, len: u32, numbers: &mut Numbers) -> Progress {
        self.operation = numbers.operation();
        Progress::Do(StorageEffect::Read { operation: self.operation, object, at, len })
    }

    /// Reads the next piece of the journal, at least `least` bytes.
    fn more(&mut self, least: u32, numbers: &mut Numbers) -> Progress {
        self.step = Step::Journal;
        let len = least.max(self.piece);
        self.piece = (self.piece * 2).min(PIECE);
        let at = self.end.at + self.buffer.len() as u64;
        self.read(self.end.object, at, len, numbers)
    }

    /// Takes the result of the step that was asked for.
    pub(super) fn advance(
        &mut self,
        operation: OperationId,
        result: Result<Stored, StoreError>,
        numbers: &mut Numbers,
        notices: &mut Vec<Notice>,
    ) -> Option<Progress> {
        if operation != self.operation {
            return None;
        }
        let bytes = match result {
            Ok(Stored::Bytes(bytes)) => bytes,
            Ok(Stored::Done) | Err(StoreError::Missing) => Bytes::new(),
            Err(error) => {
                return Some(Progress::Refused(alloc::format!(
                    "the data cannot be read ({error:?})"
                )));
            }
        };
        Some(match self.step {
            Step::Snapshot(object) => match snapshot::decode(&bytes) {
                Ok(state) => {
                    // What an earlier start left behind the replay's beginning is not its continuation.
                    self.epoch_seen = state.epoch;
                    self.state = state;
                    self.more(0, numbers)
                }
                Err(error) => Progress::Refused(snapshot::refusal(
                    &alloc::format!("the snapshot (object {})", object.0),
                    error,
                )),
            },
            Step::Journal => {
                self.buffer.extend_from_slice(&bytes);
                self.replay(bytes.is_empty(), numbers, notices)
            }
            Step::NextFile(object) => match slot::peek(&bytes, self.root.salt) {
                Ok(header) if self.is_next(&header) => {
                    self.left = Some(self.end);
                    self.end = Position { object, at: 0, sequence: self.end.sequence };
                    self.more(0, numbers)
                }
                Ok(header) if self.was_durable(&header) => self.damaged(),
                Ok(_) | Err(_) => self.next_file(object, numbers),
            },
            Step::Probe => self.probe(&bytes, numbers, notices),
            Step::Flush => match self.passed.pop() {
                Some(object) => self.flush(object, numbers),
                None => Progress::Done,
            },
        })
    }

    /// Applies the slots in the buffer.
    fn replay(
        &mut self,
        at_end: bool,
        numbers: &mut Numbers,
        notices: &mut Vec<Notice>,
    ) -> Progress {
        loop {
            let header = match slot::peek(&self.buffer, self.root.salt) {
                Ok(header) => header,
                Err(JournalError::NewerFormat(format)) => {
                    return Progress::Refused(snapshot::refusal(
                        "the journal",
                        JournalError::NewerFormat(format),
                    ));
                }
                Err(JournalError::Short) if !at_end => return self.more(0, numbers),
                Err(_) => break,
            };
            if !self.is_next(&header) {
                break;
            }
            // A slot was padded to the next 4 KiB where it was flushed, or not at all.
            let total = header.total_bytes as usize;
            let padded =
                ((self.end.at + total as u64).next_multiple_of(PADDING) - self.end.at) as usize;
            if self.buffer.len() < padded && !at_end {
                let missing = (padded - self.buffer.len()).min(MAX_SLOT_BYTES) as u32;
                return self.more(missing, numbers);
            }
            let (position, wall, salt) = (self.end.at, header.wall, self.root.salt);
            let sequence = header.sequence;
            let Self { buffer, state, .. } = self;
            let mut unknown = false;
            let applied = slot::read(buffer, salt, |entry| match entry {
                SlotEntry::Batch { partition, at, bytes } => {
                    let Some(batch) = BatchHeader::parse(bytes) else { return };
                    state.append(partition, &batch, bytes, wall, sequence);
                    state.place(partition, &batch, position as u32 + at, bytes.len() as u32);
                }
                SlotEntry::Entry(encoded) => match postcard::from_bytes::<Entry>(encoded) {
                    Ok(entry) => state.apply(&entry, wall, sequence),
                    Err(_) => unknown = true,
                },
            });
            if applied.is_err() {
                break;
            }
            if unknown {
                // Its checksum fits: a newer release wrote it.
                return Progress::Refused(alloc::format!(
                    "slot {} of the journal has an entry that this release does not know: start the newer release again; nothing was written",
                    header.sequence
                ));
            }
            self.epoch_seen = header.epoch;
            self.passed.extend(self.left.take().map(|left| left.object));
            self.slots += 1;
            self.end.sequence = header.sequence;
            let zeros =
                self.buffer.get(total..padded).is_some_and(|pad| pad.iter().all(|byte| *byte == 0));
            let used = if zeros { padded } else { total };
            self.buffer.advance(used);
            self.end.at += used as u64;
            if self.buffer.is_empty() && !at_end {
                return self.more(0, numbers);
            }
        }
        let object = self.end.object;
        if let Some(left) = self.left.take() {
            // The first slot of this file is torn, and with it the entry that seals the file before: that one goes on.
            notices.push(Notice::TornTail { object: object.0, bytes: self.buffer.len() as u64 });
            self.end = left;
        }
        self.buffer.clear();
        self.next_file(object, numbers)
    }

    /// Whether a slot continues the journal.
    const fn is_next(&self, header: &SlotHeader) -> bool {
        header.sequence == self.end.sequence + 1
            && header.epoch >= self.epoch_seen
            && header.epoch < self.root.epoch
    }

    /// Whether a slot that stands behind the journal's end says that the broken one had been durable.
    const fn was_durable(&self, later: &SlotHeader) -> bool {
        later.epoch >= self.epoch_seen
            && later.epoch < self.root.epoch
            && later.durable > self.end.sequence
    }

    fn damaged(&self) -> Progress {
        Progress::Refused(alloc::format!(
            "journal file {} is damaged at byte {}: slot {} was durable and cannot be read; restore the file, nothing was written",
            self.end.object.0,
            self.end.at,
            self.end.sequence + 1
        ))
    }

    /// Looks behind the journal's end for a slot that says that more had been durable, one piece after another.
    fn probe(
        &mut self,
        bytes: &Bytes,
        numbers: &mut Numbers,
        notices: &mut Vec<Notice>,
    ) -> Progress {
        // Nearly always there is nothing, in a file that has its whole size already.
        if let Some(last) = last_written(bytes) {
            self.torn = self.probed + last as u64 + 1;
            for at in 0..bytes.len().saturating_sub(HEADER_LEN) {
                let Some(rest) = bytes.get(at..) else { break };
                if rest.first() == Some(&b'L')
                    && let Ok(header) = slot::peek(rest, self.root.salt)
                    && self.was_durable(&header)
                {
                    return self.damaged();
                }
            }
        }
        self.probed += bytes.len() as u64;
        if bytes.len() == PROBE_PIECE as usize && self.probed < u64::from(PIECE) {
            // A header may lie across the end of the piece.
            self.probed -= HEADER_LEN as u64;
            return self.read(self.end.object, self.end.at + self.probed, PROBE_PIECE, numbers);
        }
        if self.torn > 0 {
            notices.push(Notice::TornTail { object: self.end.object.0, bytes: self.torn });
        }
        self.flush(self.end.object, numbers)
    }

    /// What was replayed stays: nobody can tell any more whether it was flushed.
    fn flush(&mut self, object: ObjectId, numbers: &mut Numbers) -> Progress {
        self.step = Step::Flush;
        self.operation = numbers.operation();
        Progress::Do(StorageEffect::Flush { operation: self.operation, object })
    }

    /// Looks for the file in which the journal goes on; where there is none, behind its end.
    fn next_file(&mut self, after: ObjectId, numbers: &mut Numbers) -> Progress {
        if let Some((object, _)) = self.objects.range(ObjectId(after.0 + 1)..).next() {
            let object = *object;
            self.step = Step::NextFile(object);
            return self.read(object, 0, HEADER_LEN as u32, numbers);
        }
        self.step = Step::Probe;
        self.read(self.end.object, self.end.at, PROBE_PIECE, numbers)
    }

    /// What was found, after [`Progress::Done`].
    pub(super) fn finish(&mut self) -> Recovered {
        self.state.all_visible();
        let capacity = self.objects.get(&self.end.object).copied().unwrap_or(0);
        let keep = |object: &ObjectId| {
            Some(*object) == self.root.snapshot
                || *object == self.end.object
                || self.state.live.contains_key(object)
                || *object >= self.root.replay.object && *object < self.end.object
        };
        let (kept, leftovers): (Vec<ObjectId>, Vec<ObjectId>) =
            self.objects.keys().copied().partition(keep);
        let other =
            |object: &ObjectId| *object != self.end.object && Some(*object) != self.root.snapshot;
        let sealed = kept.into_iter().filter(other).collect();
        Recovered { end: self.end, capacity, sealed, leftovers }
    }

    /// One more than every number in use.
    #[must_use]
    pub(super) fn next_object(&self) -> u64 {
        self.objects.keys().next_back().map_or(0, |last| last.0 + 1).max(self.root.next_object)
    }
}

/// Where the last byte is that is not zero. Looked for piece by piece: whole pieces of zeros are passed over quickly.
fn last_written(bytes: &[u8]) -> Option<usize> {
    const PIECE: usize = 64;
    let is_empty = |piece: &[u8]| piece.iter().fold(0, |all, byte| all | byte) == 0;
    let at = bytes.chunks(PIECE).rposition(|piece| !is_empty(piece))? * PIECE;
    Some(at + bytes.get(at..)?.iter().take(PIECE).rposition(|byte| *byte != 0)?)
}

/// The root of a store that exists, with the epoch of this start. Where `node_id` was not set, the store's counts.
///
/// # Errors
/// A line that says why the start is refused.
pub(super) fn read_root(bytes: &Bytes, node_id: Option<i32>) -> Result<Root, String> {
    let mut root =
        Root::decode(bytes).map_err(|error| snapshot::refusal("the store's root", error))?;
    if let Some(node_id) = node_id.filter(|node_id| *node_id != root.node_id) {
        let owner = root.node_id;
        return Err(alloc::format!(
            "the data belongs to node.id {owner}, not {node_id}: set node.id={owner} or use another directory"
        ));
    }
    root.epoch += 1;
    Ok(root)
}

#[cfg(test)]
mod tests;
