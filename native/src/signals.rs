//! SIGTERM and SIGINT as something that can be read.
//!
//! The first asks for a stop in order, which is never long; a second SIGINT (an impatient person) ends the process at once,
//! a second SIGTERM changes nothing, because scripts often send two. Nothing else may touch signals; SIGPIPE is ignored by
//! Rust's own start.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

/// Where signals arrive.
#[derive(Debug)]
pub struct Signals {
    arrivals: UnixStream,
}

impl Signals {
    /// Takes over SIGTERM and SIGINT from now on.
    ///
    /// # Errors
    /// Where the system gives no descriptors.
    pub fn take_over() -> io::Result<Self> {
        let (arrivals, sender) = UnixStream::pair()?;
        arrivals.set_nonblocking(true)?;
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // In this order: the first signal finds the flag down and raises it, the second one finds it up.
            if signal == SIGINT {
                signal_hook::flag::register_conditional_shutdown(
                    signal,
                    128 + signal,
                    Arc::clone(&asked),
                )?;
            }
            signal_hook::flag::register(signal, Arc::clone(&asked))?;
            signal_hook::low_level::pipe::register(signal, sender.try_clone()?)?;
        }
        Ok(Self { arrivals })
    }

    /// Whether a signal has come since the last call.
    #[must_use]
    pub fn arrived(&self) -> bool {
        rustix::io::read(&self.arrivals, &mut [0u8; 16]).is_ok_and(|read| read > 0)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.arrivals.as_fd()
    }
}
