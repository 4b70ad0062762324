//! The topic `__consumer_offsets`, which tools read: groups and offsets as records in Kafka's own schema.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};
use logboat_core::protocol::messages::describe_configs::DescribeConfigsResource;
use logboat_core::protocol::messages::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use logboat_core::protocol::messages::{
    DeleteGroupsRequest, DescribeConfigsRequest, FetchRequest, MetadataRequest,
};
use logboat_core::protocol::{ApiKey, KString, Uuid};
use logboat_tests::ask;
use logboat_tests::batch::{headers, records};
use logboat_tests::cases;
use logboat_tests::group::{
    Member, await_state, bring_together, commit, commit_of, settle, subscription,
};
use logboat_tests::world::{Topic, World, bytes_of};

const NAME: KString = KString::from_static("__consumer_offsets");

cases! {
    topic_offsets_is_an_internal_topic;
    topic_offsets_is_compacted;
    topic_offsets_holds_commits;
    topic_offsets_holds_groups;
    topic_offsets_holds_tombstones;
}

fn shown(w: &mut World) -> MetadataResponseTopic {
    let version = w.newest(ApiKey::Metadata, 12);
    let topics = vec![MetadataRequestTopic { name: Some(NAME), ..Default::default() }];
    let request = MetadataRequest { topics: Some(topics), ..Default::default() };
    w.client().call(Box::new(request), version).topics[0].clone()
}

/// The partition where a group's records are: Java's hash of its name without its sign (and 0 where that is no number).
fn partition_of(group: &KString, partitions: usize) -> i32 {
    let units = group.to_str().expect("a name is text").encode_utf16();
    let hash = units.fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    let positive = usize::try_from(hash.checked_abs().unwrap_or(0)).expect("not negative");
    i32::try_from(positive % partitions).expect("few partitions")
}

/// Reads fields of Kafka's schemas.
struct Fields(Bytes);

impl Fields {
    fn text(&mut self) -> Option<String> {
        let len = usize::try_from(self.0.get_i16()).ok()?;
        Some(String::from_utf8(self.0.split_to(len).to_vec()).expect("text"))
    }

    fn name(&mut self) -> String {
        self.text().expect("not null")
    }

    /// A short text of the flexible form.
    fn compact(&mut self) -> String {
        let len = usize::from(self.0.get_u8()) - 1;
        String::from_utf8(self.0.split_to(len).to_vec()).expect("text")
    }

    fn bytes(&mut self) -> Bytes {
        let len = usize::try_from(self.0.get_i32()).expect("not null");
        self.0.split_to(len)
    }
}

/// A key: of a topic's partition, or of the group itself.
type Key = Option<(String, i32)>;

/// The newest value of each key of a group, with its version before it; nothing for a tombstone.
fn written(w: &mut World, group: &KString) -> BTreeMap<Key, Option<Bytes>> {
    let count = shown(w).partitions.len();
    let topic = Topic { name: NAME, id: Uuid::ZERO };
    let partition = partition_of(group, count);
    let mut all = BTreeMap::new();
    let (mut offset, end) = (0, w.end(&topic, partition));
    while offset < end {
        let version = w.newest(ApiKey::Fetch, 12);
        let request = FetchRequest { max_wait_ms: 500, ..ask::fetch(&NAME, partition, offset) };
        let answer = w.client().call(request, version);
        let bytes = bytes_of(&answer.responses[0].partitions[0]);
        offset = headers(&bytes).last().expect("up to the end").next_offset();
        for record in records(&bytes) {
            let mut key = Fields(record.key.expect("every record has a key"));
            let kind = key.0.get_i16();
            let of = key.name();
            let key: Key = match kind {
                0 | 1 => Some((key.name(), key.0.get_i32())),
                2 => None,
                // Newer kinds of groups.
                _ => continue,
            };
            if of == *group.to_str().expect("a name is text") {
                all.insert(key, record.value);
            }
        }
    }
    all
}

fn topic_offsets_is_an_internal_topic(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    commit(w, &group, &topic, 1);
    let seen = shown(w);
    assert!(seen.is_internal);
    assert_eq!(seen.partitions.len(), 50);
    for version in w.versions(ApiKey::Metadata).filter(|version| *version >= 1) {
        let request = MetadataRequest { topics: None, ..Default::default() };
        let answer = w.client().call(Box::new(request), version);
        let found = answer.topics.iter().find(|found| found.name == Some(NAME));
        assert!(found.expect("it is listed").is_internal, "v{version}");
        let other = answer.topics.iter().find(|found| found.name.as_ref() == Some(&topic.name));
        assert!(!other.expect("it is listed").is_internal, "v{version}");
    }
}

fn topic_offsets_is_compacted(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    commit(w, &group, &topic, 1);
    let keys = ["cleanup.policy", "compression.type", "segment.bytes"];
    let resource = DescribeConfigsResource {
        resource_type: 2,
        resource_name: NAME,
        configuration_keys: Some(keys.map(KString::from).into()),
    };
    let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
    let version = w.newest(ApiKey::DescribeConfigs, 4);
    let result = w.client().call(Box::new(request), version).results[0].clone();
    let found: BTreeMap<_, _> =
        result.configs.into_iter().map(|config| (config.name, config.value)).collect();
    let expected = [
        ("cleanup.policy", "compact"),
        ("compression.type", "producer"),
        ("segment.bytes", "104857600"),
    ];
    let expected = expected.map(|(key, value)| (KString::from(key), Some(KString::from(value))));
    assert_eq!(found, expected.into());
}

fn topic_offsets_holds_commits(w: &mut World) {
    let (topic, group) = (w.topic(2), w.name("g"));
    let before = w.now();
    for offset in [3, 5] {
        let mut request = commit_of(&group, &topic, 1, offset);
        request.topics[0].partitions[0].committed_metadata = Some("a note".into());
        request.topics[0].partitions[0].committed_leader_epoch = 7;
        let version = w.newest(ApiKey::OffsetCommit, 9);
        w.client().call(Box::new(request), version);
    }
    let all = written(w, &group);
    let key = Some((topic.name.to_string(), 1));
    let mut value = Fields(all[&key].clone().expect("no tombstone"));
    // Version 3, or 4, which is 3 in the flexible form with the topic's id as its only tag.
    let version = value.0.get_i16();
    assert_eq!((value.0.get_i64(), value.0.get_i32()), (5, 7), "offset and leader epoch");
    let note = if version == 4 { value.compact() } else { value.name() };
    assert_eq!(note, "a note");
    let stamp = value.0.get_i64();
    assert!((before - 1000..=w.now() + 1000).contains(&stamp), "{stamp}");
    if version == 4 && value.0.get_u8() == 1 {
        assert_eq!((value.0.get_u8(), value.0.get_u8()), (0, 16), "tag and size");
        assert_eq!(value.0.split_to(16)[..], topic.id.0);
    }
    assert!((3..=4).contains(&version) && value.0.is_empty(), "v{version}: {:?}", value.0);
}

fn topic_offsets_holds_groups(w: &mut World) {
    let group = w.name("g");
    let mut members = [Member::new(w, &group), Member::named(w, &group, "two")];
    for member in &mut members {
        member.protocols[0].1 = subscription(&[&"some topic".into()]);
    }
    bring_together(w, &mut members);
    settle(w, &mut members);
    let all = written(w, &group);
    let mut value = Fields(all[&None].clone().expect("no tombstone"));
    assert_eq!(value.0.get_i16(), 3, "the version that every reader knows");
    assert_eq!((value.name().as_str(), value.0.get_i32()), ("consumer", 2), "type, generation");
    assert_eq!(value.text().as_deref(), Some("range"));
    assert_eq!(value.text(), Some(members[0].id.to_string()), "the leader");
    assert!((value.0.get_i64() - w.now()).abs() < 60_000, "when it changed its state");
    let mut found = BTreeMap::new();
    for _ in 0..value.0.get_i32() {
        let (id, instance) = (value.name(), value.text());
        assert_eq!((value.name().as_str(), value.name().as_str()), ("suite", "/127.0.0.1"));
        assert_eq!((value.0.get_i32(), value.0.get_i32()), (60_000, 30_000), "both timeouts");
        assert_eq!(value.bytes(), members[0].protocols[0].1);
        found.insert(id, (instance, value.bytes()));
    }
    assert!(value.0.is_empty());
    let expected = [
        (members[0].id.to_string(), (None, Bytes::from("for 0"))),
        (members[1].id.to_string(), (Some("two".to_string()), Bytes::from("for 1"))),
    ];
    assert_eq!(found, expected.into());
}

fn topic_offsets_holds_tombstones(w: &mut World) {
    let (topic, group) = (w.topic(1), w.name("g"));
    let mut member = Member::new(w, &group);
    member.join();
    settle(w, std::slice::from_mut(&mut member));
    member.commit(&topic, 5);
    member.leave();
    await_state(w, &group, "Empty", 0);
    // Empty: a generation more, nobody in it, no protocol.
    let mut value = Fields(written(w, &group)[&None].clone().expect("no tombstone"));
    assert_eq!((value.0.get_i16(), value.name().as_str()), (3, "consumer"));
    assert_eq!((value.0.get_i32(), value.text(), value.text()), (2, None, None));
    value.0.advance(8);
    assert_eq!((value.0.get_i32(), value.0.len()), (0, 0));
    let version = w.newest(ApiKey::DeleteGroups, 2);
    let request = DeleteGroupsRequest { groups_names: vec![group.clone()] };
    w.client().call(Box::new(request), version);
    let expected = [(None, None), (Some((topic.name.to_string(), 0)), None)];
    assert_eq!(written(w, &group), expected.into());
}
