//! The codec against Kafka's own classes: what `tests/oracle` wrote down for every message and version.
//!
//! For each fixture our decoder must find the values that Kafka's JSON names under the same names, our encoder must give
//! Kafka's bytes back, and `size` must tell their number. Damaged fixtures must never panic, and whatever is still read
//! must survive a round trip. No JVM is needed here.

#[path = "codec_oracle/rendering.rs"]
mod rendering;

use std::collections::BTreeSet;

use bytes::{BufMut, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::protocol::{
    ApiKey, DecodeError, Decoder, Encoder, Frame, Request, RequestHeader, Response, ResponseHeader,
};

/// One line of a fixture file.
struct Fixture {
    name: String,
    version: i16,
    bytes: Vec<u8>,
    json: serde_json::Value,
}

fn fixtures() -> Vec<Fixture> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/oracle/fixtures");
    let mut fixtures = Vec::new();
    for release in ["kafka-3.9.2.tsv", "kafka-4.3.1.tsv"] {
        let text =
            std::fs::read_to_string(format!("{folder}/{release}")).expect("the fixtures are there");
        for line in text.lines() {
            let mut columns = line.split('\t');
            let mut column = || columns.next().expect("four columns");
            fixtures.push(Fixture {
                name: column().to_owned(),
                version: column().parse().expect("a version"),
                bytes: from_hex(column()),
                json: serde_json::from_str(column()).expect("JSON"),
            });
        }
    }
    fixtures
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|two| {
            u8::from_str_radix(str::from_utf8(two).expect("ASCII"), 16).expect("hexadecimal")
        })
        .collect()
}

/// A request or a response: a fixture's message.
#[derive(Clone, Debug, PartialEq)]
enum Body {
    Request(Request),
    Response(Response),
}

impl Fixture {
    /// The API and whether it is the request; none for a header.
    fn api(&self) -> Option<(ApiKey, bool)> {
        let request = self.name.strip_suffix("Request");
        let api = request.or_else(|| self.name.strip_suffix("Response"))?;
        let key = ApiKey::ALL.iter().find(|key| key.name() == api).expect("a declared API");
        Some((*key, request.is_some()))
    }

    fn decode(&self, bytes: &[u8]) -> Result<Body, DecodeError> {
        let (key, is_request) = self.api().expect("no header");
        let mut decoder = Decoder::new(BytesMut::from(bytes));
        if is_request {
            Request::decode(key, self.version, &mut decoder).map(Body::Request)
        } else {
            Response::decode(key, self.version, &mut decoder).map(Body::Response)
        }
    }

    fn encode(&self, body: &Body) -> Vec<u8> {
        let mut encoder = Encoder::new(BytesMut::new());
        let size = match body {
            Body::Request(message) => {
                message.encode(self.version, &mut encoder);
                message.size(self.version)
            }
            Body::Response(message) => {
                message.encode(self.version, &mut encoder);
                message.size(self.version)
            }
        };
        let bytes = joined(&encoder.finish().0);
        assert_eq!(size, bytes.len(), "{} {}: size of {body:?}", self.name, self.version);
        bytes
    }
}

fn joined(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in frame {
        let Chunk::Bytes(piece) = chunk else { panic!("nothing is stored here") };
        bytes.put_slice(piece);
    }
    bytes
}

fn bodies() -> impl Iterator<Item = Fixture> {
    fixtures().into_iter().filter(|fixture| !fixture.name.ends_with("Header"))
}

#[test]
fn every_message_reads_and_writes_what_kafka_does() {
    for fixture in bodies() {
        let what = format!("{} {}", fixture.name, fixture.version);
        let body = fixture.decode(&fixture.bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(fixture.encode(&body), fixture.bytes, "{what}: {body:?}");
        let rendered = rendering::parse(&match &body {
            Body::Request(message) => format!("{message:?}"),
            Body::Response(message) => format!("{message:?}"),
        });
        rendering::assert_same(&rendered, &fixture.json, &what);
    }
}

#[test]
fn every_version_has_fixtures() {
    let seen: BTreeSet<_> = bodies().map(|fixture| (fixture.api(), fixture.version)).collect();
    for key in ApiKey::ALL {
        for version in key.versions() {
            for is_request in [true, false] {
                assert!(seen.contains(&(Some((*key, is_request)), version)), "{key} {version}");
            }
        }
    }
}

#[test]
fn headers_are_kafkas() {
    let mut seen = 0;
    for fixture in fixtures() {
        // An API and a version of it that has this header.
        let version = match (fixture.name.as_str(), fixture.version) {
            ("RequestHeader", 1) | ("ResponseHeader", 0) => 8_i16,
            ("RequestHeader", 2) | ("ResponseHeader", 1) => 9,
            _ => continue,
        };
        seen += 1;
        let mut bytes = fixture.bytes.clone();
        let mut encoder = Encoder::new(BytesMut::new());
        if fixture.name == "RequestHeader" {
            bytes[..4].copy_from_slice(&[0, 0, 0, version as u8]);
            let header = RequestHeader::decode(&mut Decoder::new(BytesMut::from(&bytes[..])))
                .expect("a header");
            assert_eq!(fixture.json["correlationId"], header.correlation_id);
            assert_eq!(
                fixture.json["clientId"].as_str(),
                header.client_id.as_ref().and_then(|id| id.to_str())
            );
            header.encode(&mut encoder);
            assert_eq!(header.size(), bytes.len());
        } else {
            let mut decoder = Decoder::new(BytesMut::from(&bytes[..]));
            let header =
                ResponseHeader::decode(ApiKey::Produce, version, &mut decoder).expect("a header");
            assert_eq!(fixture.json["correlationId"], header.correlation_id);
            header.encode(ApiKey::Produce, version, &mut encoder);
            assert_eq!(header.size(ApiKey::Produce, version), bytes.len());
        }
        assert_eq!(joined(&encoder.finish().0), bytes);
    }
    assert_eq!(seen, 16, "four variants of two versions of two headers");
}

#[test]
fn a_message_that_is_cut_short_is_an_error() {
    for fixture in bodies() {
        for end in 0..fixture.bytes.len() {
            let cut = fixture.decode(&fixture.bytes[..end]);
            assert!(cut.is_err(), "{} {} cut at {end}: {cut:?}", fixture.name, fixture.version);
        }
    }
}

#[test]
fn bytes_after_a_message_are_ignored() {
    for fixture in bodies() {
        let longer = [&fixture.bytes[..], b"more"].concat();
        assert_eq!(fixture.decode(&longer), fixture.decode(&fixture.bytes), "{}", fixture.name);
    }
}

#[test]
fn damaged_messages_never_panic_and_what_is_read_survives_a_round_trip() {
    let (mut random, mut read) = (SplitMix(1), 0_u32);
    for fixture in bodies() {
        for _ in 0..40 {
            let mut bytes = fixture.bytes.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len().max(1));
                match (random.below(4), bytes.get_mut(at)) {
                    (0, Some(byte)) => *byte ^= 1 << random.below(8),
                    (1, Some(byte)) => *byte = [0, 1, 2, 0x7f, 0x80, 0xff][random.below(6)],
                    (2, Some(_)) => drop(bytes.remove(at)),
                    _ => bytes.insert(at, random.below(256) as u8),
                }
            }
            let Ok(body) = fixture.decode(&bytes) else { continue };
            read += 1;
            let again = fixture.encode(&body);
            assert_eq!(
                fixture.encode(&fixture.decode(&again).expect("our own bytes")),
                again,
                "{}",
                fixture.name
            );
        }
    }
    assert!(read > 10_000, "only {read} damaged messages could be read");
}

/// A small seeded generator.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    }
}
