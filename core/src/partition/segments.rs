//! Logical segments: what retention, rolling and DescribeLogDirs count by.
//!
//! Kafka: LogSegment. Segments are records here, not files; nothing else may ever derive one.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// One segment of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Offset at which it begins.
    pub base_offset: i64,
    /// Bytes of its batches.
    pub bytes: u64,
    /// Largest timestamp of its first batch; none while it is empty.
    pub first_timestamp: Option<i64>,
    /// Largest timestamp of all its records, −1 where there is none.
    pub max_timestamp: i64,
    /// When it was last written to.
    pub last_modified: UnixMillis,
    /// When it was opened.
    pub created: UnixMillis,
}

impl Segment {
    /// An empty segment.
    #[must_use]
    pub const fn new(base_offset: i64, created: UnixMillis) -> Self {
        Self {
            base_offset,
            bytes: 0,
            first_timestamp: None,
            max_timestamp: -1,
            last_modified: created,
            created,
        }
    }

    /// Counts a batch in.
    pub fn append(&mut self, bytes: u32, max_timestamp: i64, wall: UnixMillis) {
        self.bytes += u64::from(bytes);
        self.first_timestamp.get_or_insert(max_timestamp);
        self.max_timestamp = self.max_timestamp.max(max_timestamp);
        self.last_modified = wall;
    }

    /// Whether a batch of `bytes` bytes that ends with `last_offset` belongs into a new segment
    /// (Kafka: LogSegment.shouldRoll).
    #[must_use]
    pub fn should_roll(&self, batch: &RollCheck, limits: &RollLimits) -> bool {
        let waited = match self.first_timestamp {
            Some(first) if first >= 0 => batch.max_timestamp.saturating_sub(first),
            Some(_) | None => batch.wall.0.saturating_sub(self.created.0),
        };
        let full = self.bytes + u64::from(batch.bytes) > limits.segment_bytes;
        let late = waited > limits.segment_ms;
        let far = batch.last_offset - self.base_offset > i64::from(i32::MAX);
        self.bytes > 0 && (full || late || far)
    }

    /// The time by which retention judges it: its largest timestamp, or its last write where no record has one.
    #[must_use]
    pub const fn retention_timestamp(&self) -> i64 {
        if self.max_timestamp >= 0 { self.max_timestamp } else { self.last_modified.0 }
    }
}

/// The batch that may need a new segment.
#[derive(Clone, Copy, Debug)]
pub struct RollCheck {
    /// Its bytes.
    pub bytes: u32,
    /// Its last offset.
    pub last_offset: i64,
    /// Its largest timestamp, Unix ms.
    pub max_timestamp: i64,
    /// The time of the append.
    pub wall: UnixMillis,
}

/// When segments end.
#[derive(Clone, Copy, Debug)]
pub struct RollLimits {
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `segment.ms`, without jitter.
    pub segment_ms: i64,
}

#[cfg(test)]
mod tests;
