//! TxnOffsetCommit (key 28): stores a group's offsets as part of a transaction.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Stores offsets in a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct TxnOffsetCommitRequest {
    /// The transactional id.
    pub transactional_id: KString,
    /// The group.
    pub group_id: KString,
    /// The producer id.
    pub producer_id: i64,
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// The group's generation; -1 for none.
    #[field(versions = "3+", default = -1)]
    pub generation_id: i32,
    /// The member; empty without membership.
    #[field(versions = "3+")]
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "3+", nullable = "3+")]
    pub group_instance_id: Option<KString>,
    /// The topics.
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitRequestTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitRequestPartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The offset: that of the next record to be read.
    pub committed_offset: i64,
    /// The leader epoch of the last record read; -1 where it is not known.
    #[field(versions = "2+", default = -1)]
    pub committed_leader_epoch: i32,
    /// Any text of the client's, or null.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub committed_metadata: Option<KString>,
}

/// What became of each offset.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct TxnOffsetCommitResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitResponseTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

/// What became of one offset.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitResponsePartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
