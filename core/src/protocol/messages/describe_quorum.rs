//! DescribeQuorum (key 55): who leads the metadata log, and how far its voters are (KIP-595).

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Asks for the quorum of the metadata log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "0+")]
pub struct DescribeQuorumRequest {
    /// The topics: only `__cluster_metadata` has a quorum.
    pub topics: Vec<TopicData>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicData {
    /// The topic's name.
    pub topic_name: KString,
    /// The partitions.
    pub partitions: Vec<PartitionData>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    /// The partition's number.
    pub partition_index: i32,
}

/// The quorum.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "0+")]
pub struct DescribeQuorumResponse {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "2+", nullable = "2+")]
    pub error_message: Option<KString>,
    /// The topics.
    pub topics: Vec<TopicResponse>,
    /// Where the voters are reached.
    #[field(versions = "2+")]
    pub nodes: Vec<Node>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicResponse {
    /// The topic's name.
    pub topic_name: KString,
    /// The partitions.
    pub partitions: Vec<PartitionResponse>,
}

/// The quorum of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResponse {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "2+", nullable = "2+")]
    pub error_message: Option<KString>,
    /// The leader's id; -1 where it is not known.
    pub leader_id: i32,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// The offset behind the last entry that is safe.
    pub high_watermark: i64,
    /// Who votes.
    pub current_voters: Vec<ReplicaState>,
    /// Who only reads along.
    pub observers: Vec<ReplicaState>,
}

/// How far one node is.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    /// The node's id.
    pub replica_id: i32,
    /// The id of its log directory (KIP-853).
    #[field(versions = "2+")]
    pub replica_directory_id: Uuid,
    /// The offset behind its last entry.
    pub log_end_offset: i64,
    /// When it last asked the leader, in milliseconds since 1970 by the leader's clock; -1 where that is not known.
    #[field(versions = "1+", default = -1)]
    pub last_fetch_timestamp: i64,
    /// When it last had everything, in milliseconds since 1970 by the leader's clock; -1 where that is not known.
    #[field(versions = "1+", default = -1)]
    pub last_caught_up_timestamp: i64,
}

/// A voter's addresses.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Node {
    /// The node's id.
    pub node_id: i32,
    /// Its listeners.
    pub listeners: Vec<Listener>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener {
    /// The listener's name.
    pub name: KString,
    /// Its host.
    pub host: KString,
    /// Its port.
    pub port: u16,
}
