//! DescribeGroups (key 15): classic groups and their members.

use alloc::vec::Vec;

use bytes::Bytes;
use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "5+")]
pub struct DescribeGroupsRequest {
    /// The groups' ids.
    pub groups: Vec<KString>,
    /// Whether to say what the client may do to each group.
    #[field(versions = "3+")]
    pub include_authorized_operations: bool,
}

/// The groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "5+")]
pub struct DescribeGroupsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The groups.
    pub groups: Vec<DescribedGroup>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroup {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "6+", nullable = "6+")]
    pub error_message: Option<KString>,
    /// The group.
    pub group_id: KString,
    /// The group's state, by name.
    pub group_state: KString,
    /// The kind of group, `consumer` for consumers.
    pub protocol_type: KString,
    /// The protocol that is followed; empty for none.
    pub protocol_data: KString,
    /// The members.
    pub members: Vec<DescribedGroupMember>,
    /// A bit for each operation that the client may do; the smallest number where that was not
    /// asked.
    #[field(versions = "3+", default = i32::MIN)]
    pub authorized_operations: i32,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroupMember {
    /// The member.
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "4+", nullable = "4+")]
    pub group_instance_id: Option<KString>,
    /// What the member's client calls itself.
    pub client_id: KString,
    /// The address from which the member comes.
    pub client_host: KString,
    /// What the member says under the protocol.
    pub member_metadata: Bytes,
    /// The member's assignment.
    pub member_assignment: Bytes,
}
