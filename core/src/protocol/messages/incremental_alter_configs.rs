//! IncrementalAlterConfigs (key 44): changes single configurations.

use alloc::vec::Vec;

use logboat_derive::Message;

pub use super::alter_configs::AlterConfigsResourceResponse;
use crate::protocol::string::KString;

/// Changes single configurations.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "1+")]
pub struct IncrementalAlterConfigsRequest {
    /// The resources.
    pub resources: Vec<AlterConfigsResource>,
    /// Whether only to check, and to change nothing.
    pub validate_only: bool,
}

/// A resource and the changes to it.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource {
    /// What kind of resource: 2 a topic, 4 a broker, 8 a broker's loggers, 16 client metrics, 32
    /// a group.
    pub resource_type: i8,
    /// The resource's name; a broker's is its id, or empty for all brokers.
    pub resource_name: KString,
    /// The configurations.
    pub configs: Vec<AlterableConfig>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig {
    /// The configuration's name.
    pub name: KString,
    /// What is done: 0 set, 1 delete, 2 append to a list, 3 take from a list.
    pub config_operation: i8,
    /// The new value, or null.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub value: Option<KString>,
}

/// What became of each resource.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "1+")]
pub struct IncrementalAlterConfigsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The resources.
    pub responses: Vec<AlterConfigsResourceResponse>,
}
