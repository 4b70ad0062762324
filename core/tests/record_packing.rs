//! What packing must not depend on: the host, and what was packed before.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

use logboat_core::record::{BatchBuilder, Codec, Records, Scratch, checksum};

const NOW: i64 = 1_700_000_000_000;
const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

/// Numbers that look random and are the same in every run (splitmix64).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Bytes between noise and monotony.
    fn bytes(&mut self, max: u64) -> Vec<u8> {
        let (len, kinds) = (self.below(max + 1), 1 + self.below(256));
        (0..len).map(|_| self.below(kinds) as u8).collect()
    }
}

type Made = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

fn random_records(rng: &mut Rng) -> Vec<Made> {
    let count = 1 + rng.below(200);
    let max = [0, 10, 200, 3000][rng.below(4) as usize];
    let made = |rng: &mut Rng| {
        let nullable = |rng: &mut Rng| if rng.below(4) == 0 { None } else { Some(rng.bytes(max)) };
        let headers = if rng.below(3) == 0 { rng.below(4) } else { 0 };
        let headers = (0..headers).map(|i| (format!("h{i}"), nullable(rng))).collect();
        (NOW - rng.below(1 << 20) as i64, nullable(rng), nullable(rng), headers)
    };
    (0..count).map(|_| made(rng)).collect()
}

#[test]
fn packing_does_not_depend_on_what_was_packed_before() {
    let mut rng = Rng(8);
    let mut used = Scratch::default();
    for _ in 0..30 {
        let records = random_records(&mut rng);
        for codec in CODECS {
            let mut builder = BatchBuilder::new(codec).gzip_level(1 + rng.below(9) as i32);
            records.iter().for_each(|(t, key, value, _)| {
                builder.append(*t, key.as_deref(), value.as_deref(), &[])
            });
            let fresh = builder.clone().build(&mut Scratch::default()).unwrap();
            assert!(builder.build(&mut used).unwrap() == fresh, "{codec:?}");
        }
    }
}

#[test]
fn payloads_as_long_as_any_block_and_a_byte_to_either_side() {
    let mut rng = Rng(11);
    let mut scratch = Scratch::default();
    // The record's own bytes come before the value: a few lengths around each block's end meet all of them.
    let ends = [0, 100, 32 << 10, 60 << 10, 64 << 10, 128 << 10, 256 << 10, 384 << 10];
    for end in ends {
        for len in (end as usize).saturating_sub(14)..end as usize + 3 {
            let kinds = [1, 2, 5, 256][len % 4];
            let value: Vec<u8> = (0..len).map(|_| rng.below(kinds) as u8).collect();
            for codec in CODECS {
                let mut builder = BatchBuilder::new(codec);
                builder.append(NOW, None, Some(&value), &[]);
                let batch = builder.build(&mut scratch).unwrap();
                let mut records = Records::new(&batch, 1 << 20, &mut scratch).unwrap();
                let record = records.next().unwrap().unwrap();
                assert!(record.value == Some(&value[..]), "{codec:?} {len}");
            }
        }
    }
}

/// One checksum over what every codec makes of many batches, small, large, noisy and monotonous.
fn sum_of_everything_packed() -> u32 {
    let mut rng = Rng(9);
    let mut scratch = Scratch::default();
    let mut all = Vec::new();
    for round in 0..40 {
        let records = random_records(&mut rng);
        for codec in CODECS {
            let mut builder = BatchBuilder::new(codec).gzip_level(round % 10);
            records.iter().for_each(|(t, key, value, _)| {
                builder.append(*t, key.as_deref(), value.as_deref(), &[])
            });
            all.extend_from_slice(&builder.build(&mut scratch).unwrap());
        }
    }
    checksum::crc32c(&all)
}

#[test]
fn the_bytes_are_the_same_on_every_host() {
    // The same number comes out on wasm32. It changes with a library's release, and then replicas and replays of
    // different releases make different bytes: readable all the same, but not to go unnoticed.
    assert_eq!(sum_of_everything_packed(), 1_246_135_922);
}
