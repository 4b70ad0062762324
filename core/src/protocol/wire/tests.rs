//! Nulls, hostile counts, tagged fields and allocations, on declared messages.

use super::*;
use crate::chunk::Chunk;
use crate::protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, CreateTopicsRequest, FetchRequest, FetchResponse,
    MetadataRequest, OffsetFetchRequest, ProduceRequest,
};
use crate::protocol::string::KString;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};

fn read<M: Message>(version: i16, bytes: &[u8]) -> Result<M, DecodeError> {
    M::decode(&mut Decoder::new(BytesMut::from(bytes)), version)
}

fn written<M: Message>(message: &M, version: i16) -> Vec<u8> {
    let mut encoder = Encoder::new(BytesMut::new());
    message.encode(&mut encoder, version);
    let mut bytes = Vec::new();
    for chunk in encoder.finish().0 {
        let Chunk::Bytes(piece) = chunk else { panic!("nothing stored was written") };
        bytes.extend_from_slice(&piece);
    }
    assert_eq!(bytes.len(), message.size(version));
    bytes
}

#[test]
fn a_negative_count_is_null_where_null_is_allowed_and_an_error_elsewhere() {
    for count in [-1_i32, -2, i32::MIN] {
        let all = read::<MetadataRequest>(1, &count.to_be_bytes()).expect("all topics");
        assert_eq!(all.topics, None);
        assert_eq!(read::<MetadataRequest>(0, &count.to_be_bytes()), Err(DecodeError::Null));
    }
    // Compact: 0, and 2^32 - 1, which is negative in Kafka.
    for count in [&[0][..], &[0xff, 0xff, 0xff, 0xff, 0x0f]] {
        let bytes = [count, &[0, 0, 0, 0]].concat();
        assert_eq!(read::<MetadataRequest>(9, &bytes).expect("all topics").topics, None);
        assert_eq!(read::<CreateTopicsRequest>(5, &bytes), Err(DecodeError::Null));
    }
}

#[test]
fn a_huge_count_is_refused_before_anything_is_made_of_it() {
    let most = [0x80, 0x80, 0x80, 0x80, 0x08];
    assert_eq!(read::<MetadataRequest>(1, &i32::MAX.to_be_bytes()), Err(DecodeError::Underflow));
    assert_eq!(read::<MetadataRequest>(9, &most), Err(DecodeError::Underflow));
    // As many bytes as elements, but each element takes more: what was made is what was read.
    let mut bytes = 1000_i32.to_be_bytes().to_vec();
    bytes.resize(1004, 0);
    assert_eq!(read::<CreateTopicsRequest>(0, &bytes), Err(DecodeError::Underflow));
}

#[test]
fn elements_beyond_the_budget_are_refused() {
    let mut bytes = 2_000_000_i32.to_be_bytes().to_vec();
    bytes.resize(4 + 4_000_000, 0);
    assert_eq!(read::<MetadataRequest>(1, &bytes), Err(DecodeError::TooManyElements));
}

#[test]
fn null_strings_where_there_are_none_are_an_error() {
    assert_eq!(read::<ApiVersionsRequest>(3, &[0, 2, b'1', 0]), Err(DecodeError::Null));
    assert_eq!(read::<MetadataRequest>(1, &[0, 0, 0, 1, 255, 255]), Err(DecodeError::Null));
}

#[test]
fn tagged_fields_are_read_in_any_order_twice_and_among_unknown_ones() {
    let request = FetchRequest { cluster_id: Some("c".into()), ..Default::default() };
    let mut bytes = written(&request, 12);
    assert_eq!(bytes[bytes.len() - 5..], [1, 0, 2, 2, b'c']);
    bytes.truncate(bytes.len() - 5);
    bytes.extend([4, 99, 3, 1, 2, 3, 0, 2, 2, b'x', 1, 0, 0, 2, 2, b'c']);
    assert_eq!(read::<FetchRequest>(12, &bytes), Ok(request));
}

#[test]
fn a_tag_of_another_version_is_unknown() {
    // ReplicaState has tag 1 from version 15 on.
    let mut bytes = written(&FetchRequest::default(), 12);
    assert_eq!(bytes.pop(), Some(0));
    bytes.extend([1, 1, 2, 0xff, 0xff]);
    assert_eq!(read::<FetchRequest>(12, &bytes), Ok(FetchRequest::default()));
    assert!(read::<FetchRequest>(15, &bytes).is_err());
}

#[test]
fn a_tagged_field_longer_than_the_frame_is_an_error() {
    let mut bytes = written(&FetchRequest::default(), 12);
    bytes.pop();
    for tail in [
        &[1, 9, 1][..],
        &[1, 9, 0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[2, 9, 0],
    ] {
        assert_eq!(read::<FetchRequest>(12, &[&bytes, tail].concat()), Err(DecodeError::Underflow));
    }
}

/// librdkafka before 2.2.0 misreads the tagged fields of this answer (its pull request 4278), so those of default value
/// must not be there: wire trap 1.
#[test]
fn api_versions_leaves_out_every_tagged_field_of_default_value() {
    let mut response = ApiVersionsResponse::default();
    assert_eq!(written(&response, 3), [0, 0, 1, 0, 0, 0, 0, 0]);
    response.finalized_features_epoch = 0;
    assert_eq!(written(&response, 3)[7..], [1, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn absent_fields_take_kafkas_defaults_and_are_left_out() {
    let request = read::<FetchRequest>(0, &[0; 16]).expect("a request");
    assert_eq!((request.max_bytes, request.session_epoch), (i32::MAX, -1));
    let later = FetchRequest { max_bytes: 5, session_id: 3, rack_id: "r".into(), ..request };
    assert_eq!(written(&later, 0), [0; 16]);
}

#[test]
fn null_is_written_as_empty_where_a_version_has_no_null() {
    let request = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(written(&request, 0), [0; 4]);
    assert_eq!(written(&request, 1), [255; 4]);
    let request =
        OffsetFetchRequest { group_id: KString::EMPTY, topics: None, ..Default::default() };
    assert_eq!(written(&request, 1), [0; 6]);
    assert_eq!(written(&request, 2), [0, 0, 255, 255, 255, 255]);
}

#[test]
fn nothing_that_the_decoder_makes_is_larger_than_what_it_was_made_of() {
    // The smallest elements there are, as many as the budget allows: this is what a hostile frame can cost.
    let mut bytes = 1_000_000_i32.to_be_bytes().to_vec();
    bytes.resize(4 + 2_000_000, 0);
    let request = read::<MetadataRequest>(1, &bytes).expect("empty names");
    let topics = request.topics.expect("topics");
    assert_eq!(topics.len(), 1_000_000);
    assert!(topics.capacity() * size_of_val(&topics[0]) < 128 << 20);
}

#[test]
fn records_are_shared_with_the_frame_and_may_be_changed_in_place() {
    let records = [7_u8; 5];
    let bytes = [
        &[0, 1, 0, 0, 0, 9, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0][..],
        &[0, 0, 0, 5],
        &records,
    ]
    .concat();
    let frame = BytesMut::from(&bytes[..]);
    let place = frame.as_ptr().wrapping_add(bytes.len() - 5);
    let request = ProduceRequest::decode(&mut Decoder::new(frame), 0).expect("a request");
    let read = request.topic_data[0].partition_data[0].records.as_ref().expect("records");
    assert_eq!((&read[..], read.as_ptr()), (&records[..], place));
}

#[test]
fn fetched_records_are_passed_on_as_the_pieces_they_are() {
    use crate::protocol::messages::fetch::{FetchableTopicResponse, PartitionData};
    let stored = Chunk::Stored { object: crate::chunk::ObjectId(1), at: 5, len: 1 << 20 };
    let pieces = [stored.clone(), Chunk::Bytes(Bytes::from_static(b"tail"))];
    let partition =
        PartitionData { records: Some(pieces.into_iter().collect()), ..Default::default() };
    let topic = FetchableTopicResponse { partitions: [partition].into(), ..Default::default() };
    let response = FetchResponse { responses: [topic].into(), ..Default::default() };
    for version in FetchResponse::VERSIONS {
        let mut encoder = Encoder::new(BytesMut::new());
        response.encode(&mut encoder, version);
        let frame = encoder.finish().0;
        assert_eq!(frame.iter().map(Chunk::len).sum::<usize>(), response.size(version));
        assert_eq!(frame[1], stored);
    }
}
