//! ListConfigResources (key 74): the resources that have a configuration of their own. Version 0
//! lists client metrics only.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks which resources there are.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "0+")]
pub struct ListConfigResourcesRequest {
    /// Only resources of these kinds; empty for any.
    #[field(versions = "1+")]
    pub resource_types: Vec<i8>,
}

/// The resources.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "0+")]
pub struct ListConfigResourcesResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The resources.
    pub config_resources: Vec<ConfigResource>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ConfigResource {
    /// The resource's name.
    pub resource_name: KString,
    /// What kind of resource: 2 a topic, 4 a broker, 8 a broker's loggers, 16 client metrics, 32
    /// a group.
    #[field(versions = "1+", default = 16)]
    pub resource_type: i8,
}
