//! The end: in order where there is time for it.
//!
//! After a stop in order the store needs no recovery. It must never take longer than a few seconds.

use std::io::Write;

use logboat_core::shard::input::Input;
use logboat_core::time::Instant;

use super::Server;

/// How long a stop in order may take, milliseconds.
const STOP_MS: i64 = 5000;

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As it was asked to.
    InOrder,
    /// The core could not start from what it found in the store, and has said why.
    NotStarted,
    /// The store was not done in time, or a listener was lost.
    Failed,
}

/// Where in its life the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The core recovers.
    Starting,
    /// Clients are served.
    Serving,
    /// The core was asked to stop, and must have done so by this time.
    Stopping(Instant),
    /// Nothing is left to be done.
    Over(Stop),
}

impl Stage {
    pub(super) const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Stopping(deadline) => Some(deadline),
            Self::Starting | Self::Serving | Self::Over(_) => None,
        }
    }
}

impl Server {
    /// The core has recovered: clients may come.
    pub(super) fn become_ready(&mut self) {
        self.store.started();
        if self.stage != Stage::Starting {
            return;
        }
        if let Err(error) = self.open_listeners() {
            log::error!("{error}");
            self.stage = Stage::Over(Stop::Failed);
            return;
        }
        self.stage = Stage::Serving;
        let addresses: Vec<String> = self.listeners.iter().map(ToString::to_string).collect();
        let local = self
            .listeners
            .iter()
            .all(|listener| listener.address().ip().to_canonical().is_loopback());
        let mut line = format!(
            "Logboat {} is ready at {}, {}",
            env!("CARGO_PKG_VERSION"),
            addresses.join(", "),
            self.kept
        );
        if local {
            let port = self.listeners.first().map_or(9092, |listener| listener.address().port());
            line += &format!(
                "; for this machine only: --override listeners=PLAINTEXT://0.0.0.0:{port} opens it to others"
            );
        }
        // Nobody may be listening.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    pub(super) fn signalled(&mut self) {
        if self.signals.as_ref().is_some_and(crate::signals::Signals::arrived) {
            self.stop();
        }
    }

    /// Asks the core to stop.
    pub(super) fn stop(&mut self) {
        if matches!(self.stage, Stage::Starting | Stage::Serving) {
            log::info!("stopping");
            self.close_listeners();
            self.stage = Stage::Stopping(self.now.instant.plus_millis(STOP_MS));
            self.shard.handle(self.now, Input::Shutdown);
        }
    }

    /// The core cannot work with what it found in the store.
    pub(super) fn refused(&mut self, reason: &str) {
        self.stage = Stage::Over(Stop::NotStarted);
        // Where configuration errors are told.
        let _ = writeln!(std::io::stderr().lock(), "logboat: {reason}");
    }

    pub(super) fn stopped(&mut self) {
        let stop = match self.stage {
            Stage::Starting | Stage::Serving => Stop::Failed,
            Stage::Stopping(_) => {
                log::info!("stopped");
                Stop::InOrder
            }
            Stage::Over(stop) => stop,
        };
        self.stage = Stage::Over(stop);
    }

    pub(super) fn check_stop(&mut self) {
        if self.stage.deadline().is_some_and(|deadline| deadline <= self.now.instant) {
            log::error!(
                "not stopped within {STOP_MS} ms; what was acknowledged is safe, the next start will recover"
            );
            self.stage = Stage::Over(Stop::Failed);
        }
    }
}
