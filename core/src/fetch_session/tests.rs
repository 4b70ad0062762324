//! Sessions: opened, changed, fenced, evicted. KIP-227.

use alloc::vec;

use super::*;
use crate::protocol::messages::fetch::{FetchTopic, ForgottenTopic};

const NOW: Instant = Instant::from_nanos(5_000_000_000);

fn request(id: i32, epoch: i32, read: &[(&'static str, i32, i64)]) -> FetchRequest {
    let topics = read.iter().map(|(topic, partition, fetch_offset)| FetchTopic {
        topic: KString::from_static(topic),
        partitions: SmallVec::from_iter([FetchPartition {
            partition: *partition,
            fetch_offset: *fetch_offset,
            ..Default::default()
        }]),
        ..Default::default()
    });
    FetchRequest {
        session_id: id,
        session_epoch: epoch,
        topics: topics.collect(),
        ..Default::default()
    }
}

fn named(targets: &Targets) -> Vec<(&str, i32, i64)> {
    let one = |t: &'_ Target| (t.partition.partition, t.partition.fetch_offset);
    targets.iter().map(|t| (t.topic.to_str().unwrap_or("?"), one(t).0, one(t).1)).collect()
}

fn open(sessions: &mut Sessions, slots: usize, now: Instant) -> i32 {
    let mut full = request(0, 0, &[("a", 0, 5), ("a", 1, 6), ("b", 0, 7)]);
    let (kind, targets) = sessions.begin(now, 12, &mut full).expect("a full request");
    assert_eq!(kind, Kind::Open);
    sessions.open(now, slots, false, targets, &mut Random::new(now.as_nanos()))
}

#[test]
fn a_session_carries_what_did_not_change() {
    let mut sessions = Sessions::default();
    let id = open(&mut sessions, 10, NOW);
    assert!(id > 0);
    let mut change = request(id, 1, &[("a", 1, 60), ("c", 3, 1)]);
    change.forgotten_topics_data = vec![ForgottenTopic {
        topic: KString::from_static("b"),
        partitions: vec![0],
        ..Default::default()
    }];
    let (kind, targets) = sessions.begin(NOW, 12, &mut change).expect("the next request");
    assert_eq!(kind, Kind::Incremental(id));
    assert_eq!(named(&targets), [("a", 0, 5), ("a", 1, 60), ("c", 3, 1)]);
    // What had data goes behind the rest.
    sessions.finish(id, targets, |target| target.partition.partition == 0);
    let (_, targets) = sessions.begin(NOW, 12, &mut request(id, 2, &[])).expect("the next request");
    assert_eq!(named(&targets), [("a", 1, 60), ("c", 3, 1), ("a", 0, 5)]);
}

#[test]
fn epochs_and_kinds_of_names_are_fenced() {
    let mut sessions = Sessions::default();
    let id = open(&mut sessions, 10, NOW);
    let mut begin = |version, id, epoch| {
        let begun = sessions.begin(NOW, version, &mut request(id, epoch, &[]));
        begun.map(|(kind, targets)| {
            if let Kind::Incremental(id) = kind {
                sessions.finish(id, targets, |_| false);
            }
            kind
        })
    };
    assert_eq!(begin(12, id, 2), Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH));
    assert_eq!(begin(13, id, 1), Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR));
    assert_eq!(begin(12, id + 64, 1), Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
    assert_eq!(begin(12, id, 1), Ok(Kind::Incremental(id)));
    assert_eq!(begin(12, id, 1), Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH));
    assert_eq!(begin(12, id, 2), Ok(Kind::Incremental(id)));
    // −1 closes it.
    assert_eq!(begin(12, id, -1), Ok(Kind::Sessionless));
    assert_eq!(begin(12, id, 3), Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
}

#[test]
fn without_room_only_a_session_long_unused_makes_some() {
    let mut sessions = Sessions::default();
    let first = open(&mut sessions, 2, NOW);
    let second = open(&mut sessions, 2, NOW.plus_millis(1));
    assert!(first > 0 && second > 0 && first != second);
    assert_eq!(open(&mut sessions, 2, NOW.plus_millis(EVICTION_MS - 1)), 0);
    let third = open(&mut sessions, 2, NOW.plus_millis(EVICTION_MS));
    assert!(third > 0);
    let gone = sessions.begin(NOW, 12, &mut request(first, 1, &[])).map(|(kind, _)| kind);
    assert_eq!(gone, Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
    let kept = sessions.begin(NOW, 12, &mut request(second, 1, &[])).map(|(kind, _)| kind);
    assert_eq!(kept, Ok(Kind::Incremental(second)));
}

#[test]
fn nothing_to_read_opens_nothing() {
    let mut sessions = Sessions::default();
    let targets = Targets::new();
    assert_eq!(sessions.open(NOW, 10, false, targets, &mut Random::new(1)), 0);
}
