//! SyncGroup (key 14): the leader hands in the assignments, every member gets its own.

use alloc::vec::Vec;

use bytes::Bytes;
use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Hands in assignments and asks for the member's own.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "4+")]
pub struct SyncGroupRequest {
    /// The group.
    pub group_id: KString,
    /// The group's generation; -1 for none.
    pub generation_id: i32,
    /// The member.
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "3+", nullable = "3+")]
    pub group_instance_id: Option<KString>,
    /// The kind of group, `consumer` for consumers.
    #[field(versions = "5+", nullable = "5+")]
    pub protocol_type: Option<KString>,
    /// The protocol that was chosen, or null.
    #[field(versions = "5+", nullable = "5+")]
    pub protocol_name: Option<KString>,
    /// The assignments, from the leader; none, from the others.
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

/// One member's assignment.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SyncGroupRequestAssignment {
    /// The member.
    pub member_id: KString,
    /// The assignment; the broker does not look at it.
    pub assignment: Bytes,
}

/// The member's assignment.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "4+")]
pub struct SyncGroupResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The kind of group, `consumer` for consumers.
    #[field(versions = "5+", nullable = "5+")]
    pub protocol_type: Option<KString>,
    /// The protocol that was chosen, or null.
    #[field(versions = "5+", nullable = "5+")]
    pub protocol_name: Option<KString>,
    /// The assignment; the broker does not look at it.
    pub assignment: Bytes,
}
