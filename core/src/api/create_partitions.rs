//! CreatePartitions (key 37), versions 0 to 3: gives topics more partitions.
//!
//! BEHAVIOURS 77, BAD_INPUTS 79. Kafka: ControllerApis.createPartitions, ReplicationControlManager.createPartitions.
//! Nothing is allocated by a count of the client's before it was checked.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::ToString;

use super::create_topics::{Refusal, refusal};
use super::topics::{MAX_PARTITIONS_PER_REQUEST, check_replicas};
use crate::image::PartitionId;
use crate::journal::entry::Entry;
use crate::protocol::messages::create_partitions::{
    CreatePartitionsTopic, CreatePartitionsTopicResult,
};
use crate::protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles a CreatePartitions.
    pub(crate) fn create_partitions(&mut self, id: RequestId, request: &CreatePartitionsRequest) {
        let mut named: BTreeMap<&KString, u32> = BTreeMap::new();
        for topic in &request.topics {
            *named.entry(&topic.name).or_default() += 1;
        }
        let (mut seen, mut added) = (BTreeSet::new(), false);
        let mut budget = MAX_PARTITIONS_PER_REQUEST;
        let mut response = CreatePartitionsResponse::default();
        for topic in &request.topics {
            if !seen.insert(&topic.name) {
                continue;
            }
            let twice = named.get(&topic.name).is_some_and(|count| *count > 1);
            let checked = if twice {
                refusal(ErrorCode::INVALID_REQUEST, "Duplicate topic name.")
            } else {
                self.check_more_partitions(topic, &mut budget)
            };
            let mut result =
                CreatePartitionsTopicResult { name: topic.name.clone(), ..Default::default() };
            match checked {
                Ok(count) if !request.validate_only => {
                    self.add_partitions(&topic.name, count);
                    added = true;
                }
                Ok(_) => {}
                Err(Refusal { code, message }) => {
                    result.error_code = code;
                    result.error_message = Some(KString::from(message));
                }
            }
            response.results.push(result);
        }
        if added {
            self.publish();
        }
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// How many partitions are to be added.
    fn check_more_partitions(
        &self,
        topic: &CreatePartitionsTopic,
        budget: &mut i64,
    ) -> Result<u32, Refusal> {
        let Some(known) = self.state.topics.get(&topic.name) else {
            return refusal(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "There is no such topic.");
        };
        let now = known.partitions.len() as i64;
        let additional = i64::from(topic.count) - now;
        if additional == 0 {
            let message = format!("Topic already has {now} partition(s).");
            return refusal(ErrorCode::INVALID_PARTITIONS, message);
        }
        if additional < 0 {
            let message = format!(
                "The topic {} currently has {now} partition(s); {} would not be an increase.",
                topic.name, topic.count
            );
            return refusal(ErrorCode::INVALID_PARTITIONS, message);
        }
        if let Some(assignments) = &topic.assignments {
            if assignments.len() as i64 != additional {
                let message = format!(
                    "{additional} partition(s) are to be added, but {} assignment(s) are given.",
                    assignments.len()
                );
                return refusal(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message);
            }
            for assignment in assignments {
                check_replicas(&assignment.broker_ids, self.image.node_id)?;
            }
        }
        *budget -= additional;
        if *budget < 0 {
            return refusal(
                ErrorCode::POLICY_VIOLATION,
                "Excessively large number of partitions per request.",
            );
        }
        Ok(u32::try_from(additional).unwrap_or(0))
    }

    fn add_partitions(&mut self, name: &KString, count: u32) {
        let first = self.state.next_partition;
        let partitions = (first..first.saturating_add(count)).map(PartitionId).collect();
        self.record(&Entry::PartitionsAdded { name: name.to_string(), partitions });
    }
}
