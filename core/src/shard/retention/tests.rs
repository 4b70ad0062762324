//! How far retention goes: by time, by size, by neither. BEHAVIOURS 69.

use super::*;
use crate::protocol::KString;
use crate::record::BatchHeader;

/// Segments of so many bytes with this largest timestamp, ten records each.
fn partition(segments: &[(u32, i64)]) -> Partition {
    let mut partition = Partition::new(KString::from_static("t"), 0, UnixMillis(0));
    for (number, (bytes, timestamp)) in segments.iter().enumerate() {
        if number > 0 {
            partition.roll(UnixMillis(0));
        }
        let header = BatchHeader {
            base_offset: partition.next_offset,
            last_offset_delta: 9,
            max_timestamp: *timestamp,
            producer_id: -1,
            ..Default::default()
        };
        partition.append(&header, *bytes, UnixMillis(50));
    }
    partition.high_watermark = partition.next_offset;
    partition
}

fn config(retention_ms: i64, retention_bytes: i64) -> TopicConfig {
    TopicConfig { retention_ms, retention_bytes, ..TopicConfig::default() }
}

#[test]
fn nothing_goes_without_a_limit() {
    let partition = partition(&[(100, 1), (100, 2)]);
    assert_eq!(new_start(&partition, &config(-1, -1), UnixMillis(1 << 50)), 0);
}

#[test]
fn time_takes_segments_from_the_front_and_stops_at_the_first_that_stays() {
    let partition = partition(&[(100, 1000), (100, 3000), (100, 2000)]);
    for (now, start) in [(1500, 0), (1501, 10), (3500, 10), (3501, 30)] {
        assert_eq!(new_start(&partition, &config(500, -1), UnixMillis(now)), start, "at {now}");
    }
    // Without a timestamp the last write counts.
    let without = self::partition(&[(100, -1)]);
    assert_eq!(new_start(&without, &config(500, -1), UnixMillis(550)), 0);
    assert_eq!(new_start(&without, &config(500, -1), UnixMillis(551)), 10);
}

#[test]
fn size_takes_what_leaves_the_limit_behind() {
    let partition = partition(&[(100, 1), (200, 1), (300, 1)]);
    for (limit, start) in [(601, 0), (501, 0), (500, 10), (301, 10), (300, 20), (1, 20), (0, 30)] {
        assert_eq!(new_start(&partition, &config(-1, limit), UnixMillis(9)), start, "{limit}");
    }
}

#[test]
fn what_is_not_durable_stays_and_so_does_all_without_the_policy() {
    let mut partition = partition(&[(100, 1), (100, 1)]);
    partition.high_watermark = 15;
    assert_eq!(new_start(&partition, &config(0, -1), UnixMillis(1 << 40)), 10);
    let mut kept = config(0, 0);
    kept.cleanup_policy.delete = false;
    assert_eq!(new_start(&partition, &kept, UnixMillis(1 << 40)), 0);
}
