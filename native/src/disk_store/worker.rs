//! Slow work with whole files: blobs, the root, journal files made ready, removals; and reads of a cold disk.
//!
//! Nothing counts as stored before its bytes and then its name are durable.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::ObjectId;
use logboat_core::shard::input::{OperationId, SlotChunks, StoreError, Stored};
use rustix::fd::AsFd;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::directory::{Directory, Kind, ROOT, UNFINISHED, file_name};
use super::file::{ObjectFile, allocate, store_error, write_all};
use crate::helper::Helper;
use crate::reactor::Waker;
use crate::uninit_io::read_file;

/// Zeros are written in pieces of this size.
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

/// What is to be done.
#[derive(Debug)]
pub(super) enum Task {
    Put {
        operation: OperationId,
        object: ObjectId,
        chunks: SlotChunks,
    },
    ReplaceRoot {
        operation: OperationId,
        bytes: Bytes,
    },
    /// Make a journal file that owns its space.
    Prepare {
        operation: OperationId,
        object: ObjectId,
        bytes: u64,
        /// Whether its blocks are to be written once.
        write: bool,
    },
    Read {
        operation: OperationId,
        file: Arc<ObjectFile>,
        at: u64,
        len: u32,
    },
    /// Bring a range into the page cache.
    Warm {
        token: u64,
        file: Arc<ObjectFile>,
        at: u64,
        len: u32,
    },
    Remove {
        kind: Kind,
        object: ObjectId,
    },
}

/// A task and where to do it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) directory: Arc<Directory>,
    pub(super) task: Task,
}

/// A range that [`DiskStore::warm`](super::DiskStore::warm) was asked for.
#[derive(Debug)]
pub struct Warmed {
    /// As it was given.
    pub token: u64,
    /// An error where the disk does not give it.
    pub result: io::Result<()>,
}

/// What came of a task.
#[derive(Debug)]
pub(super) enum Done {
    Operation { operation: OperationId, result: Result<Stored, StoreError> },
    Made { operation: OperationId, object: ObjectId, result: Result<ObjectFile, StoreError> },
    Warm(Warmed),
    Removed { kind: Kind, object: ObjectId, result: io::Result<()> },
}

pub(super) type Worker = Helper<Job, Done>;

pub(super) fn worker(name: &'static str, waker: Waker) -> Worker {
    Helper::new(name, |jobs, done| done.extend(jobs.drain(..).map(work)), waker)
}

/// Does one task, however long it takes.
pub(super) fn work(Job { directory, task }: Job) -> Done {
    let directory = &directory;
    match task {
        Task::Put { operation, object, chunks } => {
            let result = put(directory, object, &chunks).map_err(|error| store_error(&error));
            Done::Made { operation, object, result }
        }
        Task::ReplaceRoot { operation, bytes } => {
            let result = replace_root(directory, bytes);
            Done::Operation {
                operation,
                result: result.map(|()| Stored::Done).map_err(|error| store_error(&error)),
            }
        }
        Task::Prepare { operation, object, bytes, write } => {
            let result =
                prepare(directory, object, bytes, write).map_err(|error| store_error(&error));
            Done::Made { operation, object, result }
        }
        Task::Read { operation, file, at, len } => {
            let result =
                read(&file, at, len).map(Stored::Bytes).map_err(|error| store_error(&error));
            Done::Operation { operation, result }
        }
        Task::Warm { token, file, at, len } => {
            Done::Warm(Warmed { token, result: warm(&file, at, len) })
        }
        Task::Remove { kind, object } => {
            Done::Removed { kind, object, result: directory.remove(&file_name(kind, object)) }
        }
    }
}

/// A file under its unfinished name; one that is there already is a leftover.
fn unfinished(directory: &Directory, name: &str) -> io::Result<(String, File)> {
    let name = format!("{name}{UNFINISHED}");
    directory.remove(&name)?;
    let file = directory.open_file(&name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
    Ok((name, file))
}

/// Makes a file with `write` and gives it its name; nothing is left of one that fails.
fn make(
    directory: &Directory,
    kind: Kind,
    object: ObjectId,
    write: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<File> {
    let name = file_name(kind, object);
    let (new, file) = unfinished(directory, &name)?;
    match write(&file).and_then(|()| directory.rename_new(&new, &name)) {
        Ok(()) => Ok(file),
        Err(error) => {
            let _ = directory.remove(&new);
            Err(error)
        }
    }
}

fn put(directory: &Directory, object: ObjectId, chunks: &[Bytes]) -> io::Result<ObjectFile> {
    let file = make(directory, Kind::Blob, object, |file| {
        allocate(file, super::file::total(chunks))?;
        write_all(file, chunks, 0)?;
        file.sync_all()
    })?;
    directory.sync()?;
    Ok(ObjectFile::new(object, file))
}

/// Blocks that have been written once are flushed in about half the time of new ones. Where they are not, nobody waits
/// for flushes, and the file's name becomes durable with its first one.
fn prepare(
    directory: &Arc<Directory>,
    object: ObjectId,
    bytes: u64,
    write: bool,
) -> io::Result<ObjectFile> {
    let file = make(directory, Kind::Journal, object, |file| {
        allocate(file, bytes)?;
        if !write {
            return Ok(());
        }
        let mut at = 0;
        while at < bytes {
            let len = (bytes - at).min(ZEROS.len() as u64);
            let zeros = Bytes::from_static(&ZEROS).slice(..len as usize);
            write_all(file, &[zeros], at)?;
            at += len;
        }
        file.sync_all()
    })?;
    if !write {
        return Ok(ObjectFile::unnamed(object, file, Arc::clone(directory)));
    }
    directory.sync()?;
    Ok(ObjectFile::new(object, file))
}

fn replace_root(directory: &Directory, bytes: Bytes) -> io::Result<()> {
    let (new, file) = unfinished(directory, ROOT)?;
    let written = (|| {
        write_all(&file, &[bytes], 0)?;
        file.sync_all()?;
        directory.rename(&new, ROOT)?;
        directory.sync()
    })();
    if written.is_err() {
        let _ = directory.remove(&new);
    }
    written
}

/// Reads `len` bytes, fewer only where the file ends, however long the disk takes.
pub(super) fn read(file: &ObjectFile, at: u64, len: u32) -> io::Result<Bytes> {
    let mut bytes = BytesMut::with_capacity(len as usize);
    fill(file, at, len as usize, &mut bytes)?;
    Ok(bytes.freeze())
}

/// As [`read`], into a buffer that has the room, and all or nothing.
pub(super) fn read_exact(
    file: &ObjectFile,
    at: u64,
    len: usize,
    buffer: &mut BytesMut,
) -> io::Result<Bytes> {
    fill(file, at, len, buffer)?;
    let bytes = buffer.split().freeze();
    if bytes.len() == len { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads up to `len` bytes into a buffer that has the room, fewer only where the file ends.
pub(super) fn fill(
    file: &ObjectFile,
    at: u64,
    len: usize,
    buffer: &mut BytesMut,
) -> io::Result<()> {
    while buffer.len() < len {
        let missing = len - buffer.len();
        if read_file(file.as_fd(), at.saturating_add(buffer.len() as u64), buffer, missing, true)?
            == 0
        {
            break;
        }
    }
    Ok(())
}

fn warm(file: &ObjectFile, at: u64, len: u32) -> io::Result<()> {
    let mut buffer = BytesMut::with_capacity(ZEROS.len());
    let end = at.saturating_add(u64::from(len));
    let mut at = at;
    while at < end {
        buffer.clear();
        let limit = usize::try_from(end - at).unwrap_or(usize::MAX);
        match read_file(file.as_fd(), at, &mut buffer, limit, true)? {
            0 => break,
            read => at += read as u64,
        }
    }
    Ok(())
}

/// Whether an error only says that the page cache does not hold the bytes, or that the file system cannot tell.
pub(super) fn not_at_once(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error())
}
