use super::*;
use alloc::vec;

fn value(offset: i64, metadata: &str) -> OffsetCommitValue {
    OffsetCommitValue {
        offset,
        leader_epoch: -1,
        metadata: KString::from(metadata),
        commit_timestamp: 1,
        expire_timestamp: -1,
    }
}

fn offset(topic: &str, partition: i32, value: Option<OffsetCommitValue>) -> GroupRecord {
    let (group, topic) = (KString::from("g"), KString::from(topic));
    GroupRecord::Offset { group, topic, partition, value }
}

#[test]
fn offsets_are_sorted_replaced_and_taken_away() {
    let mut groups = Groups::default();
    let replay = |groups: &mut Groups, record, slot| groups.replay(record, slot, |_| None);
    for (topic, partition) in [("b", 1), ("a", 7), ("b", 0), ("a", -1), ("c", 2)] {
        replay(&mut groups, offset(topic, partition, Some(value(5, "note"))), 1);
    }
    replay(&mut groups, offset("b", 0, Some(value(6, "longer note"))), 2);
    let name = KString::from("g");
    let group = groups.get(&name).expect("it committed");
    let places: Vec<_> =
        group.offsets.iter().map(|one| (one.topic.to_str().unwrap_or(""), one.partition)).collect();
    assert_eq!(places, [("a", -1), ("a", 7), ("b", 0), ("b", 1), ("c", 2)]);
    assert_eq!(group.changed_in, 2);
    let found = group.committed(&KString::from("b"), 0).map(|one| one.value.offset);
    assert_eq!(found, Some(6));
    assert_eq!(group.offsets_of(&KString::from("b")).count(), 2);
    let gone: Vec<_> = groups.tombstones(&KString::from("b")).collect();
    assert_eq!(gone, [offset("b", 0, None), offset("b", 1, None)]);
    gone.into_iter().for_each(|record| replay(&mut groups, record, 3));
    assert_eq!(groups.tombstones(&KString::from("b")).count(), 0);
    // What is counted while running is what is counted after a restart.
    let counted = groups.bytes();
    groups.derive_rest();
    assert_eq!(groups.bytes(), counted);
}

#[test]
fn a_group_is_there_from_its_first_record_to_its_tombstone() {
    let mut groups = Groups::default();
    let name = KString::from("g");
    let mut replay = |record| {
        groups.replay(record, 1, |_| None);
        (groups.get(&name).is_some(), groups.bytes())
    };
    assert!(replay(offset("t", 0, Some(value(1, "")))).0);
    assert!(replay(offset("t", 0, None)).0, "empty, but known");
    let stored = GroupMetadataValue { members: vec![], ..Default::default() };
    assert!(replay(GroupRecord::Group { group: KString::from("g"), value: Some(stored) }).0);
    let gone = GroupRecord::Group { group: KString::from("g"), value: None };
    assert_eq!(replay(gone), (false, 0));
    assert_eq!(replay(offset("t", 0, None)), (false, 0), "nothing is made by a tombstone");
}
