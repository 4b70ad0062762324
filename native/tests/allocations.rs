//! How often the server's thread asks for memory: at most twice for a Produce or a Fetch of one partition in steady
//! state, once for each further partition, sockets and files included.
//!
//! One test in a process of its own: whatever its server's thread allocates is counted.

#[path = "support/frames.rs"]
mod frames;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use frames::{create, frame};
use logboat::server::{Options, Server, Storage};
use logboat_core::config::{BrokerConfig, SINGLE_NODE};
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use logboat_core::protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use logboat_core::record::{BatchBuilder, Codec, Scratch};

/// The system's allocator, which counts what threads that want to be counted take from it.
struct Counting;

static TAKEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    if COUNTED.try_with(Cell::get).unwrap_or(false) {
        TAKEN.fetch_add(1, Ordering::Relaxed);
    }
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Requests before counting begins: rings, tables and chunks have their size then.
const WARM_UP: u64 = 500;
/// Requests that are counted.
const COUNTED_REQUESTS: u64 = 1000;
const PARTITIONS: i32 = 10;
const TOPIC: &str = "counted";

fn batch() -> BytesMut {
    let mut batch = BatchBuilder::new(Codec::None);
    for i in 0..4 {
        batch.append(1000 + i, Some(b"key"), Some(&[7; 500]), &[]);
    }
    batch.build(&mut Scratch::default()).expect("it is small")
}

fn produce(partitions: i32) -> Vec<u8> {
    let data = |index| PartitionProduceData { index, records: Some(batch()) };
    let partition_data = (0..partitions).map(data).collect();
    let topic = TopicProduceData { name: TOPIC.into(), partition_data, ..Default::default() };
    let request = ProduceRequest {
        acks: -1,
        timeout_ms: 30_000,
        topic_data: [topic].into_iter().collect(),
        ..Default::default()
    };
    frame(request, 7)
}

fn fetch(partitions: i32, offset: i64) -> Vec<u8> {
    let partition = |partition| FetchPartition {
        partition,
        fetch_offset: offset,
        partition_max_bytes: 1,
        ..Default::default()
    };
    let topic = FetchTopic {
        topic: TOPIC.into(),
        partitions: (0..partitions).map(partition).collect(),
        ..Default::default()
    };
    let request = FetchRequest {
        max_wait_ms: 1000,
        min_bytes: 1,
        topics: [topic].into_iter().collect(),
        ..Default::default()
    };
    frame(request, 11)
}

/// A client that allocates nothing by itself, and would not be counted.
struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    fn call(&mut self, request: &[u8]) -> usize {
        self.stream.write_all(request).expect("it reads");
        let mut prefix = [0; 4];
        self.stream.read_exact(&mut prefix).expect("it answers");
        let len = u32::from_be_bytes(prefix) as usize;
        self.answer.resize(len, 0);
        self.stream.read_exact(&mut self.answer).expect("it answers");
        len
    }

    /// Allocations of the server for one request on average, in hundredths.
    fn hundredths(&mut self, request: &[u8], least: usize) -> u64 {
        for _ in 0..WARM_UP {
            self.call(request);
        }
        let before = TAKEN.load(Ordering::Relaxed);
        for _ in 0..COUNTED_REQUESTS {
            assert!(self.call(request) >= least, "an answer without what was asked for");
        }
        (TAKEN.load(Ordering::Relaxed) - before) * 100 / COUNTED_REQUESTS
    }
}

fn start(storage: Storage, overrides: &[(&str, &str)]) -> Client {
    let pairs = SINGLE_NODE.iter().copied().chain([("listeners", "PLAINTEXT://127.0.0.1:0")]);
    let broker =
        BrokerConfig::from_pairs(pairs.chain(overrides.iter().copied())).expect("it is right");
    let options = Options { broker: Arc::new(broker), storage, signals: false };
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        COUNTED.set(true);
        let server = Server::start(options).expect("it starts");
        let address = server.addresses().next().expect("it has one");
        COUNTED.set(false);
        sender.send(address).expect("somebody waits");
        COUNTED.set(true);
        server.run()
    });
    let address = address.recv().expect("it starts");
    // It listens when it has recovered.
    let stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) => std::thread::yield_now(),
        }
    };
    stream.set_nodelay(true).expect("a socket can");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket can");
    let mut client = Client { stream, answer: Vec::with_capacity(1 << 20) };
    client.call(&create(TOPIC, PARTITIONS));
    client
}

#[test]
fn a_request_costs_few_allocations() {
    let later = ("log.flush.interval.messages", "9223372036854775807");
    let directories: Vec<_> = (0..2).map(|_| tempfile::tempdir().expect("a directory")).collect();
    let directory = |i: usize| Storage::Directory(directories[i].path().to_owned());
    let mut failures = Vec::new();
    for (name, storage, overrides) in [
        ("memory", Storage::Memory, vec![later]),
        ("disk, flushed later", directory(0), vec![later]),
        ("disk, flushed first", directory(1), vec![]),
    ] {
        let mut client = start(storage, &overrides);
        let cases = [
            ("produce of one partition", produce(1), 40, 200),
            ("produce of ten partitions", produce(PARTITIONS), 200, 200 + 900),
            ("fetch of one partition", fetch(1, 4 * 50), 2000, 200),
            ("fetch of ten partitions", fetch(PARTITIONS, 4 * 50), 2000, 200 + 900),
        ];
        for (what, request, least, most) in cases {
            let hundredths = client.hundredths(&request, least);
            println!("{name}: {what}: {}.{:02} allocations", hundredths / 100, hundredths % 100);
            if hundredths > most {
                failures.push(format!(
                    "{name}: {what}: {hundredths} hundredths, at most {most} were allowed"
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
