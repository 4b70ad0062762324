//! Members of classic groups, and groups of them, for cases.
//!
//! A member keeps what it was told and sends it back; it never retries and never judges. What must be the same in
//! every case (how a group is brought together) is demanded here.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use logboat_core::protocol::messages::describe_groups::DescribedGroup;
use logboat_core::protocol::messages::join_group::JoinGroupRequestProtocol;
use logboat_core::protocol::messages::leave_group::MemberIdentity;
use logboat_core::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use logboat_core::protocol::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use logboat_core::protocol::messages::sync_group::SyncGroupRequestAssignment;
use logboat_core::protocol::messages::{
    DescribeGroupsRequest, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, LeaveGroupResponse, OffsetCommitRequest, OffsetFetchRequest,
    OffsetFetchResponse, SyncGroupRequest, SyncGroupResponse,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};

use crate::client::Client;
use crate::world::{Topic, World};

/// The versions in which a member speaks.
#[derive(Clone, Copy, Debug)]
pub struct Versions {
    /// Of JoinGroup.
    pub join: i16,
    /// Of SyncGroup.
    pub sync: i16,
    /// Of Heartbeat.
    pub heartbeat: i16,
    /// Of LeaveGroup.
    pub leave: i16,
    /// Of OffsetCommit, below those that name topics by id.
    pub commit: i16,
}

/// A request that is on its way.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Asked {
    version: i16,
    correlation: i32,
}

/// A member of a classic group, on a connection of its own.
#[derive(Debug)]
pub struct Member {
    /// Its connection.
    pub client: Client,
    /// The group.
    pub group: KString,
    /// The id that it was given; empty before.
    pub id: KString,
    /// A static member's name.
    pub instance: Option<KString>,
    /// The generation that it has joined; −1 before.
    pub generation: i32,
    /// Session timeout, ms.
    pub session_ms: i32,
    /// Rebalance timeout, ms.
    pub rebalance_ms: i32,
    /// The protocol type.
    pub kind: KString,
    /// Names and metadata of its protocols, the one it likes best first.
    pub protocols: Vec<(KString, Bytes)>,
    /// The versions in which it speaks.
    pub versions: Versions,
}

impl Member {
    /// A consumer that has not joined yet; it speaks the newest versions, and its protocol is `range`.
    #[must_use]
    pub fn new(w: &World, group: &KString) -> Self {
        Self {
            client: w.connect(),
            group: group.clone(),
            id: KString::EMPTY,
            instance: None,
            generation: -1,
            session_ms: 30_000,
            rebalance_ms: 60_000,
            kind: KString::from_static("consumer"),
            protocols: vec![("range".into(), subscription(&[]))],
            versions: Versions {
                join: w.newest(ApiKey::JoinGroup, 9),
                sync: w.newest(ApiKey::SyncGroup, 5),
                heartbeat: w.newest(ApiKey::Heartbeat, 4),
                leave: w.newest(ApiKey::LeaveGroup, 5),
                commit: w.newest(ApiKey::OffsetCommit, 9),
            },
        }
    }

    /// The same as a static member.
    #[must_use]
    pub fn named(w: &World, group: &KString, instance: &str) -> Self {
        Self { instance: Some(instance.into()), ..Self::new(w, group) }
    }

    /// A second one that has what this one was told, on a connection of its own.
    #[must_use]
    pub fn double(&self, w: &World) -> Self {
        Self {
            client: w.connect(),
            group: self.group.clone(),
            id: self.id.clone(),
            instance: self.instance.clone(),
            kind: self.kind.clone(),
            protocols: self.protocols.clone(),
            ..*self
        }
    }

    /// The JoinGroup that it sends now.
    #[must_use]
    pub fn join_request(&self) -> JoinGroupRequest {
        let protocols = self.protocols.iter().map(|(name, metadata)| JoinGroupRequestProtocol {
            name: name.clone(),
            metadata: metadata.clone(),
        });
        JoinGroupRequest {
            group_id: self.group.clone(),
            session_timeout_ms: self.session_ms,
            rebalance_timeout_ms: self.rebalance_ms,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            protocol_type: self.kind.clone(),
            protocols: protocols.collect(),
            reason: Some("a test".into()),
        }
    }

    /// Sends a JoinGroup.
    pub fn ask_join(&mut self) -> Asked {
        let version = self.versions.join;
        let request = self.join_request();
        Asked { version, correlation: self.client.send(Box::new(request), version) }
    }

    /// Gets an id first, where it has none and a new member needs one; then sends a JoinGroup.
    ///
    /// # Panics
    /// Where it is given none.
    pub fn begin_join(&mut self) -> Asked {
        if self.id.is_empty() && self.instance.is_none() && self.versions.join >= 4 {
            let answer = self.join_once();
            assert_eq!(answer.error_code, ErrorCode::MEMBER_ID_REQUIRED, "{answer:?}");
        }
        self.ask_join()
    }

    /// Waits for the answer to a JoinGroup, and keeps the id and the generation that it gives.
    pub fn end_join(&mut self, asked: Asked) -> Box<JoinGroupResponse> {
        let answer = self.client.answer::<Box<JoinGroupRequest>>(asked.version, asked.correlation);
        if [ErrorCode::NONE, ErrorCode::MEMBER_ID_REQUIRED].contains(&answer.error_code) {
            self.id = answer.member_id.clone();
        }
        if answer.error_code == ErrorCode::NONE {
            self.generation = answer.generation_id;
        }
        answer
    }

    /// One JoinGroup and its answer.
    pub fn join_once(&mut self) -> Box<JoinGroupResponse> {
        let asked = self.ask_join();
        self.end_join(asked)
    }

    /// Joins and demands success.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn join(&mut self) -> Box<JoinGroupResponse> {
        let asked = self.begin_join();
        let answer = self.end_join(asked);
        assert_eq!(answer.error_code, ErrorCode::NONE, "{answer:?}");
        answer
    }

    /// The SyncGroup that it sends now.
    #[must_use]
    pub fn sync_request(&self, assignments: &[(&KString, &str)]) -> SyncGroupRequest {
        let assignments = assignments.iter().map(|(member, text)| SyncGroupRequestAssignment {
            member_id: (*member).clone(),
            assignment: Bytes::copy_from_slice(text.as_bytes()),
        });
        SyncGroupRequest {
            group_id: self.group.clone(),
            generation_id: self.generation,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            protocol_type: Some(self.kind.clone()),
            protocol_name: self.protocols.first().map(|(name, _)| name.clone()),
            assignments: assignments.collect(),
        }
    }

    /// Sends a SyncGroup.
    pub fn begin_sync(&mut self, assignments: &[(&KString, &str)]) -> Asked {
        let version = self.versions.sync;
        let request = self.sync_request(assignments);
        Asked { version, correlation: self.client.send(Box::new(request), version) }
    }

    /// Waits for the answer to a SyncGroup.
    pub fn end_sync(&mut self, asked: Asked) -> Box<SyncGroupResponse> {
        self.client.answer::<Box<SyncGroupRequest>>(asked.version, asked.correlation)
    }

    /// A SyncGroup and its answer: error and assignment.
    pub fn sync(&mut self, assignments: &[(&KString, &str)]) -> (ErrorCode, Bytes) {
        let asked = self.begin_sync(assignments);
        let answer = self.end_sync(asked);
        (answer.error_code, answer.assignment)
    }

    /// A Heartbeat.
    pub fn heartbeat(&mut self) -> ErrorCode {
        let request = HeartbeatRequest {
            group_id: self.group.clone(),
            generation_id: self.generation,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
        };
        self.client.call(Box::new(request), self.versions.heartbeat).error_code
    }

    /// A LeaveGroup of this member alone.
    pub fn leave(&mut self) -> Box<LeaveGroupResponse> {
        let identity = MemberIdentity {
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            reason: Some("a test".into()),
        };
        let request = LeaveGroupRequest {
            group_id: self.group.clone(),
            member_id: self.id.clone(),
            members: vec![identity],
        };
        self.client.call(Box::new(request), self.versions.leave)
    }

    /// The OffsetCommit of this member for partition 0.
    #[must_use]
    pub fn commit_request(&self, topic: &Topic, offset: i64) -> OffsetCommitRequest {
        OffsetCommitRequest {
            group_id: self.group.clone(),
            generation_id_or_member_epoch: self.generation,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            ..commit_of(&self.group, topic, 0, offset)
        }
    }

    /// Commits an offset of partition 0; the partition's error.
    pub fn commit(&mut self, topic: &Topic, offset: i64) -> ErrorCode {
        let request = self.commit_request(topic, offset);
        let answer = self.client.call(Box::new(request), self.versions.commit);
        answer.topics[0].partitions[0].error_code
    }
}

/// An OffsetCommit of one partition by nobody in particular.
#[must_use]
pub fn commit_of(
    group: &KString,
    topic: &Topic,
    partition: i32,
    offset: i64,
) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        partition_index: partition,
        committed_offset: offset,
        ..Default::default()
    };
    let topic = OffsetCommitRequestTopic {
        name: topic.name.clone(),
        topic_id: topic.id,
        partitions: vec![partition],
    };
    OffsetCommitRequest { group_id: group.clone(), topics: vec![topic], ..Default::default() }
}

/// Commits without being a member; the partition's error.
pub fn commit(w: &mut World, group: &KString, topic: &Topic, offset: i64) -> ErrorCode {
    let version = w.newest(ApiKey::OffsetCommit, 9);
    let request = commit_of(group, topic, 0, offset);
    w.client().call(Box::new(request), version).topics[0].partitions[0].error_code
}

/// What OffsetFetch says of one partition, in any version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The topic's name; empty where topics go by id.
    pub name: KString,
    /// The topic's id; zero where topics go by name.
    pub id: Uuid,
    /// The partition.
    pub partition: i32,
    /// The offset; −1 for none.
    pub offset: i64,
    /// The leader epoch; −1 for none, and where the version has none.
    pub epoch: i32,
    /// The client's text.
    pub metadata: Option<KString>,
    /// The partition's error.
    pub code: ErrorCode,
}

/// An OffsetFetch of one group in any version, of these partitions or, with none, of all that have an offset.
#[must_use]
pub fn offset_fetch(group: &KString, asked: Option<&[(&Topic, &[i32])]>) -> OffsetFetchRequest {
    let old = asked.map(|topics| {
        let topics = topics.iter().map(|(topic, partitions)| OffsetFetchRequestTopic {
            name: topic.name.clone(),
            partition_indexes: partitions.to_vec(),
        });
        topics.collect()
    });
    let new = asked.map(|topics| {
        let topics = topics.iter().map(|(topic, partitions)| OffsetFetchRequestTopics {
            name: topic.name.clone(),
            topic_id: topic.id,
            partition_indexes: partitions.to_vec(),
        });
        topics.collect()
    });
    let one =
        OffsetFetchRequestGroup { group_id: group.clone(), topics: new, ..Default::default() };
    OffsetFetchRequest {
        group_id: group.clone(),
        topics: old,
        groups: vec![one],
        ..Default::default()
    }
}

/// What the first group of an answer to OffsetFetch has, in the order of the answer; and the group's error.
///
/// # Panics
/// Where the answer holds a group that it should not, or none.
#[must_use]
pub fn found_in(answer: &OffsetFetchResponse, version: i16) -> (ErrorCode, Vec<Found>) {
    if version < 8 {
        assert!(answer.groups.is_empty());
        let topics = answer.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|data| Found {
                name: topic.name.clone(),
                id: Uuid::ZERO,
                partition: data.partition_index,
                offset: data.committed_offset,
                epoch: data.committed_leader_epoch,
                metadata: data.metadata.clone(),
                code: data.error_code,
            })
        });
        return (answer.error_code, topics.collect());
    }
    let group = &answer.groups[0];
    let topics = group.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|data| Found {
            name: topic.name.clone(),
            id: topic.topic_id,
            partition: data.partition_index,
            offset: data.committed_offset,
            epoch: data.committed_leader_epoch,
            metadata: data.metadata.clone(),
            code: data.error_code,
        })
    });
    (group.error_code, topics.collect())
}

/// The offsets of a group in a version, of these partitions or, with none, of all that have one.
///
/// # Panics
/// Where the answer is an error.
pub fn offsets_in(
    w: &mut World,
    version: i16,
    group: &KString,
    asked: Option<&[(&Topic, &[i32])]>,
) -> Vec<Found> {
    let answer = w.client().call(Box::new(offset_fetch(group, asked)), version);
    let (code, found) = found_in(&answer, version);
    assert_eq!(code, ErrorCode::NONE, "v{version}");
    found
}

/// The offset that a group has of partition 0; −1 for none.
///
/// # Panics
/// Where the answer is an error.
pub fn committed(w: &mut World, group: &KString, topic: &Topic) -> i64 {
    let version = w.newest(ApiKey::OffsetFetch, 9);
    let found = offsets_in(w, version, group, Some(&[(topic, &[0])]));
    assert_eq!(found[0].code, ErrorCode::NONE);
    found[0].offset
}

/// A group as DescribeGroups shows it, before the version in which an unknown group is an error.
pub fn described(w: &mut World, group: &KString) -> DescribedGroup {
    let version = w.newest(ApiKey::DescribeGroups, 5);
    let request = DescribeGroupsRequest { groups: vec![group.clone()], ..Default::default() };
    w.client().call(Box::new(request), version).groups[0].clone()
}

/// Waits until a group is in a state and has so many members: what was sent on other connections has arrived then.
///
/// # Panics
/// Where that does not come to pass.
pub fn await_state(w: &mut World, group: &KString, state: &str, members: usize) {
    let mut seen = described(w, group);
    for _ in 0..400 {
        if seen.group_state == *state && seen.members.len() == members {
            return;
        }
        w.sleep(Duration::from_millis(5));
        seen = described(w, group);
    }
    panic!("not {state} with {members} members: {seen:?}");
}

/// Members of one generation of a new group that have all joined and not synced; the first one leads.
pub fn joined(w: &mut World, count: usize) -> Vec<Member> {
    let group = w.name("g");
    let mut members: Vec<_> = (0..count).map(|_| Member::new(w, &group)).collect();
    bring_together(w, &mut members);
    members
}

/// Brings members into one generation of their group, which has no others; the first one leads.
///
/// # Panics
/// Where one of them is refused.
pub fn bring_together(w: &mut World, members: &mut [Member]) {
    let (first, others) = members.split_first_mut().expect("a group has members");
    first.join();
    if others.is_empty() {
        return;
    }
    let asked: Vec<_> = others.iter_mut().map(Member::begin_join).collect();
    await_state(w, &first.group, "PreparingRebalance", others.len() + 1);
    let answer = first.join();
    assert_eq!(answer.leader, first.id, "{answer:?}");
    for (member, asked) in others.iter_mut().zip(asked) {
        let answer = member.end_join(asked);
        assert_eq!(answer.error_code, ErrorCode::NONE, "{answer:?}");
        assert_eq!(answer.generation_id, first.generation, "{answer:?}");
    }
}

/// The first of `members` hands out `for 0`, `for 1` and so on, and each gets its own.
///
/// # Panics
/// Where one of them does not.
pub fn settle(w: &mut World, members: &mut [Member]) {
    let texts: Vec<_> = (0..members.len()).map(|number| format!("for {number}")).collect();
    let ids: Vec<_> = members.iter().map(|member| member.id.clone()).collect();
    let all: Vec<_> = ids.iter().zip(&texts).map(|(id, text)| (id, text.as_str())).collect();
    let (first, others) = members.split_first_mut().expect("a group has members");
    let asked: Vec<_> = others.iter_mut().map(|member| member.begin_sync(&[])).collect();
    assert_eq!(first.sync(&all), (ErrorCode::NONE, Bytes::from("for 0")));
    for ((member, asked), text) in others.iter_mut().zip(asked).zip(&texts[1..]) {
        let answer = member.end_sync(asked);
        assert_eq!((answer.error_code, &answer.assignment[..]), (ErrorCode::NONE, text.as_bytes()));
    }
    await_state(w, &members[0].group.clone(), "Stable", members.len());
}

/// Members of a new group that is Stable; the first one leads.
pub fn stable(w: &mut World, count: usize) -> Vec<Member> {
    let mut members = joined(w, count);
    settle(w, &mut members);
    members
}

/// What a consumer says of itself: these topics, no data of its own (Kafka's ConsumerProtocolSubscription, version 0).
#[must_use]
pub fn subscription(topics: &[&KString]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(0);
    bytes.put_i32(i32::try_from(topics.len()).expect("few"));
    for topic in topics {
        bytes.put_i16(i16::try_from(topic.len()).expect("short"));
        bytes.put_slice(topic.as_bytes());
    }
    bytes.put_i32(-1);
    bytes.freeze()
}
