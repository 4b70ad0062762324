//! DescribeTopicPartitions (key 75): topics and partitions, a page at a time (KIP-966).

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Asks for topics and their partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsRequest {
    /// The topics.
    pub topics: Vec<TopicRequest>,
    /// How many partitions a page may have.
    #[field(default = 2000)]
    pub response_partition_limit: i32,
    /// The partition to begin with; null for the first.
    #[field(nullable = "0+")]
    pub cursor: Option<Cursor>,
}

/// A topic that is asked for.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest {
    /// The topic's name.
    pub name: KString,
}

/// The partition with which the next page begins.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Cursor {
    /// The topic's name.
    pub topic_name: KString,
    /// The partition's number.
    pub partition_index: i32,
}

/// A page of partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Where the next page begins; null where this is the last.
    #[field(nullable = "0+")]
    pub next_cursor: Option<Cursor>,
}

/// A topic, or why there is none.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponseTopic {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The topic's name, or null.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub name: Option<KString>,
    /// The topic's id; zero where it is named instead.
    pub topic_id: Uuid,
    /// Whether the broker keeps its own state in the topic.
    pub is_internal: bool,
    /// The partitions.
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// A bit for each operation that the client may do; the smallest number where that was not
    /// asked.
    #[field(default = i32::MIN)]
    pub topic_authorized_operations: i32,
}

/// A partition and its replicas.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponsePartition {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The partition's number.
    pub partition_index: i32,
    /// The broker that leads the partition; -1 where none does or it is not known.
    pub leader_id: i32,
    /// The partition's leader epoch; -1 where it is not known.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// The brokers that hold the partition.
    pub replica_nodes: Vec<i32>,
    /// Those of them that are in sync.
    pub isr_nodes: Vec<i32>,
    /// The replicas out of sync that may lead without loss. Java tools fail over null.
    #[field(nullable = "0+", default = Some(Vec::new()))]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// The last of them that were known. Java tools fail over null.
    #[field(nullable = "0+", default = Some(Vec::new()))]
    pub last_known_elr: Option<Vec<i32>>,
    /// Those of them that are not up.
    pub offline_replicas: Vec<i32>,
}
