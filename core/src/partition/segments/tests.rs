//! When a segment ends, and by which time it is judged. BEHAVIOURS 69 and 70.

use super::*;

const LIMITS: RollLimits = RollLimits { segment_bytes: 1000, segment_ms: 500 };

fn check(bytes: u32, last_offset: i64, max_timestamp: i64, wall: i64) -> RollCheck {
    RollCheck { bytes, last_offset, max_timestamp, wall: UnixMillis(wall) }
}

fn with(bytes: u32, timestamp: i64) -> Segment {
    let mut segment = Segment::new(0, UnixMillis(100));
    segment.append(bytes, timestamp, UnixMillis(120));
    segment
}

#[test]
fn an_empty_segment_takes_anything() {
    let empty = Segment::new(0, UnixMillis(0));
    assert!(!empty.should_roll(&check(5000, i64::from(i32::MAX) + 7, 1 << 40, 1 << 40), &LIMITS));
}

#[test]
fn size_time_and_offsets_end_a_segment() {
    let segment = with(600, 200);
    assert!(!segment.should_roll(&check(400, 9, 200, 120), &LIMITS));
    assert!(segment.should_roll(&check(401, 9, 200, 120), &LIMITS));
    assert!(!segment.should_roll(&check(1, 9, 700, 120), &LIMITS));
    assert!(segment.should_roll(&check(1, 9, 701, 120), &LIMITS));
    assert!(!segment.should_roll(&check(1, i64::from(i32::MAX), 200, 120), &LIMITS));
    assert!(segment.should_roll(&check(1, i64::from(i32::MAX) + 1, 200, 120), &LIMITS));
    // Without a timestamp the clock counts, from when it was opened.
    let without = with(600, -1);
    assert!(!without.should_roll(&check(1, 9, -1, 600), &LIMITS));
    assert!(without.should_roll(&check(1, 9, -1, 601), &LIMITS));
}

#[test]
fn retention_goes_by_the_largest_timestamp_or_the_last_write() {
    let mut segment = with(10, 300);
    segment.append(10, 200, UnixMillis(130));
    assert_eq!((segment.bytes, segment.first_timestamp), (20, Some(300)));
    assert_eq!(segment.retention_timestamp(), 300);
    assert_eq!(with(10, -1).retention_timestamp(), 120);
}
