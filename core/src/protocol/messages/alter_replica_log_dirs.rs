//! AlterReplicaLogDirs (key 34): moves a broker's partitions to other log directories of its own.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Moves partitions to other log directories.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct AlterReplicaLogDirsRequest {
    /// The directories.
    pub dirs: Vec<AlterReplicaLogDir>,
}

/// A directory, and what is to lie there.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDir {
    /// The directory's path.
    pub path: KString,
    /// The topics.
    pub topics: Vec<AlterReplicaLogDirTopic>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDirTopic {
    /// The topic's name.
    pub name: KString,
    /// The partitions' numbers.
    pub partitions: Vec<i32>,
}

/// What became of each partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct AlterReplicaLogDirsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The topics.
    pub results: Vec<AlterReplicaLogDirTopicResult>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDirTopicResult {
    /// The topic's name.
    pub topic_name: KString,
    /// The partitions.
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDirPartitionResult {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
