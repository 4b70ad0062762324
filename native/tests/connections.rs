//! Connections that are too many, too idle or too fast, as a real Kafka treats them, and what the log says of clients.

#[path = "support/frames.rs"]
mod frames;
#[path = "support/server.rs"]
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use frames::{create, frame, frame_of};
use logboat_core::protocol::KString;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use logboat_core::protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig,
};
use logboat_core::protocol::messages::{
    ApiVersionsRequest, IncrementalAlterConfigsRequest, MetadataRequest,
};
use support::{BINARY, PATIENCE, Server, answer, connect};

const LISTENER: &str = "listeners=PLAINTEXT://127.0.0.1:0";

fn versions() -> Vec<u8> {
    frame(Box::new(ApiVersionsRequest::default()), 0)
}

fn serves(stream: &mut TcpStream) {
    stream.write_all(&versions()).expect("it reads");
    answer(stream);
}

/// Whether the server closes this connection within `time`; nothing else may come.
fn is_closed(stream: &TcpStream, time: Duration) -> bool {
    stream.set_read_timeout(Some(time)).expect("a socket can");
    let closed = match (&mut &*stream).read(&mut [0; 16]) {
        Ok(read) => {
            assert_eq!(read, 0, "it says something");
            true
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            false
        }
    };
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket can");
    closed
}

/// A client that the system has taken in and the server has not: it gets no answer.
fn waits(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    stream.write_all(&versions()).expect("the system takes it");
    assert!(!is_closed(&stream, Duration::from_millis(300)));
    stream
}

fn alter(stream: &mut TcpStream, name: &str, value: &str) {
    let config =
        AlterableConfig { name: name.into(), config_operation: 0, value: Some(value.into()) };
    let resource = AlterConfigsResource {
        resource_type: 4,
        resource_name: KString::EMPTY,
        configs: vec![config],
    };
    let request =
        IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    stream.write_all(&frame(Box::new(request), 0)).expect("it reads");
    // The time to wait, one answer, its error.
    assert_eq!(answer(stream)[8..10], [0, 0]);
}

#[test]
fn one_too_many_from_an_address_is_closed_at_once() {
    let server = Server::in_memory(&[LISTENER, "max.connections.per.ip=3"]);
    let mut clients: Vec<_> = (0..3).map(|_| connect(server.address())).collect();
    clients.iter_mut().for_each(serves);
    for _ in 0..20 {
        assert!(is_closed(&connect(server.address()), PATIENCE));
    }
    clients.iter_mut().for_each(serves);
    alter(&mut clients[0], "max.connections.per.ip.overrides", "127.0.0.1:4");
    let mut fourth = connect(server.address());
    serves(&mut fourth);
    assert!(is_closed(&connect(server.address()), PATIENCE));
    // A place is free when the server has seen that its client is gone.
    drop(fourth);
    let start = Instant::now();
    while is_closed(&connect(server.address()), Duration::from_millis(100)) {
        assert!(start.elapsed() < PATIENCE);
    }
    server.stop();
}

#[test]
fn at_the_bound_new_connections_wait_until_one_is_gone_or_the_bound_is_raised() {
    let server = Server::in_memory(&[LISTENER, "max.connections=2"]);
    let mut clients: Vec<_> = (0..2).map(|_| connect(server.address())).collect();
    clients.iter_mut().for_each(serves);
    let (mut third, mut fourth) = (waits(server.address()), waits(server.address()));
    clients.iter_mut().for_each(serves);
    drop(clients.pop());
    answer(&mut third);
    assert!(!is_closed(&fourth, Duration::from_millis(100)));
    alter(&mut clients[0], "max.connections", "3");
    answer(&mut fourth);
    // A lower bound closes those that were silent for longest.
    serves(&mut third);
    serves(&mut clients[0]);
    alter(&mut clients[0], "max.connections", "1");
    assert!(is_closed(&third, PATIENCE) && is_closed(&fourth, PATIENCE));
    serves(&mut clients[0]);
    server.stop();
}

#[test]
fn a_listener_has_its_own_bound_and_the_brokers_own_is_preferred() {
    let server = Server::in_memory(&[
        "listeners=INNER://127.0.0.1:0,OUTER://127.0.0.1:0",
        "listener.security.protocol.map=INNER:PLAINTEXT,OUTER:PLAINTEXT",
        "inter.broker.listener.name=INNER",
        "max.connections=3",
        "listener.name.outer.max.connections=2",
    ]);
    let address = |name: &str| {
        let addresses = server.addresses();
        addresses.iter().find(|(known, _)| known == name).expect("it listens there").1
    };
    let (inner, outer) = (address("INNER"), address("OUTER"));
    let mut outside: Vec<_> = (0..2).map(|_| connect(outer)).collect();
    outside.iter_mut().for_each(serves);
    let waiting = waits(outer);
    let mut inside = vec![connect(inner)];
    serves(&mut inside[0]);
    assert!(!is_closed(&outside[0], Duration::from_millis(100)));
    // Three is all; the second of the brokers' own takes the place of the outer one that was silent for longest.
    serves(&mut outside[0]);
    inside.push(connect(inner));
    inside.iter_mut().for_each(serves);
    assert!(is_closed(&outside[1], PATIENCE));
    serves(&mut outside[0]);
    drop(waiting);
    server.stop();
}

#[test]
fn connections_that_come_too_fast_wait() {
    let server = Server::in_memory(&[LISTENER, "max.connection.creation.rate=2"]);
    let start = Instant::now();
    let mut clients: Vec<_> = (0..24).map(|_| connect(server.address())).collect();
    clients.iter_mut().for_each(serves);
    // Twenty at once, then two a second.
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1400), "{took:?}");
    server.stop();
}

#[test]
fn who_is_silent_is_closed_and_who_waits_for_an_answer_too() {
    let server = Server::in_memory(&[LISTENER, "connections.max.idle.ms=1000"]);
    let start = Instant::now();
    let silent = connect(server.address());
    let mut spoke = connect(server.address());
    serves(&mut spoke);
    let mut half = connect(server.address());
    half.write_all(&[0, 0, 0, 40, 0, 18, 0, 3, 0, 0, 0, 1]).expect("it reads");
    let mut polls = connect(server.address());
    let partition = FetchPartition { partition_max_bytes: 1, ..Default::default() };
    let partitions = [partition].into_iter().collect();
    let topic = FetchTopic { topic: "t".into(), partitions, ..Default::default() };
    let topics = [topic].into_iter().collect();
    let fetch = FetchRequest { max_wait_ms: 60_000, min_bytes: 1, topics, ..Default::default() };
    let metadata = MetadataRequest { topics: None, ..Default::default() };
    // One partition must be there, or it is answered at once.
    polls.write_all(&create("t", 1)).expect("it reads");
    answer(&mut polls);
    polls.write_all(&frame(fetch, 4)).expect("it reads");
    // Bytes that make no request yet count.
    let mut dribbles = connect(server.address());
    for byte in &frame(Box::new(metadata), 4)[..7] {
        dribbles.write_all(&[*byte]).expect("it reads");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(start.elapsed() > Duration::from_millis(2000));
    for (what, client) in
        [("silent", &silent), ("spoke", &spoke), ("half", &half), ("polls", &polls)]
    {
        assert!(is_closed(client, Duration::from_millis(100)), "{what}");
    }
    assert!(!is_closed(&dribbles, Duration::from_millis(100)));
    assert!(is_closed(&dribbles, PATIENCE));
    server.stop();
}

#[test]
fn who_never_reads_its_answers_is_closed() {
    let mut server = Server::in_memory(&[LISTENER, "connections.max.idle.ms=1000"]);
    let mut client = connect(server.address());
    client.set_nonblocking(true).expect("a socket can");
    // Until nobody takes any more of it.
    let request = versions();
    let mut stuck = None;
    let reset = loop {
        match client.write(&request) {
            Ok(_) => stuck = None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let since = *stuck.get_or_insert_with(Instant::now);
                assert!(since.elapsed() < PATIENCE, "it is kept");
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => break error.kind(),
        }
    };
    assert!(matches!(reset, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{reset}");
    assert!(server.process.try_wait().expect("it can be asked").is_none());
    server.stop();
}

fn loud(level: &str) -> Server {
    let mut command = Command::new("sh");
    let script = format!("LOGBOAT_LOG={level} exec {BINARY} --memory --override {LISTENER}");
    command.args(["-c", &script]);
    Server::spawn(command)
}

#[test]
fn the_log_names_clients_and_their_software_escaped() {
    let mut server = loud("debug");
    let mut client = connect(server.address());
    let request = ApiVersionsRequest {
        client_software_name: "librdkafka".into(),
        client_software_version: "2.12.1".into(),
    };
    client.write_all(&frame_of("x", Box::new(request), 3)).expect("it reads");
    answer(&mut client);
    let metadata = || Box::new(MetadataRequest { topics: Some(Vec::new()), ..Default::default() });
    client.write_all(&frame_of("my-app", metadata(), 4)).expect("it reads");
    answer(&mut client);
    let line = server.line_with("is client");
    assert!(
        line.contains("/127.0.0.1 with \"librdkafka\" \"2.12.1\" is client \"my-app\""),
        "{line}"
    );
    let mut other = connect(server.address());
    let id = format!("a\r\nERROR forged\x1b[31m{}", "x".repeat(20_000));
    other.write_all(&frame_of(&id, metadata(), 4)).expect("it reads");
    answer(&mut other);
    let line = server.line_with("is client");
    assert!(line.contains(r#"/127.0.0.1 is client "a\r\nERROR forged\u{1b}[31mxxx"#), "{line}");
    assert!(line.len() < 400, "{} bytes", line.len());
    server.stop();
}

#[test]
fn a_flood_of_bad_clients_is_a_few_lines() {
    let mut server = loud("info");
    for number in 0..500 {
        let mut client = connect(server.address());
        client.write_all(if number % 2 == 0 { b"GET / HTTP" } else { &[0, 0, 0, 1, 7] }).expect("");
        assert!(is_closed(&client, PATIENCE));
    }
    server.signal("TERM");
    let (_, said) = server.end();
    let lines: Vec<_> = said.lines().filter(|line| line.contains("closing")).collect();
    assert!((10..60).contains(&lines.len()), "{}", lines.len());
    let expected = "WARN closing /127.0.0.1: a frame of 1195725856 bytes is not within \
        socket.request.max.bytes";
    assert!(lines[0].ends_with(expected), "{}", lines[0]);
}
