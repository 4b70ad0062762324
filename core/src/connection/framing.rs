//! Frames out of arbitrary chunks: a four-byte length, then that many bytes.
//!
//! Nothing is allocated from a length before its bytes are there, and a frame that came in one piece is never copied.

use alloc::collections::VecDeque;

use bytes::{Buf, BytesMut};

/// A frame up to this size keeps its room in the arena while it arrives; a larger one grows in a buffer of its own.
const IN_ARENA: usize = 256 << 10;
/// A buffer of its own begins with this room, and doubles as bytes arrive.
const OWN_ROOM: usize = 64 << 10;

/// Room for the beginning of a frame that is copied out of the arena, or for what has come of it twice.
const COPY_ROOM: usize = 1 << 10;

/// API key, version, correlation id: what every header begins with, bytes.
const FIXED_HEADER: usize = 8;

/// The length of a frame is negative or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadLength(pub i32);

/// The frames of one connection.
#[derive(Debug, Default)]
pub(super) struct Framing {
    prefix: [u8; 4],
    prefix_len: u8,
    /// The frame that is arriving, without its prefix.
    partial: BytesMut,
    /// Its whole length; 0 between frames.
    need: usize,
    frames: VecDeque<BytesMut>,
    queued: usize,
    /// Bytes of these may lie in the arena, whose chunk they keep from being used again.
    in_arena: bool,
}

impl Framing {
    /// Cuts what the filled part of `arena` holds into frames, leaving its spare capacity behind.
    ///
    /// # Errors
    /// [`BadLength`]: the connection is to be closed. Frames before it are still there.
    pub(super) fn receive(
        &mut self,
        arena: &mut BytesMut,
        max_bytes: usize,
    ) -> Result<(), BadLength> {
        if self.need > 0 {
            let take = (self.need - self.partial.len()).min(arena.len());
            self.grow(take);
            self.partial.extend_from_slice(&arena[..take]);
            arena.advance(take);
            self.complete();
        }
        self.in_arena |= !arena.is_empty();
        while !arena.is_empty() {
            let from_arena = 4 - self.prefix_len as usize;
            if arena.len() < from_arena {
                let (have, len) = (self.prefix_len as usize, arena.len());
                self.prefix[have..have + len].copy_from_slice(arena);
                self.prefix_len += len as u8;
                arena.clear();
                return Ok(());
            }
            self.prefix[self.prefix_len as usize..].copy_from_slice(&arena[..from_arena]);
            self.prefix_len = 0;
            let length = i32::from_be_bytes(self.prefix);
            let need = usize::try_from(length)
                .ok()
                .filter(|need| *need <= max_bytes)
                .ok_or(BadLength(length))?;
            arena.advance(from_arena);
            if need <= arena.len() {
                let frame = arena.split_to(need);
                self.push(frame);
            } else {
                self.need = need;
                if need <= IN_ARENA && need <= arena.capacity() {
                    let rest = arena.split_off(need.max(arena.len()));
                    self.partial = core::mem::replace(arena, rest);
                } else {
                    self.partial = BytesMut::with_capacity(OWN_ROOM.max(arena.len()).min(need));
                    self.partial.extend_from_slice(arena);
                    arena.clear();
                }
            }
        }
        Ok(())
    }

    /// The arriving frame, with room for more of it: at most [`Self::missing`] bytes may be filled in.
    pub(super) fn partial(&mut self) -> Option<&mut BytesMut> {
        if self.need == 0 {
            return None;
        }
        self.grow(1);
        Some(&mut self.partial)
    }

    /// To be called after [`Self::partial`] was filled.
    pub(super) fn complete(&mut self) {
        if self.need > 0 && self.partial.len() >= self.need {
            self.need = 0;
            let frame = core::mem::take(&mut self.partial);
            self.push(frame);
        }
    }

    /// Whether a chunk of the arena may be held by what is here.
    pub(super) fn holds_arena(&mut self) -> bool {
        self.in_arena &= self.need > 0 || !self.frames.is_empty();
        self.in_arena
    }

    /// Takes everything out of the arena, so that a peer that goes on slowly holds its own bytes and no chunk.
    pub(super) fn leave_arena(&mut self) {
        if !self.holds_arena() {
            return;
        }
        self.in_arena = false;
        let room = (2 * self.partial.len()).max(COPY_ROOM).min(self.need);
        let mut partial = BytesMut::with_capacity(room);
        partial.extend_from_slice(&self.partial);
        self.partial = partial;
        // One piece of memory for all: thousands of small ones would weigh more than what they hold.
        let mut copies = BytesMut::with_capacity(self.frames.iter().map(BytesMut::len).sum());
        for frame in &mut self.frames {
            copies.extend_from_slice(frame);
            *frame = copies.split();
        }
    }

    /// Bytes that the arriving frame still lacks.
    #[must_use]
    pub(super) fn missing(&self) -> usize {
        self.need - self.partial.len().min(self.need)
    }

    /// Whether a frame has begun to arrive, but not yet its fixed header fields.
    #[must_use]
    pub(super) fn is_in_header(&self) -> bool {
        self.prefix_len > 0 || (self.need > 0 && self.partial.len() < FIXED_HEADER)
    }

    /// Whether the oldest complete frame begins with this API key.
    #[must_use]
    pub(super) fn peek_is(&self, api_key: i16) -> bool {
        self.frames.front().is_some_and(|frame| frame.starts_with(&api_key.to_be_bytes()))
    }

    /// The oldest complete frame.
    pub(super) fn pop(&mut self) -> Option<BytesMut> {
        let frame = self.frames.pop_front()?;
        self.queued -= weight(&frame);
        if self.frames.is_empty() && self.frames.capacity() > 64 {
            self.frames = VecDeque::new();
        }
        Some(frame)
    }

    /// Complete frames that wait.
    #[must_use]
    pub(super) fn queued_frames(&self) -> usize {
        self.frames.len()
    }

    /// Bytes of complete frames that wait, and of what holds them.
    #[must_use]
    pub(super) const fn queued(&self) -> usize {
        self.queued
    }

    fn push(&mut self, frame: BytesMut) {
        self.queued += weight(&frame);
        self.frames.push_back(frame);
    }

    /// Makes room for `more` bytes of the arriving frame: doubled as bytes have come, never more than it needs.
    fn grow(&mut self, more: usize) {
        let (len, room) = (self.partial.len(), self.partial.capacity());
        if room - len < more {
            let want = (len * 2).max(len + more).max(OWN_ROOM).min(self.need);
            self.partial.reserve(want - len);
        }
    }
}

/// What a frame that waits costs: a small one weighs less than its place in the queue.
fn weight(frame: &BytesMut) -> usize {
    size_of::<BytesMut>() + frame.len()
}

#[cfg(test)]
mod tests;
