//! ListGroups (key 16): the groups that the broker coordinates.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks which groups there are.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct ListGroupsRequest {
    /// Only groups in these states; empty for any.
    #[field(versions = "4+")]
    pub states_filter: Vec<KString>,
    /// Only groups of these types; empty for any.
    #[field(versions = "5+")]
    pub types_filter: Vec<KString>,
}

/// The groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-5", flexible = "3+")]
pub struct ListGroupsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The groups.
    pub groups: Vec<ListedGroup>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListedGroup {
    /// The group.
    pub group_id: KString,
    /// The kind of group, `consumer` for consumers.
    pub protocol_type: KString,
    /// The group's state, by name.
    #[field(versions = "4+")]
    pub group_state: KString,
    /// The group's type, by name: `classic`, `consumer` and so on.
    #[field(versions = "5+")]
    pub group_type: KString,
}
