//! Fetch (key 1): clients read batches; a request waits until there is enough to read.

use alloc::vec::Vec;

use logboat_derive::Message;
use smallvec::SmallVec;

use crate::chunk::Chunks;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Reads batches from partitions, as a full request or as what changed in a fetch session
/// (KIP-227).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-18", flexible = "12+")]
pub struct FetchRequest {
    /// The cluster that the client means, or null; the metadata quorum only.
    #[field(versions = "12+", nullable = "12+", tag = 0)]
    pub cluster_id: Option<KString>,
    /// The broker that asks as a replica; -1 for a client.
    #[field(versions = "0-14", default = -1)]
    pub replica_id: i32,
    /// Which replica asks; left out by a client.
    #[field(versions = "15+", tag = 1)]
    pub replica_state: ReplicaState,
    /// How long the answer may wait for `min_bytes`, in milliseconds.
    pub max_wait_ms: i32,
    /// How many bytes of records to wait for.
    pub min_bytes: i32,
    /// How many bytes of records the answer may have in all; a first batch that is larger comes
    /// whole.
    #[field(versions = "3+", default = i32::MAX)]
    pub max_bytes: i32,
    /// 0 reads everything (`read_uncommitted`), 1 what is committed (`read_committed`).
    #[field(versions = "4+")]
    pub isolation_level: i8,
    /// The fetch session; 0 for none yet, or none at all.
    #[field(versions = "7+")]
    pub session_id: i32,
    /// The request's number in its session: 0 opens one, -1 does without or closes it.
    #[field(versions = "7+", default = -1)]
    pub session_epoch: i32,
    /// The partitions to read, or, in a session, those that are new or changed.
    pub topics: SmallVec<[FetchTopic; 1]>,
    /// The partitions that leave the session.
    #[field(versions = "7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// The client's rack, for reading from a near replica; empty for none.
    #[field(versions = "11+")]
    pub rack_id: KString,
}

/// Which replica asks, where a broker does.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    /// The broker that asks as a replica; -1 for a client.
    #[field(versions = "15+", default = -1)]
    pub replica_id: i32,
    /// The asking broker's epoch; -1 for none.
    #[field(versions = "15+", default = -1)]
    pub replica_epoch: i64,
}

/// What is read of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchTopic {
    /// The topic's name, before topics are asked for by id.
    #[field(versions = "0-12")]
    pub topic: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "13+")]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: SmallVec<[FetchPartition; 1]>,
}

/// From where one partition is read.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchPartition {
    /// The partition's number.
    pub partition: i32,
    /// The leader epoch that the client knows; -1 for none: then it is not checked.
    #[field(versions = "9+", default = -1)]
    pub current_leader_epoch: i32,
    /// The offset to read from.
    pub fetch_offset: i64,
    /// The epoch of the last record that the reader has; -1 for none: then divergence is not
    /// looked for.
    #[field(versions = "12+", default = -1)]
    pub last_fetched_epoch: i32,
    /// The replica's own first offset; -1 for a client.
    #[field(versions = "5+", default = -1)]
    pub log_start_offset: i64,
    /// How many bytes to read of the partition; a first batch that is larger comes whole.
    pub partition_max_bytes: i32,
    /// The asking replica's directory; the metadata quorum only.
    #[field(versions = "17+", tag = 0)]
    pub replica_directory_id: Uuid,
    /// The high watermark that the replica knows; the largest number for none (KIP-1166).
    #[field(versions = "18+", tag = 1, default = i64::MAX)]
    pub high_watermark: i64,
}

/// Partitions that leave the fetch session.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ForgottenTopic {
    /// The topic's name, before topics are asked for by id.
    #[field(versions = "7-12")]
    pub topic: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "13+")]
    pub topic_id: Uuid,
    /// The partitions' numbers.
    #[field(versions = "7+")]
    pub partitions: Vec<i32>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-18", flexible = "12+")]
pub struct FetchResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The error of the whole request, or `NONE`.
    #[field(versions = "7+")]
    pub error_code: ErrorCode,
    /// The fetch session, 0 for none.
    #[field(versions = "7+")]
    pub session_id: i32,
    /// The topics; in a session, only those with something new.
    pub responses: SmallVec<[FetchableTopicResponse; 1]>,
    /// The addresses of the leaders named above.
    #[field(versions = "16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// What was read of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchableTopicResponse {
    /// The topic's name, where it was asked for by name.
    #[field(versions = "0-12")]
    pub topic: KString,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "13+")]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: SmallVec<[PartitionData; 1]>,
}

/// What was read of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    /// The partition's number.
    pub partition_index: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The offset after the last record that a client may see; -1 with an error.
    pub high_watermark: i64,
    /// The offset before which every transaction is decided; -1 with an error.
    #[field(versions = "4+", default = -1)]
    pub last_stable_offset: i64,
    /// The log's first offset; -1 with an error.
    #[field(versions = "5+", default = -1)]
    pub log_start_offset: i64,
    /// Where the reader's log parts from this one; written only where it does.
    #[field(versions = "12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    /// Who leads the partition now; written only where the error says that the client knew
    /// another.
    #[field(versions = "12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    /// The snapshot to fetch; written only where the offset lies before the metadata log.
    #[field(versions = "12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    /// The aborted transactions in the range that was read; null for a reader of everything.
    #[field(versions = "4+", nullable = "4+", default = Some(Vec::new()))]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// The broker to read from instead; -1 for none.
    #[field(versions = "11+", default = -1)]
    pub preferred_read_replica: i32,
    /// The batches; the first may begin before the offset asked for. Empty rather than null.
    #[field(nullable = "0+", default = Some(Chunks::new()))]
    pub records: Option<Chunks>,
}

/// Where the log parts from what the client has: the end of the last epoch that they share.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    /// The last epoch in common; -1 for none.
    #[field(versions = "12+", default = -1)]
    pub epoch: i32,
    /// Where that epoch ends here; -1 for none.
    #[field(versions = "12+", default = -1)]
    pub end_offset: i64,
}

/// Who leads the partition, where that is not the broker that was asked.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    /// The broker that leads the partition; -1 where none does or it is not known.
    #[field(versions = "12+", default = -1)]
    pub leader_id: i32,
    /// The partition's leader epoch; -1 where it is not known.
    #[field(versions = "12+", default = -1)]
    pub leader_epoch: i32,
}

/// The snapshot to fetch instead, of the metadata log only.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SnapshotId {
    /// The offset after the last record in the snapshot.
    #[field(default = -1)]
    pub end_offset: i64,
    /// The epoch of that record.
    #[field(default = -1)]
    pub epoch: i32,
}

/// A transaction that was aborted within the range that was read.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AbortedTransaction {
    /// The producer whose transaction it was.
    #[field(versions = "4+")]
    pub producer_id: i64,
    /// The transaction's first offset.
    #[field(versions = "4+")]
    pub first_offset: i64,
}

/// Where to find a broker that the response names (KIP-951).
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint {
    /// The broker's id.
    #[field(versions = "16+")]
    pub node_id: i32,
    /// The host by which clients reach it.
    #[field(versions = "16+")]
    pub host: KString,
    /// The port by which clients reach it.
    #[field(versions = "16+")]
    pub port: i32,
    /// The rack in which it stands, or null.
    #[field(versions = "16+", nullable = "16+")]
    pub rack: Option<KString>,
}
