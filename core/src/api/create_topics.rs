//! CreateTopics (key 19), versions 0 to 7: makes topics, or says why not.
//!
//! BEHAVIOURS 76, BAD_INPUTS 71–77. Kafka: ControllerApis.createTopics, ReplicationControlManager.createTopics; the
//! checks come in Kafka's order. Everything is checked before anything is allocated by a number of the client's.
//! Deviation: above 10,000 partitions a request only the topics that go beyond are refused, not all of them.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::config_resources::text;
use super::describe_configs::shared;
use super::topics::{MAX_PARTITIONS_PER_REQUEST, check_name, check_replicas, folded};
use crate::config::{Overrides, TopicConfig, alter, describe};
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::notice::Notice;
use crate::protocol::messages::create_topics::{
    CreatableTopic, CreatableTopicConfigs, CreatableTopicResult,
};
use crate::protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Effect, Reply, RequestContext, RequestId};

/// A topic that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewTopic {
    /// Its name.
    pub name: KString,
    /// How many partitions.
    pub partitions: i32,
    /// How many replicas.
    pub replication_factor: i16,
    /// What is set for it.
    pub configs: Overrides,
}

impl NewTopic {
    /// A topic without configuration of its own.
    #[must_use]
    pub(crate) const fn plain(name: KString, partitions: i32, replication_factor: i16) -> Self {
        Self { name, partitions, replication_factor, configs: Overrides::EMPTY }
    }
}

/// Why a topic is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Kafka's code.
    pub code: ErrorCode,
    /// What to tell the client.
    pub message: String,
}

pub(crate) fn refusal<T>(code: ErrorCode, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into() })
}

impl Shard {
    /// Handles a CreateTopics.
    pub(crate) fn create_topics(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &CreateTopicsRequest,
    ) {
        let mut named: BTreeMap<&KString, usize> = BTreeMap::new();
        for topic in &request.topics {
            *named.entry(&topic.name).or_default() += 1;
        }
        let mut budget = MAX_PARTITIONS_PER_REQUEST;
        let mut response = CreateTopicsResponse::default();
        let mut done = alloc::collections::BTreeSet::new();
        let mut made = false;
        for topic in &request.topics {
            let twice = named.get(&topic.name).is_some_and(|count| *count > 1);
            if twice && !done.insert(&topic.name) {
                continue;
            }
            let checked = if twice {
                refusal(ErrorCode::INVALID_REQUEST, "Duplicate topic name.")
            } else {
                self.check_creatable(topic, &mut budget)
            };
            response.topics.push(match checked {
                Ok(new) => {
                    let uuid = if request.validate_only {
                        crate::protocol::Uuid::ZERO
                    } else {
                        self.make_topic(&new)
                    };
                    made |= !request.validate_only;
                    CreatableTopicResult {
                        name: topic.name.clone(),
                        topic_id: uuid,
                        error_message: None,
                        num_partitions: new.partitions,
                        replication_factor: new.replication_factor,
                        configs: Some(if context.version >= 5 {
                            self.returned_configs(&new.configs)
                        } else {
                            Vec::new()
                        }),
                        ..Default::default()
                    }
                }
                Err(refusal) => CreatableTopicResult {
                    name: topic.name.clone(),
                    error_code: refusal.code,
                    error_message: Some(KString::from(refusal.message)),
                    num_partitions: -1,
                    replication_factor: -1,
                    configs: Some(Vec::new()),
                    ..Default::default()
                },
            });
        }
        if made {
            self.publish();
        }
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// What the wire says, as a topic: counts or an assignment, defaults where −1 asks for them.
    fn check_creatable(
        &self,
        topic: &CreatableTopic,
        budget: &mut i64,
    ) -> Result<NewTopic, Refusal> {
        self.check_free_name(&topic.name)?;
        let texts = topic.configs.iter().map(|c| (text(&c.name), c.value.as_ref().map(text)));
        let texts: Vec<(String, Option<String>)> = texts.collect();
        let configs = alter::create_topic(
            &self.broker,
            texts.iter().map(|(name, value)| (name.as_str(), value.as_deref())),
        )?;
        let (mut partitions, mut replication_factor) =
            (topic.num_partitions, topic.replication_factor);
        if !topic.assignments.is_empty() {
            (partitions, replication_factor) = self.check_assignment(topic)?;
        } else {
            // KIP-464 lets clients ask so from v4 on; Kafka's brokers take it in every version, and kafkajs sends it in v3.
            if partitions == -1 {
                partitions = self.broker.num_partitions;
            }
            if replication_factor == -1 {
                replication_factor =
                    i16::try_from(self.broker.default_replication_factor).unwrap_or(i16::MAX);
            }
        }
        *budget -= i64::from(partitions.max(0));
        if *budget < 0 {
            return refusal(
                ErrorCode::POLICY_VIOLATION,
                "Excessively large number of partitions per request.",
            );
        }
        check_counts(partitions, replication_factor)?;
        Ok(NewTopic { name: topic.name.detached(), partitions, replication_factor, configs })
    }

    fn check_assignment(&self, topic: &CreatableTopic) -> Result<(i32, i16), Refusal> {
        if topic.num_partitions != -1 || topic.replication_factor != -1 {
            return refusal(
                ErrorCode::INVALID_REQUEST,
                "A manual partition assignment was specified, but numPartitions or replicationFactor was not set to -1.",
            );
        }
        let mut indexes: Vec<i32> = topic.assignments.iter().map(|a| a.partition_index).collect();
        indexes.sort_unstable();
        if indexes.iter().zip(0..).any(|(index, expected)| *index != expected) {
            return refusal(
                ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                "partitions should be a consecutive 0-based integer sequence",
            );
        }
        for assignment in &topic.assignments {
            check_replicas(&assignment.broker_ids, self.image.node_id)?;
        }
        Ok((i32::try_from(indexes.len()).unwrap_or(i32::MAX), 1))
    }

    /// The whole configuration of a topic that sets these values (KIP-525).
    fn returned_configs(&self, configs: &Overrides) -> Vec<CreatableTopicConfigs> {
        let entries = describe::describe_topic(&self.broker, configs, |_| true).into_iter();
        let configs = entries.map(|entry| CreatableTopicConfigs {
            name: shared(entry.name),
            value: entry.value.map(KString::from),
            read_only: entry.read_only,
            config_source: entry.source.code(),
            is_sensitive: entry.sensitive,
        });
        configs.collect()
    }

    /// Checks a topic without configuration of its own against everything that exists.
    pub(crate) fn check_new_topic(&self, topic: NewTopic) -> Result<NewTopic, Refusal> {
        self.check_free_name(&topic.name)?;
        check_counts(topic.partitions, topic.replication_factor)?;
        Ok(topic)
    }

    /// Checks that a name is one, and that no topic has it or one that is taken for it.
    fn check_free_name(&self, name: &KString) -> Result<(), Refusal> {
        if let Err(bad) = check_name(name.as_bytes()) {
            return refusal(ErrorCode::INVALID_TOPIC_EXCEPTION, bad.message(name));
        }
        if self.state.topics.contains_key(name) {
            let message = alloc::format!("Topic '{}' already exists.", name);
            return refusal(ErrorCode::TOPIC_ALREADY_EXISTS, message);
        }
        let other = name.to_str().and_then(folded);
        if let Some(other) = other.and_then(|folded| self.state.folded.get(&folded)) {
            let message = alloc::format!("Topic '{name}' collides with existing topic: {other}");
            return refusal(ErrorCode::INVALID_TOPIC_EXCEPTION, message);
        }
        Ok(())
    }

    /// Makes a topic that was checked; the caller publishes the image.
    pub(crate) fn make_topic(&mut self, topic: &NewTopic) -> crate::protocol::Uuid {
        let id = self.random.uuid();
        let first = self.state.next_partition;
        let count = u32::try_from(topic.partitions).unwrap_or(0);
        let entry = Entry::TopicCreated {
            name: topic.name.to_string(),
            id,
            partitions: (first..first + count).map(PartitionId).collect(),
            configs: topic.configs.clone(),
        };
        self.record(&entry);
        let notice = Notice::TopicCreated { name: topic.name.to_string(), partitions: count };
        self.effects.push_back(Effect::Notice(notice));
        id
    }

    /// The broker's defaults for topics.
    pub(crate) fn default_topic_config(&self) -> alloc::sync::Arc<TopicConfig> {
        alloc::sync::Arc::new(self.broker.topic)
    }
}

/// Checks the number of partitions and of replicas; there is one broker.
fn check_counts(partitions: i32, replication_factor: i16) -> Result<(), Refusal> {
    if partitions <= 0 {
        let message = "Number of partitions was set to an invalid non-positive value.";
        return refusal(ErrorCode::INVALID_PARTITIONS, message);
    }
    if replication_factor <= 0 {
        return refusal(
            ErrorCode::INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        );
    }
    if replication_factor > 1 {
        return refusal(
            ErrorCode::INVALID_REPLICATION_FACTOR,
            alloc::format!(
                "Unable to replicate the partition {} time(s): The target replication factor of {} cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.",
                replication_factor,
                replication_factor
            ),
        );
    }
    Ok(())
}
