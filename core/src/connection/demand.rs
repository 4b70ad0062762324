//! What a connection asks of its host: to hand a request to a shard, or to close.
//!
//! Plain values; nothing here may decide anything.

use core::fmt;

use crate::shard::input::{Operation, RequestContext, RequestId, ShardId};

/// What a connection wants of its host.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a box would be an allocation for every request")]
pub enum Demand {
    /// Hand this to the shard, as [`Input::Request`](crate::shard::input::Input::Request).
    Request {
        /// To whom.
        shard: ShardId,
        /// Where the reply goes.
        id: RequestId,
        /// Who asks.
        context: RequestContext,
        /// What is asked.
        operation: Operation,
    },
    /// Close the connection after what [`Connection::poll_transmit`](super::Connection::poll_transmit) still gives;
    /// at once where the reason is [`CloseReason::Idle`].
    Close(CloseReason),
}

/// Why a connection is closed by us. Displayed, it goes behind "closed: ".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A frame's length is negative or above `socket.request.max.bytes`.
    FrameSize(i32),
    /// A header or body that cannot be read, or a null where none may be.
    Malformed,
    /// An API key that is not served, or a version of it that is not.
    Unsupported {
        /// The key.
        api_key: i16,
        /// The version.
        api_version: i16,
    },
    /// A Produce with acks=0 failed: closing is the only answer there is.
    ProduceFailed,
    /// A header did not arrive in time.
    TooSlow,
    /// Nothing came or went for `connections.max.idle.ms`.
    Idle,
    /// The shard said so.
    Refused,
}

impl CloseReason {
    /// Whether the client did what no client should: worth a line for whoever runs the broker.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Idle | Self::Refused)
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameSize(bytes) => {
                write!(f, "a frame of {bytes} bytes is not within socket.request.max.bytes")
            }
            Self::Malformed => f.write_str("a request could not be read"),
            Self::Unsupported { api_key, api_version } => {
                write!(f, "API key {api_key} is not served in version {api_version}")
            }
            Self::ProduceFailed => f.write_str("a Produce with acks=0 failed"),
            Self::TooSlow => f.write_str("a request's header did not arrive in time"),
            Self::Idle => f.write_str("nothing came or went for connections.max.idle.ms"),
            Self::Refused => f.write_str("the broker could not answer"),
        }
    }
}
