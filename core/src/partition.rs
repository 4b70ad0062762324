//! One partition: its offsets, segments, producers, and where its batches lie.
//!
//! Hard state changes only through [`Partition::append`] and the other methods that replay calls as well. It must never
//! do I/O and never look inside a batch beyond its header.

pub(crate) mod producer_state;
pub(crate) mod segments;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::chunk::ObjectId;
use crate::journal::index::IndexEntry;
use crate::protocol::KString;
use crate::record::BatchHeader;
use crate::time::UnixMillis;
use producer_state::Producer;
use segments::Segment;

/// What a sealed journal file holds of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRange {
    /// The file.
    pub object: ObjectId,
    /// Number of the partition's first entry in the file's index.
    pub first_entry: u32,
    /// How many entries it has there.
    pub entries: u32,
    /// Offset of the first record.
    pub base_offset: i64,
    /// Offset of the last record.
    pub last_offset: i64,
    /// Largest timestamp, Unix ms.
    pub max_timestamp: i64,
}

/// One partition.
#[derive(Debug, Serialize, Deserialize)]
pub struct Partition {
    /// The topic's name.
    pub topic: KString,
    /// Index within the topic.
    pub index: i32,
    /// The first offset that clients may read.
    pub log_start_offset: i64,
    /// The offset that the next record gets.
    pub next_offset: i64,
    /// The next offset that clients may not see yet: everything below is durable.
    #[serde(skip)]
    pub high_watermark: i64,
    /// Leader epochs with the offset at which each began.
    pub epochs: Vec<(i32, i64)>,
    /// Logical segments, oldest first; the last one is active.
    pub segments: VecDeque<Segment>,
    /// Sealed files, oldest first.
    pub files: VecDeque<FileRange>,
    /// The batches in the file that is being written.
    pub active: Vec<IndexEntry>,
    /// Idempotent producers by id.
    pub producers: BTreeMap<i64, Producer>,
    /// The last slot that changed anything of it but records: answers that show it wait for that.
    #[serde(skip)]
    pub changed_in: u64,
    /// Fetches that wait for records.
    #[serde(skip)]
    pub waiting: Vec<u64>,
}

impl Partition {
    /// A new partition.
    #[must_use]
    pub fn new(topic: KString, index: i32, created: UnixMillis) -> Self {
        let mut segments = VecDeque::new();
        segments.push_back(Segment::new(0, created));
        Self {
            topic,
            index,
            log_start_offset: 0,
            next_offset: 0,
            high_watermark: 0,
            epochs: Vec::new(),
            segments,
            files: VecDeque::new(),
            active: Vec::new(),
            producers: BTreeMap::new(),
            changed_in: 0,
            waiting: Vec::new(),
        }
    }

    /// Takes a batch into the log: its header has base offset and leader epoch in place.
    pub fn append(&mut self, header: &BatchHeader, bytes: u32, wall: UnixMillis) {
        if self.epochs.last().is_none_or(|(epoch, _)| *epoch < header.partition_leader_epoch) {
            self.epochs.push((header.partition_leader_epoch, header.base_offset));
        }
        self.next_offset = header.base_offset + i64::from(header.last_offset_delta) + 1;
        if let Some(segment) = self.segments.back_mut() {
            segment.append(bytes, header.max_timestamp, wall);
        }
        if header.producer_id >= 0 {
            self.producers.entry(header.producer_id).or_default().append(header);
        }
    }

    /// Opens a new segment at the log's end.
    pub fn roll(&mut self, wall: UnixMillis) {
        self.segments.push_back(Segment::new(self.next_offset, wall));
    }

    /// Moves the first offset up. Segments and file ranges that end below it go; the files that lost their last batch of
    /// this partition are returned.
    pub fn advance_log_start(&mut self, offset: i64) -> Vec<ObjectId> {
        self.log_start_offset = self.log_start_offset.max(offset);
        while self.segments.get(1).is_some_and(|next| next.base_offset <= self.log_start_offset) {
            self.segments.pop_front();
        }
        let mut gone = Vec::new();
        while let Some(range) =
            self.files.front().filter(|range| range.last_offset < self.log_start_offset)
        {
            gone.push(range.object);
            self.files.pop_front();
        }
        while let Some(first) =
            self.epochs.get(1).filter(|(_, start)| *start <= self.log_start_offset)
        {
            debug_assert!(first.1 <= self.log_start_offset);
            self.epochs.remove(0);
        }
        gone
    }

    /// Bytes of records that are kept, as DescribeLogDirs shows them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The last epoch not above `epoch` and the offset where it ends (KIP-320): `(−1, −1)` where nothing is known.
    ///
    /// `current` is the partition's leader epoch; it begins at the log's end where it has no record yet.
    /// Kafka: LeaderEpochFileCache.endOffsetFor.
    #[must_use]
    pub fn end_of_epoch(&self, epoch: i32, current: i32) -> (i32, i64) {
        if epoch == current {
            return (current, self.high_watermark);
        }
        if epoch > current || epoch < 0 {
            return (-1, -1);
        }
        let later = self.epochs.partition_point(|(known, _)| *known <= epoch);
        let end = self.epochs.get(later).map_or(self.high_watermark, |(_, start)| *start);
        let known = later
            .checked_sub(1)
            .and_then(|at| self.epochs.get(at))
            .map_or(epoch, |(known, _)| *known);
        (known, end)
    }
}

#[cfg(test)]
mod tests;
