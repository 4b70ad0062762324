//! Fetch, on the connection's side: records for clients that know only the old formats.
//!
//! It must never touch an answer to a newer version.

use super::Workspace;
use crate::protocol::Response;

/// Converts the records of an answer in version 0 to 3.
pub(super) fn finish(_response: &mut Response, _version: i16, _workspace: &mut Workspace) {}
