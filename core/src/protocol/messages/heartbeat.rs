//! Heartbeat (key 12): a member of a classic group says that it is alive.

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Says that a member is alive.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct HeartbeatRequest {
    /// The group.
    pub group_id: KString,
    /// The group's generation; -1 for none.
    pub generation_id: i32,
    /// The member.
    pub member_id: KString,
    /// The static member's name (KIP-345), or null.
    #[field(versions = "3+", nullable = "3+")]
    pub group_instance_id: Option<KString>,
}

/// Whether the member is still in its generation.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct HeartbeatResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
}
