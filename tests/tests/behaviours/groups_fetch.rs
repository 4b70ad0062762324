//! Row 62: reading committed offsets.

use logboat_core::protocol::messages::OffsetFetchRequest;
use logboat_core::protocol::messages::offset_fetch::OffsetFetchRequestGroup;
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_tests::cases;
use logboat_tests::group::{Found, commit, commit_of, found_in, offset_fetch, offsets_in, stable};
use logboat_tests::world::{Topic, World};

cases! {
    row_62_without_a_commit_there_is_no_offset;
    row_62_topics_that_are_not_there_have_no_offset { kafka_2: "in an order of its own" };
    row_62_null_topics_are_all;
    row_62_no_topics_are_none;
    row_62_answers_come_in_the_order_of_questions { kafka_2: "in an order of its own" };
    row_62_several_groups_in_one_question { kafka_2: "asks for one group at a time" };
    row_62_by_topic_id { kafka_2: "has no topic ids", kafka_3: "has no topic ids here" };
    row_62_a_living_group_is_read_by_anybody;
}

/// Versions without v0, which meant ZooKeeper's offsets, and without those where topics go by id.
fn named(w: &World, key: ApiKey) -> impl Iterator<Item = i16> + use<> {
    assert!(!w.versions(key).is_empty(), "offered");
    w.versions(key).filter(|version| (1..10).contains(version))
}

fn none_of(topic: &Topic, partition: i32) -> Found {
    Found {
        name: topic.name.clone(),
        id: Uuid::ZERO,
        partition,
        offset: -1,
        epoch: -1,
        metadata: Some(KString::EMPTY),
        code: ErrorCode::NONE,
    }
}

fn row_62_without_a_commit_there_is_no_offset(w: &mut World) {
    let (topic, unused) = (w.topic(2), w.name("g"));
    let used = w.name("g");
    assert_eq!(commit(w, &used, &topic, 5), ErrorCode::NONE);
    for version in named(w, ApiKey::OffsetFetch) {
        let found = offsets_in(w, version, &unused, Some(&[(&topic, &[0, 1])]));
        assert_eq!(found, [none_of(&topic, 0), none_of(&topic, 1)], "v{version}");
        let found = offsets_in(w, version, &used, Some(&[(&topic, &[1])]));
        assert_eq!(found, [none_of(&topic, 1)], "v{version}");
    }
}

fn row_62_topics_that_are_not_there_have_no_offset(w: &mut World) {
    let (group, topic) = (w.name("g"), w.topic(1));
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    for version in named(w, ApiKey::OffsetFetch) {
        let asked: &[(&Topic, &[i32])] = &[(&nowhere, &[0]), (&topic, &[1, -1, i32::MAX])];
        let found = offsets_in(w, version, &group, Some(asked));
        let expected = [
            none_of(&nowhere, 0),
            none_of(&topic, 1),
            none_of(&topic, -1),
            none_of(&topic, i32::MAX),
        ];
        assert_eq!(found, expected, "v{version}");
    }
}

fn row_62_null_topics_are_all(w: &mut World) {
    let (group, one, two) = (w.name("g"), w.topic(2), w.topic(1));
    for (topic, partition, offset) in [(&one, 0, 5), (&one, 1, 6), (&two, 0, 7)] {
        let version = w.newest(ApiKey::OffsetCommit, 9);
        w.client().call(Box::new(commit_of(&group, topic, partition, offset)), version);
    }
    for version in named(w, ApiKey::OffsetFetch).filter(|version| *version >= 2) {
        let mut found: Vec<_> = offsets_in(w, version, &group, None)
            .into_iter()
            .map(|found| (found.name == two.name, found.partition, found.offset))
            .collect();
        found.sort_unstable();
        assert_eq!(found, [(false, 0, 5), (false, 1, 6), (true, 0, 7)], "v{version}");
    }
}

fn row_62_no_topics_are_none(w: &mut World) {
    let (group, topic) = (w.name("g"), w.topic(1));
    assert_eq!(commit(w, &group, &topic, 5), ErrorCode::NONE);
    for version in named(w, ApiKey::OffsetFetch) {
        assert_eq!(offsets_in(w, version, &group, Some(&[])), [], "v{version}");
        assert_eq!(offsets_in(w, version, &group, Some(&[(&topic, &[])])), [], "v{version}");
    }
}

fn row_62_answers_come_in_the_order_of_questions(w: &mut World) {
    let (group, one, two) = (w.name("g"), w.topic(3), w.topic(1));
    assert_eq!(commit(w, &group, &two, 5), ErrorCode::NONE);
    for version in named(w, ApiKey::OffsetFetch) {
        let asked: &[(&Topic, &[i32])] = &[(&two, &[0]), (&one, &[2, 0, 1])];
        let found: Vec<_> = offsets_in(w, version, &group, Some(asked))
            .into_iter()
            .map(|found| (found.name, found.partition, found.offset))
            .collect();
        let name = |topic: &Topic| topic.name.clone();
        let expected =
            [(name(&two), 0, 5), (name(&one), 2, -1), (name(&one), 0, -1), (name(&one), 1, -1)];
        assert_eq!(found, expected, "v{version}");
    }
}

fn row_62_several_groups_in_one_question(w: &mut World) {
    let (topic, nobody) = (w.topic(1), w.name("nowhere"));
    let groups = [w.name("g"), w.name("g")];
    for (group, offset) in groups.iter().zip([5, 6]) {
        assert_eq!(commit(w, group, &topic, offset), ErrorCode::NONE);
    }
    for version in named(w, ApiKey::OffsetFetch).filter(|version| *version >= 8) {
        let mut asked: Vec<OffsetFetchRequestGroup> = Vec::new();
        asked.extend(offset_fetch(&groups[1], None).groups);
        asked.extend(offset_fetch(&nobody, None).groups);
        asked.extend(offset_fetch(&groups[0], Some(&[(&topic, &[0])])).groups);
        let request = OffsetFetchRequest { groups: asked, ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        let mut found: Vec<_> = answer
            .groups
            .iter()
            .map(|g| {
                assert_eq!(g.error_code, ErrorCode::NONE, "v{version}");
                let offsets = g.topics.iter().flat_map(|t| &t.partitions);
                (g.group_id.clone(), offsets.map(|p| p.committed_offset).collect::<Vec<_>>())
            })
            .collect();
        found.sort();
        let mut expected = vec![
            (groups[0].clone(), vec![5]),
            (groups[1].clone(), vec![6]),
            (nobody.clone(), vec![]),
        ];
        expected.sort();
        assert_eq!(found, expected, "v{version}");
    }
}

fn row_62_by_topic_id(w: &mut World) {
    let (group, topic) = (w.name("g"), w.topic(2));
    assert_eq!(commit(w, &group, &topic, 5), ErrorCode::NONE);
    let nowhere = Topic { name: KString::EMPTY, id: Uuid([7; 16]) };
    let asked: &[(&Topic, &[i32])] = &[(&topic, &[0, 1]), (&nowhere, &[0])];
    let answer = w.client().call(Box::new(offset_fetch(&group, Some(asked))), 10);
    let (code, mut found) = found_in(&answer, 10);
    assert_eq!(code, ErrorCode::NONE);
    found.sort_by_key(|found| (found.id != topic.id, found.partition));
    let by_id = |id, found: Found| Found { name: KString::EMPTY, id, ..found };
    let expected = [
        by_id(topic.id, Found { offset: 5, ..none_of(&topic, 0) }),
        by_id(topic.id, none_of(&topic, 1)),
        by_id(nowhere.id, Found { code: ErrorCode::UNKNOWN_TOPIC_ID, ..none_of(&nowhere, 0) }),
    ];
    assert_eq!(found, expected);
    let all = offsets_in(w, 10, &group, None);
    assert_eq!(all, expected[..1]);
}

fn row_62_a_living_group_is_read_by_anybody(w: &mut World) {
    let topic = w.topic(1);
    let mut members = stable(w, 1);
    let group = members[0].group.clone();
    assert_eq!(members[0].commit(&topic, 5), ErrorCode::NONE);
    for version in named(w, ApiKey::OffsetFetch) {
        let mut request = offset_fetch(&group, Some(&[(&topic, &[0])]));
        request.require_stable = true;
        // A classic group has no epochs to compare with.
        request.groups[0].member_id = Some("who".into());
        request.groups[0].member_epoch = 7;
        let answer = w.client().call(Box::new(request), version);
        let (code, found) = found_in(&answer, version);
        assert_eq!((code, found[0].code, found[0].offset), (ErrorCode::NONE, ErrorCode::NONE, 5));
    }
}
