//! The effective configuration of the broker: Kafka's keys as typed values, and the texts that they came from.
//!
//! Built once from ordered pairs, and anew when a dynamic value changes; a reader never parses anything. Nothing here
//! may depend on where a pair came from: a host reads files, environments and command lines.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::connections;
use super::error::ConfigError;
use super::listener::{self, Listener};
use super::overrides::Overrides;
use super::together;
use super::topic::TopicConfig;
use super::value::Value;
use super::values::{Values, from_value};

/// What Kafka 2.5.0's own file for a single node sets, and what its newest one adds: the values of a broker that is
/// given no file. A host puts these pairs before any others, and only where there is no file.
pub const SINGLE_NODE: &[(&str, &str)] = &[
    ("num.network.threads", "3"),
    ("num.io.threads", "8"),
    ("socket.send.buffer.bytes", "102400"),
    ("socket.receive.buffer.bytes", "102400"),
    ("socket.request.max.bytes", "104857600"),
    ("num.partitions", "1"),
    ("num.recovery.threads.per.data.dir", "1"),
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("log.retention.hours", "168"),
    ("log.segment.bytes", "1073741824"),
    ("log.retention.check.interval.ms", "300000"),
    ("group.initial.rebalance.delay.ms", "0"),
];

macro_rules! broker_config {
    ($($(#[$note:meta])* $field:ident: $type:ty = $key:literal;)*) => {
        /// The broker's effective values. Fields bear Kafka's names; times are in milliseconds and sizes in bytes
        /// unless the name says otherwise.
        #[derive(Clone, Debug)]
        pub struct BrokerConfig {
            /// `node.id`, or `broker.id`; 0 where neither is set or it is to be generated (-1).
            pub node_id: i32,
            /// Whether the number was set, so that a directory with another one must be refused.
            pub node_id_given: bool,
            /// What a topic has that sets nothing itself: the many `log.` keys, units and synonyms resolved.
            pub topic: TopicConfig,
            /// Where to listen, in the order of `listeners`; the controller's listeners are not among them.
            pub listeners: Vec<Listener>,
            /// `max.connections.per.ip.overrides`: addresses, none of version 4 in the clothes of version 6, each with
            /// the most connections that it may have.
            pub connections_of_addresses: Vec<(IpAddr, i32)>,
            $(
                #[doc = concat!("`", $key, "`")]
                $(#[$note])*
                pub $field: $type,
            )*
            values: Values,
        }

        impl BrokerConfig {
            fn resolve(values: Values) -> Result<Self, ConfigError> {
                let id = values.node_id()?;
                together::check(&values)?;
                Ok(Self {
                    node_id: id.unwrap_or(0),
                    node_id_given: id.is_some(),
                    topic: TopicConfig::of_broker(&values)?,
                    listeners: listener::listeners(&values)?,
                    connections_of_addresses: connections::overrides(&values)?,
                    $($field: from_value(values.get($key)),)*
                    values,
                })
            }
        }

        /// The keys of the fields, with each field's type.
        #[cfg(test)]
        pub(super) const FIELDS: &[(&str, &str)] = &[$(($key, stringify!($type))),*];
    };
}

broker_config! {
    broker_rack: Option<Box<str>> = "broker.rack";
    num_partitions: i32 = "num.partitions";
    default_replication_factor: i32 = "default.replication.factor";
    auto_create_topics_enable: bool = "auto.create.topics.enable";
    delete_topic_enable: bool = "delete.topic.enable";

    socket_request_max_bytes: i32 = "socket.request.max.bytes";
    fetch_max_bytes: i32 = "fetch.max.bytes";
    max_incremental_fetch_session_cache_slots: i32 = "max.incremental.fetch.session.cache.slots";
    max_request_partition_size_limit: i32 = "max.request.partition.size.limit";
    /// -1 is no limit.
    queued_max_request_bytes: i64 = "queued.max.request.bytes";
    /// Below zero is for ever.
    connections_max_idle_ms: i64 = "connections.max.idle.ms";
    max_connections: i32 = "max.connections";
    max_connections_per_ip: i32 = "max.connections.per.ip";
    max_connection_creation_rate: i32 = "max.connection.creation.rate";

    log_retention_check_interval_ms: i64 = "log.retention.check.interval.ms";
    log_flush_scheduler_interval_ms: i64 = "log.flush.scheduler.interval.ms";
    log_cleaner_enable: bool = "log.cleaner.enable";
    log_cleaner_backoff_ms: i64 = "log.cleaner.backoff.ms";
    log_cleaner_dedupe_buffer_size: i64 = "log.cleaner.dedupe.buffer.size";

    producer_id_expiration_ms: i32 = "producer.id.expiration.ms";
    producer_id_expiration_check_interval_ms: i32 = "producer.id.expiration.check.interval.ms";
    transaction_max_timeout_ms: i32 = "transaction.max.timeout.ms";
    transactional_id_expiration_ms: i32 = "transactional.id.expiration.ms";
    transaction_abort_timed_out_transaction_cleanup_interval_ms: i32 =
        "transaction.abort.timed.out.transaction.cleanup.interval.ms";
    transaction_remove_expired_transaction_cleanup_interval_ms: i32 =
        "transaction.remove.expired.transaction.cleanup.interval.ms";
    transaction_partition_verification_enable: bool = "transaction.partition.verification.enable";
    transaction_two_phase_commit_enable: bool = "transaction.two.phase.commit.enable";
    transaction_state_log_num_partitions: i32 = "transaction.state.log.num.partitions";
    transaction_state_log_replication_factor: i16 = "transaction.state.log.replication.factor";
    transaction_state_log_min_isr: i32 = "transaction.state.log.min.isr";
    transaction_state_log_segment_bytes: i32 = "transaction.state.log.segment.bytes";

    offset_metadata_max_bytes: i32 = "offset.metadata.max.bytes";
    offsets_retention_minutes: i32 = "offsets.retention.minutes";
    offsets_retention_check_interval_ms: i64 = "offsets.retention.check.interval.ms";
    offsets_topic_num_partitions: i32 = "offsets.topic.num.partitions";
    offsets_topic_replication_factor: i16 = "offsets.topic.replication.factor";
    offsets_topic_segment_bytes: i32 = "offsets.topic.segment.bytes";
    /// 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    offsets_topic_compression_codec: i32 = "offsets.topic.compression.codec";

    group_initial_rebalance_delay_ms: i32 = "group.initial.rebalance.delay.ms";
    group_min_session_timeout_ms: i32 = "group.min.session.timeout.ms";
    group_max_session_timeout_ms: i32 = "group.max.session.timeout.ms";
    group_max_size: i32 = "group.max.size";
    group_coordinator_rebalance_protocols: Vec<Box<str>> = "group.coordinator.rebalance.protocols";
    group_consumer_assignors: Vec<Box<str>> = "group.consumer.assignors";
    group_consumer_session_timeout_ms: i32 = "group.consumer.session.timeout.ms";
    group_consumer_min_session_timeout_ms: i32 = "group.consumer.min.session.timeout.ms";
    group_consumer_max_session_timeout_ms: i32 = "group.consumer.max.session.timeout.ms";
    group_consumer_heartbeat_interval_ms: i32 = "group.consumer.heartbeat.interval.ms";
    group_consumer_min_heartbeat_interval_ms: i32 = "group.consumer.min.heartbeat.interval.ms";
    group_consumer_max_heartbeat_interval_ms: i32 = "group.consumer.max.heartbeat.interval.ms";
    group_consumer_assignment_interval_ms: i32 = "group.consumer.assignment.interval.ms";
    group_consumer_min_assignment_interval_ms: i32 = "group.consumer.min.assignment.interval.ms";
    group_consumer_max_assignment_interval_ms: i32 = "group.consumer.max.assignment.interval.ms";
    group_consumer_regex_refresh_interval_ms: i32 = "group.consumer.regex.refresh.interval.ms";
    group_consumer_max_size: i32 = "group.consumer.max.size";
    /// In any case of letters.
    group_consumer_migration_policy: Box<str> = "group.consumer.migration.policy";

    quota_window_num: i32 = "quota.window.num";
    quota_window_size_seconds: i32 = "quota.window.size.seconds";
    controller_quota_window_num: i32 = "controller.quota.window.num";
    controller_quota_window_size_seconds: i32 = "controller.quota.window.size.seconds";
    telemetry_max_bytes: i32 = "telemetry.max.bytes";
}

impl BrokerConfig {
    /// The configuration that these pairs make over Kafka's defaults; of pairs with the same key the last counts.
    ///
    /// Blanks around a value do not count. A host without a file passes [`SINGLE_NODE`] first.
    ///
    /// # Errors
    /// [`ConfigError`] at the first key that is unknown, has a value that is not allowed, or promises what cannot be
    /// kept: the broker must not start.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        Self::resolve(Values::from_pairs(pairs)?)
    }

    /// This configuration with these dynamic values instead of the dynamic values that it had (KIP-226).
    ///
    /// # Errors
    /// [`ConfigError`] where a value is not allowed; what was checked when it was set always is.
    pub fn with_dynamic(&self, broker: Overrides, cluster: Overrides) -> Result<Self, ConfigError> {
        Self::resolve(self.values.with_dynamic(broker, cluster))
    }

    /// The listener of other brokers, in capitals; its connections are never closed to make room for others.
    #[must_use]
    pub fn inter_broker_listener(&self) -> String {
        let name = self.values.text("inter.broker.listener.name").map(str::trim);
        name.filter(|name| !name.is_empty()).unwrap_or("PLAINTEXT").to_ascii_uppercase()
    }

    /// The values as text, with their layers.
    #[must_use]
    pub const fn values(&self) -> &Values {
        &self.values
    }

    /// The effective value of any key as Kafka prints it; `None` where it is null or there is no such key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value: Value<'_>| value.print())
    }
}

#[cfg(test)]
mod tests;
