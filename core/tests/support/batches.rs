//! Batches and changes to them, the same in every run.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails where it cannot go on"
)]

use bytes::BytesMut;
use logboat_core::record::batch::{BatchHeader, TimestampType};
use logboat_core::record::{
    BatchBuilder, Codec, CompressionTarget, Header, Scratch, ValidationRules,
};
use logboat_core::time::UnixMillis;

pub(crate) const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
pub(crate) const CODECS: [Codec; 5] =
    [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

/// Numbers that look random (splitmix64).
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// A batch of good records.
pub(crate) fn good(codec: Codec, count: usize) -> BytesMut {
    let mut builder = BatchBuilder::new(codec).producer(9, 0, 5);
    for i in 0..count {
        let value = format!("value {} {}", i % 7, "ab".repeat(i % 60));
        let headers = [Header { key: b"k", value: Some(b"v") }, Header { key: b"", value: None }];
        builder.append(NOW.0 + i as i64, Some(b"key"), Some(value.as_bytes()), &headers[..i % 3]);
    }
    builder.build(&mut Scratch::default()).unwrap()
}

/// Makes length and checksum right.
pub(crate) fn seal(bytes: &mut [u8]) {
    if let Some(header) = BatchHeader::parse(bytes) {
        header.seal(bytes);
    }
}

/// Changes up to four places.
pub(crate) fn mutate(rng: &mut Rng, bytes: &mut BytesMut, from: usize) {
    for _ in 0..=rng.below(4) {
        if bytes.len() <= from {
            return;
        }
        let at = from + rng.below(bytes.len() - from);
        match rng.below(7) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = rng.next() as u8,
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][rng.below(5)],
            3 => bytes.truncate(at),
            4 => {
                let tail = bytes.split_off(at);
                bytes.extend_from_slice(&rng.next().to_le_bytes()[..1 + rng.below(8)]);
                bytes.extend_from_slice(&tail);
            }
            5 => {
                let mut tail = bytes.split_off(at);
                let gone = rng.below(tail.len() + 1).min(9);
                bytes.extend_from_slice(&tail.split_off(gone));
            }
            _ => {
                let end = (at + 1 + rng.below(8)).min(bytes.len());
                let other = from + rng.below(bytes.len() - from);
                for i in at..end {
                    let copied = bytes[(other + i - at).min(bytes.len() - 1)];
                    bytes[i] = copied;
                }
            }
        }
    }
}

/// What some topic asks.
pub(crate) fn rules(rng: &mut Rng) -> ValidationRules {
    ValidationRules {
        max_message_bytes: 1 << 18,
        compacted: rng.below(4) == 0,
        timestamp_type: if rng.below(3) == 0 {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        },
        compression: if rng.below(3) == 0 {
            CompressionTarget::Codec(CODECS[rng.below(5)])
        } else {
            CompressionTarget::Producer
        },
        ..ValidationRules::default()
    }
}
