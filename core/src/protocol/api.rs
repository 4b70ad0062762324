//! Which APIs are declared: one table from which the keys, the requests and the responses come.
//!
//! Being declared is not being served: what ApiVersions advertises is the broker's decision, not the codec's.

use alloc::boxed::Box;
use core::fmt;
use core::ops::RangeInclusive;

use super::decoder::{DecodeError, Decoder};
use super::encoder::Encoder;
#[allow(clippy::wildcard_imports, reason = "the table names every message")]
use super::messages::*;
use super::wire::Message;

macro_rules! apis {
    ($($(#[doc = $doc:literal])* $key:literal $name:ident ($request:ty, $response:ty))*) => {
        /// A declared API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i16)]
        pub enum ApiKey {
            $($(#[doc = $doc])* $name = $key,)*
        }

        impl ApiKey {
            /// Every declared API, by key.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The API with this key, if it is declared.
            #[must_use]
            #[inline]
            pub const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($key => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// What is declared of the API.
            #[must_use]
            pub const fn api(self) -> Api {
                match self {
                    $(Self::$name => {
                        // The same versions in both directions, or no answer could be read.
                        const {
                            let (request, response) = (<$request>::VERSIONS, <$response>::VERSIONS);
                            assert!(*request.start() == *response.start() && *request.end() == *response.end());
                        }
                        Api {
                            key: Self::$name,
                            name: stringify!($name),
                            versions: <$request>::VERSIONS,
                            first_flexible: <$request>::FIRST_FLEXIBLE,
                        }
                    })*
                }
            }
        }

        /// A request of any declared API.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "what is hot stands inline, so that decoding it allocates nothing")]
        pub enum Request {
            $($(#[doc = $doc])* $name($request),)*
        }

        impl Request {
            /// Reads a request's body; the header has been read before. Bytes after the body are ignored.
            ///
            /// # Errors
            /// Where the bytes are not this request in this version, or the version is not declared.
            #[inline]
            pub fn decode(key: ApiKey, version: i16, decoder: &mut Decoder) -> Result<Self, DecodeError> {
                Ok(match key {
                    $(ApiKey::$name => Self::$name(Message::decode(decoder, version)?),)*
                })
            }

            /// Writes the body.
            #[inline]
            pub fn encode(&self, version: i16, encoder: &mut Encoder) {
                match self {
                    $(Self::$name(message) => Message::encode(message, encoder, version),)*
                }
            }

            /// Exactly how many bytes [`Self::encode`] writes.
            #[must_use]
            #[inline]
            pub fn size(&self, version: i16) -> usize {
                match self {
                    $(Self::$name(message) => Message::size(message, version),)*
                }
            }

            /// The API that it asks for.
            #[must_use]
            #[inline]
            pub const fn api_key(&self) -> ApiKey {
                match self {
                    $(Self::$name(_) => ApiKey::$name,)*
                }
            }
        }

        /// A response of any declared API.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "what is hot stands inline, so that making it allocates nothing")]
        pub enum Response {
            $($(#[doc = $doc])* $name($response),)*
        }

        impl Response {
            /// Reads a response's body; the header has been read before. Bytes after the body are ignored.
            ///
            /// # Errors
            /// Where the bytes are not this response in this version, or the version is not declared.
            #[inline]
            pub fn decode(key: ApiKey, version: i16, decoder: &mut Decoder) -> Result<Self, DecodeError> {
                Ok(match key {
                    $(ApiKey::$name => Self::$name(Message::decode(decoder, version)?),)*
                })
            }

            /// Writes the body, chunks included.
            #[inline]
            pub fn encode(&self, version: i16, encoder: &mut Encoder) {
                match self {
                    $(Self::$name(message) => Message::encode(message, encoder, version),)*
                }
            }

            /// Exactly how many bytes [`Self::encode`] writes, chunks included.
            #[must_use]
            #[inline]
            pub fn size(&self, version: i16) -> usize {
                match self {
                    $(Self::$name(message) => Message::size(message, version),)*
                }
            }

            /// The API that it answers.
            #[must_use]
            #[inline]
            pub const fn api_key(&self) -> ApiKey {
                match self {
                    $(Self::$name(_) => ApiKey::$name,)*
                }
            }
        }

        $(
            impl From<$request> for Request {
                #[inline]
                fn from(message: $request) -> Self {
                    Self::$name(message)
                }
            }

            impl From<$response> for Response {
                #[inline]
                fn from(message: $response) -> Self {
                    Self::$name(message)
                }
            }
        )*
    };
}

apis! {
    /// Appends batches to partitions.
    0 Produce(ProduceRequest, ProduceResponse)
    /// Reads batches from partitions, and waits for them.
    1 Fetch(FetchRequest, FetchResponse)
    /// Finds offsets by time, and the ends of partitions.
    2 ListOffsets(ListOffsetsRequest, ListOffsetsResponse)
    /// Describes brokers, topics and partitions; makes topics where that is automatic.
    3 Metadata(Box<MetadataRequest>, Box<MetadataResponse>)
    /// Stores a group's offsets.
    8 OffsetCommit(Box<OffsetCommitRequest>, Box<OffsetCommitResponse>)
    /// Reads stored offsets.
    9 OffsetFetch(Box<OffsetFetchRequest>, Box<OffsetFetchResponse>)
    /// Finds the coordinator of a group or transactional id.
    10 FindCoordinator(Box<FindCoordinatorRequest>, Box<FindCoordinatorResponse>)
    /// Joins a classic group.
    11 JoinGroup(Box<JoinGroupRequest>, Box<JoinGroupResponse>)
    /// Says that a classic group's member is alive.
    12 Heartbeat(Box<HeartbeatRequest>, Box<HeartbeatResponse>)
    /// Takes members out of a classic group.
    13 LeaveGroup(Box<LeaveGroupRequest>, Box<LeaveGroupResponse>)
    /// Hands out a classic group's assignments.
    14 SyncGroup(Box<SyncGroupRequest>, Box<SyncGroupResponse>)
    /// Describes classic groups.
    15 DescribeGroups(Box<DescribeGroupsRequest>, Box<DescribeGroupsResponse>)
    /// Lists groups.
    16 ListGroups(Box<ListGroupsRequest>, Box<ListGroupsResponse>)
    /// Chooses a SASL mechanism.
    17 SaslHandshake(Box<SaslHandshakeRequest>, Box<SaslHandshakeResponse>)
    /// Says which APIs, versions and features there are.
    18 ApiVersions(Box<ApiVersionsRequest>, Box<ApiVersionsResponse>)
    /// Makes topics.
    19 CreateTopics(Box<CreateTopicsRequest>, Box<CreateTopicsResponse>)
    /// Removes topics.
    20 DeleteTopics(Box<DeleteTopicsRequest>, Box<DeleteTopicsResponse>)
    /// Removes records before an offset.
    21 DeleteRecords(Box<DeleteRecordsRequest>, Box<DeleteRecordsResponse>)
    /// Gives a producer its id and epoch.
    22 InitProducerId(Box<InitProducerIdRequest>, Box<InitProducerIdResponse>)
    /// Says where leader epochs ended.
    23 OffsetForLeaderEpoch(Box<OffsetForLeaderEpochRequest>, Box<OffsetForLeaderEpochResponse>)
    /// Adds partitions to transactions.
    24 AddPartitionsToTxn(Box<AddPartitionsToTxnRequest>, Box<AddPartitionsToTxnResponse>)
    /// Adds a group's offsets to a transaction.
    25 AddOffsetsToTxn(Box<AddOffsetsToTxnRequest>, Box<AddOffsetsToTxnResponse>)
    /// Ends a transaction.
    26 EndTxn(Box<EndTxnRequest>, Box<EndTxnResponse>)
    /// Stores a group's offsets in a transaction.
    28 TxnOffsetCommit(Box<TxnOffsetCommitRequest>, Box<TxnOffsetCommitResponse>)
    /// Describes configurations.
    32 DescribeConfigs(Box<DescribeConfigsRequest>, Box<DescribeConfigsResponse>)
    /// Replaces configurations.
    33 AlterConfigs(Box<AlterConfigsRequest>, Box<AlterConfigsResponse>)
    /// Moves partitions to other log directories.
    34 AlterReplicaLogDirs(Box<AlterReplicaLogDirsRequest>, Box<AlterReplicaLogDirsResponse>)
    /// Describes log directories.
    35 DescribeLogDirs(Box<DescribeLogDirsRequest>, Box<DescribeLogDirsResponse>)
    /// Takes a step of a SASL exchange.
    36 SaslAuthenticate(Box<SaslAuthenticateRequest>, Box<SaslAuthenticateResponse>)
    /// Gives topics more partitions.
    37 CreatePartitions(Box<CreatePartitionsRequest>, Box<CreatePartitionsResponse>)
    /// Removes groups.
    42 DeleteGroups(Box<DeleteGroupsRequest>, Box<DeleteGroupsResponse>)
    /// Elects leaders.
    43 ElectLeaders(Box<ElectLeadersRequest>, Box<ElectLeadersResponse>)
    /// Changes configurations.
    44 IncrementalAlterConfigs(Box<IncrementalAlterConfigsRequest>, Box<IncrementalAlterConfigsResponse>)
    /// Moves partitions to other brokers.
    45 AlterPartitionReassignments(Box<AlterPartitionReassignmentsRequest>, Box<AlterPartitionReassignmentsResponse>)
    /// Lists the partitions that are being moved.
    46 ListPartitionReassignments(Box<ListPartitionReassignmentsRequest>, Box<ListPartitionReassignmentsResponse>)
    /// Removes stored offsets.
    47 OffsetDelete(Box<OffsetDeleteRequest>, Box<OffsetDeleteResponse>)
    /// Describes the quorum of the metadata log.
    55 DescribeQuorum(Box<DescribeQuorumRequest>, Box<DescribeQuorumResponse>)
    /// Describes brokers or controllers.
    60 DescribeCluster(Box<DescribeClusterRequest>, Box<DescribeClusterResponse>)
    /// Describes the producers of partitions.
    61 DescribeProducers(Box<DescribeProducersRequest>, Box<DescribeProducersResponse>)
    /// Lists resources that have a configuration.
    74 ListConfigResources(Box<ListConfigResourcesRequest>, Box<ListConfigResourcesResponse>)
    /// Describes topics and partitions in pages.
    75 DescribeTopicPartitions(Box<DescribeTopicPartitionsRequest>, Box<DescribeTopicPartitionsResponse>)
}

/// What is declared of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its key.
    pub key: ApiKey,
    /// Kafka's name of it.
    pub name: &'static str,
    /// The versions that the codec knows.
    pub versions: RangeInclusive<i16>,
    /// The first flexible version (KIP-482), if there is one.
    pub first_flexible: Option<i16>,
}

impl ApiKey {
    /// The number on the wire.
    #[must_use]
    #[inline]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Kafka's name of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.api().name
    }

    /// The versions that the codec knows.
    #[must_use]
    #[inline]
    pub const fn versions(self) -> RangeInclusive<i16> {
        self.api().versions
    }

    /// Whether the codec knows this version.
    #[must_use]
    #[inline]
    pub fn has_version(self, version: i16) -> bool {
        self.versions().contains(&version)
    }

    /// Whether a version is flexible: compact lengths and tagged fields, in the header too.
    #[must_use]
    #[inline]
    pub fn is_flexible(self, version: i16) -> bool {
        self.api().first_flexible.is_some_and(|first| version >= first)
    }

    /// The version of the request's header: 2 where the request is flexible, else 1. (0, without a client id, is
    /// ControlledShutdown 0 only, which no client sends.)
    #[must_use]
    #[inline]
    pub fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// The version of the response's header: 1 where the response is flexible, else 0. ApiVersions has 0 always, for
    /// its client does not know yet what the broker can (KIP-511).
    #[must_use]
    #[inline]
    pub fn response_header_version(self, version: i16) -> i16 {
        i16::from(self != Self::ApiVersions && self.is_flexible(version))
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
