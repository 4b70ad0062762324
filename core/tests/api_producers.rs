//! InitProducerId and FindCoordinator, through a whole broker.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/driver.rs"]
mod driver;

use driver::{Broker, name};
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use logboat_core::protocol::messages::{
    FindCoordinatorRequest, InitProducerIdRequest, ProduceRequest,
};
use logboat_core::record::{BatchBuilder, Codec, Scratch};

fn init(
    broker: &mut Broker,
    version: i16,
    transactional_id: Option<&str>,
    known: (i64, i16),
) -> (i16, i64, i16) {
    let request = InitProducerIdRequest {
        transactional_id: transactional_id.map(name),
        transaction_timeout_ms: 60_000,
        producer_id: known.0,
        producer_epoch: known.1,
        ..Default::default()
    };
    let response = answer!(broker.call(Box::new(request), version), InitProducerId);
    (response.error_code.code(), response.producer_id, response.producer_epoch)
}

#[test]
fn producer_ids_are_never_given_twice() {
    let mut broker = Broker::fresh();
    let rows = [
        (None, (-1, -1), (0, 0, 0)),
        (None, (-1, -1), (0, 1, 0)),
        // With what a client had before: a new one all the same.
        (None, (1, 0), (0, 2, 0)),
        (None, (-1, 0), (42, -1, -1)),
        (None, (5, -1), (42, -1, -1)),
        (Some(""), (-1, -1), (42, -1, -1)),
        // No transactions yet; this code makes clients stop.
        (Some("x"), (-1, -1), (53, -1, -1)),
        (Some("x"), (0, 0), (53, -1, -1)),
    ];
    for (transactional_id, known, expected) in rows {
        assert_eq!(
            init(&mut broker, 5, transactional_id, known),
            expected,
            "{transactional_id:?} {known:?}"
        );
    }
    for version in 0..=5 {
        assert_eq!(init(&mut broker, version, None, (-1, -1)), (0, 3 + i64::from(version), 0));
    }
    // After a crash the rest of the block is lost; a further block begins where that one ends.
    let mut broker = Broker::open(broker.store);
    assert_eq!(init(&mut broker, 0, None, (-1, -1)), (0, 1000, 0));
    for expected in 1001..=2001 {
        assert_eq!(init(&mut broker, 0, None, (-1, -1)), (0, expected, 0));
    }
    let mut broker = Broker::open(broker.store);
    assert_eq!(init(&mut broker, 0, None, (-1, -1)), (0, 3000, 0));
}

/// A batch of this producer at this sequence: its error and base offset.
fn produce(broker: &mut Broker, producer_id: i64, sequence: i32) -> (i16, i64) {
    let mut builder = BatchBuilder::new(Codec::None).producer(producer_id, 0, sequence);
    builder.append(1_700_000_000_000, None, Some(b"v"), &[]);
    let data = PartitionProduceData {
        index: 0,
        records: Some(builder.build(&mut Scratch::default()).unwrap()),
    };
    let topic = TopicProduceData {
        name: name("t"),
        partition_data: [data].into_iter().collect(),
        ..Default::default()
    };
    let topic_data = [topic].into_iter().collect();
    let request = ProduceRequest { acks: -1, timeout_ms: 1000, topic_data, ..Default::default() };
    let response = answer!(broker.call(request, 9), Produce);
    let answer = &response.responses[0].partition_responses[0];
    (answer.error_code.code(), answer.base_offset)
}

#[test]
fn producers_that_were_silent_for_longest_are_forgotten_at_the_bound() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    for producer in 0..10_000 {
        assert_eq!(produce(&mut broker, producer, 0), (0, producer));
    }
    // All are remembered; one of the oldest speaks again.
    assert_eq!(produce(&mut broker, 0, 0), (0, 0));
    assert_eq!(produce(&mut broker, 1, 1), (0, 10_000));
    // One more: the oldest 625 go, of which 1 is not one any more.
    assert_eq!(produce(&mut broker, 10_000, 0), (0, 10_001));
    for mut broker in [Broker::open(broker.store.clone()), broker] {
        assert_eq!(produce(&mut broker, 0, 0).0, 0);
        assert!(produce(&mut broker, 625, 0).1 > 10_001, "a producer that nobody knows");
        assert_eq!(produce(&mut broker, 626, 0), (0, 626));
        assert_eq!(produce(&mut broker, 1, 1), (0, 10_000));
        assert_eq!(produce(&mut broker, 10_000, 0), (0, 10_001));
    }
}

#[test]
fn this_broker_coordinates_groups() {
    let mut broker = Broker::fresh();
    for version in 0..=3 {
        for (key, key_type) in [("g", 0), ("", 0), ("t", 1), ("x", 2), ("x", 9)] {
            if version == 0 && key_type != 0 {
                continue;
            }
            let request = FindCoordinatorRequest { key: name(key), key_type, ..Default::default() };
            let response = answer!(broker.call(Box::new(request), version), FindCoordinator);
            let code = match key_type {
                0 => 0,
                1 => 53,
                _ => 42,
            };
            assert_eq!(response.error_code.code(), code);
            let place = (response.node_id, response.host.to_string(), response.port);
            let expected = if code == 0 { (0, "127.0.0.1", 9092) } else { (-1, "", -1) };
            assert_eq!(place, (expected.0, expected.1.to_string(), expected.2));
        }
    }
    for version in 4..=6 {
        for (key_type, code) in [(0, 0), (1, 53), (2, 42)] {
            let coordinator_keys = vec![name("g"), name(""), name("h")];
            let request =
                FindCoordinatorRequest { key_type, coordinator_keys, ..Default::default() };
            let response = answer!(broker.call(Box::new(request), version), FindCoordinator);
            let keys: Vec<String> =
                response.coordinators.iter().map(|one| one.key.to_string()).collect();
            assert_eq!(keys, ["g", "", "h"]);
            for one in &response.coordinators {
                assert_eq!(one.error_code.code(), code);
                assert_eq!(one.error_message == Some(name("")), code == 0);
                let expected = if code == 0 { (0, 9092) } else { (-1, -1) };
                assert_eq!((one.node_id, one.port), expected);
            }
        }
    }
}
