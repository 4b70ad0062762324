//! What a partition remembers of each idempotent producer, and what it makes of the next batch.
//!
//! Kafka: ProducerStateEntry, ProducerAppendInfo. The last five batches are kept, over restarts too (Kafka keeps one).

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::protocol::error_code::ErrorCode;
use crate::record::BatchHeader;

/// How many batches are remembered: the most that a client may have in flight (KIP-185).
pub(crate) const REMEMBERED_BATCHES: usize = 5;

/// One batch that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedBatch {
    /// Sequence of its first record.
    pub first_sequence: i32,
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Offset of its first record.
    pub base_offset: i64,
    /// Its largest timestamp, Unix ms.
    pub timestamp: i64,
}

/// One producer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Producer {
    /// Its newest epoch.
    pub epoch: i16,
    /// Its newest batches, oldest first.
    pub batches: ArrayVec<RememberedBatch, REMEMBERED_BATCHES>,
    /// Timestamp of its newest batch, Unix ms: by it the producer expires.
    pub last_timestamp: i64,
}

impl Default for Producer {
    fn default() -> Self {
        Self { epoch: -1, batches: ArrayVec::new(), last_timestamp: -1 }
    }
}

/// What to do with a batch of an idempotent producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Append it.
    Append,
    /// It is here already: answer what was answered then.
    Duplicate(RememberedBatch),
    /// Refuse it.
    Refuse(ErrorCode),
}

/// The sequence `records` − 1 after `first`: it wraps from 2^31−1 to 0.
const fn last_sequence(header: &BatchHeader) -> i32 {
    let last = header.base_sequence as i64 + header.last_offset_delta as i64;
    (last & i32::MAX as i64) as i32
}

impl Producer {
    /// Judges a batch (Kafka: ProducerStateEntry.findDuplicateBatch, ProducerAppendInfo.maybeValidateDataBatch).
    #[must_use]
    pub fn judge(&self, header: &BatchHeader) -> Verdict {
        let last = last_sequence(header);
        if header.producer_epoch == self.epoch {
            let same = |b: &&RememberedBatch| {
                b.first_sequence == header.base_sequence && b.last_sequence == last
            };
            if let Some(batch) = self.batches.iter().find(same) {
                return Verdict::Duplicate(*batch);
            }
        }
        if header.producer_epoch < self.epoch {
            return Verdict::Refuse(ErrorCode::INVALID_PRODUCER_EPOCH);
        }
        let expected = match self.batches.last() {
            _ if header.producer_epoch > self.epoch && self.epoch >= 0 => 0,
            Some(newest) if newest.last_sequence == i32::MAX => 0,
            Some(newest) => newest.last_sequence + 1,
            None => return Verdict::Append,
        };
        if header.base_sequence == expected {
            Verdict::Append
        } else {
            Verdict::Refuse(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER)
        }
    }

    /// Remembers an appended batch.
    pub fn append(&mut self, header: &BatchHeader) {
        if header.producer_epoch != self.epoch {
            self.epoch = header.producer_epoch;
            self.batches.clear();
        }
        if self.batches.is_full() {
            self.batches.remove(0);
        }
        self.batches.push(RememberedBatch {
            first_sequence: header.base_sequence,
            last_sequence: last_sequence(header),
            base_offset: header.base_offset,
            timestamp: header.max_timestamp,
        });
        self.last_timestamp = header.max_timestamp;
    }
}

#[cfg(test)]
mod tests;
