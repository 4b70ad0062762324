//! DescribeTopicPartitions (key 75), version 0: topics and their partitions, a page at a time (KIP-966).
//!
//! Kafka: DescribeTopicPartitionsRequestHandler, KRaftMetadataCache. Topics stand in order of name, and so does the
//! cursor. No array is ever null: Java tools fail over that (USERS trap 12).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::metadata::{NOT_ASKED, TOPIC_OPERATIONS};
use super::topics::{check_name, is_internal};
use crate::image::TopicImage;
use crate::protocol::messages::describe_topic_partitions::{
    Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use crate::protocol::messages::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles a DescribeTopicPartitions.
    pub(crate) fn describe_topic_partitions(
        &mut self,
        id: RequestId,
        request: &DescribeTopicPartitionsRequest,
    ) {
        let from = request.cursor.as_ref();
        let mut named: Vec<&KString> = request.topics.iter().map(|topic| &topic.name).collect();
        named.sort_unstable();
        named.dedup();
        let illegal = from.is_some_and(|cursor| {
            cursor.partition_index < 0
                || (!named.is_empty() && !named.contains(&&cursor.topic_name))
        });
        let response = if illegal {
            refused(&named)
        } else {
            let limit = self.broker.max_request_partition_size_limit;
            let limit = request.response_partition_limit.min(limit).max(1);
            self.partitions_page(&named, from, usize::try_from(limit).unwrap_or(1))
        };
        // Topics that another client has just made are shown when they are durable.
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// The topics from `from` on, all where none is `named`, with at most `left` partitions together.
    fn partitions_page(
        &self,
        named: &[&KString],
        from: Option<&Cursor>,
        mut left: usize,
    ) -> DescribeTopicPartitionsResponse {
        let mut response = DescribeTopicPartitionsResponse::default();
        let first = from.map_or(KString::EMPTY, |cursor| cursor.topic_name.clone());
        let all = self.image.topics.range(first.clone()..).map(|(name, _)| name);
        let all = all.filter(|_| named.is_empty());
        for name in named.iter().copied().filter(|name| **name >= first).chain(all) {
            if left == 0 {
                response.next_cursor =
                    Some(Cursor { topic_name: name.clone(), partition_index: 0 });
                break;
            }
            let Some(topic) = self.image.topic(name.as_bytes()) else {
                response.topics.push(unknown(name));
                continue;
            };
            let start = from.filter(|cursor| cursor.topic_name == *name);
            let start = start.map_or(0, |cursor| cursor.partition_index);
            let page = self.describe_page(topic, usize::try_from(start).unwrap_or(0), left);
            left -= page.partitions.len();
            let next = start as usize + page.partitions.len();
            response.topics.push(page);
            if next < topic.partitions.len() {
                response.next_cursor = Some(Cursor {
                    topic_name: name.clone(),
                    partition_index: i32::try_from(next).unwrap_or(i32::MAX),
                });
                break;
            }
        }
        response
    }

    fn describe_page(
        &self,
        topic: &TopicImage,
        start: usize,
        most: usize,
    ) -> DescribeTopicPartitionsResponseTopic {
        let node = self.image.node_id;
        let partition = |index: usize| DescribeTopicPartitionsResponsePartition {
            partition_index: i32::try_from(index).unwrap_or(i32::MAX),
            leader_id: node,
            leader_epoch: topic.leader_epoch,
            replica_nodes: vec![node],
            isr_nodes: vec![node],
            eligible_leader_replicas: Some(Vec::new()),
            last_known_elr: Some(Vec::new()),
            ..Default::default()
        };
        DescribeTopicPartitionsResponseTopic {
            name: Some(topic.name.clone()),
            topic_id: topic.id,
            is_internal: topic.internal,
            partitions: (start..topic.partitions.len()).take(most).map(partition).collect(),
            topic_authorized_operations: TOPIC_OPERATIONS,
            ..Default::default()
        }
    }
}

fn unknown(name: &KString) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic {
        error_code: if check_name(name.as_bytes()).is_ok() {
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        } else {
            ErrorCode::INVALID_TOPIC_EXCEPTION
        },
        name: Some(name.clone()),
        is_internal: is_internal(name.as_bytes()),
        topic_authorized_operations: TOPIC_OPERATIONS,
        ..Default::default()
    }
}

/// The answer to a cursor that is none.
fn refused(named: &[&KString]) -> DescribeTopicPartitionsResponse {
    let topic = |name: &&KString| DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::INVALID_REQUEST,
        name: Some((*name).clone()),
        topic_authorized_operations: NOT_ASKED,
        ..Default::default()
    };
    DescribeTopicPartitionsResponse {
        topics: named.iter().map(topic).collect(),
        ..Default::default()
    }
}
