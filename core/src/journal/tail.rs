//! The journal's newest part in memory: the very bytes that came in, by where they lie.
//!
//! Bounded by declared bytes, oldest out first. It must never hold a byte that the journal does not.

use alloc::collections::VecDeque;

use bytes::Bytes;

use crate::chunk::ObjectId;

/// Batches of this size and above are read back from the file instead: fresh memory costs more than the page cache.
const LARGE: usize = 256 << 10;

/// The tail. Positions only grow, so that finding one is a binary search.
#[derive(Debug, Default)]
pub struct Tail {
    batches: VecDeque<(ObjectId, u32, Bytes)>,
    bytes: usize,
    budget: usize,
}

impl Tail {
    /// A tail that keeps at most `budget` bytes of batches.
    #[must_use]
    pub fn new(budget: u32) -> Self {
        Self { batches: VecDeque::new(), bytes: 0, budget: budget as usize }
    }

    /// Keeps a batch that was placed behind all others.
    pub fn push(&mut self, object: ObjectId, position: u32, batch: &Bytes) {
        if batch.len() >= LARGE || self.budget == 0 {
            return;
        }
        self.bytes += batch.len();
        self.batches.push_back((object, position, batch.clone()));
        while self.bytes > self.budget {
            let Some((_, _, oldest)) = self.batches.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    /// The batch that begins there, if it is still in memory.
    #[must_use]
    pub fn get(&self, object: ObjectId, position: u32) -> Option<&Bytes> {
        let found =
            self.batches.binary_search_by_key(&(object, position), |(o, p, _)| (*o, *p)).ok()?;
        self.batches.get(found).map(|(_, _, bytes)| bytes)
    }
}

#[cfg(test)]
mod tests;
