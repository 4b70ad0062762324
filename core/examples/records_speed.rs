//! How long checking a batch takes: `cargo run --release -p logboat-core --example records_speed`.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement of time, not the core"
)]

use bytes::BytesMut;
use logboat_core::record::checksum::crc32c;
use logboat_core::record::{BatchBuilder, Codec, Scratch, ValidationRules, validate};
use logboat_core::time::UnixMillis;
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let now = UnixMillis(1_700_000_000_000);
    let mut scratch = Scratch::default();
    let rules = ValidationRules { max_message_bytes: 1 << 24, ..ValidationRules::default() };
    for size in [10, 100, 1000] {
        for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let count = 1_000_000 / size;
            let mut builder = BatchBuilder::new(codec);
            for i in 0..count {
                let value: Vec<u8> =
                    (0..size).map(|j| b'a' + ((i * 31 + j * j) % 26) as u8).collect();
                builder.append(now.0 + (i / 50) as i64, None, Some(&value), &[]);
            }
            let sent = builder.build(&mut scratch).unwrap();
            let mut best = f64::MAX;
            let mut crc = f64::MAX;
            for _ in 0..30 {
                let copy = sent.clone();
                let start = Instant::now();
                black_box(validate(now, 9, copy, &rules, &mut scratch).unwrap());
                best = best.min(start.elapsed().as_secs_f64());
                let start = Instant::now();
                black_box(crc32c(black_box(&sent)));
                crc = crc.min(start.elapsed().as_secs_f64());
            }
            let records = count as f64;
            println!(
                "{:>6} {size:>5} B values: {:>7.1} ns a record ({:.1} of it the checksum), {:>6.0} MB/s of {} B",
                codec.name(),
                best * 1e9 / records,
                crc * 1e9 / records,
                (size * count) as f64 / best / 1e6,
                sent.len(),
            );
            black_box(BytesMut::new());
        }
    }
}
