//! Strings that are text, and those that are not.

use super::*;
use alloc::format;

#[test]
fn bytes_that_are_no_text_are_kept_and_shown_replaced() {
    let string = KString::from(Bytes::from_static(b"a\xff\xfeb"));
    assert_eq!(string.as_bytes(), b"a\xff\xfeb");
    assert_eq!(string.to_str(), None);
    assert_eq!(format!("{string}"), "a\u{fffd}\u{fffd}b");
    assert_eq!(format!("{string:?}"), r#""a\xff\xfeb""#);
}

#[test]
fn what_could_forge_a_log_line_is_escaped() {
    assert_eq!(format!("{:?}", KString::from("a\"\n\u{1b}[0m\0ä")), r#""a\"\n\u{1b}[0m\0ä""#);
}

#[test]
fn order_is_by_bytes() {
    let mut names = [KString::from("b"), KString::EMPTY, KString::from("B"), KString::from("bb")];
    names.sort();
    assert_eq!(names.map(|name| format!("{name}")), ["", "B", "b", "bb"]);
    let owned = KString::from(String::from("a"));
    assert!(owned == "a" && owned == *"a" && owned == KString::from_static("a"));
}

#[test]
fn a_detached_string_lets_its_frame_go() {
    let frame = Bytes::from(alloc::vec![b'x'; 100]);
    let string = KString::from(frame.slice(..3)).detached();
    assert!(frame.is_unique());
    assert_eq!(string, "xxx");
}

#[test]
fn serde_keeps_the_bytes() {
    let string = KString::from(Bytes::from_static(b"a\xff"));
    let stored = postcard::to_allocvec(&string).expect("room");
    assert_eq!(stored, [2, b'a', 0xff]);
    assert_eq!(postcard::from_bytes::<KString>(&stored).expect("a string"), string);
}
