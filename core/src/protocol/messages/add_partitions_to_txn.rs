//! AddPartitionsToTxn (key 24): adds partitions to transactions; from version 4 on many at once,
//! and between brokers.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Adds partitions to transactions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct AddPartitionsToTxnRequest {
    /// The transactions.
    #[field(versions = "4+")]
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    /// The transactional id.
    #[field(versions = "0-3")]
    pub v3_and_below_transactional_id: KString,
    /// The producer id.
    #[field(versions = "0-3")]
    pub v3_and_below_producer_id: i64,
    /// The producer's epoch.
    #[field(versions = "0-3")]
    pub v3_and_below_producer_epoch: i16,
    /// The topics.
    #[field(versions = "0-3")]
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
}

/// A transaction and what is added to it.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnTransaction {
    /// The transactional id.
    #[field(versions = "4+")]
    pub transactional_id: KString,
    /// The producer id.
    #[field(versions = "4+")]
    pub producer_id: i64,
    /// The producer's epoch.
    #[field(versions = "4+")]
    pub producer_epoch: i16,
    /// Whether only to ask if the partitions are in the transaction.
    #[field(versions = "4+")]
    pub verify_only: bool,
    /// The topics.
    #[field(versions = "4+")]
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions' numbers.
    pub partitions: Vec<i32>,
}

/// What became of each partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct AddPartitionsToTxnResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error of the whole request, or `NONE`.
    #[field(versions = "4+")]
    pub error_code: ErrorCode,
    /// The transactions.
    #[field(versions = "4+")]
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    /// The topics.
    #[field(versions = "0-3")]
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
}

/// One transaction's partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnResult {
    /// The transactional id.
    #[field(versions = "4+")]
    pub transactional_id: KString,
    /// The topics.
    #[field(versions = "4+")]
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

/// One topic's partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnTopicResult {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnPartitionResult {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub partition_error_code: ErrorCode,
}
