//! Rows 61 and 62a: committing offsets.

use logboat_core::protocol::messages::delete_topics::DeleteTopicState;
use logboat_core::protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use logboat_core::protocol::messages::{DeleteTopicsRequest, OffsetCommitRequest};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, commit, commit_of, committed, described, joined, offsets_in, settle,
    stable,
};
use logboat_tests::world::{Topic, World};

cases! {
    row_61_trap_10_a_commit_comes_back_verbatim;
    row_61_a_members_commit_in_every_version;
    row_61_who_may_commit_to_a_living_group;
    row_61_who_may_commit_to_an_empty_group;
    row_61_before_the_sync_nobody_commits;
    row_61_while_a_rebalance_is_prepared_members_commit;
    row_61_a_generation_of_a_group_that_is_not_there { kafka_3: "ILLEGAL_GENERATION in version 9 too" };
    row_61_a_refused_commit_changes_nothing;
    row_61_a_commit_to_an_unknown_topic;
    row_61_a_commit_by_an_unknown_topic_id;
    row_61_metadata_above_4096_characters_are_too_large;
    row_61_good_partitions_beside_bad_ones;
    row_61_a_commit_may_go_back;
    row_61_any_offset_may_be_committed;
    row_61_the_leader_epoch_comes_back;
    row_61_commits_are_of_one_group;
    row_61_commits_survive_a_restart { virtual_time: true };
    row_61_a_deleted_topic_takes_its_offsets_along { kafka_2: "its name is free a while later" };
    row_62a_version_0_is_the_groups_own { kafka: "it is ZooKeeper's, or gone" };
    row_63_a_static_member_commits_by_its_name { kafka_2: "does not look whether a member has the instance it names" };
}

/// Versions without v0, which meant ZooKeeper's offsets, and without those where topics go by id.
fn named(w: &World, key: ApiKey) -> impl Iterator<Item = i16> + use<> {
    assert!(!w.versions(key).is_empty(), "offered");
    w.versions(key).filter(|version| (1..10).contains(version))
}

/// Commits with a text, without being a member.
fn commit_text(
    w: &mut World,
    group: &KString,
    topic: &Topic,
    (offset, text): (i64, Option<&str>),
    version: i16,
) -> ErrorCode {
    let mut request = commit_of(group, topic, 0, offset);
    request.topics[0].partitions[0].committed_metadata = text.map(Into::into);
    w.client().call(Box::new(request), version).topics[0].partitions[0].error_code
}

/// Offset and text of partition 0.
fn text_of(w: &mut World, version: i16, group: &KString, topic: &Topic) -> (i64, Option<KString>) {
    let found = offsets_in(w, version, group, Some(&[(topic, &[0])]));
    assert_eq!((found.len(), found[0].code), (1, ErrorCode::NONE), "v{version}");
    (found[0].offset, found[0].metadata.clone())
}

fn row_61_trap_10_a_commit_comes_back_verbatim(w: &mut World) {
    let topic = w.topic(1);
    for version in named(w, ApiKey::OffsetCommit) {
        let group = w.name("g");
        let text = "text, ünd 'odd' \u{1f600}";
        let code = commit_text(w, &group, &topic, (17, Some(text)), version);
        assert_eq!(code, ErrorCode::NONE, "v{version}");
        for version in named(w, ApiKey::OffsetFetch) {
            let expected = (17, Some(text.into()));
            assert_eq!(text_of(w, version, &group, &topic), expected, "v{version}");
        }
        assert_eq!(commit_text(w, &group, &topic, (18, None), version), ErrorCode::NONE);
        let expected = (18, Some(KString::EMPTY));
        assert_eq!(text_of(w, 5, &group, &topic), expected, "null comes back empty");
    }
}

fn row_61_a_members_commit_in_every_version(w: &mut World) {
    let topic = w.topic(1);
    let mut members = stable(w, 1);
    for version in named(w, ApiKey::OffsetCommit) {
        members[0].versions.commit = version;
        assert_eq!(members[0].commit(&topic, i64::from(version)), ErrorCode::NONE, "v{version}");
        assert_eq!(committed(w, &members[0].group, &topic), i64::from(version));
    }
    if w.offers(ApiKey::OffsetCommit, 10) {
        let request = members[0].commit_request(&topic, 100);
        let answer = members[0].client.call(Box::new(request), 10);
        assert_eq!(answer.topics[0].topic_id, topic.id);
        assert_eq!(answer.topics[0].partitions[0].error_code, ErrorCode::NONE);
        assert_eq!(committed(w, &members[0].group, &topic), 100);
    }
}

/// Who it is that commits: a member id (the member's own where none is given), a generation, and what comes of it.
type Attempt = (Option<&'static str>, i32, ErrorCode);

fn attempts(w: &World, member: &Member, topic: &Topic, attempts: &[Attempt]) {
    for version in named(w, ApiKey::OffsetCommit) {
        for (id, generation, expected) in attempts {
            let mut other = member.double(w);
            other.versions.commit = version;
            other.generation = *generation;
            if let Some(id) = id {
                other.id = (*id).into();
            }
            let code = other.commit(topic, 1);
            assert_eq!(code, *expected, "v{version}: {id:?} in generation {generation}");
        }
    }
}

const UNKNOWN: ErrorCode = ErrorCode::UNKNOWN_MEMBER_ID;
const GENERATION: ErrorCode = ErrorCode::ILLEGAL_GENERATION;

fn row_61_who_may_commit_to_a_living_group(w: &mut World) {
    let topic = w.topic(1);
    let members = stable(w, 2);
    attempts(
        w,
        &members[1],
        &topic,
        &[
            (None, 2, ErrorCode::NONE),
            (None, 1, GENERATION),
            (None, 3, GENERATION),
            (None, -1, GENERATION),
            (Some(""), -1, UNKNOWN),
            (Some(""), 2, UNKNOWN),
            (Some("who"), 2, UNKNOWN),
            (Some("who"), 3, UNKNOWN),
            (Some("who"), -1, UNKNOWN),
        ],
    );
}

fn row_61_who_may_commit_to_an_empty_group(w: &mut World) {
    let topic = w.topic(1);
    let mut members = stable(w, 1);
    members[0].leave();
    await_state(w, &members[0].group.clone(), "Empty", 0);
    attempts(
        w,
        &members[0],
        &topic,
        &[
            (Some(""), -1, ErrorCode::NONE),
            (Some("who"), -1, ErrorCode::NONE),
            (None, 1, UNKNOWN),
            (Some(""), 0, UNKNOWN),
            (Some("who"), 2, UNKNOWN),
        ],
    );
}

fn row_61_before_the_sync_nobody_commits(w: &mut World) {
    let topic = w.topic(1);
    let members = joined(w, 1);
    attempts(
        w,
        &members[0],
        &topic,
        &[
            (None, 1, ErrorCode::REBALANCE_IN_PROGRESS),
            (None, 2, GENERATION),
            (Some("who"), 1, UNKNOWN),
            (Some(""), -1, UNKNOWN),
        ],
    );
    assert_eq!(committed(w, &members[0].group, &topic), -1);
}

fn row_61_while_a_rebalance_is_prepared_members_commit(w: &mut World) {
    let topic = w.topic(1);
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    // What it had read before it gives up its partitions.
    attempts(w, &members[1], &topic, &[(None, 2, ErrorCode::NONE), (None, 3, GENERATION)]);
    members[1].join();
    members[0].end_join(asked);
    assert_eq!(members[1].commit(&topic, 9), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(committed(w, &group, &topic), 1);
}

fn row_61_a_generation_of_a_group_that_is_not_there(w: &mut World) {
    let topic = w.topic(1);
    for version in named(w, ApiKey::OffsetCommit) {
        for generation in [0, 1, i32::MAX] {
            let group = w.name("nowhere");
            let mut member = Member::new(w, &group);
            member.versions.commit = version;
            (member.id, member.generation) = ("who".into(), generation);
            let expected = if version >= 9 { ErrorCode::GROUP_ID_NOT_FOUND } else { GENERATION };
            assert_eq!(member.commit(&topic, 1), expected, "v{version}");
            assert_eq!(described(w, &group).group_state, "Dead", "no group comes of it");
        }
    }
}

fn row_61_a_refused_commit_changes_nothing(w: &mut World) {
    let topic = w.topic(3);
    let mut members = stable(w, 1);
    assert_eq!(members[0].commit(&topic, 5), ErrorCode::NONE);
    let mut zombie = members[0].double(w);
    zombie.generation = 0;
    let mut request = zombie.commit_request(&topic, 9);
    for partition in [1, 2] {
        request.topics[0].partitions.push(OffsetCommitRequestPartition {
            partition_index: partition,
            committed_offset: 9,
            ..Default::default()
        });
    }
    let version = zombie.versions.commit;
    let answer = zombie.client.call(Box::new(request), version);
    let mut codes: Vec<_> =
        answer.topics[0].partitions.iter().map(|p| (p.partition_index, p.error_code)).collect();
    codes.sort_unstable();
    assert_eq!(codes, [(0, GENERATION), (1, GENERATION), (2, GENERATION)]);
    let found = offsets_in(w, 5, &zombie.group, None);
    assert_eq!(found.iter().map(|f| (f.partition, f.offset)).collect::<Vec<_>>(), [(0, 5)]);
}

fn row_61_a_commit_to_an_unknown_topic(w: &mut World) {
    let group = w.name("g");
    let topic = w.topic(2);
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    for version in named(w, ApiKey::OffsetCommit) {
        for (topic, partition) in [(&nowhere, 0), (&topic, 2), (&topic, -1), (&topic, i32::MAX)] {
            let request = commit_of(&group, topic, partition, 1);
            let answer = w.client().call(Box::new(request), version);
            let code = answer.topics[0].partitions[0].error_code;
            assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "v{version}: {partition}");
        }
    }
    assert_eq!(described(w, &group).group_state, "Dead", "no group comes of it");
}

fn row_61_a_commit_by_an_unknown_topic_id(w: &mut World) {
    if !w.offers(ApiKey::OffsetCommit, 10) {
        return;
    }
    let (group, topic) = (w.name("g"), w.topic(1));
    let nowhere = Topic { name: KString::EMPTY, id: Uuid([7; 16]) };
    let mut request = commit_of(&group, &nowhere, 0, 1);
    request.topics.extend(commit_of(&group, &topic, 1, 1).topics);
    request.topics[1]
        .partitions
        .extend(commit_of(&group, &topic, 0, 1).topics[0].partitions.clone());
    let answer = w.client().call(Box::new(request), 10);
    let codes: std::collections::BTreeSet<_> = answer
        .topics
        .iter()
        .flat_map(|t| {
            t.partitions.iter().map(|p| (t.topic_id == topic.id, p.partition_index, p.error_code))
        })
        .collect();
    let expected = [
        (false, 0, ErrorCode::UNKNOWN_TOPIC_ID),
        (true, 0, ErrorCode::NONE),
        (true, 1, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    ];
    assert_eq!(codes, expected.into());
    assert_eq!(committed(w, &group, &topic), 1);
}

fn row_61_metadata_above_4096_characters_are_too_large(w: &mut World) {
    let topic = w.topic(1);
    for version in named(w, ApiKey::OffsetCommit) {
        let group = w.name("g");
        let (fits, above) = ("x".repeat(4096), "x".repeat(4097));
        let code = commit_text(w, &group, &topic, (5, Some(&fits)), version);
        assert_eq!(code, ErrorCode::NONE, "v{version}");
        let code = commit_text(w, &group, &topic, (6, Some(&above)), version);
        assert_eq!(code, ErrorCode::OFFSET_METADATA_TOO_LARGE, "v{version}");
        assert_eq!(committed(w, &group, &topic), 5, "v{version}: the one before it stays");
    }
}

fn row_61_good_partitions_beside_bad_ones(w: &mut World) {
    let (group, topic, other) = (w.name("g"), w.topic(2), w.topic(1));
    for version in named(w, ApiKey::OffsetCommit) {
        let partition = |index, text: &str| OffsetCommitRequestPartition {
            partition_index: index,
            committed_offset: i64::from(version),
            committed_metadata: Some(text.into()),
            ..Default::default()
        };
        let topics = [
            (&topic, vec![partition(0, &"x".repeat(5000)), partition(1, "good"), partition(2, "")]),
            (&other, vec![partition(0, "good")]),
        ];
        let topics = topics.map(|(topic, partitions)| OffsetCommitRequestTopic {
            name: topic.name.clone(),
            topic_id: topic.id,
            partitions,
        });
        let request = OffsetCommitRequest {
            group_id: group.clone(),
            topics: topics.into(),
            ..Default::default()
        };
        let answer = w.client().call(Box::new(request), version);
        let mut codes: Vec<_> = answer
            .topics
            .iter()
            .flat_map(|t| {
                t.partitions.iter().map(|p| (t.name == other.name, p.partition_index, p.error_code))
            })
            .collect();
        codes.sort();
        let expected = [
            (false, 0, ErrorCode::OFFSET_METADATA_TOO_LARGE),
            (false, 1, ErrorCode::NONE),
            (false, 2, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            (true, 0, ErrorCode::NONE),
        ];
        assert_eq!(codes, expected, "v{version}");
        let mut found: Vec<_> = offsets_in(w, 5, &group, None)
            .into_iter()
            .map(|found| (found.name == other.name, found.partition, found.offset))
            .collect();
        found.sort_unstable();
        assert_eq!(found, [(false, 1, i64::from(version)), (true, 0, i64::from(version))]);
    }
}

fn row_61_a_commit_may_go_back(w: &mut World) {
    let (group, topic) = (w.name("g"), w.topic(1));
    for offset in [5, 9, 2, 0, 7] {
        assert_eq!(commit(w, &group, &topic, offset), ErrorCode::NONE);
        assert_eq!(committed(w, &group, &topic), offset);
    }
}

fn row_61_any_offset_may_be_committed(w: &mut World) {
    // The topic is empty. What is no offset at all is taken too, and comes back.
    let (group, topic) = (w.name("g"), w.topic(1));
    for offset in [1_000_000, i64::MAX, -1, -2, i64::MIN] {
        assert_eq!(commit(w, &group, &topic, offset), ErrorCode::NONE);
        assert_eq!(committed(w, &group, &topic), offset);
    }
}

fn row_61_the_leader_epoch_comes_back(w: &mut World) {
    let (group, topic) = (w.name("g"), w.topic(1));
    for version in named(w, ApiKey::OffsetCommit) {
        let mut request = commit_of(&group, &topic, 0, 3);
        request.topics[0].partitions[0].committed_leader_epoch = 7;
        w.client().call(Box::new(request), version);
        let epoch = if version >= 6 { 7 } else { -1 };
        for version in named(w, ApiKey::OffsetFetch).filter(|version| *version >= 5) {
            let found = offsets_in(w, version, &group, Some(&[(&topic, &[0])]));
            assert_eq!((found[0].offset, found[0].epoch), (3, epoch), "v{version}");
        }
    }
}

fn row_61_commits_are_of_one_group(w: &mut World) {
    let (one, two, topic) = (w.name("g"), w.name("g"), w.topic(1));
    assert_eq!(commit(w, &one, &topic, 5), ErrorCode::NONE);
    assert_eq!(commit(w, &two, &topic, 6), ErrorCode::NONE);
    assert_eq!((committed(w, &one, &topic), committed(w, &two, &topic)), (5, 6));
    assert_eq!(commit(w, &KString::EMPTY, &topic, 7), ErrorCode::NONE, "the empty name is one");
    assert_eq!(committed(w, &KString::EMPTY, &topic), 7);
}

fn row_61_commits_survive_a_restart(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    for (offset, in_order) in [(5, true), (6, false)] {
        assert_eq!(commit_text(w, &group, &topic, (offset, Some("m")), 9), ErrorCode::NONE);
        w.restart(in_order);
        assert_eq!(text_of(w, 9, &group, &topic), (offset, Some("m".into())));
    }
    let mut members = stable(w, 1);
    let living = members[0].group.clone();
    assert_eq!(members[0].commit(&topic, 7), ErrorCode::NONE);
    w.restart(false);
    assert_eq!(committed(w, &living, &topic), 7);
    // The consumer goes on as who it was.
    members[0].client = w.connect();
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE);
    assert_eq!(members[0].sync(&[]), (ErrorCode::NONE, "for 0".into()));
    assert_eq!(members[0].commit(&topic, 8), ErrorCode::NONE);
    let seen = described(w, &living);
    assert_eq!(
        (seen.group_state, seen.members[0].member_id.clone()),
        ("Stable".into(), members[0].id.clone())
    );
}

fn row_61_a_deleted_topic_takes_its_offsets_along(w: &mut World) {
    let (group, topic, other) = (w.name("g"), w.topic(1), w.topic(1));
    for topic in [&topic, &other] {
        assert_eq!(commit(w, &group, topic, 5), ErrorCode::NONE);
    }
    let state = DeleteTopicState { name: Some(topic.name.clone()), ..Default::default() };
    let request = DeleteTopicsRequest {
        topics: vec![state],
        topic_names: vec![topic.name.clone()],
        timeout_ms: 30_000,
    };
    let version = w.newest(ApiKey::DeleteTopics, 6);
    let answer = w.client().call(Box::new(request), version);
    assert_eq!(answer.responses[0].error_code, ErrorCode::NONE);
    // Kafka needs a moment.
    for _ in 0..200 {
        if offsets_in(w, 5, &group, None).len() == 1 {
            break;
        }
        w.sleep(std::time::Duration::from_millis(25));
    }
    let left: Vec<_> = offsets_in(w, 5, &group, None).into_iter().map(|found| found.name).collect();
    assert_eq!(left, [other.name]);
    w.create(&topic.name, 1, &[]);
    assert_eq!(committed(w, &group, &topic), -1, "a new topic of that name has none");
}

fn row_62a_version_0_is_the_groups_own(w: &mut World) {
    let (group, topic) = (w.name("g"), w.topic(1));
    assert_eq!(commit_text(w, &group, &topic, (5, Some("m")), 0), ErrorCode::NONE);
    assert_eq!(committed(w, &group, &topic), 5);
    assert_eq!(text_of(w, 0, &group, &topic), (5, Some("m".into())));
    let nowhere = Topic { name: w.name("nowhere"), id: Uuid::ZERO };
    let code = commit_text(w, &group, &nowhere, (5, None), 0);
    assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let found = offsets_in(w, 0, &group, Some(&[(&nowhere, &[0])]));
    assert_eq!((found[0].offset, found[0].code), (-1, ErrorCode::NONE), "as in later versions");
    // A living group belongs to its members.
    let members = stable(w, 1);
    let code = commit_text(w, &members[0].group, &topic, (5, None), 0);
    assert_eq!(code, ErrorCode::UNKNOWN_MEMBER_ID);
}

fn row_63_a_static_member_commits_by_its_name(w: &mut World) {
    let topic = w.topic(1);
    let group = w.name("g");
    let mut member = Member::named(w, &group, "a");
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    for version in named(w, ApiKey::OffsetCommit).filter(|version| *version >= 7) {
        member.versions.commit = version;
        assert_eq!(member.commit(&topic, i64::from(version)), ErrorCode::NONE, "v{version}");
        assert_eq!(committed(w, &group, &topic), i64::from(version));
        let mut other = member.double(w);
        other.instance = Some("b".into());
        assert_eq!(other.commit(&topic, 1), ErrorCode::UNKNOWN_MEMBER_ID, "v{version}");
    }
}
