//! What happened, as one number and, where it is wanted, as lines.
//!
//! Two runs of one seed must come to the same number: what reaches the trace must never depend on addresses, real
//! time or the order of an unordered map.

/// The trace of a run.
#[derive(Clone, Debug)]
pub struct Trace {
    hash: u64,
    lines: bool,
    now: u64,
}

impl Trace {
    /// An empty trace; `lines` prints as well.
    #[must_use]
    pub const fn new(lines: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines, now: 0 }
    }

    /// The time of what follows, ns.
    pub const fn at(&mut self, now: u64) {
        self.now = now;
    }

    /// The number so far.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    const fn mix(&mut self, word: u64) {
        self.hash = (self.hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }

    /// Notes an event with two numbers that tell it from others.
    pub fn note(&mut self, what: &'static str, a: u64, b: u64) {
        self.mix(self.now);
        self.mix(digest(what.as_bytes()));
        self.mix(a);
        self.mix(b);
        if self.lines {
            println!("{:>12.6} {what} {a} {b}", self.now as f64 / 1e9);
        }
    }

    /// Prints a line that is not part of the number.
    pub fn say(&self, line: impl FnOnce() -> String) {
        if self.lines {
            println!("{:>12.6} {}", self.now as f64 / 1e9, line());
        }
    }
}

/// A fingerprint of bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
    for byte in words.remainder() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ (hash >> 32)
}
