//! ListOffsets (key 2): offsets by time, and the ends of partitions.

use alloc::vec::Vec;

use logboat_derive::Message;
use smallvec::SmallVec;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for offsets by time.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-11", flexible = "6+")]
pub struct ListOffsetsRequest {
    /// The broker that asks as a replica; -1 for a client.
    pub replica_id: i32,
    /// 0 reads everything (`read_uncommitted`), 1 what is committed (`read_committed`).
    #[field(versions = "2+")]
    pub isolation_level: i8,
    /// The topics.
    pub topics: SmallVec<[ListOffsetsTopic; 1]>,
    /// How long to wait for offsets in remote storage, in milliseconds.
    #[field(versions = "10+")]
    pub timeout_ms: i32,
}

/// What is asked of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: SmallVec<[ListOffsetsPartition; 1]>,
}

/// What is asked of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The leader epoch that the client knows; -1 for none: then it is not checked.
    #[field(versions = "4+", default = -1)]
    pub current_leader_epoch: i32,
    /// Milliseconds since 1970: the first record not older is looked for. Or: -1 the end, -2 the
    /// start, -3 the record of the largest timestamp, -4 the local start, -5 the last tiered, -6
    /// the first not yet tiered.
    pub timestamp: i64,
    /// How many offsets to name at most.
    #[field(versions = "0", default = 1)]
    pub max_num_offsets: i32,
}

/// The offsets found.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-11", flexible = "6+")]
pub struct ListOffsetsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "2+")]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: SmallVec<[ListOffsetsTopicResponse; 1]>,
}

/// The offsets found in one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopicResponse {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: SmallVec<[ListOffsetsPartitionResponse; 1]>,
}

/// The offset found in one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartitionResponse {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// Offsets at which segments begin, the largest first.
    #[field(versions = "0")]
    pub old_style_offsets: Vec<i64>,
    /// The timestamp of the record found; -1 for none, and for start and end.
    #[field(versions = "1+", default = -1)]
    pub timestamp: i64,
    /// The offset found; -1 for none.
    #[field(versions = "1+", default = -1)]
    pub offset: i64,
    /// The leader epoch of the record found; -1 where it is not known.
    #[field(versions = "4+", default = -1)]
    pub leader_epoch: i32,
}
