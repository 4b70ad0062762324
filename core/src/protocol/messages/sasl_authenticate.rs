//! SaslAuthenticate (key 36): one step of a SASL exchange.

use bytes::Bytes;
use logboat_derive::Message;

use crate::protocol::error_code::ErrorCode;
use crate::protocol::string::KString;

/// What the client says in its step.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct SaslAuthenticateRequest {
    /// The mechanism's own bytes.
    pub auth_bytes: Bytes,
}

/// What the broker says to it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-2", flexible = "2+")]
pub struct SaslAuthenticateResponse {
    /// The error, or `NONE`.
    pub error_code: ErrorCode,
    /// What is wrong, in words, or null.
    #[field(nullable = "0+")]
    pub error_message: Option<KString>,
    /// The mechanism's own bytes.
    pub auth_bytes: Bytes,
    /// After how long the client has to authenticate anew, in milliseconds; 0 for never.
    #[field(versions = "1+")]
    pub session_lifetime_ms: i64,
}
