//! How partitions keep, roll, flush and drop their records.
//!
//! Names, types, defaults and rules are Kafka's, the sentences are not; nothing but rows stands here.

use super::notice;
use crate::config::key::{ConfigKey as Key, Valid};

/// One key a line.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const KEYS: &[Key] = &[
    Key::int("compression.gzip.level", "Level of gzip, where the broker compresses.").or("-1").valid(Valid::GzipLevel).dynamic().obeyed(),
    Key::int("compression.lz4.level", "Level of lz4, where the broker compresses.").or("9").within(1, 17).dynamic(),
    Key::string("compression.type", "Codec in which batches are stored; producer keeps the one that they came in.").or("producer").valid(Valid::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])).dynamic().obeyed(),
    Key::int("compression.zstd.level", "Level of zstd, where the broker compresses.").or("3").within(-131072, 22).dynamic(),
    Key::long("log.cleaner.backoff.ms", "How long the cleaner sleeps when nothing is to be cleaned.").or("15000").from(0).dynamic(),
    Key::long("log.cleaner.dedupe.buffer.size", "Memory for the cleaners' tables of keys, in all.").or("134217728").dynamic(),
    Key::long("log.cleaner.delete.retention.ms", "How long a tombstone outlives its cleaning.").or("86400000").from(0).dynamic(),
    Key::boolean("log.cleaner.enable", "true", "Whether compacted topics are cleaned."),
    Key::double("log.cleaner.io.buffer.load.factor", "0.9", "How full the cleaners' tables of keys may get.").dynamic().otherwise(notice::CLEANER),
    Key::int("log.cleaner.io.buffer.size", "Memory for the cleaners' reads and writes, in all.").or("524288").from(0).dynamic().otherwise(notice::CLEANER),
    Key::double("log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308", "Most bytes that the cleaners read and write in a second.").dynamic(),
    Key::long("log.cleaner.max.compaction.lag.ms", "Longest time that a record may stay uncompacted.").or("9223372036854775807").from(1).dynamic(),
    Key::double("log.cleaner.min.cleanable.ratio", "0.5", "Uncleaned share of a log from which it is worth cleaning.").valid(Valid::Fraction(0.0, 1.0)).dynamic(),
    Key::long("log.cleaner.min.compaction.lag.ms", "Shortest time that a record stays uncompacted.").or("0").from(0).dynamic(),
    Key::int("log.cleaner.threads", "Threads that clean logs.").or("1").from(0).dynamic().otherwise(notice::THREADS),
    Key::list("log.cleanup.policy", "Whether old segments are deleted, logs compacted, or both.").or("delete").valid(Valid::MembersOfOrNone(&["compact", "delete"])).dynamic().obeyed(),
    Key::long("log.flush.interval.messages", "Records after which a partition is flushed; 1, the default here, flushes before every answer.").or("1").from(1).dynamic().obeyed(),
    Key::long("log.flush.interval.ms", "Longest time that a record may wait to be flushed.").dynamic().obeyed(),
    Key::int("log.flush.offset.checkpoint.interval.ms", "How often the point of recovery is written down.").or("60000").from(0).otherwise(notice::CHECKPOINT),
    Key::long("log.flush.scheduler.interval.ms", "How often it is checked whether a flush is due.").or("9223372036854775807").obeyed(),
    Key::int("log.flush.start.offset.checkpoint.interval.ms", "How often the start of each log is written down.").or("60000").from(0).otherwise(notice::CHECKPOINT),
    Key::int("log.index.interval.bytes", "Bytes between two entries of an offset index.").or("4096").from(0).dynamic().otherwise(notice::INDEX),
    Key::int("log.index.size.max.bytes", "Largest size of an offset index.").or("10485760").from(4).dynamic().otherwise(notice::INDEX),
    Key::long("log.initial.task.delay.ms", "How long the first round of log tasks waits after the start.").or("30000").from(0).internal(),
    Key::long("log.local.retention.bytes", "Bytes of a tiered partition that stay local; -2 takes log.retention.bytes.").or("-2").from(-2).dynamic().otherwise(notice::TIERED),
    Key::long("log.local.retention.ms", "How long a tiered partition's segments stay local; -2 takes log.retention.ms.").or("-2").from(-2).dynamic().otherwise(notice::TIERED),
    Key::long("log.message.timestamp.after.max.ms", "How far ahead of the broker's clock a record's stamp may be.").or("3600000").from(0).dynamic().obeyed(),
    Key::long("log.message.timestamp.before.max.ms", "How far behind the broker's clock a record's stamp may be.").or("9223372036854775807").from(0).dynamic().obeyed(),
    Key::string("log.message.timestamp.type", "Whether records bear the producer's time or the broker's.").or("CreateTime").valid(Valid::OneOf(&["CreateTime", "LogAppendTime"])).dynamic().obeyed(),
    Key::boolean("log.preallocate", "false", "Whether a segment's file gets its full size at once.").dynamic().otherwise(notice::PREALLOCATE),
    Key::long("log.retention.bytes", "Bytes that a partition keeps; -1 is no limit.").or("-1").dynamic().obeyed(),
    Key::long("log.retention.check.interval.ms", "How often it is checked what is too old or too much.").or("300000").from(1).obeyed(),
    Key::int("log.retention.hours", "Hours that a record is kept; minutes and ms win over it.").or("168").obeyed(),
    Key::int("log.retention.minutes", "Minutes that a record is kept; ms wins over it.").obeyed(),
    Key::long("log.retention.ms", "Milliseconds that a record is kept; -1 is for ever.").dynamic().obeyed(),
    Key::int("log.roll.hours", "Hours after which a segment is closed; ms wins over it.").or("168").from(1).obeyed(),
    Key::int("log.roll.jitter.hours", "Hours by which a segment may close earlier, at random; ms wins over it.").or("0").from(0).obeyed(),
    Key::long("log.roll.jitter.ms", "Milliseconds by which a segment may close earlier, at random.").dynamic().obeyed(),
    Key::long("log.roll.ms", "Milliseconds after which a segment is closed.").dynamic().obeyed(),
    Key::int("log.segment.bytes", "Size at which a segment is closed.").or("1073741824").from(1048576).dynamic().obeyed(),
    Key::long("log.segment.delete.delay.ms", "How long a dropped segment's file stays.").or("60000").from(0).dynamic().otherwise(notice::SEGMENT_FILES),
    Key::boolean("unclean.leader.election.enable", "false", "Whether a copy that is behind may become the leader.").dynamic().otherwise(notice::REPLICA),
];

/// A key that no release has, but that guides teach.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const TAUGHT_KEYS: &[Key] = &[
    Key::long("log.segment.ms", "Milliseconds after which a segment is closed; another name of log.roll.ms.").from(1).internal().otherwise(notice::SEGMENT_MS),
];
