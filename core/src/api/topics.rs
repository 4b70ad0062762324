//! What holds for every topic: which names are legal, which topics are the broker's own.
//!
//! Kafka: Topic.java. Nothing here may depend on state.

use alloc::format;
use alloc::string::{String, ToString};

use super::create_topics::{Refusal, refusal};
use crate::protocol::{ErrorCode, KString};

/// The longest topic name, bytes: with the dash and five digits of a partition it fits a file name.
pub(crate) const MAX_NAME_LEN: usize = 249;

/// Most partitions that one request may create (Kafka: `max.partitions.per.request`-like limit of the controller).
pub(crate) const MAX_PARTITIONS_PER_REQUEST: i64 = 10_000;

/// Whether a topic is the broker's own.
#[must_use]
pub(crate) fn is_internal(name: &[u8]) -> bool {
    matches!(name, b"__consumer_offsets" | b"__transaction_state" | b"__share_group_state")
}

/// Why a topic name is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadName {
    /// It is empty.
    Empty,
    /// It is `.` or `..`.
    Dots,
    /// It is longer than [`MAX_NAME_LEN`].
    TooLong,
    /// It has a character other than letters, digits, `.`, `_` and `-`.
    Character,
}

impl BadName {
    /// What to tell the client, in the words that Kafka's tools print.
    #[must_use]
    pub(crate) fn message(self, name: &KString) -> String {
        let why = match self {
            Self::Empty => return "Topic name is invalid: the empty string is not allowed".into(),
            Self::Dots => return "Topic name is invalid: '.' or '..' is not allowed".into(),
            Self::TooLong => {
                return format!(
                    "Topic name is invalid: the length of '{name}' is longer than the max allowed length {MAX_NAME_LEN}"
                );
            }
            Self::Character => {
                "one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
            }
        };
        format!("Topic name is invalid: '{name}' contains {why}")
    }
}

/// Checks a topic's name.
///
/// # Errors
/// [`BadName`].
pub(crate) fn check_name(name: &[u8]) -> Result<(), BadName> {
    if name.is_empty() {
        Err(BadName::Empty)
    } else if matches!(name, b"." | b"..") {
        Err(BadName::Dots)
    } else if name.len() > MAX_NAME_LEN {
        Err(BadName::TooLong)
    } else if name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        Ok(())
    } else {
        Err(BadName::Character)
    }
}

/// Checks the replicas that a client assigns to a partition: this broker, `node`, and no other.
///
/// # Errors
/// INVALID_REPLICA_ASSIGNMENT (Kafka: ReplicationControlManager.validateManualPartitionAssignment).
pub(crate) fn check_replicas(replicas: &[i32], node: i32) -> Result<(), Refusal> {
    let message = match replicas {
        [only] if *only == node => return Ok(()),
        [] => "The manual partition assignment includes an empty replica list.".to_string(),
        replicas => match replicas.iter().find(|replica| **replica != node) {
            Some(other) => format!(
                "The manual partition assignment includes broker {other}, but no such broker is registered."
            ),
            None => {
                format!("The manual partition assignment includes broker {node} more than once.")
            }
        },
    };
    refusal(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message)
}

/// How metrics spell a topic's name, where that is not certainly its own alone: there `.` becomes `_`.
#[must_use]
pub(crate) fn folded(name: &str) -> Option<String> {
    name.contains(['.', '_']).then(|| name.replace('.', "_"))
}
