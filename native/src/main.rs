//! The native server.

use std::process::ExitCode;

fn main() -> ExitCode {
    logboat::run(std::env::args_os().skip(1))
}
