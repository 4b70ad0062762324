//! One member of a group of the classic protocol.
//!
//! What it said stays bytes: only the group's own protocol of subscriptions is ever looked into, elsewhere.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use bytes::Bytes;

use super::records::MemberMetadata;
use super::state::MEMBER_COST;
use crate::protocol::KString;
use crate::protocol::messages::join_group::{JoinGroupRequestProtocol, JoinGroupResponseMember};
use crate::shard::input::RequestId;
use crate::time::Instant;

/// When a member that is not heard of is taken out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Session {
    /// The time.
    pub deadline: Instant,
    /// The time for which a timer is set: not later. A heartbeat moves only the deadline.
    pub armed: Option<Instant>,
}

/// A member.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its id, made by us.
    pub id: KString,
    /// The static member's name.
    pub instance: Option<KString>,
    /// What its client calls itself.
    pub client_id: KString,
    /// The address from which it comes, `/127.0.0.1`.
    pub client_host: KString,
    /// How long a rebalance waits for it, ms; 0 and −1 are taken as they are.
    pub rebalance_timeout_ms: i32,
    /// After how long without a sign it is taken out, ms.
    pub session_timeout_ms: i32,
    /// The protocols that it can follow, the one that it likes best first, each name once.
    pub protocols: Vec<(KString, Bytes)>,
    /// What it was given.
    pub assignment: Bytes,
    /// The JoinGroup that waits for its answer.
    pub awaiting_join: Option<RequestId>,
    /// The SyncGroup that waits for its answer.
    pub awaiting_sync: Option<RequestId>,
    /// Whether it has never been told of a generation.
    pub is_new: bool,
    /// When it is taken out.
    pub session: Session,
}

/// The protocols as they are kept: in memory of their own, each name once.
#[must_use]
pub(crate) fn kept(protocols: &[JoinGroupRequestProtocol]) -> Vec<(KString, Bytes)> {
    let mut seen = BTreeSet::new();
    protocols
        .iter()
        .filter(|protocol| seen.insert(&protocol.name))
        .map(|one| (one.name.detached(), Bytes::copy_from_slice(&one.metadata)))
        .collect()
}

impl Member {
    /// A member as it was stored under the group's protocol.
    pub(crate) fn stored(member: &MemberMetadata, protocol: &KString) -> Self {
        Self {
            id: member.member_id.clone(),
            instance: member.group_instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout_ms: match member.rebalance_timeout {
                -1 => member.session_timeout,
                timeout => timeout,
            },
            session_timeout_ms: member.session_timeout,
            protocols: [(protocol.clone(), member.subscription.clone())].into(),
            assignment: member.assignment.clone(),
            awaiting_join: None,
            awaiting_sync: None,
            is_new: false,
            session: Session::default(),
        }
    }

    /// As it is stored under `protocol`.
    pub(crate) fn to_stored(&self, protocol: Option<&KString>) -> MemberMetadata {
        MemberMetadata {
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            rebalance_timeout: self.rebalance_timeout_ms,
            session_timeout: self.session_timeout_ms,
            subscription: self.metadata(protocol),
            assignment: self.assignment.clone(),
        }
    }

    /// As the leader is told of it.
    pub(crate) fn to_told(&self, protocol: Option<&KString>) -> JoinGroupResponseMember {
        JoinGroupResponseMember {
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            metadata: self.metadata(protocol),
        }
    }

    /// What it said under a protocol; nothing where it cannot follow it.
    pub(crate) fn metadata(&self, protocol: Option<&KString>) -> Bytes {
        let said = self.protocols.iter().find(|(name, _)| Some(name) == protocol);
        said.map(|(_, metadata)| metadata.clone()).unwrap_or_default()
    }

    /// Whether it says the same as before, in the same order.
    pub(crate) fn matches(&self, protocols: &[JoinGroupRequestProtocol]) -> bool {
        self.protocols.len() == protocols.len()
            && self
                .protocols
                .iter()
                .zip(protocols)
                .all(|((name, metadata), other)| *name == other.name && *metadata == other.metadata)
    }

    /// Whether it is not expected to say that it is alive: its request waits for us. A new member, which nobody may
    /// wait for any more, is not excused (Kafka: `hasSatisfiedHeartbeat`).
    pub(crate) const fn is_excused(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }

    /// Declared bytes.
    pub(crate) fn bytes(&self) -> usize {
        let said = self.protocols.iter().map(|(name, metadata)| name.len() + metadata.len() + 64);
        let texts = 2 * self.id.len() + self.client_id.len() + self.client_host.len();
        MEMBER_COST + texts + said.sum::<usize>() + self.assignment.len()
    }
}
