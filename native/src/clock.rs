//! The two clocks, read together.
//!
//! Nothing else in the server may read a clock for the core.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use logboat_core::time::{self, Now, UnixMillis};

/// The host's origin of monotonic time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose monotonic origin is now.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// Both readings.
    #[must_use]
    pub fn now(&self) -> Now {
        // 584 years of nanoseconds fit; a wall clock before 1970 counts as 1970.
        let nanos = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let millis =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Now {
            instant: time::Instant::from_nanos(nanos),
            wall: UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX)),
        }
    }
}
