//! ElectLeaders (key 43), versions 0 to 2: there is one replica of each partition, and it leads.
//!
//! BEHAVIOURS 77. Kafka: ReplicationControlManager.electLeaders. Version 0 knows the election of the preferred replica
//! only. Asked for all partitions, Kafka names the topics without those that need no election; so none here.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::protocol::messages::elect_leaders::{
    PartitionResult, ReplicaElectionResult, TopicPartitions,
};
use crate::protocol::messages::{ElectLeadersRequest, ElectLeadersResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

/// Elections: of the preferred replica, and of one that is out of sync.
const ELECTIONS: core::ops::RangeInclusive<i8> = 0..=1;

impl Shard {
    /// Handles an ElectLeaders.
    pub(crate) fn elect_leaders(&mut self, id: RequestId, request: &ElectLeadersRequest) {
        let known = ELECTIONS.contains(&request.election_type);
        let refused = format!("Unknown election type {}", request.election_type);
        let refused = (ErrorCode::INVALID_REQUEST, KString::from(refused));
        let replica_election_results: Vec<_> = match &request.topic_partitions {
            Some(topics) if known => topics.iter().map(|topic| self.elect(topic)).collect(),
            Some(topics) => {
                topics.iter().map(|topic| results(topic, |_| refused.clone())).collect()
            }
            None if known => {
                let topics = self.state.topics.keys();
                let all = topics.map(|name| ReplicaElectionResult {
                    topic: name.clone(),
                    ..Default::default()
                });
                all.collect()
            }
            None => Vec::new(),
        };
        let asks = request.topic_partitions.as_ref().is_none_or(|topics| !topics.is_empty());
        let response = ElectLeadersResponse {
            error_code: if known || !asks { ErrorCode::NONE } else { refused.0 },
            replica_election_results,
            ..Default::default()
        };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    fn elect(&self, topic: &TopicPartitions) -> ReplicaElectionResult {
        results(topic, |index| match self.find_partition(&topic.topic, index) {
            Some(_) => (
                ErrorCode::ELECTION_NOT_NEEDED,
                KString::from_static("The partition has its preferred leader."),
            ),
            None => (
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                KString::from_static("There is no such partition."),
            ),
        })
    }
}

/// One result for each partition that is asked for.
fn results(
    topic: &TopicPartitions,
    judge: impl Fn(i32) -> (ErrorCode, KString),
) -> ReplicaElectionResult {
    let partition = |index: &i32| {
        let (error_code, message) = judge(*index);
        PartitionResult { partition_id: *index, error_code, error_message: Some(message) }
    };
    ReplicaElectionResult {
        topic: topic.topic.clone(),
        partition_result: topic.partitions.iter().map(partition).collect(),
    }
}
