//! A fixed script of requests, to be run under callgrind: `instructions NAME COUNT` does one kind of request so often.
//!
//! It must do the same at every run: virtual time, one seed, no host. `tests/bench/instructions` runs it.
#![allow(clippy::expect_used, reason = "a measurement that cannot go on ends")]

use std::cell::RefCell;
use std::rc::Rc;

use logboat_core::protocol::messages::create_topics::CreatableTopic;
use logboat_core::protocol::messages::{ApiVersionsRequest, CreateTopicsRequest, MetadataRequest};
use logboat_core::protocol::{ErrorCode, KString};
use logboat_tests::ask;
use logboat_tests::batch::batch;
use logboat_tests::client::Client;
use logboat_tests::in_process::Broker;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let count: u32 = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(0);
    let broker = Rc::new(RefCell::new(Broker::start(&[])));
    let mut client = Client::in_process(broker.clone());
    let topic = KString::from_static("script");
    let wanted = CreatableTopic {
        name: topic.clone(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let created = client
        .call(Box::new(CreateTopicsRequest { topics: vec![wanted], ..Default::default() }), 5);
    assert!(created.topics.iter().all(|topic| topic.error_code == ErrorCode::NONE));
    let stamp = broker.borrow().wall();
    let small = batch(stamp, &["value"]);
    let large = batch(stamp, &["0123456789".repeat(100).as_str(); 64]);
    client.call(ask::produce(&topic, 0, small.clone()), 9);
    for _ in 0..count {
        match name.as_str() {
            "api-versions" => drop(client.call(Box::new(ApiVersionsRequest::default()), 2)),
            "metadata" => drop(
                client.call(Box::new(MetadataRequest { topics: None, ..Default::default() }), 9),
            ),
            "produce-small" => drop(client.call(ask::produce(&topic, 0, small.clone()), 9)),
            "produce-large" => drop(client.call(ask::produce(&topic, 0, large.clone()), 9)),
            "fetch" => drop(client.call(ask::fetch(&topic, 0, 0), 11)),
            other => panic!("no script is called {other:?}"),
        }
    }
}
