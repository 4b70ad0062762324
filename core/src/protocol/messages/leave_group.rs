//! LeaveGroup (key 13): members leave a classic group.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Takes members out of a group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "4+")]
pub struct LeaveGroupRequest {
    /// The group.
    pub group_id: KString,
    /// The member that leaves.
    #[field(versions = "0-2")]
    pub member_id: KString,
    /// The members.
    #[field(versions = "3+")]
    pub members: Vec<MemberIdentity>,
}

/// A member that leaves.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberIdentity {
    /// The member.
    #[field(versions = "3+")]
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "3+", nullable = "3+")]
    pub group_instance_id: Option<KString>,
    /// Why, in words, or null.
    #[field(versions = "5+", nullable = "5+")]
    pub reason: Option<KString>,
}

/// What became of each member.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "4+")]
pub struct LeaveGroupResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The members.
    #[field(versions = "3+")]
    pub members: Vec<MemberResponse>,
}

/// What became of one member.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberResponse {
    /// The member.
    #[field(versions = "3+")]
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "3+", nullable = "3+", default = Some(KString::EMPTY))]
    pub group_instance_id: Option<KString>,
    /// The error, or `NONE`.
    #[field(versions = "3+")]
    pub error_code: ErrorCode,
}
