//! A thread that does for the loop what may take long: flushes, reads of a cold disk, whole files.
//!
//! Jobs are done in the order in which they were posted. A helper must never touch a socket or the core. Its thread is
//! started by the first job: a broker in memory has none.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::reactor::Waker;

/// Helpers call the system and little else.
const STACK_BYTES: usize = 256 * 1024;

struct Queue<Job> {
    jobs: Vec<Job>,
    closed: bool,
}

struct Shared<Job, Done> {
    queue: Mutex<Queue<Job>>,
    posted: Condvar,
    done: Mutex<Vec<Done>>,
    /// Whether `done` holds anything: spares the loop a lock a turn.
    any_done: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked left plain vectors behind, which are whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a helper does with the jobs that were posted since its last round: it takes all of them out of the first
/// vector and leaves what is done in the second.
pub type Work<Job, Done> = fn(&mut Vec<Job>, &mut Vec<Done>);

/// One helper thread and its two queues.
pub struct Helper<Job, Done> {
    shared: Arc<Shared<Job, Done>>,
    thread: Option<JoinHandle<()>>,
    name: &'static str,
    work: Work<Job, Done>,
    waker: Waker,
    /// Jobs posted whose results have not been taken.
    outstanding: usize,
}

impl<Job, Done> std::fmt::Debug for Helper<Job, Done> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Helper")
            .field("name", &self.name)
            .field("outstanding", &self.outstanding)
            .finish()
    }
}

impl<Job: Send + 'static, Done: Send + 'static> Helper<Job, Done> {
    /// A helper that does `work` and wakes the loop with `waker` whenever something is done. Every job must give exactly
    /// one result.
    #[must_use]
    pub fn new(name: &'static str, work: Work<Job, Done>, waker: Waker) -> Self {
        let queue = Mutex::new(Queue { jobs: Vec::new(), closed: false });
        let shared = Shared {
            queue,
            posted: Condvar::new(),
            done: Mutex::new(Vec::new()),
            any_done: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), thread: None, name, work, waker, outstanding: 0 }
    }

    /// Hands a job over.
    ///
    /// # Errors
    /// Where the system gives no thread; the job is lost then.
    pub fn post(&mut self, job: Job) -> io::Result<()> {
        if self.thread.is_none() {
            let (shared, work, waker) = (Arc::clone(&self.shared), self.work, self.waker.clone());
            let thread =
                std::thread::Builder::new().name(self.name.to_owned()).stack_size(STACK_BYTES);
            self.thread = Some(thread.spawn(move || run(&shared, work, &waker))?);
        }
        lock(&self.shared.queue).jobs.push(job);
        self.shared.posted.notify_one();
        self.outstanding += 1;
        Ok(())
    }

    /// Moves what is done into `into`, oldest first. Never waits long.
    pub fn take_done(&mut self, into: &mut Vec<Done>) {
        if self.shared.any_done.swap(false, Ordering::Acquire) {
            let mut done = lock(&self.shared.done);
            self.outstanding -= done.len();
            into.append(&mut done);
        }
    }

    /// Jobs posted whose results have not been taken.
    #[must_use]
    pub const fn outstanding(&self) -> usize {
        self.outstanding
    }
}

impl<Job, Done> Drop for Helper<Job, Done> {
    /// Lets the thread finish what was posted, and waits for it.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            lock(&self.shared.queue).closed = true;
            self.shared.posted.notify_one();
            let _ = thread.join();
        }
    }
}

fn run<Job, Done>(shared: &Shared<Job, Done>, work: Work<Job, Done>, waker: &Waker) {
    let (mut jobs, mut done) = (Vec::new(), Vec::new());
    loop {
        {
            let mut queue = lock(&shared.queue);
            while queue.jobs.is_empty() {
                if queue.closed {
                    return;
                }
                queue = shared.posted.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut queue.jobs, &mut jobs);
        }
        work(&mut jobs, &mut done);
        jobs.clear();
        lock(&shared.done).append(&mut done);
        shared.any_done.store(true, Ordering::Release);
        waker.wake();
    }
}
