//! The store on a disk: one directory, one file an object, and the root.
//!
//! It executes storage effects and must know nothing of Kafka. Nothing is reported as done before it is as durable as it
//! was asked to be, and after a write or flush has failed nothing is written to the journal any more: what the disk
//! holds then is for the next start to find out.

mod directory;
mod file;
mod flusher;
mod lock;
mod objects;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use logboat_core::chunk::ObjectId;
use logboat_core::memory_store::Completion;
use logboat_core::shard::StoreContents;
use logboat_core::shard::input::{OperationId, SlotChunks, StorageEffect, StoreError, Stored};
use rustix::fd::AsFd;
use rustix::fs::OFlags;

use crate::arena::Arena;
use crate::reactor::Waker;
use crate::uninit_io::read_file;
pub use directory::OpenError;
use directory::{Directory, Kind, file_name};
pub use file::ObjectFile;
use file::{store_error, write_all};
use flusher::{FlushDone, FlushJob, Flusher, flusher};
use lock::Lock;
pub use worker::Warmed;
use worker::{Done, Job, Task, Worker, not_at_once, worker};

/// Object files that are kept open at most, beside those that are being sent.
pub const OPEN_FILES_MAX: usize = 64;
/// Flushes that take longer on average are never done on the loop's own thread.
const INLINE_FLUSH_MAX: Duration = Duration::from_millis(1);
/// Reads are put one behind the other into chunks of this size; longer ones get memory of their own.
const READ_CHUNK_BYTES: usize = 256 * 1024;
/// Chunks of reads that are kept for another use.
const READ_CHUNKS_KEPT: usize = 8;

/// An object that is there, or is being made.
#[derive(Debug)]
struct Entry {
    kind: Kind,
    file: Option<Arc<ObjectFile>>,
    /// When it was last used, in uses of the store.
    used: u64,
    /// Whether a helper is still making it: whatever else is asked of it waits.
    making: bool,
}

/// A data directory that is held open. See the module.
#[derive(Debug)]
pub struct DiskStore {
    directory: Arc<Directory>,
    objects: BTreeMap<ObjectId, Entry>,
    open_files: usize,
    uses: u64,
    /// Effects on objects that are being made, in the order of issue.
    deferred: Vec<StorageEffect>,
    /// Why the journal takes nothing any more.
    failed: Option<String>,
    flusher: Flusher,
    flushed: Vec<FlushDone>,
    /// What a flush takes on average; `None` before the first.
    flush_time: Option<Duration>,
    /// Whether journal files are written once before use.
    write_ahead: bool,
    worker: Worker,
    /// A second worker for reads, which somebody waits for.
    reader: Worker,
    worked: Vec<Done>,
    reads: Arena,
    /// Whether everything may take the loop, for nobody else waits for it.
    starting: bool,
    _lock: Lock,
}

/// A store that was opened, and what was in it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: DiskStore,
    /// What the core is to recover from.
    pub contents: StoreContents,
    /// Names of files that nobody knows: left alone, to be told.
    pub foreign: Vec<String>,
}

impl DiskStore {
    /// Opens the directory `path`, which is made where it is not there, for this process alone. `write_ahead`: journal
    /// files are written once before they are used, which halves the time of a flush and is wasted where none is asked
    /// for. `waker` wakes the loop that calls [`Self::poll`].
    ///
    /// # Errors
    /// One line that names the path: it cannot be used, another process has it, or it is Apache Kafka's.
    pub fn open(path: &Path, write_ahead: bool, waker: &Waker) -> Result<Opened, OpenError> {
        let directory = Directory::open(path)?;
        let lock = Lock::take(&directory)?;
        let listing = directory.list()?;
        let object = |&(kind, object, _): &(Kind, ObjectId, u64)| {
            (object, Entry { kind, file: None, used: 0, making: false })
        };
        let store = Self {
            directory: Arc::new(directory),
            objects: listing.objects.iter().map(object).collect(),
            open_files: 0,
            uses: 0,
            deferred: Vec::new(),
            failed: None,
            flusher: flusher(waker.clone()),
            flushed: Vec::new(),
            flush_time: None,
            write_ahead,
            worker: worker("files", waker.clone()),
            reader: worker("reads", waker.clone()),
            worked: Vec::new(),
            reads: Arena::new(READ_CHUNK_BYTES, READ_CHUNKS_KEPT),
            starting: true,
            _lock: lock,
        };
        let objects = listing.objects.iter().map(|&(_, object, len)| (object, len)).collect();
        let contents = StoreContents { root: listing.root, objects };
        Ok(Opened { store, contents, foreign: listing.foreign })
    }

    /// Where it is, symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The core has recovered: from now on helpers do what the disk would have to be waited for.
    pub const fn started(&mut self) {
        self.starting = false;
    }

    /// Begins what `effect` says. What ends at once is put into `done`; [`Self::poll`] brings the rest.
    pub fn execute(&mut self, effect: StorageEffect, done: &mut Vec<Completion>) {
        if self.must_wait(&effect) {
            self.deferred.push(effect);
            return;
        }
        match effect {
            StorageEffect::Append { operation, object, at, chunks, flush, waiting } => {
                match self.append(object, at, &chunks) {
                    Ok(_) if !flush => done.push((operation, Ok(Stored::Done))),
                    Ok(file) => self.flush(operation, file, waiting, done),
                    Err(error) => done.push((operation, Err(error))),
                }
            }
            StorageEffect::Flush { operation, object } => {
                match self.healthy().and_then(|()| self.open_object(object)) {
                    Ok(file) => self.flush(operation, file, 0, done),
                    Err(error) => done.push((operation, Err(error))),
                }
            }
            StorageEffect::Prepare { operation, object, bytes } => {
                let task = Task::Prepare { operation, object, bytes, write: self.write_ahead };
                self.make(operation, object, Kind::Journal, task, done);
            }
            StorageEffect::Read { operation, object, at, len } => {
                self.read(operation, object, at, len, done)
            }
            StorageEffect::Put { operation, object, chunks } => {
                self.make(
                    operation,
                    object,
                    Kind::Blob,
                    Task::Put { operation, object, chunks },
                    done,
                );
            }
            StorageEffect::Drop { object } => self.remove(object),
            StorageEffect::ReplaceRoot { operation, bytes } => {
                if let Err(error) = self.post(Task::ReplaceRoot { operation, bytes }) {
                    done.push((operation, Err(store_error(&error))));
                }
            }
        }
    }

    /// Puts the operations that have ended since the last call into `done`, and what came of
    /// [`Self::warm`] into `warm`.
    pub fn poll(&mut self, done: &mut Vec<Completion>, warm: &mut Vec<Warmed>) {
        let mut flushed = std::mem::take(&mut self.flushed);
        self.flusher.take_done(&mut flushed);
        for FlushDone { operation, result, took } in flushed.drain(..) {
            let result = self.flush_ended(result, took);
            done.push((operation, result));
        }
        self.flushed = flushed;
        let mut worked = std::mem::take(&mut self.worked);
        self.reader.take_done(&mut worked);
        self.worker.take_done(&mut worked);
        for ended in worked.drain(..) {
            self.work_ended(ended, done, warm);
        }
        // What waited for these may have been done meanwhile.
        worked.append(&mut self.worked);
        self.worked = worked;
    }

    /// The file of an object, to send ranges of it: it can be read for as long as it is held, dropped or not.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where the object is not there, else what the system says.
    pub fn open_object(&mut self, object: ObjectId) -> Result<Arc<ObjectFile>, StoreError> {
        let flags = match self.objects.get(&object) {
            None => return Err(StoreError::Missing),
            Some(Entry { kind: Kind::Journal, .. }) => OFlags::RDWR,
            Some(Entry { kind: Kind::Blob, .. }) => OFlags::RDONLY,
        };
        self.uses += 1;
        let uses = self.uses;
        let Some(entry) = self.objects.get_mut(&object) else { return Err(StoreError::Missing) };
        entry.used = uses;
        if let Some(file) = &entry.file {
            return Ok(Arc::clone(file));
        }
        let file = self
            .directory
            .open_file(&file_name(entry.kind, object), flags)
            .map_err(|e| store_error(&e))?;
        let file = Arc::new(ObjectFile::new(object, file));
        entry.file = Some(Arc::clone(&file));
        self.opened_one();
        Ok(file)
    }

    /// Reads a short range of a file that somebody waits to send: `Ok(None)` where the disk would have to be asked, so
    /// that [`Self::warm`] should be called first.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::UnexpectedEof`] where the file is shorter.
    pub fn read_short(
        &mut self,
        file: &ObjectFile,
        at: u64,
        len: usize,
    ) -> io::Result<Option<Bytes>> {
        let buffer = self.reads.room(len);
        match read_file(file.as_fd(), at, buffer, len, false) {
            Ok(read) if read == len => Ok(Some(buffer.split().freeze())),
            // Either the rest is not in memory, or there is none.
            Ok(_) => {
                buffer.clear();
                let end = at.saturating_add(len as u64);
                if file.len()? < end { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if not_at_once(&error) => {
                worker::read_exact(file, at, len, buffer).map(Some)
            }
            Err(error) => Err(error),
        }
    }

    /// Brings a range into memory on a helper's thread; `token` comes out of [`Self::poll`] when it is there.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn warm(
        &mut self,
        token: u64,
        file: &Arc<ObjectFile>,
        at: u64,
        len: u32,
    ) -> io::Result<()> {
        let task = Task::Warm { token, file: Arc::clone(file), at, len };
        self.reader.post(Job { directory: Arc::clone(&self.directory), task })
    }

    /// Whether effects on one object would overtake what is being done with it.
    fn must_wait(&self, effect: &StorageEffect) -> bool {
        let object = match effect {
            StorageEffect::Append { object, .. }
            | StorageEffect::Flush { object, .. }
            | StorageEffect::Read { object, .. }
            | StorageEffect::Drop { object } => object,
            StorageEffect::Prepare { .. }
            | StorageEffect::Put { .. }
            | StorageEffect::ReplaceRoot { .. } => return false,
        };
        self.objects.get(object).is_some_and(|entry| entry.making)
    }

    fn healthy(&self) -> Result<(), StoreError> {
        self.failed.as_ref().map_or(Ok(()), |reason| Err(StoreError::Failed(reason.clone())))
    }

    fn fail(&mut self, reason: String) -> StoreError {
        let reason = self.failed.get_or_insert(reason);
        StoreError::Failed(reason.clone())
    }

    fn post(&mut self, task: Task) -> io::Result<()> {
        let job = Job { directory: Arc::clone(&self.directory), task };
        if self.starting {
            self.worked.push(worker::work(job));
            return Ok(());
        }
        self.worker.post(job)
    }

    fn append(
        &mut self,
        object: ObjectId,
        at: u64,
        chunks: &SlotChunks,
    ) -> Result<Arc<ObjectFile>, StoreError> {
        self.healthy()?;
        let file = self.open_object(object)?;
        match write_all(&*file, chunks, at).map_err(|error| store_error(&error)) {
            Ok(()) => Ok(file),
            // What was written before the disk was full is no whole slot, and the next append goes over it.
            Err(StoreError::Full) => Err(StoreError::Full),
            Err(StoreError::Failed(reason)) => Err(self.fail(reason)),
            Err(StoreError::Missing) => Err(StoreError::Missing),
        }
    }

    /// Closes the file that was not used for the longest time, where too many are open.
    fn opened_one(&mut self) {
        self.open_files += 1;
        if self.open_files > OPEN_FILES_MAX {
            let open = self.objects.values_mut().filter(|entry| entry.file.is_some());
            if let Some(oldest) = open.min_by_key(|entry| entry.used) {
                oldest.file = None;
                self.open_files -= 1;
            }
        }
    }

    fn flush(
        &mut self,
        operation: OperationId,
        file: Arc<ObjectFile>,
        waiting: u32,
        done: &mut Vec<Completion>,
    ) {
        // A helper's hop costs as much as a fast disk's flush. Only where nobody else's flush is under way, so that
        // operations end in order, and where one connection at most is kept waiting by it.
        let fast = self.flush_time.is_some_and(|time| time < INLINE_FLUSH_MAX);
        let alone = self.starting || (fast && waiting == 1);
        if alone && self.flusher.outstanding() == 0 {
            let start = Instant::now();
            let result = file.flush();
            let result = self.flush_ended(result, start.elapsed());
            done.push((operation, result));
            return;
        }
        if let Err(error) = self.flusher.post(FlushJob { operation, file }) {
            let error = self.fail(error.to_string());
            done.push((operation, Err(error)));
        }
    }

    fn flush_ended(
        &mut self,
        result: io::Result<()>,
        took: Duration,
    ) -> Result<Stored, StoreError> {
        self.flush_time = Some(self.flush_time.map_or(took, |average| (average * 7 + took) / 8));
        // The system reports a lost write once: what a later flush says of the same file is not to be believed.
        self.healthy()?;
        match result {
            Ok(()) => Ok(Stored::Done),
            Err(error) => Err(self.fail(error.to_string())),
        }
    }

    fn read(
        &mut self,
        operation: OperationId,
        object: ObjectId,
        at: u64,
        len: u32,
        done: &mut Vec<Completion>,
    ) {
        let file = match self.open_object(object) {
            Ok(file) => file,
            Err(error) => return done.push((operation, Err(error))),
        };
        if self.starting {
            // The same memory again and again, which is cheaper than fresh one.
            let buffer = self.reads.room(len as usize);
            let result = worker::fill(&file, at, len as usize, buffer);
            let bytes = buffer.split().freeze();
            let result = result.map(|()| Stored::Bytes(bytes)).map_err(|error| store_error(&error));
            return done.push((operation, result));
        }
        if let Ok(Some(bytes)) = self.read_short(&file, at, len as usize) {
            return done.push((operation, Ok(Stored::Bytes(bytes))));
        }
        let task = Task::Read { operation, file, at, len };
        if let Err(error) = self.reader.post(Job { directory: Arc::clone(&self.directory), task }) {
            done.push((operation, Err(store_error(&error))));
        }
    }
}
