use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::*;
use crate::config::BrokerConfig;
use crate::image::{PartitionId, PartitionImage, TopicImage};
use crate::protocol::messages::fetch::FetchPartition;
use crate::protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsTopic, ListOffsetsTopicResponse,
};
use crate::protocol::messages::{FetchRequest, ListOffsetsRequest, ListOffsetsResponse};
use crate::protocol::{KString, Uuid};

/// Topic `t` with four partitions that lie on shards 0, 1, 2, 0.
fn image(shards: u16) -> Image {
    let broker = Arc::new(BrokerConfig::from_pairs([]).expect("defaults are allowed"));
    let partition = |(id, shard)| PartitionImage { shard: ShardId(shard), id: PartitionId(id) };
    let name = KString::from_static("t");
    let topic = TopicImage {
        name: name.clone(),
        id: Uuid([7; 16]),
        internal: false,
        leader_epoch: 0,
        partitions: (0..).zip([0, 1, 2, 0]).map(partition).collect(),
        config: Arc::new(broker.topic),
    };
    Image {
        cluster_id: KString::EMPTY,
        node_id: 1,
        shards,
        broker,
        topic_ids: BTreeMap::from([(topic.id, name.clone())]),
        topics: BTreeMap::from([(name, Arc::new(topic))]),
    }
}

fn list_offsets(indexes: &[i32]) -> Request {
    let partition =
        |index: &i32| ListOffsetsPartition { partition_index: *index, ..Default::default() };
    let topic = ListOffsetsTopic {
        name: KString::from_static("t"),
        partitions: indexes.iter().map(partition).collect(),
    };
    ListOffsetsRequest { topics: SmallVec::from_iter([topic]), ..Default::default() }.into()
}

fn fetch(session: (i32, i32), indexes: &[i32]) -> Request {
    let partition = |index: &i32| FetchPartition { partition: *index, ..Default::default() };
    let topic = FetchTopic {
        topic: KString::from_static("t"),
        partitions: indexes.iter().map(partition).collect(),
        ..Default::default()
    };
    let (session_id, session_epoch) = session;
    FetchRequest {
        session_id,
        session_epoch,
        topics: SmallVec::from_iter([topic]),
        ..Default::default()
    }
    .into()
}

/// Shard and partition indexes of each part.
fn layout(parts: &Parts) -> Vec<(u16, Vec<i32>)> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "a test that splits nothing else")]
    let indexes = |request: &Request| match request {
        Request::ListOffsets(r) => {
            r.topics.iter().flat_map(|t| &t.partitions).map(|p| p.partition_index).collect()
        }
        Request::Fetch(r) => {
            r.topics.iter().flat_map(|t| &t.partitions).map(|p| p.partition).collect()
        }
        other => panic!("not split: {other:?}"),
    };
    parts.iter().map(|(shard, request)| (shard.0, indexes(request))).collect()
}

#[test]
fn partitions_go_to_their_shards_and_unknown_ones_to_shard_0() {
    let parts = split(&image(3), list_offsets(&[0, 1, 2, 3, 9, -1])).expect("no session");
    assert_eq!(layout(&parts), [(0, [0, 3, 9, -1].to_vec()), (1, [1].to_vec()), (2, [2].to_vec())]);
}

#[test]
fn one_shard_gets_the_request_as_it_came() {
    let request = list_offsets(&[3, 1, 0]);
    let parts = split(&image(1), request.clone()).expect("no session");
    assert_eq!(parts.as_slice(), [(ShardId(0), request)]);
}

#[test]
fn a_full_fetch_over_shards_goes_without_a_session_and_one_on_a_single_shard_keeps_it() {
    let parts = split(&image(3), fetch((0, 0), &[0, 1])).expect("full");
    assert_eq!(layout(&parts), [(0, [0].to_vec()), (1, [1].to_vec())]);
    for (_, part) in &parts {
        let Request::Fetch(part) = part else { panic!("{part:?}") };
        assert_eq!((part.session_id, part.session_epoch), (0, -1));
    }
    let parts = split(&image(3), fetch((0, 0), &[0, 3])).expect("full");
    let [(ShardId(0), Request::Fetch(part))] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((part.session_id, part.session_epoch), (0, 0));
}

#[test]
fn a_session_stays_on_its_shard() {
    let session = (0x40 | 1, 5);
    assert_eq!(
        layout(&split(&image(3), fetch(session, &[1])).expect("its own")),
        [(1, [1].to_vec())]
    );
    assert_eq!(
        layout(&split(&image(3), fetch(session, &[])).expect("nothing new")),
        [(1, Vec::new())]
    );
    assert_eq!(split(&image(3), fetch(session, &[0])), Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
}

#[test]
fn answers_are_joined() {
    let part = |name| {
        let topic =
            ListOffsetsTopicResponse { name: KString::from_static(name), ..Default::default() };
        Response::from(ListOffsetsResponse {
            topics: SmallVec::from_iter([topic]),
            ..Default::default()
        })
    };
    let Response::ListOffsets(joined) = join(Some(join(None, part("a"))), part("b")) else {
        panic!()
    };
    assert_eq!(
        joined.topics.iter().map(|t| t.name.to_str()).collect::<Vec<_>>(),
        [Some("a"), Some("b")]
    );
}
