//! Rows 26 to 34: lengths and counts that lie, and very many elements.

use std::time::Duration;

use logboat_core::protocol::messages::MetadataRequest;
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Response};
use logboat_tests::cases;
use logboat_tests::client::{Read, raw_request};
use logboat_tests::world::World;

use crate::framing::random;

cases! {
    bad_26_an_array_of_2_to_the_31_elements_closes;
    bad_27_a_count_of_minus_2_is_null { kafka_2: "closes where the count is compact" };
    bad_27_a_count_of_minus_2_closes_where_null_is_not_allowed;
    bad_28_null_closes_where_it_is_not_allowed;
    bad_29_a_string_longer_than_the_frame_closes;
    bad_30_fifty_thousand_unknown_topics;
    bad_31_one_topic_twenty_thousand_times;
    bad_33_records_of_2_to_the_31_bytes_close;
    bad_34_empty_bodies_never_hang;
    bad_34_random_bodies_never_hang { kafka: "may park a random request for a long time" };
}

/// An API, a version in the old form with what stands before its first array, and the same in the flexible form.
type BeforeArray = (ApiKey, i16, Vec<u8>, i16, Vec<u8>);

fn arrays() -> Vec<BeforeArray> {
    let group = |rest: usize| [&[0, 1, b'g'][..], &vec![0; rest]].concat();
    let compact = |rest: usize| [&[2, b'g'][..], &vec![0; rest]].concat();
    vec![
        (ApiKey::Produce, 3, vec![0xff, 0xff, 0, 1, 0, 0, 0, 1], 9, vec![0, 0, 1, 0, 0, 0, 1]),
        (ApiKey::Fetch, 4, vec![0; 17], 12, vec![0; 25]),
        (ApiKey::ListOffsets, 1, vec![0; 4], 6, vec![0; 5]),
        (ApiKey::Metadata, 4, vec![], 9, vec![]),
        (ApiKey::OffsetCommit, 2, group(14), 8, compact(6)),
        (ApiKey::OffsetFetch, 1, group(0), 6, compact(0)),
        (ApiKey::JoinGroup, 2, group(12), 6, [&compact(8)[..], &[1, 0, 1]].concat()),
        (ApiKey::SyncGroup, 2, group(6), 4, [&compact(4)[..], &[1, 0]].concat()),
        (ApiKey::LeaveGroup, 3, group(0), 4, compact(0)),
        (ApiKey::DescribeGroups, 2, vec![], 5, vec![]),
        (ApiKey::DeleteGroups, 1, vec![], 2, vec![]),
        (ApiKey::CreateTopics, 2, vec![], 5, vec![]),
        (ApiKey::DeleteTopics, 1, vec![], 4, vec![]),
        (ApiKey::DeleteRecords, 0, vec![], 2, vec![]),
        (ApiKey::OffsetForLeaderEpoch, 2, vec![], 4, vec![0; 4]),
        (ApiKey::DescribeConfigs, 1, vec![], 4, vec![]),
        (ApiKey::AlterConfigs, 0, vec![], 2, vec![]),
        (ApiKey::DescribeLogDirs, 1, vec![], 2, vec![]),
        (ApiKey::CreatePartitions, 0, vec![], 2, vec![]),
        (ApiKey::IncrementalAlterConfigs, 0, vec![], 1, vec![]),
    ]
}

fn closes(w: &World, key: ApiKey, version: i16, body: &[u8]) {
    if w.offers(key, version) {
        let mut client = w.connect();
        client.send_body(key.code(), version, body);
        client.expect_close();
    }
}

fn bad_26_an_array_of_2_to_the_31_elements_closes(w: &mut World) {
    for (key, old, before, new, before_compact) in arrays() {
        for count in [i32::MAX, 1 << 30, 100_000] {
            let body = [&before[..], &count.to_be_bytes(), &[0; 40]].concat();
            closes(w, key, old, &body);
        }
        // 2^31 − 1 as a count, thus 2^31 − 2 elements; 2^30.
        for count in [&[0xff, 0xff, 0xff, 0xff, 0x07][..], &[0x80, 0x80, 0x80, 0x80, 0x04]] {
            let body = [&before_compact[..], count, &[0; 40]].concat();
            closes(w, key, new, &body);
        }
    }
}

fn bad_27_a_count_of_minus_2_is_null(w: &mut World) {
    let topic = w.topic(1);
    for (version, body) in [
        (1, &(-2_i32).to_be_bytes()[..]),
        // 2^32 − 1 as a compact count is −2 too.
        (9, &[0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 0]),
    ] {
        let mut client = w.connect();
        let id = client.send_body(ApiKey::Metadata.code(), version, body);
        let Response::Metadata(answer) = client.receive(ApiKey::Metadata, version, id) else {
            panic!()
        };
        assert!(
            answer.topics.iter().any(|found| found.name.as_ref() == Some(&topic.name)),
            "v{version}"
        );
    }
}

fn bad_27_a_count_of_minus_2_closes_where_null_is_not_allowed(w: &mut World) {
    for count in [-2_i32, i32::MIN] {
        let body = [&count.to_be_bytes()[..], &[0; 20]].concat();
        closes(w, ApiKey::CreateTopics, 2, &body);
        closes(w, ApiKey::DeleteTopics, 1, &body);
    }
    closes(w, ApiKey::CreateTopics, 5, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0, 0]);
}

fn bad_28_null_closes_where_it_is_not_allowed(w: &mut World) {
    // Null topics; a topic whose name is null, old and compact.
    closes(w, ApiKey::CreateTopics, 2, &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0]);
    closes(
        w,
        ApiKey::CreateTopics,
        2,
        &[0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    );
    closes(w, ApiKey::CreateTopics, 5, &[2, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0]);
    closes(w, ApiKey::Metadata, 4, &[0, 0, 0, 1, 0xff, 0xff, 0]);
    closes(w, ApiKey::Metadata, 9, &[2, 0, 0, 1, 0, 0, 0]);
}

fn bad_29_a_string_longer_than_the_frame_closes(w: &mut World) {
    closes(w, ApiKey::Metadata, 4, &[0, 0, 0, 1, 0x7f, 0xff, b'a', 0]);
    closes(w, ApiKey::Metadata, 4, &[0, 0, 0, 1, 0, 3, b'a', 0]);
    closes(w, ApiKey::Metadata, 9, &[2, 0xff, 0xff, 0x03, b'a', 0, 0, 0, 0, 0]);
    closes(w, ApiKey::FindCoordinator, 1, &[0, 5, b'a', 0]);
}

fn unknown(names: impl Iterator<Item = KString>) -> Box<MetadataRequest> {
    let topic = |name| MetadataRequestTopic { name: Some(name), ..Default::default() };
    Box::new(MetadataRequest {
        topics: Some(names.map(topic).collect()),
        allow_auto_topic_creation: false,
        ..Default::default()
    })
}

fn bad_30_fifty_thousand_unknown_topics(w: &mut World) {
    let begun = w.elapsed();
    let answer =
        w.client().call(unknown((0..50_000).map(|i| KString::from(format!("unknown-{i}")))), 4);
    assert_eq!(answer.topics.len(), 50_000);
    assert!(
        answer.topics.iter().all(|topic| topic.error_code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    );
    assert!(w.elapsed() - begun < 10_000);
    let all = w.client().call(Box::new(MetadataRequest { topics: None, ..Default::default() }), 4);
    assert!(
        !all.topics.iter().any(|topic| topic
            .name
            .as_ref()
            .is_some_and(|n| n.to_string().starts_with("unknown-")))
    );
}

fn bad_31_one_topic_twenty_thousand_times(w: &mut World) {
    let topic = w.topic(1);
    let answer = w.client().call(unknown((0..20_000).map(|_| topic.name.clone())), 4);
    assert!(answer.topics.iter().all(|found| found.name.as_ref() == Some(&topic.name)));
    assert_eq!(answer.topics.len(), 1);
}

fn bad_33_records_of_2_to_the_31_bytes_close(w: &mut World) {
    // Produce v3: one topic "t", one partition 0, records of so many bytes.
    for length in [i32::MAX, 100] {
        let mut body =
            vec![0xff, 0xff, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0];
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(&[0; 20]);
        closes(w, ApiKey::Produce, 3, &body);
    }
    // v9, compact.
    let mut body =
        vec![0, 0, 1, 0, 0, 0, 1, 2, 2, b't', 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x07];
    body.extend_from_slice(&[0; 20]);
    closes(w, ApiKey::Produce, 9, &body);
}

/// Sends a body, then asks for versions: the answer to that comes, or a close.
fn never_hangs(w: &World, key: ApiKey, version: i16, body: &[u8]) {
    let mut client = w.connect();
    client.send_body(key.code(), version, body);
    client.send_frame(&raw_request(18, 0, 4242, &[]));
    loop {
        match client.read(Duration::from_secs(600)) {
            Read::Frame(frame) if frame[..4] == 4242_i32.to_be_bytes() => return,
            Read::Frame(_) => {}
            Read::Closed => return,
            Read::Nothing => panic!("{key} v{version} hangs on {body:02x?}"),
        }
    }
}

fn bad_34_empty_bodies_never_hang(w: &mut World) {
    for key in ApiKey::ALL {
        for version in w.versions(*key) {
            never_hangs(w, *key, version, &[]);
        }
    }
}

fn bad_34_random_bodies_never_hang(w: &mut World) {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for key in ApiKey::ALL {
        for version in w.versions(*key) {
            for _ in 0..4 {
                let length = (random(&mut state) % 80) as usize;
                let body: Vec<u8> = (0..length)
                    .map(|_| {
                        let value = random(&mut state);
                        // Small numbers get further into a body.
                        if value & 0x300 == 0 { value as u8 } else { (value & 3) as u8 }
                    })
                    .collect();
                never_hangs(w, *key, version, &body);
            }
        }
    }
}
