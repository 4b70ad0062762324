//! The codec against the crate `kafka-protocol`, which owes nothing to Kafka's Java code: every message and version that
//! both know, both ways, with the values of the oracle's fixtures and with what damage makes of them.

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey as TheirKey, RequestKind, ResponseKind};
use logboat_core::protocol::ApiKey;

use crate::fixtures::{Fixture, SplitMix, bodies};

/// Versions that their table of APIs names, but their messages do not have.
const NOT_THEIRS: [(&str, i16); 3] =
    [("InitProducerIdRequest", 6), ("OffsetCommitRequest", 10), ("OffsetFetchRequest", 10)];

/// Whether they know the fixture's version.
fn known_to_them(fixture: &Fixture) -> bool {
    if NOT_THEIRS.contains(&(fixture.name.as_str(), fixture.version)) {
        return false;
    }
    let key = fixture.api().expect("a body").0.code();
    let versions = TheirKey::try_from(key).expect("a key that both know").valid_versions();
    (versions.min..=versions.max).contains(&fixture.version)
}

/// What they read out of `bytes`, written by them; none where they cannot read it.
fn through_them(fixture: &Fixture, bytes: &[u8]) -> Option<Vec<u8>> {
    let (key, is_request) = fixture.api().expect("a body");
    let key = TheirKey::try_from(key.code()).expect("a key that both know");
    let (mut read, mut written) = (Bytes::copy_from_slice(bytes), BytesMut::new());
    if is_request {
        let message = RequestKind::decode(key, &mut read, fixture.version).ok()?;
        message.encode(&mut written, fixture.version).ok()?;
    } else {
        let message = ResponseKind::decode(key, &mut read, fixture.version).ok()?;
        message.encode(&mut written, fixture.version).ok()?;
    }
    assert!(read.is_empty(), "{} {}: bytes left", fixture.name, fixture.version);
    Some(written.to_vec())
}

#[test]
fn both_read_and_write_the_same() {
    let mut met = BTreeSet::new();
    for fixture in bodies().filter(known_to_them) {
        let ours = fixture.encode(&fixture.decode(&fixture.bytes).expect("a message"));
        let theirs = through_them(&fixture, &ours);
        assert_eq!(theirs.as_deref(), Some(&ours[..]), "{} {}", fixture.name, fixture.version);
        met.insert((fixture.api(), fixture.version));
    }
    let all: usize = ApiKey::ALL
        .iter()
        .map(|key| {
            let versions =
                TheirKey::try_from(key.code()).expect("a key that both know").valid_versions();
            key.versions().filter(|version| (versions.min..=versions.max).contains(version)).count()
                * 2
        })
        .sum();
    assert_eq!(met.len(), all - NOT_THEIRS.len(), "a version that both know was not met");
}

#[test]
fn both_read_and_write_the_same_of_what_damage_leaves() {
    let (mut random, mut both) = (SplitMix(2), 0_u32);
    for fixture in bodies().filter(known_to_them) {
        for _ in 0..20 {
            let Ok(body) = fixture.decode(&fixture.damaged(&mut random)) else { continue };
            // They refuse strings that are not UTF-8.
            let ours = fixture.encode(&body);
            let Some(theirs) = through_them(&fixture, &ours) else { continue };
            assert_eq!(theirs, ours, "{} {}: {body:?}", fixture.name, fixture.version);
            assert_eq!(fixture.encode(&fixture.decode(&theirs).expect("their bytes")), ours);
            both += 1;
        }
    }
    assert!(both > 5_000, "only {both} messages could be read by both");
}
