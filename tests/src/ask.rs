//! Which response answers which request, and the requests that cases make over and over.
//!
//! Only shapes: nothing here judges an answer.

use bytes::BytesMut;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic};
use logboat_core::protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
#[allow(clippy::wildcard_imports, reason = "the table names every message")]
use logboat_core::protocol::messages::*;
use logboat_core::protocol::{ApiKey, KString, Request, Response, Uuid};
use smallvec::SmallVec;

/// A request whose answer has a type of its own.
pub trait Ask: Into<Request> {
    /// The API.
    const KEY: ApiKey;
    /// What answers it.
    type Answer;
    /// The answer out of a response of this API.
    fn answer(response: Response) -> Self::Answer;
}

macro_rules! asks {
    ($($name:ident: $request:ty => $response:ty;)*) => {
        $(impl Ask for $request {
            const KEY: ApiKey = ApiKey::$name;
            type Answer = $response;
            fn answer(response: Response) -> $response {
                match response {
                    Response::$name(response) => response.into(),
                    other => panic!("{other:?}"),
                }
            }
        })*
    };
}

asks! {
    Produce: ProduceRequest => ProduceResponse;
    Fetch: FetchRequest => FetchResponse;
    ListOffsets: ListOffsetsRequest => ListOffsetsResponse;
    Metadata: Box<MetadataRequest> => Box<MetadataResponse>;
    OffsetCommit: Box<OffsetCommitRequest> => Box<OffsetCommitResponse>;
    OffsetFetch: Box<OffsetFetchRequest> => Box<OffsetFetchResponse>;
    FindCoordinator: Box<FindCoordinatorRequest> => Box<FindCoordinatorResponse>;
    JoinGroup: Box<JoinGroupRequest> => Box<JoinGroupResponse>;
    Heartbeat: Box<HeartbeatRequest> => Box<HeartbeatResponse>;
    LeaveGroup: Box<LeaveGroupRequest> => Box<LeaveGroupResponse>;
    SyncGroup: Box<SyncGroupRequest> => Box<SyncGroupResponse>;
    DescribeGroups: Box<DescribeGroupsRequest> => Box<DescribeGroupsResponse>;
    ListGroups: Box<ListGroupsRequest> => Box<ListGroupsResponse>;
    SaslHandshake: Box<SaslHandshakeRequest> => Box<SaslHandshakeResponse>;
    SaslAuthenticate: Box<SaslAuthenticateRequest> => Box<SaslAuthenticateResponse>;
    ApiVersions: Box<ApiVersionsRequest> => Box<ApiVersionsResponse>;
    CreateTopics: Box<CreateTopicsRequest> => Box<CreateTopicsResponse>;
    DeleteTopics: Box<DeleteTopicsRequest> => Box<DeleteTopicsResponse>;
    DeleteRecords: Box<DeleteRecordsRequest> => Box<DeleteRecordsResponse>;
    InitProducerId: Box<InitProducerIdRequest> => Box<InitProducerIdResponse>;
    OffsetForLeaderEpoch: Box<OffsetForLeaderEpochRequest> => Box<OffsetForLeaderEpochResponse>;
    DescribeConfigs: Box<DescribeConfigsRequest> => Box<DescribeConfigsResponse>;
    AlterConfigs: Box<AlterConfigsRequest> => Box<AlterConfigsResponse>;
    AlterReplicaLogDirs: Box<AlterReplicaLogDirsRequest> => Box<AlterReplicaLogDirsResponse>;
    DescribeLogDirs: Box<DescribeLogDirsRequest> => Box<DescribeLogDirsResponse>;
    DeleteGroups: Box<DeleteGroupsRequest> => Box<DeleteGroupsResponse>;
    OffsetDelete: Box<OffsetDeleteRequest> => Box<OffsetDeleteResponse>;
    CreatePartitions: Box<CreatePartitionsRequest> => Box<CreatePartitionsResponse>;
    ElectLeaders: Box<ElectLeadersRequest> => Box<ElectLeadersResponse>;
    IncrementalAlterConfigs: Box<IncrementalAlterConfigsRequest> => Box<IncrementalAlterConfigsResponse>;
    AlterPartitionReassignments: Box<AlterPartitionReassignmentsRequest> => Box<AlterPartitionReassignmentsResponse>;
    ListPartitionReassignments: Box<ListPartitionReassignmentsRequest> => Box<ListPartitionReassignmentsResponse>;
    DescribeQuorum: Box<DescribeQuorumRequest> => Box<DescribeQuorumResponse>;
    DescribeCluster: Box<DescribeClusterRequest> => Box<DescribeClusterResponse>;
    DescribeProducers: Box<DescribeProducersRequest> => Box<DescribeProducersResponse>;
    ListConfigResources: Box<ListConfigResourcesRequest> => Box<ListConfigResourcesResponse>;
    DescribeTopicPartitions: Box<DescribeTopicPartitionsRequest> => Box<DescribeTopicPartitionsResponse>;
}

/// A Produce of one batch to one partition by name, acks −1.
#[must_use]
pub fn produce(topic: &KString, partition: i32, records: BytesMut) -> ProduceRequest {
    let data = PartitionProduceData { index: partition, records: Some(records) };
    produce_all(topic, [data])
}

/// A Produce to several partitions of one topic by name, acks −1.
#[must_use]
pub fn produce_all(
    topic: &KString,
    data: impl IntoIterator<Item = PartitionProduceData>,
) -> ProduceRequest {
    let topic = TopicProduceData {
        name: topic.clone(),
        partition_data: data.into_iter().collect(),
        ..Default::default()
    };
    ProduceRequest {
        acks: -1,
        timeout_ms: 30_000,
        topic_data: SmallVec::from_iter([topic]),
        ..Default::default()
    }
}

/// A Fetch of one partition by name that does not wait.
#[must_use]
pub fn fetch(topic: &KString, partition: i32, offset: i64) -> FetchRequest {
    let data = FetchPartition {
        partition,
        fetch_offset: offset,
        partition_max_bytes: 1 << 20,
        ..Default::default()
    };
    fetch_all([(topic, data)])
}

/// A Fetch of partitions by name that does not wait, each as a topic of its own.
#[must_use]
pub fn fetch_all<'a>(
    partitions: impl IntoIterator<Item = (&'a KString, FetchPartition)>,
) -> FetchRequest {
    let topics = partitions.into_iter().map(|(topic, data)| FetchTopic {
        topic: topic.clone(),
        topic_id: Uuid::ZERO,
        partitions: SmallVec::from_iter([data]),
    });
    FetchRequest {
        max_wait_ms: 0,
        min_bytes: 1,
        max_bytes: 50 << 20,
        topics: topics.collect(),
        ..Default::default()
    }
}

/// A ListOffsets of one partition.
#[must_use]
pub fn list_offsets(topic: &KString, partition: i32, timestamp: i64) -> ListOffsetsRequest {
    let partition = ListOffsetsPartition {
        partition_index: partition,
        timestamp,
        max_num_offsets: 100,
        ..Default::default()
    };
    let topic =
        ListOffsetsTopic { name: topic.clone(), partitions: SmallVec::from_iter([partition]) };
    ListOffsetsRequest {
        replica_id: -1,
        topics: SmallVec::from_iter([topic]),
        ..Default::default()
    }
}
