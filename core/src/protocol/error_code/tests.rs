//! Names and numbers.

use super::*;
use alloc::format;

#[test]
fn every_code_from_the_first_to_the_newest_has_a_name() {
    let codes: alloc::vec::Vec<i16> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
    assert_eq!(codes, (-1..=133).collect::<alloc::vec::Vec<i16>>());
    assert_eq!(ErrorCode::from_code(6).name(), Some("NOT_LEADER_OR_FOLLOWER"));
    assert_eq!(ErrorCode::NOT_LEADER_OR_FOLLOWER.code(), 6);
}

#[test]
fn a_code_without_a_name_is_kept() {
    let code = ErrorCode::from_code(4000);
    assert_eq!((code.code(), code.name()), (4000, None));
    assert_eq!(format!("{code}"), "unknown (4000)");
    assert_eq!(format!("{:?}", ErrorCode::default()), "NONE (0)");
    assert!(code.is_error() && !ErrorCode::NONE.is_error());
}
