use super::*;
use alloc::vec;

fn text(text: &str) -> KString {
    KString::from(text)
}

/// The bytes as Kafka's `OffsetCommitKey` and `OffsetCommitValue` give them.
#[test]
fn an_offset_stands_as_kafka_writes_it() {
    let value = OffsetCommitValue {
        offset: 5,
        leader_epoch: 2,
        metadata: text("m"),
        commit_timestamp: 1000,
        expire_timestamp: -1,
    };
    let record = GroupRecord::Offset {
        group: text("g"),
        topic: text("t"),
        partition: 3,
        value: Some(value.clone()),
    };
    let (key, stored) = record.encode();
    assert_eq!(&key[..], b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x03");
    let expected = b"\x00\x03\0\0\0\0\0\0\0\x05\0\0\0\x02\x00\x01m\0\0\0\0\0\0\x03\xe8";
    assert_eq!(stored.as_deref(), Some(&expected[..]));
    assert_eq!(GroupRecord::decode(&key, stored.as_deref()), Some(record));
    // With a time of its own to go it is written in version 1, which has no epoch.
    let value = OffsetCommitValue { expire_timestamp: 9, leader_epoch: -1, ..value };
    let record = GroupRecord::Offset {
        group: text("g"),
        topic: text("t"),
        partition: 3,
        value: Some(value),
    };
    let (key, stored) = record.encode();
    let expected = b"\x00\x01\0\0\0\0\0\0\0\x05\x00\x01m\0\0\0\0\0\0\x03\xe8\0\0\0\0\0\0\0\x09";
    assert_eq!(stored.as_deref(), Some(&expected[..]));
    assert_eq!(GroupRecord::decode(&key, stored.as_deref()), Some(record));
}

fn generation() -> GroupMetadataValue {
    let member = MemberMetadata {
        member_id: text("m-1"),
        group_instance_id: Some(text("i")),
        client_id: text("c"),
        client_host: text("/127.0.0.1"),
        rebalance_timeout: 300_000,
        session_timeout: 10_000,
        subscription: Bytes::from_static(b"says"),
        assignment: Bytes::from_static(b"gets"),
    };
    GroupMetadataValue {
        protocol_type: text("consumer"),
        generation: 7,
        protocol: Some(text("range")),
        leader: Some(text("m-1")),
        current_state_timestamp: 12,
        members: vec![member],
    }
}

#[test]
fn a_generation_comes_back_and_a_tombstone_has_no_value() {
    let record = GroupRecord::Group { group: text("g"), value: Some(generation()) };
    let (key, value) = record.encode();
    assert_eq!(&key[..], b"\x00\x02\x00\x01g");
    assert_eq!(value.as_ref().map(|value| &value[..2]), Some(&b"\x00\x03"[..]));
    assert_eq!(GroupRecord::decode(&key, value.as_deref()), Some(record.clone()));
    assert!(key.len() + value.map_or(0, |value| value.len()) <= record.size());
    let gone = GroupRecord::Group { group: text("g"), value: None };
    let (key, value) = gone.encode();
    assert_eq!(value, None);
    assert_eq!(GroupRecord::decode(&key, None), Some(gone));
}

#[test]
fn what_is_not_understood_is_none() {
    let (key, value) = GroupRecord::Group { group: text("g"), value: Some(generation()) }.encode();
    let value = value.unwrap_or_default();
    for cut in 0..value.len() {
        assert_eq!(GroupRecord::decode(&key, value.get(..cut)), None, "cut at {cut}");
    }
    for unknown in [&b""[..], b"\x00", b"\x00\x03\x00\x01g", b"\x7f\xff\x00", b"\xff\xff\x00\x01g"]
    {
        assert_eq!(GroupRecord::decode(unknown, Some(&value)), None, "{unknown:?}");
    }
}

/// `Utils.abs("…".hashCode()) % 50` in Java.
#[test]
fn a_group_is_in_the_partition_of_its_javas_hash() {
    for (group, partition) in [("testgroup", 27), ("", 0), ("group", 47), ("métriques", 11)] {
        assert_eq!(partition_for(&text(group), 50), partition, "{group}");
    }
}
