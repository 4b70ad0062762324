//! A client that asks and never reads gets no more than a few answers made for it (BAD_INPUTS 13).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::BytesMut;
use logboat_core::config::BrokerConfig;
use logboat_core::connection::{Connection, Endpoint, Workspace};
use logboat_core::image::Image;
use logboat_core::protocol::KString;
use logboat_core::shard::input::ConnectionId;
use logboat_core::time::Now;

/// ApiVersions 0 without a client id, number 7.
const REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255];

fn parts() -> (Connection, Workspace) {
    let text = KString::from_static;
    let endpoint = Endpoint {
        listener: text("PLAINTEXT"),
        host: text("127.0.0.1"),
        port: 9092,
        client_host: text("/127.0.0.1"),
    };
    let image = Image {
        cluster_id: KString::EMPTY,
        node_id: 1,
        shards: 1,
        broker: Arc::new(BrokerConfig::from_pairs([]).unwrap()),
        topics: BTreeMap::new(),
        topic_ids: BTreeMap::new(),
    };
    (Connection::new(ConnectionId(1), endpoint), Workspace::new(Arc::new(image)))
}

#[test]
fn a_thousand_requests_make_a_few_answers_until_these_are_taken() {
    let (mut connection, mut workspace) = parts();
    connection.receive(&mut BytesMut::from(REQUEST.repeat(1000).as_slice()), &workspace);
    let mut answered = 0;
    loop {
        assert!(connection.poll_demand(Now::default(), &mut workspace).is_none());
        let mut taken = 0;
        while let Some(piece) = connection.poll_transmit() {
            assert!(!piece.is_empty());
            taken += 1;
        }
        assert!((1..=16).contains(&taken), "{taken} answers wait for a client that does not read");
        answered += taken;
        if !connection.has_backlog() {
            break;
        }
    }
    assert_eq!(answered, 1000, "all are answered in the end");
    assert!(connection.wants_read());
}
