//! Bytes of ours, written out for Kafka's own classes to read (`tests/oracle-records/run.sh`).
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "support/kafka.rs"]
mod kafka;

use bytes::BytesMut;
use kafka::*;
use logboat_core::record::{
    BatchBuilder, Codec, CompressionTarget, Scratch, ValidationRules, validate,
};
use std::fmt::Write as _;

fn hex(bytes: Option<&[u8]>) -> String {
    bytes.map_or("-".to_owned(), |bytes| {
        bytes.iter().fold("=".to_owned(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    })
}

/// One file for Kafka's classes to read, and the lines that they ought to print.
struct Written {
    dir: std::path::PathBuf,
    expected: String,
    files: usize,
}

impl Written {
    fn file(&mut self, name: &str, bytes: &[u8], expect: impl Fn(usize) -> String, count: usize) {
        let name = format!("{:03}-{name}", self.files);
        self.files += 1;
        std::fs::write(self.dir.join("written").join(&name), bytes).unwrap();
        writeln!(self.expected, "# {name}").unwrap();
        (0..count).for_each(|i| writeln!(self.expected, "{}", expect(i)).unwrap());
    }
}

fn line(
    i: usize,
    magic: i8,
    codec: Codec,
    stamped: &str,
    producer: (i64, i32),
    time: i64,
    base: i64,
) -> String {
    let (id, sequence) = producer;
    let sequence = if sequence < 0 { -1 } else { sequence + i as i32 };
    let mut line =
        format!("{magic} {} {stamped} {id} {sequence} {} {time}", codec.name(), base + i as i64);
    write!(line, " {} {}", hex(key(i).as_deref()), hex(value(i).as_deref())).unwrap();
    for (key, value) in if magic == 2 { headers(i) } else { Vec::new() } {
        write!(line, " {}{}", String::from_utf8(key).unwrap(), hex(value.as_deref())).unwrap();
    }
    line
}

#[test]
#[ignore = "tests/oracle-records/run.sh runs it and has Kafka's classes read what it writes"]
fn writes_for_the_oracle() {
    let dir = std::path::PathBuf::from(std::env::var("LOGBOAT_RECORDS_OUT").unwrap());
    let mut written = Written { dir, expected: String::new(), files: 0 };
    let none = (-1, -1);
    for codec in CODECS {
        for count in [1, 12, 400, 5000] {
            let expect = |i| line(i, 2, codec, "CreateTime", none, timestamp(i), 9);
            written.file(
                "builder",
                &ours(BatchBuilder::new(codec).base_offset(9), count),
                expect,
                count,
            );
        }
        let expect = |i| line(i, 2, codec, "LogAppendTime", (5, 70), T + 9, 0);
        let builder =
            BatchBuilder::new(codec).producer(5, 1, 70).transactional().log_append_time(T + 9);
        written.file("append-time", &ours(builder, 12), expect, 12);
        for to in CODECS {
            let rules = ValidationRules {
                compression: CompressionTarget::Codec(to),
                max_message_bytes: 1 << 24,
                ..ValidationRules::default()
            };
            let sent = ours(BatchBuilder::new(codec).producer(5, 1, 70), 2000);
            let valid = validate(NOW, 9, sent, &rules, &mut Scratch::default()).unwrap();
            let expect = |i| line(i, 2, to, "CreateTime", (5, 70), timestamp(i), 0);
            written.file("recompressed", &valid.bytes, expect, 2000);
        }
        if codec == Codec::Zstd {
            continue;
        }
        for (version, magic, stamped) in [(1, 0, "none"), (3, 1, "CreateTime")] {
            // The last budget makes several wrappers out of one batch.
            for (count, budget) in
                [(1, usize::MAX), (400, usize::MAX), (5000, usize::MAX), (400, 10_000)]
            {
                let set = down(
                    &ours(BatchBuilder::new(codec).base_offset(30), count),
                    version,
                    0,
                    budget,
                );
                let time = |i| if magic == 0 { -1 } else { timestamp(i) };
                let expect = |i| line(i, magic, codec, stamped, none, time(i), 30);
                written.file("down", &set, expect, count);
            }
            let set = down(
                &ours(BatchBuilder::new(codec).log_append_time(T + 9), 12),
                version,
                0,
                usize::MAX,
            );
            let (time, stamped) = if magic == 0 { (-1, "none") } else { (T + 9, "LogAppendTime") };
            written.file(
                "down-append-time",
                &set,
                |i| line(i, magic, codec, stamped, none, time, 0),
                12,
            );
        }
    }
    for fixture in fixtures().iter().filter(|f| f.magic < 2 && f.shape == "plain") {
        let sent = BytesMut::from(&fixture.bytes[..]);
        let valid =
            validate(NOW, 2, sent, &ValidationRules::default(), &mut Scratch::default()).unwrap();
        let headers_of_magic = |i: usize| {
            let time = if fixture.magic == 0 { -1 } else { timestamp(i) };
            // A v2 batch, but without the headers that the old formats do not have.
            let line = line(i, 1, fixture.codec, "CreateTime", none, time, 0);
            format!("2{}", &line[1..])
        };
        written.file("up", &valid.bytes, headers_of_magic, fixture.count);
    }
    std::fs::write(written.dir.join("expected"), &written.expected).unwrap();
}
