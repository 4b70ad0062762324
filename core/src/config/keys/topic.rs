//! The keys of a topic.
//!
//! Names, types, defaults and rules are Kafka's, the sentences are not; nothing but rows stands here.

use super::notice;
use crate::config::key::{ConfigKey as Key, Valid};

/// One key a line.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const KEYS: &[Key] = &[
    Key::list("cleanup.policy", "Whether old segments are deleted, the log compacted, or both; an empty list keeps all.").or("delete").valid(Valid::MembersOfOrNone(&["compact", "delete"])).dynamic().obeyed(),
    Key::int("compression.gzip.level", "Level of gzip, where the broker compresses.").or("-1").valid(Valid::GzipLevel).dynamic().obeyed(),
    Key::int("compression.lz4.level", "Level of lz4, where the broker compresses.").or("9").within(1, 17).dynamic(),
    Key::string("compression.type", "Codec in which batches are stored; producer keeps the one that they came in.").or("producer").valid(Valid::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])).dynamic().obeyed(),
    Key::int("compression.zstd.level", "Level of zstd, where the broker compresses.").or("3").within(-131072, 22).dynamic(),
    Key::long("delete.retention.ms", "How long a tombstone outlives its cleaning.").or("86400000").from(0).dynamic(),
    Key::long("file.delete.delay.ms", "How long a dropped segment's file stays.").or("60000").from(0).dynamic().otherwise(notice::SEGMENT_FILES),
    Key::long("flush.messages", "Records after which a partition is flushed; 1 flushes before every answer.").or("1").from(1).dynamic().obeyed(),
    Key::long("flush.ms", "Longest time that a record may wait to be flushed.").or("9223372036854775807").from(0).dynamic().obeyed(),
    Key::list("follower.replication.throttled.replicas", "Copies whose replication is throttled where they are written.").or("").valid(Valid::ThrottledReplicas).dynamic(),
    Key::int("index.interval.bytes", "Bytes between two entries of an offset index; the journal keeps an index of its own.").or("4096").from(0).dynamic().otherwise(notice::INDEX),
    Key::int("internal.segment.bytes", "Size at which a segment is closed, below Kafka's minimum; for tests.").dynamic().internal().obeyed(),
    Key::list("leader.replication.throttled.replicas", "Copies whose replication is throttled where they are read.").or("").valid(Valid::ThrottledReplicas).dynamic(),
    Key::long("local.retention.bytes", "Bytes of a tiered partition that stay local; -2 takes retention.bytes.").or("-2").from(-2).dynamic().otherwise(notice::TIERED),
    Key::long("local.retention.ms", "How long a tiered partition's segments stay local; -2 takes retention.ms.").or("-2").from(-2).dynamic().otherwise(notice::TIERED),
    Key::long("max.compaction.lag.ms", "Longest time that a record may stay uncompacted.").or("9223372036854775807").from(1).dynamic(),
    Key::int("max.message.bytes", "Largest batch of records taken, as sent.").or("1048588").from(0).dynamic().obeyed(),
    Key::boolean("message.downconversion.enable", "true", "Whether old clients get records in the format that they read.").dynamic().retired(),
    Key::string("message.format.version", "Format in which records are stored; it is always the newest.").or("3.0-IV1").valid(Valid::Release).dynamic().retired().otherwise(notice::VERSIONS),
    Key::long("message.timestamp.after.max.ms", "How far ahead of the broker's clock a record's stamp may be.").or("3600000").from(0).dynamic().obeyed(),
    Key::long("message.timestamp.before.max.ms", "How far behind the broker's clock a record's stamp may be.").or("9223372036854775807").from(0).dynamic().obeyed(),
    Key::long("message.timestamp.difference.max.ms", "How far from the broker's clock a record's stamp may be.").or("9223372036854775807").from(0).dynamic().retired().obeyed(),
    Key::string("message.timestamp.type", "Whether records bear the producer's time or the broker's.").or("CreateTime").valid(Valid::OneOf(&["CreateTime", "LogAppendTime"])).dynamic().obeyed(),
    Key::double("min.cleanable.dirty.ratio", "0.5", "Uncleaned share of a log from which it is worth cleaning.").valid(Valid::Fraction(0.0, 1.0)).dynamic(),
    Key::long("min.compaction.lag.ms", "Shortest time that a record stays uncompacted.").or("0").from(0).dynamic(),
    Key::int("min.insync.replicas", "Copies that must be in step before a write with acks=all is taken.").or("1").from(1).dynamic().otherwise(notice::ONE_COPY),
    Key::boolean("preallocate", "false", "Whether a segment's file gets its full size at once; the journal's files always do.").dynamic().otherwise(notice::PREALLOCATE),
    Key::boolean("remote.log.copy.disable", "false", "Whether copying to tiered storage stops.").dynamic().otherwise(notice::TIERED),
    Key::boolean("remote.log.delete.on.disable", "false", "Whether tiered data goes when tiering ends.").dynamic().otherwise(notice::TIERED),
    Key::boolean("remote.storage.enable", "false", "Whether segments move to tiered storage.").dynamic().refused(notice::NO_TIERED),
    Key::long("retention.bytes", "Bytes that a partition keeps; -1 is no limit.").or("-1").dynamic().obeyed(),
    Key::long("retention.ms", "Milliseconds that a record is kept; -1 is for ever.").or("604800000").from(-1).dynamic().obeyed(),
    Key::int("segment.bytes", "Size at which a segment is closed.").or("1073741824").from(1048576).dynamic().obeyed(),
    Key::int("segment.index.bytes", "Largest size of an offset index; the journal keeps an index of its own.").or("10485760").from(4).dynamic().otherwise(notice::INDEX),
    Key::long("segment.jitter.ms", "Milliseconds by which a segment may close earlier, at random.").or("0").from(0).dynamic().obeyed(),
    Key::long("segment.ms", "Milliseconds after which a segment is closed.").or("604800000").from(1).dynamic().obeyed(),
    Key::boolean("unclean.leader.election.enable", "false", "Whether a copy that is behind may become the leader.").dynamic().otherwise(notice::REPLICA),
];
