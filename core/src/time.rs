//! Time as the core sees it: values that the host hands in, never a clock that is read.
//!
//! The host reads its clocks once a turn and passes both readings as [`Now`]. Nothing here may ever compare a
//! monotonic reading with a wall-clock one.

use core::time::Duration;

/// A reading of the host's monotonic clock: nanoseconds since an origin that the host chose when it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The host's origin.
    pub const ZERO: Self = Self(0);

    /// An instant `nanos` nanoseconds after the host's origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the host's origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// This instant moved `millis` milliseconds into the future; negative values count as 0, overflow saturates.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        let millis = if millis < 0 { 0 } else { millis.unsigned_abs() };
        Self(self.0.saturating_add(millis.saturating_mul(1_000_000)))
    }

    /// The time from `earlier` to `self`; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Wall-clock time: milliseconds since 1970-01-01T00:00:00Z, as Kafka stamps records.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct UnixMillis(pub i64);

/// Both clocks, read once by the host at the start of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock: for every timer.
    pub instant: Instant,
    /// The wall clock: for stamps only.
    pub wall: UnixMillis,
}
