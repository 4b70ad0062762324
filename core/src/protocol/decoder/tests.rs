//! Lengths that lie, in every form.

use super::*;
use alloc::vec;

fn decoder(bytes: &[u8]) -> Decoder {
    Decoder::new(BytesMut::from(bytes))
}

#[test]
fn a_varint_has_at_most_five_bytes() {
    assert_eq!(decoder(&[0]).unsigned_varint(), Ok(0));
    assert_eq!(decoder(&[0xac, 0x02]).unsigned_varint(), Ok(300));
    assert_eq!(decoder(&[0xff, 0xff, 0xff, 0xff, 0x0f]).unsigned_varint(), Ok(u32::MAX));
    // More bits than 32 are lost, as in Kafka; a sixth byte is an error.
    assert_eq!(decoder(&[0xff, 0xff, 0xff, 0xff, 0x7f]).unsigned_varint(), Ok(u32::MAX));
    assert_eq!(
        decoder(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]).unsigned_varint(),
        Err(DecodeError::Varint)
    );
    assert_eq!(decoder(&[0xff; 10]).unsigned_varint(), Err(DecodeError::Varint));
    assert_eq!(decoder(&[0x80, 0x80]).unsigned_varint(), Err(DecodeError::Underflow));
    assert_eq!(decoder(&[]).unsigned_varint(), Err(DecodeError::Underflow));
}

#[test]
fn any_negative_length_is_null() {
    for length in [-1_i32, -2, i32::MIN] {
        assert_eq!(decoder(&length.to_be_bytes()).length(false), Ok(None));
    }
    for length in [-1_i16, -2, i16::MIN] {
        assert_eq!(decoder(&length.to_be_bytes()).string_length(false), Ok(None));
    }
    // Compact: 0 is null; so is what is negative as an int32 after the one is taken off.
    assert_eq!(decoder(&[0]).length(true), Ok(None));
    assert_eq!(decoder(&[0xff, 0xff, 0xff, 0xff, 0x0f]).length(true), Ok(None));
    assert_eq!(decoder(&[0x81, 0x80, 0x80, 0x80, 0x08]).length(true), Ok(None));
}

#[test]
fn a_length_beyond_the_frame_is_an_error_at_once() {
    assert_eq!(decoder(&i32::MAX.to_be_bytes()).length(false), Err(DecodeError::Underflow));
    assert_eq!(decoder(&i32::MAX.to_be_bytes()).array_length(false), Err(DecodeError::Underflow));
    // 2^31, one taken off: the largest length there is.
    assert_eq!(decoder(&[0x80, 0x80, 0x80, 0x80, 0x08]).length(true), Err(DecodeError::Underflow));
    assert_eq!(decoder(&[0, 2, b'x']).string_length(false), Err(DecodeError::Underflow));
    assert_eq!(decoder(&[0, 1, b'x']).string_length(false), Ok(Some(1)));
    assert_eq!(decoder(&[3, b'x']).string_length(true), Err(DecodeError::Underflow));
}

#[test]
fn a_compact_string_is_no_longer_than_any_other() {
    let mut bytes = vec![0x80, 0x80, 0x02];
    bytes.resize(3 + MAX_STRING_LEN, b'x');
    assert_eq!(decoder(&bytes).string_length(true), Ok(Some(MAX_STRING_LEN)));
    bytes[0] = 0x81;
    bytes.push(b'x');
    assert_eq!(decoder(&bytes).string_length(true), Err(DecodeError::StringTooLong));
}

#[test]
fn the_element_budget_is_one_for_the_whole_frame() {
    let frame = [&2_i32.to_be_bytes()[..], &2_i32.to_be_bytes(), &[0; 8]].concat();
    let mut decoder = Decoder::with_element_budget(BytesMut::from(&frame[..]), 3);
    assert_eq!(decoder.array_length(false), Ok(Some(2)));
    assert_eq!(decoder.array_length(false), Err(DecodeError::TooManyElements));
}

#[test]
fn more_tagged_fields_than_fit_are_an_error() {
    assert_eq!(
        decoder(&[0xff, 0xff, 0xff, 0xff, 0x07, 0, 0]).tag_count(),
        Err(DecodeError::Underflow)
    );
    assert_eq!(
        decoder(&[0x80, 0x80, 0x80, 0x80, 0x08, 0, 0]).tag_count(),
        Err(DecodeError::Underflow)
    );
    assert_eq!(decoder(&[1, 0]).tag_count(), Err(DecodeError::Underflow));
    assert_eq!(decoder(&[1, 0, 0]).tag_count(), Ok(1));
    // A size of 2^31, and one byte more than there is.
    assert_eq!(decoder(&[5, 0x80, 0x80, 0x80, 0x80, 0x08]).tag(), Err(DecodeError::Underflow));
    assert_eq!(decoder(&[5, 2, 0]).tag(), Err(DecodeError::Underflow));
    assert_eq!(decoder(&[5, 1, 0]).tag(), Ok((5, 1)));
}

#[test]
fn unknown_tags_are_passed_over_in_any_order_and_number() {
    let mut decoder = decoder(&[3, 9, 1, b'a', 2, 0, 9, 2, b'b', b'c', 42]);
    assert_eq!(decoder.skip_tags(), Ok(()));
    assert_eq!(decoder.remaining(), 1);
}

#[test]
fn bytes_share_the_frame() {
    let frame = BytesMut::from(&[1, 2, 3, 4, 5, 6][..]);
    let place = frame.as_ptr();
    let mut decoder = Decoder::new(frame);
    assert_eq!(decoder.array(), Ok([1, 2]));
    let (two, rest) = (decoder.bytes(2).expect("two bytes"), decoder.split(2).expect("two more"));
    assert_eq!((&two[..], &rest[..]), (&[3, 4][..], &[5, 6][..]));
    assert_eq!(two.as_ptr(), place.wrapping_add(2));
    assert_eq!(rest.as_ptr(), place.wrapping_add(4));
    assert_eq!(decoder.split(1), Err(DecodeError::Underflow));
    assert_eq!(decoder.bytes(0), Ok(Bytes::new()));
}
