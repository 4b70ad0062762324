//! Idempotent producers and transactions.
//!
//! Names, types, defaults and rules are Kafka's, the sentences are not; nothing but rows stands here.

use super::notice;
use crate::config::key::ConfigKey as Key;

/// One key a line.
#[rustfmt::skip] // a table: a line stays a line
pub(super) const KEYS: &[Key] = &[
    Key::int("add.partitions.to.txn.retry.backoff.max.ms", "Longest pause between two tries to add a partition to a transaction.").or("100").from(0).otherwise(notice::REQUESTS),
    Key::int("add.partitions.to.txn.retry.backoff.ms", "Pause between two tries to add a partition to a transaction.").or("20").from(1).otherwise(notice::REQUESTS),
    Key::int("producer.id.expiration.check.interval.ms", "How often it is checked which producers' states are too old.").or("600000").from(1).internal().obeyed(),
    Key::int("producer.id.expiration.ms", "How long a partition remembers an idempotent producer that is silent.").or("86400000").from(1).dynamic().obeyed(),
    Key::int("transaction.abort.timed.out.transaction.cleanup.interval.ms", "How often it is checked which transactions have run out of time.").or("10000").from(1),
    Key::int("transaction.max.timeout.ms", "Longest timeout that a transaction may ask for.").or("900000").from(1),
    Key::boolean("transaction.partition.verification.enable", "true", "Whether a transactional write is checked to belong to an open transaction.").dynamic(),
    Key::int("transaction.remove.expired.transaction.cleanup.interval.ms", "How often it is checked which transactional ids are too old.").or("3600000").from(1),
    Key::int("transaction.state.log.load.buffer.size", "Bytes read at a time when transactions are loaded.").or("5242880").from(1).otherwise(notice::LOAD),
    Key::int("transaction.state.log.min.isr", "Copies of the topic of transactions that must be in step.").or("2").from(1),
    Key::int("transaction.state.log.num.partitions", "Partitions of the topic of transactions.").or("50").from(1),
    Key::short("transaction.state.log.replication.factor", "Copies of the topic of transactions.").or("3").from(1),
    Key::int("transaction.state.log.segment.bytes", "Size at which a segment of the topic of transactions is closed.").or("104857600").from(1),
    Key::boolean("transaction.two.phase.commit.enable", "false", "Whether a transaction may be prepared and then decided by somebody else."),
    Key::int("transactional.id.expiration.ms", "How long an unused transactional id is remembered.").or("604800000").from(1),
];
