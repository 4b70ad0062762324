//! The bytes of records: batches of format v2 as they are stored, and the older message formats on their way in and out.
//!
//! Everything here works on bytes in memory. It must never keep state of a partition (offsets, producers), never
//! allocate from a number that a client wrote, and never hand on a batch whose records have not been walked, unless
//! the topic's owner chose to trust its producers.

pub mod batch;
pub mod builder;
pub mod checksum;
pub mod compression;
pub mod error;
pub mod legacy;
pub mod lookup;
pub mod records;
pub mod source;
pub mod validate;
mod varint;

pub use batch::{BatchHeader, Batches, HEADER_LEN, TimestampType};
pub use builder::BatchBuilder;
pub use compression::{Codec, Scratch};
pub use error::{BatchError, RecordsError};
pub use records::{Header, Record, Records};
pub use validate::{CompressionTarget, ValidBatch, ValidationRules, validate};

/// The producer id of a batch without one (`RecordBatch.NO_PRODUCER_ID`).
pub const NO_PRODUCER_ID: i64 = -1;
/// The producer epoch of a batch without a producer (`RecordBatch.NO_PRODUCER_EPOCH`).
pub const NO_PRODUCER_EPOCH: i16 = -1;
/// The base sequence of a batch without a producer (`RecordBatch.NO_SEQUENCE`).
pub const NO_SEQUENCE: i32 = -1;
/// The leader epoch of a batch that no leader has stamped (`RecordBatch.NO_PARTITION_LEADER_EPOCH`).
pub const NO_PARTITION_LEADER_EPOCH: i32 = -1;
/// The timestamp of a record that has none (`RecordBatch.NO_TIMESTAMP`).
pub const NO_TIMESTAMP: i64 = -1;
