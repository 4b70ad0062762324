//! What can be wrong with records.
//!
//! Nothing here may carry bytes that a client sent: the texts are ours and fixed.

use alloc::vec::Vec;
use core::fmt;

pub use crate::protocol::ErrorCode;

/// Why records cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordsError {
    /// The bytes are not records: lengths that lie, a broken compressed stream, stray bytes.
    Malformed,
    /// More decompressed bytes than the caller allowed.
    TooLarge,
}

impl RecordsError {
    /// The code that a Produce with such records is answered with.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Malformed => ErrorCode::INVALID_RECORD,
            Self::TooLarge => ErrorCode::MESSAGE_TOO_LARGE,
        }
    }

    /// What a person is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Malformed => "The records of the batch cannot be read.",
            Self::TooLarge => "The batch unpacks to more bytes than the broker allows.",
        }
    }
}

impl fmt::Display for RecordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for RecordsError {}

/// Why a batch was not accepted: what Produce's answer says for the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchError {
    /// The partition's error code.
    pub code: ErrorCode,
    /// `error_message` of Produce v8 and later (KIP-467).
    pub message: Option<&'static str>,
    /// `record_errors` of Produce v8 and later: index of the record in the batch and what is wrong with it (KIP-467).
    pub record_errors: Vec<(i32, Option<&'static str>)>,
}

impl BatchError {
    /// An error about the batch as a whole.
    #[must_use]
    pub const fn new(code: ErrorCode, message: &'static str) -> Self {
        Self { code, message: Some(message), record_errors: Vec::new() }
    }
}

impl From<RecordsError> for BatchError {
    fn from(error: RecordsError) -> Self {
        Self::new(error.code(), error.message())
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.unwrap_or_default())
    }
}

impl core::error::Error for BatchError {}
