//! CreateTopics (key 19): makes topics, or checks whether they could be made.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Makes topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-7", flexible = "5+")]
pub struct CreateTopicsRequest {
    /// The topics.
    pub topics: Vec<CreatableTopic>,
    /// How long the broker may take, in milliseconds.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Whether only to check, and to change nothing.
    #[field(versions = "1+")]
    pub validate_only: bool,
}

/// A topic to be made.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopic {
    /// The topic's name.
    pub name: KString,
    /// How many partitions; -1 for the broker's default.
    pub num_partitions: i32,
    /// On how many brokers each partition is; -1 for the broker's default.
    pub replication_factor: i16,
    /// Which brokers hold which partition; empty where the broker decides.
    pub assignments: Vec<CreatableReplicaAssignment>,
    /// The topic's own configuration.
    pub configs: Vec<CreatableTopicConfig>,
}

/// The brokers that are to hold one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableReplicaAssignment {
    /// The partition's number.
    pub partition_index: i32,
    /// The brokers, the preferred leader first.
    pub broker_ids: Vec<i32>,
}

/// A configuration of a topic to be made.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfig {
    /// The configuration's name.
    pub name: KString,
    /// Its value, or null.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub value: Option<KString>,
}

/// What became of each topic.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-7", flexible = "5+")]
pub struct CreateTopicsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "2+")]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<CreatableTopicResult>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicResult {
    /// The topic's name.
    pub name: KString,
    /// The new topic's id; zero with an error.
    #[field(versions = "7+")]
    pub topic_id: Uuid,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "1+", nullable = "1+")]
    pub error_message: Option<KString>,
    /// Why the configuration is not told, or `NONE`.
    #[field(versions = "5+", tag = 0)]
    pub topic_config_error_code: ErrorCode,
    /// How many partitions it has; -1 with an error.
    #[field(versions = "5+", default = -1)]
    pub num_partitions: i32,
    /// On how many brokers each partition is; -1 with an error.
    #[field(versions = "5+", default = -1)]
    pub replication_factor: i16,
    /// The topic's whole configuration; null only where it is not told.
    #[field(versions = "5+", nullable = "5+", default = Some(Vec::new()))]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

/// A configuration of a topic as it was made.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfigs {
    /// The configuration's name.
    #[field(versions = "5+")]
    pub name: KString,
    /// Its value, or null where it has none or is secret.
    #[field(versions = "5+", nullable = "5+", default = Some(KString::EMPTY))]
    pub value: Option<KString>,
    /// Whether it cannot be changed.
    #[field(versions = "5+")]
    pub read_only: bool,
    /// Where the value comes from, as a number: 1 the topic, 2 one broker dynamically, 3 all
    /// brokers dynamically, 4 the broker's file, 5 the default.
    #[field(versions = "5+", default = -1)]
    pub config_source: i8,
    /// Whether the value is secret.
    #[field(versions = "5+")]
    pub is_sensitive: bool,
}
