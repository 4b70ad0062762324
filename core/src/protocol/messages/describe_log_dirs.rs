//! DescribeLogDirs (key 35): the log directories, and the size of each partition in them.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for the log directories.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "2+")]
pub struct DescribeLogDirsRequest {
    /// The topics; null for all.
    #[field(nullable = "0+", default = Some(Vec::new()))]
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribableLogDirTopic {
    /// The topic's name.
    pub topic: KString,
    /// The partitions' numbers.
    pub partitions: Vec<i32>,
}

/// The log directories.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "2+")]
pub struct DescribeLogDirsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    #[field(versions = "3+")]
    pub error_code: ErrorCode,
    /// The results.
    pub results: Vec<DescribeLogDirsResult>,
}

/// One log directory.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsResult {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The directory's path.
    pub log_dir: KString,
    /// The topics.
    pub topics: Vec<DescribeLogDirsTopic>,
    /// The size of the directory's volume in bytes; -1 where it is not known.
    #[field(versions = "4+", default = -1)]
    pub total_bytes: i64,
    /// What is free on the volume, in bytes; -1 where it is not known.
    #[field(versions = "4+", default = -1)]
    pub usable_bytes: i64,
    /// Whether the directory takes no new partitions (KIP-1066).
    #[field(versions = "5+")]
    pub is_cordoned: bool,
}

/// What the directory holds of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions.
    pub partitions: Vec<DescribeLogDirsPartition>,
}

/// What the directory holds of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsPartition {
    /// The partition's number.
    pub partition_index: i32,
    /// The partition's size there, in bytes.
    pub partition_size: i64,
    /// How many records the log there is behind the high watermark.
    pub offset_lag: i64,
    /// Whether the log is to replace that in another directory.
    pub is_future_key: bool,
}
