//! Bytes changed at random, in every field of every kind of batch: nothing panics, and what is taken is what its
//! header says and can be read again.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/batches.rs"]
mod batches;

use batches::{CODECS, NOW, Rng, good, mutate, rules, seal};
use bytes::BytesMut;
use logboat_core::record::batch::HEADER_LEN;
use logboat_core::record::legacy::DownConversion;
use logboat_core::record::lookup::{first_at_or_after, first_of_max_timestamp};
use logboat_core::record::{Batches, Codec, Records, Scratch, ValidationRules, validate};

/// Codes with which Produce answers bad records.
const CODES: [i16; 6] = [2, 10, 18, 32, 76, 87];

/// How many changes are tried; more in a longer run.
fn rounds(few: usize) -> usize {
    few * std::env::var("LOGBOAT_FUZZ").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// What must hold of any answer to any bytes. Whether they were taken.
fn assert_sane(
    what: &str,
    version: i16,
    sent: &[u8],
    rules: &ValidationRules,
    scratch: &mut Scratch,
) -> bool {
    let valid = match validate(NOW, version, BytesMut::from(sent), rules, scratch) {
        Ok(valid) => valid,
        Err(error) => {
            assert!(CODES.contains(&error.code.code()), "{what}: {error}");
            assert!(error.message.is_some());
            return false;
        }
    };
    // One batch, whole, its header as it says, offsets and largest timestamp true.
    let mut batches = Batches::new(&valid.bytes);
    let (header, bytes) = batches.next().unwrap();
    assert_eq!(
        (header, bytes.len(), batches.rest()),
        (valid.header, valid.bytes.len(), &[][..]),
        "{what}"
    );
    let mut records = Records::new(&valid.bytes, 1 << 30, scratch).unwrap();
    let (mut count, mut max) = (0, -1);
    while let Some(record) = records.next().unwrap_or_else(|e| panic!("{what}: {e}")) {
        assert_eq!(record.offset, count, "{what}");
        assert!(!rules.compacted || record.key.is_some(), "{what}");
        assert_eq!(record.headers.len(), record.headers.clone().count(), "{what}");
        max = record.timestamp.max(max);
        count += 1;
    }
    drop(records);
    assert_eq!((count, max), (i64::from(header.record_count), header.max_timestamp), "{what}");
    // It can be stored and asked for.
    first_at_or_after(&valid.bytes, max, 0, 1 << 30, scratch).unwrap();
    assert!(max < 0 || first_of_max_timestamp(&valid.bytes, 1 << 30, scratch).unwrap().is_some());
    if header.codec() != Some(Codec::Zstd) {
        let mut out = BytesMut::new();
        DownConversion::new(3, 0)
            .unwrap()
            .convert(&valid.bytes, usize::MAX, 1 << 30, &mut out, scratch)
            .unwrap();
    }
    true
}

#[test]
fn every_byte_of_a_batch_flipped() {
    let mut scratch = Scratch::default();
    let mut rng = Rng(1);
    for codec in CODECS {
        let sent = good(codec, 5);
        for at in 0..sent.len() {
            for bit in 0..8 {
                let mut bytes = sent.clone();
                bytes[at] ^= 1 << bit;
                let rules = rules(&mut rng);
                let taken = assert_sane("flip", 9, &bytes, &rules, &mut scratch);
                // Outside the checksum lie base offset, length, epoch, magic; of these only the epoch may be anything.
                assert!(!taken || (12..16).contains(&at), "{codec:?} {at} {bit}");
                seal(&mut bytes);
                assert_sane("sealed flip", 9, &bytes, &rules, &mut scratch);
            }
        }
    }
}

#[test]
fn random_changes_to_headers_and_records() {
    let mut scratch = Scratch::default();
    let mut rng = Rng(2);
    let mut taken = [0; 5];
    for (codec, taken) in CODECS.iter().zip(&mut taken) {
        let batches = [good(*codec, 1), good(*codec, 5), good(*codec, 300)];
        for round in 0..rounds(6_000) {
            let mut bytes = batches[rng.below(3)].clone();
            let from = if rng.below(3) == 0 { 0 } else { HEADER_LEN };
            mutate(&mut rng, &mut bytes, from);
            seal(&mut bytes);
            let rules = rules(&mut rng);
            let what = format!("{codec:?} {round}");
            *taken += usize::from(assert_sane(&what, 9, &bytes, &rules, &mut scratch));
        }
    }
    // The changes are small enough for some to be good batches still: both ways out are walked.
    assert!(taken.iter().all(|taken| *taken > 0), "{taken:?}");
}

#[test]
fn random_changes_to_message_sets() {
    let mut scratch = Scratch::default();
    let mut rng = Rng(3);
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4] {
        for version in [0, 3] {
            let mut set = BytesMut::new();
            let mut conversion = DownConversion::new(version, 0).unwrap();
            conversion
                .convert(&good(codec, 40), usize::MAX, 1 << 20, &mut set, &mut scratch)
                .unwrap();
            assert!(assert_sane("set", 2, &set, &ValidationRules::default(), &mut scratch));
            for round in 0..rounds(3_000) {
                let mut bytes = set.clone();
                mutate(&mut rng, &mut bytes, 0);
                // The first message's size and checksum made right, so that what is inside is looked at.
                if rng.below(4) > 0 && bytes.len() > 30 {
                    let size = i32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
                    let end = usize::try_from(size)
                        .ok()
                        .map(|size| size + 12)
                        .filter(|end| *end <= bytes.len());
                    let end = end.filter(|end| *end > 20).unwrap_or(bytes.len());
                    bytes[8..12].copy_from_slice(&(end as u32 - 12).to_be_bytes());
                    let crc = logboat_core::record::checksum::crc32(&bytes[16..end]);
                    bytes[12..16].copy_from_slice(&crc.to_be_bytes());
                }
                let rules = rules(&mut rng);
                assert_sane(
                    &format!("{codec:?} {version} {round}"),
                    2,
                    &bytes,
                    &rules,
                    &mut scratch,
                );
            }
        }
    }
}

#[test]
fn garbage() {
    let mut scratch = Scratch::default();
    let mut rng = Rng(4);
    for round in 0..rounds(20_000) {
        let len = rng.below(300);
        let mut bytes: BytesMut = (0..len).map(|_| rng.next() as u8).collect();
        // Most of it would end at the magic byte or the length.
        if rng.below(2) == 0 && len > 17 {
            bytes[16] = rng.below(3) as u8;
            bytes[8..12].copy_from_slice(&(len as u32 - 12).to_be_bytes());
            if rng.below(2) == 0 {
                bytes[..8].fill(0);
                seal(&mut bytes);
            }
        }
        let version = rng.below(12) as i16;
        assert_sane(&format!("{round}"), version, &bytes, &rules(&mut rng), &mut scratch);
        // Stored bytes that rotted are read without a panic, whatever they are.
        let _ = Records::new(&bytes, 1 << 20, &mut scratch)
            .map(|mut records| while let Ok(Some(_)) = records.next() {});
        let _ = first_at_or_after(&bytes, 0, 0, 1 << 20, &mut scratch);
        let _ = first_of_max_timestamp(&bytes, 1 << 20, &mut scratch);
        let mut out = BytesMut::new();
        let _ = DownConversion::new(2, 0).unwrap().convert(
            &bytes,
            100,
            1 << 20,
            &mut out,
            &mut scratch,
        );
    }
}

#[test]
fn rotten_batches_are_read_without_a_panic() {
    let mut scratch = Scratch::default();
    let mut rng = Rng(5);
    for codec in CODECS {
        let batch = good(codec, 100);
        for _ in 0..rounds(3_000) {
            let mut bytes = batch.clone();
            mutate(&mut rng, &mut bytes, 0);
            if let Ok(mut records) = Records::new(&bytes, 1 << 20, &mut scratch) {
                while let Ok(Some(record)) = records.next() {
                    record.headers.for_each(drop);
                }
            }
            let _ = first_at_or_after(&bytes, NOW.0 + 50, 0, 1 << 20, &mut scratch);
            let mut out = BytesMut::new();
            let _ = DownConversion::new(1, 0).unwrap().convert(
                &bytes,
                1000,
                1 << 20,
                &mut out,
                &mut scratch,
            );
        }
    }
}
