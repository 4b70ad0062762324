//! Frames in every chopping, with and without reading into place.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

fn stream(lengths: &[usize]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let frames: Vec<Vec<u8>> =
        lengths.iter().enumerate().map(|(n, len)| vec![n as u8 + 1; *len]).collect();
    let mut bytes = Vec::new();
    for frame in &frames {
        bytes.extend_from_slice(&(frame.len() as i32).to_be_bytes());
        bytes.extend_from_slice(frame);
    }
    (bytes, frames)
}

fn take(framing: &mut Framing) -> Vec<Vec<u8>> {
    core::iter::from_fn(|| framing.pop()).map(|frame| frame.to_vec()).collect()
}

#[test]
fn every_chopping_gives_the_same_frames() {
    let (bytes, frames) = stream(&[10, 0, 1, 300, 7]);
    for piece in 1..=bytes.len() {
        for room in [piece, 64, 1 << 10] {
            let (mut framing, mut found) = (Framing::default(), Vec::new());
            let mut arena = BytesMut::new();
            for chunk in bytes.chunks(piece) {
                arena.reserve(room.max(chunk.len()));
                arena.extend_from_slice(chunk);
                framing.receive(&mut arena, 1000).expect("good lengths");
                assert!(arena.is_empty());
                found.extend(take(&mut framing));
            }
            assert_eq!(found, frames, "pieces of {piece}, room {room}");
            assert_eq!((framing.queued(), framing.missing()), (0, 0));
        }
    }
}

#[test]
fn a_frame_that_began_is_read_into_its_place() {
    for len in [100, IN_ARENA, IN_ARENA + 1, 3 * IN_ARENA] {
        let (bytes, frames) = stream(&[len]);
        let mut framing = Framing::default();
        let mut arena = BytesMut::with_capacity(64 << 10);
        arena.extend_from_slice(&bytes[..50]);
        framing.receive(&mut arena, len).expect("a good length");
        let mut rest = &bytes[50..];
        while framing.missing() > 0 {
            let missing = framing.missing();
            assert_eq!(missing, rest.len());
            let partial = framing.partial().expect("a frame has begun");
            let room = (partial.capacity() - partial.len()).min(missing).min(9999);
            assert!(room > 0, "there is always room to go on");
            partial.extend_from_slice(&rest[..room]);
            rest = &rest[room..];
            framing.complete();
        }
        assert!(framing.partial().is_none());
        assert_eq!(take(&mut framing), frames);
    }
}

#[test]
fn nothing_is_allocated_by_a_length_alone() {
    let mut framing = Framing::default();
    let mut arena = BytesMut::with_capacity(4);
    arena.extend_from_slice(&(100_i32 << 20).to_be_bytes());
    framing.receive(&mut arena, usize::MAX).expect("a large frame is a good one");
    assert_eq!(framing.missing(), 100 << 20);
    let room = framing.partial().expect("a frame has begun").capacity();
    assert!(room <= OWN_ROOM, "{room} bytes for nothing");
}

#[test]
fn bad_lengths_are_told_and_what_came_before_stays() {
    for length in [-1_i32, i32::MIN, 1001] {
        let (mut bytes, frames) = stream(&[5]);
        bytes.extend_from_slice(&length.to_be_bytes());
        let mut framing = Framing::default();
        let mut arena = BytesMut::from(&bytes[..]);
        assert_eq!(framing.receive(&mut arena, 1000), Err(BadLength(length)));
        assert_eq!(take(&mut framing), frames);
    }
}

#[test]
fn the_header_s_time_runs_until_its_fixed_part_is_there() {
    let (bytes, _) = stream(&[20]);
    let mut framing = Framing::default();
    for (count, byte) in bytes.iter().enumerate() {
        assert_eq!(framing.is_in_header(), (1..12).contains(&count), "after {count} bytes");
        let mut arena = BytesMut::from(&[*byte][..]);
        framing.receive(&mut arena, 1000).expect("a good length");
    }
    assert!(!framing.is_in_header());
    assert!(framing.peek_is(0x0101));
    assert!(!framing.peek_is(0));
}

#[test]
fn what_stays_can_leave_the_arena_at_any_point() {
    let (bytes, frames) = stream(&[10, 3000, 1]);
    for piece in 1..60 {
        let (mut framing, mut found) = (Framing::default(), Vec::new());
        for (number, chunk) in bytes.chunks(piece).enumerate() {
            let mut arena = BytesMut::with_capacity(8 << 10);
            arena.extend_from_slice(chunk);
            framing.receive(&mut arena, 5000).expect("good lengths");
            framing.leave_arena();
            assert!(!framing.holds_arena());
            // Nothing of it is held any more: the chunk can be used again as a whole.
            assert!(arena.try_reclaim(8 << 10), "piece {number} of {piece}");
            if number % 3 == 0 {
                found.extend(take(&mut framing));
            }
        }
        found.extend(take(&mut framing));
        assert_eq!(found, frames, "pieces of {piece}");
    }
}

#[test]
fn a_slow_frame_costs_what_came_of_it() {
    let mut framing = Framing::default();
    let mut arena = BytesMut::with_capacity(512 << 10);
    arena.extend_from_slice(&(200_i32 << 10).to_be_bytes());
    arena.extend_from_slice(&[1; 100]);
    framing.receive(&mut arena, 1 << 20).expect("a good length");
    assert!(framing.holds_arena());
    framing.leave_arena();
    assert_eq!(framing.partial.capacity(), COPY_ROOM);
    assert_eq!(framing.missing(), (200 << 10) - 100);
}
