//! Row 65, and what `kafka-consumer-groups` asks for (K9, K10): groups listed, described and deleted.

use logboat_core::protocol::messages::delete_groups::DeletableGroupResult;
use logboat_core::protocol::messages::list_groups::ListedGroup;
use logboat_core::protocol::messages::offset_delete::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use logboat_core::protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest, OffsetDeleteRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, bring_together, commit, commit_of, committed, described, joined,
    offsets_in, settle, stable, subscription,
};
use logboat_tests::world::{Topic, World};

const NO_ASSIGNMENT: &str = "shows no assignment outside Stable";
const NO_CONFIGS: &str = "groups have no configs, so nobody may see or change them";

cases! {
    k09_groups_are_listed_in_every_version;
    k09_listed_by_state;
    k09_listed_by_type;
    k09_a_group_that_only_commits_is_listed;
    k10_a_group_that_is_not_there_is_dead;
    k10_a_stable_group_in_every_version;
    k10_a_group_in_each_state { kafka_2: NO_ASSIGNMENT, kafka_3: NO_ASSIGNMENT };
    k10_several_groups_at_once;
    k10_authorized_operations { kafka_2: NO_CONFIGS, kafka_3: NO_CONFIGS };
    k10_a_static_member_has_its_name { kafka_2: "cannot be described before version 4" };
    row_65_deleting_a_living_group;
    row_65_deleting_what_is_not_there;
    row_65_deleting_an_empty_group_with_its_offsets;
    row_65_deleting_a_group_that_only_commits;
    row_65_deleting_several_groups;
    row_65_a_deleted_group_begins_anew;
    row_65_offset_delete_of_a_subscribed_topic;
    row_65_offset_delete_in_an_empty_group { kafka_2: "says each partition three times" };
    row_65_offset_delete_in_a_group_of_another_type;
    row_65_offset_delete_of_a_group_that_is_not_there;
    trap_05_a_group_of_dead_members_is_not_empty { virtual_time: true };
}

fn listed_v(w: &mut World, request: ListGroupsRequest, version: i16) -> Vec<ListedGroup> {
    let answer = w.client().call(Box::new(request), version);
    assert_eq!(answer.error_code, ErrorCode::NONE, "v{version}");
    answer.groups
}

/// Whether a group is listed under these filters.
fn is_listed(w: &mut World, group: &KString, states: &[&str], types: &[&str], v: i16) -> bool {
    let request = ListGroupsRequest {
        states_filter: states.iter().map(|state| (*state).into()).collect(),
        types_filter: types.iter().map(|kind| (*kind).into()).collect(),
    };
    listed_v(w, request, v).iter().any(|listed| listed.group_id == *group)
}

fn k09_groups_are_listed_in_every_version(w: &mut World) {
    let members = stable(w, 2);
    let group = members[0].group.clone();
    let nowhere = w.name("nowhere");
    described(w, &nowhere);
    for version in w.versions(ApiKey::ListGroups) {
        let all = listed_v(w, ListGroupsRequest::default(), version);
        let expected = ListedGroup {
            group_id: group.clone(),
            protocol_type: "consumer".into(),
            group_state: if version >= 4 { "Stable".into() } else { KString::EMPTY },
            group_type: if version >= 5 { "classic".into() } else { KString::EMPTY },
        };
        let found: Vec<_> = all.iter().filter(|listed| listed.group_id == group).collect();
        assert_eq!(found, [&expected], "v{version}: once");
        assert!(all.iter().all(|listed| listed.group_id != nowhere), "v{version}");
    }
}

fn k09_listed_by_state(w: &mut World) {
    let topic = w.topic(1);
    let settled = stable(w, 1)[0].group.clone();
    let completing = joined(w, 1)[0].group.clone();
    let empty = w.name("g");
    assert_eq!(commit(w, &empty, &topic, 1), ErrorCode::NONE);
    let mut preparing = stable(w, 2);
    let _ = preparing[0].ask_join();
    let preparing = preparing[0].group.clone();
    await_state(w, &preparing, "PreparingRebalance", 2);
    let all = [
        (&settled, "Stable"),
        (&completing, "CompletingRebalance"),
        (&empty, "Empty"),
        (&preparing, "PreparingRebalance"),
    ];
    for version in w.versions(ApiKey::ListGroups).filter(|version| *version >= 4) {
        for (group, state) in all {
            for (_, other) in all {
                let seen = is_listed(w, group, &[other], &[], version);
                assert_eq!(seen, state == other, "v{version}: {state} by {other}");
            }
            assert!(is_listed(w, group, &["Dead", state, "Empty"], &[], version), "v{version}");
            assert!(!is_listed(w, group, &["Dead"], &[], version), "v{version}");
            assert!(!is_listed(w, group, &["NoSuchState"], &[], version), "v{version}");
            let lower = state.to_lowercase();
            assert!(is_listed(w, group, &[&lower], &[], version), "v{version}: {lower}");
        }
    }
}

fn k09_listed_by_type(w: &mut World) {
    let group = stable(w, 1)[0].group.clone();
    for version in w.versions(ApiKey::ListGroups).filter(|version| *version >= 5) {
        for (types, expected) in [
            (&[][..], true),
            (&["classic"], true),
            (&["Classic"], true),
            (&["consumer"], false),
            (&["share", "classic"], true),
            (&["nothing"], false),
        ] {
            assert_eq!(is_listed(w, &group, &[], types, version), expected, "{types:?}");
        }
        assert!(is_listed(w, &group, &["Stable"], &["classic"], version));
        assert!(!is_listed(w, &group, &["Empty"], &["classic"], version), "both must fit");
    }
}

fn k09_a_group_that_only_commits_is_listed(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    assert_eq!(commit(w, &group, &topic, 1), ErrorCode::NONE);
    let version = w.newest(ApiKey::ListGroups, 5);
    let all = listed_v(w, ListGroupsRequest::default(), version);
    let found = all.iter().find(|listed| listed.group_id == group).expect("it is listed");
    assert_eq!(found.protocol_type, KString::EMPTY);
    assert!(version < 4 || found.group_state == "Empty");
    assert!(version < 5 || found.group_type == "classic");
    let seen = described(w, &group);
    assert_eq!((seen.error_code, seen.group_state), (ErrorCode::NONE, "Empty".into()));
    assert_eq!((seen.protocol_type, seen.members.len()), (KString::EMPTY, 0));
}

fn k10_a_group_that_is_not_there_is_dead(w: &mut World) {
    for version in w.versions(ApiKey::DescribeGroups) {
        for group in [w.name("nowhere"), w.name("nowhere")] {
            let request =
                DescribeGroupsRequest { groups: vec![group.clone()], ..Default::default() };
            let answer = w.client().call(Box::new(request), version);
            let seen = &answer.groups[0];
            assert_eq!((&seen.group_id, &seen.group_state), (&group, &"Dead".into()));
            assert_eq!((seen.protocol_type.len(), seen.protocol_data.len()), (0, 0));
            assert!(seen.members.is_empty());
            if version >= 6 {
                assert_eq!(seen.error_code, ErrorCode::GROUP_ID_NOT_FOUND, "v{version}");
                let message = format!("Group {group} not found.");
                assert_eq!(seen.error_message, Some(message.as_str().into()), "v{version}");
            } else {
                assert_eq!(seen.error_code, ErrorCode::NONE, "v{version}");
            }
        }
    }
}

fn k10_a_stable_group_in_every_version(w: &mut World) {
    let group = w.name("g");
    let topic: KString = "some topic".into();
    let mut members: Vec<_> = (0..2).map(|_| Member::new(w, &group)).collect();
    for (member, name) in members.iter_mut().zip(["one", "two"]) {
        member.client.client_id = Some(name.into());
        member.protocols[0].1 = subscription(&[&topic]);
    }
    bring_together(w, &mut members);
    settle(w, &mut members);
    for version in w.versions(ApiKey::DescribeGroups) {
        let request = DescribeGroupsRequest { groups: vec![group.clone()], ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        let seen = &answer.groups[0];
        assert_eq!((seen.error_code, &seen.error_message), (ErrorCode::NONE, &None), "v{version}");
        assert_eq!((&seen.group_id, &seen.group_state), (&group, &"Stable".into()));
        assert_eq!(
            (&seen.protocol_type, &seen.protocol_data),
            (&"consumer".into(), &"range".into())
        );
        assert_eq!(seen.authorized_operations, i32::MIN, "v{version}: nobody asked");
        assert_eq!(seen.members.len(), 2, "v{version}");
        for (number, member) in members.iter().enumerate() {
            let found = seen.members.iter().find(|found| found.member_id == member.id);
            let found = found.expect("it is a member");
            assert_eq!(found.client_id, ["one", "two"][number], "v{version}");
            assert_eq!(found.client_host, "/127.0.0.1", "v{version}");
            assert_eq!(found.group_instance_id, None, "v{version}");
            assert_eq!(found.member_metadata, member.protocols[0].1, "v{version}");
            assert_eq!(found.member_assignment, format!("for {number}"), "v{version}");
        }
    }
}

fn k10_a_group_in_each_state(w: &mut World) {
    let mut members = joined(w, 2);
    let group = members[0].group.clone();
    // Outside Stable nothing is said of the protocol and of what members say under it.
    let shown = |w: &mut World, state: &str, count: usize| {
        let seen = described(w, &group);
        assert_eq!((&seen.group_state, seen.members.len()), (&state.into(), count));
        assert_eq!((seen.error_code, seen.protocol_type), (ErrorCode::NONE, "consumer".into()));
        let stable = state == "Stable";
        assert_eq!(seen.protocol_data, if stable { "range" } else { "" }, "{state}");
        assert!(seen.members.iter().all(|m| m.member_metadata.is_empty() != stable), "{state}");
        let mut all: Vec<_> = seen.members.into_iter().map(|m| m.member_assignment).collect();
        all.sort();
        all
    };
    assert_eq!(shown(w, "CompletingRebalance", 2), ["", ""]);
    settle(w, &mut members);
    assert_eq!(shown(w, "Stable", 2), ["for 0", "for 1"]);
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    assert_eq!(shown(w, "PreparingRebalance", 2), ["for 0", "for 1"], "still the old ones");
    members[1].join();
    members[0].end_join(asked);
    shown(w, "CompletingRebalance", 2);
    for member in &mut members {
        member.leave();
    }
    await_state(w, &group, "Empty", 0);
    shown(w, "Empty", 0);
}

fn k10_several_groups_at_once(w: &mut World) {
    let groups = [stable(w, 1)[0].group.clone(), w.name("nowhere"), joined(w, 1)[0].group.clone()];
    for version in w.versions(ApiKey::DescribeGroups) {
        let request = DescribeGroupsRequest { groups: groups.to_vec(), ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        let mut seen: Vec<_> =
            answer.groups.into_iter().map(|seen| (seen.group_id, seen.group_state)).collect();
        seen.sort();
        let states = ["Stable", "Dead", "CompletingRebalance"].map(KString::from);
        let mut expected: Vec<_> = groups.iter().cloned().zip(states).collect();
        expected.sort();
        assert_eq!(seen, expected, "v{version}");
        let request = DescribeGroupsRequest::default();
        assert!(w.client().call(Box::new(request), version).groups.is_empty(), "v{version}");
    }
}

fn k10_authorized_operations(w: &mut World) {
    let members = stable(w, 1);
    for version in w.versions(ApiKey::DescribeGroups).filter(|version| *version >= 3) {
        let request = DescribeGroupsRequest {
            groups: vec![members[0].group.clone()],
            include_authorized_operations: true,
        };
        let answer = w.client().call(Box::new(request), version);
        // READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS
        let expected = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;
        assert_eq!(answer.groups[0].authorized_operations, expected, "v{version}");
    }
}

fn k10_a_static_member_has_its_name(w: &mut World) {
    let group = w.name("g");
    let mut member = Member::named(w, &group, "a");
    member.join();
    for version in w.versions(ApiKey::DescribeGroups) {
        let request = DescribeGroupsRequest { groups: vec![group.clone()], ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        let name = (version >= 4).then(|| "a".into());
        let seen = &answer.groups[0];
        assert_eq!(seen.members.len(), 1, "v{version}: {seen:?}");
        assert_eq!(seen.members[0].group_instance_id, name, "v{version}");
    }
}

/// Deletes groups in a version; each one's error, by group.
fn delete(w: &mut World, groups: &[&KString], version: i16) -> Vec<(KString, ErrorCode)> {
    let groups_names = groups.iter().map(|group| (*group).clone()).collect();
    let answer = w.client().call(Box::new(DeleteGroupsRequest { groups_names }), version);
    let mut results: Vec<_> = answer
        .results
        .into_iter()
        .map(|DeletableGroupResult { group_id, error_code }| (group_id, error_code))
        .collect();
    results.sort();
    results
}

fn row_65_deleting_a_living_group(w: &mut World) {
    let mut members = joined(w, 2);
    let group = members[0].group.clone();
    let expected = [(group.clone(), ErrorCode::NON_EMPTY_GROUP)];
    for version in w.versions(ApiKey::DeleteGroups) {
        assert_eq!(delete(w, &[&group], version), expected, "v{version}: CompletingRebalance");
    }
    settle(w, &mut members);
    for version in w.versions(ApiKey::DeleteGroups) {
        assert_eq!(delete(w, &[&group], version), expected, "v{version}: Stable");
    }
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    for version in w.versions(ApiKey::DeleteGroups) {
        assert_eq!(delete(w, &[&group], version), expected, "v{version}: PreparingRebalance");
    }
    members[1].join();
    assert_eq!(members[0].end_join(asked).error_code, ErrorCode::NONE, "nothing happened");
}

fn row_65_deleting_what_is_not_there(w: &mut World) {
    for version in w.versions(ApiKey::DeleteGroups) {
        let group = w.name("nowhere");
        let expected = [(group.clone(), ErrorCode::GROUP_ID_NOT_FOUND)];
        assert_eq!(delete(w, &[&group], version), expected, "v{version}");
        assert_eq!(delete(w, &[], version), [], "v{version}");
    }
}

fn row_65_deleting_an_empty_group_with_its_offsets(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::DeleteGroups) {
        let mut members = stable(w, 1);
        let group = members[0].group.clone();
        assert_eq!(members[0].commit(&topic, 5), ErrorCode::NONE);
        members[0].leave();
        await_state(w, &group, "Empty", 0);
        assert_eq!(delete(w, &[&group], version), [(group.clone(), ErrorCode::NONE)]);
        assert_eq!(committed(w, &group, &topic), -1, "v{version}");
        await_state(w, &group, "Dead", 0);
        let again = [(group.clone(), ErrorCode::GROUP_ID_NOT_FOUND)];
        assert_eq!(delete(w, &[&group], version), again, "v{version}");
    }
}

fn row_65_deleting_a_group_that_only_commits(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::DeleteGroups) {
        let group = w.name("g");
        assert_eq!(commit(w, &group, &topic, 5), ErrorCode::NONE);
        assert_eq!(delete(w, &[&group], version), [(group.clone(), ErrorCode::NONE)]);
        assert_eq!(committed(w, &group, &topic), -1, "v{version}");
        await_state(w, &group, "Dead", 0);
    }
}

fn row_65_deleting_several_groups(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::DeleteGroups) {
        let (empty, nowhere) = (w.name("g"), w.name("nowhere"));
        assert_eq!(commit(w, &empty, &topic, 5), ErrorCode::NONE);
        let living = stable(w, 1)[0].group.clone();
        let mut expected = vec![
            (living.clone(), ErrorCode::NON_EMPTY_GROUP),
            (empty.clone(), ErrorCode::NONE),
            (nowhere.clone(), ErrorCode::GROUP_ID_NOT_FOUND),
        ];
        expected.sort();
        assert_eq!(delete(w, &[&living, &empty, &nowhere], version), expected, "v{version}");
        // One name twice is one group.
        assert_eq!(commit(w, &empty, &topic, 5), ErrorCode::NONE);
        let twice = [(empty.clone(), ErrorCode::NONE)];
        assert_eq!(delete(w, &[&empty, &empty], version), twice, "v{version}");
    }
}

fn row_65_a_deleted_group_begins_anew(w: &mut World) {
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    members[0].leave();
    await_state(w, &group, "Empty", 0);
    let version = w.newest(ApiKey::DeleteGroups, 2);
    assert_eq!(delete(w, &[&group], version)[0].1, ErrorCode::NONE);
    assert_eq!(members[0].heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(members[0].join_once().error_code, ErrorCode::UNKNOWN_MEMBER_ID);
    let mut next = Member::new(w, &group);
    assert_eq!(next.join().generation_id, 1);
}

/// Deletes the offset of partition 0 of topics: the error of all, and of each topic.
fn offset_delete(
    w: &mut World,
    group: &KString,
    topics: &[&Topic],
) -> (ErrorCode, Vec<(KString, ErrorCode)>) {
    let topics = topics.iter().map(|topic| OffsetDeleteRequestTopic {
        name: topic.name.clone(),
        partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
    });
    let request = OffsetDeleteRequest { group_id: group.clone(), topics: topics.collect() };
    let answer = w.client().call(Box::new(request), 0);
    let mut codes: Vec<_> = answer
        .topics
        .iter()
        .map(|topic| (topic.name.clone(), topic.partitions[0].error_code))
        .collect();
    codes.sort();
    (answer.error_code, codes)
}

fn row_65_offset_delete_of_a_subscribed_topic(w: &mut World) {
    let (one, two) = (w.topic(1), w.topic(1));
    let group = w.name("g");
    let mut member = Member::new(w, &group);
    member.protocols[0].1 = subscription(&[&one.name]);
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    for topic in [&one, &two] {
        assert_eq!(member.commit(topic, 5), ErrorCode::NONE);
    }
    let mut expected = vec![
        (one.name.clone(), ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC),
        (two.name.clone(), ErrorCode::NONE),
    ];
    expected.sort();
    assert_eq!(offset_delete(w, &group, &[&one, &two]), (ErrorCode::NONE, expected));
    assert_eq!((committed(w, &group, &one), committed(w, &group, &two)), (5, -1));
    // Without anybody in it the group subscribes to nothing.
    member.leave();
    await_state(w, &group, "Empty", 0);
    let expected = vec![(one.name.clone(), ErrorCode::NONE)];
    assert_eq!(offset_delete(w, &group, &[&one]), (ErrorCode::NONE, expected));
    assert_eq!(committed(w, &group, &one), -1);
}

fn row_65_offset_delete_in_an_empty_group(w: &mut World) {
    let (topic, group) = (w.topic(3), w.name("g"));
    let version = w.newest(ApiKey::OffsetCommit, 9);
    for partition in [0, 1] {
        w.client().call(Box::new(commit_of(&group, &topic, partition, 5)), version);
    }
    let nowhere = Topic { name: w.name("nowhere"), ..topic.clone() };
    let partitions = [0, 2, 3].map(|index| OffsetDeleteRequestPartition { partition_index: index });
    let topics = [&topic, &nowhere].map(|topic| OffsetDeleteRequestTopic {
        name: topic.name.clone(),
        partitions: partitions.to_vec(),
    });
    let request = OffsetDeleteRequest { group_id: group.clone(), topics: topics.to_vec() };
    let answer = w.client().call(Box::new(request), 0);
    assert_eq!(answer.error_code, ErrorCode::NONE);
    let mut codes: Vec<_> = answer
        .topics
        .iter()
        .flat_map(|t| {
            t.partitions.iter().map(|p| (t.name == topic.name, p.partition_index, p.error_code))
        })
        .collect();
    codes.sort();
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    let expected = [
        (false, 0, unknown),
        (false, 2, unknown),
        (false, 3, unknown),
        (true, 0, ErrorCode::NONE),
        (true, 2, ErrorCode::NONE),
        (true, 3, unknown),
    ];
    assert_eq!(codes, expected);
    let left: Vec<_> = offsets_in(w, 5, &group, None).iter().map(|found| found.partition).collect();
    assert_eq!(left, [1]);
}

fn row_65_offset_delete_in_a_group_of_another_type(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    let mut member = Member { kind: "connect".into(), ..Member::new(w, &group) };
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    assert_eq!(member.commit(&topic, 5), ErrorCode::NONE);
    assert_eq!(offset_delete(w, &group, &[&topic]).0, ErrorCode::NON_EMPTY_GROUP);
    assert_eq!(committed(w, &group, &topic), 5);
    member.leave();
    await_state(w, &group, "Empty", 0);
    assert_eq!(offset_delete(w, &group, &[&topic]).1[0].1, ErrorCode::NONE);
    assert_eq!(committed(w, &group, &topic), -1);
}

fn row_65_offset_delete_of_a_group_that_is_not_there(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("nowhere");
    assert_eq!(offset_delete(w, &group, &[&topic]).0, ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(described(w, &group).group_state, "Dead");
}

fn trap_05_a_group_of_dead_members_is_not_empty(w: &mut World) {
    // The user's consumer was killed; he deletes its group.
    let group = w.name("g");
    let mut member = Member { session_ms: 6_000, ..Member::new(w, &group) };
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    drop(member);
    let version = w.newest(ApiKey::DeleteGroups, 2);
    w.sleep(std::time::Duration::from_secs(5));
    assert_eq!(delete(w, &[&group], version), [(group.clone(), ErrorCode::NON_EMPTY_GROUP)]);
    w.sleep(std::time::Duration::from_secs(3));
    assert_eq!(delete(w, &[&group], version), [(group.clone(), ErrorCode::NONE)]);
}
