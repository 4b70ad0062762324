//! SaslHandshake (key 17): chooses a SASL mechanism.

use alloc::vec::Vec;

use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// Chooses a mechanism.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1")]
pub struct SaslHandshakeRequest {
    /// The mechanism's name.
    pub mechanism: KString,
}

/// Whether it may be used.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1")]
pub struct SaslHandshakeResponse {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// The names of those that are enabled.
    pub mechanisms: Vec<KString>,
}
