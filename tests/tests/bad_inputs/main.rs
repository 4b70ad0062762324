//! Bad inputs, one row a case, and the exact reaction. "Close" is a close without an answer.
//!
//! After each of them the broker serves everybody else as before: the table asks for that after every case. Bounds of
//! memory are `native/tests/memory.rs`'s, rows of the environment those of the native server's tests and of the simulator;
//! rows of transactions are not written yet.

mod admin;
mod collections;
mod framing;
mod groups;
mod produce;
mod records;

fn main() -> std::process::ExitCode {
    logboat_tests::table::run(&[
        framing::CASES,
        collections::CASES,
        records::CASES,
        produce::CASES,
        admin::CASES,
        groups::CASES,
    ])
}
