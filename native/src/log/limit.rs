//! A bound on lines that clients can cause: a few at once, then one a second, with a count of those left out.
//!
//! It must never hide that something was left out.

use std::fmt;

use logboat_core::time::Instant;

/// Lines that may follow each other at once.
const BURST: i64 = 10;
/// Time in which one more is allowed, milliseconds.
const EVERY_MS: i64 = 1000;

/// The bound of one kind of line.
#[derive(Debug, Default)]
pub struct Limit {
    /// When as many as ever may follow each other again.
    whole_at: Instant,
    left_out: u64,
}

/// How many lines were left out since the last one; shows nothing where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut(u64);

impl Limit {
    /// Whether a line may be written at `now`, and what it is to say of those before it.
    pub fn pass(&mut self, now: Instant) -> Option<LeftOut> {
        let next = self.whole_at.max(now).plus_millis(EVERY_MS);
        if next > now.plus_millis(BURST * EVERY_MS) {
            self.left_out += 1;
            return None;
        }
        self.whole_at = next;
        Some(LeftOut(std::mem::take(&mut self.left_out)))
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 { write!(f, " ({} more such lines were left out)", self.0) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_ten_lines_and_then_one_a_second() {
        let mut limit = Limit::default();
        let at = |millis: i64| Instant::ZERO.plus_millis(millis);
        for _ in 0..10 {
            assert_eq!(limit.pass(at(5)).map(|left_out| left_out.to_string()), Some(String::new()));
        }
        for _ in 0..500 {
            assert_eq!(limit.pass(at(6)), None);
        }
        let line = limit.pass(at(1005)).map(|left_out| left_out.to_string());
        assert_eq!(line.as_deref(), Some(" (500 more such lines were left out)"));
        assert_eq!(limit.pass(at(1006)), None);
        assert!((0..10).all(|_| limit.pass(at(60_000)).is_some()));
        assert_eq!(limit.pass(at(60_000)), None);
    }
}
