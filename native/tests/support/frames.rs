//! Requests as the bytes of a frame.

#![allow(dead_code, reason = "no test file needs all of it")]

use bytes::BytesMut;
use logboat_core::chunk::Chunk;
use logboat_core::protocol::messages::create_topics::CreatableTopic;
use logboat_core::protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use logboat_core::protocol::messages::{CreateTopicsRequest, DeleteRecordsRequest, ProduceRequest};
use logboat_core::protocol::{Request, request_frame};
use logboat_core::record::{BatchBuilder, Codec, Scratch};

/// A request of a client that calls itself "test".
pub(crate) fn frame(request: impl Into<Request>, version: i16) -> Vec<u8> {
    frame_of("test", request, version)
}

/// A request of a client that calls itself so.
pub(crate) fn frame_of(client_id: &str, request: impl Into<Request>, version: i16) -> Vec<u8> {
    let (frame, _) =
        request_frame(&request.into(), version, 7, Some(client_id.into()), BytesMut::new());
    let bytes = frame.iter().flat_map(|chunk| match chunk {
        Chunk::Bytes(bytes) => bytes.to_vec(),
        Chunk::Stored { .. } => unreachable!("a request is in memory"),
    });
    bytes.collect()
}

/// Makes a topic.
pub(crate) fn create(topic: &str, partitions: i32) -> Vec<u8> {
    let topic = CreatableTopic {
        name: topic.into(),
        num_partitions: partitions,
        replication_factor: 1,
        ..Default::default()
    };
    let request =
        CreateTopicsRequest { topics: vec![topic], timeout_ms: 30_000, ..Default::default() };
    frame(Box::new(request), 2)
}

/// A Produce of one record with this value.
pub(crate) fn produce(topic: &str, partition: i32, codec: Codec, value: &[u8]) -> Vec<u8> {
    let mut batch = BatchBuilder::new(codec);
    batch.append(1000, None, Some(value), &[]);
    let records = Some(batch.build(&mut Scratch::default()).expect("it fits"));
    let data = PartitionProduceData { index: partition, records };
    let topic = TopicProduceData {
        name: topic.into(),
        partition_data: [data].into_iter().collect(),
        ..Default::default()
    };
    let topic_data = [topic].into_iter().collect();
    frame(ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data, ..Default::default() }, 7)
}

/// Deletes all records of a topic's first partitions.
pub(crate) fn delete_records(topic: &str, partitions: i32) -> Vec<u8> {
    let partition = |partition_index| DeleteRecordsPartition { partition_index, offset: -1 };
    let partitions = (0..partitions).map(partition).collect();
    let topic = DeleteRecordsTopic { name: topic.into(), partitions };
    let request = DeleteRecordsRequest { topics: vec![topic], timeout_ms: 30_000 };
    frame(Box::new(request), 1)
}
