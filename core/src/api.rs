//! Which APIs this broker serves, in which versions, and who handles each.
//!
//! What stands here is advertised, so it works in full. One handler file an API key; this file only lists.

mod alter_configs;
mod alter_partition_reassignments;
mod alter_replica_log_dirs;
mod config_resources;
mod create_partitions;
pub(crate) mod create_topics;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod describe_producers;
mod describe_quorum;
mod describe_topic_partitions;
mod elect_leaders;
pub(crate) mod fetch;
mod find_coordinator;
mod heartbeat;
mod incremental_alter_configs;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_config_resources;
mod list_groups;
mod list_offsets;
mod list_partition_reassignments;
mod metadata;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod produce;
mod sync_group;
pub(crate) mod topics;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::protocol::messages::api_versions::ApiVersion;
use crate::protocol::messages::fetch::PartitionData;
use crate::protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, SaslAuthenticateResponse, SaslHandshakeResponse,
    SyncGroupResponse,
};
use crate::protocol::{ApiKey, ErrorCode, Request, Response};
use crate::shard::Shard;
use crate::shard::input::{Operation, Reply, RequestContext, RequestId};

/// The versions served of an API; none where it is not served.
#[must_use]
#[inline]
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not named is not served")]
pub(crate) const fn served(key: ApiKey) -> Option<RangeInclusive<i16>> {
    match key {
        ApiKey::Produce
        | ApiKey::Fetch
        | ApiKey::ListOffsets
        | ApiKey::Metadata
        | ApiKey::ApiVersions
        | ApiKey::OffsetCommit
        | ApiKey::OffsetFetch
        | ApiKey::FindCoordinator
        | ApiKey::JoinGroup
        | ApiKey::Heartbeat
        | ApiKey::LeaveGroup
        | ApiKey::SyncGroup
        | ApiKey::DescribeGroups
        | ApiKey::ListGroups
        | ApiKey::DeleteGroups
        | ApiKey::OffsetDelete
        | ApiKey::SaslHandshake
        | ApiKey::SaslAuthenticate
        | ApiKey::CreateTopics
        | ApiKey::DeleteTopics
        | ApiKey::DeleteRecords
        | ApiKey::OffsetForLeaderEpoch
        | ApiKey::DescribeConfigs
        | ApiKey::AlterConfigs
        | ApiKey::AlterReplicaLogDirs
        | ApiKey::DescribeLogDirs
        | ApiKey::CreatePartitions
        | ApiKey::ElectLeaders
        | ApiKey::IncrementalAlterConfigs
        | ApiKey::AlterPartitionReassignments
        | ApiKey::ListPartitionReassignments
        | ApiKey::DescribeQuorum
        | ApiKey::DescribeCluster
        | ApiKey::DescribeProducers
        | ApiKey::ListConfigResources
        | ApiKey::DescribeTopicPartitions => Some(key.versions()),
        // Version 6 is not stable yet, in Kafka 4.3.1 either.
        ApiKey::InitProducerId => Some(0..=5),
        _ => None,
    }
}

impl Shard {
    /// Hands a request to its handler.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what has no handler is not served")]
    pub(crate) fn request(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        operation: Operation,
    ) {
        let request = match operation {
            Operation::Produce { transactional_id, entries, .. } => {
                return self.produce(id, transactional_id.is_some(), entries);
            }
            Operation::Request(request) => request,
        };
        match request {
            Request::Fetch(request) => self.fetch(id, context, request),
            Request::ListOffsets(request) => self.list_offsets(id, context, request),
            Request::Metadata(request) => self.metadata(id, context, &request),
            Request::OffsetCommit(request) => self.offset_commit(id, context, &request),
            Request::OffsetFetch(request) => self.offset_fetch(id, context, *request),
            Request::FindCoordinator(request) => self.find_coordinator(id, context, *request),
            Request::JoinGroup(request) => self.join_group(id, context, &request),
            Request::Heartbeat(request) => self.heartbeat(id, &request),
            Request::LeaveGroup(request) => self.leave_group(id, context, *request),
            Request::SyncGroup(request) => self.sync_group(id, context, &request),
            Request::DescribeGroups(request) => self.describe_groups(id, context, &request),
            Request::ListGroups(request) => self.list_groups(id, &request),
            Request::DeleteGroups(request) => self.delete_groups(id, &request),
            Request::OffsetDelete(request) => self.offset_delete(id, &request),
            Request::CreateTopics(request) => self.create_topics(id, context, &request),
            Request::DeleteTopics(request) => self.delete_topics(id, context, *request),
            Request::DeleteRecords(request) => self.delete_records(id, &request),
            Request::InitProducerId(request) => self.init_producer_id(id, &request),
            Request::OffsetForLeaderEpoch(request) => self.offset_for_leader_epoch(id, &request),
            Request::DescribeConfigs(request) => self.describe_configs(id, &request),
            Request::AlterConfigs(request) => self.alter_configs(id, &request),
            Request::AlterReplicaLogDirs(request) => self.alter_replica_log_dirs(id, &request),
            Request::DescribeLogDirs(request) => self.describe_log_dirs(id, &request),
            Request::ElectLeaders(request) => self.elect_leaders(id, &request),
            Request::AlterPartitionReassignments(request) => {
                self.alter_partition_reassignments(id, &request);
            }
            Request::ListPartitionReassignments(_) => self.list_partition_reassignments(id),
            Request::DescribeQuorum(request) => self.describe_quorum(id, &request),
            Request::DescribeProducers(request) => self.describe_producers(id, &request),
            Request::ListConfigResources(request) => {
                self.list_config_resources(id, context, &request);
            }
            Request::IncrementalAlterConfigs(request) => {
                self.incremental_alter_configs(id, &request);
            }
            Request::CreatePartitions(request) => self.create_partitions(id, &request),
            Request::DescribeCluster(request) => self.describe_cluster(id, context, &request),
            Request::DescribeTopicPartitions(request) => {
                self.describe_topic_partitions(id, &request);
            }
            // The connection lets nothing else through.
            _ => self.reply_after(0, id, Reply::Close),
        }
    }
}

/// A reply whose changes will never be durable: the journal has failed.
///
/// Produce, Fetch, DeleteRecords and OffsetCommit say so for each partition; other clients see their connection close,
/// and ask again.
#[must_use]
pub(crate) fn failed(reply: Reply) -> Reply {
    match reply {
        Reply::Produce(mut outcomes) => {
            for outcome in &mut outcomes {
                outcome.error = ErrorCode::KAFKA_STORAGE_ERROR;
                outcome.base_offset = -1;
                outcome.log_append_time = -1;
            }
            Reply::Produce(outcomes)
        }
        Reply::Response(Response::Fetch(mut response)) => {
            // It shows what a crash takes back: the start of a log, say.
            for data in response.responses.iter_mut().flat_map(|topic| &mut topic.partitions) {
                *data = PartitionData {
                    partition_index: data.partition_index,
                    error_code: ErrorCode::KAFKA_STORAGE_ERROR,
                    high_watermark: -1,
                    aborted_transactions: None,
                    ..Default::default()
                };
            }
            Reply::Response(Response::Fetch(response))
        }
        Reply::Response(Response::DeleteRecords(mut response)) => {
            for partition in response.topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
                partition.low_watermark = -1;
                partition.error_code = ErrorCode::KAFKA_STORAGE_ERROR;
            }
            Reply::Response(response.into())
        }
        Reply::Response(Response::JoinGroup(response)) => {
            let refused = crate::group::join::refused;
            let response = refused(&response.member_id, ErrorCode::NOT_COORDINATOR);
            Reply::Response(response.into())
        }
        Reply::Response(Response::SyncGroup(_)) => {
            let error_code = ErrorCode::NOT_COORDINATOR;
            let response = SyncGroupResponse { error_code, ..Default::default() };
            Reply::Response(Box::new(response).into())
        }
        // As Kafka's coordinator words it: somewhere else it might be stored.
        Reply::Response(Response::OffsetCommit(mut response)) => {
            for partition in response.topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
                partition.error_code = ErrorCode::NOT_COORDINATOR;
            }
            Reply::Response(response.into())
        }
        Reply::Response(_) | Reply::Close => Reply::Close,
    }
}

fn entry(key: ApiKey) -> Option<ApiVersion> {
    let versions = served(key)?;
    Some(ApiVersion {
        api_key: key.code(),
        min_version: *versions.start(),
        max_version: *versions.end(),
    })
}

/// The answer to ApiVersions (KIP-35, KIP-511).
///
/// Empty features and the like are left out by the codec, as Kafka leaves them out: librdkafka before 2.2.0 misreads
/// tagged fields.
#[must_use]
pub(crate) fn api_versions(request: &ApiVersionsRequest, version: i16) -> ApiVersionsResponse {
    let named = |name: &[u8]| is_software_name(name);
    let legal = version < 3
        || (named(request.client_software_name.as_bytes())
            && named(request.client_software_version.as_bytes()));
    if !legal {
        return ApiVersionsResponse {
            error_code: ErrorCode::INVALID_REQUEST,
            ..Default::default()
        };
    }
    ApiVersionsResponse {
        api_keys: ApiKey::ALL.iter().copied().filter_map(entry).collect(),
        ..Default::default()
    }
}

/// The answer to ApiVersions in a version that is not served: in the form of version 0, naming what is (KIP-511).
#[must_use]
pub(crate) fn api_versions_unsupported() -> ApiVersionsResponse {
    ApiVersionsResponse {
        error_code: ErrorCode::UNSUPPORTED_VERSION,
        api_keys: entry(ApiKey::ApiVersions).into_iter().collect::<Vec<_>>(),
        ..Default::default()
    }
}

/// The answer to SaslHandshake and SaslAuthenticate: no listener has SASL yet, so both come out of turn
/// (BEHAVIOURS 79). They are offered all the same, as Kafka offers them: clients look for them.
#[must_use]
pub(crate) fn sasl_out_of_turn(key: ApiKey) -> Response {
    let error_code = ErrorCode::ILLEGAL_SASL_STATE;
    if key == ApiKey::SaslHandshake {
        Box::new(SaslHandshakeResponse { error_code, ..Default::default() }).into()
    } else {
        Box::new(SaslAuthenticateResponse { error_code, ..Default::default() }).into()
    }
}

/// Whether a client's software name or version is one: letters, digits, `-` and `.`, the latter two not at its ends.
fn is_software_name(name: &[u8]) -> bool {
    let inner = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    name.iter().all(inner)
        && name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.last().is_some_and(u8::is_ascii_alphanumeric)
}
