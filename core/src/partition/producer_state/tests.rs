//! Sequences: what is appended, what is known already, what is refused. BEHAVIOURS 24 to 28.

use super::*;

fn header(epoch: i16, first: i32, records: i32, base_offset: i64) -> BatchHeader {
    BatchHeader {
        producer_id: 7,
        producer_epoch: epoch,
        base_sequence: first,
        last_offset_delta: records - 1,
        record_count: records,
        base_offset,
        max_timestamp: 1000 + base_offset,
        ..Default::default()
    }
}

fn producer(batches: &[(i16, i32, i32)]) -> Producer {
    let mut producer = Producer::default();
    let mut offset = 0;
    for (epoch, first, records) in batches {
        producer.append(&header(*epoch, *first, *records, offset));
        offset += i64::from(*records);
    }
    producer
}

const OUT_OF_ORDER: Verdict = Verdict::Refuse(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);

#[test]
fn the_first_batch_may_have_any_sequence_and_the_next_ones_follow() {
    assert_eq!(Producer::default().judge(&header(0, 41, 1, 0)), Verdict::Append);
    let producer = producer(&[(0, 41, 3)]);
    assert_eq!(producer.judge(&header(0, 44, 2, 0)), Verdict::Append);
    assert_eq!(producer.judge(&header(0, 45, 1, 0)), OUT_OF_ORDER);
    assert_eq!(producer.judge(&header(0, 42, 2, 0)), OUT_OF_ORDER);
}

#[test]
fn five_batches_are_remembered_with_their_offsets() {
    let producer = producer(&[(0, 0, 2), (0, 2, 2), (0, 4, 2), (0, 6, 2), (0, 8, 2), (0, 10, 2)]);
    for (first, base_offset) in [(2, 2), (4, 4), (6, 6), (8, 8), (10, 10)] {
        let Verdict::Duplicate(known) = producer.judge(&header(0, first, 2, 0)) else {
            panic!("{first} is known");
        };
        assert_eq!((known.base_offset, known.timestamp), (base_offset, 1000 + base_offset));
    }
    assert_eq!(producer.judge(&header(0, 0, 2, 0)), OUT_OF_ORDER);
    // The same beginning with another end is not the same batch.
    assert_eq!(producer.judge(&header(0, 10, 3, 0)), OUT_OF_ORDER);
    assert_eq!(producer.last_timestamp, 1010);
}

#[test]
fn a_new_epoch_begins_at_nought_and_fences_the_old_one() {
    let mut producer = producer(&[(3, 0, 5)]);
    assert_eq!(producer.judge(&header(4, 5, 1, 0)), OUT_OF_ORDER);
    assert_eq!(producer.judge(&header(4, 0, 1, 0)), Verdict::Append);
    producer.append(&header(4, 0, 1, 5));
    let fenced = Verdict::Refuse(ErrorCode::INVALID_PRODUCER_EPOCH);
    assert_eq!(producer.judge(&header(3, 5, 1, 0)), fenced);
    assert_eq!(producer.judge(&header(3, 0, 5, 0)), fenced, "its batches are forgotten");
    assert_eq!(producer.judge(&header(4, 1, 1, 0)), Verdict::Append);
}

#[test]
fn sequences_wrap() {
    let mut wrapping = producer(&[(0, i32::MAX - 1, 2)]);
    assert_eq!(wrapping.judge(&header(0, 0, 1, 0)), Verdict::Append);
    wrapping = producer(&[(0, i32::MAX - 1, 4)]);
    assert_eq!(wrapping.batches[0].last_sequence, 1);
    assert_eq!(wrapping.judge(&header(0, 2, 1, 0)), Verdict::Append);
    assert!(matches!(wrapping.judge(&header(0, i32::MAX - 1, 4, 0)), Verdict::Duplicate(_)));
}
