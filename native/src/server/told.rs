//! What the log says of clients: who they are, and why they were closed.
//!
//! What comes from a client is escaped and cut, and lines that it can cause are bounded: a log must never be its to write.

use std::fmt;

use logboat_core::connection::CloseReason;
use logboat_core::protocol::KString;
use logboat_core::time::Instant;

use crate::connections::Client;
use crate::log::limit::Limit;

/// Bytes of a client's id that are shown.
const SHOWN: usize = 256;

/// The bounds of lines, by kind.
#[derive(Debug, Default)]
pub(super) struct Limits {
    faults: Limit,
    pub(super) refused: Limit,
    pub(super) descriptors: Limit,
}

/// A client by its address and, where it has said them, its software's name and version.
struct Who<'a>(&'a Client);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.connection.endpoint().client_host)?;
        match self.0.connection.software() {
            Some((name, version)) => write!(f, " with {name:?} {version:?}"),
            None => Ok(()),
        }
    }
}

/// A client has said its name.
pub(super) fn named(client: &Client, client_id: &KString) {
    let bytes = client_id.clone().into_bytes();
    let shown = KString::from(bytes.slice(..bytes.len().min(SHOWN)));
    log::debug!("{} is client {shown:?}", Who(client));
}

/// A client is closed, by us.
pub(super) fn closing(client: &Client, reason: CloseReason, limits: &mut Limits, now: Instant) {
    if !reason.is_fault() {
        log::debug!("closing {}: {reason}", Who(client));
    } else if let Some(left_out) = limits.faults.pass(now) {
        log::warn!("closing {}: {reason}{left_out}", Who(client));
    }
}

/// A client is gone.
pub(super) fn gone(client: &Client) {
    log::debug!("{} is gone", Who(client));
}
