//! Replies that wait for their slot.
//!
//! A reply leaves when the last slot that it depends on is durable; it must never leave earlier.

use alloc::collections::VecDeque;

use super::input::{Effect, Reply, RequestId};

/// Replies in the order in which their slots become durable.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<(u64, RequestId, Reply)>,
}

impl Outbox {
    /// Sends `reply` when slot `needs` is durable, which may be now.
    pub(crate) fn push(
        &mut self,
        needs: u64,
        durable: u64,
        id: RequestId,
        reply: Reply,
        effects: &mut VecDeque<Effect>,
    ) {
        if needs <= durable {
            effects.push_back(Effect::Reply { id, reply });
        } else {
            // Slots are numbered as they fill, so nearly always this is the back.
            let at = self.waiting.partition_point(|(slot, ..)| *slot <= needs);
            self.waiting.insert(at, (needs, id, reply));
        }
    }

    /// Sends what depends on slots up to `durable`.
    pub(crate) fn release(&mut self, durable: u64, effects: &mut VecDeque<Effect>) {
        while self.waiting.front().is_some_and(|(slot, ..)| *slot <= durable) {
            if let Some((_, id, reply)) = self.waiting.pop_front() {
                effects.push_back(Effect::Reply { id, reply });
            }
        }
    }

    /// Empties it: what waits will never be durable.
    pub(crate) fn fail(&mut self) -> impl Iterator<Item = (RequestId, Reply)> + '_ {
        self.waiting.drain(..).map(|(_, id, reply)| (id, reply))
    }
}
