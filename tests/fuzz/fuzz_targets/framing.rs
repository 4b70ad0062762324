//! Bytes in pieces on two connections. What it does and what must hold is `logboat_tests::fuzz::framing`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logboat_tests::counting::Counting;
use logboat_tests::fuzz;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| fuzz::bounded(fuzz::framing, data));
