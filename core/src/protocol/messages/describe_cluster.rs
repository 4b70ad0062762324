//! DescribeCluster (key 60): the brokers or controllers, without topics.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks for the brokers or the controllers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "0+")]
pub struct DescribeClusterRequest {
    /// Whether to say what the client may do to the cluster.
    pub include_cluster_authorized_operations: bool,
    /// Whose addresses: 1 the brokers', 2 the controllers'.
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    /// Whether to name brokers that are registered but not up.
    #[field(versions = "2+")]
    pub include_fenced_brokers: bool,
}

/// The brokers or the controllers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "0+")]
pub struct DescribeClusterResponse {
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    pub throttle_time_ms: i32,
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
    /// Whose addresses: 1 the brokers', 2 the controllers'.
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    /// The cluster's id.
    pub cluster_id: KString,
    /// The broker that is the controller; -1 for none.
    #[field(default = -1)]
    pub controller_id: i32,
    /// The brokers.
    pub brokers: Vec<DescribeClusterBroker>,
    /// A bit for each operation that the client may do; the smallest number where that was not
    /// asked.
    #[field(default = i32::MIN)]
    pub cluster_authorized_operations: i32,
}

/// A broker or controller and its address.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeClusterBroker {
    /// The broker's or controller's id.
    pub broker_id: i32,
    /// The host by which clients reach it.
    pub host: KString,
    /// The port by which clients reach it.
    pub port: i32,
    /// The rack in which it stands, or null.
    #[field(nullable = "0+")]
    pub rack: Option<KString>,
    /// Whether the broker is registered but not up.
    #[field(versions = "2+")]
    pub is_fenced: bool,
}
