//! ElectLeaders (key 43): elects leaders anew.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Elects leaders.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct ElectLeadersRequest {
    /// Who may be elected: 0 the preferred replica, 1 one out of sync.
    #[field(versions = "1+")]
    pub election_type: i8,
    /// The partitions; null for all.
    #[field(nullable = "0+", default = Some(Vec::new()))]
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    /// How long the broker may take, in milliseconds.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicPartitions {
    /// The topic's name.
    pub topic: KString,
    /// The partitions' numbers.
    pub partitions: Vec<i32>,
}

/// What became of each partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct ElectLeadersResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    #[field(versions = "1+")]
    pub error_code: ErrorCode,
    /// The topics.
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaElectionResult {
    /// The topic's name.
    pub topic: KString,
    /// The partitions.
    pub partition_result: Vec<PartitionResult>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResult {
    /// The partition's number.
    pub partition_id: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
}
