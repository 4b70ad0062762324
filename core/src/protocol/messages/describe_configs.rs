//! DescribeConfigs (key 32): the configuration of topics, brokers and other resources.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for configurations.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct DescribeConfigsRequest {
    /// The resources.
    pub resources: Vec<DescribeConfigsResource>,
    /// Whether to say everywhere that each could be set.
    #[field(versions = "1+")]
    pub include_synonyms: bool,
    /// Whether to say what each is for.
    #[field(versions = "3+")]
    pub include_documentation: bool,
}

/// A resource, and which of its configurations are asked for.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResource {
    /// What kind of resource: 2 a topic, 4 a broker, 8 a broker's loggers, 16 client metrics, 32
    /// a group.
    pub resource_type: i8,
    /// The resource's name; a broker's is its id, or empty for all brokers.
    pub resource_name: KString,
    /// The names of the configurations; null for all.
    #[field(nullable = "0+", default = Some(Vec::new()))]
    pub configuration_keys: Option<Vec<KString>>,
}

/// The configurations.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct DescribeConfigsResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The results.
    pub results: Vec<DescribeConfigsResult>,
}

/// One resource's configurations.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResult {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
    /// What kind of resource: 2 a topic, 4 a broker, 8 a broker's loggers, 16 client metrics, 32
    /// a group.
    pub resource_type: i8,
    /// The resource's name; a broker's is its id, or empty for all brokers.
    pub resource_name: KString,
    /// The configurations.
    pub configs: Vec<DescribeConfigsResourceResult>,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResourceResult {
    /// The configuration's name.
    pub name: KString,
    /// Its value, or null where it has none or is secret.
    #[field(nullable = "0+", default = Some(KString::EMPTY))]
    pub value: Option<KString>,
    /// Whether it cannot be changed.
    pub read_only: bool,
    /// Whether it has its default.
    #[field(versions = "0")]
    pub is_default: bool,
    /// Where the value comes from: 1 a topic, 2 a broker dynamically, 3 all brokers dynamically,
    /// 4 the broker's file, 5 the default, 6 a broker's loggers, 7 client metrics, 8 a group.
    #[field(versions = "1+", default = -1)]
    pub config_source: i8,
    /// Whether the value is secret.
    pub is_sensitive: bool,
    /// Everywhere that it could be set, the place in force first.
    #[field(versions = "1+")]
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// The value's type: 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class,
    /// 9 password; 0 unknown.
    #[field(versions = "3+")]
    pub config_type: i8,
    /// What it is for, or null.
    #[field(versions = "3+", nullable = "3+", default = Some(KString::EMPTY))]
    pub documentation: Option<KString>,
}

/// A place where the same configuration may be set; the first is the one in force.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsSynonym {
    /// The configuration's name there.
    #[field(versions = "1+")]
    pub name: KString,
    /// Its value there, or null.
    #[field(versions = "1+", nullable = "1+", default = Some(KString::EMPTY))]
    pub value: Option<KString>,
    /// The place, as `config_source` numbers it.
    #[field(versions = "1+")]
    pub source: i8,
}
