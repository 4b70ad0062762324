//! What is written, and how many bytes of it.

use super::*;
use alloc::vec;
use alloc::vec::Vec;

fn written(write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let mut encoder = Encoder::new(BytesMut::new());
    write(&mut encoder);
    let mut bytes = Vec::new();
    for chunk in encoder.finish().0 {
        let Chunk::Bytes(piece) = chunk else { panic!("nothing stored was written") };
        bytes.extend_from_slice(&piece);
    }
    bytes
}

#[test]
fn a_varint_takes_the_bytes_that_its_size_says() {
    let mut values = vec![0, 1, 300, u32::MAX];
    for bits in [7, 14, 21, 28, 31] {
        values.extend([(1_u32 << bits) - 1, 1 << bits, (1 << bits) + 1]);
    }
    for value in values {
        let bytes = written(|encoder| encoder.put_unsigned_varint(value));
        assert_eq!(bytes.len(), unsigned_varint_size(value), "{value}");
        let read =
            super::super::decoder::Decoder::new(BytesMut::from(&bytes[..])).unsigned_varint();
        assert_eq!(read, Ok(value));
    }
}

#[test]
fn lengths_are_one_more_where_they_are_compact() {
    assert_eq!(written(|encoder| encoder.put_length(None, true)), [0]);
    assert_eq!(written(|encoder| encoder.put_length(Some(0), true)), [1]);
    assert_eq!(written(|encoder| encoder.put_length(None, false)), [255; 4]);
    assert_eq!(written(|encoder| encoder.put_length(Some(258), false)), [0, 0, 1, 2]);
    assert_eq!(written(|encoder| encoder.put_null_string(true)), [0]);
    assert_eq!(written(|encoder| encoder.put_null_string(false)), [255; 2]);
}

#[test]
fn a_string_that_is_too_long_is_cut_and_never_misread() {
    for flexible in [true, false] {
        let long = vec![b'x'; MAX_STRING_LEN + 5];
        let bytes = written(|encoder| encoder.put_string(&long, flexible));
        assert_eq!(bytes.len(), string_size(long.len(), flexible));
        let mut decoder = super::super::decoder::Decoder::new(BytesMut::from(&bytes[..]));
        assert_eq!(decoder.string_length(flexible), Ok(Some(MAX_STRING_LEN)));
        assert_eq!(decoder.remaining(), MAX_STRING_LEN);
    }
}

#[test]
fn chunks_stand_between_what_is_written_and_are_not_copied() {
    let stored = Chunk::Stored { object: crate::chunk::ObjectId(3), at: 40, len: 7 };
    let records = Bytes::from(vec![9; SHARED_FROM]);
    let mut encoder = Encoder::new(BytesMut::with_capacity(64));
    encoder.put_slice(&[1]);
    encoder.put_chunk(stored.clone());
    encoder.put_chunk(Chunk::Bytes(Bytes::new()));
    encoder.put_slice(&[2]);
    encoder.put_bytes(&records);
    encoder.put_bytes(&Bytes::from_static(&[3]));
    let (frame, _) = encoder.finish();
    let pieces: Vec<_> = frame.iter().map(Chunk::len).collect();
    assert_eq!(pieces, [1, 7, 1, SHARED_FROM, 1]);
    assert_eq!(frame[1], stored);
    let Chunk::Bytes(same) = &frame[3] else { panic!("bytes") };
    assert_eq!(same.as_ptr(), records.as_ptr());
}

#[test]
fn the_room_that_is_left_comes_back() {
    let mut encoder = Encoder::new(BytesMut::with_capacity(1024));
    encoder.put_slice(&[0; 24]);
    let (frame, left) = encoder.finish();
    assert_eq!(frame.len(), 1);
    assert!(left.is_empty() && left.capacity() >= 1000);
}
