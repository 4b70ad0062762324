//! OffsetFetch (key 9), versions 0 to 10: the committed offsets of groups.
//!
//! BEHAVIOURS 62 and 62a, USERS trap 13: a group that does not exist has no offsets, and that is no error. Kafka:
//! OffsetMetadataManager.fetchOffsets and fetchAllOffsets. There are no transactions yet, so every offset is stable; the
//! classic protocol does not look at member ids here. Deviation: a group that is named twice is refused the second time, so that
//! an answer is bounded.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::group::state::{CommittedOffset, Group};
use crate::protocol::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponseGroup,
    OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use crate::protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestContext, RequestId};

impl Shard {
    /// Handles an OffsetFetch.
    pub(crate) fn offset_fetch(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: OffsetFetchRequest,
    ) {
        let version = context.version;
        let asked = request.groups.iter().map(|group| &group.group_id);
        let needs = asked.chain([&request.group_id]).map(|name| self.changed_in(name)).max();
        let needs = needs.unwrap_or(0);
        let response = if version >= 8 {
            let mut seen = BTreeSet::new();
            let groups = request.groups.iter().map(|group| {
                if seen.insert(&group.group_id) {
                    return self.group_offsets(group, version);
                }
                OffsetFetchResponseGroup {
                    group_id: group.group_id.clone(),
                    error_code: ErrorCode::INVALID_REQUEST,
                    ..Default::default()
                }
            });
            OffsetFetchResponse { groups: groups.collect(), ..Default::default() }
        } else {
            // The older form is the same question about one group.
            let topics = request.topics.map(|topics| {
                let topics = topics.into_iter().map(|topic| OffsetFetchRequestTopics {
                    name: topic.name,
                    partition_indexes: topic.partition_indexes,
                    ..Default::default()
                });
                topics.collect()
            });
            let group = OffsetFetchRequestGroup {
                group_id: request.group_id,
                topics,
                ..Default::default()
            };
            let found = self.group_offsets(&group, version);
            OffsetFetchResponse {
                topics: found.topics.into_iter().map(older_topic).collect(),
                ..Default::default()
            }
        };
        self.reply_after(needs, id, Reply::Response(Box::new(response).into()));
    }

    fn group_offsets(
        &self,
        asked: &OffsetFetchRequestGroup,
        version: i16,
    ) -> OffsetFetchResponseGroup {
        let group = self.state.groups.get(&asked.group_id);
        let topics = match &asked.topics {
            Some(topics) => {
                topics.iter().map(|topic| self.topic_offsets(group, topic, version)).collect()
            }
            None => self.all_offsets(group),
        };
        OffsetFetchResponseGroup { group_id: asked.group_id.clone(), topics, ..Default::default() }
    }

    fn topic_offsets(
        &self,
        group: Option<&Group>,
        asked: &OffsetFetchRequestTopics,
        version: i16,
    ) -> OffsetFetchResponseTopics {
        let known = if version >= 10 {
            self.image.topic_by_id(&asked.topic_id).map(|topic| &topic.name)
        } else {
            Some(&asked.name)
        };
        let partition = |index: &i32| {
            let found = known.and_then(|name| group?.committed(name, *index));
            let mut answer = committed(*index, found);
            if known.is_none() {
                answer.error_code = ErrorCode::UNKNOWN_TOPIC_ID;
            }
            answer
        };
        OffsetFetchResponseTopics {
            name: asked.name.clone(),
            topic_id: asked.topic_id,
            partitions: asked.partition_indexes.iter().map(partition).collect(),
        }
    }

    /// Everything that the group committed; of topics that are there, which are all.
    fn all_offsets(&self, group: Option<&Group>) -> Vec<OffsetFetchResponseTopics> {
        let mut topics: Vec<OffsetFetchResponseTopics> = Vec::new();
        for offset in group.into_iter().flat_map(|group| &group.offsets) {
            let Some((name, topic)) = self.state.topics.get_key_value(&offset.topic) else {
                continue;
            };
            if topics.last().is_none_or(|last| last.name != *name) {
                topics.push(OffsetFetchResponseTopics {
                    name: name.clone(),
                    topic_id: topic.id,
                    partitions: Vec::new(),
                });
            }
            if let Some(last) = topics.last_mut() {
                last.partitions.push(committed(offset.partition, Some(offset)));
            }
        }
        topics
    }
}

/// One partition's answer; without a commit it is −1, −1, and an empty note.
fn committed(
    partition_index: i32,
    offset: Option<&CommittedOffset>,
) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: offset.map_or(-1, |offset| offset.value.offset),
        committed_leader_epoch: offset.map_or(-1, |offset| offset.value.leader_epoch),
        metadata: Some(offset.map_or(KString::EMPTY, |offset| offset.value.metadata.clone())),
        ..Default::default()
    }
}

fn older_topic(topic: OffsetFetchResponseTopics) -> OffsetFetchResponseTopic {
    let partition = |partition: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: partition.partition_index,
        committed_offset: partition.committed_offset,
        committed_leader_epoch: partition.committed_leader_epoch,
        metadata: partition.metadata,
        error_code: partition.error_code,
    };
    OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    }
}
