//! Headers and frames, byte by byte.

use super::*;
use crate::chunk::Chunk;
use crate::protocol::messages::{ApiVersionsResponse, CreateTopicsResponse, MetadataRequest};

fn header(bytes: &[u8]) -> Result<RequestHeader, HeaderError> {
    RequestHeader::decode(&mut Decoder::new(BytesMut::from(bytes)))
}

fn only_piece(frame: &Frame) -> &[u8] {
    let [Chunk::Bytes(bytes)] = &frame[..] else { panic!("one piece") };
    bytes
}

#[test]
fn any_negative_client_id_length_is_none() {
    for length in [-1_i16, -2, i16::MIN] {
        let [high, low] = length.to_be_bytes();
        let read = header(&[0, 3, 0, 1, 0, 0, 0, 9, high, low]).expect("a header");
        assert_eq!((read.client_id, read.correlation_id), (None, 9));
    }
}

#[test]
fn a_client_id_longer_than_the_frame_is_an_error() {
    let error = HeaderError::Decode(DecodeError::Underflow);
    assert_eq!(header(&[0, 3, 0, 1, 0, 0, 0, 9, 0, 2, b'x']), Err(error));
    for end in 0..10 {
        assert_eq!(header(&[0, 3, 0, 1, 0, 0, 0, 9, 0, 0][..end]), Err(error));
    }
}

#[test]
fn negative_correlation_ids_and_strange_client_ids_are_kept() {
    let read = header(&[0, 3, 0, 1, 255, 255, 255, 254, 0, 2, 0xff, 0]).expect("a header");
    assert_eq!(read.correlation_id, -2);
    assert_eq!(read.client_id.as_ref().map(KString::as_bytes), Some(&[0xff, 0][..]));
}

#[test]
fn an_unknown_api_is_named_in_the_error() {
    assert_eq!(header(&[0, 4, 0, 1, 0, 0, 0, 9, 0, 0]), Err(HeaderError::UnknownApi(4)));
    assert_eq!(header(&[255, 255, 0, 1, 0, 0, 0, 9, 0, 0]), Err(HeaderError::UnknownApi(-1)));
}

#[test]
fn a_version_far_ahead_still_has_a_readable_header() {
    let read =
        header(&[0, 18, 0x7f, 0xff, 0, 0, 0, 1, 0, 1, b'x', 1, 7, 2, 1, 2]).expect("a header");
    assert_eq!((read.api_key, read.api_version), (ApiKey::ApiVersions, i16::MAX));
    let read = header(&[0, 18, 255, 255, 0, 0, 0, 1, 0, 1, b'x']).expect("a header");
    assert_eq!(read.api_version, -1);
}

#[test]
fn the_answer_to_api_versions_has_no_tags_in_its_header() {
    let response = Response::from(alloc::boxed::Box::new(ApiVersionsResponse::default()));
    let (frame, _) = response_frame(&response, 3, 5, BytesMut::new());
    // Length; correlation id; error code, no APIs, throttle time, and no tagged field: defaults are left out.
    assert_eq!(only_piece(&frame), [0, 0, 0, 12, 0, 0, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_flexible_answer_has() {
    let response = Response::from(alloc::boxed::Box::new(CreateTopicsResponse::default()));
    let (frame, _) = response_frame(&response, 5, 5, BytesMut::new());
    assert_eq!(only_piece(&frame), [0, 0, 0, 11, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0]);
}

#[test]
fn a_request_frame_is_read_back() {
    let request = MetadataRequest { topics: None, ..Default::default() };
    let request = Request::Metadata(alloc::boxed::Box::new(request));
    for version in ApiKey::Metadata.versions().skip(1) {
        let (frame, _) = request_frame(&request, version, 7, Some("me".into()), BytesMut::new());
        let bytes = only_piece(&frame);
        assert_eq!(bytes[..4], (bytes.len() as i32 - 4).to_be_bytes());
        let mut decoder = Decoder::new(BytesMut::from(&bytes[4..]));
        let header = RequestHeader::decode(&mut decoder).expect("a header");
        assert_eq!((header.api_version, header.client_id), (version, Some("me".into())));
        assert_eq!(Request::decode(header.api_key, version, &mut decoder).as_ref(), Ok(&request));
        assert_eq!(decoder.remaining(), 0);
    }
}
