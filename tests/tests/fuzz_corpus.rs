//! Every input that the fuzzers found worth keeping, replayed with memory counted. `tests/fuzz` finds more.
//!
//! One test at a time: what another one holds would be counted too.

use std::sync::Mutex;

use logboat_tests::counting::Counting;
use logboat_tests::fuzz;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ONE: Mutex<()> = Mutex::new(());

fn replay(target: fn(&[u8]), name: &str) {
    let _one = ONE.lock();
    let inputs = fuzz::corpus(name).expect("the corpus is there");
    assert!(inputs.len() > 300, "{} inputs", inputs.len());
    for (line, input) in (1..).zip(inputs) {
        let result = std::panic::catch_unwind(|| fuzz::bounded(target, &input));
        assert!(result.is_ok(), "{name}.txt:{line}");
    }
}

#[test]
fn framing() {
    replay(fuzz::framing, "framing");
}

#[test]
fn requests() {
    replay(fuzz::requests, "requests");
}

#[test]
fn memory_beyond_the_limit_is_seen() {
    let _one = ONE.lock();
    fn greedy(data: &[u8]) {
        let held = vec![1_u8; fuzz::memory_limit(data.len()) + 1];
        assert_eq!(std::hint::black_box(&held)[0], 1);
    }
    std::panic::catch_unwind(|| fuzz::bounded(greedy, &[1, 2, 3])).expect_err("it is too much");
}
