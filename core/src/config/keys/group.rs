//! Consumer groups of both protocols, and the offsets that they commit.
//!
//! Names, types, defaults and rules are Kafka's, the sentences are not; nothing but rows stands here.

use super::notice;
use crate::config::key::{ConfigKey as Key, Valid};

/// One key a line.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const KEYS: &[Key] = &[
    Key::int("group.consumer.assignment.interval.ms", "Shortest time between two assignments of a group.").or("1000").from(0).dynamic(),
    Key::list("group.consumer.assignors", "Assignors offered, the first of them the default.").or("uniform,range").valid(Valid::Members),
    Key::int("group.consumer.heartbeat.interval.ms", "How often members are asked to send a heartbeat.").or("5000").from(1),
    Key::int("group.consumer.max.assignment.interval.ms", "Largest assignment interval that a group may set.").or("15000").from(0),
    Key::int("group.consumer.max.heartbeat.interval.ms", "Largest heartbeat interval that a group may set.").or("15000").from(1),
    Key::int("group.consumer.max.session.timeout.ms", "Largest session timeout that a group may set.").or("60000").from(1),
    Key::int("group.consumer.max.size", "Most members of one group.").or("2147483647").from(1),
    Key::string("group.consumer.migration.policy", "Which way groups may move between the classic and the consumer protocol.").or("bidirectional").valid(Valid::OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"])),
    Key::int("group.consumer.min.assignment.interval.ms", "Smallest assignment interval that a group may set.").or("0").from(0),
    Key::int("group.consumer.min.heartbeat.interval.ms", "Smallest heartbeat interval that a group may set.").or("5000").from(1),
    Key::int("group.consumer.min.session.timeout.ms", "Smallest session timeout that a group may set.").or("45000").from(1),
    Key::int("group.consumer.regex.refresh.interval.ms", "How often subscriptions by pattern are matched with the topics anew.").or("600000").from(10000).internal(),
    Key::int("group.consumer.session.timeout.ms", "Silence after which a member is dropped.").or("45000").from(1),
    Key::int("group.coordinator.append.linger.ms", "How long the coordinator gathers records before it writes; -1 decides by itself.").or("-1").from(-1).otherwise(notice::GATHER),
    Key::int("group.coordinator.background.threads", "Threads for the coordinator's background work.").or("2").from(1).otherwise(notice::THREADS),
    Key::int("group.coordinator.cached.buffer.max.bytes", "Largest buffer that the coordinator keeps for its next write.").or("1048588").from(524288).dynamic().otherwise(notice::BUFFERS),
    Key::list("group.coordinator.rebalance.protocols", "Group protocols offered.").or("classic,consumer,streams").valid(Valid::MembersOf(&["consumer", "classic", "share", "streams"])),
    Key::int("group.coordinator.threads", "Threads of the coordinator.").or("4").from(1).otherwise(notice::THREADS),
    Key::int("group.initial.rebalance.delay.ms", "How long the first rebalance of a new group waits for more members.").or("3000").obeyed(),
    Key::int("group.max.session.timeout.ms", "Largest session timeout that a member may ask for.").or("1800000").obeyed(),
    Key::int("group.max.size", "Most members of one group of the classic protocol.").or("2147483647").from(1).obeyed(),
    Key::int("group.min.session.timeout.ms", "Smallest session timeout that a member may ask for.").or("6000").obeyed(),
    Key::int("group.streams.assignment.interval.ms", "Shortest time between two assignments of a streams group.").or("1000").from(0).dynamic(),
    Key::int("group.streams.heartbeat.interval.ms", "How often members of streams groups are asked to send a heartbeat.").or("5000").from(1),
    Key::int("group.streams.initial.rebalance.delay.ms", "How long the first rebalance of a new streams group waits for more members.").or("3000").from(0),
    Key::int("group.streams.max.assignment.interval.ms", "Largest assignment interval that a streams group may set.").or("15000").from(0),
    Key::int("group.streams.max.heartbeat.interval.ms", "Largest heartbeat interval that a streams group may set.").or("15000").from(1),
    Key::int("group.streams.max.session.timeout.ms", "Largest session timeout that a streams group may set.").or("60000").from(1),
    Key::int("group.streams.max.size", "Most members of one streams group.").or("2147483647").from(1),
    Key::int("group.streams.max.standby.replicas", "Most standby copies of a task that a streams group may set.").or("2").from(0),
    Key::int("group.streams.min.assignment.interval.ms", "Smallest assignment interval that a streams group may set.").or("0").from(0),
    Key::int("group.streams.min.heartbeat.interval.ms", "Smallest heartbeat interval that a streams group may set.").or("5000").from(1),
    Key::int("group.streams.min.session.timeout.ms", "Smallest session timeout that a streams group may set.").or("45000").from(1),
    Key::int("group.streams.num.standby.replicas", "Standby copies of each task.").or("0").from(0),
    Key::int("group.streams.session.timeout.ms", "Silence after which a member of a streams group is dropped.").or("45000").from(1),
    Key::int("offset.metadata.max.bytes", "Longest text that may go along with a committed offset.").or("4096").obeyed(),
    Key::int("offsets.commit.timeout.ms", "How long a commit may take to reach its copies.").or("5000").from(1).otherwise(notice::COMMIT),
    Key::int("offsets.load.buffer.size", "Bytes read at a time when committed offsets are loaded.").or("5242880").from(1).otherwise(notice::LOAD),
    Key::long("offsets.retention.check.interval.ms", "How often it is checked which committed offsets are too old.").or("600000").from(1).obeyed(),
    Key::int("offsets.retention.minutes", "Minutes that the offsets of a group without members are kept.").or("10080").from(1).obeyed(),
    Key::int("offsets.topic.compression.codec", "Codec of the topic of committed offsets, as its number; 0 is none.").or("0").obeyed(),
    Key::int("offsets.topic.num.partitions", "Partitions of the topic of committed offsets.").or("50").from(1).obeyed(),
    Key::short("offsets.topic.replication.factor", "Copies of the topic of committed offsets.").or("3").from(1),
    Key::int("offsets.topic.segment.bytes", "Size at which a segment of the topic of committed offsets is closed.").or("104857600").from(1).obeyed(),
];
