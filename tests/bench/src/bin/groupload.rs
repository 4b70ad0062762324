//! groupload: commits one offset for each of many groups, as simple consumers do (no member, generation -1).
//! Each connection has one commit in flight, as a consumer has; the requests are written before the clock starts.
//!
//!   groupload --addr H:P --topic T --groups 100000 --conns 16 [--prefix g]
//! Versions used: FindCoordinator 1, OffsetCommit 7 (both accepted by Kafka 2.3 .. 4.x).
use logboat_bench::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn text(o: &mut Vec<u8>, s: &str) {
    o.extend_from_slice(&(s.len() as i16).to_be_bytes());
    o.extend_from_slice(s.as_bytes());
}
fn number(o: &mut Vec<u8>, v: i32) {
    o.extend_from_slice(&v.to_be_bytes());
}
/// A frame of an API with a header of version 1.
fn frame(key: i16, version: i16, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut o = vec![0; 4];
    o.extend_from_slice(&key.to_be_bytes());
    o.extend_from_slice(&version.to_be_bytes());
    number(&mut o, 0);
    text(&mut o, "groupload");
    body(&mut o);
    let length = (o.len() - 4) as i32;
    o[..4].copy_from_slice(&length.to_be_bytes());
    o
}
fn find(group: &str) -> Vec<u8> {
    frame(10, 1, |o| {
        text(o, group);
        o.push(0); // a group
    })
}
fn commit(group: &str, topic: &str) -> Vec<u8> {
    frame(8, 7, |o| {
        text(o, group);
        number(o, -1); // generation
        text(o, ""); // member
        o.extend_from_slice(&(-1i16).to_be_bytes()); // instance
        number(o, 1);
        text(o, topic);
        number(o, 1);
        number(o, 0); // partition
        o.extend_from_slice(&7i64.to_be_bytes());
        number(o, -1); // leader epoch
        text(o, ""); // metadata
    })
}
fn call(s: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    s.write_all(request).expect("the broker takes it");
    let mut length = [0; 4];
    s.read_exact(&mut length).expect("the broker answers");
    let mut answer = vec![0; i32::from_be_bytes(length) as usize];
    s.read_exact(&mut answer).expect("the whole answer");
    answer
}
/// Behind the correlation id and the throttle time of a FindCoordinator, and at the end of an OffsetCommit.
fn code(two: &[u8]) -> i16 {
    i16::from_be_bytes(two.try_into().expect("two bytes"))
}

fn main() {
    let (addr, topic, prefix) = (arg("addr", "127.0.0.1:9092"), arg("topic", "raw"), arg("prefix", "g"));
    let (groups, conns) = (argn::<usize>("groups", 100_000), argn::<usize>("conns", 16));
    let connect = || {
        let s = TcpStream::connect(&addr).expect("connect");
        s.set_nodelay(true).expect("an option of TCP");
        s
    };
    // Kafka makes its topic first, and loads it.
    let begun = Instant::now();
    let ready = |s: &mut TcpStream| {
        code(&call(s, &find("warm"))[8..10]) == 0 && {
            let answer = call(s, &commit("warm", &topic));
            code(&answer[answer.len() - 2..]) == 0
        }
    };
    let mut first = connect();
    while !ready(&mut first) {
        assert!(begun.elapsed() < Duration::from_secs(60), "no coordinator in a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
    let load = |k: usize| {
        let names = (k..groups).step_by(conns).map(|i| format!("{prefix}-{i}"));
        names.map(|name| commit(&name, &topic)).collect::<Vec<_>>()
    };
    let work: Vec<(TcpStream, Vec<Vec<u8>>)> = (0..conns).map(|k| (connect(), load(k))).collect();
    let begun = Instant::now();
    let threads: Vec<_> = work
        .into_iter()
        .map(|(mut s, requests)| {
            std::thread::spawn(move || {
                let mut times = Vec::with_capacity(requests.len());
                for request in &requests {
                    let sent = Instant::now();
                    let answer = call(&mut s, request);
                    assert_eq!(code(&answer[answer.len() - 2..]), 0, "refused");
                    times.push(sent.elapsed().as_micros() as u64);
                }
                times
            })
        })
        .collect();
    let mut times: Vec<u64> = threads.into_iter().flat_map(|t| t.join().expect("all are taken")).collect();
    let took = secs(begun);
    times.sort_unstable();
    println!(
        "{{\"groups\":{groups},\"commits_s\":{:.0},\"p50_us\":{},\"p99_us\":{}}}",
        groups as f64 / took,
        pct(&times, 50.0),
        pct(&times, 99.0)
    );
}
