//! Flushes on a thread of their own: a slow disk must never take the loop.
//!
//! One `fdatasync` serves everything that was written to a file before it began.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use logboat_core::shard::input::OperationId;

use super::file::ObjectFile;
use crate::helper::Helper;
use crate::reactor::Waker;

/// One operation that waits for a flush.
#[derive(Debug)]
pub(super) struct FlushJob {
    pub(super) operation: OperationId,
    pub(super) file: Arc<ObjectFile>,
}

/// How a flush ended.
#[derive(Debug)]
pub(super) struct FlushDone {
    pub(super) operation: OperationId,
    pub(super) result: io::Result<()>,
    /// How long the disk took.
    pub(super) took: Duration,
}

pub(super) type Flusher = Helper<FlushJob, FlushDone>;

pub(super) fn flusher(waker: Waker) -> Flusher {
    Helper::new("flush", |jobs, done| work(jobs, done), waker)
}

fn work(jobs: &[FlushJob], done: &mut Vec<FlushDone>) {
    // Written before they were posted, the jobs of one file share one flush. Neighbours only, so that operations end in
    // the order of issue.
    for same in jobs.chunk_by(|a, b| Arc::ptr_eq(&a.file, &b.file)) {
        let Some(first) = same.first() else { continue };
        let start = Instant::now();
        let result = first.file.flush();
        let took = start.elapsed();
        for job in same {
            // An io::Error cannot be cloned; the kind and text are what anybody looks at.
            let result = match &result {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            done.push(FlushDone { operation: job.operation, result, took });
        }
    }
}
