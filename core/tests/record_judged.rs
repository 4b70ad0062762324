//! Our checks beside Kafka's own (`tests/oracle-records/run.sh`): the cases that both judge, and the comparison.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/batches.rs"]
mod batches;

use batches::{CODECS, NOW, Rng, good, mutate, rules, seal};
use bytes::BytesMut;
use logboat_core::record::batch::{
    BatchHeader, HEADER_LEN, TimestampType, set_partition_leader_epoch,
};
use logboat_core::record::legacy::DownConversion;
use logboat_core::record::{Codec, CompressionTarget, Records, Scratch, ValidationRules, validate};

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
                set_partition_leader_epoch(&mut ours, 0);
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
