//! What clients rely on, one row a case: exact results, with the wire code of each error.
//!
//! A row that Apache Kafka contradicts is wrong and is corrected, with what was seen; where releases differ, ours is
//! the newest's, and the others' difference stands beside the row in its table. Numbers 55 to 74 (groups, cleaning)
//! belong to rows that are not written yet.

mod admin;
mod cluster;
mod configs;
mod fetch;
mod formats;
mod framing;
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
        operators::CASES,
        traps::CASES,
    ])
}
