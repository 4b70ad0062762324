//! Metadata (key 3), versions 0 to 13: this broker, topics and partitions; topics made where that is automatic.
//!
//! BEHAVIOURS 75. Kafka: KafkaApis.handleTopicMetadataRequest. The connection fills in by which address it is reached.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::create_topics::NewTopic;
use super::topics::{MAX_PARTITIONS_PER_REQUEST, check_name, is_internal};
use crate::image::TopicImage;
use crate::protocol::messages::metadata::{
    MetadataRequestTopic, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::messages::{MetadataRequest, MetadataResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::coordination::OFFSETS_TOPIC;
use crate::shard::input::{Reply, RequestContext, RequestId};

/// What authorized operations say when they were not asked for.
pub(crate) const NOT_ASKED: i32 = i32::MIN;
/// All operations on a topic: Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs by their bits.
pub(crate) const TOPIC_OPERATIONS: i32 = 0b1101_1111_1000;
/// All operations on the cluster: Create, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite.
pub(crate) const CLUSTER_OPERATIONS: i32 = 0b1_1111_1010_0000;

impl Shard {
    /// Handles a Metadata request.
    pub(crate) fn metadata(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &MetadataRequest,
    ) {
        let version = context.version;
        let all = match &request.topics {
            None => true,
            Some(topics) => version == 0 && topics.is_empty(),
        };
        let operations =
            if request.include_topic_authorized_operations { TOPIC_OPERATIONS } else { NOT_ASKED };
        let topics = if all {
            self.image.topics.values().map(|topic| self.describe_topic(topic, operations)).collect()
        } else {
            let create = (version < 4 || request.allow_auto_topic_creation)
                && self.broker.auto_create_topics_enable;
            self.named_topics(
                request.topics.as_deref().unwrap_or_default(),
                create,
                operations,
                version,
            )
        };
        let cluster_operations = if request.include_cluster_authorized_operations {
            CLUSTER_OPERATIONS
        } else {
            NOT_ASKED
        };
        let response = MetadataResponse {
            brokers: vec![MetadataResponseBroker {
                node_id: self.image.node_id,
                rack: self.broker.broker_rack.as_deref().map(KString::from),
                ..Default::default()
            }],
            cluster_id: Some(self.image.cluster_id.clone()),
            controller_id: self.image.node_id,
            topics,
            cluster_authorized_operations: cluster_operations,
            ..Default::default()
        };
        // Topics that another client has just made are shown when they are durable.
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// The topics that are asked for, each once; those that do not exist are made where `create` says so.
    fn named_topics(
        &mut self,
        named: &[MetadataRequestTopic],
        create: bool,
        operations: i32,
        version: i16,
    ) -> Vec<MetadataResponseTopic> {
        let by_id = |topic: &MetadataRequestTopic| version >= 10 && !topic.topic_id.is_zero();
        let refused = if create {
            self.create_missing(named.iter().filter(|topic| !by_id(topic)))
        } else {
            BTreeMap::new()
        };
        let mut seen = BTreeSet::new();
        let mut answers = Vec::new();
        for topic in named {
            let name = topic.name.clone().unwrap_or_default();
            if !seen.insert((topic.topic_id, name.clone())) {
                continue;
            }
            let known = if by_id(topic) {
                self.image.topic_by_id(&topic.topic_id)
            } else {
                self.image.topic(name.as_bytes())
            };
            answers.push(match known {
                Some(topic) => self.describe_topic(topic, operations),
                None if by_id(topic) => MetadataResponseTopic {
                    error_code: ErrorCode::UNKNOWN_TOPIC_ID,
                    name: None,
                    topic_id: topic.topic_id,
                    topic_authorized_operations: NOT_ASKED,
                    ..Default::default()
                },
                None => MetadataResponseTopic {
                    error_code: if check_name(name.as_bytes()).is_err() {
                        ErrorCode::INVALID_TOPIC_EXCEPTION
                    } else {
                        let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                        refused.get(&name).copied().unwrap_or(unknown)
                    },
                    is_internal: is_internal(name.as_bytes()),
                    name: Some(name),
                    topic_authorized_operations: NOT_ASKED,
                    ..Default::default()
                },
            });
        }
        answers
    }

    /// Makes the topics that do not exist, in time for this very answer; gives why some are not made.
    ///
    /// Kafka answers UNKNOWN_TOPIC_OR_PARTITION once and lets the client ask again, because its controller takes a
    /// while; here the topic is there at once. Topics beyond what one request may make get that answer here too.
    fn create_missing<'a>(
        &mut self,
        named: impl Iterator<Item = &'a MetadataRequestTopic>,
    ) -> BTreeMap<KString, ErrorCode> {
        let partitions = self.broker.num_partitions;
        let replication_factor = i16::try_from(self.broker.default_replication_factor).unwrap_or(1);
        let (mut refused, mut made) = (BTreeMap::new(), false);
        let mut budget = MAX_PARTITIONS_PER_REQUEST;
        for name in named.filter_map(|topic| topic.name.as_ref()) {
            if self.state.topics.contains_key(name) || budget < i64::from(partitions) {
                continue;
            }
            if is_internal(name.as_bytes()) {
                // The broker's own topics have a form of their own; those that nothing writes yet are not made.
                if *name == *OFFSETS_TOPIC {
                    self.ensure_offsets_topic();
                }
                continue;
            }
            let topic = NewTopic::plain(name.detached(), partitions, replication_factor);
            match self.check_new_topic(topic) {
                Ok(topic) => {
                    budget -= i64::from(partitions);
                    self.make_topic(&topic);
                    made = true;
                }
                Err(refusal) => drop(refused.insert(name.clone(), refusal.code)),
            }
        }
        if made {
            self.publish();
        }
        refused
    }

    fn describe_topic(&self, topic: &TopicImage, operations: i32) -> MetadataResponseTopic {
        let node = self.image.node_id;
        let partition = |index: usize| MetadataResponsePartition {
            partition_index: index as i32,
            leader_id: node,
            leader_epoch: topic.leader_epoch,
            replica_nodes: vec![node],
            isr_nodes: vec![node],
            ..Default::default()
        };
        MetadataResponseTopic {
            name: Some(topic.name.clone()),
            topic_id: topic.id,
            is_internal: topic.internal,
            partitions: (0..topic.partitions.len()).map(partition).collect(),
            topic_authorized_operations: operations,
            ..Default::default()
        }
    }
}
