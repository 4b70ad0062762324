//! InitProducerId (key 22): gives a producer its id and epoch, for idempotence or transactions.

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for a producer id.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "2+")]
pub struct InitProducerIdRequest {
    /// The producer's transactional id, or null.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub transactional_id: Option<KString>,
    /// After how long an open transaction is aborted, in milliseconds.
    pub transaction_timeout_ms: i32,
    /// The producer id that the producer has; -1 for none.
    #[field(versions = "3+", default = -1)]
    pub producer_id: i64,
    /// The epoch that it has; -1 for none.
    #[field(versions = "3+", default = -1)]
    pub producer_epoch: i16,
    /// Whether the producer takes part in two-phase commits (KIP-939).
    #[field(versions = "6+")]
    pub enable_2pc: bool,
    /// Whether a prepared transaction stays open instead of being aborted (KIP-939).
    #[field(versions = "6+")]
    pub keep_prepared_txn: bool,
}

/// The producer id and epoch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "2+")]
pub struct InitProducerIdResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The producer id; -1 with an error.
    #[field(default = -1)]
    pub producer_id: i64,
    /// The epoch; -1 with an error.
    pub producer_epoch: i16,
    /// The producer id of the transaction that stays open; -1 for none.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_id: i64,
    /// The epoch of the transaction that stays open; -1 for none.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_epoch: i16,
}
