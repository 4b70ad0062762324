//! The immutable picture of topics and configuration that connections route and validate by.
//!
//! A shard makes a new image when metadata changes and hands it out; nobody ever changes one.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::{BrokerConfig, TopicConfig};
use crate::protocol::{KString, Uuid};
use crate::shard::input::ShardId;

/// A partition of one shard; numbers are never reused, so one of a deleted topic finds nothing.
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
pub struct PartitionId(pub u32);

/// One partition as metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionImage {
    /// The shard that holds it.
    pub shard: ShardId,
    /// Its number there.
    pub id: PartitionId,
}

/// One topic as metadata shows it.
#[derive(Clone, Debug)]
pub struct TopicImage {
    /// Its name.
    pub name: KString,
    /// Its id, made once.
    pub id: Uuid,
    /// Whether it is one of the broker's own.
    pub internal: bool,
    /// The leader epoch of all its partitions: 0 at first, one more at every start of the broker.
    pub leader_epoch: i32,
    /// By partition index.
    pub partitions: Vec<PartitionImage>,
    /// Its effective configuration.
    pub config: Arc<TopicConfig>,
}

/// Topics and configuration at one moment.
#[derive(Clone, Debug)]
pub struct Image {
    /// The cluster's id, made once.
    pub cluster_id: KString,
    /// This broker's node id.
    pub node_id: i32,
    /// How many shards there are.
    pub shards: u16,
    /// Effective broker configuration.
    pub broker: Arc<BrokerConfig>,
    /// Topics by name.
    pub topics: BTreeMap<KString, Arc<TopicImage>>,
    /// Names by topic id.
    pub topic_ids: BTreeMap<Uuid, KString>,
}

impl Image {
    /// The topic of that name.
    #[must_use]
    pub fn topic(&self, name: &[u8]) -> Option<&Arc<TopicImage>> {
        self.topics.get(name)
    }

    /// The topic of that id.
    #[must_use]
    pub fn topic_by_id(&self, id: &Uuid) -> Option<&Arc<TopicImage>> {
        self.topics.get(self.topic_ids.get(id)?.as_bytes())
    }
}
