//! A topic's values over the broker's.

use super::*;

fn with(pairs: &[(&str, &str)]) -> TopicConfig {
    TopicConfig::default().with(&pairs.iter().copied().collect())
}

#[test]
fn every_key_of_a_topic_reaches_its_field() {
    let changed = with(&[
        ("cleanup.policy", "compact"),
        ("compression.type", "zstd"),
        ("compression.gzip.level", "9"),
        ("compression.lz4.level", "1"),
        ("compression.zstd.level", "-7"),
        ("delete.retention.ms", "11"),
        ("file.delete.delay.ms", "12"),
        ("flush.messages", "13"),
        ("flush.ms", "14"),
        ("index.interval.bytes", "15"),
        ("max.compaction.lag.ms", "16"),
        ("max.message.bytes", "17"),
        ("message.timestamp.after.max.ms", "18"),
        ("message.timestamp.before.max.ms", "19"),
        ("message.timestamp.type", "LogAppendTime"),
        ("min.cleanable.dirty.ratio", "0.25"),
        ("min.compaction.lag.ms", "20"),
        ("min.insync.replicas", "21"),
        ("preallocate", "true"),
        ("retention.bytes", "22"),
        ("retention.ms", "23"),
        ("segment.bytes", "1048576"),
        ("segment.jitter.ms", "24"),
        ("segment.ms", "25"),
        ("unclean.leader.election.enable", "TRUE"),
    ]);
    let expected = TopicConfig {
        cleanup_policy: CleanupPolicy { delete: false, compact: true },
        compression_type: CompressionTarget::Codec(Codec::Zstd),
        compression_gzip_level: 9,
        compression_lz4_level: 1,
        compression_zstd_level: -7,
        delete_retention_ms: 11,
        file_delete_delay_ms: 12,
        flush_messages: 13,
        flush_ms: 14,
        index_interval_bytes: 15,
        max_compaction_lag_ms: 16,
        max_message_bytes: 17,
        message_timestamp_after_max_ms: 18,
        message_timestamp_before_max_ms: 19,
        message_timestamp_type: TimestampType::LogAppendTime,
        min_cleanable_dirty_ppm: 250_000,
        min_compaction_lag_ms: 20,
        min_insync_replicas: 21,
        preallocate: true,
        retention_bytes: 22,
        retention_ms: 23,
        segment_bytes: 1 << 20,
        segment_jitter_ms: 24,
        segment_ms: 25,
        unclean_leader_election_enable: true,
    };
    assert_eq!(changed, expected);
    assert!(changed.flushes_later());
}

#[test]
fn the_empty_policy_keeps_all_and_two_policies_do_both() {
    assert_eq!(
        with(&[("cleanup.policy", "")]).cleanup_policy,
        CleanupPolicy { delete: false, compact: false }
    );
    let both = CleanupPolicy { delete: true, compact: true };
    assert_eq!(with(&[("cleanup.policy", "compact, delete")]).cleanup_policy, both);
}

#[test]
fn the_segments_internal_size_wins_and_the_older_key_for_stamps_loses() {
    let config = with(&[("internal.segment.bytes", "100"), ("segment.bytes", "2000000")]);
    assert_eq!(config.segment_bytes, 100);
    let config = with(&[
        ("message.timestamp.difference.max.ms", "5"),
        ("message.timestamp.before.max.ms", "9"),
    ]);
    assert_eq!(
        (config.message_timestamp_before_max_ms, config.message_timestamp_after_max_ms),
        (9, 5)
    );
}

#[test]
fn it_is_small() {
    assert!(size_of::<TopicConfig>() <= 192, "{}", size_of::<TopicConfig>());
}

#[test]
fn the_rules_for_records_are_the_topics() {
    let rules = with(&[]).validation_rules();
    assert_eq!(rules, ValidationRules { gzip_level: -1, ..ValidationRules::default() });
    let rules = with(&[
        ("cleanup.policy", "compact"),
        ("compression.type", "gzip"),
        ("compression.gzip.level", "3"),
        ("max.message.bytes", "17"),
        ("message.timestamp.after.max.ms", "18"),
        ("message.timestamp.before.max.ms", "19"),
        ("message.timestamp.type", "LogAppendTime"),
        ("segment.bytes", "1048576"),
    ])
    .validation_rules();
    let expected = ValidationRules {
        max_message_bytes: 17,
        segment_bytes: 1 << 20,
        compacted: true,
        timestamp_type: TimestampType::LogAppendTime,
        timestamp_before_max_ms: 19,
        timestamp_after_max_ms: 18,
        compression: CompressionTarget::Codec(Codec::Gzip),
        gzip_level: 3,
        trust_producers: false,
    };
    assert_eq!(rules, expected);
}
