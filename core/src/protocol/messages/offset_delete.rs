//! OffsetDelete (key 47): removes a group's stored offsets of single partitions.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Removes stored offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0")]
pub struct OffsetDeleteRequest {
    /// The group.
    pub group_id: KString,
    /// The topics.
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteRequestTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteRequestPartition {
    /// The partition's number.
    pub partition_index: i32,
}

/// What became of each offset.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0")]
pub struct OffsetDeleteResponse {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteResponseTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

/// What became of one partition's offset.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteResponsePartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
