//! DescribeProducers (key 61): the producers whose state partitions keep.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for the producers of partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct DescribeProducersRequest {
    /// The topics.
    pub topics: Vec<TopicRequest>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest {
    /// The topic's name.
    pub name: KString,
    /// The partitions' numbers.
    pub partition_indexes: Vec<i32>,
}

/// The producers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct DescribeProducersResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<TopicResponse>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicResponse {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<PartitionResponse>,
}

/// The producers of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResponse {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
    /// The producers.
    pub active_producers: Vec<ProducerState>,
}

/// A producer.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ProducerState {
    /// The producer id.
    pub producer_id: i64,
    /// The producer's epoch.
    pub producer_epoch: i32,
    /// The sequence number of its last record; -1 for none.
    #[field(default = -1)]
    pub last_sequence: i32,
    /// The timestamp of its last record, in milliseconds since 1970; -1 for none.
    #[field(default = -1)]
    pub last_timestamp: i64,
    /// The epoch of the coordinator that wrote its last marker.
    pub coordinator_epoch: i32,
    /// The first offset of its open transaction; -1 for none.
    #[field(default = -1)]
    pub current_txn_start_offset: i64,
}
