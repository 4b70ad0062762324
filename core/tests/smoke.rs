//! The first slice end to end, in one process: bytes in, bytes out, over the store in memory, and opened again.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/driver.rs"]
mod driver;

use bytes::Bytes;
use driver::Broker;
use logboat_core::chunk::Chunk;
use logboat_core::memory_store::MemoryStore;
use logboat_core::shard::Input;

fn fetched(broker: &mut Broker, offset: i64) -> Bytes {
    let response = answer!(broker.call(driver::fetch("t", offset, 0), 12), Fetch);
    let data = &response.responses[0].partitions[0];
    assert_eq!(data.error_code.code(), 0);
    let chunks = data.records.as_ref().unwrap();
    let Some(Chunk::Bytes(bytes)) = chunks.first() else { return Bytes::new() };
    bytes.clone()
}

#[test]
fn a_record_comes_back_and_survives_both_kinds_of_restart() {
    let mut broker = Broker::fresh();
    broker.create("t", 1, &[]);
    assert_eq!(broker.produce("t", b"one"), 0);
    assert_eq!(broker.produce("t", b"two"), 1);
    assert!(fetched(&mut broker, 0).windows(3).any(|w| w == b"two"));
    let hash = broker.shard.state_hash();

    // A crash: only the store is left.
    let mut broker = Broker::open(broker.store);
    assert_ne!(broker.shard.state_hash(), hash, "the epoch rises");
    assert!(fetched(&mut broker, 1).windows(3).any(|w| w == b"two"));
    assert_eq!(broker.produce("t", b"three"), 2);

    // A clean stop.
    broker.shard.handle(broker.now, Input::Shutdown);
    broker.turn();
    assert!(broker.stopped);
    let mut broker = Broker::open(broker.store);
    assert!(fetched(&mut broker, 2).windows(5).any(|w| w == b"three"));
    assert_eq!(broker.produce("t", b"four"), 3);
}

#[test]
fn a_stop_without_room_for_a_snapshot_is_in_order_all_the_same() {
    // Room for the journal's first file, and not for a snapshot beside it.
    let mut broker = Broker::open(MemoryStore::new((16 << 20) + 64));
    broker.create("t", 1, &[]);
    assert_eq!(broker.produce("t", b"one"), 0);
    broker.shard.handle(broker.now, Input::Shutdown);
    broker.turn();
    assert!(broker.stopped, "it ends");
    let mut broker = Broker::open(broker.store);
    assert!(fetched(&mut broker, 0).windows(3).any(|w| w == b"one"), "by replay");
}
