//! Rows 45 and 46: fetch sessions (KIP-227) and topic ids (KIP-516).

use std::time::Duration;

use logboat_core::protocol::messages::delete_topics::DeleteTopicState;
use logboat_core::protocol::messages::fetch::{
    FetchPartition, FetchTopic, ForgottenTopic, PartitionData,
};
use logboat_core::protocol::messages::{DeleteTopicsRequest, FetchRequest, FetchResponse};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};
use logboat_tests::ask;
use logboat_tests::batch::batch;
use logboat_tests::cases;
use logboat_tests::client::Client;
use logboat_tests::world::{Topic, World, bytes_of};
use smallvec::SmallVec;

const OLD: &str = "has no topic ids in Fetch";

cases! {
    row_45_a_session_lists_what_is_new;
    row_45_without_a_session_everything_is_listed;
    row_45_a_closed_session_is_gone;
    row_45_an_unknown_session_is_not_found;
    row_45_a_session_is_used_in_the_order_of_its_epochs;
    row_45_a_partition_leaves_and_comes_back;
    row_45_what_returned_data_moves_to_the_back;
    row_45_a_session_outlives_its_connection;
    row_46_a_session_does_not_switch_to_ids { kafka_2: OLD };
    row_46_an_unknown_id_is_unknown { kafka_2: OLD };
    row_46_a_session_repeats_an_unknown_id { kafka_2: OLD };
    row_46_a_deleted_topic_and_its_successor { kafka_2: OLD };
}

/// The newest version that names topics, 11 where ids need another.
fn version(w: &World) -> i16 {
    w.newest(ApiKey::Fetch, 12)
}

fn partition(index: i32, offset: i64) -> FetchPartition {
    FetchPartition {
        partition: index,
        fetch_offset: offset,
        partition_max_bytes: 1 << 20,
        ..Default::default()
    }
}

fn request(session: (i32, i32), topic: &Topic, partitions: &[(i32, i64)]) -> FetchRequest {
    let partitions = partitions.iter().map(|(index, offset)| partition(*index, *offset));
    let topic = FetchTopic {
        topic: topic.name.clone(),
        topic_id: topic.id,
        partitions: partitions.collect(),
    };
    let topics =
        if topic.partitions.is_empty() { SmallVec::new() } else { SmallVec::from_iter([topic]) };
    FetchRequest {
        max_bytes: 50 << 20,
        session_id: session.0,
        session_epoch: session.1,
        topics,
        ..Default::default()
    }
}

fn partitions(answer: &FetchResponse) -> Vec<PartitionData> {
    answer.responses.iter().flat_map(|topic| topic.partitions.iter().cloned()).collect()
}

fn indexes(answer: &FetchResponse) -> Vec<i32> {
    partitions(answer).iter().map(|data| data.partition_index).collect()
}

/// Opens a session over partitions 0 to `count` − 1 from offset 0.
fn open(w: &mut World, topic: &Topic, count: i32) -> i32 {
    let version = version(w);
    let all: Vec<_> = (0..count).map(|index| (index, 0)).collect();
    let answer = w.client().call(request((0, 0), topic, &all), version);
    assert_eq!(answer.error_code, ErrorCode::NONE);
    assert_ne!(answer.session_id, 0, "there is room for a session");
    assert_eq!(indexes(&answer), (0..count).collect::<Vec<_>>());
    answer.session_id
}

fn row_45_a_session_lists_what_is_new(w: &mut World) {
    let topic = w.topic(3);
    let version = version(w);
    let id = open(w, &topic, 3);
    let answer = w.client().call(request((id, 1), &topic, &[]), version);
    assert_eq!((answer.error_code, answer.session_id), (ErrorCode::NONE, id));
    assert_eq!(indexes(&answer), [0; 0], "nothing is new");
    w.append(&topic, 1, batch(w.now(), &["v"]));
    let answer = w.client().call(request((id, 2), &topic, &[]), version);
    assert_eq!(indexes(&answer), [1]);
    assert!(!bytes_of(&partitions(&answer)[0]).is_empty());
    // Read on: the watermark was told, so there is nothing new.
    let answer = w.client().call(request((id, 3), &topic, &[(1, 1)]), version);
    assert_eq!(indexes(&answer), [0; 0]);
    // An error is listed every time.
    let answer = w.client().call(request((id, 4), &topic, &[(2, 9)]), version);
    assert_eq!(partitions(&answer)[0].error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    let answer = w.client().call(request((id, 5), &topic, &[]), version);
    assert_eq!(indexes(&answer), [2]);
    // The log start alone is news too.
    let answer = w.client().call(request((id, 6), &topic, &[(2, 0)]), version);
    assert_eq!(partitions(&answer)[0].error_code, ErrorCode::NONE);
    assert_eq!(crate::offsets::delete_records(w, &topic, 1, 1), (ErrorCode::NONE, 1));
    let answer = w.client().call(request((id, 7), &topic, &[]), version);
    assert_eq!(indexes(&answer), [1]);
    assert_eq!(partitions(&answer)[0].log_start_offset, 1);
}

fn row_45_without_a_session_everything_is_listed(w: &mut World) {
    let topic = w.topic(2);
    for version in w.versions(ApiKey::Fetch).filter(|version| (7..13).contains(version)) {
        let answer = w.client().call(request((0, -1), &topic, &[(0, 0), (1, 0)]), version);
        assert_eq!((answer.error_code, answer.session_id), (ErrorCode::NONE, 0));
        assert_eq!(indexes(&answer), [0, 1], "v{version}");
    }
}

fn row_45_a_closed_session_is_gone(w: &mut World) {
    let topic = w.topic(2);
    let version = version(w);
    let id = open(w, &topic, 2);
    let answer = w.client().call(request((id, -1), &topic, &[(0, 0), (1, 0)]), version);
    assert_eq!((answer.error_code, answer.session_id), (ErrorCode::NONE, 0));
    assert_eq!(indexes(&answer), [0, 1]);
    let answer = w.client().call(request((id, 1), &topic, &[]), version);
    assert_eq!(answer.error_code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    assert_eq!(indexes(&answer), [0; 0]);
}

fn row_45_an_unknown_session_is_not_found(w: &mut World) {
    let topic = w.topic(1);
    for version in w.versions(ApiKey::Fetch).filter(|version| (7..13).contains(version)) {
        let answer = w.client().call(request((123_456, 1), &topic, &[(0, 0)]), version);
        assert_eq!(answer.error_code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND, "v{version}");
        assert_eq!(answer.session_id, 0);
    }
}

fn row_45_a_session_is_used_in_the_order_of_its_epochs(w: &mut World) {
    let topic = w.topic(1);
    let version = version(w);
    let id = open(w, &topic, 1);
    for wrong in [2, 5, i32::MAX] {
        let answer = w.client().call(request((id, wrong), &topic, &[]), version);
        assert_eq!(answer.error_code, ErrorCode::INVALID_FETCH_SESSION_EPOCH, "{wrong}");
    }
    let answer = w.client().call(request((id, 1), &topic, &[]), version);
    assert_eq!(answer.error_code, ErrorCode::NONE, "the session was not touched");
    let answer = w.client().call(request((id, 1), &topic, &[]), version);
    assert_eq!(answer.error_code, ErrorCode::INVALID_FETCH_SESSION_EPOCH);
}

fn row_45_a_partition_leaves_and_comes_back(w: &mut World) {
    let topic = w.topic(2);
    let version = version(w);
    let id = open(w, &topic, 2);
    for partition in 0..2 {
        w.append(&topic, partition, batch(w.now(), &["v"]));
    }
    let mut leave = request((id, 1), &topic, &[]);
    leave.forgotten_topics_data = vec![ForgottenTopic {
        topic: topic.name.clone(),
        topic_id: Uuid::ZERO,
        partitions: vec![0],
    }];
    assert_eq!(indexes(&w.client().call(leave, version)), [1]);
    let answer = w.client().call(request((id, 2), &topic, &[(0, 0)]), version);
    let mut both = indexes(&answer);
    both.sort_unstable();
    assert_eq!(both, [0, 1]);
}

fn row_45_what_returned_data_moves_to_the_back(w: &mut World) {
    let topic = w.topic(3);
    let version = version(w);
    for partition in 0..3 {
        w.append(&topic, partition, batch(w.now(), &["v"]));
    }
    let mut first = request((0, 0), &topic, &[(0, 0), (1, 0), (2, 0)]);
    // Room for the first only.
    first.max_bytes = 1;
    let with_data = |answer: &FetchResponse| -> Vec<i32> {
        let data = partitions(answer);
        data.iter()
            .filter(|data| !bytes_of(data).is_empty())
            .map(|data| data.partition_index)
            .collect()
    };
    let answer = w.client().call(first, version);
    let id = answer.session_id;
    let mut order = with_data(&answer);
    for epoch in 1..=5 {
        let mut next = request((id, epoch), &topic, &[]);
        next.max_bytes = 1;
        order.extend(with_data(&w.client().call(next, version)));
    }
    // The reply that opens the session moves nothing yet (2.5.0, 3.9.2 and 4.3.1 alike); then nobody starves.
    assert_eq!(order, [0, 0, 1, 2, 0, 1]);
}

fn row_45_a_session_outlives_its_connection(w: &mut World) {
    let topic = w.topic(1);
    let version = version(w);
    let id = open(w, &topic, 1);
    let mut other: Client = w.connect();
    let answer = other.call(request((id, 1), &topic, &[]), version);
    assert_eq!((answer.error_code, answer.session_id), (ErrorCode::NONE, id));
}

fn row_46_a_session_does_not_switch_to_ids(w: &mut World) {
    let topic = w.topic(1);
    for (opened, other) in [(12, 13), (13, 12)] {
        let answer = w.client().call(request((0, 0), &topic, &[(0, 0)]), opened);
        let id = answer.session_id;
        assert_ne!(id, 0);
        let answer = w.client().call(request((id, 1), &topic, &[(0, 0)]), other);
        assert_eq!(answer.error_code, ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        let answer = w.client().call(request((id, 1), &topic, &[(0, 0)]), opened);
        assert_eq!(answer.error_code, ErrorCode::NONE, "session and epoch are untouched");
    }
}

fn row_46_an_unknown_id_is_unknown(w: &mut World) {
    let topic = w.topic(1);
    w.append(&topic, 0, batch(w.now(), &["v"]));
    let unknown = Topic { name: KString::EMPTY, id: Uuid([9; 16]) };
    for version in w.versions(ApiKey::Fetch).filter(|version| *version >= 13) {
        let mut both = request((0, -1), &topic, &[(0, 0)]);
        both.topics.extend(request((0, -1), &unknown, &[(0, 0), (5, 0)]).topics);
        let answer = w.client().call(both, version);
        assert_eq!(answer.error_code, ErrorCode::NONE);
        for found in &answer.responses {
            let code = if found.topic_id == topic.id {
                ErrorCode::NONE
            } else {
                ErrorCode::UNKNOWN_TOPIC_ID
            };
            assert!(found.partitions.iter().all(|data| data.error_code == code), "v{version}");
            assert!(found.partitions.iter().all(|data| data.records.is_some()));
        }
        assert_eq!(partitions(&answer).len(), 3);
    }
}

fn row_46_a_session_repeats_an_unknown_id(w: &mut World) {
    let unknown = Topic { name: KString::EMPTY, id: Uuid([8; 16]) };
    let answer = w.client().call(request((0, 0), &unknown, &[(0, 0)]), 13);
    let id = answer.session_id;
    assert_ne!(id, 0);
    assert_eq!(partitions(&answer)[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    for epoch in 1..4 {
        let answer = w.client().call(request((id, epoch), &unknown, &[]), 13);
        assert_eq!(answer.error_code, ErrorCode::NONE);
        assert_eq!(partitions(&answer)[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    }
    let mut leave = request((id, 4), &unknown, &[]);
    leave.forgotten_topics_data =
        vec![ForgottenTopic { topic: KString::EMPTY, topic_id: unknown.id, partitions: vec![0] }];
    assert_eq!(indexes(&w.client().call(leave, 13)), [0; 0]);
}

/// The one partition's error, once it is no longer `before`: other brokers learn of changes later.
fn next_error(
    w: &mut World,
    ask: impl Fn(i32) -> FetchRequest,
    epoch: &mut i32,
    before: ErrorCode,
) -> ErrorCode {
    let mut seen = before;
    for _ in 0..100 {
        let answer = w.client().call(ask(*epoch), 13);
        assert_eq!(answer.error_code, ErrorCode::NONE);
        *epoch += i32::from(*epoch > 0);
        seen = partitions(&answer).first().map_or(ErrorCode::NONE, |data| data.error_code);
        if seen != before {
            break;
        }
        w.sleep(Duration::from_millis(50));
    }
    seen
}

fn row_46_a_deleted_topic_and_its_successor(w: &mut World) {
    let topic = w.topic(1);
    let id = w.client().call(request((0, 0), &topic, &[(0, 0)]), 13).session_id;
    assert_ne!(id, 0);
    let state = DeleteTopicState { name: None, topic_id: topic.id };
    let delete =
        DeleteTopicsRequest { topics: vec![state], timeout_ms: 30_000, ..Default::default() };
    let answer = w.client().call(Box::new(delete), 6);
    assert_eq!(answer.responses[0].error_code, ErrorCode::NONE);
    let mut epoch = 1;
    let in_session = |epoch| request((id, epoch), &topic, &[]);
    let seen = next_error(w, in_session, &mut epoch, ErrorCode::NONE);
    assert_eq!(seen, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    w.create(&topic.name, 1, &[]);
    let successor = w.described(&topic.name, 1);
    assert_ne!(successor.id, topic.id);
    let seen = next_error(w, in_session, &mut epoch, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(seen, ErrorCode::INCONSISTENT_TOPIC_ID);
    // Its old id without a session.
    let answer = w.client().call(request((0, -1), &topic, &[(0, 0)]), 13);
    assert_eq!(partitions(&answer)[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    let answer = w.client().call(ask::fetch(&topic.name, 0, 0), 12);
    assert_eq!(partitions(&answer)[0].error_code, ErrorCode::NONE);
}
