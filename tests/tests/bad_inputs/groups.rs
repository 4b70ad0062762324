//! Rows 88 to 94: groups asked for nonsense.

use bytes::Bytes;
use logboat_core::protocol::messages::leave_group::MemberIdentity;
use logboat_core::protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, LeaveGroupRequest, OffsetCommitRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::client::Read;
use logboat_tests::group::{
    Member, await_state, commit, commit_of, committed, described, joined, offset_fetch, settle,
    stable,
};
use logboat_tests::world::World;

cases! {
    bad_88_a_group_without_a_name;
    bad_88_long_group_names;
    bad_88_a_group_name_of_64_kib_closes;
    bad_88_strange_group_names;
    bad_89_session_timeouts;
    bad_90_unknown_members;
    bad_90_strange_member_ids_and_instances;
    bad_91_no_protocols;
    bad_91_very_many_protocols;
    bad_91_one_protocol_twice { kafka: "never answers: two votes of one member are one too many for it" };
    bad_91_a_subscription_that_is_none { kafka_3: NEVER, kafka_4: NEVER };
    bad_92_a_stale_generation_commits_nothing;
    bad_92_an_evicted_member_commits_nothing;
    bad_92_a_fenced_member_commits_nothing;
    bad_93_metadata_above_the_limit;
    bad_94_very_much_metadata;
    bad_94_very_many_assignments;
    bad_94_members_that_never_come_back;
}

const NEVER: &str =
    "never answers: its coordinator fails over the topics that it wants to read there";

fn bad_88_a_group_without_a_name(w: &mut World) {
    let topic = w.topic(1);
    let mut member = Member::new(w, &KString::EMPTY);
    assert_eq!(member.join_once().error_code, ErrorCode::INVALID_GROUP_ID);
    (member.id, member.generation) = ("who".into(), 1);
    assert_eq!(member.sync(&[]).0, ErrorCode::INVALID_GROUP_ID);
    assert_eq!(member.heartbeat(), ErrorCode::INVALID_GROUP_ID);
    assert_eq!(member.leave().error_code, ErrorCode::INVALID_GROUP_ID);
    assert!(member.commit(&topic, 1).is_error());
    // Without membership it is a name like any other.
    assert_eq!(commit(w, &KString::EMPTY, &topic, 1), ErrorCode::NONE);
    assert_eq!(committed(w, &KString::EMPTY, &topic), 1);
}

fn bad_88_long_group_names(w: &mut World) {
    let topic = w.topic(1);
    for length in [255, 256, 32_000, 32_767] {
        let group = KString::from("x".repeat(length));
        let mut member = Member::new(w, &group);
        // As a name like any other, or as none at all; both ends of a conversation agree.
        let code = member.join_once().error_code;
        let taken = match code {
            ErrorCode::MEMBER_ID_REQUIRED => true,
            ErrorCode::INVALID_GROUP_ID => false,
            _ => panic!("{length}: {code}"),
        };
        assert!(taken || length > 255, "{length} is not too long");
        if taken {
            member.join();
            settle(w, std::slice::from_mut(&mut member));
            assert_eq!(member.commit(&topic, 1), ErrorCode::NONE, "{length}");
            member.leave();
            await_state(w, &group, "Empty", 0);
            let request = DeleteGroupsRequest { groups_names: vec![group.clone()] };
            let version = w.newest(ApiKey::DeleteGroups, 2);
            let answer = w.client().call(Box::new(request), version);
            assert_eq!(answer.results[0].error_code, ErrorCode::NONE, "{length}");
        } else {
            let code = commit(w, &group, &topic, 1);
            assert_eq!(code, ErrorCode::INVALID_GROUP_ID, "{length}");
        }
    }
}

fn bad_88_a_group_name_of_64_kib_closes(w: &mut World) {
    // 65,536 characters in the compact form: more than any text may have.
    let name = [&[0x81, 0x80, 0x04][..], &vec![b'x'; 65_536], &[0; 60]].concat();
    for (key, version) in [
        (ApiKey::JoinGroup, 6),
        (ApiKey::SyncGroup, 4),
        (ApiKey::Heartbeat, 4),
        (ApiKey::LeaveGroup, 4),
        (ApiKey::OffsetCommit, 8),
        (ApiKey::OffsetFetch, 6),
    ] {
        let mut client = w.connect();
        client.send_body(key.code(), version, &name);
        client.expect_close();
    }
}

fn bad_88_strange_group_names(w: &mut World) {
    let topic = w.topic(1);
    for name in ["a/b", "..", "a\0b", "a\r\nb", "${jndi:ldap://x}", "\u{202e}a", " ", "ä€😀"] {
        // The same name twice in a run of cases would be the same group.
        let group = KString::from(format!("{}{name}", w.name("g")));
        let mut member = Member::new(w, &group);
        member.join();
        settle(w, std::slice::from_mut(&mut member));
        assert_eq!(member.commit(&topic, 7), ErrorCode::NONE, "{name:?}");
        assert_eq!(committed(w, &group, &topic), 7, "{name:?}");
        assert_eq!(described(w, &group).group_id, group, "{name:?}");
        member.leave();
    }
    // What is no text at all is answered or closed.
    let group = KString::from(Bytes::from_static(&[0xff, 0xfe, 0x80]));
    let mut client = w.connect();
    let version = w.newest(ApiKey::OffsetFetch, 9);
    client.send(Box::new(offset_fetch(&group, None)), version);
    assert!(!matches!(client.read(std::time::Duration::from_secs(20)), Read::Nothing));
}

fn bad_89_session_timeouts(w: &mut World) {
    let known = stable(w, 1);
    for session_ms in [0, -1, 5_999, 1_800_001, i32::MAX, i32::MIN] {
        // For a stranger, for a member, and for a static one.
        let (mut new, mut old) = (Member::new(w, &known[0].group), known[0].double(w));
        let mut named = Member::named(w, &known[0].group, "a");
        for member in [&mut new, &mut old, &mut named] {
            member.session_ms = session_ms;
            let code = member.join_once().error_code;
            assert_eq!(code, ErrorCode::INVALID_SESSION_TIMEOUT, "{session_ms}");
        }
    }
    let seen = described(w, &known[0].group);
    assert_eq!((seen.group_state, seen.members.len()), ("Stable".into(), 1));
}

fn bad_90_unknown_members(w: &mut World) {
    let topic = w.topic(1);
    let known = stable(w, 1);
    for group in [known[0].group.clone(), w.name("nowhere")] {
        let mut member = Member::new(w, &group);
        assert_eq!(member.join_once().error_code, ErrorCode::MEMBER_ID_REQUIRED);
        (member.id, member.generation) = ("who".into(), 1);
        assert_eq!(member.join_once().error_code, ErrorCode::UNKNOWN_MEMBER_ID);
        assert_eq!(member.sync(&[]).0, ErrorCode::UNKNOWN_MEMBER_ID);
        assert_eq!(member.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
        assert_eq!(member.leave().members[0].error_code, ErrorCode::UNKNOWN_MEMBER_ID);
        assert_eq!(member.commit(&topic, 1), ErrorCode::UNKNOWN_MEMBER_ID);
    }
}

fn bad_90_strange_member_ids_and_instances(w: &mut World) {
    let long = "x".repeat(32_000);
    for text in ["a/b", "a\0b", "a\r\nb", "\u{202e}", long.as_str()] {
        let group = w.name("g");
        let mut member = Member::new(w, &group);
        member.client.client_id = Some(text.into());
        member.join_once();
        assert!(member.id.len() > text.len(), "the id is told: {text:?}");
        let code = member.join_once().error_code;
        assert_eq!(code, ErrorCode::NONE, "{:?}", &text[..text.len().min(20)]);
        member.leave();
        let group = w.name("g");
        let mut member = Member::named(w, &group, text);
        let code = member.join_once().error_code;
        let allowed = [ErrorCode::NONE, ErrorCode::INVALID_REQUEST];
        assert!(allowed.contains(&code), "{:?}: {code}", &text[..text.len().min(20)]);
    }
}

fn bad_91_no_protocols(w: &mut World) {
    for version in w.versions(ApiKey::JoinGroup) {
        for kind in ["consumer", ""] {
            let group = w.name("g");
            let mut member = Member::new(w, &group);
            member.versions.join = version;
            member.kind = kind.into();
            member.protocols.clear();
            let code = member.join_once().error_code;
            assert_eq!(code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL, "v{version}: {kind}");
        }
    }
}

fn bad_91_very_many_protocols(w: &mut World) {
    let group = w.name("g");
    let mut member = Member::new(w, &group);
    member.kind = "any".into();
    member.protocols =
        (0..10_000).map(|i| (KString::from(format!("p{i}")), Bytes::new())).collect();
    member.join_once();
    let code = member.join_once().error_code;
    let allowed = [ErrorCode::NONE, ErrorCode::INVALID_REQUEST];
    assert!(allowed.contains(&code), "{code}");
}

fn bad_91_one_protocol_twice(w: &mut World) {
    let group = w.name("g");
    let mut member = Member::new(w, &group);
    member.kind = "any".into();
    member.protocols = vec![("p".into(), Bytes::from("a")), ("p".into(), Bytes::from("b"))];
    member.join_once();
    let code = member.join_once().error_code;
    assert!([ErrorCode::NONE, ErrorCode::INVALID_REQUEST].contains(&code), "{code}");
}

fn bad_91_a_subscription_that_is_none(w: &mut World) {
    let topic = w.topic(1);
    for bytes in [
        &b""[..],
        b"\0",
        b"metadata",
        b"\0\0\xff\xff\xff\xff",
        b"\0\0\x7f\xff\xff\xff\0\0",
        b"\0\x01\0\0\0\x01\0\xffab",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let group = w.name("g");
        let mut member = Member::new(w, &group);
        member.protocols[0].1 = Bytes::from_static(bytes);
        assert_eq!(member.join().members[0].metadata, bytes, "the broker does not look");
        settle(w, std::slice::from_mut(&mut member));
        assert_eq!(member.commit(&topic, 1), ErrorCode::NONE);
        assert_eq!(member.heartbeat(), ErrorCode::NONE);
        member.leave();
    }
}

/// Commits 9 as this member, in every version; it must fail so, and what was committed before must stay.
fn commits_nothing(w: &mut World, member: &mut Member, expected: ErrorCode, from: i16) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::OffsetCommit).filter(|version| (from..10).contains(version)) {
        member.versions.commit = version;
        assert_eq!(member.commit(&topic, 9), expected, "v{version}");
    }
    assert_eq!(committed(w, &member.group, &topic), -1);
}

fn bad_92_a_stale_generation_commits_nothing(w: &mut World) {
    let mut members = stable(w, 2);
    let group = members[0].group.clone();
    let mut stale = members[1].double(w);
    let asked = members[0].ask_join();
    await_state(w, &group, "PreparingRebalance", 2);
    members[1].join();
    members[0].end_join(asked);
    settle(w, &mut members);
    assert_eq!(stale.heartbeat(), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(stale.sync(&[]).0, ErrorCode::ILLEGAL_GENERATION);
    commits_nothing(w, &mut stale, ErrorCode::ILLEGAL_GENERATION, 1);
}

fn bad_92_an_evicted_member_commits_nothing(w: &mut World) {
    let members = stable(w, 2);
    let mut evicted = members[1].double(w);
    let identity = MemberIdentity { member_id: evicted.id.clone(), ..Default::default() };
    let request = LeaveGroupRequest {
        group_id: evicted.group.clone(),
        members: vec![identity],
        ..Default::default()
    };
    let version = w.newest(ApiKey::LeaveGroup, 5);
    w.client().call(Box::new(request), version);
    assert_eq!(evicted.heartbeat(), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(evicted.sync(&[]).0, ErrorCode::UNKNOWN_MEMBER_ID);
    commits_nothing(w, &mut evicted, ErrorCode::UNKNOWN_MEMBER_ID, 1);
}

fn bad_92_a_fenced_member_commits_nothing(w: &mut World) {
    let group = w.name("g");
    let mut old = Member::named(w, &group, "a");
    old.join();
    settle(w, std::slice::from_mut(&mut old));
    assert_eq!(Member::named(w, &group, "a").join_once().error_code, ErrorCode::NONE);
    assert_eq!(old.heartbeat(), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(old.sync(&[]).0, ErrorCode::FENCED_INSTANCE_ID);
    commits_nothing(w, &mut old, ErrorCode::FENCED_INSTANCE_ID, 7);
}

fn bad_93_metadata_above_the_limit(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    for version in w.versions(ApiKey::OffsetCommit).filter(|version| *version >= 1) {
        let with = |length: usize| -> OffsetCommitRequest {
            let mut request = commit_of(&group, &topic, 0, 5);
            request.topics[0].partitions[0].committed_metadata = Some("x".repeat(length).into());
            request
        };
        for (length, expected) in [
            (4096, ErrorCode::NONE),
            (4097, ErrorCode::OFFSET_METADATA_TOO_LARGE),
            (32_767, ErrorCode::OFFSET_METADATA_TOO_LARGE),
        ] {
            let answer = w.client().call(Box::new(with(length)), version);
            let code = answer.topics[0].partitions[0].error_code;
            assert_eq!(code, expected, "v{version}: {length}");
        }
    }
}

fn bad_94_very_much_metadata(w: &mut World) {
    let metadata = Bytes::from(vec![7; 64 << 10]);
    let mut members = Vec::new();
    for _ in 0..200 {
        let group = w.name("g");
        let mut member = Member::new(w, &group);
        member.kind = "any".into();
        member.protocols[0].1 = metadata.clone();
        assert_eq!(member.join().members[0].metadata, metadata);
        members.push(member);
    }
    // A description of them all has what is in them, and no more.
    let groups = members.iter().map(|member| member.group.clone()).collect();
    let version = w.newest(ApiKey::DescribeGroups, 5);
    let request = DescribeGroupsRequest { groups, ..Default::default() };
    assert_eq!(w.client().call(Box::new(request), version).groups.len(), 200);
    for mut member in members {
        assert_eq!(member.leave().members[0].error_code, ErrorCode::NONE);
    }
}

fn bad_94_very_many_assignments(w: &mut World) {
    let mut members = joined(w, 1);
    let strangers: Vec<_> = (0..20_000).map(|i| KString::from(format!("stranger {i}"))).collect();
    let id = members[0].id.clone();
    let mut list: Vec<_> = strangers.iter().map(|id| (id, "something")).collect();
    list.push((&id, "mine"));
    assert_eq!(members[0].sync(&list), (ErrorCode::NONE, "mine".into()));
    await_state(w, &members[0].group.clone(), "Stable", 1);
    assert_eq!(members[0].sync(&[]), (ErrorCode::NONE, "mine".into()));
}

fn bad_94_members_that_never_come_back(w: &mut World) {
    // A client that asks for a new id whenever it is given one.
    let mut members = stable(w, 1);
    for _ in 0..1_000 {
        let mut lost = members[0].double(w);
        lost.id = KString::EMPTY;
        assert_eq!(lost.join_once().error_code, ErrorCode::MEMBER_ID_REQUIRED);
    }
    assert_eq!(members[0].heartbeat(), ErrorCode::NONE);
    assert_eq!(described(w, &members[0].group).members.len(), 1);
}
