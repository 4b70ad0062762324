//! The codec against two others: Kafka's own generated classes, whose results are kept in `tests/oracle`, and the crate
//! `kafka-protocol`.

mod fixtures;
mod kafka_classes;
mod kafka_protocol;
mod rendering;
