//! Rows 63 to 70: Produce requests whose batches are good.

use logboat_core::protocol::messages::MetadataRequest;
use logboat_core::protocol::messages::produce::PartitionProduceData;
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_tests::ask;
use logboat_tests::batch::{batch, records};
use logboat_tests::cases;
use logboat_tests::group::commit;
use logboat_tests::world::{Topic, World, bytes_of};

cases! {
    bad_63_one_partition_twice { kafka: "the last one counts, and there is one answer" };
    bad_64_unknown_topics_and_partitions;
    bad_65_illegal_topic_names;
    bad_66_unknown_acks;
    bad_67_a_negative_timeout_is_none;
    bad_68_acks_0_with_a_corrupt_batch_closes;
    bad_69_acks_0_is_stored_without_an_answer;
    bad_70_internal_topics;
}

fn bad_63_one_partition_twice(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let data = |value: &str| PartitionProduceData { index: 0, records: Some(batch(now, &[value])) };
    let request = ask::produce_all(&topic.name, [data("first"), data("second")]);
    let version = w.newest(ApiKey::Produce, 12);
    let answer = w.client().call(request, version);
    let answers = &answer.responses[0].partition_responses;
    assert_eq!(answers.len(), 2);
    let stored = records(&bytes_of(&w.fetch(&topic, 0, 0)));
    // Each is answered for what was appended of it.
    let appended = answers.iter().filter(|answer| answer.error_code == ErrorCode::NONE);
    let mut offsets: Vec<_> = appended.map(|answer| answer.base_offset).collect();
    offsets.sort_unstable();
    assert!(stored.iter().map(|record| record.offset).eq(offsets));
}

fn bad_64_unknown_topics_and_partitions(w: &mut World) {
    let topic = w.topic(1);
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    let now = w.now();
    for (topic, partition) in
        [(&nowhere, 0), (&topic, 1), (&topic, -1), (&topic, i32::MIN), (&topic, i32::MAX)]
    {
        let answer = w.produce(topic, partition, batch(now, &["v"]));
        assert_eq!(answer.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "{partition}");
        assert_eq!((answer.index, answer.base_offset), (partition, -1));
    }
}

/// Names that no topic may have.
pub(crate) fn illegal() -> Vec<KString> {
    let mut names: Vec<KString> = [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "a\0b",
        "a\r\nb",
        "a b",
        "ä",
        "a:b",
        "a*",
        "\u{202e}a",
    ]
    .map(KString::from)
    .into();
    names.push("x".repeat(250).into());
    names.push("x".repeat(32_000).into());
    names.push(KString::from(bytes::Bytes::from_static(&[0xff, 0xfe, 0x80])));
    names
}

fn bad_65_illegal_topic_names(w: &mut World) {
    let version = w.newest(ApiKey::Produce, 12);
    for name in illegal() {
        let answer = w.produce_v(version, ask::produce(&name, 0, batch(w.now(), &["v"])));
        let codes = [ErrorCode::INVALID_TOPIC_EXCEPTION, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION];
        assert!(codes.contains(&answer.error_code), "{name}: {answer:?}");
        assert_eq!(answer.base_offset, -1);
    }
}

fn bad_66_unknown_acks(w: &mut World) {
    let topic = w.topic(1);
    for acks in [2, -2, i16::MAX, i16::MIN] {
        let mut request = ask::produce(&topic.name, 0, batch(w.now(), &["v"]));
        request.acks = acks;
        let version = w.newest(ApiKey::Produce, 12);
        let answer = w.produce_v(version, request);
        let seen = (answer.error_code, answer.base_offset);
        assert_eq!(seen, (ErrorCode::INVALID_REQUIRED_ACKS, -1), "{acks}");
    }
    assert_eq!(w.end(&topic, 0), 0);
}

fn bad_67_a_negative_timeout_is_none(w: &mut World) {
    let topic = w.topic(1);
    for (offset, timeout_ms) in [(0, -1), (1, i32::MIN), (2, 0)] {
        let mut request = ask::produce(&topic.name, 0, batch(w.now(), &["v"]));
        request.timeout_ms = timeout_ms;
        let version = w.newest(ApiKey::Produce, 12);
        let answer = w.produce_v(version, request);
        assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::NONE, offset));
    }
}

fn bad_68_acks_0_with_a_corrupt_batch_closes(w: &mut World) {
    let topic = w.topic(1);
    let mut corrupt = batch(w.now(), &["v"]);
    corrupt[20] ^= 1;
    let mut request = ask::produce(&topic.name, 0, corrupt);
    request.acks = 0;
    let version = w.newest(ApiKey::Produce, 12);
    let mut client = w.connect();
    client.send(request, version);
    client.expect_close();
    assert_eq!(w.end(&topic, 0), 0);
}

fn bad_69_acks_0_is_stored_without_an_answer(w: &mut World) {
    let topic = w.topic(1);
    let mut request = ask::produce(&topic.name, 0, batch(w.now(), &["v"]));
    request.acks = 0;
    let version = w.newest(ApiKey::Produce, 12);
    w.client().send(request, version);
    // The next answer is the next request's.
    w.client()
        .call(Box::new(MetadataRequest { topics: Some(Vec::new()), ..Default::default() }), 4);
    assert_eq!(w.end(&topic, 0), 1);
}

fn bad_70_internal_topics(w: &mut World) {
    // The first commit makes it.
    let (topic, group) = (w.topic(1), w.name("g"));
    assert_eq!(commit(w, &group, &topic, 1), ErrorCode::NONE);
    let offsets = KString::from_static("__consumer_offsets");
    let version = w.newest(ApiKey::Produce, 12);
    let answer = w.produce_v(version, ask::produce(&offsets, 0, batch(w.now(), &["v"])));
    assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::INVALID_TOPIC_EXCEPTION, -1));
}
