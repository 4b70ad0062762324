//! How the module's memory grows: in few large steps, ahead of the bytes that it has to keep.
//!
//! A step costs an engine milliseconds whatever its size (it makes a new `ArrayBuffer` and often collects garbage), and
//! the allocator asks for no more than it needs. It must never ask for a step while there is room for one.
#![forbid(unsafe_code)]

/// The smallest step, bytes.
const LEAST: usize = 1 << 20;
/// The largest step, bytes.
const MOST: usize = 32 << 20;

/// What came in, and what was made ready for it.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    received: usize,
    ready_until: usize,
}

impl Growth {
    /// To be called with what every client sends.
    pub(crate) fn received(&mut self, bytes: usize) {
        self.received = self.received.saturating_add(bytes);
        if self.received > self.ready_until {
            let step = (self.received / 4).clamp(LEAST, MOST);
            self.ready_until = self.received.saturating_add(step / 2);
            // Taken and given back: the allocator keeps it, and asks for memory only where it has no such piece.
            drop(std::hint::black_box(Vec::<u8>::with_capacity(step)));
        }
    }
}
