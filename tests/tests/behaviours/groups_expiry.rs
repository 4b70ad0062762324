//! Row 66: committed offsets that nobody needs any more.

use std::time::Duration;

use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, commit, commit_of, committed, described, offsets_in, settle, subscription,
};
use logboat_tests::world::World;

/// Offsets are kept for a minute, and looked through every second.
const A_MINUTE: &[(&str, &str)] =
    &[("offsets.retention.minutes", "1"), ("offsets.retention.check.interval.ms", "1000")];

cases! {
    row_66_offsets_of_a_simple_group_expire_one_by_one { virtual_time: true, config: A_MINUTE };
    row_66_another_commit_begins_anew { virtual_time: true, config: A_MINUTE };
    row_66_an_empty_group_counts_from_when_it_became_empty { virtual_time: true, config: A_MINUTE };
    row_66_a_stable_consumer_group_keeps_what_it_subscribes_to { virtual_time: true, config: A_MINUTE };
    row_66_a_stable_group_of_another_type_keeps_all { virtual_time: true, config: A_MINUTE };
    row_66_a_commit_may_bring_its_own_time { virtual_time: true, config: A_MINUTE };
    row_66_an_empty_group_without_offsets_goes { virtual_time: true, config: A_MINUTE };
    row_66_a_week_without_configuration { virtual_time: true };
}

/// Waits until `second` seconds after `begun`.
fn until(w: &World, begun: i64, second: i64) {
    let left = begun + second * 1000 - w.elapsed();
    w.sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0)));
}

/// A member that falls silent for minutes without being missed.
fn patient(w: &World, group: &KString) -> Member {
    Member { session_ms: 300_000, ..Member::new(w, group) }
}

fn is_gone(w: &mut World, group: &KString) -> bool {
    described(w, group).group_state == "Dead"
}

fn row_66_offsets_of_a_simple_group_expire_one_by_one(w: &mut World) {
    let (topic, group) = (w.topic(2), w.name("g"));
    let version = w.newest(ApiKey::OffsetCommit, 9);
    let partitions = |w: &mut World| -> Vec<i32> {
        offsets_in(w, 5, &group, None).iter().map(|found| found.partition).collect()
    };
    let begun = w.elapsed();
    w.client().call(Box::new(commit_of(&group, &topic, 0, 5)), version);
    until(w, begun, 30);
    w.client().call(Box::new(commit_of(&group, &topic, 1, 6)), version);
    until(w, begun, 58);
    let mut both = partitions(w);
    both.sort_unstable();
    assert_eq!(both, [0, 1]);
    until(w, begun, 63);
    assert_eq!(partitions(w), [1]);
    until(w, begun, 88);
    assert_eq!((partitions(w), is_gone(w, &group)), (vec![1], false));
    until(w, begun, 93);
    assert_eq!((partitions(w), is_gone(w, &group)), (vec![], true), "the group goes with it");
}

fn row_66_another_commit_begins_anew(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    let begun = w.elapsed();
    for second in [0, 40, 80] {
        until(w, begun, second);
        assert_eq!(commit(w, &group, &topic, second), ErrorCode::NONE);
    }
    until(w, begun, 137);
    assert_eq!(committed(w, &group, &topic), 80);
    until(w, begun, 143);
    assert_eq!(committed(w, &group, &topic), -1);
}

fn row_66_an_empty_group_counts_from_when_it_became_empty(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    let mut member = patient(w, &group);
    member.protocols[0].1 = subscription(&[&topic.name]);
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    let begun = w.elapsed();
    assert_eq!(member.commit(&topic, 5), ErrorCode::NONE);
    until(w, begun, 40);
    member.leave();
    await_state(w, &group, "Empty", 0);
    until(w, begun, 97);
    assert_eq!(committed(w, &group, &topic), 5);
    until(w, begun, 103);
    assert_eq!((committed(w, &group, &topic), is_gone(w, &group)), (-1, true));
}

fn row_66_a_stable_consumer_group_keeps_what_it_subscribes_to(w: &mut World) {
    let (one, two, group) = (w.topic(1), w.topic(1), w.name("g"));
    let mut member = patient(w, &group);
    member.protocols[0].1 = subscription(&[&one.name]);
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    let begun = w.elapsed();
    for topic in [&one, &two] {
        assert_eq!(member.commit(topic, 5), ErrorCode::NONE);
    }
    until(w, begun, 57);
    assert_eq!((committed(w, &group, &one), committed(w, &group, &two)), (5, 5));
    until(w, begun, 63);
    assert_eq!((committed(w, &group, &one), committed(w, &group, &two)), (5, -1));
    assert_eq!(member.heartbeat(), ErrorCode::NONE);
}

fn row_66_a_stable_group_of_another_type_keeps_all(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    let mut member = Member { kind: "connect".into(), ..patient(w, &group) };
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    assert_eq!(member.commit(&topic, 5), ErrorCode::NONE);
    w.sleep(Duration::from_secs(90));
    assert_eq!(committed(w, &group, &topic), 5);
    assert_eq!(member.heartbeat(), ErrorCode::NONE);
}

fn row_66_a_commit_may_bring_its_own_time(w: &mut World) {
    let group = w.name("g");
    let topics = [0, 5_000, 100_000, -1].map(|retention_ms| (w.topic(1), retention_ms));
    let mut member = patient(w, &group);
    member.protocols[0].1 = subscription(&[&topics[0].0.name]);
    let simple = w.name("g");
    let begun = w.elapsed();
    for (topic, retention_time_ms) in &topics {
        for version in [2, 3, 4] {
            let mut request = commit_of(&simple, topic, 0, 5);
            request.retention_time_ms = *retention_time_ms;
            let answer = w.client().call(Box::new(request), version);
            assert_eq!(answer.topics[0].partitions[0].error_code, ErrorCode::NONE);
        }
    }
    let left = |w: &mut World| -> Vec<bool> {
        topics.iter().map(|(topic, _)| committed(w, &simple, topic) == 5).collect()
    };
    until(w, begun, 3);
    assert_eq!(left(w), [false, true, true, true], "0 is at once");
    until(w, begun, 8);
    assert_eq!(left(w), [false, false, true, true]);
    until(w, begun, 63);
    assert_eq!(left(w), [false, false, true, false]);
    until(w, begun, 103);
    assert_eq!(left(w), [false; 4]);
    // A living group does not lose what it subscribes to, whatever time was asked for.
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    for (topic, _) in &topics[..2] {
        let request = member.commit_request(topic, 5);
        member.client.call(Box::new(request), 4);
        let mut request = member.commit_request(topic, 5);
        request.retention_time_ms = 0;
        member.client.call(Box::new(request), 4);
    }
    w.sleep(Duration::from_secs(3));
    let kept: Vec<_> = topics[..2].iter().map(|(topic, _)| committed(w, &group, topic)).collect();
    assert_eq!(kept, [5, -1]);
}

fn row_66_an_empty_group_without_offsets_goes(w: &mut World) {
    let group = w.name("g");
    let mut member = patient(w, &group);
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    w.sleep(Duration::from_secs(5));
    assert_eq!(member.heartbeat(), ErrorCode::NONE);
    member.leave();
    w.sleep(Duration::from_secs(3));
    assert!(is_gone(w, &group));
    let mut next = patient(w, &group);
    assert_eq!(next.join().generation_id, 1);
}

fn row_66_a_week_without_configuration(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    let day = Duration::from_hours(24);
    assert_eq!(commit(w, &group, &topic, 5), ErrorCode::NONE);
    w.sleep(day * 7 - Duration::from_mins(1));
    assert_eq!(committed(w, &group, &topic), 5);
    // The check comes every ten minutes.
    w.sleep(Duration::from_mins(12));
    assert_eq!(committed(w, &group, &topic), -1);
    assert!(is_gone(w, &group));
}
