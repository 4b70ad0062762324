//! AlterPartitionReassignments (key 45): moves partitions to other brokers, or stops that.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Moves partitions to other brokers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "0+")]
pub struct AlterPartitionReassignmentsRequest {
    /// How long the broker may take, in milliseconds.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Whether a partition may get more or fewer replicas than it has (KIP-860).
    #[field(versions = "1+", default = true)]
    pub allow_replication_factor_change: bool,
    /// The topics.
    pub topics: Vec<ReassignableTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignableTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<ReassignablePartition>,
}

/// One partition, and where it is to be.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignablePartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The brokers that are to hold it; null to stop what is under way.
    #[field(nullable = "0+")]
    pub replicas: Option<Vec<i32>>,
}

/// What became of each partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "0+")]
pub struct AlterPartitionReassignmentsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// Whether partitions were allowed to get more or fewer replicas.
    #[field(versions = "1+", default = true)]
    pub allow_replication_factor_change: bool,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
    /// The topics.
    pub responses: Vec<ReassignableTopicResponse>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignableTopicResponse {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<ReassignablePartitionResponse>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignablePartitionResponse {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
}
