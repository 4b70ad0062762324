//! The server at its limits: few descriptors, clients that do not read, objects that go while they are being sent.

#[path = "support/frames.rs"]
mod frames;
#[path = "support/server.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use logboat_core::protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use logboat_core::record::Codec;
use support::{BINARY, PATIENCE, Server, connect};

const TOPIC: &str = "limits";
const PARTITIONS: i32 = 100;
const API_VERSIONS: i16 = 18;

fn call(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).expect("it reads");
    support::answer(stream)
}

/// A value that differs for every record.
fn value(number: u32, len: usize) -> Vec<u8> {
    (0..len as u32)
        .map(|i| (number.wrapping_mul(31).wrapping_add(i.wrapping_mul(7)) >> 3) as u8)
        .collect()
}

fn produce(stream: &mut TcpStream, partition: i32, number: u32, len: usize) {
    let request = frames::produce(TOPIC, partition, Codec::None, &value(number, len));
    let answer = call(stream, &request);
    // Topics, the name, partitions, the partition's number, its error.
    assert_eq!(answer[4 + 2 + TOPIC.len() + 4 + 4..][..2], [0, 0], "record {number}");
}

fn fetch_all() -> Vec<u8> {
    let partition = |partition| FetchPartition {
        partition,
        partition_max_bytes: 1 << 20,
        ..Default::default()
    };
    let partitions = (0..PARTITIONS).map(partition).collect();
    let topics = [FetchTopic { topic: TOPIC.into(), partitions, ..Default::default() }]
        .into_iter()
        .collect();
    let request = FetchRequest {
        max_wait_ms: 1000,
        min_bytes: 1,
        max_bytes: 50 << 20,
        topics,
        ..Default::default()
    };
    frames::frame(request, 11)
}

/// Fetches many partitions with a client that reads nothing, writes so much that the first journal file is not needed for
/// a restart, deletes everything, and then reads.
fn what_is_being_sent_survives(server: Server, file: Option<&Path>) {
    const LEN: usize = 150_000;
    let mut stream = connect(server.address());
    call(&mut stream, &frames::create(TOPIC, PARTITIONS));
    for partition in 0..PARTITIONS {
        produce(&mut stream, partition, partition as u32, LEN);
    }
    let mut slow = connect(server.address());
    slow.write_all(&fetch_all()).expect("it reads");
    // It has been answered when its first bytes are there. Most of the others fit in no socket.
    let mut prefix = [0; 4];
    slow.read_exact(&mut prefix).expect("it answers");
    for number in 0..160 {
        produce(&mut stream, 0, number, 900_000);
    }
    call(&mut stream, &frames::delete_records(TOPIC, PARTITIONS));

    let mut answer = vec![0; u32::from_be_bytes(prefix) as usize];
    slow.read_exact(&mut answer).expect("what was answered is sent");
    assert!(answer.len() > PARTITIONS as usize * LEN, "{} bytes", answer.len());
    let mut at = 0;
    for number in 0..PARTITIONS as u32 {
        let value = value(number, LEN);
        // Behind the header of the answer, the partition or the batch.
        let found = answer[at..].windows(64).take(300).position(|window| window == &value[..64]);
        let start = at + found.unwrap_or_else(|| panic!("record {number} is not at {at}"));
        assert!(answer[start..start + LEN] == value, "record {number}");
        at = start + LEN;
    }
    // Now that nobody needs it any more, it goes.
    let start = Instant::now();
    while file.is_some_and(Path::exists) {
        assert!(start.elapsed() < PATIENCE, "{file:?} is still there");
        std::thread::yield_now();
    }
    server.stop();
}

#[test]
fn objects_that_go_are_sent_to_the_end_from_a_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::in_directory(directory.path());
    what_is_being_sent_survives(server, Some(&directory.path().join("journal-0")));
}

#[test]
fn objects_that_go_are_sent_to_the_end_from_memory() {
    let server = Server::in_memory(&["listeners=PLAINTEXT://127.0.0.1:0"]);
    what_is_being_sent_survives(server, None);
}

#[test]
fn without_descriptors_nobody_is_accepted_and_everybody_is_served() {
    let mut command = Command::new("sh");
    // 54 clients: the others are for files, and in reserve.
    let script = format!(
        "ulimit -n 150 && exec {BINARY} --memory --override listeners=PLAINTEXT://127.0.0.1:0"
    );
    command.args(["-c", &script]);
    let mut server = Server::spawn(command);
    let address: SocketAddr = server.address();
    let api_versions =
        [&[0, 0, 0, 14, 0, API_VERSIONS as u8, 0, 0, 0, 0, 0, 7, 0, 4][..], b"test"].concat();
    let mut served: Vec<TcpStream> = (0..54).map(|_| connect(address)).collect();
    for client in &mut served {
        call(client, &api_versions);
    }
    // The system takes these in, the server does not.
    let mut waiting: Vec<TcpStream> = (0..20).map(|_| connect(address)).collect();
    server.line_with("clients are connected");
    for client in &mut waiting {
        client.write_all(&api_versions).expect("the system takes it");
    }
    for client in &mut served {
        call(client, &api_versions);
    }
    for client in waiting {
        drop(served.pop());
        let mut client = client;
        support::answer(&mut client);
        served.push(client);
    }
    server.stop();
}
