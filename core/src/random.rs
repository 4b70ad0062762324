//! Random numbers from the host's seed: the same seed gives the same numbers everywhere.
//!
//! For ids only; it must never be used where an adversary's guess matters.

use crate::protocol::Uuid;

/// A stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of `seed`.
    #[must_use]
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A version 4 UUID. Kafka makes none whose text begins with a dash, for the sake of command lines.
    pub(crate) fn uuid(&mut self) -> Uuid {
        loop {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&self.next().to_be_bytes());
            bytes[8..].copy_from_slice(&self.next().to_be_bytes());
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            // The first six bits are the first character; 62 stands for the dash.
            if bytes[0] >> 2 != 62 {
                return Uuid(bytes);
            }
        }
    }

    /// A positive number of 31 bits, never 0.
    pub(crate) const fn positive(&mut self) -> i32 {
        loop {
            let number = (self.next() >> 33) as i32;
            if number != 0 {
                return number;
            }
        }
    }
}
