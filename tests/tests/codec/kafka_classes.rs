//! The codec against Kafka's own classes: what `tests/oracle` wrote down for every message and version.
//!
//! For each fixture our decoder must find the values that Kafka's JSON names under the same names, our encoder must give
//! Kafka's bytes back, and `size` must tell their number. Damaged fixtures must never panic, and whatever is still read
//! must survive a round trip. No JVM is needed here.

use std::collections::BTreeSet;

use bytes::BytesMut;
use logboat_core::protocol::{ApiKey, Decoder, Encoder, RequestHeader, ResponseHeader};

use crate::fixtures::{Body, SplitMix, bodies, fixtures, joined};
use crate::rendering;

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
            let bytes = fixture.damaged(&mut random);
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
