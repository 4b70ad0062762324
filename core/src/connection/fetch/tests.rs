//! What becomes of records that an old client cannot be shown.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;

use super::*;
use crate::config::BrokerConfig;
use crate::image::Image;
use crate::protocol::messages::fetch::{
    FetchPartition, FetchTopic, FetchableTopicResponse, PartitionData,
};
use crate::record::{BatchBuilder, Codec, Scratch};

fn workspace() -> Workspace {
    Workspace::new(Arc::new(Image {
        cluster_id: KString::from_static("c"),
        node_id: 1,
        shards: 1,
        broker: Arc::new(BrokerConfig::from_pairs([]).expect("the defaults")),
        topics: BTreeMap::new(),
        topic_ids: BTreeMap::new(),
    }))
}

/// The bytes that a Fetch in `version` from `offset` gets where these batches were read.
fn converted(version: i16, offset: i64, most: i32, batches: Chunks) -> Vec<u8> {
    let partition =
        FetchPartition { fetch_offset: offset, partition_max_bytes: most, ..Default::default() };
    let topic = FetchTopic { partitions: SmallVec::from_iter([partition]), ..Default::default() };
    let request = FetchRequest {
        max_bytes: 1 << 20,
        topics: SmallVec::from_iter([topic]),
        ..Default::default()
    };
    let data = PartitionData { records: Some(batches), ..Default::default() };
    let topic =
        FetchableTopicResponse { partitions: SmallVec::from_iter([data]), ..Default::default() };
    let mut response = FetchResponse { responses: vec![topic].into(), ..Default::default() };
    let old = OldFetch::of(&request, version, 1 << 20).expect("an old version");
    old.convert(&mut response, &mut workspace());
    let data = &response.responses[0].partitions[0];
    assert_eq!(data.error_code, ErrorCode::NONE);
    let mut bytes = Vec::new();
    for chunk in data.records.as_ref().expect("never null") {
        let Chunk::Bytes(chunk) = chunk else { panic!("converted") };
        bytes.extend_from_slice(chunk);
    }
    bytes
}

/// A batch of one record at `offset`.
fn built(mut builder: BatchBuilder, offset: i64) -> Chunk {
    builder.append(5, Some(b"k"), Some(b"v"), &[]);
    let mut batch = builder.build(&mut Scratch::default()).expect("small");
    batch[..8].copy_from_slice(&offset.to_be_bytes());
    Chunk::Bytes(batch.freeze())
}

fn marker(offset: i64) -> Chunk {
    built(BatchBuilder::new(Codec::None).producer(7, 0, -1).transactional().control(), offset)
}

#[test]
fn a_range_without_a_message_is_one_that_never_ends() {
    // Kafka 3.9.2: else the client took an empty answer for the end, and asked for the same for ever.
    let mut expected = (-1_i64).to_be_bytes().to_vec();
    expected.extend_from_slice(&61_i32.to_be_bytes());
    for version in 0..=3 {
        for most in [1000, 100] {
            let markers = SmallVec::from_iter([marker(0), marker(1)]);
            assert_eq!(converted(version, 0, most, markers), expected, "v{version}");
        }
        assert!(converted(version, 0, 1000, Chunks::new()).is_empty(), "the end is the end");
    }
}

#[test]
fn messages_behind_a_marker_are_found() {
    for version in 0..=3 {
        let range = SmallVec::from_iter([marker(0), built(BatchBuilder::new(Codec::None), 1)]);
        let bytes = converted(version, 0, 1000, range);
        assert_eq!(bytes[..8], 1_i64.to_be_bytes(), "v{version}: the message's offset");
    }
}
