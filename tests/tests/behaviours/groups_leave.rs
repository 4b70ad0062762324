//! Rows 57 and 64: how long a rebalance waits, and how members leave: by saying so, or by saying nothing.

use std::time::Duration;

use bytes::Bytes;
use logboat_core::protocol::messages::leave_group::{MemberIdentity, MemberResponse};
use logboat_core::protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, bring_together, commit, committed, described, joined, settle, stable,
};
use logboat_tests::world::World;

const DELAY: &[(&str, &str)] = &[("group.initial.rebalance.delay.ms", "2000")];

cases! {
    row_57_without_a_delay_the_first_join_is_answered_at_once;
    row_57_the_first_join_waits_for_others { virtual_time: true, config: DELAY };
    row_57_another_join_begins_another_delay { virtual_time: true, config: DELAY };
    row_57_the_first_rebalance_timeout_is_the_cap { virtual_time: true, config: DELAY };
    row_57_a_short_rebalance_timeout_does_not_shorten_the_delay { virtual_time: true, config: DELAY };
    row_57_a_group_that_became_empty_waits_again { virtual_time: true, config: DELAY };
    row_57_members_that_do_not_come_back_are_dropped { virtual_time: true };
    row_57_the_longest_rebalance_timeout_counts { virtual_time: true };
    row_57_in_version_0_the_session_timeout_is_both { virtual_time: true };
    row_57_a_rebalance_timeout_of_0_drops_the_old_members_at_once;
    row_64_before_version_3_the_error_is_the_answers;
    row_64_from_version_3_each_member_has_its_error;
    row_64_leaving_an_unknown_group;
    row_64_leaving_starts_a_rebalance;
    row_64_leaving_a_rebalance_ends_its_wait;
    row_64_a_waiting_member_can_be_taken_out;
    row_64_the_last_one_leaves_an_empty_group;
    row_64_all_leave_at_once;
    row_64_a_silent_member_is_taken_out { virtual_time: true };
    row_64_a_closed_connection_is_no_leaving { virtual_time: true };
    row_64_members_that_fall_silent_leave_their_offsets { virtual_time: true };
    row_64_a_commit_counts_as_a_heartbeat { virtual_time: true };
    row_55_a_pending_member_is_forgotten { virtual_time: true };
    row_55_a_forgotten_pending_member_ends_the_wait { virtual_time: true };
}

fn row_57_without_a_delay_the_first_join_is_answered_at_once(w: &mut World) {
    let group = w.name("g");
    let begun = w.elapsed();
    Member::new(w, &group).join();
    w.expect_elapsed(begun, 0);
}

/// A member that has its id and has not joined, with this rebalance timeout.
fn known(w: &World, group: &KString, rebalance_ms: i32) -> Member {
    let mut member = Member { rebalance_ms, ..Member::new(w, group) };
    member.join_once();
    member
}

fn row_57_the_first_join_waits_for_others(w: &mut World) {
    for version in [0, 9] {
        let group = w.name("g");
        let mut member = known(w, &group, 60_000);
        member.versions.join = w.newest(ApiKey::JoinGroup, version);
        let begun = w.elapsed();
        assert_eq!(member.join().generation_id, 1, "v{version}");
        w.expect_elapsed(begun, 2_000);
    }
}

fn row_57_another_join_begins_another_delay(w: &mut World) {
    let group = w.name("g");
    let mut first = known(w, &group, 60_000);
    let mut second = known(w, &group, 60_000);
    let begun = w.elapsed();
    let first_asked = first.ask_join();
    w.sleep(Duration::from_secs(1));
    let second_asked = second.ask_join();
    let answer = first.end_join(first_asked);
    w.expect_elapsed(begun, 4_000);
    assert_eq!((answer.generation_id, answer.members.len()), (1, 2));
    assert_eq!(answer.leader, first.id, "the first one leads");
    assert_eq!(second.end_join(second_asked).generation_id, 1);
}

fn row_57_the_first_rebalance_timeout_is_the_cap(w: &mut World) {
    let group = w.name("g");
    let begun = w.elapsed();
    let mut waiting = Vec::new();
    // The cap is fixed by the first: a longer timeout of another does not move it.
    for (pause, rebalance_ms) in [(0, 5_000), (1_500, 60_000), (2_000, 60_000)] {
        w.sleep(Duration::from_millis(pause));
        let mut member = Member { rebalance_ms, ..Member::new(w, &group) };
        let asked = member.begin_join();
        waiting.push((member, asked));
    }
    for (member, asked) in &mut waiting {
        assert_eq!(member.end_join(*asked).generation_id, 1);
    }
    // Two whole delays and what is left.
    w.expect_elapsed(begun, 5_000);
}

fn row_57_a_short_rebalance_timeout_does_not_shorten_the_delay(w: &mut World) {
    let group = w.name("g");
    let mut first = known(w, &group, 500);
    let mut second = known(w, &group, 500);
    let begun = w.elapsed();
    let first_asked = first.ask_join();
    w.sleep(Duration::from_secs(1));
    let second_asked = second.ask_join();
    assert_eq!(first.end_join(first_asked).members.len(), 2);
    // Nor is there a second one.
    w.expect_elapsed(begun, 2_000);
    second.end_join(second_asked);
}

fn row_57_a_group_that_became_empty_waits_again(w: &mut World) {
    let group = w.name("g");
    let mut member = known(w, &group, 60_000);
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    // A rebalance of a living group waits for its members and for nothing else.
    let begun = w.elapsed();
    assert_eq!(member.join().generation_id, 2);
    w.expect_elapsed(begun, 0);
    member.leave();
    let mut later = known(w, &group, 60_000);
    let begun = w.elapsed();
    assert_eq!(later.join().generation_id, 4);
    w.expect_elapsed(begun, 2_000);
}

fn row_57_members_that_do_not_come_back_are_dropped(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> =
        (0..3).map(|_| Member { rebalance_ms: 7_000, ..Member::new(w, &group) }).collect();
    bring_together(w, &mut members);
    settle(w, &mut members);
    let begun = w.elapsed();
    let first = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 3);
    let second = members[1].ask_join();
    w.sleep(Duration::from_secs(4));
    assert_eq!(members[2].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(members[0].end_join(first).members.len(), 2);
    w.expect_elapsed(begun, 7_000);
    assert_eq!(members[1].end_join(second).generation_id, 3);
    // It was alive, but that is not enough.
    assert_eq!(members[2].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(members[2].join_once().error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

fn row_57_the_longest_rebalance_timeout_counts(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> = [4_000, 8_000, 1_000]
        .map(|rebalance_ms| Member { rebalance_ms, ..Member::new(w, &group) })
        .into();
    bring_together(w, &mut members);
    settle(w, &mut members);
    let begun = w.elapsed();
    assert_eq!(members[0].join().members.len(), 1);
    w.expect_elapsed(begun, 8_000);
}

fn row_57_in_version_0_the_session_timeout_is_both(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> =
        (0..2).map(|_| Member { session_ms: 6_000, ..Member::new(w, &group) }).collect();
    for member in &mut members {
        member.versions.join = 0;
        member.rebalance_ms = 60_000;
    }
    bring_together(w, &mut members);
    settle(w, &mut members);
    let begun = w.elapsed();
    let asked = members[0].ask_join();
    for _ in 0..2 {
        w.sleep(Duration::from_secs(2));
        assert_eq!(members[1].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
    }
    assert_eq!(members[0].end_join(asked).members.len(), 1);
    w.expect_elapsed(begun, 6_000);
}

fn row_57_a_rebalance_timeout_of_0_drops_the_old_members_at_once(w: &mut World) {
    for (rebalance_ms, version) in [(0, 1), (-1, 1), (0, 9), (-1, 9), (i32::MIN, 5)] {
        let group = w.name("g");
        let versions = w.newest(ApiKey::JoinGroup, version);
        let mut old = Member { rebalance_ms, ..Member::new(w, &group) };
        old.versions.join = versions;
        // It must be quick with its sync as well, so it is gone before or with the other's join.
        old.join();
        let mut new = Member { rebalance_ms, ..Member::new(w, &group) };
        new.versions.join = versions;
        let begun = w.elapsed();
        let answer = new.join();
        w.expect_elapsed(begun, 0);
        assert_eq!((&answer.leader, answer.members.len()), (&new.id, 1), "{rebalance_ms}");
        assert_eq!(old.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID, "{rebalance_ms}");
    }
}

/// Takes members out by another connection.
fn take_out(
    w: &mut World,
    group: &KString,
    members: &[(&KString, Option<&str>)],
    version: i16,
) -> Box<LeaveGroupResponse> {
    let identities = members.iter().map(|(id, instance)| MemberIdentity {
        member_id: (*id).clone(),
        group_instance_id: instance.map(KString::from),
        reason: None,
    });
    let request = LeaveGroupRequest {
        group_id: group.clone(),
        member_id: members.first().map_or(KString::EMPTY, |(id, _)| (*id).clone()),
        members: identities.collect(),
    };
    w.client().call(Box::new(request), version)
}

fn result(id: &str, code: ErrorCode) -> MemberResponse {
    MemberResponse { member_id: id.into(), group_instance_id: None, error_code: code }
}

fn row_64_before_version_3_the_error_is_the_answers(w: &mut World) {
    for version in w.versions(ApiKey::LeaveGroup).filter(|version| *version < 3) {
        let mut members = stable(w, 2);
        let group = members[0].group.clone();
        for id in ["who", ""] {
            let answer = take_out(w, &group, &[(&id.into(), None)], version);
            assert_eq!(answer.error_code, ErrorCode::UNKNOWN_MEMBER_ID, "v{version}");
        }
        members[1].versions.leave = version;
        let answer = members[1].leave();
        assert_eq!((answer.error_code, answer.members.len()), (ErrorCode::NONE, 0), "v{version}");
        let answer = members[1].leave();
        assert_eq!(answer.error_code, ErrorCode::UNKNOWN_MEMBER_ID, "v{version}: once");
        assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS, "v{version}");
    }
}

fn row_64_from_version_3_each_member_has_its_error(w: &mut World) {
    for version in w.versions(ApiKey::LeaveGroup).filter(|version| *version >= 3) {
        let mut members = stable(w, 3);
        let group = members[0].group.clone();
        let (who, gone) = (KString::from("who"), members[2].id.clone());
        let empty = KString::EMPTY;
        let answer = take_out(w, &group, &[(&who, None), (&gone, None), (&empty, None)], version);
        assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
        let expected = [
            result("who", ErrorCode::UNKNOWN_MEMBER_ID),
            result(gone.to_str().unwrap_or_default(), ErrorCode::NONE),
            result("", ErrorCode::UNKNOWN_MEMBER_ID),
        ];
        assert_eq!(answer.members, expected, "v{version}");
        assert_eq!(members[0].heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS, "v{version}");
        // Nobody is nothing.
        let answer = take_out(w, &group, &[], version);
        assert_eq!((answer.error_code, answer.members.len()), (ErrorCode::NONE, 0), "v{version}");
    }
}

fn row_64_leaving_an_unknown_group(w: &mut World) {
    for version in w.versions(ApiKey::LeaveGroup) {
        let group = w.name("nowhere");
        let answer = take_out(w, &group, &[(&"who".into(), None)], version);
        if version < 3 {
            assert_eq!(answer.error_code, ErrorCode::UNKNOWN_MEMBER_ID, "v{version}");
        } else {
            assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
            assert_eq!(answer.members, [result("who", ErrorCode::UNKNOWN_MEMBER_ID)]);
        }
    }
}

fn row_64_leaving_starts_a_rebalance(w: &mut World) {
    for settled in [true, false] {
        let mut members = if settled { stable(w, 3) } else { joined(w, 3) };
        let mut waiting = members[1].double(w);
        let sync = waiting.begin_sync(&[]);
        if settled {
            waiting.end_sync(sync);
        }
        members[2].leave();
        if !settled {
            let code = waiting.end_sync(sync).error_code;
            assert_eq!(code, ErrorCode::REBALANCE_IN_PROGRESS, "who waited is told");
        }
        for member in &mut members[..2] {
            assert_eq!(member.heartbeat(), ErrorCode::REBALANCE_IN_PROGRESS);
        }
        let asked = members[0].ask_join();
        assert_eq!(members[1].join().generation_id, 3);
        assert_eq!(members[0].end_join(asked).members.len(), 2);
    }
}

fn row_64_leaving_a_rebalance_ends_its_wait(w: &mut World) {
    let mut members = stable(w, 2);
    let asked = members[0].ask_join();
    await_state(w, &members[1].group.clone(), "PreparingRebalance", 2);
    members[0].client.expect_silence(Duration::from_millis(100));
    members[1].leave();
    let answer = members[0].end_join(asked);
    assert_eq!((answer.generation_id, answer.members.len()), (3, 1));
}

fn row_64_a_waiting_member_can_be_taken_out(w: &mut World) {
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    let id = members[0].id.clone();
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    let version = w.newest(ApiKey::LeaveGroup, 5);
    take_out(w, &group, &[(&id, None)], version);
    let answer = members[0].end_join(asked);
    let refused = (ErrorCode::UNKNOWN_MEMBER_ID, KString::EMPTY);
    assert_eq!((answer.error_code, &answer.member_id), (refused.0, &refused.1));
    assert_eq!(answer.protocol_name, None, "{answer:?}");
    assert_eq!(members[1].join().members.len(), 1);
}

fn row_64_the_last_one_leaves_an_empty_group(w: &mut World) {
    let topic = w.topic(1);
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    assert_eq!(members[0].commit(&topic, 5), ErrorCode::NONE);
    members[0].leave();
    await_state(w, &group, "Empty", 0);
    let seen = described(w, &group);
    assert_eq!((seen.protocol_type, seen.protocol_data), ("consumer".into(), KString::EMPTY));
    assert_eq!(committed(w, &group, &topic), 5, "its offsets stay");
    assert_eq!(commit(w, &group, &topic, 6), ErrorCode::NONE, "and anybody may set them");
    assert_eq!(members[0].commit(&topic, 7), ErrorCode::UNKNOWN_MEMBER_ID, "but no old member");
}

fn row_64_all_leave_at_once(w: &mut World) {
    // Three consumers of one process that is told to end.
    let mut members = stable(w, 3);
    let group = members[0].group.clone();
    let version = members[0].versions.leave;
    let asked: Vec<_> = members
        .iter_mut()
        .map(|member| {
            let identity = MemberIdentity { member_id: member.id.clone(), ..Default::default() };
            let request = LeaveGroupRequest {
                group_id: member.group.clone(),
                members: vec![identity],
                ..Default::default()
            };
            member.client.send(Box::new(request), version)
        })
        .collect();
    for (member, id) in members.iter_mut().zip(asked) {
        let answer = member.client.answer::<Box<LeaveGroupRequest>>(version, id);
        assert_eq!(answer.members[0].error_code, ErrorCode::NONE);
    }
    await_state(w, &group, "Empty", 0);
    let mut next = Member::new(w, &group);
    assert_eq!(next.join().members.len(), 1);
}

fn row_64_a_silent_member_is_taken_out(w: &mut World) {
    let group = w.name("g");
    let mut members: Vec<_> =
        (0..2).map(|_| Member { session_ms: 6_000, ..Member::new(w, &group) }).collect();
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
}

fn row_64_a_closed_connection_is_no_leaving(w: &mut World) {
    let mut members = stable(w, 2);
    let again = members[1].double(w);
    drop(members.pop());
    w.sleep(Duration::from_secs(5));
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE, "nobody misses it yet");
    // It may come back by another connection, as who it was.
    let mut again = again;
    assert_eq!(again.heartbeat(), ErrorCode::NONE);
    assert_eq!(again.sync(&[]), (ErrorCode::NONE, Bytes::from("for 1")));
}

fn row_64_members_that_fall_silent_leave_their_offsets(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    let mut members: Vec<_> =
        (0..2).map(|_| Member { session_ms: 6_000, ..Member::new(w, &group) }).collect();
    bring_together(w, &mut members);
    settle(w, &mut members);
    assert_eq!(members[0].commit(&topic, 5), ErrorCode::NONE);
    // One session passes, and the rebalance that its end begins waits for nobody who is alive.
    w.sleep(Duration::from_secs(8));
    await_state(w, &group, "Empty", 0);
    assert_eq!(committed(w, &group, &topic), 5);
    let mut next = Member::new(w, &group);
    assert_eq!(next.join().generation_id, 4, "one generation was empty");
}

fn row_64_a_commit_counts_as_a_heartbeat(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    let mut member = Member { session_ms: 6_000, ..Member::new(w, &group) };
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    for offset in 0..5 {
        w.sleep(Duration::from_secs(3));
        assert_eq!(member.commit(&topic, offset), ErrorCode::NONE);
    }
    assert_eq!(member.heartbeat(), ErrorCode::NONE);
}

fn row_55_a_pending_member_is_forgotten(w: &mut World) {
    let group = w.name("g");
    let mut late = Member { session_ms: 6_000, ..Member::new(w, &group) };
    late.join_once();
    let mut early = Member { session_ms: 6_000, ..Member::new(w, &group) };
    early.join_once();
    w.sleep(Duration::from_millis(5_000));
    assert_eq!(early.join_once().error_code, ErrorCode::NONE);
    w.sleep(Duration::from_millis(1_500));
    assert_eq!(late.join_once().error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

fn row_55_a_forgotten_pending_member_ends_the_wait(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    let mut pending = Member { session_ms: 6_000, ..Member::new(w, &group) };
    let begun = w.elapsed();
    pending.join_once();
    assert_eq!(members[0].join().members.len(), 1);
    w.expect_elapsed(begun, 6_000);
}
