//! A member of a consumer group: joins, leads where it is told to, reads nothing, commits much.
//!
//! It behaves as consumers do, and sometimes as a zombie does: it commits once more after it was told to go.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use logboat_core::protocol::messages::join_group::JoinGroupRequestProtocol;
use logboat_core::protocol::messages::leave_group::MemberIdentity;
use logboat_core::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use logboat_core::protocol::messages::offset_fetch::OffsetFetchRequestTopic;
use logboat_core::protocol::messages::sync_group::SyncGroupRequestAssignment;
use logboat_core::protocol::messages::{
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, OffsetCommitRequest,
    OffsetFetchRequest, SyncGroupRequest, SyncGroupResponse,
};
use logboat_core::protocol::{ErrorCode, KString, Request, Response};

use super::{Client, Field, Next, Role, Wire};
use crate::simulator::groups::{Asker, Gp};
use crate::simulator::model::{Keeping, Model, Stage, Topic};
use crate::simulator::network::MS;
use crate::simulator::random::Stream;

/// Where a member stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// It has to join.
    Outside,
    /// It has joined; a leader knows the members.
    Joined(Option<Vec<KString>>),
    /// It has its partitions.
    Owner(Vec<i32>),
}

/// What it has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Join,
    Sync,
    Heartbeat,
    Leave,
    Commit { gp: Gp, value: i64, as_ghost: bool },
    Offset(Gp),
}

/// What a member once had: a process that hung for long and wakes up believes that it still has it.
#[derive(Clone, Debug, Default)]
struct Ghost {
    id: KString,
    generation: i32,
    partitions: Vec<i32>,
}

/// A member.
#[derive(Debug)]
pub struct Member {
    group: u16,
    topic: u16,
    partitions: i32,
    instance: Option<KString>,
    /// From 0, of JoinGroup; the other APIs are asked in versions of its time.
    version: i16,
    session_ms: i32,
    rebalance_ms: i32,
    id: KString,
    generation: i32,
    phase: Phase,
    asked: Option<(Asked, Asker)>,
    /// Partitions of which it commits no more than once after it lost them.
    zombie_of: Option<i32>,
    /// As it is, and as it was before.
    present: Ghost,
    past: Ghost,
    joins: u64,
    commits: u64,
}

/// The name of a group.
#[must_use]
pub fn group_name(group: u16) -> KString {
    KString::from(format!("group-{group}"))
}

impl Member {
    /// A member of `group`, which reads the `partitions` partitions of `topic`.
    #[must_use]
    pub fn new(group: u16, topic: u16, partitions: i32, instance: Option<KString>) -> Self {
        Self {
            group,
            topic,
            partitions,
            instance,
            version: 9,
            session_ms: 3000,
            rebalance_ms: 3000,
            id: KString::EMPTY,
            generation: -1,
            phase: Phase::Outside,
            asked: None,
            zombie_of: None,
            present: Ghost::default(),
            past: Ghost::default(),
            joins: 0,
            commits: 0,
        }
    }

    /// The same with a version of JoinGroup and timeouts in ms; static members are known from version 5 on.
    #[must_use]
    pub fn speaking(self, version: i16, session_ms: i32, rebalance_ms: i32) -> Self {
        let version = if self.instance.is_some() { version.max(5) } else { version };
        Self { version, session_ms, rebalance_ms, ..self }
    }

    /// A version of another API that is of the time of this member's JoinGroup.
    const fn of_time(&self, newest: i16) -> i16 {
        let version = (newest * self.version + 8) / 9;
        // Static members are known to the newer half of each API only.
        if self.instance.is_some() { newest } else { version }
    }

    fn ask(
        &mut self,
        asked: Asked,
        request: impl Into<Request>,
        version: i16,
        wire: &mut Wire,
        field: &mut Field<'_>,
    ) {
        let as_ghost = matches!(asked, Asked::Commit { as_ghost: true, .. });
        let asker = Asker {
            group: self.group,
            generation: if as_ghost { self.past.generation } else { self.generation },
            asked_at: field.now,
            run: field.model.groups.run,
        };
        self.asked = Some((asked, asker));
        wire.ask(request, version, true, field);
    }

    pub(super) fn act(&mut self, wire: &mut Wire, field: &mut Field<'_>) -> Option<u64> {
        if self.asked.is_some() {
            return None;
        }
        if field.model.incarnation(self.topic).is_none() {
            return Some(field.dice.range(50 * MS, 300 * MS));
        }
        if let Some(partition) = self.zombie_of.take() {
            self.commit(partition, false, wire, field);
            return None;
        }
        match self.phase.clone() {
            Phase::Outside => self.join(wire, field),
            Phase::Joined(members) => self.sync(members, wire, field),
            Phase::Owner(partitions) => self.work(&partitions, wire, field),
        }
        None
    }

    fn join(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        field.model.groups.gives_up(wire.number);
        self.joins += 1;
        // What it likes best changes now and then, what it can do does not.
        let names = if field.dice.per_mille(800) { ["a", "b"] } else { ["b", "a"] };
        let protocols = names.iter().map(|name| JoinGroupRequestProtocol {
            name: (*name).into(),
            metadata: subscription(field.model.name(self.topic)),
        });
        let request = JoinGroupRequest {
            group_id: group_name(self.group),
            session_timeout_ms: self.session_ms,
            rebalance_timeout_ms: self.rebalance_ms,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            protocol_type: "consumer".into(),
            protocols: protocols.collect(),
            reason: None,
        };
        self.ask(Asked::Join, Box::new(request), self.version, wire, field);
    }

    fn sync(&mut self, members: Option<Vec<KString>>, wire: &mut Wire, field: &mut Field<'_>) {
        let mut assignments = Vec::new();
        if let Some(members) = members {
            let entries = deal(&members, self.partitions, field);
            let number = field.model.groups.hands_in(self.group, self.generation, entries.clone());
            assignments = entries
                .into_iter()
                .map(|(member_id, _)| SyncGroupRequestAssignment {
                    member_id,
                    assignment: Bytes::copy_from_slice(&number.to_be_bytes()),
                })
                .collect();
        }
        let request = SyncGroupRequest {
            group_id: group_name(self.group),
            generation_id: self.generation,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            // The name of the protocol is not looked at below version 5.
            assignments,
            ..Default::default()
        };
        let version = self.of_time(4).max(if self.instance.is_some() { 3 } else { 0 }).min(4);
        self.ask(Asked::Sync, Box::new(request), version, wire, field);
    }

    fn work(&mut self, partitions: &[i32], wire: &mut Wire, field: &mut Field<'_>) {
        let own = field.dice.pick(partitions).copied();
        let any = field.dice.below(self.partitions as u64) as i32;
        match (field.dice.below(100), own) {
            (0..=1, _) if !field.closing => self.leave(wire, field),
            (2..=3, _) if !field.closing => {
                // It thinks that something has changed.
                self.phase = Phase::Outside;
                self.join(wire, field);
            }
            (4..=9, _) if !self.past.partitions.is_empty() => {
                let partition = field.dice.pick(&self.past.partitions).copied().unwrap_or(0);
                self.commit(partition, true, wire, field);
            }
            (10..=40, Some(partition)) => self.commit(partition, false, wire, field),
            (41..=55, _) => self.ask_offset(own.unwrap_or(any), wire, field),
            _ => self.heartbeat(wire, field),
        }
    }

    fn heartbeat(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        let request = HeartbeatRequest {
            group_id: group_name(self.group),
            generation_id: self.generation,
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
        };
        self.ask(Asked::Heartbeat, Box::new(request), self.of_time(4), wire, field);
    }

    fn leave(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        field.model.groups.gives_up(wire.number);
        let identity = MemberIdentity {
            member_id: self.id.clone(),
            group_instance_id: self.instance.clone(),
            reason: None,
        };
        let request = LeaveGroupRequest {
            group_id: group_name(self.group),
            member_id: self.id.clone(),
            members: vec![identity],
        };
        self.ask(Asked::Leave, Box::new(request), self.of_time(5), wire, field);
    }

    fn commit(&mut self, partition: i32, as_ghost: bool, wire: &mut Wire, field: &mut Field<'_>) {
        let gp = (self.group, partition);
        let value = field.model.groups.commits(gp, field.now);
        let partition = OffsetCommitRequestPartition {
            partition_index: partition,
            committed_offset: value,
            committed_metadata: field.dice.per_mille(300).then(|| "a note".into()),
            ..Default::default()
        };
        let topic = OffsetCommitRequestTopic {
            name: field.model.name(self.topic).into(),
            partitions: vec![partition],
            ..Default::default()
        };
        let (member_id, generation) = if as_ghost {
            (&self.past.id, self.past.generation)
        } else {
            (&self.id, self.generation)
        };
        let request = OffsetCommitRequest {
            group_id: group_name(self.group),
            generation_id_or_member_epoch: generation,
            member_id: member_id.clone(),
            group_instance_id: self.instance.clone(),
            topics: vec![topic],
            ..Default::default()
        };
        let asked = Asked::Commit { gp, value, as_ghost };
        self.ask(asked, Box::new(request), self.of_time(9).max(1), wire, field);
    }

    fn ask_offset(&mut self, partition: i32, wire: &mut Wire, field: &mut Field<'_>) {
        let topic = OffsetFetchRequestTopic {
            name: field.model.name(self.topic).into(),
            partition_indexes: vec![partition],
        };
        let request = OffsetFetchRequest {
            group_id: group_name(self.group),
            topics: Some(vec![topic]),
            ..Default::default()
        };
        let version = self.of_time(7).max(1);
        self.ask(Asked::Offset((self.group, partition)), Box::new(request), version, wire, field);
    }

    pub(super) fn take(
        &mut self,
        wire: &Wire,
        sent: u64,
        response: Response,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        let (asked, asker) = self.asked.take().ok_or("an answer to nothing")?;
        match (asked, response) {
            (Asked::Join, Response::JoinGroup(answer)) => self.joined(&answer, asker, sent, field),
            (Asked::Sync, Response::SyncGroup(answer)) => {
                self.synced(wire.number, &answer, asker, field)
            }
            (Asked::Heartbeat, Response::Heartbeat(answer)) => {
                if answer.error_code == ErrorCode::NONE {
                    return Ok(Next::Later);
                }
                self.is_told(answer.error_code, field)
            }
            (Asked::Leave, Response::LeaveGroup(answer)) => {
                let code = answer.members.first().map_or(answer.error_code, |one| one.error_code);
                self.forget();
                match code {
                    ErrorCode::NONE => Ok(Next::Later),
                    other => self.is_told(other, field),
                }
            }
            (Asked::Commit { gp, value, as_ghost }, Response::OffsetCommit(answer)) => {
                let found = answer.topics.first().and_then(|topic| topic.partitions.first());
                let code = found.ok_or("an empty OffsetCommit answer")?.error_code;
                self.commits += 1;
                match code {
                    ErrorCode::NONE => {
                        field.model.groups.acknowledges(asker, gp, value, field.now)?;
                        Ok(if field.dice.per_mille(300) { Next::Soon } else { Next::Later })
                    }
                    // Written, perhaps: the medium does not say.
                    ErrorCode::NOT_COORDINATOR => {
                        field.model.groups.loses(gp, value, field.now);
                        Ok(Next::Later)
                    }
                    other => {
                        field.model.groups.refuses(gp, value);
                        if as_ghost { Ok(Next::Soon) } else { self.is_told(other, field) }
                    }
                }
            }
            (Asked::Offset(gp), Response::OffsetFetch(answer)) => {
                let found = answer.topics.first().and_then(|topic| topic.partitions.first());
                let found = found.ok_or("an empty OffsetFetch answer")?;
                if found.error_code != ErrorCode::NONE || answer.error_code != ErrorCode::NONE {
                    return Err(format!("OffsetFetch says {:?}", found.error_code));
                }
                let who = format!("client {}", wire.number);
                field.model.groups.reads(gp, found.committed_offset, asker.asked_at, &who)?;
                Ok(Next::Later)
            }
            (asked, _) => Err(format!("an answer of another kind to {asked:?}")),
        }
    }

    fn joined(
        &mut self,
        answer: &JoinGroupResponse,
        asker: Asker,
        sent: u64,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        match answer.error_code {
            ErrorCode::NONE => {
                self.id = answer.member_id.clone();
                self.generation = answer.generation_id;
                let asker = Asker { generation: self.generation, ..asker };
                field.model.groups.joins(asker, sent, field.now)?;
                let leads = answer.leader == answer.member_id;
                if leads == answer.members.is_empty() {
                    return Err(format!(
                        "{} members are told to {}",
                        answer.members.len(),
                        self.id
                    ));
                }
                let assigns = leads && !answer.skip_assignment;
                let members = answer.members.iter().map(|member| member.member_id.clone());
                self.phase = Phase::Joined(assigns.then(|| members.collect()));
                Ok(Next::Soon)
            }
            ErrorCode::MEMBER_ID_REQUIRED if self.version >= 4 && self.id.is_empty() => {
                self.id = answer.member_id.clone();
                Ok(Next::Soon)
            }
            other => self.is_told(other, field),
        }
    }

    fn synced(
        &mut self,
        client: usize,
        answer: &SyncGroupResponse,
        asker: Asker,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        if answer.error_code != ErrorCode::NONE {
            return self.is_told(answer.error_code, field);
        }
        if answer.assignment.len() != 8 {
            return Err(format!("an assignment of {} bytes", answer.assignment.len()));
        }
        let number = answer.assignment.clone().get_u64();
        let named = self.instance.as_ref().map(|name| format!("{name}-"));
        let is_own = |id: &KString| match &named {
            // Its predecessor's, perhaps.
            Some(named) => id.as_bytes().starts_with(named.as_bytes()),
            None => *id == self.id,
        };
        let own = field.model.groups.is_given(client, asker, number, is_own, field.now)?;
        let now =
            Ghost { id: self.id.clone(), generation: asker.generation, partitions: own.clone() };
        if now.generation != self.present.generation {
            self.past = std::mem::replace(&mut self.present, now);
        }
        self.phase = Phase::Owner(own);
        Ok(Next::Soon)
    }

    /// A member is told that something is not as it thought.
    fn is_told(&mut self, code: ErrorCode, field: &mut Field<'_>) -> Result<Next, String> {
        if let Phase::Owner(own) = &self.phase
            && field.dice.per_mille(300)
        {
            self.zombie_of = field.dice.pick(own).copied();
        }
        match code {
            ErrorCode::REBALANCE_IN_PROGRESS | ErrorCode::ILLEGAL_GENERATION => {
                self.phase = Phase::Outside;
                Ok(Next::Soon)
            }
            ErrorCode::UNKNOWN_MEMBER_ID => {
                self.phase = Phase::Outside;
                // A zombie keeps its name until it has had its say.
                if self.zombie_of.is_none() {
                    self.id = KString::EMPTY;
                }
                Ok(Next::Soon)
            }
            // Its medium is full, or has failed.
            ErrorCode::NOT_COORDINATOR => Ok(Next::Later),
            // The same static member by its connection before this one: its answer is still on its way.
            ErrorCode::FENCED_INSTANCE_ID if self.instance.is_some() => {
                self.forget();
                Ok(Next::Soon)
            }
            other => Err(format!("{} is told {other:?} in {:?}", self.id, self.phase)),
        }
    }

    fn forget(&mut self) {
        self.id = KString::EMPTY;
        self.generation = -1;
        self.phase = Phase::Outside;
        self.zombie_of = None;
    }

    pub(super) fn lost(&mut self, field: &mut Field<'_>) {
        match self.asked.take() {
            Some((Asked::Commit { gp, value, .. }, _)) => {
                field.model.groups.loses(gp, value, field.now)
            }
            Some((Asked::Leave, _)) => self.forget(),
            _ => {}
        }
        // Its process may have ended with the connection. A member without a name then comes as another one, and
        // leaves the old one to its session.
        if !field.closing && field.dice.per_mille(150) {
            self.forget();
        }
    }

    pub(super) fn is_done(&self, model: &Model) -> bool {
        matches!(self.phase, Phase::Owner(_)) && model.groups.is_settled(self.group)
    }

    pub(super) fn describe(&self) -> String {
        format!(
            "member {} of group {} v{} in generation {}, {:?}, {:?} asked, {} joins, {} commits",
            self.id,
            self.group,
            self.version,
            self.generation,
            self.phase,
            self.asked,
            self.joins,
            self.commits
        )
    }
}

/// Groups with their members, and the topic that they read.
pub fn add_groups(dice: &mut Stream, model: &mut Model, clients: &mut Vec<Client>) {
    let partitions = dice.range(1, 5) as i32;
    let topic = model.topics.len() as u16;
    model.topics.push(Topic {
        name: "read-by-groups".into(),
        partitions,
        keeping: Keeping::All,
        stage: Stage::Absent,
        id: None,
        incarnation: 0,
        spared: true,
    });
    for group in 0..dice.range(0, 2) as u16 {
        let members = dice.range(1, 4) as usize;
        model.groups.sizes.push((members, partitions));
        for number in 0..members {
            let name = dice.per_mille(250).then(|| KString::from(format!("static{number}")));
            let version = dice.below(10) as i16;
            let (session, rebalance) = (dice.range(1500, 4000), dice.range(1500, 4000));
            let member = Member::new(group, topic, partitions, name).speaking(
                version,
                session as i32,
                rebalance as i32,
            );
            clients.push(Client::new(clients.len(), Role::Member(member)));
        }
    }
}

/// Deals partitions out to members, some less evenly than others.
fn deal(members: &[KString], partitions: i32, field: &mut Field<'_>) -> Vec<(KString, Vec<i32>)> {
    let mut entries: Vec<(KString, Vec<i32>)> =
        members.iter().map(|id| (id.clone(), Vec::new())).collect();
    let first = field.dice.below(members.len() as u64) as usize;
    for partition in 0..partitions {
        let at = (first + partition as usize) % entries.len().max(1);
        if let Some((_, mine)) = entries.get_mut(at) {
            mine.push(partition);
        }
    }
    entries
}

/// What a consumer says of itself: it wants this topic.
fn subscription(topic: &str) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_slice(&[0, 0, 0, 0, 0, 1]);
    bytes.put_u16(topic.len() as u16);
    bytes.put_slice(topic.as_bytes());
    bytes.put_i32(-1);
    bytes.freeze()
}
