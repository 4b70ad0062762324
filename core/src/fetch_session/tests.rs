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

/// A full request for this many partitions, each of a topic with a name of 20,000 bytes, though it cannot exist.
fn many(partitions: usize) -> FetchRequest {
    let names = ["a", "b"].map(|letter| KString::from(letter.repeat(20_000)));
    let topics = (0..partitions).map(|number| FetchTopic {
        topic: names[number % 2].clone(),
        partitions: [FetchPartition { partition: number as i32, ..Default::default() }]
            .into_iter()
            .collect(),
        ..Default::default()
    });
    FetchRequest { topics: topics.collect(), ..Default::default() }
}

fn open_many(sessions: &mut Sessions, partitions: usize, now: Instant) -> i32 {
    let (_, targets) = sessions.begin(now, 12, &mut many(partitions)).expect("a full request");
    sessions.open(now, 1000, false, targets, &mut Random::new(now.as_nanos()))
}

#[test]
fn sessions_are_bounded_by_bytes_too() {
    let mut sessions = Sessions::default();
    assert_eq!(open_many(&mut sessions, 4000, NOW), 0, "more than all may weigh");
    let first = open_many(&mut sessions, 2000, NOW);
    assert!(first > 0 && sessions.bytes > 20 << 20 && sessions.bytes < BYTES_MAX);
    let later = NOW.plus_millis(1000);
    assert!(open_many(&mut sessions, 1000, later) > 0);
    assert_eq!(open_many(&mut sessions, 2000, later), 0, "no room");
    // Nobody has used the first one for two minutes.
    let much_later = NOW.plus_millis(EVICTION_MS);
    assert!(open_many(&mut sessions, 2000, much_later) > 0);
    assert!(!sessions.sessions.contains_key(&first) && sessions.bytes <= BYTES_MAX);
}

#[test]
fn a_session_that_outgrows_the_bound_is_gone() {
    let mut sessions = Sessions::default();
    let id = open(&mut sessions, 10, NOW);
    let mut more = many(4000);
    (more.session_id, more.session_epoch) = (id, 1);
    let answer = sessions.begin(NOW, 12, &mut more);
    assert_eq!(answer.err(), Some(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
    assert!(sessions.sessions.is_empty());
    assert_eq!(sessions.bytes, 0);
    // What is forgotten weighs nothing.
    let id = open(&mut sessions, 10, NOW);
    let before = sessions.bytes;
    let mut change = request(id, 1, &[("c", 1, 1)]);
    change.forgotten_topics_data = vec![ForgottenTopic {
        topic: KString::from_static("a"),
        partitions: vec![0, 1],
        ..Default::default()
    }];
    let (_, targets) = sessions.begin(NOW, 12, &mut change).expect("the next request");
    sessions.finish(id, targets, |_| false);
    assert!(sessions.bytes < before);
    sessions.begin(NOW, 12, &mut request(id, 0, &[])).expect("it closes the session");
    assert_eq!(sessions.bytes, 0);
}

#[test]
fn a_name_is_kept_once_for_all_partitions_of_a_topic() {
    let mut sessions = Sessions::default();
    let name = KString::from("a".repeat(30_000));
    let partition = |partition| FetchPartition { partition, ..Default::default() };
    let topic = |partitions: core::ops::Range<i32>| FetchTopic {
        topic: name.clone(),
        partitions: partitions.map(partition).collect(),
        ..Default::default()
    };
    let mut full = FetchRequest { topics: [topic(0..5000)].into_iter().collect(), ..many(0) };
    let (_, targets) = sessions.begin(NOW, 12, &mut full).expect("a full request");
    let id = sessions.open(NOW, 10, false, targets, &mut Random::new(1));
    assert!(id > 0 && sessions.bytes < 2 << 20);
    let mut more = FetchRequest {
        session_id: id,
        session_epoch: 1,
        topics: [topic(5000..9000)].into_iter().collect(),
        ..Default::default()
    };
    let (_, targets) = sessions.begin(NOW, 12, &mut more).expect("the next request");
    let places = |range: core::ops::Range<usize>| {
        let mut places: Vec<_> =
            targets[range].iter().map(|target| target.topic.as_bytes().as_ptr()).collect();
        places.dedup();
        places.len()
    };
    assert_eq!((targets.len(), places(0..5000), places(5000..9000)), (9000, 1, 1));
}
