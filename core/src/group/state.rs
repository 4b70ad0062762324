//! Hard state of all groups: the fold of the records of `__consumer_offsets`.
//!
//! [`Groups::replay`] is called in running and in recovery alike and is the only way to change it. It must never fail.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound;

use serde::{Deserialize, Serialize};

use super::records::{GroupMetadataValue, GroupRecord, OffsetCommitValue};
use crate::protocol::KString;

/// What a group costs beside its members and offsets, declared bytes.
const GROUP_COST: usize = 160;
/// What an offset costs beside its text, declared bytes.
const OFFSET_COST: usize = 120;
/// What a member costs beside its text, declared bytes.
pub(crate) const MEMBER_COST: usize = 400;

/// An offset that a group committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedOffset {
    /// Topic name.
    pub topic: KString,
    /// Partition index.
    pub partition: i32,
    /// What was committed.
    pub value: OffsetCommitValue,
}

impl CommittedOffset {
    /// The record that takes it away from `group`.
    #[must_use]
    pub fn tombstone(&self, group: &KString) -> GroupRecord {
        let (group, topic) = (group.clone(), self.topic.clone());
        GroupRecord::Offset { group, topic, partition: self.partition, value: None }
    }
}

/// What is stored of one group.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Group {
    /// The last generation that was completed; none for a group that only commits offsets.
    pub metadata: Option<Box<GroupMetadataValue>>,
    /// Sorted by topic and partition. A vector, because most groups have a handful and there are many groups.
    pub offsets: Vec<CommittedOffset>,
    /// The last slot that changed it: answers that show it wait for that.
    #[serde(skip)]
    pub changed_in: u64,
}

impl Group {
    fn place(&self, topic: &KString, partition: i32) -> Result<usize, usize> {
        self.offsets.binary_search_by(|known| {
            known.topic.cmp(topic).then_with(|| known.partition.cmp(&partition))
        })
    }

    /// The offset committed for a partition.
    #[must_use]
    pub fn committed(&self, topic: &KString, partition: i32) -> Option<&CommittedOffset> {
        self.offsets.get(self.place(topic, partition).ok()?)
    }

    /// Its offsets of one topic.
    pub fn offsets_of(&self, topic: &KString) -> impl Iterator<Item = &CommittedOffset> {
        let first = self.offsets.partition_point(|known| known.topic < *topic);
        self.offsets.iter().skip(first).take_while(move |known| known.topic == *topic)
    }

    fn bytes(&self) -> usize {
        let offsets = self.offsets.iter().map(|offset| OFFSET_COST + offset.value.metadata.len());
        let members = self
            .metadata
            .iter()
            .flat_map(|metadata| &metadata.members)
            .map(|member| MEMBER_COST + member.subscription.len() + member.assignment.len());
        GROUP_COST + offsets.sum::<usize>() + members.sum::<usize>()
    }
}

/// All groups by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Groups {
    groups: BTreeMap<KString, Group>,
    /// Declared bytes; derived.
    #[serde(skip)]
    bytes: usize,
}

impl Groups {
    /// Restores what is derived after the groups were read from a snapshot.
    pub fn derive_rest(&mut self) {
        self.bytes = self.groups.values().map(Group::bytes).sum();
    }

    /// One group.
    #[must_use]
    pub fn get(&self, name: &KString) -> Option<&Group> {
        self.groups.get(name)
    }

    /// All groups, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&KString, &Group)> {
        self.groups.iter()
    }

    /// Groups from a name on.
    pub fn range(&self, from: Bound<KString>) -> impl Iterator<Item = (&KString, &Group)> {
        self.groups.range((from, Bound::Unbounded))
    }

    /// The records that take the offsets of a topic away from every group.
    pub fn tombstones(&self, topic: &KString) -> impl Iterator<Item = GroupRecord> {
        self.groups.iter().flat_map(move |(name, group)| {
            group.offsets_of(topic).map(|offset| offset.tombstone(name))
        })
    }

    /// Declared bytes of all groups.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes one record; `sequence` is its slot, and `name` shares the bytes of a topic's name where that is known.
    ///
    /// A group is there from its first record to its own tombstone, as in Kafka: without offsets it is an empty group.
    pub fn replay(
        &mut self,
        record: GroupRecord,
        sequence: u64,
        name: impl FnOnce(&KString) -> Option<KString>,
    ) {
        let Self { groups, bytes } = self;
        match record {
            GroupRecord::Offset { group, topic, partition, value: Some(mut value) } => {
                value.metadata = value.metadata.detached();
                let group = entry(groups, bytes, group);
                group.changed_in = sequence;
                let cost = value.metadata.len();
                let before = match group.place(&topic, partition) {
                    Ok(at) => group.offsets.get_mut(at).map_or(0, |known| {
                        core::mem::replace(&mut known.value, value).metadata.len()
                    }),
                    Err(at) => {
                        let topic = name(&topic).unwrap_or_else(|| topic.detached());
                        if group.offsets.len() < 4 {
                            // Most groups stay at a handful of partitions: no spare room.
                            group.offsets.reserve_exact(1);
                        }
                        group.offsets.insert(at, CommittedOffset { topic, partition, value });
                        *bytes += OFFSET_COST;
                        0
                    }
                };
                *bytes = (*bytes + cost).saturating_sub(before);
            }
            GroupRecord::Offset { group, topic, partition, value: None } => {
                let Some(group) = groups.get_mut(&group) else { return };
                group.changed_in = sequence;
                if let Ok(at) = group.place(&topic, partition) {
                    let gone = group.offsets.remove(at);
                    *bytes = bytes.saturating_sub(OFFSET_COST + gone.value.metadata.len());
                }
            }
            GroupRecord::Group { group, value: Some(value) } => {
                let group = entry(groups, bytes, group);
                group.changed_in = sequence;
                let before = group.bytes();
                group.metadata = Some(Box::new(value));
                *bytes = (*bytes + group.bytes()).saturating_sub(before);
            }
            GroupRecord::Group { group, value: None } => {
                if let Some(gone) = groups.remove(&group) {
                    *bytes = bytes.saturating_sub(gone.bytes());
                }
            }
        }
    }
}

/// The group of that name, made where there is none.
fn entry<'a>(
    groups: &'a mut BTreeMap<KString, Group>,
    bytes: &mut usize,
    name: KString,
) -> &'a mut Group {
    // The name may share a larger buffer: only a new group keeps a copy of it.
    let name = if groups.contains_key(&name) {
        name
    } else {
        *bytes += GROUP_COST;
        name.detached()
    };
    groups.entry(name).or_default()
}

#[cfg(test)]
mod tests;
