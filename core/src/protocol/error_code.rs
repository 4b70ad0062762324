//! Kafka's error codes, under Kafka's names.
//!
//! The set is that of Kafka 4.3.1. A code that is not among them is kept as it is.

use core::fmt;

/// An error code as it stands in an answer.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct ErrorCode(pub i16);

macro_rules! error_codes {
    ($($code:literal $name:ident $doc:literal)*) => {
        impl ErrorCode {
            $(#[doc = $doc] pub const $name: Self = Self($code);)*

            /// Kafka's name of the code; none where Kafka 4.3.1 has no such code.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// Every code with a name, in Kafka's order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

impl ErrorCode {
    /// The number on the wire.
    #[must_use]
    #[inline]
    pub const fn code(self) -> i16 {
        self.0
    }

    /// The code with this number.
    #[must_use]
    #[inline]
    pub const fn from_code(code: i16) -> Self {
        Self(code)
    }

    /// Whether this is an error at all.
    #[must_use]
    #[inline]
    pub const fn is_error(self) -> bool {
        self.0 != 0
    }
}

/// Name and number: `NOT_LEADER_OR_FOLLOWER (6)`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name().unwrap_or("unknown"), self.0)
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

error_codes! {
-1 UNKNOWN_SERVER_ERROR "The broker failed in a way that no other code describes."
0 NONE "No error."
1 OFFSET_OUT_OF_RANGE "The offset lies before the log's start or past its end."
2 CORRUPT_MESSAGE "A batch's checksum, size or magic is wrong."
3 UNKNOWN_TOPIC_OR_PARTITION "No such topic or partition here."
4 INVALID_FETCH_SIZE "A fetch asks for an impossible size."
5 LEADER_NOT_AVAILABLE "The partition has no leader at the moment, as while it is being created."
6 NOT_LEADER_OR_FOLLOWER "Another broker leads the partition."
7 REQUEST_TIMED_OUT "The request was not done within the time that it gave."
8 BROKER_NOT_AVAILABLE "The broker that is needed is not up."
9 REPLICA_NOT_AVAILABLE "The replica is not up."
10 MESSAGE_TOO_LARGE "A batch is larger than `max.message.bytes`."
11 STALE_CONTROLLER_EPOCH "The controller that speaks has been replaced."
12 OFFSET_METADATA_TOO_LARGE "The text committed with an offset is longer than `offset.metadata.max.bytes`."
13 NETWORK_EXCEPTION "The connection was lost before the answer; clients use this among themselves."
14 COORDINATOR_LOAD_IN_PROGRESS "The coordinator is still loading."
15 COORDINATOR_NOT_AVAILABLE "There is no coordinator at the moment."
16 NOT_COORDINATOR "Another broker coordinates this group or transactional id."
17 INVALID_TOPIC_EXCEPTION "The topic's name is illegal, or the topic is internal."
18 RECORD_LIST_TOO_LARGE "A batch is larger than a segment."
19 NOT_ENOUGH_REPLICAS "Fewer replicas are in sync than `min.insync.replicas`; nothing was appended."
20 NOT_ENOUGH_REPLICAS_AFTER_APPEND "As 19, but the records had already been appended."
21 INVALID_REQUIRED_ACKS "`acks` is none of -1, 0, 1."
22 ILLEGAL_GENERATION "The member speaks of another generation of its group."
23 INCONSISTENT_GROUP_PROTOCOL "The member has no protocol in common with its group."
24 INVALID_GROUP_ID "The group id is empty or otherwise unusable."
25 UNKNOWN_MEMBER_ID "The group has no such member."
26 INVALID_SESSION_TIMEOUT "The session timeout lies outside `group.min.session.timeout.ms` and `group.max.session.timeout.ms`."
27 REBALANCE_IN_PROGRESS "The group is rebalancing; the member has to join again."
28 INVALID_COMMIT_OFFSET_SIZE "Committed offsets do not fit one batch of the offsets topic."
29 TOPIC_AUTHORIZATION_FAILED "The client may not do this to the topic."
30 GROUP_AUTHORIZATION_FAILED "The client may not do this to the group."
31 CLUSTER_AUTHORIZATION_FAILED "The client may not do this to the cluster."
32 INVALID_TIMESTAMP "A record's timestamp is not acceptable."
33 UNSUPPORTED_SASL_MECHANISM "This SASL mechanism is not enabled."
34 ILLEGAL_SASL_STATE "A SASL request out of its turn."
35 UNSUPPORTED_VERSION "The version is not supported."
36 TOPIC_ALREADY_EXISTS "There is a topic of this name."
37 INVALID_PARTITIONS "The number of partitions is not possible."
38 INVALID_REPLICATION_FACTOR "The replication factor is below 1 or above the number of brokers."
39 INVALID_REPLICA_ASSIGNMENT "The replicas named for a partition are not possible."
40 INVALID_CONFIG "A configuration's name or value is not valid."
41 NOT_CONTROLLER "Another broker is the controller."
42 INVALID_REQUEST "The request contradicts itself or its version."
43 UNSUPPORTED_FOR_MESSAGE_FORMAT "The format in which the records are stored cannot do this."
44 POLICY_VIOLATION "A policy of the cluster forbids it."
45 OUT_OF_ORDER_SEQUENCE_NUMBER "A producer's batch does not follow its last one."
46 DUPLICATE_SEQUENCE_NUMBER "A producer's batch has been appended before."
47 INVALID_PRODUCER_EPOCH "The producer's epoch is older than the one known here."
48 INVALID_TXN_STATE "The transaction is in a state that does not allow this."
49 INVALID_PRODUCER_ID_MAPPING "The producer id is not the transactional id's current one."
50 INVALID_TRANSACTION_TIMEOUT "The transaction timeout is above `transaction.max.timeout.ms` or not positive."
51 CONCURRENT_TRANSACTIONS "The previous transaction is not finished yet."
52 TRANSACTION_COORDINATOR_FENCED "The coordinator that writes markers has been replaced."
53 TRANSACTIONAL_ID_AUTHORIZATION_FAILED "The client may not use the transactional id."
54 SECURITY_DISABLED "Security features are off."
55 OPERATION_NOT_ATTEMPTED "Not tried, because another part of the request failed."
56 KAFKA_STORAGE_ERROR "The storage behind the log failed."
57 LOG_DIR_NOT_FOUND "No such log directory."
58 SASL_AUTHENTICATION_FAILED "The credentials are wrong."
59 UNKNOWN_PRODUCER_ID "Nothing is known of the producer any more."
60 REASSIGNMENT_IN_PROGRESS "The partition is being moved already."
61 DELEGATION_TOKEN_AUTH_DISABLED "Delegation tokens are off."
62 DELEGATION_TOKEN_NOT_FOUND "No such delegation token."
63 DELEGATION_TOKEN_OWNER_MISMATCH "The delegation token is another principal's."
64 DELEGATION_TOKEN_REQUEST_NOT_ALLOWED "Not over this channel, or not with a token."
65 DELEGATION_TOKEN_AUTHORIZATION_FAILED "The client may not do this to the delegation token."
66 DELEGATION_TOKEN_EXPIRED "The delegation token has expired."
67 INVALID_PRINCIPAL_TYPE "This kind of principal is not supported."
68 NON_EMPTY_GROUP "The group still has members."
69 GROUP_ID_NOT_FOUND "No such group."
70 FETCH_SESSION_ID_NOT_FOUND "No such fetch session."
71 INVALID_FETCH_SESSION_EPOCH "The fetch session is at another epoch."
72 LISTENER_NOT_FOUND "The leader has no listener of the name by which the client came."
73 TOPIC_DELETION_DISABLED "`delete.topic.enable` is false."
74 FENCED_LEADER_EPOCH "The client knows an older leader epoch than the broker."
75 UNKNOWN_LEADER_EPOCH "The client knows a newer leader epoch than the broker."
76 UNSUPPORTED_COMPRESSION_TYPE "The version of the request does not know this compression."
77 STALE_BROKER_EPOCH "The broker has registered anew since."
78 OFFSET_NOT_AVAILABLE "The leader does not know its high watermark yet."
79 MEMBER_ID_REQUIRED "The member has to join again with the id given in this answer."
80 PREFERRED_LEADER_NOT_AVAILABLE "The preferred leader is not up or not in sync."
81 GROUP_MAX_SIZE_REACHED "The group has `group.max.size` members."
82 FENCED_INSTANCE_ID "Another member has taken this group instance id."
83 ELIGIBLE_LEADERS_NOT_AVAILABLE "No replica may become leader."
84 ELECTION_NOT_NEEDED "The partition has the leader that it should have."
85 NO_REASSIGNMENT_IN_PROGRESS "The partition is not being moved."
86 GROUP_SUBSCRIBED_TO_TOPIC "The group's members still consume the topic."
87 INVALID_RECORD "A record or batch breaks a rule of the broker or the topic."
88 UNSTABLE_OFFSET_COMMIT "An open transaction may still change the committed offset."
89 THROTTLING_QUOTA_EXCEEDED "A quota does not allow so many changes at once."
90 PRODUCER_FENCED "A newer producer has taken the transactional id."
91 RESOURCE_NOT_FOUND "What the request names does not exist."
92 DUPLICATE_RESOURCE "The request names something twice."
93 UNACCEPTABLE_CREDENTIAL "The credential breaks a rule."
94 INCONSISTENT_VOTER_SET "Sender and receiver know different voters of the quorum."
95 INVALID_UPDATE_VERSION "A feature cannot be set to this level."
96 FEATURE_UPDATE_FAILED "Features could not be updated."
97 PRINCIPAL_DESERIALIZATION_FAILURE "A forwarded request's principal cannot be read."
98 SNAPSHOT_NOT_FOUND "No such metadata snapshot."
99 POSITION_OUT_OF_RANGE "The position lies outside the metadata snapshot."
100 UNKNOWN_TOPIC_ID "No topic has this id."
101 DUPLICATE_BROKER_REGISTRATION "A broker of this id is registered already."
102 BROKER_ID_NOT_REGISTERED "No broker of this id is registered."
103 INCONSISTENT_TOPIC_ID "The topic's id is not the one that the log has."
104 INCONSISTENT_CLUSTER_ID "The cluster has another id."
105 TRANSACTIONAL_ID_NOT_FOUND "No such transactional id."
106 FETCH_SESSION_TOPIC_ID_ERROR "A fetch session mixes requests with and without topic ids."
107 INELIGIBLE_REPLICA "The replica may not join those in sync."
108 NEW_LEADER_ELECTED "The change of the partition elected a new leader."
109 OFFSET_MOVED_TO_TIERED_STORAGE "The offset is no longer in local storage."
110 FENCED_MEMBER_EPOCH "The member's epoch is not its current one; it has to give up its partitions and join again."
111 UNRELEASED_INSTANCE_ID "Another member still holds the group instance id."
112 UNSUPPORTED_ASSIGNOR "The group's brokers know none of these assignors."
113 STALE_MEMBER_EPOCH "The member's epoch is older than the group's; it has to retry after its next heartbeat."
114 MISMATCHED_ENDPOINT_TYPE "The request was sent to a controller instead of a broker, or the other way round."
115 UNSUPPORTED_ENDPOINT_TYPE "This kind of endpoint is not known."
116 UNKNOWN_CONTROLLER_ID "No controller of this id."
117 UNKNOWN_SUBSCRIPTION_ID "The telemetry subscription is not the current one."
118 TELEMETRY_TOO_LARGE "The telemetry is larger than is accepted."
119 INVALID_REGISTRATION "A controller refuses a registration."
120 TRANSACTION_ABORTABLE "The transaction cannot be committed; the client may abort it and go on."
121 INVALID_RECORD_STATE "A share group's record is not in a state that allows this."
122 SHARE_SESSION_NOT_FOUND "No such share session."
123 INVALID_SHARE_SESSION_EPOCH "The share session is at another epoch."
124 FENCED_STATE_EPOCH "The share group's state has a newer epoch."
125 INVALID_VOTER_KEY "The voter's key is not the receiver's."
126 DUPLICATE_VOTER "The quorum has this voter already."
127 VOTER_NOT_FOUND "The quorum has no such voter."
128 INVALID_REGULAR_EXPRESSION "The regular expression does not compile."
129 REBOOTSTRAP_REQUIRED "The client has to start again from its bootstrap servers."
130 STREAMS_INVALID_TOPOLOGY "The streams topology is not valid."
131 STREAMS_INVALID_TOPOLOGY_EPOCH "The streams topology's epoch is not valid."
132 STREAMS_TOPOLOGY_FENCED "A newer streams topology is in use."
133 SHARE_SESSION_LIMIT_REACHED "There are as many share sessions as are allowed."
}

#[cfg(test)]
mod tests;
