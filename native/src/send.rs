//! Sending answers: pieces of memory with one `sendmsg`, ranges of files with `sendfile`.
//!
//! Pieces leave in order and are dropped only when the kernel has taken them. It must never wait for a disk or a peer.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::net::{SendAncillaryBuffer, SendFlags};
use smallvec::SmallVec;

use crate::disk_store::{DiskStore, ObjectFile};

/// Ranges of files below this size are read and sent with the bytes around them: a `sendfile` for each costs more.
pub const SENDFILE_MIN: u32 = 32 * 1024;
/// Pieces that go into one `sendmsg`.
const PIECES_MAX: usize = 128;
/// What one `sendfile` is asked for at most, so that what it may find on the disk only is bounded.
const SENDFILE_MAX: u32 = 1 << 20;

/// One piece of an answer.
#[derive(Debug)]
pub enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A range of a file, held open.
    File {
        /// The file.
        file: Arc<ObjectFile>,
        /// First byte that is not sent yet.
        at: u64,
        /// Bytes that are not sent yet.
        len: u32,
    },
}

/// How far sending came.
#[derive(Debug)]
pub enum Sent {
    /// Everything is sent.
    All,
    /// The socket takes no more for now.
    Blocked,
    /// A range is not in memory: bring it there, then send on.
    Cold {
        /// The file.
        file: Arc<ObjectFile>,
        /// First byte.
        at: u64,
        /// Length in bytes.
        len: u32,
    },
}

/// Sends what is in `pieces`, as far as the socket takes it at once. `store` is where ranges of files come from.
///
/// # Errors
/// The peer is gone, or a range cannot be read: the connection is of no use any more.
pub fn send(
    socket: BorrowedFd<'_>,
    pieces: &mut VecDeque<Piece>,
    mut store: Option<&mut DiskStore>,
) -> io::Result<Sent> {
    loop {
        let cold = load_short_ranges(pieces, &mut store)?;
        let mut slices: SmallVec<[IoSlice<'_>; PIECES_MAX]> = SmallVec::new();
        let mut total = 0;
        for piece in pieces.iter().take(PIECES_MAX) {
            let Piece::Bytes(bytes) = piece else { break };
            slices.push(IoSlice::new(bytes));
            total += bytes.len();
        }
        if total > 0 {
            let more = slices.len() < pieces.len();
            let sent = send_slices(socket, &slices, more)?;
            drop(slices);
            advance(pieces, sent);
            if sent < total {
                return Ok(Sent::Blocked);
            }
            continue;
        }
        drop(slices);
        match pieces.front_mut() {
            None => return Ok(Sent::All),
            // An empty piece: nothing to send.
            Some(Piece::Bytes(_)) => drop(pieces.pop_front()),
            Some(Piece::File { file, at, len }) => {
                if cold {
                    return Ok(Sent::Cold { file: Arc::clone(file), at: *at, len: *len });
                }
                match send_file(socket, file, at, len)? {
                    None if *len == 0 => drop(pieces.pop_front()),
                    None => {}
                    Some(sent) => return Ok(sent),
                }
            }
        }
    }
}

/// Turns short ranges at the front of `pieces` into bytes. True where the first piece is a short range that is not in
/// memory.
fn load_short_ranges(
    pieces: &mut VecDeque<Piece>,
    store: &mut Option<&mut DiskStore>,
) -> io::Result<bool> {
    for (index, piece) in pieces.iter_mut().take(PIECES_MAX).enumerate() {
        let Piece::File { file, at, len } = piece else { continue };
        let Some(store) = store else { return Err(io::ErrorKind::NotFound.into()) };
        if *len >= SENDFILE_MIN {
            return Ok(false);
        }
        match store.read_short(file, *at, *len as usize)? {
            Some(bytes) => *piece = Piece::Bytes(bytes),
            None => return Ok(index == 0),
        }
    }
    Ok(false)
}

fn send_slices(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>], more: bool) -> io::Result<usize> {
    let mut flags = SendFlags::NOSIGNAL;
    flags.set(SendFlags::MORE, more);
    loop {
        match rustix::net::sendmsg(socket, slices, &mut SendAncillaryBuffer::default(), flags) {
            Ok(sent) => return Ok(sent),
            Err(Errno::WOULDBLOCK) => return Ok(0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sends the beginning of a long range. `None`: go on.
fn send_file(
    socket: BorrowedFd<'_>,
    file: &Arc<ObjectFile>,
    at: &mut u64,
    len: &mut u32,
) -> io::Result<Option<Sent>> {
    let want = (*len).min(SENDFILE_MAX);
    // The kernel reads ahead, so a range whose last byte is in memory is there as a whole.
    if !is_in_memory(file, at.saturating_add(u64::from(want) - 1)) {
        return Ok(Some(Sent::Cold { file: Arc::clone(file), at: *at, len: want }));
    }
    let mut offset = *at;
    match rustix::fs::sendfile(socket, &**file, Some(&mut offset), want as usize) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(sent) => {
            // At most `want` was asked for.
            *len = len.saturating_sub(u32::try_from(sent).unwrap_or(u32::MAX));
            *at = offset;
            Ok(None)
        }
        Err(Errno::WOULDBLOCK) => Ok(Some(Sent::Blocked)),
        Err(Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the byte at `at` can be read without asking a disk. Where the file system cannot tell, it counts as if.
fn is_in_memory(file: &ObjectFile, at: u64) -> bool {
    let mut byte = [0];
    let read =
        rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT);
    read != Err(Errno::AGAIN)
}

/// Takes `sent` bytes from the front of `pieces`, which are in memory.
fn advance(pieces: &mut VecDeque<Piece>, mut sent: usize) {
    while let Some(Piece::Bytes(bytes)) = pieces.front_mut() {
        if sent < bytes.len() {
            bytes.advance(sent);
            return;
        }
        sent -= bytes.len();
        pieces.pop_front();
    }
}

#[cfg(test)]
mod tests;
