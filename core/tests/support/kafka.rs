//! Records that Kafka's own builder wrote, and the same of ours: the formulas of `RecordOracle.java`.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails where it cannot go on"
)]

use bytes::BytesMut;
use logboat_core::record::legacy::{DownConversion, Progress};
use logboat_core::record::{BatchBuilder, Codec, Header, Records, Scratch};
use logboat_core::time::UnixMillis;

pub(crate) const T: i64 = 1_600_000_000_000;
pub(crate) const NOW: UnixMillis = UnixMillis(T + 100_000);
pub(crate) const CODECS: [Codec; 5] =
    [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) shape: String,
    pub(crate) magic: i8,
    pub(crate) codec: Codec,
    pub(crate) count: usize,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let files = [
        include_str!("../fixtures/records-2.5.0.txt"),
        include_str!("../fixtures/records-4.3.1.txt"),
    ];
    files.iter().flat_map(|file| file.lines()).map(fixture).collect()
}

pub(crate) fn fixture(line: &str) -> Fixture {
    let fields: Vec<&str> = line.split(' ').collect();
    let hex = fields[5].strip_prefix('=').unwrap();
    Fixture {
        name: fields[..5].join(" "),
        shape: fields[1].to_owned(),
        magic: fields[2].parse().unwrap(),
        codec: *CODECS.iter().find(|codec| codec.name() == fields[3]).unwrap(),
        count: fields[4].parse().unwrap(),
        bytes: (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect(),
    }
}

// The records of RecordOracle.java, by the same formulas.

pub(crate) fn key(i: usize) -> Option<Vec<u8>> {
    (!i.is_multiple_of(3)).then(|| format!("key-{i}").into_bytes())
}

pub(crate) fn value(i: usize) -> Option<Vec<u8>> {
    let pad = (0..i * 37 % 400).map(|j| b'a' + ((i * 31 + j * j) % 26) as u8);
    (i % 5 != 4).then(|| format!("value-{i} ").into_bytes().into_iter().chain(pad).collect())
}

pub(crate) fn headers(i: usize) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    if i % 4 != 1 {
        return Vec::new();
    }
    vec![(b"h1".to_vec(), Some(format!("x{i}").into_bytes())), (b"h2".to_vec(), None)]
}

pub(crate) fn timestamp(i: usize) -> i64 {
    T + i as i64 * 7 - if i % 4 == 3 { 1000 } else { 0 }
}

/// A batch of the same records, of ours.
pub(crate) fn ours(builder: BatchBuilder, count: usize) -> BytesMut {
    let mut builder = builder;
    for i in 0..count {
        let headers = headers(i);
        let headers: Vec<Header<'_>> =
            headers.iter().map(|(key, value)| Header { key, value: value.as_deref() }).collect();
        builder.append(timestamp(i), key(i).as_deref(), value(i).as_deref(), &headers);
    }
    builder.build(&mut Scratch::default()).unwrap()
}

/// Checks the records of a v2 batch against the formulas.
pub(crate) fn assert_records(
    name: &str,
    batch: &[u8],
    count: usize,
    magic: i8,
    base: i64,
    append_time: Option<i64>,
) {
    let mut scratch = Scratch::default();
    let mut records = Records::new(batch, 1 << 30, &mut scratch).unwrap();
    for i in 0..count {
        let record = records.next().unwrap().unwrap_or_else(|| panic!("{name}: no record {i}"));
        assert_eq!(record.offset, base + i as i64, "{name}");
        let sent = if magic == 0 { -1 } else { timestamp(i) };
        assert_eq!(record.timestamp, append_time.unwrap_or(sent), "{name} {i}");
        assert_eq!(record.key, key(i).as_deref(), "{name} {i}");
        assert_eq!(record.value, value(i).as_deref(), "{name} {i}");
        let expected = if magic == 2 { headers(i) } else { Vec::new() };
        let found: Vec<_> =
            record.headers.map(|h| (h.key.to_vec(), h.value.map(<[u8]>::to_vec))).collect();
        assert_eq!(found, expected, "{name} {i}");
    }
    assert!(records.next().unwrap().is_none(), "{name}");
}

/// Converts `batch` down with this budget a call and returns the message set.
pub(crate) fn down(batch: &[u8], fetch_version: i16, fetch_offset: i64, budget: usize) -> BytesMut {
    let mut conversion = DownConversion::new(fetch_version, fetch_offset).unwrap();
    let mut out = BytesMut::new();
    let mut scratch = Scratch::default();
    for call in 0.. {
        assert!(call < 10_000, "every call writes something");
        let before = out.len();
        match conversion.convert(batch, budget, 1 << 30, &mut out, &mut scratch).unwrap() {
            Progress::Done => return out,
            Progress::More => assert!(out.len() > before),
        }
    }
    unreachable!()
}
