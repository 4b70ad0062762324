//! Bytes changed at random, in every field of every kind of batch: nothing panics, and what is taken can be read by
//! the strictest reader there is.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

use bytes::BytesMut;
use logboat_core::record::batch::{BatchHeader, HEADER_LEN, TimestampType};
use logboat_core::record::legacy::DownConversion;
use logboat_core::record::lookup::{first_at_or_after, first_of_max_timestamp};
use logboat_core::record::{
    BatchBuilder, Batches, Codec, CompressionTarget, Header, Records, Scratch, ValidationRules,
    validate,
};
use logboat_core::time::UnixMillis;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
/// Codes with which Produce answers bad records.
const CODES: [i16; 6] = [2, 10, 18, 32, 76, 87];

/// splitmix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// How many changes are tried; more in a longer run.
fn rounds(few: usize) -> usize {
    few * std::env::var("LOGBOAT_FUZZ").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn good(codec: Codec, count: usize) -> BytesMut {
    let mut builder = BatchBuilder::new(codec).producer(9, 0, 5);
    for i in 0..count {
        let value = format!("value {} {}", i % 7, "ab".repeat(i % 60));
        let headers = [Header { key: b"k", value: Some(b"v") }, Header { key: b"", value: None }];
        builder.append(NOW.0 + i as i64, Some(b"key"), Some(value.as_bytes()), &headers[..i % 3]);
    }
    builder.build(&mut Scratch::default()).unwrap()
}

fn seal(bytes: &mut [u8]) {
    if let Some(header) = BatchHeader::parse(bytes) {
        header.seal(bytes);
    }
}

/// Changes up to four places.
fn mutate(rng: &mut Rng, bytes: &mut BytesMut, from: usize) {
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

fn rules(rng: &mut Rng) -> ValidationRules {
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
                    let crc = crc_fast::crc32_iso_hdlc(&bytes[16..end]);
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

/// Cases for Kafka's own checks: batches with one header field changed, with anything changed, and message sets.
fn cases(count: usize) -> Vec<(i16, ValidationRules, BytesMut)> {
    let mut rng = Rng(6);
    let mut scratch = Scratch::default();
    let mut sets = Vec::new();
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4] {
        for version in [0, 3] {
            let mut set = BytesMut::new();
            let mut conversion = DownConversion::new(version, 0).unwrap();
            conversion
                .convert(&good(codec, 6), usize::MAX, 1 << 20, &mut set, &mut scratch)
                .unwrap();
            sets.push(set);
        }
    }
    let mut next = || {
        let mut version = 3 + rng.below(10) as i16;
        let mut bytes = good(CODECS[rng.below(5)], [1, 5, 60][rng.below(3)]);
        match rng.below(8) {
            0 => {}
            1..4 => {
                let mut header = BatchHeader::parse(&bytes).unwrap();
                for _ in 0..=rng.below(2) {
                    let small = rng.below(9) as i64 - 3;
                    let odd = [small, i64::MAX, i64::MIN, NOW.0 + small, i64::from(i32::MAX)]
                        [rng.below(5)];
                    match rng.below(10) {
                        0 => header.base_offset = odd,
                        1 => header.attributes ^= 1 << rng.below(8),
                        2 => header.last_offset_delta = odd as i32,
                        3 => header.base_timestamp = odd,
                        4 => header.max_timestamp = odd,
                        5 => header.producer_id = odd,
                        6 => header.producer_epoch = odd as i16,
                        7 => header.base_sequence = odd as i32,
                        8 => header.record_count = odd as i32,
                        _ => {
                            header.record_count =
                                header.last_offset_delta.wrapping_add(small as i32)
                        }
                    }
                }
                header.seal(&mut bytes);
            }
            4..7 => {
                let from = if rng.below(3) == 0 { 0 } else { HEADER_LEN };
                mutate(&mut rng, &mut bytes, from);
                if rng.below(8) > 0 {
                    seal(&mut bytes);
                }
            }
            _ => {
                version = if rng.below(8) == 0 { 3 } else { rng.below(3) as i16 };
                bytes = sets[rng.below(sets.len())].clone();
                if rng.below(2) == 0 {
                    mutate(&mut rng, &mut bytes, 0);
                }
            }
        }
        if rng.below(12) == 0 {
            let more = good(Codec::None, 1);
            bytes.extend_from_slice(&more[..1 + rng.below(more.len())]);
        }
        let size = bytes.len() as u32;
        let near = |rng: &mut Rng| (size + rng.below(3) as u32).saturating_sub(1);
        let mut rules = rules(&mut rng);
        if rng.below(10) == 0 {
            rules.max_message_bytes = near(&mut rng);
        }
        if rng.below(10) == 0 {
            rules.segment_bytes = near(&mut rng);
        }
        if rng.below(3) == 0 {
            rules.timestamp_before_max_ms = [0, 3, i64::MAX][rng.below(3)];
            rules.timestamp_after_max_ms = [0, 3, i64::MAX][rng.below(3)];
        }
        (version, rules, bytes)
    };
    (0..count).map(|_| next()).collect()
}

const CASES: usize = 20_000;

/// Where we refuse what Kafka stores, or before it refuses: the list at the head of `record::validate`.
const STRICTER: [&str; 4] = [
    "The records of the batch cannot be read.",
    "The offset deltas of the batch do not count up from 0.",
    "The batch has a producer id and no producer epoch.",
    "The batch is transactional and has no producer id.",
];

fn oracle_dir() -> std::path::PathBuf {
    std::env::var("LOGBOAT_RECORDS_OUT").unwrap().into()
}

#[test]
#[ignore = "tests/oracle-records/run.sh runs it, then Kafka's own checks, then the next"]
fn writes_cases_for_the_oracle() {
    let mut out = String::new();
    for (version, rules, bytes) in cases(CASES) {
        let codec = match rules.compression {
            CompressionTarget::Producer => -1,
            CompressionTarget::Codec(codec) => i32::from(codec.id()),
        };
        let fields = [
            version.to_string(),
            NOW.0.to_string(),
            rules.max_message_bytes.to_string(),
            rules.segment_bytes.to_string(),
            rules.compacted.to_string(),
            i32::from(rules.timestamp_type == TimestampType::LogAppendTime).to_string(),
            rules.timestamp_before_max_ms.to_string(),
            rules.timestamp_after_max_ms.to_string(),
            codec.to_string(),
        ];
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        out.push_str(&format!("{} ={hex}\n", fields.join(" ")));
    }
    std::fs::write(oracle_dir().join("cases"), out).unwrap();
}

type Plain = Vec<(i64, i64, Option<Vec<u8>>, Option<Vec<u8>>)>;

fn plain(batch: &[u8], scratch: &mut Scratch) -> (BatchHeader, Plain) {
    let mut records = Records::new(batch, 1 << 30, scratch).unwrap();
    let mut header = *records.header();
    (header.batch_length, header.crc) = (0, 0);
    let mut out = Vec::new();
    while let Some(record) = records.next().unwrap() {
        let bytes = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
        out.push((record.offset, record.timestamp, bytes(record.key), bytes(record.value)));
    }
    (header, out)
}

#[test]
#[ignore = "tests/oracle-records/run.sh runs it after Kafka's own checks"]
fn agrees_with_the_oracle() {
    let file = std::env::var("LOGBOAT_RECORDS_THEIRS").unwrap();
    // Kafka 4 takes no message sets: those are compared with 3.9.
    let skip_old = file.contains("-4.");
    let theirs = std::fs::read_to_string(oracle_dir().join(file)).unwrap();
    let mut scratch = Scratch::default();
    let mut tally = std::collections::BTreeMap::<String, usize>::new();
    let mut wrong = 0;
    for (case, ((version, rules, sent), theirs)) in
        cases(CASES).into_iter().zip(theirs.lines()).enumerate()
    {
        if version < 3 && skip_old {
            continue;
        }
        let ours = validate(NOW, version, sent.clone(), &rules, &mut scratch);
        let anew = version < 3 || rules.compression != CompressionTarget::Producer;
        let (their_kind, their_rest) = theirs.split_once(' ').unwrap();
        let verdict = match (&ours, their_kind) {
            (Ok(ours), "ok") => {
                let hex = their_rest.strip_prefix('=').unwrap();
                let theirs: Vec<u8> = (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                    .collect();
                let mut ours = ours.bytes.clone();
                // Both are the shard's to set here.
                logboat_core::record::batch::set_partition_leader_epoch(&mut ours, 0);
                if ours == theirs {
                    "stored alike".to_owned()
                } else {
                    let (mut ours, theirs) =
                        (plain(&ours, &mut scratch), plain(&theirs, &mut scratch));
                    // Made anew, Kafka's deltas count from the first record, ours from what the producer chose.
                    ours.0.base_timestamp = theirs.0.base_timestamp;
                    let sent_stamp =
                        BatchHeader::parse(&sent).map(|header| header.timestamp_type());
                    if ours == theirs {
                        "stored with the same records, packed anew".to_owned()
                    } else if sent[16] == 2
                        && sent_stamp == Some(TimestampType::LogAppendTime)
                        && rules.timestamp_type == TimestampType::CreateTime
                    {
                        // Kafka believes the header's largest timestamp there, we work it out.
                        "stored, the producer's LogAppendTime taken away".to_owned()
                    } else {
                        format!("DIFFERENT {:?} {:?}", ours.0, theirs.0)
                    }
                }
            }
            (Err(ours), "error") => {
                let mut fields = their_rest.split(' ');
                let code: i16 = fields.next().unwrap().parse().unwrap();
                let theirs: Vec<i32> = match fields.next() {
                    Some(list) if list.ends_with(',') => {
                        list.trim_end_matches(',').split(',').map(|i| i.parse().unwrap()).collect()
                    }
                    _ => Vec::new(),
                };
                let indexes: Vec<i32> = ours.record_errors.iter().map(|(i, _)| *i).collect();
                if code == ours.code.code() && (theirs == indexes || version < 3) {
                    "refused alike".to_owned()
                } else if code == -1 {
                    "refused, with a code where Kafka fails".to_owned()
                } else if STRICTER.contains(&ours.message.unwrap()) {
                    format!("refused earlier: {}", ours.message.unwrap())
                } else {
                    format!("DIFFERENT code {ours} {indexes:?} / {their_rest}")
                }
            }
            (Err(ours), _) if STRICTER.contains(&ours.message.unwrap()) => {
                format!("refused only here: {ours}")
            }
            (Err(ours), _) if anew && [10, 18].contains(&ours.code.code()) => {
                "packed larger than by Kafka".to_owned()
            }
            (Err(ours), _) => format!("STRICTER {ours}"),
            (Ok(_), _) if their_rest.starts_with("-1 ") => "taken where Kafka fails".to_owned(),
            (Ok(_), _)
                if anew && (their_rest.starts_with("10 ") || their_rest.starts_with("18 ")) =>
            {
                "packed smaller than by Kafka".to_owned()
            }
            (Ok(_), _) => format!("LAXER {their_rest}"),
        };
        let bad = ["DIFFERENT", "STRICTER", "LAXER"].iter().any(|bad| verdict.starts_with(bad));
        if bad && std::env::var("SHOW").is_ok() {
            eprintln!("{case} v{version} {rules:?}\n  {verdict}");
        }
        wrong += usize::from(bad);
        *tally.entry(verdict.chars().take(150).collect()).or_default() += 1;
    }
    for (verdict, count) in &tally {
        eprintln!("{count:>7} {verdict}");
    }
    assert_eq!(wrong, 0);
}
