//! Metadata (key 3): brokers, topics and partitions.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Asks for brokers, and for some or all topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-13", flexible = "9+")]
pub struct MetadataRequest {
    /// The topics; null for all. In version 0, empty is all.
    #[field(nullable = "1+", default = Some(Vec::new()))]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Whether a topic that is not there may be made, if the broker does so.
    #[field(versions = "4+", default = true)]
    pub allow_auto_topic_creation: bool,
    /// Whether to say what the client may do to the cluster.
    #[field(versions = "8-10")]
    pub include_cluster_authorized_operations: bool,
    /// Whether to say what the client may do to each topic.
    #[field(versions = "8+")]
    pub include_topic_authorized_operations: bool,
}

/// A topic that is asked for, by name or by id.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataRequestTopic {
    /// The topic's id; zero where it is named instead.
    #[field(versions = "10+")]
    pub topic_id: Uuid,
    /// The topic's name; null where it is asked for by id.
    #[field(nullable = "10+", default = Some(KString::EMPTY))]
    pub name: Option<KString>,
}

/// The cluster as a client sees it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-13", flexible = "9+")]
pub struct MetadataResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "3+")]
    pub throttle_time_ms: i32,
    /// The brokers.
    pub brokers: Vec<MetadataResponseBroker>,
    /// The cluster's id, or null.
    #[field(versions = "2+", nullable = "2+")]
    pub cluster_id: Option<KString>,
    /// The broker that is the controller; -1 for none.
    #[field(versions = "1+", default = -1)]
    pub controller_id: i32,
    /// The topics.
    pub topics: Vec<MetadataResponseTopic>,
    /// A bit for each operation that the client may do; the smallest number where that was not
    /// asked.
    #[field(versions = "8-10", default = i32::MIN)]
    pub cluster_authorized_operations: i32,
    /// The error of the whole request, or `NONE`.
    #[field(versions = "13+")]
    pub error_code: ErrorCode,
}

/// A broker and its address on the listener by which the client came.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseBroker {
    /// The broker's id.
    pub node_id: i32,
    /// The host by which clients reach it.
    pub host: KString,
    /// The port by which clients reach it.
    pub port: i32,
    /// The rack in which it stands, or null.
    #[field(versions = "1+", nullable = "1+")]
    pub rack: Option<KString>,
}

/// A topic, or why there is none.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseTopic {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The topic's name; null where it was asked for by an id that is not known.
    #[field(nullable = "12+", default = Some(KString::EMPTY))]
    pub name: Option<KString>,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "10+")]
    pub topic_id: Uuid,
    /// Whether the broker keeps its own state in the topic.
    #[field(versions = "1+")]
    pub is_internal: bool,
    /// The partitions.
    pub partitions: Vec<MetadataResponsePartition>,
    /// A bit for each operation that the client may do; the smallest number where that was not
    /// asked.
    #[field(versions = "8+", default = i32::MIN)]
    pub topic_authorized_operations: i32,
}

/// A partition and its replicas.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponsePartition {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The partition's number.
    pub partition_index: i32,
    /// The broker that leads the partition; -1 where none does or it is not known.
    pub leader_id: i32,
    /// The partition's leader epoch; -1 where it is not known.
    #[field(versions = "7+", default = -1)]
    pub leader_epoch: i32,
    /// The brokers that hold the partition.
    pub replica_nodes: Vec<i32>,
    /// Those of them that are in sync.
    pub isr_nodes: Vec<i32>,
    /// Those of them that are not up.
    #[field(versions = "5+")]
    pub offline_replicas: Vec<i32>,
}
