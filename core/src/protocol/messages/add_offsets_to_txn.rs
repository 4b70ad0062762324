//! AddOffsetsToTxn (key 25): adds a group's offsets to a transaction.

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Adds a group's offsets to a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "3+")]
pub struct AddOffsetsToTxnRequest {
    /// The transactional id.
    pub transactional_id: KString,
    /// The producer id.
    pub producer_id: i64,
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// The group.
    pub group_id: KString,
}

/// Whether they were added.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "3+")]
pub struct AddOffsetsToTxnResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
