//! CreatePartitions (key 37): gives topics more partitions.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Gives topics more partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-3", flexible = "2+")]
pub struct CreatePartitionsRequest {
    /// The topics.
    pub topics: Vec<CreatePartitionsTopic>,
    /// How long the broker may take, in milliseconds.
    pub timeout_ms: i32,
    /// Whether only to check, and to change nothing.
    pub validate_only: bool,
}

/// A topic that is to have more partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopic {
    /// The topic's name.
    pub name: KString,
    /// How many partitions the topic is to have in all.
    pub count: i32,
    /// Which brokers hold each new partition; null where the broker decides.
    #[field(nullable = "0+", default = Some(Vec::new()))]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// The brokers that are to hold one new partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsAssignment {
    /// The brokers, the preferred leader first.
    pub broker_ids: Vec<i32>,
}

/// What became of each topic.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-3", flexible = "2+")]
pub struct CreatePartitionsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The results.
    pub results: Vec<CreatePartitionsTopicResult>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopicResult {
    /// The topic's name.
    pub name: KString,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
}
