//! The fixtures that `tests/oracle` wrote, our codec applied to them, and damage.

use bytes::{BufMut, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::protocol::{ApiKey, DecodeError, Decoder, Encoder, Frame, Request, Response};

/// One line of a fixture file.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) version: i16,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: serde_json::Value,
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/oracle/fixtures");
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
pub(crate) enum Body {
    Request(Request),
    Response(Response),
}

impl Fixture {
    /// The API and whether it is the request; none for a header.
    pub(crate) fn api(&self) -> Option<(ApiKey, bool)> {
        let request = self.name.strip_suffix("Request");
        let api = request.or_else(|| self.name.strip_suffix("Response"))?;
        let key = ApiKey::ALL.iter().find(|key| key.name() == api).expect("a declared API");
        Some((*key, request.is_some()))
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Body, DecodeError> {
        let (key, is_request) = self.api().expect("no header");
        let mut decoder = Decoder::new(BytesMut::from(bytes));
        if is_request {
            Request::decode(key, self.version, &mut decoder).map(Body::Request)
        } else {
            Response::decode(key, self.version, &mut decoder).map(Body::Response)
        }
    }

    pub(crate) fn encode(&self, body: &Body) -> Vec<u8> {
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

    /// The bytes with a few of them changed, taken out or put in.
    pub(crate) fn damaged(&self, random: &mut SplitMix) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len().max(1));
            match (random.below(4), bytes.get_mut(at)) {
                (0, Some(byte)) => *byte ^= 1 << random.below(8),
                (1, Some(byte)) => *byte = [0, 1, 2, 0x7f, 0x80, 0xff][random.below(6)],
                (2, Some(_)) => drop(bytes.remove(at)),
                _ => bytes.insert(at, random.below(256) as u8),
            }
        }
        bytes
    }
}

pub(crate) fn joined(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in frame {
        let Chunk::Bytes(piece) = chunk else { panic!("nothing is stored here") };
        bytes.put_slice(piece);
    }
    bytes
}

pub(crate) fn bodies() -> impl Iterator<Item = Fixture> {
    fixtures().into_iter().filter(|fixture| !fixture.name.ends_with("Header"))
}

/// A small seeded generator.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    }
}
