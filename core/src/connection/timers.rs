//! How long a connection may be silent, and how long a header may take to arrive.
//!
//! Kafka: Selector.IdleExpiryManager. As there, any byte either way counts, and a request that waits for its answer does
//! not: a long poll that is longer than `connections.max.idle.ms` ends with its connection. Time is only ever given.

use crate::time::Instant;

/// A header that has begun must be complete within this time.
const HEADER_TIMEOUT_MS: i64 = 30_000;

/// The clocks of one connection.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// When a byte was last taken from the peer or by it; the host's first call counts.
    active: Option<Instant>,
    /// Bytes came, and nobody has said yet what time it is.
    heard: bool,
    /// When the connection is idle; `None`: never.
    idle_at: Option<Instant>,
    /// When the header that is arriving began.
    header_begun: Option<Instant>,
}

impl Timers {
    /// Bytes came.
    pub(super) const fn heard(&mut self) {
        self.heard = true;
    }

    /// Bytes go, or are taken by the peer.
    pub(super) const fn active(&mut self, now: Instant) {
        self.active = Some(now);
    }

    /// Whether nothing has come or gone for `max_idle_ms`; below zero is for ever.
    pub(super) fn is_idle(&mut self, now: Instant, max_idle_ms: i64) -> bool {
        if self.heard {
            self.heard = false;
            self.active = Some(now);
        }
        let active = *self.active.get_or_insert(now);
        self.idle_at = (max_idle_ms >= 0).then(|| active.plus_millis(max_idle_ms));
        self.idle_at.is_some_and(|at| at <= now)
    }

    /// Whether the header that is arriving, if one is, takes too long.
    pub(super) fn is_too_slow(&mut self, now: Instant, in_header: bool) -> bool {
        if !in_header {
            self.header_begun = None;
            return false;
        }
        now >= self.header_begun.get_or_insert(now).plus_millis(HEADER_TIMEOUT_MS)
    }

    /// When the next of them may run out.
    pub(super) fn next(&self) -> Option<Instant> {
        let header = self.header_begun.map(|begun| begun.plus_millis(HEADER_TIMEOUT_MS));
        header.into_iter().chain(self.idle_at).min()
    }

    /// When the connection is idle.
    pub(super) const fn idle_at(&self) -> Option<Instant> {
        self.idle_at
    }

    /// When a byte last came or went.
    pub(super) fn last_active(&self) -> Instant {
        self.active.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::ZERO.plus_millis(millis)
    }

    #[test]
    fn silence_is_counted_from_the_last_byte() {
        let mut timers = Timers::default();
        assert!(!timers.is_idle(at(0), 1000));
        assert_eq!(timers.next(), Some(at(1000)));
        timers.heard();
        assert!(!timers.is_idle(at(1000), 1000));
        timers.active(at(1500));
        assert!(!timers.is_idle(at(2499), 1000));
        assert_eq!(timers.next(), Some(at(2500)));
        assert!(timers.is_idle(at(2500), 1000));
    }

    #[test]
    fn below_zero_nobody_is_idle() {
        let mut timers = Timers::default();
        assert!(!timers.is_idle(at(0), -1));
        assert_eq!(timers.next(), None);
        assert!(!timers.is_idle(at(i64::MAX), -1));
    }

    #[test]
    fn a_header_has_half_a_minute() {
        let mut timers = Timers::default();
        assert!(!timers.is_too_slow(at(0), true));
        assert_eq!(timers.next(), Some(at(30_000)));
        assert!(!timers.is_too_slow(at(29_999), true));
        assert!(timers.is_too_slow(at(30_000), true));
        assert!(!timers.is_too_slow(at(30_001), false));
        assert!(!timers.is_too_slow(at(30_002), true), "another header, another half minute");
    }
}
