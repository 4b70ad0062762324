//! Row 63: static members, which keep their place over a restart of their client.

use std::time::Duration;

use bytes::Bytes;
use logboat_core::protocol::messages::LeaveGroupRequest;
use logboat_core::protocol::messages::leave_group::MemberIdentity;
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, bring_together, described, settle, stable, subscription,
};
use logboat_tests::world::World;

cases! {
    row_63_a_restarted_member_gets_a_new_id_and_no_rebalance;
    row_63_the_old_id_is_fenced;
    row_63_a_restarted_leader_skips_the_assignment { kafka_2: "has JoinGroup up to version 7" };
    row_63_before_version_9_a_restarted_leader_is_told_the_old_one;
    row_63_changed_protocols_start_a_rebalance { kafka_2: "no rebalance, and the group cannot be described any more" };
    row_63_changed_metadata_are_kept_without_a_rebalance;
    row_63_replaced_before_the_sync_it_starts_a_rebalance;
    row_63_replaced_while_it_waits_the_old_one_is_fenced;
    row_63_an_unknown_instance { kafka_2: "does not look whether a member has the instance it names" };
    row_63_two_at_once_have_one_place;
    row_63_leaving_by_name;
    row_63_a_static_member_that_does_not_come_back_keeps_its_place { virtual_time: true };
    row_63_its_session_ends_like_any_other { virtual_time: true };
    row_63_a_leader_that_does_not_come_back_has_a_successor { virtual_time: true };
    row_63_dynamic_members_beside_it;
}

/// A Stable group of static members `a`, `b` and so on.
fn statics(w: &mut World, count: usize) -> Vec<Member> {
    let group = w.name("g");
    let mut members: Vec<_> =
        ["a", "b", "c"][..count].iter().map(|name| Member::named(w, &group, name)).collect();
    bring_together(w, &mut members);
    settle(w, &mut members);
    members
}

/// A client that has forgotten everything but the instance's name.
fn restarted(w: &World, member: &Member) -> Member {
    Member { id: KString::EMPTY, generation: -1, ..member.double(w) }
}

fn row_63_a_restarted_member_gets_a_new_id_and_no_rebalance(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup).filter(|version| *version >= 5) {
        let mut members = statics(w, 2);
        let group = members[0].group.clone();
        let mut again = restarted(w, &members[1]);
        again.versions.join = version;
        let answer = again.join_once();
        assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2), "v{version}");
        assert_ne!(answer.member_id, members[1].id, "v{version}");
        assert!(answer.member_id.as_bytes().starts_with(b"b-"));
        assert_eq!(answer.leader, members[0].id, "v{version}");
        assert!(answer.members.is_empty() && !answer.skip_assignment, "v{version}");
        assert_eq!(answer.protocol_name, Some("range".into()), "v{version}");
        assert_eq!(members[0].heartbeat(), ErrorCode::NONE, "v{version}: nobody else notices");
        assert_eq!(again.sync(&[]), (ErrorCode::NONE, "for 1".into()), "v{version}");
        assert_eq!(again.heartbeat(), ErrorCode::NONE, "v{version}");
        let seen = described(w, &group);
        assert_eq!((seen.group_state, seen.members.len()), ("Stable".into(), 2));
        assert!(seen.members.iter().any(|member| member.member_id == again.id));
    }
}

fn row_63_the_old_id_is_fenced(w: &mut World) {
    let topic = w.topic(1);
    let mut members = statics(w, 2);
    let mut again = restarted(w, &members[1]);
    again.join_once();
    let mut old = members.remove(1);
    let fenced = ErrorCode::FENCED_INSTANCE_ID;
    for version in w.versions(ApiKey::JoinGroup).filter(|version| *version >= 5) {
        old.versions.join = version;
        let answer = old.join_once();
        assert_eq!((answer.error_code, &answer.member_id), (fenced, &old.id), "join v{version}");
    }
    for version in w.versions(ApiKey::SyncGroup).filter(|version| *version >= 3) {
        old.versions.sync = version;
        assert_eq!(old.sync(&[]), (fenced, Bytes::new()), "sync v{version}");
    }
    for version in w.versions(ApiKey::Heartbeat).filter(|version| *version >= 3) {
        old.versions.heartbeat = version;
        assert_eq!(old.heartbeat(), fenced, "heartbeat v{version}");
    }
    for version in w.versions(ApiKey::OffsetCommit).filter(|version| (7..10).contains(version)) {
        old.versions.commit = version;
        assert_eq!(old.commit(&topic, 1), fenced, "commit v{version}");
    }
    for version in w.versions(ApiKey::LeaveGroup).filter(|version| *version >= 3) {
        old.versions.leave = version;
        let answer = old.leave();
        assert_eq!(answer.error_code, ErrorCode::NONE);
        assert_eq!(answer.members[0].error_code, fenced, "leave v{version}");
        assert_eq!(answer.members[0].group_instance_id, Some("b".into()));
    }
    // Without its instance's name it is simply not there.
    old.instance = None;
    assert_eq!(old.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(again.heartbeat(), ErrorCode::NONE);
    assert_eq!(again.commit(&topic, 2), ErrorCode::NONE);
}

fn row_63_a_restarted_leader_skips_the_assignment(w: &mut World) {
    let mut members = statics(w, 2);
    let mut again = restarted(w, &members[0]);
    let answer = again.join_once();
    assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2));
    assert_eq!((&answer.leader, answer.skip_assignment), (&again.id, true));
    let mut told: Vec<_> = answer.members.iter().map(|m| m.member_id.clone()).collect();
    told.sort();
    let mut all = vec![again.id.clone(), members[1].id.clone()];
    all.sort();
    assert_eq!(told, all, "it is the leader, and watches over the topics");
    assert_eq!(again.sync(&[]), (ErrorCode::NONE, "for 0".into()));
    assert_eq!(members[1].heartbeat(), ErrorCode::NONE);
}

fn row_63_before_version_9_a_restarted_leader_is_told_the_old_one(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup).filter(|version| (5..9).contains(version)) {
        let members = statics(w, 2);
        let mut again = restarted(w, &members[0]);
        again.versions.join = version;
        let answer = again.join_once();
        assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2), "v{version}");
        // So it does not take itself for the leader and assigns nothing.
        assert_eq!((&answer.leader, answer.members.len()), (&members[0].id, 0), "v{version}");
        assert_eq!(again.sync(&[]), (ErrorCode::NONE, "for 0".into()), "v{version}");
        // It leads all the same: its next join is a leader's.
        let mut second = restarted(w, &again);
        second.versions.join = w.newest(ApiKey::JoinGroup, 9);
        let answer = second.join_once();
        assert!(second.versions.join < 9 || answer.leader == second.id, "v{version}");
    }
}

fn row_63_changed_protocols_start_a_rebalance(w: &mut World) {
    let group = w.name("g");
    let both = vec![("x".into(), Bytes::from("m")), ("y".into(), Bytes::from("m"))];
    let mut members: Vec<_> = ["a", "b"]
        .map(|name| Member { protocols: both.clone(), ..Member::named(w, &group, name) })
        .into();
    bring_together(w, &mut members);
    settle(w, &mut members);
    let mut again = restarted(w, &members[1]);
    again.protocols = both[1..].to_vec();
    let asked = again.ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    let answer = members[0].join();
    assert_eq!((answer.generation_id, &answer.protocol_name), (3, &Some("y".into())));
    let answer = again.end_join(asked);
    assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 3));
    assert_ne!(again.id, members[1].id);
}

fn row_63_changed_metadata_are_kept_without_a_rebalance(w: &mut World) {
    let members = statics(w, 1);
    let mut again = restarted(w, &members[0]);
    again.protocols[0].1 = subscription(&[&"other".into()]);
    assert_eq!(again.join_once().generation_id, 1);
    let seen = described(w, &again.group);
    assert_eq!(seen.group_state, "Stable");
    assert_eq!(seen.members[0].member_metadata, again.protocols[0].1);
}

fn row_63_replaced_before_the_sync_it_starts_a_rebalance(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = ["a", "b"].map(|name| Member::named(w, &group, name)).into();
    bring_together(w, &mut members);
    let waits = members[1].begin_sync(&[]);
    members[1].client.expect_silence(Duration::from_millis(50));
    let mut again = restarted(w, &members[1]);
    let asked = again.ask_join();
    let code = members[1].end_sync(waits).error_code;
    // Its client is gone; whether the wait is told of the fence or of the rebalance is all the same to it.
    let told = [ErrorCode::FENCED_INSTANCE_ID, ErrorCode::REBALANCE_IN_PROGRESS];
    assert!(told.contains(&code), "{code}");
    await_state(w, &group, "PreparingRebalance", 2);
    assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(members[0].join().generation_id, 3);
    assert_eq!(again.end_join(asked).generation_id, 3);
}

fn row_63_replaced_while_it_waits_the_old_one_is_fenced(w: &mut World) {
    let mut members = statics(w, 2);
    let group = members[0].group.clone();
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    let mut again = restarted(w, &members[0]);
    let again_asked = again.ask_join();
    let answer = members[0].end_join(asked);
    assert_eq!(answer.error_code, ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!((&answer.member_id, &answer.protocol_name), (&members[0].id, &None));
    assert_eq!(members[1].join().generation_id, 3);
    let answer = again.end_join(again_asked);
    assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 3));
}

fn row_63_an_unknown_instance(w: &mut World) {
    let topic = w.topic(1);
    let members = statics(w, 1);
    for (instance, id, code) in [
        ("nobody", members[0].id.clone(), ErrorCode::UNKNOWN_MEMBER_ID),
        ("nobody", "who".into(), ErrorCode::UNKNOWN_MEMBER_ID),
        ("a", "who".into(), ErrorCode::FENCED_INSTANCE_ID),
    ] {
        let mut other = members[0].double(w);
        other.instance = Some(instance.into());
        other.id = id;
        assert_eq!(other.join_once().error_code, code, "{instance} {}", other.id);
        // Both are looked at before the generation.
        for generation in [1, 7] {
            other.generation = generation;
            assert_eq!(other.sync(&[]).0, code, "{instance} {}", other.id);
            assert_eq!(other.heartbeat(), code, "{instance} {}", other.id);
            assert_eq!(other.commit(&topic, 1), code, "{instance} {}", other.id);
        }
        assert_eq!(other.leave().members[0].error_code, code, "{instance} {}", other.id);
    }
}

fn row_63_two_at_once_have_one_place(w: &mut World) {
    let group = w.name("g");
    let mut first = Member::named(w, &group, "a");
    first.join();
    let mut second = Member::named(w, &group, "a");
    let answer = second.join_once();
    assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 2));
    assert_eq!(first.heartbeat(), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(described(w, &group).members.len(), 1);
}

fn row_63_leaving_by_name(w: &mut World) {
    for version in w.versions(ApiKey::LeaveGroup).filter(|version| *version >= 3) {
        let mut members = statics(w, 3);
        let group = members[0].group.clone();
        let identity = |id: &KString, instance: &str| MemberIdentity {
            member_id: id.clone(),
            group_instance_id: Some(instance.into()),
            reason: None,
        };
        let none = KString::EMPTY;
        let request = LeaveGroupRequest {
            group_id: group.clone(),
            members: vec![
                identity(&none, "b"),
                identity(&none, "nobody"),
                identity(&"who".into(), "a"),
                identity(&members[2].id, "c"),
            ],
            ..Default::default()
        };
        let answer = w.client().call(Box::new(request), version);
        assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
        let codes: Vec<_> = answer
            .members
            .iter()
            .map(|m| (m.member_id.clone(), m.group_instance_id.clone(), m.error_code))
            .collect();
        let expected = [
            (none.clone(), Some("b".into()), ErrorCode::NONE),
            (none, Some("nobody".into()), ErrorCode::UNKNOWN_MEMBER_ID),
            ("who".into(), Some("a".into()), ErrorCode::FENCED_INSTANCE_ID),
            (members[2].id.clone(), Some("c".into()), ErrorCode::NONE),
        ];
        assert_eq!(codes, expected, "v{version}");
        assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS, "v{version}");
        assert_eq!(members[0].join().members.len(), 1, "v{version}");
        assert_eq!(members[1].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID, "v{version}");
    }
}

fn row_63_a_static_member_that_does_not_come_back_keeps_its_place(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = ["a", "b"]
        .map(|name| Member { rebalance_ms: 3_000, ..Member::named(w, &group, name) })
        .into();
    bring_together(w, &mut members);
    settle(w, &mut members);
    let begun = w.elapsed();
    let answer = members[0].join();
    w.expect_elapsed(begun, 3_000);
    assert_eq!((answer.generation_id, answer.members.len()), (3, 2), "it still counts");
    let (first, second) = (members[0].id.clone(), members[1].id.clone());
    assert_eq!(members[0].sync(&[(&first, "a"), (&second, "b")]).1, "a");
    assert_eq!(members[1].heartbeat(), ErrorCode::ILLEGAL_GENERATION);
    // It comes back within its session, and finds what was kept for it.
    let mut again = restarted(w, &members[1]);
    assert_eq!(again.join_once().generation_id, 3);
    assert_eq!(again.sync(&[]), (ErrorCode::NONE, "b".into()));
}

fn row_63_its_session_ends_like_any_other(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = ["a", "b"]
        .map(|name| Member { session_ms: 6_000, ..Member::named(w, &group, name) })
        .into();
    bring_together(w, &mut members);
    settle(w, &mut members);
    for _ in 0..2 {
        w.sleep(Duration::from_millis(2_500));
        assert_eq!(members[0].heartbeat(), ErrorCode::NONE);
    }
    w.sleep(Duration::from_millis(1_500));
    assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(members[0].join().members.len(), 1);
    assert_eq!(members[1].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    // Its name is free again.
    let mut again = restarted(w, &members[1]);
    let asked = again.ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    members[0].join();
    assert_eq!(again.end_join(asked).error_code, ErrorCode::NONE);
}

fn row_63_a_leader_that_does_not_come_back_has_a_successor(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = ["a", "b"]
        .map(|name| Member { rebalance_ms: 3_000, ..Member::named(w, &group, name) })
        .into();
    bring_together(w, &mut members);
    settle(w, &mut members);
    members[1].protocols[0].1 = subscription(&[&"other".into()]);
    let answer = members[1].join();
    assert_eq!((answer.generation_id, answer.members.len()), (3, 2));
    assert_eq!(answer.leader, members[1].id);
}

fn row_63_dynamic_members_beside_it(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    let mut named = Member::named(w, &group, "a");
    let asked = named.ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    let answer = members[0].join();
    let told: Vec<_> = answer.members.iter().map(|m| m.group_instance_id.clone()).collect();
    assert!(told.contains(&None) && told.contains(&Some("a".into())), "{told:?}");
    named.end_join(asked);
    let seen = described(w, &group).members;
    assert!(seen.iter().any(|m| m.group_instance_id.is_none() && m.member_id == members[0].id));
    assert!(seen.iter().any(|m| m.group_instance_id == named.instance && m.member_id == named.id));
}
