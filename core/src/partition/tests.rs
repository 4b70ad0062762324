//! A log's start, its epochs, and what goes with them.

use super::*;

fn header(base_offset: i64, records: i32, epoch: i32) -> BatchHeader {
    BatchHeader {
        base_offset,
        last_offset_delta: records - 1,
        partition_leader_epoch: epoch,
        producer_id: -1,
        ..Default::default()
    }
}

fn partition(batches: &[(i32, i32)]) -> Partition {
    let mut partition = Partition::new(KString::from_static("t"), 0, UnixMillis(0));
    for (records, epoch) in batches {
        partition.append(&header(partition.next_offset, *records, *epoch), 100, UnixMillis(1));
    }
    partition.high_watermark = partition.next_offset;
    partition
}

#[test]
fn the_end_of_an_epoch_is_where_the_next_one_begins() {
    // Epoch 2 has offsets 0–9, epoch 5 10–14, epoch 6 15–15; the broker is in epoch 8.
    let partition = partition(&[(4, 2), (6, 2), (5, 5), (1, 6)]);
    assert_eq!(partition.epochs, [(2, 0), (5, 10), (6, 15)]);
    for (asked, answer) in [
        (2, (2, 10)),
        (3, (2, 10)),
        (4, (2, 10)),
        (5, (5, 15)),
        (6, (6, 16)),
        (7, (6, 16)),
        (8, (8, 16)),
        (9, (-1, -1)),
        (-1, (-1, -1)),
    ] {
        assert_eq!(partition.end_of_epoch(asked, 8), answer, "epoch {asked}");
    }
}

#[test]
fn an_epoch_before_the_first_ends_at_its_beginning() {
    let partition = partition(&[(4, 2)]);
    assert_eq!(partition.end_of_epoch(1, 2), (1, 0));
    assert_eq!(partition.end_of_epoch(2, 2), (2, 4));
}

#[test]
fn moving_the_start_takes_segments_files_and_epochs_that_end_before_it() {
    let mut partition = partition(&[(10, 1)]);
    partition.roll(UnixMillis(5));
    partition.append(&header(10, 10, 2), 100, UnixMillis(6));
    partition.roll(UnixMillis(7));
    partition.append(&header(20, 10, 3), 100, UnixMillis(8));
    for (object, base_offset) in [(1, 0), (2, 10), (3, 20)] {
        partition.files.push_back(FileRange {
            object: ObjectId(object),
            first_entry: 0,
            entries: 1,
            base_offset,
            last_offset: base_offset + 9,
            max_timestamp: 0,
        });
    }
    assert_eq!(partition.bytes(), 300);
    assert_eq!(partition.advance_log_start(9), []);
    assert_eq!(partition.advance_log_start(10), [ObjectId(1)]);
    assert_eq!((partition.bytes(), partition.log_start_offset), (200, 10));
    assert_eq!(partition.epochs, [(2, 10), (3, 20)]);
    assert_eq!(partition.advance_log_start(5), [], "it never goes back");
    assert_eq!(partition.log_start_offset, 10);
    assert_eq!(partition.advance_log_start(30), [ObjectId(2), ObjectId(3)]);
    // The last segment and the last epoch stay: they are where the log goes on.
    assert_eq!((partition.segments.len(), partition.epochs.len()), (1, 1));
}
