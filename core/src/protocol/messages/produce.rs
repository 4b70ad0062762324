//! Produce (key 0): clients append batches. Versions 0 to 2 carry message sets of the old
//! formats.

use alloc::vec::Vec;

use bytes::BytesMut;
use logboat_derive::Message;
use smallvec::SmallVec;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Appends batches to partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-13", flexible = "9+")]
pub struct ProduceRequest {
    /// The producer's transactional id, or null.
    #[field(versions = "3+", nullable = "3+")]
    pub transactional_id: Option<KString>,
    /// Which acknowledgement is waited for: 0 none (and no answer at all), 1 the leader's, -1
    /// that of all in-sync replicas.
    pub acks: i16,
    /// How long replicas may take, in milliseconds.
    pub timeout_ms: i32,
    /// The topics.
    pub topic_data: SmallVec<[TopicProduceData; 1]>,
}

/// What is appended to one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceData {
    /// The topic's name.
    #[field(versions = "0-12")]
    pub name: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "13+")]
    pub topic_id: Uuid,
    /// The partitions.
    pub partition_data: SmallVec<[PartitionProduceData; 1]>,
}

/// What is appended to one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceData {
    /// The partition's number.
    pub index: i32,
    /// Exactly one batch of format v2 from version 3 on, before that message sets of formats v0
    /// or v1; owned alone, so that offsets can be set in place.
    #[field(nullable = "0+")]
    pub records: Option<BytesMut>,
}

/// What became of each partition's batch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-13", flexible = "9+")]
pub struct ProduceResponse {
    /// The topics.
    pub responses: SmallVec<[TopicProduceResponse; 1]>,
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The addresses of the leaders named above.
    #[field(versions = "10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// One topic's results.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceResponse {
    /// The topic's name.
    #[field(versions = "0-12")]
    pub name: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "13+")]
    pub topic_id: Uuid,
    /// The partitions.
    pub partition_responses: SmallVec<[PartitionProduceResponse; 1]>,
}

/// One partition's result.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceResponse {
    /// The partition's number.
    pub index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The offset of the batch's first record; -1 with an error.
    pub base_offset: i64,
    /// The broker's time in the batch where the topic has `LogAppendTime`, in milliseconds; else
    /// -1.
    #[field(versions = "2+", default = -1)]
    pub log_append_time_ms: i64,
    /// The first offset of the log; -1 where it is not known.
    #[field(versions = "5+", default = -1)]
    pub log_start_offset: i64,
    /// The records because of which the batch was refused.
    #[field(versions = "8+")]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// What is wrong with the batch as a whole, or null.
    #[field(versions = "8+", nullable = "8+")]
    pub error_message: Option<KString>,
    /// Who leads the partition now; written only where the error says that the client knew
    /// another.
    #[field(versions = "10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

/// A record that made its batch be refused.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BatchIndexAndErrorMessage {
    /// The record's number in its batch.
    #[field(versions = "8+")]
    pub batch_index: i32,
    /// What is wrong with it, or null.
    #[field(versions = "8+", nullable = "8+")]
    pub batch_index_error_message: Option<KString>,
}

/// Who leads the partition, where that is not the broker that was asked.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    /// The broker that leads the partition; -1 where none does or it is not known.
    #[field(versions = "10+", default = -1)]
    pub leader_id: i32,
    /// The partition's leader epoch; -1 where it is not known.
    #[field(versions = "10+", default = -1)]
    pub leader_epoch: i32,
}

/// Where to find a broker that the response names (KIP-951).
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint {
    /// The broker's id.
    #[field(versions = "10+")]
    pub node_id: i32,
    /// The host by which clients reach it.
    #[field(versions = "10+")]
    pub host: KString,
    /// The port by which clients reach it.
    #[field(versions = "10+")]
    pub port: i32,
    /// The rack in which it stands, or null.
    #[field(versions = "10+", nullable = "10+")]
    pub rack: Option<KString>,
}
