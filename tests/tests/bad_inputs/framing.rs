//! Rows 1 to 25: frames and headers.

use std::time::Duration;

use logboat_core::protocol::messages::{
    ApiVersionsRequest, MetadataRequest, SaslAuthenticateRequest, SaslHandshakeRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Response};
use logboat_tests::cases;
use logboat_tests::client::{Read, raw_request};
use logboat_tests::world::World;

cases! {
    bad_01_a_negative_length_closes;
    bad_02_a_frame_shorter_than_a_header_closes;
    bad_03_a_huge_length_closes_on_its_fourth_byte;
    bad_04_announced_and_not_sent { kafka: "sets aside what is announced at once, and dies of it with 512 MiB of heap" };
    bad_05_half_a_frame_and_gone;
    bad_06_one_byte_at_a_time;
    bad_07_a_header_that_never_ends_closes { virtual_time: true, kafka: "waits ten minutes: connections.max.idle.ms" };
    bad_07_a_body_that_never_ends_is_idle {
        virtual_time: true,
        config: &[("connections.max.idle.ms", "600000")],
    };
    bad_08_half_frames_held;
    bad_09_other_protocols_close;
    bad_10_garbage_never_hangs;
    bad_11_bytes_after_the_body;
    bad_12_a_thousand_requests_in_one_go;
    bad_14_connections_that_come_and_go;
    bad_15_unknown_api_keys_close;
    bad_16_unsupported_versions_close;
    bad_17_api_versions_in_any_version;
    bad_18_a_client_id_longer_than_the_frame_closes;
    bad_18_any_negative_client_id_length_is_null;
    bad_19_any_client_id_is_answered;
    bad_20_lying_tags_close;
    bad_20_a_count_of_tags_above_2_to_the_31_closes {
        kafka: "reads it as a negative count, thus none, and answers (4.4 closes)",
    };
    bad_21_unknown_tags_are_ignored { kafka_2: "closes where a tag comes twice or out of order" };
    bad_22_an_illegal_software_name;
    bad_23_a_negative_correlation_id_is_echoed;
    bad_24_apis_between_brokers_close { kafka_2: "serves them on the same listener" };
    bad_25_sasl_where_there_is_none { kafka_2: "needs no test: a listener without SASL answers the same" };
}

fn bad_01_a_negative_length_closes(w: &mut World) {
    for length in [-1, -2, i32::MIN] {
        let mut client = w.connect();
        client.send_raw(&length.to_be_bytes());
        client.expect_close();
    }
}

fn bad_02_a_frame_shorter_than_a_header_closes(w: &mut World) {
    for length in 0..=8 {
        let mut client = w.connect();
        client.send_frame(&vec![0; length]);
        client.expect_close();
    }
}

fn bad_03_a_huge_length_closes_on_its_fourth_byte(w: &mut World) {
    for length in [i32::MAX, (100 << 20) + 1, i32::from_be_bytes(*b"GET ")] {
        let mut client = w.connect();
        client.send_raw(&length.to_be_bytes());
        client.expect_close();
    }
}

fn bad_04_announced_and_not_sent(w: &mut World) {
    let mut held = Vec::new();
    for _ in 0..24 {
        let mut client = w.connect();
        client.send_raw(&(32_i32 << 20).to_be_bytes());
        client.send_raw(&raw_request(3, 4, 1, &[0; 1000]));
        held.push(client);
    }
    w.alive();
    // They are kept, and can still say what they announced.
    held[0].expect_silence(Duration::from_millis(100));
}

fn bad_05_half_a_frame_and_gone(w: &mut World) {
    for bytes in [&[0, 0][..], &[0, 0, 0, 20, 0, 18, 0], &[0, 0, 1, 0, 0, 3, 0, 4, 0, 0, 0, 1]] {
        let mut client = w.connect();
        client.send_raw(bytes);
        drop(client);
        w.alive();
    }
}

fn bad_06_one_byte_at_a_time(w: &mut World) {
    let frame = raw_request(3, 4, 77, &[0, 0, 0, 0, 0]);
    let bytes = [&(frame.len() as u32).to_be_bytes(), &frame[..]].concat();
    let mut client = w.connect();
    for byte in &bytes {
        w.sleep(Duration::from_millis(100));
        client.send_raw(&[*byte]);
    }
    client.receive(ApiKey::Metadata, 4, 77);
}

fn bad_07_a_header_that_never_ends_closes(w: &mut World) {
    // The length, and as much of the header as does not tell who answers to whom.
    for begun in [&[0][..], &[0, 0, 0, 40], &[0, 0, 0, 40, 0, 18, 0, 3, 0, 0, 0]] {
        let mut client = w.connect();
        client.send_raw(begun);
        client.expect_silence(Duration::from_millis(29_900));
        assert!(matches!(client.read(Duration::from_millis(200)), Read::Closed), "{begun:?}");
    }
    // A byte every other second does not help.
    let mut client = w.connect();
    let begun = w.elapsed();
    for byte in [0, 0, 0, 40, 0, 18, 0, 3, 0, 0, 0] {
        client.send_raw(&[byte]);
        w.sleep(Duration::from_millis(2900));
    }
    client.expect_close();
    assert!((30_000..32_000).contains(&(w.elapsed() - begun)));
}

fn bad_07_a_body_that_never_ends_is_idle(w: &mut World) {
    let mut silent = w.connect();
    let mut half = w.connect();
    half.send_raw(&[0, 0, 0, 40, 0, 18, 0, 3, 0, 0, 0, 1]);
    half.expect_silence(Duration::from_secs(599));
    half.send_raw(&[0]);
    assert!(matches!(silent.read(Duration::from_secs(2)), Read::Closed));
    half.expect_silence(Duration::from_secs(598));
    assert!(matches!(half.read(Duration::from_secs(2)), Read::Closed));
}

fn bad_08_half_frames_held(w: &mut World) {
    let mut held = Vec::new();
    for _ in 0..250 {
        let mut client = w.connect();
        client.send_raw(&[0, 0, 0, 40, 0, 18, 0, 3, 0]);
        held.push(client);
    }
    w.topic(1);
    w.alive();
}

fn bad_09_other_protocols_close(w: &mut World) {
    for hello in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"POST /topics/t HTTP/1.1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],
    ] {
        let mut client = w.connect();
        client.send_raw(hello);
        client.expect_close();
    }
}

/// Numbers that look random (xorshift64).
pub(crate) fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn bad_10_garbage_never_hangs(w: &mut World) {
    let mut state = 0x1234_5678_9abc_def1;
    for i in 0..60 {
        let length = (random(&mut state) % 300) as usize;
        let garbage: Vec<u8> = (0..length).map(|_| random(&mut state) as u8).collect();
        let mut client = w.connect();
        if i % 3 == 0 {
            // Raw, with a first byte that makes it no possible length.
            client.send_raw(&[&[0x90], &garbage[..]].concat());
        } else {
            client.send_frame(&garbage);
        }
        let read = client.read(Duration::from_secs(20));
        assert!(!matches!(read, Read::Nothing), "{garbage:02x?}");
    }
}

fn bad_11_bytes_after_the_body(w: &mut World) {
    let mut client = w.connect();
    let mut body = vec![0, 0, 0, 0];
    body.extend_from_slice(&[0xee; 500]);
    let id = client.send_body(ApiKey::Metadata.code(), 1, &body);
    client.receive(ApiKey::Metadata, 1, id);
}

fn bad_12_a_thousand_requests_in_one_go(w: &mut World) {
    let mut client = w.connect();
    let mut bytes = Vec::new();
    for id in 0..1000 {
        let (key, body) = if id % 2 == 0 { (18, &[][..]) } else { (3, &[0, 0, 0, 0][..]) };
        let frame = raw_request(key, i16::from(id % 2 == 1), id, body);
        bytes.extend_from_slice(&i32::try_from(frame.len()).expect("short").to_be_bytes());
        bytes.extend_from_slice(&frame);
    }
    client.send_raw(&bytes);
    for id in 0..1000 {
        let key = if id % 2 == 0 { ApiKey::ApiVersions } else { ApiKey::Metadata };
        client.receive(key, i16::from(id % 2 == 1), id);
    }
}

fn bad_14_connections_that_come_and_go(w: &mut World) {
    for i in 0..300 {
        let mut client = w.connect();
        if i % 2 == 0 {
            client.send_raw(&[0, 0, 0, 40, 0, 18]);
        }
    }
    w.alive();
}

fn bad_15_unknown_api_keys_close(w: &mut World) {
    for key in [-1, i16::MIN, 500, 9999, i16::MAX] {
        let mut client = w.connect();
        client.send_body(key, 0, &[0; 16]);
        client.expect_close();
    }
}

fn bad_16_unsupported_versions_close(w: &mut World) {
    for key in [
        ApiKey::Produce,
        ApiKey::Fetch,
        ApiKey::ListOffsets,
        ApiKey::Metadata,
        ApiKey::CreateTopics,
    ] {
        for version in [-1, i16::MIN, 60, i16::MAX] {
            let mut client = w.connect();
            client.send_body(key.code(), version, &[0; 16]);
            client.expect_close();
        }
    }
}

fn bad_17_api_versions_in_any_version(w: &mut World) {
    for version in [-1, i16::MIN, 60, i16::MAX] {
        let mut client = w.connect();
        let id = client.send_body(18, version, &[]);
        let Response::ApiVersions(answer) = client.receive(ApiKey::ApiVersions, 0, id) else {
            panic!()
        };
        assert_eq!((answer.error_code, answer.api_keys.len()), (ErrorCode::UNSUPPORTED_VERSION, 1));
    }
}

/// ApiVersions v0 with this length of a client id before `text`.
fn with_client_id(length: i16, text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 18, 0, 0, 0, 0, 0, 9];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(text);
    frame
}

fn bad_18_a_client_id_longer_than_the_frame_closes(w: &mut World) {
    for length in [1, 4, i16::MAX] {
        let mut client = w.connect();
        client.send_frame(&with_client_id(length, &b"abc"[..usize::from(length == 4) * 3]));
        client.expect_close();
    }
}

fn bad_18_any_negative_client_id_length_is_null(w: &mut World) {
    for length in [-1, -2, i16::MIN] {
        let mut client = w.connect();
        client.send_frame(&with_client_id(length, b""));
        client.receive(ApiKey::ApiVersions, 0, 9);
    }
}

fn bad_19_any_client_id_is_answered(w: &mut World) {
    let long = "x".repeat(32_767);
    for id in [
        &b""[..],
        long.as_bytes(),
        &[0, 1, 2, 0xff, 0xfe, 0x80],
        b"${jndi:ldap://127.0.0.1:1/a}",
        b"a\r\nERROR forged line",
        b"\x1b[31mred",
    ] {
        let mut client = w.connect();
        client.send_frame(&with_client_id(i16::try_from(id.len()).expect("it fits"), id));
        client.receive(ApiKey::ApiVersions, 0, 9);
        client.client_id = Some(KString::from(bytes::Bytes::copy_from_slice(id)));
        client
            .call(Box::new(MetadataRequest { topics: Some(Vec::new()), ..Default::default() }), 4);
    }
}

/// ApiVersions v3 with these bytes where the header's tags stand.
fn with_tags(tags: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 18, 0, 3, 0, 0, 0, 9, 0xff, 0xff];
    frame.extend_from_slice(tags);
    frame.extend_from_slice(&[2, b'x', 2, b'1', 0]);
    frame
}

fn bad_20_lying_tags_close(w: &mut World) {
    for tags in [
        // 2^31 − 1 of them.
        &[0xff, 0xff, 0xff, 0xff, 0x07][..],
        // One of 2^31 − 1 bytes.
        &[1, 0, 0xff, 0xff, 0xff, 0xff, 0x07],
        // Varints of ten bytes: the count, a tag, a size.
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0],
        &[1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ] {
        let mut client = w.connect();
        client.send_frame(&with_tags(tags));
        client.expect_close();
    }
}

fn bad_20_a_count_of_tags_above_2_to_the_31_closes(w: &mut World) {
    let mut client = w.connect();
    client.send_frame(&with_tags(&[0xff, 0xff, 0xff, 0xff, 0x0f]));
    client.expect_close();
}

fn bad_21_unknown_tags_are_ignored(w: &mut World) {
    for tags in
        [&[1, 77, 0][..], &[2, 1, 1, 0xaa, 1, 1, 0xbb], &[1, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 0]]
    {
        let mut client = w.connect();
        client.send_frame(&with_tags(tags));
        client.receive(ApiKey::ApiVersions, 3, 9);
    }
}

fn bad_22_an_illegal_software_name(w: &mut World) {
    let request = ApiVersionsRequest {
        client_software_name: "a\r\nb".into(),
        client_software_version: "${jndi:x}".into(),
    };
    let answer = w.client().call(Box::new(request), 3);
    assert_eq!((answer.error_code, answer.api_keys.len()), (ErrorCode::INVALID_REQUEST, 0));
}

fn bad_23_a_negative_correlation_id_is_echoed(w: &mut World) {
    for id in [-1, i32::MIN, i32::MAX, 0] {
        let mut client = w.connect();
        client.send_frame(&raw_request(18, 0, id, &[]));
        client.receive(ApiKey::ApiVersions, 0, id);
    }
}

fn bad_24_apis_between_brokers_close(w: &mut World) {
    // LeaderAndIsr to ControlledShutdown; Vote and its kin; AlterPartition; registration, heartbeats, producer ids.
    for key in [4, 5, 6, 7, 52, 53, 54, 56, 59, 62, 63, 67, 70, 73] {
        let mut client = w.connect();
        client.send_body(key, 0, &[0; 40]);
        client.expect_close();
    }
}

fn bad_25_sasl_where_there_is_none(w: &mut World) {
    for version in w.versions(ApiKey::SaslHandshake) {
        let request = SaslHandshakeRequest { mechanism: "PLAIN".into() };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!(answer.error_code, ErrorCode::ILLEGAL_SASL_STATE, "v{version}");
    }
    for version in w.versions(ApiKey::SaslAuthenticate) {
        let answer = w.client().call(Box::new(SaslAuthenticateRequest::default()), version);
        assert_eq!(answer.error_code, ErrorCode::ILLEGAL_SASL_STATE, "v{version}");
    }
    assert!(w.offers(ApiKey::SaslHandshake, 1) && w.offers(ApiKey::SaslAuthenticate, 2));
}
