//! Recycled memory that sockets and files are read into.
//!
//! A chunk is handed out from front to back, cut into shared slices by its readers, and used again once every slice is
//! gone. Fresh memory costs more than the network, so it is asked for only when no chunk is free. The arena must never
//! hold back memory that it cannot use again: it keeps at most a fixed number of chunks.

use bytes::BytesMut;

/// Recycled chunks, one of which is being filled.
#[derive(Debug)]
pub struct Arena {
    current: BytesMut,
    /// An empty handle on the start of every chunk that is kept, oldest first: what finds out that it is free.
    stubs: Vec<BytesMut>,
    chunk_bytes: usize,
    chunks_kept: usize,
    turns: u64,
}

impl Arena {
    /// An arena of chunks of `chunk_bytes` bytes that keeps at most `chunks_kept` of them for another use. It takes no
    /// memory before it is asked for room.
    #[must_use]
    pub fn new(chunk_bytes: usize, chunks_kept: usize) -> Self {
        Self { current: BytesMut::new(), stubs: Vec::new(), chunk_bytes, chunks_kept, turns: 0 }
    }

    /// The chunk to be filled, with room for at least `room` bytes behind what it holds. What it holds is the
    /// caller's to take first: an arena that still holds bytes while it must turn to another chunk loses them.
    pub fn room(&mut self, room: usize) -> &mut BytesMut {
        if self.current.capacity() - self.current.len() < room {
            self.turn(room);
        }
        &mut self.current
    }

    /// How many times it has turned to another chunk.
    #[must_use]
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    #[cold]
    fn turn(&mut self, room: usize) {
        self.turns += 1;
        self.current = BytesMut::new();
        let want = room.max(self.chunk_bytes);
        // The newest first: what was used last is most likely still in the processor's cache.
        let free = self.stubs.iter_mut().rposition(|stub| stub.try_reclaim(want));
        let mut chunk = match free {
            Some(index) => self.stubs.remove(index),
            None => BytesMut::with_capacity(want),
        };
        // The stub is made even where it will not be kept: it turns the chunk into a shared one, whose slices cost a
        // count and no allocation.
        self.current = chunk.split_off(0);
        if want == self.chunk_bytes {
            self.stubs.push(chunk);
            if self.stubs.len() > self.chunks_kept {
                self.stubs.remove(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    fn take(arena: &mut Arena, bytes: usize) -> BytesMut {
        let chunk = arena.room(bytes);
        chunk.put_bytes(1, bytes);
        chunk.split()
    }

    #[test]
    fn a_chunk_comes_back_when_its_slices_are_gone() {
        let mut arena = Arena::new(1000, 4);
        let first = take(&mut arena, 600);
        let address = first.as_ptr();
        let second = take(&mut arena, 600);
        assert_ne!(second.as_ptr(), address);
        drop(first);
        let third = take(&mut arena, 600);
        assert_eq!(third.as_ptr(), address);
        drop((second, third));
    }

    #[test]
    fn a_chunk_in_use_is_left_alone() {
        let mut arena = Arena::new(1000, 4);
        let held: Vec<_> = (0..3).map(|_| take(&mut arena, 600).freeze()).collect();
        let part = held[1].slice(100..101);
        drop(held);
        for _ in 0..10 {
            let other = take(&mut arena, 600);
            assert!(!other.as_ptr_range().contains(&part.as_ptr()));
        }
        assert_eq!(part[..], [1]);
    }

    #[test]
    fn it_keeps_a_bounded_number_of_chunks() {
        let mut arena = Arena::new(1000, 4);
        let held: Vec<_> = (0..50).map(|_| take(&mut arena, 600)).collect();
        assert_eq!(arena.stubs.len(), 4);
        drop(held);
        assert_eq!(arena.stubs.len(), 4);
    }

    #[test]
    fn more_room_than_a_chunk_is_fresh_and_not_kept() {
        let mut arena = Arena::new(1000, 4);
        assert_eq!(take(&mut arena, 5000).len(), 5000);
        assert_eq!(arena.stubs.len(), 0);
    }
}
