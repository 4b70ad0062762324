//! DeleteRecords (key 21): removes the records of partitions before an offset.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Removes records before an offset.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct DeleteRecordsRequest {
    /// The topics.
    pub topics: Vec<DeleteRecordsTopic>,
    /// How long the broker may take, in milliseconds.
    pub timeout_ms: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<DeleteRecordsPartition>,
}

/// Up to where one partition's records go.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The offset that becomes the first; -1 for the high watermark.
    pub offset: i64,
}

/// What became of each partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct DeleteRecordsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<DeleteRecordsTopicResult>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopicResult {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartitionResult {
    /// The partition's number.
    pub partition_index: i32,
    /// The log's first offset now; -1 with an error.
    pub low_watermark: i64,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
