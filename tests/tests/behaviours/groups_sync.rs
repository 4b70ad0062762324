//! Rows 59 and 60: assignments and heartbeats of classic groups.

use std::time::Duration;

use bytes::Bytes;
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, bring_together, described, joined, settle, stable,
};
use logboat_tests::world::World;

cases! {
    row_59_followers_wait_for_the_leader;
    row_59_every_version_of_sync;
    row_59_a_wrong_generation;
    row_59_unknown_members_and_groups;
    row_59_while_a_rebalance_is_prepared;
    row_59_in_stable_the_assignment_is_said_again;
    row_59_omitted_members_get_empty_bytes;
    row_59_a_list_of_a_follower_is_ignored;
    row_59_a_second_list_of_the_leader_is_ignored;
    row_59_from_version_5_type_and_protocol_must_fit { kafka_2: "has SyncGroup up to version 4" };
    row_59_a_rebalance_ends_the_wait;
    row_59_a_silent_leader_is_taken_out { virtual_time: true, kafka_2: "no such limit" };
    row_59_a_silent_follower_is_taken_out { virtual_time: true, kafka_2: "no such limit" };
    row_59_assignments_are_any_bytes;
    row_60_heartbeats_in_every_state { kafka_2: "REBALANCE_IN_PROGRESS before the sync as well" };
    row_60_wrong_generations_and_members;
    row_60_a_heartbeat_in_a_rebalance_counts { virtual_time: true };
    row_60_the_session_begins_with_the_answers { virtual_time: true };
}

const REBALANCING: (ErrorCode, Bytes) = (ErrorCode::REBALANCE_IN_PROGRESS, Bytes::new());

fn row_59_followers_wait_for_the_leader(w: &mut World) {
    let mut members = joined(w, 3);
    let ids: Vec<_> = members.iter().map(|member| member.id.clone()).collect();
    let second = members[1].begin_sync(&[]);
    members[1].client.expect_silence(Duration::from_millis(200));
    assert_eq!(described(w, &members[0].group).group_state, "CompletingRebalance");
    let list = [(&ids[0], "a"), (&ids[1], "b"), (&ids[2], "c")];
    assert_eq!(members[0].sync(&list), (ErrorCode::NONE, "a".into()));
    assert_eq!(members[1].end_sync(second).assignment, "b");
    await_state(w, &members[0].group.clone(), "Stable", 3);
    // One that comes later finds what is for it.
    assert_eq!(members[2].sync(&[]), (ErrorCode::NONE, "c".into()));
}

fn row_59_every_version_of_sync(w: &mut World) {
    for version in w.versions(ApiKey::SyncGroup) {
        let mut members = joined(w, 2);
        for member in &mut members {
            member.versions.sync = version;
        }
        let (first, second) = (members[0].id.clone(), members[1].id.clone());
        let waits = members[1].begin_sync(&[]);
        let asked = members[0].begin_sync(&[(&first, "one"), (&second, "two")]);
        for answer in [members[0].end_sync(asked), members[1].end_sync(waits)] {
            assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
            let named = (version >= 5).then(|| ("consumer".into(), "range".into()));
            assert_eq!(answer.protocol_type.zip(answer.protocol_name), named, "v{version}");
        }
        assert_eq!(members[1].sync(&[]), (ErrorCode::NONE, "two".into()), "v{version}");
    }
}

fn row_59_a_wrong_generation(w: &mut World) {
    for version in w.versions(ApiKey::SyncGroup) {
        for settled in [false, true] {
            let mut members = if settled { stable(w, 1) } else { joined(w, 1) };
            members[0].versions.sync = version;
            for generation in [0, 2, -1, i32::MAX, i32::MIN] {
                members[0].generation = generation;
                let id = members[0].id.clone();
                let expected = (ErrorCode::ILLEGAL_GENERATION, Bytes::new());
                assert_eq!(members[0].sync(&[(&id, "x")]), expected, "v{version}, {generation}");
            }
            members[0].generation = 1;
            let expected = if settled { "for 0" } else { "" };
            assert_eq!(members[0].sync(&[]), (ErrorCode::NONE, expected.into()));
        }
    }
}

fn row_59_unknown_members_and_groups(w: &mut World) {
    let expected = (ErrorCode::UNKNOWN_MEMBER_ID, Bytes::new());
    for version in w.versions(ApiKey::SyncGroup) {
        let members = stable(w, 1);
        let mut stranger = members[0].double(w);
        stranger.versions.sync = version;
        for id in ["who", ""] {
            stranger.id = id.into();
            assert_eq!(stranger.sync(&[]), expected, "v{version}");
            // The member is looked at before the generation.
            stranger.generation = 77;
            assert_eq!(stranger.sync(&[]), expected, "v{version}");
        }
        stranger.group = w.name("nowhere");
        assert_eq!(stranger.sync(&[]), expected, "v{version}");
        // An empty group has no members.
        let mut member = members[0].double(w);
        member.versions.sync = version;
        member.leave();
        assert_eq!(member.sync(&[]), expected, "v{version}");
    }
}

fn row_59_while_a_rebalance_is_prepared(w: &mut World) {
    for version in w.versions(ApiKey::SyncGroup) {
        let mut members = stable(w, 2);
        members[1].versions.sync = version;
        let asked = members[0].ask_join();
        await_state(w, &members[1].group.clone(), "PreparingRebalance", 2);
        assert_eq!(members[1].sync(&[]), REBALANCING, "v{version}");
        members[1].join();
        members[0].end_join(asked);
    }
}

fn row_59_in_stable_the_assignment_is_said_again(w: &mut World) {
    let mut members = stable(w, 2);
    for _ in 0..3 {
        assert_eq!(members[0].sync(&[]), (ErrorCode::NONE, "for 0".into()));
        assert_eq!(members[1].sync(&[]), (ErrorCode::NONE, "for 1".into()));
    }
}

fn row_59_omitted_members_get_empty_bytes(w: &mut World) {
    let mut members = joined(w, 3);
    let (first, stranger) = (members[0].id.clone(), KString::from("who"));
    let waits = members[1].begin_sync(&[]);
    let list = [(&first, "all of it"), (&stranger, "nobody's")];
    assert_eq!(members[0].sync(&list), (ErrorCode::NONE, "all of it".into()));
    let answer = members[1].end_sync(waits);
    assert_eq!((answer.error_code, answer.assignment), (ErrorCode::NONE, Bytes::new()));
    await_state(w, &members[0].group.clone(), "Stable", 3);
    assert_eq!(members[2].sync(&[]), (ErrorCode::NONE, Bytes::new()));
}

fn row_59_a_list_of_a_follower_is_ignored(w: &mut World) {
    let mut members = joined(w, 2);
    let (first, second) = (members[0].id.clone(), members[1].id.clone());
    let waits = members[1].begin_sync(&[(&first, "mine"), (&second, "mine too")]);
    members[1].client.expect_silence(Duration::from_millis(100));
    let list = [(&first, "a"), (&second, "b")];
    assert_eq!(members[0].sync(&list), (ErrorCode::NONE, "a".into()));
    assert_eq!(members[1].end_sync(waits).assignment, "b");
}

fn row_59_a_second_list_of_the_leader_is_ignored(w: &mut World) {
    let mut members = stable(w, 2);
    let (first, second) = (members[0].id.clone(), members[1].id.clone());
    let list = [(&second, "all"), (&first, "none")];
    assert_eq!(members[0].sync(&list), (ErrorCode::NONE, "for 0".into()));
    assert_eq!(members[1].sync(&[]), (ErrorCode::NONE, "for 1".into()));
}

fn row_59_from_version_5_type_and_protocol_must_fit(w: &mut World) {
    for settled in [false, true] {
        let members = if settled { stable(w, 1) } else { joined(w, 1) };
        let mut member = members[0].double(w);
        let good = member.sync_request(&[]);
        for (kind, name) in [
            (Some("connect"), Some("range")),
            (Some("consumer"), Some("roundrobin")),
            (None, Some("range")),
            (Some("consumer"), None),
            (None, None),
            (Some(""), Some("")),
        ] {
            let mut request = good.clone();
            request.protocol_type = kind.map(KString::from);
            request.protocol_name = name.map(KString::from);
            let answer = member.client.call(Box::new(request), 5);
            let expected = (ErrorCode::INCONSISTENT_GROUP_PROTOCOL, Bytes::new());
            assert_eq!((answer.error_code, answer.assignment), expected, "{kind:?} {name:?}");
        }
        assert_eq!(member.client.call(Box::new(good), 5).error_code, ErrorCode::NONE);
    }
}

fn row_59_a_rebalance_ends_the_wait(w: &mut World) {
    let mut members = joined(w, 2);
    let group = members[0].group.clone();
    let waits = members[1].begin_sync(&[]);
    members[1].client.expect_silence(Duration::from_millis(50));
    let mut third = Member::new(w, &group);
    let third_asked = third.begin_join();
    let answer = members[1].end_sync(waits);
    assert_eq!((answer.error_code, answer.assignment), REBALANCING);
    await_state(w, &group, "PreparingRebalance", 3);
    let first_asked = members[0].ask_join();
    assert_eq!(members[1].join().generation_id, 3);
    assert_eq!(members[0].end_join(first_asked).members.len(), 3);
    assert_eq!(third.end_join(third_asked).generation_id, 3);
}

fn row_59_a_silent_leader_is_taken_out(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = (0..2).map(|_| Member::new(w, &group)).collect();
    for member in &mut members {
        member.rebalance_ms = 6_000;
    }
    bring_together(w, &mut members);
    let begun = w.elapsed();
    let waits = members[1].begin_sync(&[]);
    w.sleep(Duration::from_secs(3));
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE, "heartbeats are not enough");
    let answer = members[1].end_sync(waits);
    assert_eq!((answer.error_code, answer.assignment), REBALANCING);
    w.expect_elapsed(begun, 6_000);
    assert_eq!(members[0].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    let answer = members[1].join();
    assert_eq!((answer.generation_id, answer.members.len()), (3, 1));
    assert_eq!(answer.leader, members[1].id);
}

fn row_59_a_silent_follower_is_taken_out(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = (0..2).map(|_| Member::new(w, &group)).collect();
    for member in &mut members {
        member.rebalance_ms = 6_000;
    }
    bring_together(w, &mut members);
    let id = members[0].id.clone();
    assert_eq!(members[0].sync(&[(&id, "a")]), (ErrorCode::NONE, "a".into()));
    w.sleep(Duration::from_secs(5));
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE);
    assert_eq!(members[1].heartbeat(), ErrorCode::NONE);
    w.sleep(Duration::from_secs(2));
    assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(members[1].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(members[0].join().members.len(), 1);
}

fn row_59_assignments_are_any_bytes(w: &mut World) {
    let mut members = joined(w, 1);
    let id = members[0].id.clone();
    let text = "\0\u{1}\u{7f}é ".repeat(20_000);
    assert_eq!(members[0].sync(&[(&id, &text)]), (ErrorCode::NONE, text.clone().into()));
    await_state(w, &members[0].group.clone(), "Stable", 1);
    assert_eq!(described(w, &members[0].group).members[0].member_assignment, text);
}

fn row_60_heartbeats_in_every_state(w: &mut World) {
    for version in w.versions(ApiKey::Heartbeat) {
        let mut members = joined(w, 2);
        let group = members[0].group.clone();
        for member in &mut members {
            member.versions.heartbeat = version;
            assert_eq!(member.heartbeat(), ErrorCode::NONE, "v{version}: CompletingRebalance");
        }
        settle(w, &mut members);
        for member in &mut members {
            assert_eq!(member.heartbeat(), ErrorCode::NONE, "v{version}: Stable");
        }
        let asked = members[0].ask_join();
        await_state(w, &group, "PreparingRebalance", 2);
        for _ in 0..2 {
            let code = members[1].heartbeat();
            assert_eq!(code, ErrorCode::REBALANCE_IN_PROGRESS, "v{version}");
        }
        members[1].leave();
        members[0].end_join(asked);
        assert_eq!(members[1].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID, "v{version}: it left");
        members[0].leave();
        await_state(w, &group, "Empty", 0);
        assert_eq!(members[0].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID, "v{version}: Empty");
    }
}

fn row_60_wrong_generations_and_members(w: &mut World) {
    for version in w.versions(ApiKey::Heartbeat) {
        let members = stable(w, 1);
        let mut member = members[0].double(w);
        member.versions.heartbeat = version;
        for generation in [0, 2, -1, i32::MAX, i32::MIN] {
            member.generation = generation;
            assert_eq!(member.heartbeat(), ErrorCode::ILLEGAL_GENERATION, "v{version}");
        }
        for id in ["who", ""] {
            member.id = id.into();
            assert_eq!(member.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID, "v{version}");
        }
        member.group = w.name("nowhere");
        assert_eq!(member.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID, "v{version}: no group");
    }
}

fn row_60_a_heartbeat_in_a_rebalance_counts(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> =
        (0..2).map(|_| Member { session_ms: 6_000, ..Member::new(w, &group) }).collect();
    bring_together(w, &mut members);
    settle(w, &mut members);
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    // Ten seconds of a rebalance are more than a session, but not for who sends heartbeats.
    for _ in 0..5 {
        w.sleep(Duration::from_secs(2));
        assert_eq!(members[1].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    }
    assert_eq!(members[1].join().generation_id, 3);
    assert_eq!(members[0].end_join(asked).members.len(), 2);
}

fn row_60_the_session_begins_with_the_answers(w: &mut World) {
    let group = w.name("g");
    let mut member = Member { session_ms: 6_000, ..Member::new(w, &group) };
    member.join();
    w.sleep(Duration::from_secs(4));
    let id = member.id.clone();
    assert_eq!(member.sync(&[(&id, "a")]).0, ErrorCode::NONE);
    w.sleep(Duration::from_secs(4));
    assert_eq!(member.heartbeat(), ErrorCode::NONE, "eight seconds after it joined");
    w.sleep(Duration::from_secs(7));
    assert_eq!(member.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
}
