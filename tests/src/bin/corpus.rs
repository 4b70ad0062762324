//! Packs what fuzzers found into one file of a target, an input a line in hexadecimal, and unpacks it for them.
//!
//! `corpus unpack framing DIR`, `corpus pack framing DIR`. It must never judge an input: that is the replaying test's.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use logboat_tests::fuzz;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, target, directory] = arguments.as_slice() else {
        eprintln!("corpus pack|unpack framing|requests DIRECTORY");
        return ExitCode::FAILURE;
    };
    let done = match what.as_str() {
        "unpack" => unpack(target, directory.as_ref()),
        _ => pack(target, directory.as_ref()),
    };
    match done {
        Ok(count) => {
            println!("{count} inputs");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{target}, {directory}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn unpack(target: &str, directory: &Path) -> std::io::Result<usize> {
    let inputs = fuzz::corpus(target)?;
    fs::create_dir_all(directory)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(directory.join(format!("{number:04}")), input)?;
    }
    Ok(inputs.len())
}

fn pack(target: &str, directory: &Path) -> std::io::Result<usize> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(directory)? {
        inputs.push(fs::read(entry?.path())?);
    }
    inputs.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    inputs.dedup();
    let mut text = String::new();
    for input in inputs.iter().filter(|input| !input.is_empty()) {
        for byte in input {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    fs::write(fuzz::corpus_file(target), text)?;
    Ok(inputs.len())
}
