//! OffsetFetch (key 9): reads the stored offsets of groups.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Asks for stored offsets: of one group before version 8, of several from then on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-10", flexible = "6+")]
pub struct OffsetFetchRequest {
    /// The group.
    #[field(versions = "0-7")]
    pub group_id: KString,
    /// The topics; null for all that have offsets.
    #[field(versions = "0-7", nullable = "2-7", default = Some(Vec::new()))]
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// The groups.
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Whether to refuse offsets that an open transaction may still change.
    #[field(versions = "7+")]
    pub require_stable: bool,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestTopic {
    /// The topic's name.
    #[field(versions = "0-7")]
    pub name: KString,
    /// The partitions' numbers.
    #[field(versions = "0-7")]
    pub partition_indexes: Vec<i32>,
}

/// A group, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestGroup {
    /// The group.
    #[field(versions = "8+")]
    pub group_id: KString,
    /// The member that asks, or null.
    #[field(versions = "9+", nullable = "9+")]
    pub member_id: Option<KString>,
    /// The member's epoch; -1 for none.
    #[field(versions = "9+", default = -1)]
    pub member_epoch: i32,
    /// The topics; null for all that have offsets.
    #[field(versions = "8+", nullable = "8+", default = Some(Vec::new()))]
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestTopics {
    /// The topic's name.
    #[field(versions = "8-9")]
    pub name: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "10+")]
    pub topic_id: Uuid,
    /// The partitions' numbers.
    #[field(versions = "8+")]
    pub partition_indexes: Vec<i32>,
}

/// The stored offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-10", flexible = "6+")]
pub struct OffsetFetchResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "3+")]
    pub throttle_time_ms: i32,
    /// The topics.
    #[field(versions = "0-7")]
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// The group's error, or `NONE`.
    #[field(versions = "2-7")]
    pub error_code: ErrorCode,
    /// The groups.
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchResponseGroup>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseTopic {
    /// The topic's name.
    #[field(versions = "0-7")]
    pub name: KString,
    /// The partitions.
    #[field(versions = "0-7")]
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponsePartition {
    /// The partition's number.
    #[field(versions = "0-7")]
    pub partition_index: i32,
    /// The offset; -1 for none.
    #[field(versions = "0-7")]
    pub committed_offset: i64,
    /// The leader epoch of the last record read; -1 where it is not known.
    #[field(versions = "5-7", default = -1)]
    pub committed_leader_epoch: i32,
    /// Any text of the client's, or null.
    #[field(versions = "0-7", nullable = "0-7", default = Some(KString::EMPTY))]
    pub metadata: Option<KString>,
    /// The error, or `NONE`.
    #[field(versions = "0-7")]
    pub error_code: ErrorCode,
}

/// One group's offsets.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseGroup {
    /// The group.
    #[field(versions = "8+")]
    pub group_id: KString,
    /// The topics.
    #[field(versions = "8+")]
    pub topics: Vec<OffsetFetchResponseTopics>,
    /// The group's error, or `NONE`.
    #[field(versions = "8+")]
    pub error_code: ErrorCode,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseTopics {
    /// The topic's name.
    #[field(versions = "8-9")]
    pub name: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "10+")]
    pub topic_id: Uuid,
    /// The partitions.
    #[field(versions = "8+")]
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponsePartitions {
    /// The partition's number.
    #[field(versions = "8+")]
    pub partition_index: i32,
    /// The offset; -1 for none.
    #[field(versions = "8+")]
    pub committed_offset: i64,
    /// The leader epoch of the last record read; -1 where it is not known.
    #[field(versions = "8+", default = -1)]
    pub committed_leader_epoch: i32,
    /// Any text of the client's, or null.
    #[field(versions = "8+", nullable = "8+", default = Some(KString::EMPTY))]
    pub metadata: Option<KString>,
    /// The error, or `NONE`.
    #[field(versions = "8+")]
    pub error_code: ErrorCode,
}
