//! DeleteGroups (key 42): removes groups without members, with their offsets.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Removes groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct DeleteGroupsRequest {
    /// The groups' ids.
    pub groups_names: Vec<KString>,
}

/// What became of each group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct DeleteGroupsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The results.
    pub results: Vec<DeletableGroupResult>,
}

/// What became of one group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableGroupResult {
    /// The group.
    pub group_id: KString,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
