//! The entries that are not batches of records: every other change of hard state.
//!
//! Encoded with postcard; variants are only ever added at the end, and fields never change, because old journals are
//! read for ever.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::chunk::ObjectId;
use crate::config::Overrides;
use crate::image::PartitionId;
use crate::partition::FileRange;
use crate::protocol::Uuid;

/// One change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A topic was made.
    TopicCreated {
        /// Its name.
        name: String,
        /// Its id.
        id: Uuid,
        /// Its partitions, by index.
        partitions: Vec<PartitionId>,
        /// The configuration it was given, by key.
        configs: Overrides,
    },
    /// A topic got further partitions.
    PartitionsAdded {
        /// Its name.
        name: String,
        /// The new ones, in order of index.
        partitions: Vec<PartitionId>,
    },
    /// A topic and its data are gone.
    TopicDeleted {
        /// Its name.
        name: String,
    },
    /// A topic's own configuration is this from now on.
    TopicConfigs {
        /// Its name.
        name: String,
        /// All that is set, by key.
        configs: Overrides,
    },
    /// The broker's dynamic configuration is this from now on.
    BrokerConfigs {
        /// For this broker where true, else the cluster's default.
        this_broker: bool,
        /// All that is set, by key.
        configs: Overrides,
    },
    /// Producer ids below this one may have been given out.
    ProducerIds {
        /// The first that was not.
        next: i64,
    },
    /// A partition begins at this offset now.
    LogStart {
        /// The partition.
        partition: PartitionId,
        /// Its first offset.
        offset: i64,
    },
    /// The partition's next batch opens a new segment.
    SegmentRolled {
        /// The partition.
        partition: PartitionId,
    },
    /// A partition forgot these idempotent producers.
    ProducersExpired {
        /// The partition.
        partition: PartitionId,
        /// Their ids.
        producers: Vec<i64>,
    },
    /// A journal file is complete and its index stands behind its last slot.
    FileSealed {
        /// The file.
        object: ObjectId,
        /// Where its index begins.
        index_at: u64,
        /// What it holds of each partition.
        ranges: Vec<(PartitionId, FileRange)>,
    },
    /// The broker started: the leader epoch of every partition rises.
    Started {
        /// How often the store was opened, this time included.
        epoch: u64,
    },
}
