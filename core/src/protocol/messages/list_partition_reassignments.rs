//! ListPartitionReassignments (key 46): the partitions that are on their way to other brokers.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks which partitions are being moved.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsRequest {
    /// How long the broker may take, in milliseconds.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// The topics; null for all.
    #[field(nullable = "0+")]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListPartitionReassignmentsTopics {
    /// The topic's name.
    pub name: KString,
    /// The partitions' numbers.
    pub partition_indexes: Vec<i32>,
}

/// The partitions that are being moved.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
    /// The topics.
    pub topics: Vec<OngoingTopicReassignment>,
}

/// The partitions of one topic that are being moved.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingTopicReassignment {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<OngoingPartitionReassignment>,
}

/// A partition that is being moved.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingPartitionReassignment {
    /// The partition's number.
    pub partition_index: i32,
    /// The brokers that hold it now.
    pub replicas: Vec<i32>,
    /// Those that are being added.
    pub adding_replicas: Vec<i32>,
    /// Those that are being removed.
    pub removing_replicas: Vec<i32>,
}
