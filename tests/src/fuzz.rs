//! What a fuzzer's bytes are made of: a script for two connections, and the body of a request in any version.
//!
//! Whatever the bytes are, nothing panics, nothing loops, answers are what they should be, the next client is served,
//! and memory stays within [`memory_limit`] where the program counts it. `tests/fuzz` runs these guided by coverage, the
//! test `fuzz_corpus` runs what was found so far.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use bytes::BytesMut;
use logboat_core::chunk::Chunk;
use logboat_core::protocol::messages::CreateTopicsRequest;
use logboat_core::protocol::messages::create_topics::CreatableTopic;
use logboat_core::protocol::{ApiKey, Decoder, Encoder, Request, Response, ResponseHeader};
use logboat_core::shard::input::ConnectionId;

use crate::client::{Client, Read, raw_request};
use crate::counting;
use crate::in_process::Broker;

/// What a whole broker holds before anybody sends anything, and what answers may weigh that were asked for in a few bytes.
const MEMORY_BASE: usize = 24 << 20;
/// Bytes that a byte of input may come to while it is decoded and answered.
const MEMORY_FACTOR: usize = 4096;
/// Steps of a script; more would only be slow.
const STEPS: usize = 500;

/// The most memory that an input of this length may take, bytes.
#[must_use]
pub const fn memory_limit(input: usize) -> usize {
    MEMORY_BASE + input * MEMORY_FACTOR
}

/// Where the inputs of a target are kept that were worth it, each a line in hexadecimal.
#[must_use]
pub fn corpus_file(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{target}.txt"))
}

/// These inputs.
///
/// # Errors
/// Where they cannot be read.
pub fn corpus(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let text = fs::read_to_string(corpus_file(target))?;
    let bytes = |line: &str| {
        let pairs = (0..line.len()).step_by(2).map(|at| line.get(at..at + 2).unwrap_or_default());
        pairs.map(|pair| u8::from_str_radix(pair, 16).map_err(io::Error::other)).collect()
    };
    text.lines().map(bytes).collect()
}

/// Runs `target` on `data`, under the limit of memory where the program counts it.
///
/// # Panics
/// Where the broker does anything that it must not.
pub fn bounded(target: fn(&[u8]), data: &[u8]) {
    let before = counting::held();
    let _ = counting::most();
    target(data);
    let (most, after) = (counting::most().saturating_sub(before), counting::held());
    assert!(most <= memory_limit(data.len()), "{most} bytes for {} of input", data.len());
    assert!(after <= before + (1 << 20), "{} bytes stay", after - before);
}

/// Bytes in pieces, on two connections, with pauses, reading and leaving between them.
///
/// # Panics
/// Where the broker does anything that it must not.
pub fn framing(data: &[u8]) {
    let mut broker = broker();
    let mut clients = [broker.connect(), broker.connect()];
    let mut current = 0;
    let mut script = data;
    for _ in 0..STEPS {
        let Some((step, rest)) = script.split_first() else { break };
        script = rest;
        let id = clients[current];
        match step {
            0xf0 => current = 1 - current,
            0xf1 => read_all(&mut broker, id),
            0xf2 => broker.sleep(Duration::from_millis(900)),
            0xf3 => broker.sleep(Duration::from_secs(40)),
            0xf4 => broker.sleep(Duration::from_secs(700)),
            0xf5 => broker.leave_arena(id),
            0xf6 => {
                broker.disconnect(id);
                clients[current] = broker.connect();
            }
            _ => {
                // Up to 191 bytes, or up to 12,032.
                let wish = match usize::from(*step) {
                    small @ 0..0xc0 => small,
                    large => (large - 0xbf) * 256,
                };
                let (piece, rest) = script.split_at(wish.min(script.len()));
                script = rest;
                broker.send(id, piece);
            }
        }
    }
    clients.into_iter().for_each(|id| read_all(&mut broker, id));
    is_served(&mut broker);
}

/// An API, a version and a body: decoded, encoded again, and asked.
///
/// # Panics
/// Where the codec does not give back what it took, or the broker does anything that it must not.
pub fn requests(data: &[u8]) {
    let [api, version, body @ ..] = data else { return };
    let Some(key) = ApiKey::from_code(i16::from(*api)) else { return };
    let version = i16::from(*version);
    if !key.has_version(version) {
        return;
    }
    if let Ok(request) = Request::decode(key, version, &mut Decoder::new(BytesMut::from(body))) {
        let mut encoder = Encoder::new(BytesMut::new());
        request.encode(version, &mut encoder);
        let mut bytes = BytesMut::new();
        for chunk in encoder.finish().0 {
            let Chunk::Bytes(piece) = chunk else { panic!("a request is in memory") };
            bytes.extend_from_slice(&piece);
        }
        assert_eq!(bytes.len(), request.size(version), "{key} v{version}: {request:?}");
        let again = Request::decode(key, version, &mut Decoder::new(bytes));
        assert_eq!(again.as_ref(), Ok(&request), "{key} v{version}");
    }
    let mut broker = broker();
    let id = broker.connect();
    broker.send(id, &framed(&raw_request(key.code(), version, 7, body)));
    if let Read::Frame(frame) = broker.read(id, Duration::ZERO) {
        let mut decoder = Decoder::new(frame);
        let header = ResponseHeader::decode(key, version, &mut decoder).expect("a response header");
        assert_eq!(header.correlation_id, 7, "{key} v{version}");
        let response = Response::decode(key, version, &mut decoder);
        let response = response.unwrap_or_else(|error| panic!("{key} v{version}: {error}"));
        assert_eq!(decoder.remaining(), 0, "{key} v{version}: {response:?}");
    }
    is_served(&mut broker);
}

/// A broker with a topic "t" of two partitions.
fn broker() -> Broker {
    let mut broker = Broker::quiet(&[("connections.max.idle.ms", "600000")]);
    let id = broker.connect();
    let topic = CreatableTopic {
        name: "t".into(),
        num_partitions: 2,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    broker.send(id, &Client::bytes_of(Box::new(request), 2, 1, None));
    assert!(matches!(broker.read(id, Duration::ZERO), Read::Frame(_)));
    broker.disconnect(id);
    broker
}

fn framed(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).expect("an input is short");
    [&length.to_be_bytes(), frame].concat()
}

fn read_all(broker: &mut Broker, id: ConnectionId) {
    while let Read::Frame(frame) = broker.read(id, Duration::ZERO) {
        assert!(frame.len() >= 4, "an answer without a correlation id");
    }
}

fn is_served(broker: &mut Broker) {
    let id = broker.connect();
    broker.send(id, &framed(&raw_request(ApiKey::ApiVersions.code(), 0, 9, &[])));
    let Read::Frame(frame) = broker.read(id, Duration::ZERO) else {
        panic!("the next client is not served")
    };
    assert_eq!(frame[..6], [0, 0, 0, 9, 0, 0]);
}
