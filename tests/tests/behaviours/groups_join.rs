//! Rows 55, 56 and 58: how members join a classic group, what they are told, and what is refused.

use std::collections::BTreeSet;

use bytes::Bytes;
use logboat_core::protocol::messages::leave_group::MemberIdentity;
use logboat_core::protocol::messages::{JoinGroupResponse, LeaveGroupRequest};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, bring_together, described, joined, settle, stable, subscription,
};
use logboat_tests::world::World;

cases! {
    row_55_a_new_member_is_first_given_an_id;
    row_55_trap_03_before_version_4_a_new_member_joins_at_once;
    row_55_a_static_member_joins_at_once;
    row_55_an_id_is_the_client_id_and_something_random { kafka_2: "writes null where there is no client id" };
    row_55_an_unknown_member_is_refused;
    row_55_a_group_of_pending_members_is_empty;
    row_55_a_pending_member_is_no_member_yet;
    row_55_a_pending_member_holds_up_a_rebalance;
    row_55_a_pending_member_may_leave;
    row_56_session_timeouts_out_of_bounds;
    row_56_an_empty_group_id;
    row_56_no_common_protocol;
    row_56_a_refused_member_changes_nothing;
    row_56_an_empty_group_takes_any_type;
    row_56_a_full_group { config: &[("group.max.size", "2")] };
    row_58_only_the_leader_is_told_the_members;
    row_58_the_protocol_is_voted_for;
    row_58_metadata_is_that_of_the_chosen_protocol;
    row_58_a_generation_more_for_each_rebalance;
    row_58_joining_again_before_the_sync_changes_nothing;
    row_58_a_follower_joining_again_in_stable_changes_nothing;
    row_58_the_leader_joining_again_starts_a_rebalance;
    row_58_changed_metadata_start_a_rebalance;
    row_58_a_leader_that_leaves_has_a_successor;
    row_58_connect_is_a_type_like_any_other;
}

/// What an answer says when it refuses: no generation, no protocol, no members.
fn refused(answer: &JoinGroupResponse, code: ErrorCode, version: i16) {
    assert_eq!(answer.error_code, code, "v{version}: {answer:?}");
    assert_eq!((answer.generation_id, &answer.leader), (-1, &KString::EMPTY), "v{version}");
    assert!(answer.members.is_empty() && !answer.skip_assignment, "v{version}: {answer:?}");
    let none = if version >= 7 { None } else { Some(KString::EMPTY) };
    assert_eq!((&answer.protocol_name, answer.protocol_type.as_ref()), (&none, None), "v{version}");
}

fn row_55_a_new_member_is_first_given_an_id(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup).filter(|version| *version >= 4) {
        let group = w.name("g");
        let mut member = Member::new(w, &group);
        member.versions.join = version;
        let answer = member.join_once();
        refused(&answer, ErrorCode::MEMBER_ID_REQUIRED, version);
        assert!(!answer.member_id.is_empty());
        let answer = member.join_once();
        assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 1), "v{version}");
        assert_eq!((&answer.member_id, &answer.leader), (&member.id, &member.id), "v{version}");
        assert_eq!(answer.protocol_name, Some("range".into()), "v{version}");
        let kind = (version >= 7).then(|| KString::from_static("consumer"));
        assert_eq!(answer.protocol_type, kind, "v{version}");
        assert_eq!(answer.members.len(), 1);
    }
}

fn row_55_trap_03_before_version_4_a_new_member_joins_at_once(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup).filter(|version| *version < 4) {
        let group = w.name("g");
        let mut member = Member::new(w, &group);
        member.versions.join = version;
        let answer = member.join_once();
        assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 1), "v{version}");
        assert_eq!((&answer.member_id, &answer.leader), (&member.id, &member.id), "v{version}");
        assert_eq!(answer.protocol_name, Some("range".into()), "v{version}");
        assert_eq!(answer.members.len(), 1, "v{version}");
        assert_eq!(answer.members[0].metadata, subscription(&[]), "v{version}");
        // kafka-go 0.4 speaks version 1 and then syncs.
        assert_eq!(member.sync(&[(&member.id.clone(), "mine")]).1, "mine", "v{version}");
    }
}

fn row_55_a_static_member_joins_at_once(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup).filter(|version| *version >= 5) {
        let group = w.name("g");
        let mut member = Member::named(w, &group, "one");
        member.versions.join = version;
        let answer = member.join_once();
        assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 1), "v{version}");
        assert!(answer.member_id.as_bytes().starts_with(b"one-"), "{}", answer.member_id);
        assert_eq!(answer.members[0].group_instance_id, Some("one".into()), "v{version}");
    }
}

fn row_55_an_id_is_the_client_id_and_something_random(w: &mut World) {
    let group = w.name("g");
    let mut ids = BTreeSet::new();
    for client_id in [Some("app"), Some("app"), Some("app"), Some(""), None] {
        let mut member = Member::new(w, &group);
        member.client.client_id = client_id.map(KString::from);
        member.join_once();
        let begin = format!("{}-", client_id.unwrap_or_default());
        assert!(member.id.as_bytes().starts_with(begin.as_bytes()), "{}", member.id);
        assert_eq!(member.id.len(), begin.len() + 36, "{}", member.id);
        assert!(ids.insert(member.id.clone()), "given twice: {}", member.id);
    }
}

fn row_55_an_unknown_member_is_refused(w: &mut World) {
    let known = stable(w, 1);
    for version in w.versions(ApiKey::JoinGroup) {
        for group in [known[0].group.clone(), w.name("nowhere")] {
            let mut member = Member::new(w, &group);
            member.versions.join = version;
            member.id = "who".into();
            let answer = member.join_once();
            refused(&answer, ErrorCode::UNKNOWN_MEMBER_ID, version);
            assert_eq!(answer.member_id, "who", "v{version}");
        }
    }
    let seen = described(w, &known[0].group);
    assert_eq!((seen.group_state, seen.members.len()), ("Stable".into(), 1));
}

fn row_55_a_group_of_pending_members_is_empty(w: &mut World) {
    let group = w.name("g");
    Member::new(w, &group).join_once();
    await_state(w, &group, "Empty", 0);
    let seen = described(w, &group);
    assert_eq!((seen.error_code, seen.protocol_type), (ErrorCode::NONE, KString::EMPTY));
}

fn row_55_a_pending_member_is_no_member_yet(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    let mut pending = Member::new(w, &group);
    pending.join_once();
    pending.generation = 1;
    assert_eq!(pending.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(pending.sync(&[]).0, ErrorCode::UNKNOWN_MEMBER_ID);
    let topic = w.topic(1);
    assert_eq!(pending.commit(&topic, 1), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE, "nothing happens before it joins");
    assert_eq!(described(w, &group).members.len(), 1);
}

fn row_55_a_pending_member_holds_up_a_rebalance(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    let mut pending = Member::new(w, &group);
    pending.join_once();
    let mut third = Member::new(w, &group);
    let third_asked = third.begin_join();
    await_state(w, &group, "PreparingRebalance", 2);
    let first_asked = members[0].ask_join();
    members[0].client.expect_silence(std::time::Duration::from_millis(300));
    let answer = pending.join();
    assert_eq!(answer.generation_id, 2);
    assert_eq!(members[0].end_join(first_asked).members.len(), 3);
    assert_eq!(third.end_join(third_asked).generation_id, 2);
}

fn row_55_a_pending_member_may_leave(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    let mut pending = Member::new(w, &group);
    pending.join_once();
    let mut third = Member::new(w, &group);
    let third_asked = third.begin_join();
    await_state(w, &group, "PreparingRebalance", 2);
    let first_asked = members[0].ask_join();
    members[0].client.expect_silence(std::time::Duration::from_millis(100));
    let identity = MemberIdentity { member_id: pending.id.clone(), ..Default::default() };
    let request = LeaveGroupRequest {
        group_id: group.clone(),
        members: vec![identity],
        ..Default::default()
    };
    let version = w.newest(ApiKey::LeaveGroup, 5);
    let answer = w.client().call(Box::new(request), version);
    assert_eq!(answer.members[0].error_code, ErrorCode::NONE);
    assert_eq!(members[0].end_join(first_asked).members.len(), 2, "it waits no longer");
    assert_eq!(third.end_join(third_asked).generation_id, 2);
    let answer = pending.join_once();
    assert_eq!(answer.error_code, ErrorCode::UNKNOWN_MEMBER_ID, "the id is good no more");
}

fn row_56_session_timeouts_out_of_bounds(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup) {
        for session_ms in [5_999, 1_800_001, 0, -1, i32::MIN, i32::MAX] {
            let group = w.name("g");
            let mut member = Member::new(w, &group);
            member.versions.join = version;
            member.session_ms = session_ms;
            let answer = member.join_once();
            refused(&answer, ErrorCode::INVALID_SESSION_TIMEOUT, version);
            assert_eq!(answer.member_id, KString::EMPTY);
            assert_eq!(described(w, &group).group_state, "Dead", "no group comes of it");
        }
    }
    for session_ms in [6_000, 1_800_000] {
        let group = w.name("g");
        let mut member = Member::new(w, &group);
        member.session_ms = session_ms;
        member.join();
    }
}

fn row_56_an_empty_group_id(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup) {
        let mut member = Member::new(w, &KString::EMPTY);
        member.versions.join = version;
        // The group's name is looked at before the timeout.
        member.session_ms = 1;
        refused(&member.join_once(), ErrorCode::INVALID_GROUP_ID, version);
    }
    let mut member = Member::new(w, &KString::EMPTY);
    member.id = "who".into();
    member.generation = 1;
    for version in w.versions(ApiKey::SyncGroup) {
        member.versions.sync = version;
        assert_eq!(member.sync(&[]).0, ErrorCode::INVALID_GROUP_ID, "v{version}");
    }
    for version in w.versions(ApiKey::Heartbeat) {
        member.versions.heartbeat = version;
        assert_eq!(member.heartbeat(), ErrorCode::INVALID_GROUP_ID, "v{version}");
    }
    for version in w.versions(ApiKey::LeaveGroup) {
        member.versions.leave = version;
        assert_eq!(member.leave().error_code, ErrorCode::INVALID_GROUP_ID, "v{version}");
    }
}

fn row_56_no_common_protocol(w: &mut World) {
    let known = stable(w, 1);
    let cases: [(&str, &[&str]); 6] = [
        ("consumer", &["roundrobin"]),
        ("consumer", &["", "sticky", "Range"]),
        ("connect", &["range"]),
        ("", &["range"]),
        ("consumer", &[]),
        ("", &[]),
    ];
    for version in w.versions(ApiKey::JoinGroup) {
        for (number, (kind, names)) in cases.iter().enumerate() {
            // What is missing altogether is missed in a new group too.
            let groups = [Some(known[0].group.clone()), (number >= 3).then(|| w.name("new"))];
            for group in groups.into_iter().flatten() {
                let mut member = Member::new(w, &group);
                member.versions.join = version;
                member.kind = (*kind).into();
                member.protocols =
                    names.iter().map(|name| ((*name).into(), Bytes::new())).collect();
                let answer = member.join_once();
                refused(&answer, ErrorCode::INCONSISTENT_GROUP_PROTOCOL, version);
                assert_eq!(answer.member_id, KString::EMPTY);
            }
        }
    }
}

fn row_56_a_refused_member_changes_nothing(w: &mut World) {
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    let mut stranger = Member::new(w, &group);
    stranger.protocols = vec![("other".into(), Bytes::new())];
    assert_eq!(stranger.join_once().error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    // A member that changes its mind to what nobody shares is refused, and stays.
    let protocols = std::mem::replace(&mut members[1].protocols, stranger.protocols);
    assert_eq!(members[1].join_once().error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    members[1].protocols = protocols;
    for member in &mut members {
        assert_eq!(member.heartbeat(), ErrorCode::NONE);
    }
    let seen = described(w, &group);
    assert_eq!((seen.group_state, seen.members.len()), ("Stable".into(), 2));
}

fn row_56_an_empty_group_takes_any_type(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    members[0].leave();
    await_state(w, &group, "Empty", 0);
    let mut other = Member::new(w, &group);
    other.kind = "connect".into();
    other.protocols = vec![("compatible".into(), Bytes::from("x"))];
    assert_eq!(other.join().protocol_name, Some("compatible".into()));
    assert_eq!(described(w, &group).protocol_type, "connect");
}

fn row_56_a_full_group(w: &mut World) {
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    for version in w.versions(ApiKey::JoinGroup) {
        let mut third = Member::new(w, &group);
        third.versions.join = version;
        let answer = third.join_once();
        refused(&answer, ErrorCode::GROUP_MAX_SIZE_REACHED, version);
        assert_eq!(answer.member_id, KString::EMPTY);
    }
    assert_eq!(members[1].join_once().error_code, ErrorCode::NONE, "a member may join again");
    members[1].leave();
    let mut third = Member::new(w, &group);
    let asked = third.begin_join();
    await_state(w, &group, "PreparingRebalance", 2);
    members[0].join();
    assert_eq!(third.end_join(asked).error_code, ErrorCode::NONE, "there is room again");
}

fn row_58_only_the_leader_is_told_the_members(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup) {
        let group = w.name("g");
        let mut members: Vec<_> = (0..3).map(|_| Member::new(w, &group)).collect();
        for (number, member) in members.iter_mut().enumerate() {
            member.versions.join = version;
            let topic = KString::from(format!("topic {number}"));
            member.protocols = vec![("range".into(), subscription(&[&topic]))];
        }
        if version >= 5 {
            members[2].instance = Some("three".into());
        }
        bring_together(w, &mut members);
        // Unchanged and before the sync: the same generation, said again.
        for number in 0..3 {
            let answer = members[number].join_once();
            assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2));
            assert_eq!(answer.leader, members[0].id, "v{version}");
            let told: BTreeSet<_> = answer
                .members
                .iter()
                .map(|m| (m.member_id.clone(), m.group_instance_id.clone(), m.metadata.clone()))
                .collect();
            if number > 0 {
                assert!(told.is_empty(), "v{version}: a follower");
                continue;
            }
            let all: BTreeSet<_> = members
                .iter()
                .map(|m| (m.id.clone(), m.instance.clone(), m.protocols[0].1.clone()))
                .collect();
            assert_eq!(told, all, "v{version}");
        }
    }
}

fn with_protocols(w: &World, group: &KString, names: &[&str]) -> Member {
    let protocols = names.iter().map(|name| ((*name).into(), Bytes::from(format!("{name}!"))));
    Member { protocols: protocols.collect(), ..Member::new(w, group) }
}

fn row_58_the_protocol_is_voted_for(w: &mut World) {
    for (preferences, chosen) in [
        // Everybody takes both: two votes for b.
        ([&["a", "b"][..], &["b", "a"], &["b", "a"]], "b"),
        // b is liked best by two, and the third does not know it.
        ([&["a", "c"], &["b", "a", "c"], &["b", "c", "a"]], "a"),
        // What all know counts, where it stands does not.
        ([&["x", "y", "z"], &["w", "z"], &["z"]], "z"),
    ] {
        let group = w.name("g");
        let mut members: Vec<_> =
            preferences.iter().map(|names| with_protocols(w, &group, names)).collect();
        bring_together(w, &mut members);
        for member in &mut members {
            let answer = member.join_once();
            assert_eq!(answer.protocol_name, Some(chosen.into()), "{preferences:?}");
            let metadata = format!("{chosen}!");
            assert!(answer.members.iter().all(|member| member.metadata == metadata));
        }
    }
}

fn row_58_metadata_is_that_of_the_chosen_protocol(w: &mut World) {
    let group = w.name("g");
    let mut first = with_protocols(w, &group, &["a", "b"]);
    let answer = first.join();
    assert_eq!(answer.protocol_name, Some("a".into()), "alone, it chooses");
    assert_eq!(answer.members[0].metadata, "a!");
    let mut second = with_protocols(w, &group, &["b"]);
    let asked = second.begin_join();
    await_state(w, &group, "PreparingRebalance", 2);
    let answer = first.join();
    assert_eq!(answer.protocol_name, Some("b".into()));
    assert!(answer.members.iter().all(|member| member.metadata == "b!"), "{answer:?}");
    second.end_join(asked);
}

fn row_58_a_generation_more_for_each_rebalance(w: &mut World) {
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    assert_eq!(members[0].generation, 2);
    for generation in 3..6 {
        let asked = members[0].ask_join();
        await_state(w, &group, "PreparingRebalance", 2);
        members[1].join();
        assert_eq!(members[0].end_join(asked).generation_id, generation);
        assert_eq!(members[1].generation, generation);
        settle(w, &mut members);
    }
    members[0].leave();
    assert_eq!(members[1].join().generation_id, 6);
    // The last one's leaving is a generation too, without anybody in it.
    members[1].leave();
    await_state(w, &group, "Empty", 0);
    let mut later = Member::new(w, &group);
    assert_eq!(later.join().generation_id, 8);
}

fn row_58_joining_again_before_the_sync_changes_nothing(w: &mut World) {
    let mut members = joined(w, 2);
    let group = members[0].group.clone();
    for number in [1, 0, 1] {
        let answer = members[number].join_once();
        assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2));
        assert_eq!(answer.members.len(), if number == 0 { 2 } else { 0 });
    }
    assert_eq!(described(w, &group).group_state, "CompletingRebalance");
    settle(w, &mut members);
}

fn row_58_a_follower_joining_again_in_stable_changes_nothing(w: &mut World) {
    let mut members = stable(w, 2);
    let answer = members[1].join_once();
    assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2));
    assert_eq!((&answer.leader, answer.members.len()), (&members[0].id, 0));
    assert_eq!(answer.protocol_name, Some("range".into()));
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE);
    assert_eq!(members[1].sync(&[]), (ErrorCode::NONE, "for 1".into()), "as before");
}

fn row_58_the_leader_joining_again_starts_a_rebalance(w: &mut World) {
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    assert_eq!(members[1].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    members[1].join();
    let answer = members[0].end_join(asked);
    assert_eq!((answer.generation_id, answer.members.len()), (3, 2));
    assert_eq!(answer.leader, members[0].id, "it stays the leader");
}

fn row_58_changed_metadata_start_a_rebalance(w: &mut World) {
    for synced in [true, false] {
        let mut members = if synced { stable(w, 2) } else { joined(w, 2) };
        let group = members[0].group.clone();
        // A member of the generation that waits for its assignment hears of it at once.
        let mut waiting = members[1].double(w);
        let sync = waiting.begin_sync(&[]);
        if synced {
            assert_eq!(waiting.end_sync(sync).error_code, ErrorCode::NONE);
        }
        members[1].protocols[0].1 = subscription(&[&"other".into()]);
        let asked = members[1].ask_join();
        if !synced {
            assert_eq!(waiting.end_sync(sync).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
        }
        await_state(w, &group, "PreparingRebalance", 2);
        let answer = members[0].join();
        assert_eq!((answer.generation_id, answer.members.len()), (3, 2));
        let changed = answer.members.iter().find(|m| m.member_id == members[1].id);
        assert_eq!(changed.map(|m| &m.metadata), Some(&members[1].protocols[0].1));
        assert_eq!(members[1].end_join(asked).generation_id, 3);
    }
}

fn row_58_a_leader_that_leaves_has_a_successor(w: &mut World) {
    let mut members = stable(w, 3);
    members.remove(0).leave();
    let asked = members[0].ask_join();
    let second = members[1].join();
    let first = members[0].end_join(asked);
    assert_eq!((first.generation_id, second.generation_id), (3, 3));
    assert_eq!(first.leader, second.leader, "they agree on one");
    assert_eq!(first.members.len() + second.members.len(), 2, "one of them is told both");
    let leader = members.iter().find(|member| member.id == first.leader);
    assert!(leader.is_some(), "it is one of them");
}

fn row_58_connect_is_a_type_like_any_other(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = (0..2)
        .map(|_| Member {
            kind: "connect".into(),
            protocols: vec![("sessioned".into(), Bytes::from_static(&[0, 2, 0xff, 0, 7]))],
            ..Member::new(w, &group)
        })
        .collect();
    bring_together(w, &mut members);
    settle(w, &mut members);
    let seen = described(w, &group);
    assert_eq!((seen.protocol_type, seen.protocol_data), ("connect".into(), "sessioned".into()));
}
