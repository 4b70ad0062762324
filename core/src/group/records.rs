//! The records of `__consumer_offsets` in Kafka's own schema, so that Kafka's tools and monitors read them.
//!
//! Written in the versions that every release since 2.1 reads (offsets 3, or 1 where a client set a retention of its
//! own; groups 3); read in all. What is not understood is passed over: a later release may have written it. Schemas:
//! OffsetCommitKey, OffsetCommitValue, GroupMetadataKey, GroupMetadataValue.

use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};
use logboat_derive::Message;
use serde::{Deserialize, Serialize};

use crate::protocol::wire::Message as _;
use crate::protocol::{Decoder, Encoder, KString};

/// The version in which keys of offsets are written; 0 has the same form.
const OFFSET_KEY: i16 = 1;
/// The version of keys of groups.
const GROUP_KEY: i16 = 2;
/// The version in which values are written.
const VALUE: i16 = 3;
/// The version of an offset that has its own time to go.
const EXPIRING_VALUE: i16 = 1;

/// Which offset a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[message(versions = "0-1")]
struct OffsetCommitKey {
    /// The group.
    group: KString,
    /// The topic's name.
    topic: KString,
    /// The partition's index.
    partition: i32,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct OffsetCommitValue {
    /// The next offset to read.
    pub offset: i64,
    /// Leader epoch of the last record read, −1 where unknown.
    #[field(versions = "3+", default = -1)]
    pub leader_epoch: i32,
    /// The client's own note.
    pub metadata: KString,
    /// When it was committed, in Unix ms.
    pub commit_timestamp: i64,
    /// When it may go, in Unix ms; −1 where the broker's rule holds.
    #[field(versions = "1", default = -1)]
    pub expire_timestamp: i64,
}

/// Which group a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[message(versions = "2")]
struct GroupMetadataKey {
    /// The group.
    group: KString,
}

/// A generation of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Message)]
#[message(versions = "0-4", flexible = "4+")]
pub struct GroupMetadataValue {
    /// The kind of group, `consumer` for consumers; empty for none.
    pub protocol_type: KString,
    /// The generation.
    pub generation: i32,
    /// The protocol that was chosen; none without members.
    #[field(nullable = "0+")]
    pub protocol: Option<KString>,
    /// The member that made the assignments; none without members.
    #[field(nullable = "0+")]
    pub leader: Option<KString>,
    /// When the group came into its state, in Unix ms; −1 where unknown.
    #[field(versions = "2+", default = -1)]
    pub current_state_timestamp: i64,
    /// Who belongs to it.
    pub members: Vec<MemberMetadata>,
}

/// A member of a generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Message)]
pub struct MemberMetadata {
    /// The member.
    pub member_id: KString,
    /// The static member's name (KIP-345).
    #[field(versions = "3+", nullable = "3+")]
    pub group_instance_id: Option<KString>,
    /// What its client calls itself.
    pub client_id: KString,
    /// The address from which it comes.
    pub client_host: KString,
    /// How long a rebalance waits for it, in ms; −1 where unknown.
    #[field(versions = "1+", default = -1)]
    pub rebalance_timeout: i32,
    /// After how long without a sign it is taken out, in ms.
    pub session_timeout: i32,
    /// What it said under the chosen protocol.
    pub subscription: Bytes,
    /// What it was given.
    pub assignment: Bytes,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRecord {
    /// An offset was committed, or is gone.
    Offset {
        /// The group.
        group: KString,
        /// The topic's name.
        topic: KString,
        /// The partition's index.
        partition: i32,
        /// None for a tombstone.
        value: Option<OffsetCommitValue>,
    },
    /// A generation was completed, or the group is gone.
    Group {
        /// The group.
        group: KString,
        /// None for a tombstone.
        value: Option<GroupMetadataValue>,
    },
}

impl GroupRecord {
    /// The group that it is about.
    #[must_use]
    pub const fn group(&self) -> &KString {
        match self {
            Self::Offset { group, .. } | Self::Group { group, .. } => group,
        }
    }

    /// A key and a value, as they are stored.
    #[must_use]
    pub fn encode(&self) -> (Bytes, Option<Bytes>) {
        match self {
            Self::Offset { group, topic, partition, value } => {
                let (group, topic) = (group.clone(), topic.clone());
                let key = OffsetCommitKey { group, topic, partition: *partition };
                let value = value.as_ref().map(|value| {
                    let own = value.expire_timestamp >= 0;
                    versioned(value, if own { EXPIRING_VALUE } else { VALUE })
                });
                (versioned(&key, OFFSET_KEY), value)
            }
            Self::Group { group, value } => {
                let key = GroupMetadataKey { group: group.clone() };
                (versioned(&key, GROUP_KEY), value.as_ref().map(|value| versioned(value, VALUE)))
            }
        }
    }

    /// Reads a record; none where the key or the value is not one that we know.
    #[must_use]
    pub fn decode(key: &[u8], value: Option<&[u8]>) -> Option<Self> {
        let (version, mut decoder) = opened(key)?;
        match version {
            0..=OFFSET_KEY => {
                let key = OffsetCommitKey::decode(&mut decoder, version).ok()?;
                let OffsetCommitKey { group, topic, partition } = key;
                let value = value.map(read).transpose().ok()?;
                Some(Self::Offset { group, topic, partition, value })
            }
            GROUP_KEY => {
                let GroupMetadataKey { group } =
                    GroupMetadataKey::decode(&mut decoder, version).ok()?;
                Some(Self::Group { group, value: value.map(read).transpose().ok()? })
            }
            _ => None,
        }
    }

    /// About how many bytes it takes in a batch.
    #[must_use]
    pub fn size(&self) -> usize {
        // A length, attributes, deltas, and the versions.
        let overhead = 24;
        overhead
            + match self {
                Self::Offset { group, topic, value, .. } => {
                    let value = value.as_ref().map_or(0, |value| value.size(VALUE));
                    group.len() + topic.len() + 8 + value
                }
                Self::Group { group, value } => {
                    group.len() + 2 + value.as_ref().map_or(0, |value| value.size(VALUE))
                }
            }
    }
}

/// The version, then the message.
fn versioned<M: crate::protocol::wire::Message>(message: &M, version: i16) -> Bytes {
    let mut encoder = Encoder::new(BytesMut::with_capacity(2 + message.size(version)));
    encoder.put_slice(&version.to_be_bytes());
    message.encode(&mut encoder, version);
    let (frame, _) = encoder.finish();
    let mut whole = BytesMut::new();
    for chunk in &frame {
        match chunk {
            crate::chunk::Chunk::Bytes(bytes) if frame.len() == 1 => return bytes.clone(),
            crate::chunk::Chunk::Bytes(bytes) => whole.extend_from_slice(bytes),
            // A record's fields are all in memory.
            crate::chunk::Chunk::Stored { .. } => {}
        }
    }
    whole.freeze()
}

fn opened(bytes: &[u8]) -> Option<(i16, Decoder)> {
    let (version, rest) = bytes.split_first_chunk::<2>()?;
    Some((i16::from_be_bytes(*version), Decoder::new(BytesMut::from(rest))))
}

/// A value that is not understood.
#[derive(Debug)]
struct Unknown;

fn read<M: crate::protocol::wire::Message>(bytes: &[u8]) -> Result<M, Unknown> {
    let (version, mut decoder) = opened(bytes).ok_or(Unknown)?;
    M::decode(&mut decoder, version).map_err(|_| Unknown)
}

/// The partition of `__consumer_offsets` that holds a group: Java's hash of its name (Kafka: `Utils.abs(hashCode) % n`).
#[must_use]
pub fn partition_for(group: &KString, partitions: usize) -> usize {
    let hash = alloc::string::ToString::to_string(group)
        .encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    let positive = if hash == i32::MIN { 0 } else { hash.unsigned_abs() as usize };
    positive % partitions.max(1)
}

#[cfg(test)]
mod tests;
