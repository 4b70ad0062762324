//! FindCoordinator (key 10): which broker coordinates a group, a transactional id or a share
//! partition.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks who coordinates.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "3+")]
pub struct FindCoordinatorRequest {
    /// The group, the transactional id, or the share partition.
    #[field(versions = "0-3")]
    pub key: KString,
    /// What the key is: 0 a group, 1 a transactional id, 2 a share partition.
    #[field(versions = "1+")]
    pub key_type: i8,
    /// The keys.
    #[field(versions = "4+")]
    pub coordinator_keys: Vec<KString>,
}

/// Who coordinates.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "3+")]
pub struct FindCoordinatorResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    #[field(versions = "0-3")]
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "1-3", nullable = "1-3")]
    pub error_message: Option<KString>,
    /// The coordinator's id; -1 with an error.
    #[field(versions = "0-3")]
    pub node_id: i32,
    /// The host by which clients reach it.
    #[field(versions = "0-3")]
    pub host: KString,
    /// The port by which clients reach it.
    #[field(versions = "0-3")]
    pub port: i32,
    /// The coordinators, one for each key.
    #[field(versions = "4+")]
    pub coordinators: Vec<Coordinator>,
}

/// Who coordinates one key.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Coordinator {
    /// The group, the transactional id, or the share partition.
    #[field(versions = "4+")]
    pub key: KString,
    /// The coordinator's id; -1 with an error.
    #[field(versions = "4+")]
    pub node_id: i32,
    /// The host by which clients reach it.
    #[field(versions = "4+")]
    pub host: KString,
    /// The port by which clients reach it.
    #[field(versions = "4+")]
    pub port: i32,
    /// The error, or `NONE`.
    #[field(versions = "4+")]
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "4+", nullable = "4+")]
    pub error_message: Option<KString>,
}
