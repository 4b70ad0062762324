//! Reads from sockets and files into memory that nothing has written yet.
//!
//! The only unsafe lines of the server. The safe wrappers that we use everywhere else want initialised memory for
//! vectored and for non-waiting reads, and clearing each buffer first would cost as much as the copy out of the kernel.
//! Nothing here may know what the bytes mean.

#![allow(
    unsafe_code,
    reason = "reading into spare capacity has no safe wrapper for readv and preadv2"
)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use bytes::BytesMut;

/// What a read of a socket brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketRead {
    /// Bytes read; 0 means that the peer has ended its half.
    pub bytes: usize,
    /// Whether all the room was filled, so that more may wait in the socket.
    pub filled: bool,
}

/// Room of at most `limit` bytes in the spare capacity of `buffer`.
fn spare(buffer: &mut BytesMut, limit: usize) -> libc::iovec {
    let spare = buffer.spare_capacity_mut();
    libc::iovec { iov_base: spare.as_mut_ptr().cast(), iov_len: spare.len().min(limit) }
}

/// Reads once from `socket`: first into the spare capacity of `first`, at most its limit, then into that of `second`.
///
/// # Errors
/// As `readv(2)`; an interrupted call is repeated.
pub fn read_socket(
    socket: BorrowedFd<'_>,
    first: Option<(&mut BytesMut, usize)>,
    second: (&mut BytesMut, usize),
) -> io::Result<SocketRead> {
    let mut empty = BytesMut::new();
    let (first, first_limit) = first.unwrap_or((&mut empty, 0));
    let (second, second_limit) = second;
    let rooms = [spare(first, first_limit), spare(second, second_limit)];
    let skip = usize::from(rooms[0].iov_len == 0);
    let room = rooms[0].iov_len + rooms[1].iov_len;
    let read = loop {
        // SAFETY: each iovec names memory that this function borrows exclusively and that is valid for writes of
        // iov_len bytes; 1 or 2 of them are passed, and both are in the array.
        let read = unsafe {
            libc::readv(socket.as_raw_fd(), rooms[skip..].as_ptr(), 2 - skip as libc::c_int)
        };
        match usize::try_from(read) {
            Ok(read) => break read,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    };
    let in_first = read.min(rooms[0].iov_len);
    // SAFETY: the kernel has written `in_first` bytes behind first's length and the others behind second's, neither
    // more than the spare capacity that was passed.
    unsafe {
        first.set_len(first.len() + in_first);
        second.set_len(second.len() + (read - in_first));
    }
    Ok(SocketRead { bytes: read, filled: read == room })
}

/// Reads once at `at` of `file` into the spare capacity of `buffer`, at most `limit` bytes. With `wait` false it reads
/// only what is in the page cache and fails with [`io::ErrorKind::WouldBlock`] where nothing is.
///
/// # Errors
/// As `preadv2(2)`; an interrupted call is repeated.
pub fn read_file(
    file: BorrowedFd<'_>,
    at: u64,
    buffer: &mut BytesMut,
    limit: usize,
    wait: bool,
) -> io::Result<usize> {
    let room = spare(buffer, limit);
    let at = libc::off_t::try_from(at).map_err(|_| io::ErrorKind::InvalidInput)?;
    let flags = if wait { 0 } else { libc::RWF_NOWAIT };
    let read = loop {
        // SAFETY: the iovec names memory that this function borrows exclusively, valid for writes of iov_len bytes.
        let read = unsafe { libc::preadv2(file.as_raw_fd(), &raw const room, 1, at, flags) };
        match usize::try_from(read) {
            Ok(read) => break read,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    };
    // SAFETY: the kernel has written `read` bytes behind buffer's length, at most its spare capacity.
    unsafe { buffer.set_len(buffer.len() + read) };
    Ok(read)
}
