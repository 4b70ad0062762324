//! The table.

use super::*;

#[test]
fn keys_and_names_belong_together() {
    for key in ApiKey::ALL {
        assert_eq!(ApiKey::from_code(key.code()), Some(*key));
        assert_eq!(key.api().key, *key);
    }
    assert!(ApiKey::ALL.is_sorted());
    for unknown in [-1, 4, 7, 93, 1020, i16::MAX, i16::MIN] {
        assert_eq!(ApiKey::from_code(unknown), None);
    }
    assert_eq!(ApiKey::ListOffsets.name(), "ListOffsets");
}

#[test]
fn every_declared_api_reaches_back_to_version_0() {
    for key in ApiKey::ALL {
        assert_eq!(*key.versions().start(), 0, "{key}");
        assert!(!key.has_version(-1) && !key.has_version(key.versions().end() + 1));
    }
}

#[test]
fn headers_follow_flexibility_but_for_the_answer_to_api_versions() {
    assert_eq!(ApiKey::Produce.request_header_version(8), 1);
    assert_eq!(ApiKey::Produce.request_header_version(9), 2);
    assert_eq!(ApiKey::Produce.response_header_version(8), 0);
    assert_eq!(ApiKey::Produce.response_header_version(9), 1);
    assert_eq!(ApiKey::ApiVersions.request_header_version(3), 2);
    assert_eq!(ApiKey::ApiVersions.response_header_version(3), 0);
    assert_eq!(ApiKey::SaslHandshake.request_header_version(1), 1);
    assert_eq!(ApiKey::OffsetDelete.response_header_version(0), 0);
}

#[test]
fn requests_and_responses_stay_small_enough_to_move() {
    assert!(size_of::<Request>() <= 256, "{}", size_of::<Request>());
    assert!(size_of::<Response>() <= 320, "{}", size_of::<Response>());
}

#[test]
fn a_version_that_is_not_declared_is_an_error() {
    for key in ApiKey::ALL {
        for version in [-1, key.versions().end() + 1, i16::MAX, i16::MIN] {
            let decoder = &mut Decoder::new(bytes::BytesMut::new());
            assert_eq!(Request::decode(*key, version, decoder), Err(DecodeError::Unsupported));
            assert_eq!(Response::decode(*key, version, decoder), Err(DecodeError::Unsupported));
        }
    }
}
