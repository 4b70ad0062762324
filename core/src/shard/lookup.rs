//! Offsets by time: the batch is found by the index, then read, then its records are looked at.
//!
//! Several partitions of one request go one after another. It must never look into more than one batch at a time.

use alloc::vec::Vec;

use bytes::Bytes;
use slab::Slab;

use super::Shard;
use super::fetching::Reading;
use super::input::{ConnectionId, Reply, RequestId, StoreError};
use super::reader::{Reader, Unreadable};
use crate::image::PartitionId;
use crate::protocol::ErrorCode;
use crate::protocol::messages::ListOffsetsResponse;
use crate::record::{Scratch, lookup};

/// What a stored batch may unpack to: it was checked against a tighter limit when it came in.
const UNPACKED: u64 = 16 << 30;
/// The timestamp that asks for the largest one (KIP-734).
const MAX_TIMESTAMP: i64 = -3;

/// One partition that is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Topic and partition of the answer.
    pub(crate) place: [usize; 2],
    /// Where to look.
    pub(crate) partition: PartitionId,
    /// The time, or −3 for the largest.
    pub(crate) timestamp: i64,
}

/// A ListOffsets that needs records.
#[derive(Debug)]
pub(crate) struct Lookup {
    id: RequestId,
    response: ListOffsetsResponse,
    wanted: Vec<Wanted>,
    needs: u64,
    number: u32,
    /// From where on the first wanted one is looked for: behind batches that had been read in vain.
    from: i64,
}

impl Lookup {
    pub(crate) const fn new(
        id: RequestId,
        response: ListOffsetsResponse,
        wanted: Vec<Wanted>,
        needs: u64,
    ) -> Self {
        Self { id, response, wanted, needs, number: 0, from: 0 }
    }
}

/// Lookups under way.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    lookups: Slab<Lookup>,
    numbers: u32,
    scratch: Scratch,
}

impl Lookups {
    /// Forgets the lookups of a connection that is gone.
    pub(crate) fn forget(&mut self, connection: ConnectionId) {
        self.lookups.retain(|_, lookup| lookup.id.connection != connection);
    }
}

/// What one step came to.
enum Step {
    Found(Option<(i64, i64)>),
    Failed(ErrorCode),
    Wait,
}

impl Shard {
    /// Goes on with a lookup until it must wait; answers it when nothing is wanted any more.
    pub(crate) fn start_lookup(&mut self, mut lookup: Lookup) {
        self.lookups.numbers = self.lookups.numbers.wrapping_add(1);
        lookup.number = self.lookups.numbers;
        let number = lookup.number;
        let slot = self.lookups.lookups.insert(lookup);
        self.advance_lookup((u64::from(number) << 32) | slot as u64, None);
    }

    /// A page (`None`) or a batch that a lookup waited for is there.
    pub(crate) fn resume_lookup(&mut self, key: u64, batch: Option<Result<Bytes, StoreError>>) {
        self.advance_lookup(key, batch);
    }

    fn advance_lookup(&mut self, key: u64, mut batch: Option<Result<Bytes, StoreError>>) {
        let slot = key as u32 as usize;
        loop {
            let Some(lookup) = self.lookups.lookups.get(slot) else { return };
            if u64::from(lookup.number) != key >> 32 {
                return;
            }
            let Some(wanted) = lookup.wanted.last().copied() else {
                let done = self.lookups.lookups.remove(slot);
                self.reply_after(done.needs, done.id, Reply::Response(done.response.into()));
                return;
            };
            let from = lookup.from;
            let step = match batch.take() {
                Some(Err(_)) => Step::Failed(ErrorCode::KAFKA_STORAGE_ERROR),
                Some(Ok(bytes)) => match self.search(wanted, from, &bytes) {
                    Ok(Some(found)) => Step::Found(Some(found)),
                    Ok(None) => {
                        // The batch's largest timestamp belongs to a record before the log's start.
                        if let (Some(lookup), Some(header)) = (
                            self.lookups.lookups.get_mut(slot),
                            crate::record::BatchHeader::parse(&bytes),
                        ) {
                            lookup.from = header.next_offset();
                        }
                        continue;
                    }
                    Err(error) => Step::Failed(error),
                },
                None => self.locate(wanted, from, key),
            };
            let (found, error) = match step {
                Step::Wait => return,
                Step::Found(found) => (found, ErrorCode::NONE),
                Step::Failed(error) => (None, error),
            };
            let epoch = found.and_then(|(offset, _)| self.epoch_at(wanted.partition, offset));
            let Some(lookup) = self.lookups.lookups.get_mut(slot) else { return };
            lookup.wanted.pop();
            lookup.from = 0;
            let [t, p] = wanted.place;
            if let Some(answer) =
                lookup.response.topics.get_mut(t).and_then(|topic| topic.partitions.get_mut(p))
            {
                answer.error_code = error;
                answer.found(found, epoch.unwrap_or(-1));
            }
        }
    }

    /// Finds the batch and has it read, or reads it where it is in memory.
    fn locate(&mut self, wanted: Wanted, from: i64, key: u64) -> Step {
        let active = self.writer.object();
        let Some(mut reader) = Reader::new(&self.state, wanted.partition, active, &mut self.pages)
        else {
            return Step::Failed(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        };
        let partition = reader.partition;
        let (start, end) = (partition.log_start_offset.max(from), partition.high_watermark);
        let timestamp = match wanted.timestamp {
            MAX_TIMESTAMP => reader.max_timestamp(start),
            timestamp => timestamp,
        };
        if wanted.timestamp == MAX_TIMESTAMP && timestamp < 0 {
            return Step::Found(None);
        }
        match reader.find_timestamp(start, timestamp) {
            Ok(Some((object, entry))) if entry.last_offset < end => {
                let position = entry.position;
                match self.tail.get(object, position).cloned() {
                    Some(batch) => match self.search(wanted, from, &batch) {
                        Ok(Some(found)) => Step::Found(Some(found)),
                        // The batch's largest timestamp belongs to a record before the log's start.
                        Ok(None) => self.locate(wanted, entry.last_offset + 1, key),
                        Err(error) => Step::Failed(error),
                    },
                    None => {
                        self.read_batch(key, object, u64::from(position), entry.len);
                        Step::Wait
                    }
                }
            }
            Ok(_) => Step::Found(None),
            Err(Unreadable::Page(page)) => {
                self.read_page(page, Reading::Lookup(key));
                Step::Wait
            }
            Err(Unreadable::Damaged) => Step::Failed(ErrorCode::KAFKA_STORAGE_ERROR),
        }
    }

    /// The first record of a batch that fits; −3 means the first with the batch's largest timestamp.
    fn search(
        &mut self,
        wanted: Wanted,
        from: i64,
        batch: &[u8],
    ) -> Result<Option<(i64, i64)>, ErrorCode> {
        let start = self
            .state
            .partitions
            .get(&wanted.partition)
            .map_or(0, |partition| partition.log_start_offset);
        let scratch = &mut self.lookups.scratch;
        let found = if wanted.timestamp == MAX_TIMESTAMP {
            lookup::first_of_max_timestamp(batch, UNPACKED, scratch)
        } else {
            lookup::first_at_or_after(batch, wanted.timestamp, start.max(from), UNPACKED, scratch)
        };
        let found = found.map_err(|_| ErrorCode::KAFKA_STORAGE_ERROR)?;
        Ok(found.map(|found| (found.offset, found.timestamp)))
    }

    /// The leader epoch in which an offset was written.
    fn epoch_at(&self, id: PartitionId, offset: i64) -> Option<i32> {
        let epochs = &self.state.partitions.get(&id)?.epochs;
        let later = epochs.partition_point(|(_, start)| *start <= offset);
        epochs.get(later.checked_sub(1)?).map(|(epoch, _)| *epoch)
    }
}
