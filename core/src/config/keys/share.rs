//! Share groups and their coordinator.
//!
//! Names, types, defaults and rules are Kafka's, the sentences are not; nothing but rows stands here.

use super::notice;
use crate::config::key::{ConfigKey as Key, Valid};

/// One key a line.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const KEYS: &[Key] = &[
    Key::int("group.share.assignment.interval.ms", "Shortest time between two assignments of a share group.").or("1000").from(0).dynamic(),
    Key::list("group.share.assignors", "Assignors offered to share groups.").or("simple").valid(Valid::Members),
    Key::int("group.share.delivery.count.limit", "How often a record is delivered before it is given up.").or("5").within(2, 10),
    Key::int("group.share.heartbeat.interval.ms", "How often members of share groups are asked to send a heartbeat.").or("5000").from(1),
    Key::int("group.share.initialize.retry.interval.ms", "How long to wait before a share group's state is initialized again.").or("30000").from(1).internal(),
    Key::int("group.share.max.assignment.interval.ms", "Largest assignment interval that a share group may set.").or("15000").from(0),
    Key::int("group.share.max.delivery.count.limit", "Largest delivery count limit that a share group may set.").or("10").within(5, 25),
    Key::int("group.share.max.heartbeat.interval.ms", "Largest heartbeat interval that a share group may set.").or("15000").from(1),
    Key::int("group.share.max.partition.max.record.locks", "Largest number of locked records that a share group may set.").or("4000").within(2000, 10000),
    Key::int("group.share.max.record.lock.duration.ms", "Longest lock that a share group may set.").or("60000").within(30000, 3600000),
    Key::int("group.share.max.session.timeout.ms", "Largest session timeout that a share group may set.").or("60000").from(1),
    Key::int("group.share.max.share.sessions", "Share sessions remembered at once.").or("2000").from(1),
    Key::int("group.share.max.size", "Most members of one share group.").or("200").within(1, 1000),
    Key::int("group.share.min.assignment.interval.ms", "Smallest assignment interval that a share group may set.").or("0").from(0),
    Key::int("group.share.min.delivery.count.limit", "Smallest delivery count limit that a share group may set.").or("2").within(2, 5),
    Key::int("group.share.min.heartbeat.interval.ms", "Smallest heartbeat interval that a share group may set.").or("5000").from(1),
    Key::int("group.share.min.partition.max.record.locks", "Smallest number of locked records that a share group may set.").or("100").within(100, 2000),
    Key::int("group.share.min.record.lock.duration.ms", "Shortest lock that a share group may set.").or("15000").within(1000, 30000),
    Key::int("group.share.min.session.timeout.ms", "Smallest session timeout that a share group may set.").or("45000").from(1),
    Key::int("group.share.partition.max.record.locks", "Most records of one partition that may be locked at once.").or("2000").within(100, 10000),
    Key::string("group.share.persister.class.name", "Java class that keeps the state of share groups.").or("org.apache.kafka.server.share.persister.DefaultStatePersister").internal().refused(notice::CLASSES),
    Key::int("group.share.record.lock.duration.ms", "How long a delivered record is locked.").or("30000").within(1000, 3600000),
    Key::int("group.share.session.timeout.ms", "Silence after which a member of a share group is dropped.").or("45000").from(1),
    Key::int("share.coordinator.append.linger.ms", "How long the share coordinator gathers records before it writes; -1 decides by itself.").or("-1").from(-1).otherwise(notice::GATHER),
    Key::int("share.coordinator.cached.buffer.max.bytes", "Largest buffer that the share coordinator keeps for its next write.").or("1048588").from(524288).dynamic().otherwise(notice::BUFFERS),
    Key::int("share.coordinator.cold.partition.snapshot.interval.ms", "How often the state of a quiet share partition is written whole.").or("300000").from(1).internal(),
    Key::int("share.coordinator.load.buffer.size", "Bytes read at a time when the state of share groups is loaded.").or("5242880").from(1).otherwise(notice::LOAD),
    Key::int("share.coordinator.snapshot.update.records.per.snapshot", "Changes of a share partition's state between two whole copies of it.").or("500").within(0, 500),
    Key::int("share.coordinator.state.topic.compression.codec", "Codec of the topic of share group state, as its number; 0 is none.").or("0"),
    Key::short("share.coordinator.state.topic.min.isr", "Copies of the topic of share group state that must be in step.").or("2").from(1),
    Key::int("share.coordinator.state.topic.num.partitions", "Partitions of the topic of share group state.").or("50").from(1),
    Key::int("share.coordinator.state.topic.prune.interval.ms", "How often records of share group state that nobody needs are dropped.").or("300000").from(1).internal(),
    Key::short("share.coordinator.state.topic.replication.factor", "Copies of the topic of share group state.").or("3").from(1),
    Key::int("share.coordinator.state.topic.segment.bytes", "Size at which a segment of the topic of share group state is closed.").or("104857600").from(1),
    Key::int("share.coordinator.threads", "Threads of the share coordinator.").or("1").from(1).otherwise(notice::THREADS),
    Key::int("share.coordinator.write.timeout.ms", "How long a write of share group state may take to reach its copies.").or("5000").from(1).otherwise(notice::COMMIT),
];
