//! Row 78, the broker's own configuration while it runs (KIP-226): each key that can change and is obeyed takes effect,
//! as the cluster's default and for this broker, and ends when it is deleted. What stands in a file only is refused.

use std::time::Duration;

use logboat_core::config::{Standing, UpdateMode, keys};
use logboat_core::protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig,
};
use logboat_core::protocol::messages::{DescribeProducersRequest, describe_producers};
use logboat_core::protocol::messages::{IncrementalAlterConfigsRequest, ListOffsetsRequest};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_core::record::Codec;
use logboat_tests::ask;
use logboat_tests::batch::{batch, headers, sequenced};
use logboat_tests::cases;
use logboat_tests::world::{Topic, World, bytes_of};

use crate::operators::node;

/// A broker of its own, since these change it for everybody.
const OWN: &[(&str, &str)] = &[("num.partitions", "1")];

cases! {
    row_78_what_produce_obeys_can_change { config: OWN };
    row_78_what_time_takes_away_can_change { virtual_time: true };
    row_78_what_closes_a_segment_can_change { virtual_time: true };
    row_78_a_value_of_this_broker_wins_over_the_clusters { config: OWN };
    row_78_what_can_not_change_while_the_broker_runs_is_refused {
        kafka_2: "has no node.id, and keeps what it does not know",
    };
    row_78_every_key_that_can_change_and_is_obeyed_is_tried { virtual_time: true };
}

/// A value that is not the default, and whether it is seen to be obeyed by a topic without configs of its own.
type Trial = (&'static str, &'static str, fn(&mut World, &Topic) -> bool);

const PRODUCE: &[Trial] = &[
    ("message.max.bytes", "150", |w, topic| {
        let large = batch(
            w.now(),
            &["a value that is long enough to be more than what may be sent in one batch, for \
             its header alone is sixty bytes long"],
        );
        w.produce(topic, 0, large).error_code == ErrorCode::MESSAGE_TOO_LARGE
    }),
    ("compression.type", "gzip", |w, topic| {
        let offset = w.append(topic, 0, batch(w.now(), &["v"]));
        let stored = bytes_of(&w.fetch(topic, 0, offset));
        headers(&stored)[0].codec() == Some(Codec::Gzip)
    }),
    ("compression.gzip.level", "1", |w, _| {
        // Half of it repeats itself, some way back: the lowest level does not find all of that.
        let text: String =
            (0..20_000_u32).map(|i| char::from(b'a' + (i * i % 251 % 23) as u8)).collect();
        let packed = w.topic_with(1, &[("compression.type", "gzip")]);
        let sixth =
            w.topic_with(1, &[("compression.type", "gzip"), ("compression.gzip.level", "6")]);
        let size = |w: &mut World, topic: &Topic| {
            w.append(topic, 0, batch(1_700_000_000_000, &[&text]));
            bytes_of(&w.fetch(topic, 0, 0)).len()
        };
        size(w, &packed) > size(w, &sixth)
    }),
    ("log.cleanup.policy", "compact", |w, topic| {
        w.produce(topic, 0, batch(w.now(), &["no key"])).error_code == ErrorCode::INVALID_RECORD
    }),
    ("log.message.timestamp.after.max.ms", "1000", |w, topic| {
        let code = w.produce(topic, 0, batch(w.now() + 60_000, &["v"])).error_code;
        code == ErrorCode::INVALID_TIMESTAMP
    }),
    ("log.message.timestamp.before.max.ms", "1000", |w, topic| {
        let code = w.produce(topic, 0, batch(w.now() - 60_000, &["v"])).error_code;
        code == ErrorCode::INVALID_TIMESTAMP
    }),
    ("log.message.timestamp.difference.max.ms", "1000", |w, topic| {
        let code = w.produce(topic, 0, batch(w.now() - 60_000, &["v"])).error_code;
        code == ErrorCode::INVALID_TIMESTAMP
    }),
    ("log.message.timestamp.type", "LogAppendTime", |w, topic| {
        w.produce(topic, 0, batch(w.now(), &["v"])).log_append_time_ms >= 0
    }),
];

/// Whether a record is gone after the next check of retention.
fn is_dropped(w: &mut World, topic: &Topic) -> bool {
    let offset = w.append(topic, 0, batch(w.now(), &["v"]));
    w.sleep(Duration::from_secs(301));
    w.list_offsets(topic, 0, -2).offset > offset
}

const TIME: &[Trial] = &[
    ("log.retention.ms", "1000", is_dropped),
    ("log.retention.bytes", "0", is_dropped),
    ("producer.id.expiration.ms", "1000", |w, topic| {
        w.append(topic, 0, sequenced(w.now(), (7, 0), 0, 1));
        w.sleep(Duration::from_secs(601));
        let asked = describe_producers::TopicRequest {
            name: topic.name.clone(),
            partition_indexes: vec![0],
        };
        let request = DescribeProducersRequest { topics: vec![asked] };
        let forgotten = |w: &mut World| {
            let answer = w.client().call(Box::new(request.clone()), 0);
            answer.topics[0].partitions[0].active_producers.is_empty()
        };
        forgotten(w)
    }),
];

/// How many segments two records make that are `seconds` apart and hold `bytes`.
fn segments(w: &mut World, topic: &Topic, seconds: i64, bytes: usize) -> usize {
    let value = "x".repeat(bytes);
    let first = w.append(topic, 0, batch(w.now(), &[&value]));
    w.append(topic, 0, batch(w.now() + seconds * 1000, &[&value]));
    let answer = w.client().call::<ListOffsetsRequest>(ask::list_offsets(&topic.name, 0, -1), 0);
    // The log's end stands first; a start at `first` says that the one before was closed.
    let starts = &answer.topics[0].partitions[0].old_style_offsets;
    starts.iter().filter(|start| **start > first).count() - 1
}

const SEGMENTS: &[Trial] = &[
    ("log.roll.ms", "1000", |w, topic| segments(w, topic, 60, 1) > 0),
    ("log.segment.bytes", "1048576", |w, topic| segments(w, topic, 0, 700_000) > 0),
    ("log.roll.jitter.ms", "604800000", |w, _| {
        // It is drawn for each partition: of so many one is drawn early.
        let topic = w.topic_with(16, &[("segment.ms", "4000000")]);
        (0..16).any(|partition| {
            let now = w.now();
            w.append(&topic, partition, batch(now, &["v"]));
            w.append(&topic, partition, batch(now + 3_500_000, &["v"]));
            let asked = ask::list_offsets(&topic.name, partition, -1);
            let answer = w.client().call::<ListOffsetsRequest>(asked, 0);
            answer.topics[0].partitions[0].old_style_offsets.len() > 2
        })
    }),
];

/// What clients do not see: `core/tests/api_configs.rs` looks at what the store is asked for; and what bounds
/// connections, which has rows of its own.
const ELSEWHERE: &[&str] = &[
    "log.flush.interval.messages",
    "log.flush.interval.ms",
    "max.connection.creation.rate",
    "max.connections",
    "max.connections.per.ip",
    "max.connections.per.ip.overrides",
];

fn set_for(w: &mut World, name: &KString, key: &str, value: Option<&str>) -> ErrorCode {
    let config = AlterableConfig {
        name: key.into(),
        config_operation: i8::from(value.is_none()),
        value: value.map(Into::into),
    };
    let resource = AlterConfigsResource {
        resource_type: 4,
        resource_name: name.clone(),
        configs: vec![config],
    };
    let request =
        IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    let version = w.newest(ApiKey::IncrementalAlterConfigs, 1);
    w.client().call(Box::new(request), version).responses[0].error_code
}

fn take_effect(w: &mut World, trials: &[Trial]) {
    let this_broker = KString::from(node(w).to_string());
    for (key, value, is_obeyed) in trials {
        for name in [&KString::EMPTY, &this_broker] {
            // It was there before: what changes, changes for every topic.
            let topic = w.topic(1);
            assert!(!is_obeyed(w, &topic), "{key} before it is set");
            let topic = w.topic(1);
            assert_eq!(set_for(w, name, key, Some(value)), ErrorCode::NONE, "{key}");
            assert!(is_obeyed(w, &topic), "{key}={value} of \"{name}\"");
            let topic = w.topic(1);
            assert_eq!(set_for(w, name, key, None), ErrorCode::NONE, "{key}");
            assert!(!is_obeyed(w, &topic), "{key} after it was deleted");
        }
    }
}

fn row_78_what_produce_obeys_can_change(w: &mut World) {
    take_effect(w, PRODUCE);
}

fn row_78_what_time_takes_away_can_change(w: &mut World) {
    take_effect(w, TIME);
}

fn row_78_what_closes_a_segment_can_change(w: &mut World) {
    take_effect(w, SEGMENTS);
}

fn row_78_a_value_of_this_broker_wins_over_the_clusters(w: &mut World) {
    let (topic, this_broker) = (w.topic(1), KString::from(node(w).to_string()));
    let (key, cluster) = ("message.max.bytes", KString::EMPTY);
    let takes = |w: &mut World| {
        let batch = batch(w.now(), &[&"x".repeat(1000)]);
        w.produce(&topic, 0, batch).error_code == ErrorCode::NONE
    };
    assert_eq!(set_for(w, &cluster, key, Some("500")), ErrorCode::NONE);
    assert!(!takes(w));
    assert_eq!(set_for(w, &this_broker, key, Some("5000")), ErrorCode::NONE);
    assert!(takes(w), "this broker's");
    assert_eq!(set_for(w, &cluster, key, None), ErrorCode::NONE);
    assert_eq!(set_for(w, &this_broker, key, Some("600")), ErrorCode::NONE);
    assert!(!takes(w));
    assert_eq!(set_for(w, &this_broker, key, None), ErrorCode::NONE);
    assert!(takes(w), "the default");
}

fn row_78_what_can_not_change_while_the_broker_runs_is_refused(w: &mut World) {
    let this_broker = KString::from(node(w).to_string());
    for name in [&KString::EMPTY, &this_broker] {
        for (key, value) in [
            ("num.partitions", "3"),
            ("log.dirs", "/elsewhere"),
            ("log.retention.hours", "1"),
            ("log.retention.check.interval.ms", "1000"),
            ("auto.create.topics.enable", "false"),
            ("socket.request.max.bytes", "1000"),
            ("node.id", "7"),
            // It can change, but not to that.
            ("message.max.bytes", "-1"),
            ("message.max.bytes", "many"),
            ("log.cleanup.policy", "burn"),
        ] {
            let code = set_for(w, name, key, Some(value));
            assert_eq!(code, ErrorCode::INVALID_REQUEST, "{key}={value} of \"{name}\"");
        }
    }
}

fn row_78_every_key_that_can_change_and_is_obeyed_is_tried(_: &mut World) {
    let tried = [PRODUCE, TIME, SEGMENTS].concat();
    let mut tried: Vec<&str> = tried.iter().map(|(key, ..)| *key).collect();
    tried.extend(ELSEWHERE);
    tried.sort_unstable();
    let obeyed = keys::broker_keys()
        .filter(|key| key.standing == Standing::Obeyed && key.update != UpdateMode::ReadOnly);
    let mut obeyed: Vec<&str> = obeyed.map(|key| key.name).collect();
    obeyed.sort_unstable();
    assert_eq!(tried, obeyed);
}
