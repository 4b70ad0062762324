//! OffsetCommit (key 8): stores a group's offsets.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Stores offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-10", flexible = "8+")]
pub struct OffsetCommitRequest {
    /// The group.
    pub group_id: KString,
    /// The generation of a classic group, the member's epoch in a newer one; -1 without
    /// membership.
    #[field(versions = "1+", default = -1)]
    pub generation_id_or_member_epoch: i32,
    /// The member; empty without membership.
    #[field(versions = "1+")]
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "7+", nullable = "7+")]
    pub group_instance_id: Option<KString>,
    /// How long to keep the offsets, in milliseconds; -1 for the broker's default.
    #[field(versions = "2-4", default = -1)]
    pub retention_time_ms: i64,
    /// The topics.
    pub topics: Vec<OffsetCommitRequestTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitRequestTopic {
    /// The topic's name.
    #[field(versions = "0-9")]
    pub name: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "10+")]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitRequestPartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The offset: that of the next record to be read.
    pub committed_offset: i64,
    /// The leader epoch of the last record read; -1 where it is not known.
    #[field(versions = "6+", default = -1)]
    pub committed_leader_epoch: i32,
    /// When the offset was committed, in milliseconds since 1970; -1 for the broker's time.
    #[field(versions = "1", default = -1)]
    pub commit_timestamp: i64,
    /// Any text of the client's, or null.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub committed_metadata: Option<KString>,
}

/// What became of each offset.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-10", flexible = "8+")]
pub struct OffsetCommitResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "3+")]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<OffsetCommitResponseTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitResponseTopic {
    /// The topic's name.
    #[field(versions = "0-9")]
    pub name: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "10+")]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

/// What became of one offset.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitResponsePartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
