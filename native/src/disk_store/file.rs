//! One object's file: written at positions, read at positions, flushed.
//!
//! Short writes and interruptions are looped over here and nowhere else.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use logboat_core::chunk::ObjectId;
use logboat_core::shard::input::StoreError;
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use smallvec::SmallVec;

use super::directory::Directory;

/// Linux takes no more pieces in one call (UIO_MAXIOV).
const PIECES_MAX: usize = 1024;

/// An open object. Everything that still needs its bytes holds a count of it, so that the file may be removed.
#[derive(Debug)]
pub struct ObjectFile {
    object: ObjectId,
    file: File,
    /// The directory, until it is known to hold the file's name whatever happens.
    unnamed: Mutex<Option<Arc<Directory>>>,
}

impl ObjectFile {
    /// A file whose name is durable.
    pub(super) const fn new(object: ObjectId, file: File) -> Self {
        Self { object, file, unnamed: Mutex::new(None) }
    }

    /// A file whose name is not durable yet: its first flush makes it so.
    pub(super) const fn unnamed(object: ObjectId, file: File, directory: Arc<Directory>) -> Self {
        Self { object, file, unnamed: Mutex::new(Some(directory)) }
    }

    /// Which object it is.
    #[must_use]
    pub const fn object(&self) -> ObjectId {
        self.object
    }

    /// Its length, bytes.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Makes its bytes durable, and its name.
    pub(super) fn flush(&self) -> io::Result<()> {
        loop {
            match rustix::fs::fdatasync(&self.file) {
                Ok(()) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = &*unnamed {
            directory.sync()?;
            *unnamed = None;
        }
        Ok(())
    }
}

impl AsFd for ObjectFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Takes disk space for the first `bytes` bytes, where the file system knows how to.
pub(super) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    loop {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes `chunks` one after another from `at` on, all of them.
pub(super) fn write_all(file: impl AsFd, chunks: &[Bytes], mut at: u64) -> io::Result<()> {
    let mut chunks = chunks.iter().filter(|chunk| !chunk.is_empty()).peekable();
    let mut pieces: SmallVec<[IoSlice<'_>; 16]> = SmallVec::new();
    loop {
        while pieces.len() < PIECES_MAX
            && let Some(chunk) = chunks.next()
        {
            pieces.push(IoSlice::new(chunk));
        }
        if pieces.is_empty() {
            return Ok(());
        }
        let mut rest = pieces.as_mut_slice();
        while !rest.is_empty() {
            match rustix::io::pwritev(&file, rest, at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    at += written as u64;
                    IoSlice::advance_slices(&mut rest, written);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        pieces.clear();
    }
}

/// What the core is told of an error of the system.
pub(super) fn store_error(error: &io::Error) -> StoreError {
    use io::ErrorKind::{FileTooLarge, NotFound, QuotaExceeded, StorageFull};
    let kind = error.kind();
    if [StorageFull, QuotaExceeded, FileTooLarge].contains(&kind) {
        StoreError::Full
    } else if kind == NotFound {
        StoreError::Missing
    } else {
        StoreError::Failed(error.to_string())
    }
}

/// The length of all chunks, bytes.
pub(super) fn total(chunks: &[Bytes]) -> u64 {
    chunks.iter().map(|chunk| chunk.remaining() as u64).sum()
}
