//! OffsetForLeaderEpoch (key 23): where a leader epoch ended, to find out where logs part.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks where leader epochs ended.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct OffsetForLeaderEpochRequest {
    /// The broker that asks as a replica; -1 for a client, -2 for a client that may not see past
    /// the high watermark's epoch.
    #[field(versions = "3+", default = -2)]
    pub replica_id: i32,
    /// The topics.
    pub topics: Vec<OffsetForLeaderTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopic {
    /// The topic's name.
    pub topic: KString,
    /// The partitions.
    pub partitions: Vec<OffsetForLeaderPartition>,
}

/// Which epoch of one partition is asked for.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderPartition {
    /// The partition's number.
    pub partition: i32,
    /// The leader epoch that the client knows; -1 for none: then it is not checked.
    #[field(versions = "2+", default = -1)]
    pub current_leader_epoch: i32,
    /// The epoch whose end is asked for.
    pub leader_epoch: i32,
}

/// Where the epochs ended.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct OffsetForLeaderEpochResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "2+")]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopicResult {
    /// The topic's name.
    pub topic: KString,
    /// The partitions.
    pub partitions: Vec<EpochEndOffset>,
}

/// Where the epoch ended in one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The partition's number.
    pub partition: i32,
    /// The largest epoch known that is not above the one asked for; -1 for none.
    #[field(versions = "1+", default = -1)]
    pub leader_epoch: i32,
    /// The offset after its last record; -1 for none.
    #[field(default = -1)]
    pub end_offset: i64,
}
