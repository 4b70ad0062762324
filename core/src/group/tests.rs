//! The coordinator by itself, in virtual time: whatever is asked of it in whatever order, its books stay balanced,
//! everybody is answered once, and time alone brings every group to rest.

use alloc::collections::BTreeSet;
use alloc::vec;

use bytes::Bytes;

use super::*;
use crate::protocol::messages::join_group::JoinGroupRequestProtocol;
use crate::protocol::messages::leave_group::MemberIdentity;
use crate::protocol::messages::sync_group::SyncGroupRequestAssignment;
use crate::protocol::messages::{
    HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest,
};
use crate::shard::input::{ConnectionId, RequestContext};
use crate::time::UnixMillis;

/// A coordinator, its hard state, a clock, and who waits.
struct Host {
    coordinator: Coordinator,
    groups: Groups,
    broker: BrokerConfig,
    random: Random,
    now: Now,
    asked: u64,
    waiting: BTreeSet<RequestId>,
    answers: Vec<(RequestId, Response)>,
}

impl Host {
    fn new(seed: u64) -> Self {
        let values = [("group.initial.rebalance.delay.ms", "100"), ("group.max.size", "8")];
        Self {
            coordinator: Coordinator::default(),
            groups: Groups::default(),
            broker: BrokerConfig::from_pairs(values).expect("allowed"),
            random: Random::new(seed),
            now: Now { instant: Instant::ZERO, wall: UnixMillis(1_700_000_000_000) },
            asked: 0,
            waiting: BTreeSet::new(),
            answers: Vec::new(),
        }
    }

    fn turn<R>(&mut self, run: impl FnOnce(&mut Coordinator, &mut Turn<'_>) -> R) -> R {
        let mut turn = Turn {
            now: self.now,
            broker: &self.broker,
            groups: &self.groups,
            random: &mut self.random,
            record_limit: 1 << 20,
            outcome: Outcome::default(),
        };
        let result = run(&mut self.coordinator, &mut turn);
        let Outcome { records, replies } = turn.outcome;
        for record in records {
            // As after a restart: what is replayed went through bytes.
            let (key, value) = record.encode();
            let read = GroupRecord::decode(&key, value.as_deref());
            assert_eq!(read.as_ref(), Some(&record), "what is written is read");
            self.groups.replay(record, 1, |_| None);
        }
        for (id, response) in replies {
            assert!(self.waiting.remove(&id), "answered twice, or never asked: {id:?}");
            self.answers.push((id, response));
        }
        result
    }

    fn ask(&mut self) -> RequestId {
        self.asked += 1;
        let id = RequestId { connection: ConnectionId(self.asked), sequence: 0 };
        self.waiting.insert(id);
        id
    }

    fn pass(&mut self, ms: i64) {
        self.now.instant = self.now.instant.plus_millis(ms);
        self.now.wall.0 += ms;
        self.turn(Coordinator::expire);
    }

    fn join(&mut self, version: i16, request: &JoinGroupRequest) -> RequestId {
        let id = self.ask();
        let context = RequestContext { version, ..Default::default() };
        self.turn(|groups, turn| groups.join(turn, id, &context, request));
        id
    }

    fn sync(&mut self, request: &SyncGroupRequest) -> RequestId {
        let id = self.ask();
        let context = RequestContext { version: 4, ..Default::default() };
        self.turn(|groups, turn| groups.sync(turn, id, &context, request));
        id
    }

    fn check(&self) {
        let mut bytes = 0;
        for (name, group) in self.coordinator.iter() {
            group.check_books();
            bytes += group.bytes();
            assert!(!group.is_forgettable(), "{name} is of no use");
        }
        assert_eq!(self.coordinator.bytes, bytes, "bytes of members");
    }
}

fn protocol(name: &'static str, says: &'static [u8]) -> JoinGroupRequestProtocol {
    JoinGroupRequestProtocol {
        name: KString::from_static(name),
        metadata: Bytes::from_static(says),
    }
}

fn joining(group: &'static str, member: KString) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: KString::from_static(group),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 20_000,
        member_id: member,
        protocol_type: KString::from_static("consumer"),
        protocols: vec![protocol("range", b"\0\0\0\0\0\0")],
        ..Default::default()
    }
}

/// Thousands of random requests of members that tell the truth, lie, come again and fall silent.
#[test]
fn whatever_is_asked_the_books_stay_balanced() {
    const GROUPS: [&str; 3] = ["a", "b", "c"];
    const INSTANCES: [&str; 3] = ["i", "j", "k"];
    let mut seen = [0; 4];
    for seed in 0..20 {
        let mut host = Host::new(seed);
        let mut ids = [const { Vec::new() }; 3];
        for _ in 0..1500 {
            let draw = host.random.next();
            let pick = |shift: u32, n: usize| (draw >> shift) as usize % n;
            let (number, group) = (pick(0, 3), GROUPS[pick(0, 3)]);
            let known: &Vec<KString> = &ids[number];
            let member = match pick(4, 16) {
                0..=3 => KString::EMPTY,
                4 => KString::from_static("nobody"),
                _ => known.iter().rev().nth(pick(8, 5)).cloned().unwrap_or_default(),
            };
            let instance = (pick(12, 4) == 0).then(|| KString::from_static(INSTANCES[pick(16, 3)]));
            let generation = host
                .coordinator
                .get(&KString::from_static(group))
                .map_or(0, |group| group.generation);
            match pick(20, 16) {
                0..=5 => {
                    let mut request = joining(group, member);
                    request.group_instance_id = instance;
                    request.rebalance_timeout_ms = [20_000, 0, -1, 60_000][pick(24, 4)];
                    if pick(28, 4) == 0 {
                        request.protocols.push(protocol("sticky", b"x"));
                        request.protocols.push(protocol("range", b"twice"));
                    }
                    if pick(32, 16) == 0 {
                        request.protocol_type = KString::from_static("connect");
                    }
                    let _ = host.join([0, 1, 4, 9][pick(36, 4)], &request);
                }
                6..=9 => {
                    let assignments =
                        known.iter().rev().take(5).map(|id| SyncGroupRequestAssignment {
                            member_id: id.clone(),
                            assignment: Bytes::from_static(b"given"),
                        });
                    let assignments = assignments.collect();
                    let _ = host.sync(&SyncGroupRequest {
                        group_id: KString::from_static(group),
                        generation_id: generation - i32::from(pick(24, 8) == 0),
                        member_id: member,
                        group_instance_id: instance,
                        assignments,
                        ..Default::default()
                    });
                }
                10..=11 => {
                    let request = HeartbeatRequest {
                        group_id: KString::from_static(group),
                        generation_id: generation,
                        member_id: member,
                        group_instance_id: instance,
                    };
                    let _ = host.turn(|groups, turn| groups.heartbeat(turn, &request));
                }
                12 => {
                    let id = host.ask();
                    let context = RequestContext { version: 3, ..Default::default() };
                    let leaver = MemberIdentity {
                        member_id: member,
                        group_instance_id: instance,
                        ..Default::default()
                    };
                    let request = LeaveGroupRequest {
                        group_id: KString::from_static(group),
                        members: vec![leaver.clone(), leaver],
                        ..Default::default()
                    };
                    host.turn(|groups, turn| groups.leave(turn, id, &context, request));
                }
                13 if pick(24, 20) == 0 => {
                    // A restart: who waited is gone, and hard state is all there is.
                    host.coordinator = Coordinator::default();
                    host.turn(Coordinator::load);
                    host.waiting.clear();
                }
                _ => host.pass([1, 50, 100, 101, 1000, 1000, 3000, 11_000][pick(24, 8)]),
            }
            for (_, response) in core::mem::take(&mut host.answers) {
                if let Response::JoinGroup(joined) = response
                    && matches!(joined.error_code, ErrorCode::NONE | ErrorCode::MEMBER_ID_REQUIRED)
                    && !ids[number].contains(&joined.member_id)
                {
                    ids[number].push(joined.member_id);
                }
            }
            host.check();
            for (_, group) in host.coordinator.iter() {
                seen[0] += u32::from(group.is_stable() && group.members.len() > 1);
                seen[1] += u32::from(group.pending_sync.len() > 1);
                seen[2] += u32::from(group.awaiting_join() > 1 && !group.has_all_joined());
                seen[3] += u32::from(group.members.values().any(|one| one.instance.is_some()));
            }
        }
        // Nobody gives a sign any more: everybody is answered, and every group ends.
        for _ in 0..40 {
            host.pass(60_000);
            host.check();
        }
        assert_eq!(host.waiting.len(), 0, "seed {seed}: somebody waits for ever");
        assert_eq!(host.coordinator.iter().count(), 0, "seed {seed}: a group without anybody");
        assert_eq!(host.coordinator.next_deadline(), None, "seed {seed}: timers are left");
    }
    assert!(seen.iter().all(|times| *times > 100), "the test goes everywhere: {seen:?}");
}

/// A group of a thousand is made and comes to rest; a heartbeat sets no timer of its own.
#[test]
fn a_thousand_members_are_one_generation() {
    let mut host = Host::new(1);
    host.broker =
        BrokerConfig::from_pairs([("group.initial.rebalance.delay.ms", "0")]).expect("allowed");
    for _ in 0..1000 {
        let _ = host.join(3, &joining("g", KString::EMPTY));
    }
    host.pass(1);
    // The first was a generation of its own; it has to come again.
    for (_, response) in core::mem::take(&mut host.answers) {
        if let Response::JoinGroup(joined) = response {
            let _ = host.join(3, &joining("g", joined.member_id));
        }
    }
    host.pass(1);
    let answers = core::mem::take(&mut host.answers);
    let told: Vec<usize> = answers
        .iter()
        .filter_map(|(_, response)| {
            if let Response::JoinGroup(joined) = response {
                Some(joined.members.len())
            } else {
                None
            }
        })
        .collect();
    assert_eq!(told.len(), 1000);
    assert_eq!(told.iter().filter(|members| **members == 1000).count(), 1, "one leader");
    host.check();
}

/// Members that say a lot are taken up to a bound, whatever groups they are in.
#[test]
fn what_members_say_is_bounded() {
    let mut host = Host::new(2);
    let says = Bytes::from(vec![0; 4 << 20]);
    let mut refused = 0;
    for number in 0..40 {
        let mut request = joining("g", KString::EMPTY);
        request.group_id = KString::from(alloc::format!("group-{number}"));
        request.protocols[0].metadata = says.clone();
        let _ = host.join(0, &request);
        host.pass(200);
        for (_, response) in core::mem::take(&mut host.answers) {
            if let Response::JoinGroup(joined) = response {
                refused += u32::from(joined.error_code == ErrorCode::GROUP_MAX_SIZE_REACHED);
            }
        }
        host.check();
        assert!(host.coordinator.bytes <= MAX_MEMBER_BYTES + (5 << 20));
    }
    assert_eq!(refused, 25, "15 of 4 MiB fit into 64");
}

/// Who only ever asks for ids pushes out others that do: nobody who belongs to a group.
#[test]
fn pending_members_are_bounded() {
    let mut host = Host::new(3);
    host.broker = BrokerConfig::from_pairs([]).expect("allowed");
    let first = host.join(4, &joining("g", KString::EMPTY));
    let Some((id, Response::JoinGroup(pending))) = host.answers.pop() else { panic!("answered") };
    assert_eq!((id, pending.error_code), (first, ErrorCode::MEMBER_ID_REQUIRED));
    for _ in 0..MAX_PENDING {
        let _ = host.join(4, &joining("h", KString::EMPTY));
    }
    host.check();
    host.answers.clear();
    let _ = host.join(4, &joining("g", pending.member_id.clone()));
    let Some((_, Response::JoinGroup(late))) = host.answers.pop() else { panic!("answered") };
    assert_eq!(late.error_code, ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(host.coordinator.newcomers.len(), MAX_PENDING);
}
