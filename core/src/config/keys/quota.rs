//! Quotas, metrics and telemetry.
//!
//! Names, types, defaults and rules are Kafka's, the sentences are not; nothing but rows stands here.

use super::notice;
use crate::config::key::{ConfigKey as Key, Valid};

/// One key a line.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const KEYS: &[Key] = &[
    Key::int("alter.log.dirs.replication.quota.window.num", "Windows over which moves between directories are counted.").or("11").from(1),
    Key::int("alter.log.dirs.replication.quota.window.size.seconds", "Length of such a window.").or("1").from(1),
    Key::class("client.quota.callback.class", "Java class that decides quotas.").refused(notice::CLASSES),
    Key::int("kafka.metrics.polling.interval.secs", "How often metrics are polled.").or("10").from(1).otherwise(notice::METRICS),
    Key::list("kafka.metrics.reporters", "Java classes that report the older metrics.").or("").valid(Valid::MembersOrNone).otherwise(notice::METRICS),
    Key::list("metric.reporters", "Java classes that report metrics.").or("org.apache.kafka.common.metrics.JmxReporter").valid(Valid::MembersOrNone).dynamic().otherwise(notice::METRICS),
    Key::int("metrics.num.samples", "Samples kept for a metric.").or("2").from(1).otherwise(notice::METRICS),
    Key::string("metrics.recording.level", "Finest level of metrics that is recorded.").or("INFO").otherwise(notice::METRICS),
    Key::long("metrics.sample.window.ms", "Time that a sample spans.").or("30000").from(1).otherwise(notice::METRICS),
    Key::int("quota.window.num", "Windows over which clients' bytes and time are counted.").or("11").from(1),
    Key::int("quota.window.size.seconds", "Length of such a window.").or("1").from(1),
    Key::int("replication.quota.window.num", "Windows over which copied bytes are counted.").or("11").from(1),
    Key::int("replication.quota.window.size.seconds", "Length of such a window.").or("1").from(1),
    Key::int("telemetry.max.bytes", "Largest push of a client's metrics.").or("1048576").from(1),
];

/// Keys that can be set only while the broker runs.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const DYNAMIC_KEYS: &[Key] = &[
    Key::long("follower.replication.throttled.rate", "Most bytes of throttled partitions that this broker copies in a second.").or("9223372036854775807").from(0).per_broker().internal(),
    Key::long("leader.replication.throttled.rate", "Most bytes of throttled partitions that others copy from this broker in a second.").or("9223372036854775807").from(0).per_broker().internal(),
    Key::long("replica.alter.log.dirs.io.max.bytes.per.second", "Most bytes moved between this broker's directories in a second.").or("9223372036854775807").from(0).per_broker().internal(),
];
