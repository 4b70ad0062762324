//! Rows 24 to 29: idempotent producers. Transactions (30 to 38) are not written yet.

use std::time::Duration;

use logboat_core::protocol::messages::InitProducerIdRequest;
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::batch::{batch, sequenced};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World};

cases! {
    row_24_a_duplicate_of_the_last_five_gets_its_old_offset;
    row_24_a_duplicate_is_known_after_a_restart { virtual_time: true };
    row_25_a_gap_is_out_of_order;
    row_25_a_duplicate_older_than_five_is_out_of_order;
    row_26_a_producer_without_state_may_begin_anywhere;
    row_26_delete_records_forgets_no_producer;
    row_26_a_producer_expires_after_a_day { virtual_time: true };
    row_27_a_new_epoch_begins_at_0_and_fences_the_old;
    row_28_the_sequence_wraps;
    row_29_an_idempotent_producer_gets_a_fresh_id;
    row_29_an_empty_transactional_id_is_refused;
    row_29_producer_ids_are_never_given_twice { virtual_time: true };
}

/// Appends `count` records from `sequence` on; error and base offset.
fn send(
    w: &mut World,
    topic: &Topic,
    producer: (i64, i16),
    sequence: i32,
    count: usize,
) -> (ErrorCode, i64) {
    let now = w.now();
    let answer = w.produce(topic, 0, sequenced(now, producer, sequence, count));
    (answer.error_code, answer.base_offset)
}

fn init(w: &mut World, version: i16) -> (i64, i16) {
    let request = InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: 60_000,
        ..Default::default()
    };
    let answer = w.client().call(Box::new(request), version);
    assert_eq!(answer.error_code, ErrorCode::NONE, "{answer:?}");
    (answer.producer_id, answer.producer_epoch)
}

const OUT_OF_ORDER: (ErrorCode, i64) = (ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, -1);

fn row_24_a_duplicate_of_the_last_five_gets_its_old_offset(w: &mut World) {
    let topic = w.topic(1);
    let pid = (1000, 0);
    for i in 0..5 {
        assert_eq!(send(w, &topic, pid, 2 * i, 2), (ErrorCode::NONE, i64::from(2 * i)));
    }
    for i in [0, 4, 2, 1, 3] {
        assert_eq!(send(w, &topic, pid, 2 * i, 2), (ErrorCode::NONE, i64::from(2 * i)));
    }
    assert_eq!(w.end(&topic, 0), 10, "nothing is appended");
    // The same first sequence with another last one is no duplicate.
    assert_eq!(send(w, &topic, pid, 8, 1), OUT_OF_ORDER);
    assert_eq!(send(w, &topic, pid, 10, 1), (ErrorCode::NONE, 10));
}

fn row_24_a_duplicate_is_known_after_a_restart(w: &mut World) {
    for in_order in [true, false] {
        let topic = w.topic(1);
        let pid = (1000, 0);
        for i in 0..6 {
            assert_eq!(send(w, &topic, pid, i, 1), (ErrorCode::NONE, i64::from(i)));
        }
        w.restart(in_order);
        // Kafka's snapshot holds one; all five are kept here.
        for i in 1..6 {
            assert_eq!(
                send(w, &topic, pid, i, 1),
                (ErrorCode::NONE, i64::from(i)),
                "in order: {in_order}"
            );
        }
        assert_eq!(send(w, &topic, pid, 0, 1), OUT_OF_ORDER);
        assert_eq!(send(w, &topic, pid, 6, 1), (ErrorCode::NONE, 6));
    }
}

fn row_25_a_gap_is_out_of_order(w: &mut World) {
    let topic = w.topic(1);
    let pid = (1000, 0);
    assert_eq!(send(w, &topic, pid, 0, 3), (ErrorCode::NONE, 0));
    for sequence in [4, 100, i32::MAX] {
        assert_eq!(send(w, &topic, pid, sequence, 1), OUT_OF_ORDER);
    }
    assert_eq!(send(w, &topic, pid, 3, 1), (ErrorCode::NONE, 3));
    assert_eq!(w.end(&topic, 0), 4);
}

fn row_25_a_duplicate_older_than_five_is_out_of_order(w: &mut World) {
    let topic = w.topic(1);
    let pid = (1000, 0);
    for i in 0..6 {
        assert_eq!(send(w, &topic, pid, i, 1), (ErrorCode::NONE, i64::from(i)));
    }
    assert_eq!(send(w, &topic, pid, 0, 1), OUT_OF_ORDER);
    assert_eq!(send(w, &topic, pid, 1, 1), (ErrorCode::NONE, 1));
}

fn row_26_a_producer_without_state_may_begin_anywhere(w: &mut World) {
    let topic = w.topic(1);
    for (offset, pid, sequence) in
        [(0, (1000, 0), 7), (1, (1001, 5), 100), (2, (1002, 0), i32::MAX)]
    {
        assert_eq!(send(w, &topic, pid, sequence, 1), (ErrorCode::NONE, offset));
    }
    assert_eq!(send(w, &topic, (1000, 0), 8, 1), (ErrorCode::NONE, 3));
}

fn row_26_delete_records_forgets_no_producer(w: &mut World) {
    let topic = w.topic(1);
    let pid = (1000, 0);
    assert_eq!(send(w, &topic, pid, 0, 3), (ErrorCode::NONE, 0));
    assert_eq!(crate::offsets::delete_records(w, &topic, 0, -1), (ErrorCode::NONE, 3));
    assert_eq!(send(w, &topic, pid, 0, 3), (ErrorCode::NONE, 0), "still a duplicate");
    assert_eq!(send(w, &topic, pid, 9, 1), OUT_OF_ORDER);
    assert_eq!(send(w, &topic, pid, 3, 1), (ErrorCode::NONE, 3));
}

fn row_26_a_producer_expires_after_a_day(w: &mut World) {
    let topic = w.topic(1);
    let pid = (1000, 0);
    assert_eq!(send(w, &topic, pid, 0, 1), (ErrorCode::NONE, 0));
    w.sleep(Duration::from_secs(23 * 3600));
    assert_eq!(send(w, &topic, pid, 9, 1), OUT_OF_ORDER);
    w.sleep(Duration::from_secs(2 * 3600));
    assert_eq!(send(w, &topic, pid, 9, 1), (ErrorCode::NONE, 1), "after producer.id.expiration.ms");
    // What counts is the stamp of its last batch: an old one expires at the next check.
    let old = w.now() - 48 * 3_600_000;
    let other = (1001, 0);
    let answer = w.produce(&topic, 0, sequenced(old, other, 0, 1));
    assert_eq!(answer.error_code, ErrorCode::NONE);
    assert_eq!(send(w, &topic, other, 9, 1), OUT_OF_ORDER);
    w.sleep(Duration::from_secs(11 * 60));
    assert_eq!(send(w, &topic, other, 9, 1), (ErrorCode::NONE, 3));
}

fn row_27_a_new_epoch_begins_at_0_and_fences_the_old(w: &mut World) {
    let topic = w.topic(1);
    assert_eq!(send(w, &topic, (1000, 3), 0, 2), (ErrorCode::NONE, 0));
    assert_eq!(send(w, &topic, (1000, 4), 2, 1), OUT_OF_ORDER);
    assert_eq!(send(w, &topic, (1000, 4), 0, 1), (ErrorCode::NONE, 2));
    assert_eq!(send(w, &topic, (1000, 3), 2, 1), (ErrorCode::INVALID_PRODUCER_EPOCH, -1));
    assert_eq!(send(w, &topic, (1000, 4), 1, 1), (ErrorCode::NONE, 3));
}

fn row_28_the_sequence_wraps(w: &mut World) {
    let topic = w.topic(1);
    let pid = (1000, 0);
    assert_eq!(send(w, &topic, pid, i32::MAX - 1, 1), (ErrorCode::NONE, 0));
    // MAX, 0, 1 in one batch.
    assert_eq!(send(w, &topic, pid, i32::MAX, 3), (ErrorCode::NONE, 1));
    assert_eq!(send(w, &topic, pid, 2, 1), (ErrorCode::NONE, 4));
    assert_eq!(send(w, &topic, pid, i32::MAX, 3), (ErrorCode::NONE, 1), "a duplicate");
    let topic = w.topic(1);
    assert_eq!(send(w, &topic, pid, i32::MAX, 1), (ErrorCode::NONE, 0));
    assert_eq!(send(w, &topic, pid, 0, 1), (ErrorCode::NONE, 1));
}

fn row_29_an_idempotent_producer_gets_a_fresh_id(w: &mut World) {
    let mut seen = Vec::new();
    for version in w.versions(ApiKey::InitProducerId) {
        let (id, epoch) = init(w, version);
        assert!(id >= 0 && epoch == 0, "v{version}: {id} {epoch}");
        assert!(!seen.contains(&id), "{id} twice");
        seen.push(id);
    }
    assert!(!seen.is_empty());
    let topic = w.topic(1);
    let id = seen[0];
    assert_eq!(send(w, &topic, (id, 0), 0, 1), (ErrorCode::NONE, 0));
    let plain = batch(w.now(), &["v"]);
    assert_eq!(w.append(&topic, 0, plain), 1, "beside one without an id");
}

fn row_29_an_empty_transactional_id_is_refused(w: &mut World) {
    for version in w.versions(ApiKey::InitProducerId) {
        let request = InitProducerIdRequest {
            transactional_id: Some(KString::EMPTY),
            transaction_timeout_ms: 60_000,
            ..Default::default()
        };
        let answer = w.client().call(Box::new(request), version);
        let seen = (answer.error_code, answer.producer_id);
        assert_eq!(seen, (ErrorCode::INVALID_REQUEST, -1), "v{version}");
    }
}

fn row_29_producer_ids_are_never_given_twice(w: &mut World) {
    let mut seen = std::collections::BTreeSet::new();
    for in_order in [true, false, false, true] {
        for _ in 0..10 {
            let (id, _) = init(w, 4);
            assert!(seen.insert(id), "{id} twice");
        }
        w.restart(in_order);
    }
}
