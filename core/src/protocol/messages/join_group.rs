//! JoinGroup (key 11): a member joins a group of the classic protocol, or a rebalance of it.

use alloc::vec::Vec;

use bytes::Bytes;
use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Joins a group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-9", flexible = "6+")]
pub struct JoinGroupRequest {
    /// The group.
    pub group_id: KString,
    /// After how long without a heartbeat the member is taken out, in milliseconds.
    pub session_timeout_ms: i32,
    /// How long a rebalance waits for the member, in milliseconds; -1 for the session timeout.
    #[field(versions = "1+", default = -1)]
    pub rebalance_timeout_ms: i32,
    /// The member; empty for a new one.
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "5+", nullable = "5+")]
    pub group_instance_id: Option<KString>,
    /// The kind of group, `consumer` for consumers.
    pub protocol_type: KString,
    /// The protocols that the member can follow.
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Why, in words, or null.
    #[field(versions = "8+", nullable = "8+")]
    pub reason: Option<KString>,
}

/// A protocol that the member can follow, the one that it likes best first.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct JoinGroupRequestProtocol {
    /// The protocol's name.
    pub name: KString,
    /// What the member says under this protocol; the broker does not look at it.
    pub metadata: Bytes,
}

/// The generation that the member has joined.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-9", flexible = "6+")]
pub struct JoinGroupResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "2+")]
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The group's generation; -1 for none.
    #[field(default = -1)]
    pub generation_id: i32,
    /// The kind of group, `consumer` for consumers.
    #[field(versions = "7+", nullable = "7+")]
    pub protocol_type: Option<KString>,
    /// The protocol that was chosen, or null.
    #[field(nullable = "7+", default = Some(KString::EMPTY))]
    pub protocol_name: Option<KString>,
    /// The member that makes the assignments.
    pub leader: KString,
    /// Whether the leader need not make them.
    #[field(versions = "9+")]
    pub skip_assignment: bool,
    /// The member.
    pub member_id: KString,
    /// Every member, for the leader; nobody, for the others.
    pub members: Vec<JoinGroupResponseMember>,
}

/// A member, as the leader is told of it.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct JoinGroupResponseMember {
    /// The member.
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "5+", nullable = "5+")]
    pub group_instance_id: Option<KString>,
    /// What the member says under the chosen protocol.
    pub metadata: Bytes,
}
