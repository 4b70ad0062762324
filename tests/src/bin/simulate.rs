//! Runs the simulator: `--seeds N` many seeds (from `--from`), or `--seed S` one, with `--trace` every event.

use std::process::ExitCode;

use logboat_tests::simulator::{Options, run};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut seeds, mut from, mut one, mut trace) = (100_u64, 0_u64, None, false);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok());
        let known = match argument.as_str() {
            "--seeds" => number().map(|n| seeds = n),
            "--from" => number().map(|n| from = n),
            "--seed" => number().map(|n| one = Some(n)),
            "--trace" => {
                trace = true;
                Some(())
            }
            _ => None,
        };
        if known.is_none() {
            eprintln!("usage: simulate [--seeds N] [--from S] | --seed S [--trace]");
            return ExitCode::from(2);
        }
    }
    let range = one.map_or(from..from + seeds, |seed| seed..seed + 1);
    let (mut failures, mut acknowledged, mut seen) = (0, 0, 0);
    for seed in range {
        let report = run(seed, Options { trace, defect: None });
        acknowledged += report.acknowledged;
        seen += report.seen;
        if let Some(failure) = report.failure {
            failures += 1;
            println!("seed {seed} FAILS at {} ms: {failure}", report.ended_ms);
            println!("  again: cargo run -p logboat-tests --bin simulate -- --seed {seed} --trace");
        } else {
            println!(
                "seed {seed}: {:x}, {} events, {} runs, {} inspections, {} acknowledged, {} seen, {} ms",
                report.hash,
                report.events,
                report.runs,
                report.inspections,
                report.acknowledged,
                report.seen,
                report.ended_ms
            );
        }
    }
    println!("{failures} failures, {acknowledged} batches acknowledged, {seen} seen");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
