//! Whole brokers in virtual time: a bounded number of seeds, the same each time.

use logboat_tests::simulator::{Defect, Options, run};

/// How many seeds the ordinary test run takes; `simulate --seeds` takes as many as one likes.
const SEEDS: u64 = 60;

#[test]
fn seeds() {
    let failures: Vec<String> = (0..SEEDS)
        .filter_map(|seed| {
            let failure = run(seed, Options::default()).failure?;
            Some(format!(
                "seed {seed}: {failure}\n  again: cargo run -p logboat-tests --bin simulate -- --seed {seed} --trace"
            ))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 17] {
        let (first, second) = (run(seed, Options::default()), run(seed, Options::default()));
        assert_eq!(first.hash, second.hash, "seed {seed}");
        assert_eq!(first.events, second.events, "seed {seed}");
    }
    assert_ne!(run(3, Options::default()).hash, run(4, Options::default()).hash);
}

/// The share of seeds, of 20, that see a defect.
fn seen(defect: Defect) -> usize {
    let options = Options { defect: Some(defect), ..Options::default() };
    (0..20).filter(|seed| run(*seed, options).failure.is_some()).count()
}

#[test]
fn a_flush_that_flushes_nothing_is_seen() {
    assert!(seen(Defect::FlushLies) >= 15);
}

#[test]
fn an_append_that_writes_nothing_is_seen() {
    assert!(seen(Defect::LosesAppend(25)) >= 15);
}

#[test]
fn a_commit_of_an_old_generation_that_is_acknowledged_is_seen() {
    // Seven of these seeds have no group, and in others nobody commits out of turn.
    let seen = seen(Defect::HidesRefusals);
    assert!(seen >= 6, "{seen}");
}
