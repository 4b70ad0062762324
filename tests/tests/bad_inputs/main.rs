//! Bad inputs, one row a case, and the exact reaction. "Close" is a close without an answer.
//!
//! After each of them the broker serves everybody else as before: the table asks for that after every case. Bounds of
//! memory and rows of transactions and the environment are not written yet.

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
