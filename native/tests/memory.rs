//! What bad clients cost the server, as the system counts it (resident memory), and what everybody else notices.
//!
//! One process for all cases: what one of them left behind would be held against the next. Its bounds are those of the
//! table of bad inputs; while a case runs, others are asked for all the time.

#[path = "support/frames.rs"]
mod frames;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/server.rs"]
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use frames::{frame, produce};
use logboat_core::protocol::messages::MetadataRequest;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
use logboat_core::record::Codec;
use memory::{TOPIC, Watched, header};
use support::{PATIENCE, answer, connect};

const MIB: u64 = 1 << 20;

#[test]
fn nobody_can_hurt_it() {
    let watched = Watched::start();
    // Memory that is kept for another use is there from now on.
    never_read(&watched, watched.address());
    row_04_announced_and_not_sent(&watched);
    row_08_half_frames_while_others_produce(&watched);
    row_10_garbage(&watched);
    row_12_requests_in_one_go(&watched);
    row_13_answers_that_are_never_read(&watched);
    row_14_connections_that_come_and_go(&watched);
    row_26_counts_that_lie(&watched);
    row_30_and_31_very_many_topics(&watched);
    row_32_millions_of_elements(&watched);
    row_51_bombs(&watched);
    row_83_very_long_waits(&watched);
    row_85_very_many_partitions(&watched);
    watched.stop();
}

/// Reads until the server closes the connection; nothing may come before.
fn is_closed(mut client: &TcpStream) {
    let mut bytes = [0; 16];
    match client.read(&mut bytes) {
        Ok(read) => assert_eq!(read, 0, "answered instead of closed: {bytes:02x?}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
}

fn row_04_announced_and_not_sent(watched: &Watched) {
    watched.under("row 4", 64 * MIB, |address| {
        let held: Vec<_> = (0..24)
            .map(|_| {
                let mut client = connect(address);
                client.write_all(&(32_u32 << 20).to_be_bytes()).expect("it reads");
                client.write_all(&header(3, 4)).expect("it reads");
                client.write_all(&[0; 1000]).expect("it reads");
                client
            })
            .collect();
        watched.others();
        drop(held);
    });
}

fn row_08_half_frames_while_others_produce(watched: &Watched) {
    watched.under("row 8", 64 * MIB, |address| {
        let mut producer = connect(address);
        let batch = produce(TOPIC, 0, Codec::None, &vec![7; 500_000]);
        // Each begins in another chunk of the memory that sockets are read into.
        let held: Vec<_> = (0..250)
            .map(|number| {
                let mut client = connect(address);
                let half = [&200_000_u32.to_be_bytes()[..], &header(3, 4), &[0; 2000]].concat();
                client.write_all(&half).expect("it reads");
                if number % 2 == 0 {
                    producer.write_all(&batch).expect("it reads");
                    answer(&mut producer);
                }
                client
            })
            .collect();
        watched.others();
        for mut client in held {
            // They may still go on.
            client.write_all(&[0; 100]).expect("it reads");
        }
    });
}

fn row_10_garbage(watched: &Watched) {
    watched.under("row 10", 64 * MIB, |address| {
        for seed in 0..200_u32 {
            let garbage: Vec<u8> = (0..5000_u32)
                .map(|i| (seed.wrapping_mul(31) ^ i.wrapping_mul(i) >> 3) as u8)
                .collect();
            let mut client = connect(address);
            let first = [&[0x90][..], &garbage].concat();
            // It may be closed while it still sends.
            let _ = client.write_all(&first);
            let mut rest = Vec::new();
            let _ = client.read_to_end(&mut rest);
            assert_eq!(rest, []);
        }
    });
}

fn row_12_requests_in_one_go(watched: &Watched) {
    watched.under("row 12", 64 * MIB, |address| {
        let mut client = connect(address);
        let all = Box::new(MetadataRequest { topics: None, ..Default::default() });
        client.write_all(&frame(all, 4).repeat(1000)).expect("it reads");
        for _ in 0..1000 {
            answer(&mut client);
        }
    });
}

/// Asks for far more than it reads, as often as the server takes it.
fn never_read(watched: &Watched, address: SocketAddr) {
    // Answers of 28 KiB each.
    let describe = memory::describe_broker();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut client = connect(address);
            client.set_write_timeout(Some(Duration::from_millis(200))).expect("it can");
            let mut sent = 0;
            while sent < 16 << 20 && client.write_all(&describe).is_ok() {
                sent += describe.len();
            }
            assert!(sent < 8 << 20, "{sent} bytes of requests are taken");
            client
        })
        .collect();
    watched.others();
    drop(clients);
}

fn row_13_answers_that_are_never_read(watched: &Watched) {
    watched.under("row 13", 64 * MIB, |address| never_read(watched, address));
}

fn row_14_connections_that_come_and_go(watched: &Watched) {
    let before = watched.descriptors();
    watched.under("row 14", 64 * MIB, |address| {
        for number in 0..3000 {
            let mut client = connect(address);
            client.write_all(&[0, 0, 0, 40, 0, 18]).expect("it reads");
            if number % 2 == 0 {
                // A reset instead of an end.
                rustix::net::sockopt::set_socket_linger(client.as_fd(), Some(Duration::ZERO))
                    .expect("a socket can");
            }
        }
    });
    let start = Instant::now();
    while watched.descriptors() > before {
        assert!(start.elapsed() < PATIENCE, "{} descriptors", watched.descriptors());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn row_26_counts_that_lie(watched: &Watched) {
    watched.under("row 26", 48 * MIB, |address| {
        for key in 0..=75 {
            for version in [1, 4, 9, 12] {
                for count in [&[0x7f, 0xff, 0xff, 0xff][..], &[0xff, 0xff, 0xff, 0xff, 0x07]] {
                    for zeros in [0, 4, 17, 25] {
                        let body = [&vec![0; zeros][..], count, &[0; 40]].concat();
                        let request = [&header(key, version)[..], &body].concat();
                        let mut client = connect(address);
                        let length = u32::try_from(request.len()).expect("short");
                        client.write_all(&length.to_be_bytes()).expect("it reads");
                        client.write_all(&request).expect("it reads");
                        client.shutdown(Shutdown::Write).expect("it is there");
                        // Answered where the zeros happen to be a request, else closed.
                        let _ = client.read_to_end(&mut Vec::new());
                    }
                }
            }
        }
    });
}

fn unknown(names: impl Iterator<Item = String>) -> Vec<u8> {
    let topics =
        names.map(|name| MetadataRequestTopic { name: Some(name.into()), ..Default::default() });
    let request = MetadataRequest {
        topics: Some(topics.collect()),
        allow_auto_topic_creation: false,
        ..Default::default()
    };
    frame(Box::new(request), 4)
}

fn row_30_and_31_very_many_topics(watched: &Watched) {
    watched.under("row 30", 64 * MIB, |address| {
        let mut client = connect(address);
        let start = Instant::now();
        client.write_all(&unknown((0..50_000).map(|i| format!("unknown-{i}")))).expect("it reads");
        assert!(answer(&mut client).len() > 50_000 * 10);
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    });
    watched.under("row 31", 64 * MIB, |address| {
        let mut client = connect(address);
        client.write_all(&unknown((0..20_000).map(|_| TOPIC.to_owned()))).expect("it reads");
        assert!(answer(&mut client).len() < 10_000);
    });
}

fn row_32_millions_of_elements(watched: &Watched) {
    watched.under("row 32", 512 * MIB, |address| {
        // Metadata 4: names of no bytes. CreateTopics 5, compact: as many as there are bytes.
        for (key, version, count, filler) in [
            (3, 4, &16_000_000_u32.to_be_bytes()[..], 0_u8),
            (19, 5, &[0x81, 0xc8, 0xd0, 0x07], 1),
            (20, 4, &[0x81, 0xc8, 0xd0, 0x07], 1),
        ] {
            let mut request = [&header(key, version)[..], count].concat();
            request.resize(33_000_000, filler);
            let length = u32::try_from(request.len()).expect("below the bound");
            let mut client = connect(address);
            client.write_all(&length.to_be_bytes()).expect("it reads");
            client.write_all(&request).expect("it reads");
            is_closed(&client);
        }
    });
}

fn row_51_bombs(watched: &Watched) {
    for (codec, name) in [
        (Codec::Gzip, "row 51 gzip"),
        (Codec::Lz4, "row 51 lz4"),
        (Codec::Zstd, "row 51 zstd"),
        (Codec::Snappy, "row 51 snappy"),
    ] {
        let bomb = produce(TOPIC, 0, codec, &vec![0; 80 << 20]);
        watched.under(name, 160 * MIB, |address| {
            let mut client = connect(address);
            client.write_all(&bomb).expect("it reads");
            let answer = answer(&mut client);
            // Topics, the name, partitions, the partition's number, its error.
            let error = &answer[4 + 2 + TOPIC.len() + 4 + 4..][..2];
            assert!([[0, 10], [0, 87]].iter().any(|code| code == error), "{name}: {error:?}");
        });
    }
}

fn fetch(partitions: impl Iterator<Item = i32>, max_wait_ms: i32, max_bytes: i32) -> Vec<u8> {
    let partition = |partition| FetchPartition {
        partition,
        partition_max_bytes: 1 << 30,
        ..Default::default()
    };
    let partitions = partitions.map(partition).collect();
    let topics = [FetchTopic { topic: TOPIC.into(), partitions, ..Default::default() }]
        .into_iter()
        .collect();
    frame(FetchRequest { max_wait_ms, min_bytes: 1, max_bytes, topics, ..Default::default() }, 4)
}

fn row_83_very_long_waits(watched: &Watched) {
    watched.under("row 83", 64 * MIB, |address| {
        let clients: Vec<_> = (0..400)
            .map(|_| {
                let mut client = connect(address);
                client.write_all(&fetch(1..2, i32::MAX, 1 << 20)).expect("it reads");
                client
            })
            .collect();
        watched.others();
        drop(clients);
    });
}

fn row_85_very_many_partitions(watched: &Watched) {
    watched.under("row 85 unknown", 64 * MIB, |address| {
        let mut client = connect(address);
        client.write_all(&fetch(10..20_010, 0, i32::MAX)).expect("it reads");
        assert!(answer(&mut client).len() > 20_000 * 20);
    });
    let mut producer = connect(watched.address());
    producer.write_all(&produce(TOPIC, 1, Codec::None, &vec![3; 200_000])).expect("it reads");
    answer(&mut producer);
    watched.under("row 85", 128 * MIB, |address| {
        let mut client = connect(address);
        client.write_all(&fetch(std::iter::repeat_n(1, 5000), 0, i32::MAX)).expect("it reads");
        let answer = answer(&mut client);
        assert!((200_000..=56 << 20).contains(&answer.len()), "{} bytes", answer.len());
    });
}
