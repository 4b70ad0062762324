//! What clients rely on, one row a case: exact results, with the wire code of each error.
//!
//! A row that Apache Kafka contradicts is wrong and is corrected, with what was seen; where releases differ, ours is
//! the newest's, and the others' difference stands beside the row in its table. Numbers 67, 68
//! (KIP-848) and 71 to 74 (cleaning) belong to rows that are not written yet.

mod admin;
mod cluster;
mod configs;
mod dynamic;
mod fetch;
mod formats;
mod framing;
mod groups_admin;
mod groups_expiry;
mod groups_fetch;
mod groups_join;
mod groups_leave;
mod groups_offsets;
mod groups_static;
mod groups_sync;
mod groups_topic;
mod idempotence;
mod offsets;
mod operators;
mod produce;
mod sessions;
mod traps;

fn main() -> std::process::ExitCode {
    logboat_tests::table::run(&[
        framing::CASES,
        produce::CASES,
        idempotence::CASES,
        fetch::CASES,
        formats::CASES,
        sessions::CASES,
        offsets::CASES,
        admin::CASES,
        cluster::CASES,
        configs::CASES,
        dynamic::CASES,
        groups_join::CASES,
        groups_sync::CASES,
        groups_leave::CASES,
        groups_static::CASES,
        groups_offsets::CASES,
        groups_fetch::CASES,
        groups_admin::CASES,
        groups_expiry::CASES,
        groups_topic::CASES,
        operators::CASES,
        traps::CASES,
    ])
}
