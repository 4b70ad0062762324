//! Row 44 and what belongs to it: message sets of the formats before version 2, and zstd.

use bytes::{Bytes, BytesMut};
use logboat_core::protocol::messages::fetch::PartitionData;
use logboat_core::protocol::{ApiKey, ErrorCode};
use logboat_core::record::{BatchBuilder, Codec};
use logboat_tests::ask;
use logboat_tests::batch::{build, headers, packed, records};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World, bytes_of};

cases! {
    row_44_fetch_0_and_1_get_messages_of_magic_0 { kafka_4: "serves Fetch from version 4" };
    row_44_fetch_2_and_3_get_messages_of_magic_1 { kafka_4: "serves Fetch from version 4" };
    row_44_old_formats_begin_at_the_offset_asked_for { kafka_4: "serves Fetch from version 4" };
    row_44_zstd_has_no_old_format {
        kafka_3: "the records beside the error are null",
        kafka_4: "serves Fetch from version 4",
    };
    row_44_zstd_is_sent_as_it_is_from_version_4;
    row_44_a_topic_of_zstd_is_no_exception {
        kafka_2: "UNSUPPORTED_COMPRESSION_TYPE below Fetch 10",
        kafka_3: "UNSUPPORTED_COMPRESSION_TYPE below Fetch 10",
    };
    row_44_messages_of_magic_0_are_stored_as_batches { kafka_4: "serves Produce from version 3" };
    row_44_messages_of_magic_1_are_stored_as_batches { kafka_4: "serves Produce from version 3" };
    row_44_a_broken_message_is_corrupt { kafka_4: "serves Produce from version 3" };
}

/// A message of the old formats.
#[derive(Debug, PartialEq)]
struct Message {
    offset: i64,
    magic: i8,
    attributes: u8,
    timestamp: Option<i64>,
    key: Option<Bytes>,
    value: Option<Bytes>,
}

/// CRC-32 of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

fn nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    let length = bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).expect("short"));
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}

fn encode(message: &Message) -> Vec<u8> {
    let mut body = vec![message.magic.cast_unsigned(), message.attributes];
    if let Some(timestamp) = message.timestamp {
        body.extend_from_slice(&timestamp.to_be_bytes());
    }
    nullable(&mut body, message.key.as_deref());
    nullable(&mut body, message.value.as_deref());
    let mut out = message.offset.to_be_bytes().to_vec();
    out.extend_from_slice(&i32::try_from(body.len() + 4).expect("short").to_be_bytes());
    out.extend_from_slice(&crc32(&body).to_be_bytes());
    out.extend_from_slice(&body);
    out
}

/// The whole messages of a set, each with a right checksum; a cut last one is left out.
fn decode(bytes: &[u8]) -> Vec<Message> {
    let mut rest = bytes;
    let mut messages = Vec::new();
    while rest.len() >= 12 {
        let offset = i64::from_be_bytes(rest[..8].try_into().expect("8"));
        let length = i32::from_be_bytes(rest[8..12].try_into().expect("4"));
        let end = 12 + usize::try_from(length).expect("a length");
        let Some(body) = rest.get(12..end) else { break };
        assert_eq!(body[..4], crc32(&body[4..]).to_be_bytes(), "the checksum at offset {offset}");
        let magic = body[4].cast_signed();
        let mut at = 6;
        let timestamp = (magic == 1).then(|| {
            at = 14;
            i64::from_be_bytes(body[6..14].try_into().expect("8"))
        });
        let mut field = || {
            let length = i32::from_be_bytes(body[at..at + 4].try_into().expect("4"));
            at += 4;
            let length = usize::try_from(length).ok()?;
            at += length;
            Some(Bytes::copy_from_slice(&body[at - length..at]))
        };
        let (key, value) = (field(), field());
        messages.push(Message { offset, magic, attributes: body[5], timestamp, key, value });
        rest = &rest[end..];
    }
    messages
}

fn fetch_in(w: &mut World, topic: &Topic, offset: i64, version: i16) -> PartitionData {
    let answer = w.client().call(ask::fetch(&topic.name, 0, offset), version);
    answer.responses[0].partitions[0].clone()
}

/// Two batches: offsets 0 to 2 and 3 to 4.
fn filled(w: &mut World, codec: Codec) -> (Topic, i64) {
    let topic = w.topic(1);
    let now = w.now();
    let mut first = BatchBuilder::new(codec);
    first.append(now, Some(b"k0"), Some(b"v0"), &[]);
    first.append(now + 1, None, Some(b"v1"), &[]);
    first.append(now + 2, Some(b"k2"), None, &[]);
    w.append(&topic, 0, build(first));
    let mut second = BatchBuilder::new(codec);
    second.append(now + 3, Some(b""), Some(b""), &[]);
    second.append(now + 4, Some(b"k4"), Some(b"v4"), &[]);
    w.append(&topic, 0, build(second));
    (topic, now)
}

fn expected(magic: i8, now: i64) -> Vec<Message> {
    let message = |offset, key: Option<&'static str>, value: Option<&'static str>| Message {
        offset,
        magic,
        attributes: 0,
        timestamp: (magic == 1).then_some(now + offset),
        key: key.map(Bytes::from),
        value: value.map(Bytes::from),
    };
    vec![
        message(0, Some("k0"), Some("v0")),
        message(1, None, Some("v1")),
        message(2, Some("k2"), None),
        message(3, Some(""), Some("")),
        message(4, Some("k4"), Some("v4")),
    ]
}

/// Everything from `offset` on, as a consumer reads it: an answer may end before the end, but not make no progress.
fn read_all(w: &mut World, topic: &Topic, offset: i64, version: i16) -> Vec<Message> {
    let mut all = Vec::new();
    let mut next = offset;
    while next < 5 {
        let messages = decode(&bytes_of(&fetch_in(w, topic, next, version)));
        let last = messages.last().map_or(-1, |message| message.offset);
        assert!(last >= next, "v{version} at {next}");
        all.extend(messages.into_iter().filter(|message| message.offset >= next));
        next = last + 1;
    }
    all
}

fn reads_back(w: &mut World, versions: [i16; 2], magic: i8) {
    let (topic, now) = filled(w, Codec::None);
    for version in versions {
        let data = fetch_in(w, &topic, 0, version);
        assert_eq!((data.error_code, data.high_watermark), (ErrorCode::NONE, 5));
        assert_eq!(read_all(w, &topic, 0, version), expected(magic, now), "v{version}");
        assert!(bytes_of(&fetch_in(w, &topic, 5, version)).is_empty());
    }
}

fn row_44_fetch_0_and_1_get_messages_of_magic_0(w: &mut World) {
    reads_back(w, [0, 1], 0);
}

fn row_44_fetch_2_and_3_get_messages_of_magic_1(w: &mut World) {
    reads_back(w, [2, 3], 1);
}

fn row_44_old_formats_begin_at_the_offset_asked_for(w: &mut World) {
    let (topic, _) = filled(w, Codec::None);
    for version in 0..=3 {
        for offset in 0..5 {
            let messages = decode(&bytes_of(&fetch_in(w, &topic, offset, version)));
            let offsets: Vec<_> = messages.iter().map(|message| message.offset).collect();
            // The batch around the offset may come whole; a consumer drops what lies before it.
            let batch = if offset < 3 { 0 } else { 3 };
            assert!((batch..=offset).contains(&offsets[0]), "v{version} at {offset}: {offsets:?}");
            let read = read_all(w, &topic, offset, version);
            assert!(
                read.iter().map(|message| message.offset).eq(offset..5),
                "v{version} at {offset}"
            );
        }
    }
}

fn row_44_zstd_has_no_old_format(w: &mut World) {
    let (topic, _) = filled(w, Codec::Zstd);
    for version in 0..=3 {
        let data = fetch_in(w, &topic, 0, version);
        assert_eq!(data.error_code, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE, "v{version}");
        assert!(bytes_of(&data).is_empty());
    }
}

fn goes_out_as_zstd(w: &mut World, topic: &Topic, versions: impl Iterator<Item = i16>) {
    let sent = packed(Codec::Zstd, w.now(), &["a", "b"]);
    w.append(topic, 0, sent);
    for version in versions {
        let data = fetch_in(w, topic, 0, version);
        assert_eq!(data.error_code, ErrorCode::NONE, "v{version}");
        let stored = bytes_of(&data);
        assert_eq!(headers(&stored)[0].codec(), Some(Codec::Zstd));
        assert_eq!(records(&stored).len(), 2);
    }
}

fn row_44_zstd_is_sent_as_it_is_from_version_4(w: &mut World) {
    let topic = w.topic(1);
    let versions = w.versions(ApiKey::Fetch).filter(|version| (4..13).contains(version));
    goes_out_as_zstd(w, &topic, versions);
}

fn row_44_a_topic_of_zstd_is_no_exception(w: &mut World) {
    let topic = w.topic_with(1, &[("compression.type", "zstd")]);
    let versions = w.versions(ApiKey::Fetch).filter(|version| (4..13).contains(version));
    goes_out_as_zstd(w, &topic, versions);
}

fn stored_as_batches(w: &mut World, magic: i8) {
    for version in 0..=2 {
        let topic = w.topic(1);
        let now = w.now();
        // What a producer sends: offsets count up from 0.
        let set: Vec<u8> = expected(magic, now).iter().flat_map(encode).collect();
        let answer = w.produce_v(version, ask::produce(&topic.name, 0, BytesMut::from(&set[..])));
        assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::NONE, 0), "v{version}");
        let stored = bytes_of(&w.fetch(&topic, 0, 0));
        assert!(headers(&stored).iter().all(|header| header.magic == 2));
        let read = records(&stored);
        assert_eq!(read.len(), 5);
        for (record, message) in read.iter().zip(expected(magic, now)) {
            assert_eq!(
                (record.offset, &record.key, &record.value),
                (message.offset, &message.key, &message.value)
            );
            // Format 0 has no stamps, and its records have none.
            assert_eq!(record.timestamp, message.timestamp.unwrap_or(-1));
        }
        let again = w.produce_v(version, ask::produce(&topic.name, 0, BytesMut::from(&set[..])));
        assert_eq!((again.error_code, again.base_offset), (ErrorCode::NONE, 5));
    }
}

fn row_44_messages_of_magic_0_are_stored_as_batches(w: &mut World) {
    stored_as_batches(w, 0);
}

fn row_44_messages_of_magic_1_are_stored_as_batches(w: &mut World) {
    stored_as_batches(w, 1);
}

fn row_44_a_broken_message_is_corrupt(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for magic in [0, 1] {
        let mut set: Vec<u8> = expected(magic, now).iter().flat_map(encode).collect();
        let last = set.len() - 1;
        set[last] ^= 1;
        let answer = w.produce_v(2, ask::produce(&topic.name, 0, BytesMut::from(&set[..])));
        assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::CORRUPT_MESSAGE, -1));
    }
    assert_eq!(w.end(&topic, 0), 0, "none of the good ones before it");
}
