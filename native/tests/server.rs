//! The server as a process: how it starts, what it refuses, what clients are told, how it stops.
//!
//! Nothing here sleeps: every wait is for a line, a byte, or an end.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tempfile::tempdir;

#[path = "support/server.rs"]
mod support;

use support::{Server, answer, call, connect, refusal};

const METADATA: i16 = 3;
const API_VERSIONS: i16 = 18;

/// Host and port that Metadata v0 names.
fn told(address: SocketAddr) -> (String, i32) {
    let answer = call(&mut connect(address), METADATA, 0, &0i32.to_be_bytes());
    // One broker: its number, its host, its port.
    let len = usize::from(u16::from_be_bytes([answer[8], answer[9]]));
    let host = String::from_utf8(answer[10..10 + len].to_vec()).expect("a host is text");
    let port = i32::from_be_bytes(answer[10 + len..14 + len].try_into().expect("four bytes"));
    (host, port)
}

#[test]
fn the_ready_line_says_version_address_and_directory() {
    let directory = tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = Server::in_directory(&data);
    let line = &server.ready;
    assert!(line.contains(env!("CARGO_PKG_VERSION")), "{line}");
    assert!(line.contains(&format!("PLAINTEXT://{}", server.address())), "{line}");
    assert!(line.contains(&data.display().to_string()), "{line}");
    assert!(line.contains("opens it to others"), "{line}");
    assert!(server.address().ip().is_loopback());
    server.stop();

    let server = Server::in_memory(&["listeners=PLAINTEXT://:0"]);
    assert!(server.ready.contains("memory"), "{}", server.ready);
    assert!(!server.ready.contains("opens it to others"), "{}", server.ready);
    server.stop();
}

#[test]
fn it_answers_as_soon_as_it_is_ready_and_again_after_a_restart() {
    let directory = tempdir().expect("a directory");
    for _ in 0..3 {
        let server = Server::in_directory(directory.path());
        assert!(call(&mut connect(server.address()), API_VERSIONS, 0, &[]).len() > 100);
        server.stop();
    }
}

#[test]
fn both_signals_stop_it_in_order_and_idle_connections_do_not_keep_it() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::in_memory(&["listeners=PLAINTEXT://127.0.0.1:0"]);
        let mut idle = connect(server.address());
        call(&mut idle, API_VERSIONS, 0, &[]);
        let start = Instant::now();
        server.signal(signal);
        let (status, rest) = server.end();
        assert!(status.success(), "{status}");
        assert!(rest.contains("stopped"), "{rest}");
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(idle.read(&mut [0]).expect("it is closed in order"), 0);
    }
}

#[test]
fn a_second_process_on_the_directory_is_refused_at_once() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().to_str().expect("plain names");
    let server = Server::in_directory(directory.path());
    let line = refusal(["--data-dir", path, "--port", "0"]);
    assert!(
        line.contains(path) && line.contains(&format!("pid {}", server.process.id())),
        "{line}"
    );
    // The first one has not noticed.
    call(&mut connect(server.address()), API_VERSIONS, 0, &[]);
    server.stop();
}

#[test]
fn a_killed_server_leaves_nothing_behind_that_keeps_the_next_one_out() {
    let directory = tempdir().expect("a directory");
    let mut server = Server::in_directory(directory.path());
    server.process.kill().expect("it runs");
    server.end();
    Server::in_directory(directory.path()).stop();
}

#[test]
fn what_cannot_be_served_is_refused_in_one_line() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().to_str().expect("plain names");
    fs::write(directory.path().join("meta.properties"), "broker.id=0\n")
        .expect("it can be written");
    let line = refusal(["--data-dir", path]);
    assert!(
        line.contains(path) && line.contains("Kafka") && line.contains("meta.properties"),
        "{line}"
    );
    let left: Vec<_> = fs::read_dir(path).expect("it is there").collect();
    assert_eq!(left.len(), 1);

    let line = refusal(["--data-dir", "/proc/no/such/place"]);
    assert!(line.contains("/proc/no/such/place"), "{line}");
    // There, and not to be written, by root either.
    let line = refusal(["--data-dir", "/sys/kernel"]);
    assert!(line.contains("/sys/kernel"), "{line}");
    let line = refusal(["--memory", "--override", "listeners=PLAINTEXT://192.0.2.1:9092"]);
    assert!(line.contains("PLAINTEXT://192.0.2.1:9092"), "{line}");
    let line = refusal(["--memory", "--override", "num.partitoins=3"]);
    assert!(line.contains("num.partitoins") && line.contains("num.partitions"), "{line}");

    let server = Server::in_memory(&["listeners=PLAINTEXT://127.0.0.1:0"]);
    let taken = format!("listeners=PLAINTEXT://{}", server.address());
    let line = refusal(["--memory", "--override", &taken]);
    assert!(line.contains(&server.address().to_string()) && line.contains("in use"), "{line}");
    server.stop();
}

#[test]
fn a_client_is_told_the_address_by_which_it_came() {
    let server = Server::in_memory(&["listeners=PLAINTEXT://0.0.0.0:0"]);
    let port = server.address().port();
    for address in [Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2)] {
        assert_eq!(told((address, port).into()), (address.to_string(), i32::from(port)));
    }
    server.stop();
}

#[test]
fn each_listener_tells_its_own_advertised_address() {
    let server = Server::in_memory(&[
        "listeners=INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0,PLAIN://127.0.0.1:0",
        "listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,PLAIN:PLAINTEXT",
        "inter.broker.listener.name=INSIDE",
        "advertised.listeners=INSIDE://inside.example:19092,OUTSIDE://outside.example:29092",
    ]);
    let addresses = server.addresses();
    let expected = [("inside.example", 19092), ("outside.example", 29092)];
    let names: Vec<&str> = addresses.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["INSIDE", "OUTSIDE", "PLAIN"]);
    for ((_, address), (host, port)) in addresses.iter().zip(expected) {
        assert_eq!(told(*address), (host.to_owned(), port));
    }
    let plain = addresses[2].1;
    assert_eq!(told(plain), ("127.0.0.1".to_owned(), i32::from(plain.port())));
    server.stop();
}

#[test]
fn both_families_reach_a_listener_on_every_address() {
    let server = Server::in_memory(&["listeners=PLAINTEXT://:0"]);
    let port = server.address().port();
    assert_eq!(told(([127, 0, 0, 1], port).into()).0, "127.0.0.1");
    // A machine without IPv6 has nothing to show here.
    if let Ok(stream) = TcpStream::connect(("::1", port)) {
        drop(stream);
        assert_eq!(told((std::net::Ipv6Addr::LOCALHOST, port).into()).0, "::1");
    }
    server.stop();
}

#[test]
fn frames_arrive_in_any_pieces_and_answers_come_in_order() {
    let server = Server::in_memory(&["listeners=PLAINTEXT://127.0.0.1:0"]);
    let mut stream = connect(server.address());
    stream.set_nodelay(true).expect("a socket can");
    let request = [&[0, 0, 0, 14, 0, 18, 0, 0, 0, 0, 0, 7, 0, 4][..], b"test"].concat();
    let many: Vec<u8> = request.iter().copied().cycle().take(request.len() * 40).collect();
    for size in [1, 3, 17, 18, 19, 500] {
        for piece in many.chunks(size) {
            stream.write_all(piece).expect("it reads");
        }
        for _ in 0..40 {
            answer(&mut stream);
        }
    }
    server.stop();
}

#[test]
fn a_client_that_reads_nothing_is_not_read_from_and_hurts_nobody() {
    let server = Server::in_memory(&["listeners=PLAINTEXT://127.0.0.1:0"]);
    let mut greedy = connect(server.address());
    let request = [&[0, 0, 0, 14, 0, 18, 0, 0, 0, 0, 0, 7, 0, 4][..], b"test"].concat();
    let many: Vec<u8> = request.iter().copied().cycle().take(request.len() * 5000).collect();
    // Its answers are twenty times as long as its requests: at some point nothing is taken from it any more.
    greedy.set_write_timeout(Some(Duration::from_millis(200))).expect("a socket can");
    let mut written = 0;
    let refused = (0..2000).any(|_| match greedy.write(&many) {
        Ok(bytes) => {
            written += bytes;
            false
        }
        Err(_) => true,
    });
    assert!(refused, "{written} bytes of requests were taken, and none of their answers");
    call(&mut connect(server.address()), API_VERSIONS, 0, &[]);
    let status =
        fs::read_to_string(format!("/proc/{}/status", server.process.id())).expect("it runs");
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says it");
    let kib: u64 = resident.trim().trim_end_matches(" kB").trim().parse().expect("a number");
    assert!(kib < 100 << 10, "{kib} KiB resident");
    server.stop();
}

#[test]
fn nonsense_closes_its_own_connection_only() {
    let server = Server::in_memory(&["listeners=PLAINTEXT://127.0.0.1:0"]);
    let mut good = connect(server.address());
    call(&mut good, API_VERSIONS, 0, &[]);
    for nonsense in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 4, 0x7f, 0, 0, 0], &[0; 8]]
    {
        let mut bad = connect(server.address());
        bad.write_all(nonsense).expect("it reads");
        // Closed, with what was not read of it or without.
        let closed = bad.read(&mut [0; 16]);
        assert!(matches!(closed, Ok(0) | Err(_)), "{nonsense:?}: {closed:?}");
    }
    call(&mut good, API_VERSIONS, 0, &[]);
    server.stop();
}
