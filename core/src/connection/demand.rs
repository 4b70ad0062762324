//! What a connection asks of its host: to hand a request to a shard, or to close.
//!
//! Plain values; nothing here may decide anything.

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
    /// Close the connection after what [`Connection::poll_transmit`] still gives.
    Close(CloseReason),
}

/// Why a connection is closed by us.
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
    /// The shard said so.
    Refused,
}
