//! EndTxn (key 26): commits or aborts a transaction.

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Ends a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct EndTxnRequest {
    /// The transactional id.
    pub transactional_id: KString,
    /// The producer id.
    pub producer_id: i64,
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// Whether to commit; else the transaction is aborted.
    pub committed: bool,
}

/// Whether it ends as asked.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct EndTxnResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The producer id for the next transaction; -1 with an error.
    #[field(versions = "5+", default = -1)]
    pub producer_id: i64,
    /// The epoch for the next transaction; -1 with an error.
    #[field(versions = "5+", default = -1)]
    pub producer_epoch: i16,
}
