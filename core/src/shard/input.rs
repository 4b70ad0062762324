//! What enters a shard, and what leaves it.
//!
//! These types are the whole contract between [`Shard`](super::Shard) and its host. They must never name a socket, a
//! file path or a clock.

use alloc::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::chunk::ObjectId;
use crate::image::{Image, PartitionId};
use crate::protocol::error_code::ErrorCode;
use crate::protocol::{KString, Request, Response};
use crate::record::ValidBatch;

/// A client connection, numbered by the host; numbers are never reused while the process lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A shard, numbered from 0. Shard 0 holds the metadata.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct ShardId(pub u16);

/// One part of one request: what a reply is addressed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId {
    /// The connection that the request came by.
    pub connection: ConnectionId,
    /// The request's number on its connection, from 0.
    pub sequence: u64,
}

/// A storage operation; numbers are never reused, and a completion that nobody waits for is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// What a shard must know of the client that asks.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// The version that the client chose for this request.
    pub version: i16,
    /// The client's id, as sent; empty where it sent null.
    pub client_id: KString,
    /// The client's address as text, `/127.0.0.1` as Kafka shows it.
    pub client_host: KString,
}

/// One partition's checked batch, on its way to the log.
#[derive(Debug)]
pub struct ProduceEntry {
    /// Which topic and partition of the answer this belongs to.
    pub position: (u32, u32),
    /// The partition, from the connection's image.
    pub partition: PartitionId,
    /// The batch; none where the connection has refused it and only wants to know where the log starts.
    pub batch: Option<ValidBatch>,
}

/// What a shard did with one [`ProduceEntry`].
#[derive(Clone, Debug)]
pub struct ProduceOutcome {
    /// As in the entry.
    pub position: (u32, u32),
    /// `NONE` where the batch was appended, or had been appended before.
    pub error: ErrorCode,
    /// Offset of the first record, −1 on an error.
    pub base_offset: i64,
    /// The time of appending in ms where the topic stamps with it, else −1.
    pub log_append_time: i64,
    /// The partition's first offset, −1 where Kafka says so.
    pub log_start_offset: i64,
    /// A text for people, where there is one.
    pub message: Option<&'static str>,
}

/// The part of a request that one shard answers.
#[derive(Debug)]
pub enum Operation {
    /// Append these batches.
    Produce {
        /// −1 or 1 or 0; the connection has refused all others.
        acks: i16,
        /// The transactional id of the request, where it names one.
        transactional_id: Option<KString>,
        /// The batches, checked.
        entries: SmallVec<[ProduceEntry; 1]>,
    },
    /// A request as it came, restricted to what belongs to this shard.
    Request(Request),
}

/// A shard's answer to an [`Operation`].
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a box would be an allocation for every answer")]
pub enum Reply {
    /// To [`Operation::Produce`], one outcome an entry.
    Produce(SmallVec<[ProduceOutcome; 1]>),
    /// To [`Operation::Request`].
    Response(Response),
    /// The connection is to be closed instead, as Kafka closes it.
    Close,
}

/// Why a storage operation failed. The text is for people and logs only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The medium is full: produce is refused, nothing else changes.
    Full,
    /// The object is not there.
    Missing,
    /// Anything else: the journal stops.
    Failed(alloc::string::String),
}

/// What a finished storage operation brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// An append, put, flush, drop or root change is done, as durable as it was asked to be.
    Done,
    /// The bytes read: fewer than asked for only where the object ends.
    Bytes(Bytes),
}

/// What happened, in the host's order.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a box would be an allocation for every request")]
pub enum Input {
    /// A client asks.
    Request {
        /// Where the reply goes.
        id: RequestId,
        /// Who asks.
        context: RequestContext,
        /// What is asked.
        operation: Operation,
    },
    /// A connection is gone: nothing is waited for on its behalf any more.
    Disconnected(ConnectionId),
    /// A storage operation ended.
    Storage {
        /// The operation, as in the effect.
        operation: OperationId,
        /// How it ended.
        result: Result<Stored, StoreError>,
    },
    /// The time of [`Shard::poll_timeout`](super::Shard::poll_timeout) has come, or the host has nothing else to say.
    Tick,
    /// Stop in order: flush, write a snapshot, then [`Effect::Stopped`].
    Shutdown,
}

/// The pieces of one slot: header and index, then batches, then padding.
pub type SlotChunks = SmallVec<[Bytes; 4]>;

/// What the store is to do. Effects on one object happen in the order of issue; nothing else is ordered.
#[derive(Debug)]
pub enum StorageEffect {
    /// Write `chunks` one after another into journal file `object` (made by [`Self::Prepare`]) from byte `at` on.
    /// Ends when written, with `flush` when durable (`fdatasync`; a new file's directory entry included).
    Append {
        /// To be named when it ends.
        operation: OperationId,
        /// The journal file.
        object: ObjectId,
        /// First byte of the slot in the file.
        at: u64,
        /// The bytes.
        chunks: SlotChunks,
        /// Whether it must be durable to be done.
        flush: bool,
        /// How many connections wait for it: a hint for the host, which may flush inline for one.
        waiting: u32,
    },
    /// Make everything written to `object` so far durable.
    Flush {
        /// To be named when it ends.
        operation: OperationId,
        /// The journal file.
        object: ObjectId,
    },
    /// A journal file of `bytes` bytes will be needed soon under this name: make it and own its space. Slots go into it
    /// only after this ended well; [`StoreError::Full`] is an ordinary answer here and is asked again later.
    Prepare {
        /// To be named when it ends.
        operation: OperationId,
        /// The coming journal file.
        object: ObjectId,
        /// Its size.
        bytes: u64,
    },
    /// Read `len` bytes; fewer where the object ends.
    Read {
        /// To be named when it ends.
        operation: OperationId,
        /// The object.
        object: ObjectId,
        /// First byte.
        at: u64,
        /// Length in bytes.
        len: u32,
    },
    /// Store an immutable object under a new name; done when durable.
    Put {
        /// To be named when it ends.
        operation: OperationId,
        /// Its name.
        object: ObjectId,
        /// Its bytes.
        chunks: SlotChunks,
    },
    /// Forget an object. Ranges of it that are being sent stay readable. Not answered.
    Drop {
        /// The object.
        object: ObjectId,
    },
    /// Replace the root, atomically and durably.
    ReplaceRoot {
        /// To be named when it ends.
        operation: OperationId,
        /// Its new bytes.
        bytes: Bytes,
    },
}

/// What the host is to do. Effects on one object and on one connection happen in the order of issue.
#[derive(Debug)]
pub enum Effect {
    /// For the store.
    Storage(StorageEffect),
    /// Answer a request. Everything that the answer depends on is durable.
    Reply {
        /// The request.
        id: RequestId,
        /// The answer.
        reply: Reply,
    },
    /// Metadata or configuration changed: every connection uses this from now on.
    Image(Arc<Image>),
    /// Something that a person should read.
    Notice(crate::notice::Notice),
    /// Recovery is over; clients may come.
    Ready,
    /// The store is not opened, for this reason; nothing was written and nothing follows.
    Refused(alloc::string::String),
    /// The answer to [`Input::Shutdown`]: everything is durable, nothing follows.
    Stopped,
}
