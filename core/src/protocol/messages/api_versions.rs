//! ApiVersions (key 18): which APIs, versions and features the broker has.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Asks what the broker can do; a client's first request.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "3+")]
pub struct ApiVersionsRequest {
    /// What the client is.
    #[field(versions = "3+")]
    pub client_software_name: KString,
    /// Its version.
    #[field(versions = "3+")]
    pub client_software_version: KString,
}

/// What the broker can do. Where the version asked is not known, it is written in version 0
/// (KIP-511).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-4", flexible = "3+")]
pub struct ApiVersionsResponse {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The APIs that are served.
    pub api_keys: Vec<ApiVersion>,
    /// For how long the client is held back by a quota, in milliseconds; 0 if it is not.
    #[field(versions = "1+")]
    pub throttle_time_ms: i32,
    /// The features that the broker supports.
    #[field(versions = "3+", tag = 0)]
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Grows with every change of the finalized features; -1 where that is not known.
    #[field(versions = "3+", tag = 1, default = -1)]
    pub finalized_features_epoch: i64,
    /// The features in use in the whole cluster.
    #[field(versions = "3+", tag = 2)]
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Whether the controllers are ready for a migration from ZooKeeper.
    #[field(versions = "3+", tag = 3)]
    pub zk_migration_ready: bool,
}

/// An API and the versions that are served.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ApiVersion {
    /// The API's key; any number, for a client may meet APIs that it does not know.
    pub api_key: i16,
    /// The first version.
    pub min_version: i16,
    /// The last version.
    pub max_version: i16,
}

/// A feature that the broker supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SupportedFeatureKey {
    /// The feature's name.
    #[field(versions = "3+")]
    pub name: KString,
    /// The first version.
    #[field(versions = "3+")]
    pub min_version: i16,
    /// The last version.
    #[field(versions = "3+")]
    pub max_version: i16,
}

/// A feature as the cluster has agreed to use it.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FinalizedFeatureKey {
    /// The feature's name.
    #[field(versions = "3+")]
    pub name: KString,
    /// The highest level in use.
    #[field(versions = "3+")]
    pub max_version_level: i16,
    /// The lowest level in use.
    #[field(versions = "3+")]
    pub min_version_level: i16,
}
