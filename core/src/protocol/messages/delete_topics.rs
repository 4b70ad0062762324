//! DeleteTopics (key 20): removes topics with all their records.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;
use crate::protocol::uuid::Uuid;

/// Removes topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "4+")]
pub struct DeleteTopicsRequest {
    /// The topics, by name or by id.
    #[field(versions = "6+")]
    pub topics: Vec<DeleteTopicState>,
    /// The topics' names.
    #[field(versions = "0-5")]
    pub topic_names: Vec<KString>,
    /// How long the broker may take, in milliseconds.
    pub timeout_ms: i32,
}

/// A topic to be removed, by name or by id.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteTopicState {
    /// The topic's name, or null where it is named by its id.
    #[field(versions = "6+", nullable = "6+")]
    pub name: Option<KString>,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "6+")]
    pub topic_id: Uuid,
}

/// What became of each topic.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-6", flexible = "4+")]
pub struct DeleteTopicsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The topics.
    pub responses: Vec<DeletableTopicResult>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableTopicResult {
    /// The topic's name; null where the id that was given is not known.
    #[field(nullable = "6+", default = Some(KString::EMPTY))]
    pub name: Option<KString>,
    /// The topic's id; zero where it is named instead.
    #[field(versions = "6+")]
    pub topic_id: Uuid,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(versions = "5+", nullable = "5+")]
    pub error_message: Option<KString>,
}
