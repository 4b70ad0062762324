//! Rows 1 to 9: frames, headers, versions, order.

use std::time::Duration;

use logboat_core::protocol::messages::api_versions::ApiVersion;
use logboat_core::protocol::messages::{ApiVersionsRequest, MetadataRequest};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Response};
use logboat_tests::ask;
use logboat_tests::batch::batch;
use logboat_tests::cases;
use logboat_tests::client::{Client, Read};
use logboat_tests::world::World;

cases! {
    row_01_api_versions_in_an_unknown_version_is_answered_in_version_0;
    row_02_the_header_of_an_api_versions_response_is_always_version_0;
    row_03_produce_is_advertised_from_version_0;
    row_04_a_client_must_name_its_software_properly;
    row_05_an_unknown_api_or_version_or_body_closes;
    row_06_answers_come_in_the_order_of_requests;
    row_06_a_request_takes_effect_after_those_before_it;
    row_07_a_frame_too_large_or_negative_closes;
    row_08_without_a_quota_nothing_is_throttled;
    row_09_unknown_tagged_fields_are_ignored { kafka_2: "closes where a tag comes twice or out of order" };
    row_09_bytes_after_the_body_are_ignored;
    row_09_a_length_beyond_the_frame_closes;
    row_09_any_negative_array_length_is_null;
}

fn api_versions(name: &str, version: &str) -> Box<ApiVersionsRequest> {
    Box::new(ApiVersionsRequest {
        client_software_name: name.into(),
        client_software_version: version.into(),
    })
}

fn row_01_api_versions_in_an_unknown_version_is_answered_in_version_0(w: &mut World) {
    for version in [99, i16::MAX, -1] {
        let mut client = w.connect();
        // No version has this body: it must not be read.
        let id = client.send_body(ApiKey::ApiVersions.code(), version, &[0xff; 9]);
        let Response::ApiVersions(answer) = client.receive(ApiKey::ApiVersions, 0, id) else {
            panic!()
        };
        assert_eq!(answer.error_code, ErrorCode::UNSUPPORTED_VERSION);
        let [ApiVersion { api_key: 18, min_version: 0, max_version }] = answer.api_keys[..] else {
            panic!("{answer:?}")
        };
        assert!(max_version >= 3);
        // The client asks again on the same connection.
        assert_eq!(client.call(api_versions("x", "1"), 3).error_code, ErrorCode::NONE);
    }
}

fn row_02_the_header_of_an_api_versions_response_is_always_version_0(w: &mut World) {
    for version in w.versions(ApiKey::ApiVersions) {
        let mut client = w.connect();
        let id = client.send(api_versions("x", "1"), version);
        let Read::Frame(frame) = client.read(Duration::from_secs(20)) else { panic!("no answer") };
        assert_eq!(frame[..4], id.to_be_bytes());
        assert_eq!(frame[4..6], [0, 0], "the error stands right behind the correlation id");
        // A header with tagged fields would put the second byte of the error here.
        let many = if version >= 3 { frame[6] > 1 } else { frame[9] > 0 };
        assert!(many, "v{version}: {:02x?}", &frame[..16]);
    }
}

fn row_03_produce_is_advertised_from_version_0(w: &mut World) {
    let answer = w.client().call(api_versions("x", "1"), 3);
    let produce = answer.api_keys.iter().find(|api| api.api_key == 0).expect("Produce is there");
    assert_eq!(produce.min_version, 0);
}

fn row_04_a_client_must_name_its_software_properly(w: &mut World) {
    for version in w.versions(ApiKey::ApiVersions).filter(|version| *version >= 3) {
        for (name, software, legal) in [
            ("apache-kafka-java", "4.3.1", true),
            ("a", "1", true),
            ("a.b-c", "v1.0-rc.1", true),
            ("", "1", false),
            ("a", "", false),
            ("-a", "1", false),
            ("a.", "1", false),
            ("a b", "1", false),
            ("a_b", "1", false),
            ("a", "1/2", false),
            ("ä", "1", false),
        ] {
            let answer = w.client().call(api_versions(name, software), version);
            let expected = if legal { ErrorCode::NONE } else { ErrorCode::INVALID_REQUEST };
            assert_eq!(answer.error_code, expected, "{name:?} {software:?}");
            assert_eq!(answer.api_keys.is_empty(), !legal, "{name:?} {software:?}");
        }
    }
}

fn row_05_an_unknown_api_or_version_or_body_closes(w: &mut World) {
    let metadata = ApiKey::Metadata.code();
    for (key, version, body) in [
        (9999, 0, &[0; 8][..]),
        (-1, 0, &[0; 8]),
        (metadata, 99, &[0; 8]),
        (metadata, -1, &[0; 8]),
        (ApiKey::Produce.code(), 99, &[0; 8]),
        // A string that is longer than the frame.
        (metadata, 4, &[0, 0, 0, 1, 0x7f, 0xff, b'a']),
        // An array without its elements.
        (metadata, 4, &[0, 0, 0, 2]),
        // No body at all.
        (metadata, 4, &[]),
    ] {
        let mut client = w.connect();
        client.send_body(key, version, body);
        client.expect_close();
    }
    assert_eq!(w.connect().call(api_versions("x", "1"), 3).error_code, ErrorCode::NONE);
}

fn row_06_answers_come_in_the_order_of_requests(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let (produce, fetch) = (w.newest(ApiKey::Produce, 12), w.newest(ApiKey::Fetch, 12));
    let client = w.client();
    let mut expected = Vec::new();
    for i in 0..20 {
        match i % 4 {
            0 => expected.push((ApiKey::ApiVersions, 3, client.send(api_versions("x", "1"), 3))),
            1 => {
                let request = ask::produce(&topic.name, 0, batch(now, &["v"]));
                expected.push((ApiKey::Produce, produce, client.send(request, produce)));
            }
            2 => {
                // It could be answered at once, but must wait for its turn.
                let request = ask::fetch(&topic.name, 0, 0);
                expected.push((ApiKey::Fetch, fetch, client.send(request, fetch)));
            }
            _ => {
                let request =
                    Box::new(MetadataRequest { topics: Some(Vec::new()), ..Default::default() });
                expected.push((ApiKey::Metadata, 4, client.send(request, 4)));
            }
        }
    }
    for (key, version, id) in expected {
        assert_eq!(client.receive(key, version, id).api_key(), key);
    }
}

fn row_06_a_request_takes_effect_after_those_before_it(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    let (produce, list) = (w.newest(ApiKey::Produce, 12), w.newest(ApiKey::ListOffsets, 11));
    let client = w.client();
    let ids: Vec<_> = (0..5)
        .map(|_| client.send(ask::produce(&topic.name, 0, batch(now, &["a", "b"])), produce))
        .collect();
    let end = client.send(ask::list_offsets(&topic.name, 0, -1), list);
    for (i, id) in ids.into_iter().enumerate() {
        let answer = client.answer::<logboat_core::protocol::messages::ProduceRequest>(produce, id);
        let answer = &answer.responses[0].partition_responses[0];
        assert_eq!((answer.error_code, answer.base_offset), (ErrorCode::NONE, 2 * i as i64));
    }
    let answer = client.answer::<logboat_core::protocol::messages::ListOffsetsRequest>(list, end);
    assert_eq!(answer.topics[0].partitions[0].offset, 10);
}

fn row_07_a_frame_too_large_or_negative_closes(w: &mut World) {
    for length in [-1, i32::MIN, i32::MAX, (100 << 20) + 1] {
        let mut client = w.connect();
        // On the fourth byte: there is nothing more to come.
        client.send_raw(&length.to_be_bytes());
        client.expect_close();
    }
}

fn row_08_without_a_quota_nothing_is_throttled(w: &mut World) {
    let topic = w.topic(1);
    let now = w.now();
    for version in w.versions(ApiKey::Produce).filter(|version| (3..13).contains(version)) {
        let request = ask::produce(&topic.name, 0, batch(now, &["v"]));
        assert_eq!(w.client().call(request, version).throttle_time_ms, 0);
    }
    for version in w.versions(ApiKey::Fetch).filter(|version| *version < 13) {
        assert_eq!(w.client().call(ask::fetch(&topic.name, 0, 0), version).throttle_time_ms, 0);
    }
    for version in w.versions(ApiKey::ApiVersions) {
        assert_eq!(w.client().call(api_versions("x", "1"), version).throttle_time_ms, 0);
    }
}

/// ApiVersions v3 with these tagged fields in its header and behind its body.
fn tagged(client: &mut Client, header: &[u8], body: &[u8]) {
    let mut frame = vec![0, 18, 0, 3, 0, 0, 0, 77, 0xff, 0xff];
    frame.extend_from_slice(header);
    frame.extend_from_slice(&[2, b'x', 2, b'1']);
    frame.extend_from_slice(body);
    client.send_frame(&frame);
}

fn row_09_unknown_tagged_fields_are_ignored(w: &mut World) {
    let one = [1, 9, 2, 0xaa, 0xbb];
    let twice = [2, 9, 2, 0xaa, 0xbb, 9, 1, 0xcc];
    let descending = [2, 0xe7, 0x07, 0, 3, 1, 0xdd];
    for tags in [&one[..], &twice, &descending] {
        for (header, body) in [(tags, &[0][..]), (&[0], tags), (tags, tags)] {
            let mut client = w.connect();
            tagged(&mut client, header, body);
            let Response::ApiVersions(answer) = client.receive(ApiKey::ApiVersions, 3, 77) else {
                panic!()
            };
            assert_eq!(answer.error_code, ErrorCode::NONE);
        }
    }
}

fn row_09_bytes_after_the_body_are_ignored(w: &mut World) {
    let mut client = w.connect();
    tagged(&mut client, &[0], &[0, 1, 2, 3, 4, 5]);
    client.receive(ApiKey::ApiVersions, 3, 77);
    let id = client.send_body(ApiKey::Metadata.code(), 1, &[0, 0, 0, 0, 0xff, 0xff, 0xff]);
    client.receive(ApiKey::Metadata, 1, id);
}

fn row_09_a_length_beyond_the_frame_closes(w: &mut World) {
    let varint_max = [0xff, 0xff, 0xff, 0xff, 0x07];
    for (version, body) in [
        // An array of 2^31−1 topics, not compact and compact.
        (1, &[0x7f, 0xff, 0xff, 0xff][..]),
        (9, &varint_max),
        // A compact string of 2^31−2 bytes.
        (9, &[2, 0xff, 0xff, 0xff, 0xff, 0x07, b'a']),
        // A tagged field of 2^31−1 bytes, after null topics and three booleans.
        (9, &[0, 0, 0, 0, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x07, 1]),
    ] {
        let mut client = w.connect();
        client.send_body(ApiKey::Metadata.code(), version, body);
        client.expect_close();
    }
}

fn row_09_any_negative_array_length_is_null(w: &mut World) {
    let topic = w.topic(1);
    for length in [-1_i32, -2, i32::MIN] {
        let mut client = w.connect();
        let id = client.send_body(ApiKey::Metadata.code(), 1, &length.to_be_bytes());
        let Response::Metadata(answer) = client.receive(ApiKey::Metadata, 1, id) else { panic!() };
        let names: Vec<Option<KString>> =
            answer.topics.iter().map(|topic| topic.name.clone()).collect();
        assert!(names.contains(&Some(topic.name.clone())), "null asks for all topics");
    }
}
