//! The codecs against their reference libraries in C and against the crate `kafka-protocol`, both ways: what clients
//! other than Java's send us, and what they read of ours.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records as oracle;
use logboat_core::record::batch::{BatchHeader, HEADER_LEN};
use logboat_core::record::{
    BatchBuilder, BatchError, Codec, Header, Records, Scratch, ValidBatch, ValidationRules,
    validate,
};
use logboat_core::time::UnixMillis;
use std::io::Write as _;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
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
        (NOW.0 - rng.below(1 << 20) as i64, nullable(rng), nullable(rng), headers)
    };
    (0..count).map(|_| made(rng)).collect()
}

fn check(records: &[u8]) -> Result<ValidBatch, BatchError> {
    let rules = ValidationRules { max_message_bytes: 1 << 26, ..ValidationRules::default() };
    validate(NOW, 9, BytesMut::from(records), &rules, &mut Scratch::default())
}

fn read(batch: &[u8]) -> Vec<Made> {
    let mut scratch = Scratch::default();
    let mut records = Records::new(batch, 1 << 30, &mut scratch).unwrap();
    let mut out = Vec::new();
    while let Some(record) = records.next().unwrap() {
        let headers = record
            .headers
            .map(|h| (String::from_utf8(h.key.to_vec()).unwrap(), h.value.map(<[u8]>::to_vec)));
        let headers = headers.collect();
        out.push((
            record.timestamp,
            record.key.map(<[u8]>::to_vec),
            record.value.map(<[u8]>::to_vec),
            headers,
        ));
    }
    out
}

fn ours(records: &[Made], codec: Codec) -> BytesMut {
    let mut builder = BatchBuilder::new(codec);
    for (timestamp, key, value, headers) in records {
        let headers: Vec<_> = headers
            .iter()
            .map(|(key, value)| Header { key: key.as_bytes(), value: value.as_deref() })
            .collect();
        builder.append(*timestamp, key.as_deref(), value.as_deref(), &headers);
    }
    builder.build(&mut Scratch::default()).unwrap()
}

fn theirs(records: &[Made], codec: Codec) -> BytesMut {
    let compression = match codec {
        Codec::None => oracle::Compression::None,
        Codec::Gzip => oracle::Compression::Gzip,
        Codec::Snappy => oracle::Compression::Snappy,
        Codec::Lz4 => oracle::Compression::Lz4,
        Codec::Zstd => oracle::Compression::Zstd,
    };
    let records: Vec<_> = records
        .iter()
        .enumerate()
        .map(|(i, (timestamp, key, value, headers))| oracle::Record {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id: -1,
            producer_epoch: -1,
            timestamp_type: oracle::TimestampType::Creation,
            offset: i as i64,
            // It packs into one batch what counts up alike; the first one is -1.
            sequence: i as i32 - 1,
            timestamp: *timestamp,
            key: key.clone().map(Bytes::from),
            value: value.clone().map(Bytes::from),
            headers: headers
                .iter()
                .map(|(key, value)| {
                    (StrBytes::from_string(key.clone()), value.clone().map(Bytes::from))
                })
                .collect::<IndexMap<_, _>>(),
        })
        .collect();
    let mut out = BytesMut::new();
    let options = oracle::RecordEncodeOptions { version: 2, compression };
    oracle::RecordBatchEncoder::encode(&mut out, &records, &options).unwrap();
    out
}

#[test]
fn batches_of_kafka_protocol_are_read_and_ours_by_it() {
    let mut rng = Rng(1);
    for round in 0..40 {
        let records = random_records(&mut rng);
        for codec in CODECS {
            let sent = theirs(&records, codec);
            let valid = check(&sent).unwrap_or_else(|e| panic!("{round} {codec:?}: {e}"));
            assert!(read(&valid.bytes) == records, "{round} {codec:?}");
            let set =
                oracle::RecordBatchDecoder::decode(&mut ours(&records, codec).freeze()).unwrap();
            let back: Vec<Made> = set
                .records
                .into_iter()
                .map(|record| {
                    let headers = record
                        .headers
                        .into_iter()
                        .map(|(key, value)| (key.to_string(), value.map(Vec::from)));
                    (
                        record.timestamp,
                        record.key.map(Vec::from),
                        record.value.map(Vec::from),
                        headers.collect(),
                    )
                })
                .collect();
            assert!(back == records, "{round} {codec:?}");
        }
    }
}

/// The records' bytes of an uncompressed batch, packed by `pack`, in a batch of that codec.
fn packed_by(records: &[Made], codec: Codec, pack: impl FnOnce(&[u8]) -> Vec<u8>) -> BytesMut {
    let plain = ours(records, Codec::None);
    let mut batch = BytesMut::from(&plain[..HEADER_LEN]);
    batch.extend_from_slice(&pack(&plain[HEADER_LEN..]));
    let mut header = BatchHeader::parse(&plain).unwrap();
    header.set_codec(codec);
    header.seal(&mut batch);
    batch
}

fn assert_taken(what: &str, records: &[Made], batch: &[u8]) {
    let valid = check(batch).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(valid.bytes, batch, "{what}");
    assert!(read(&valid.bytes) == *records, "{what}");
}

#[test]
fn every_shape_of_zstd() {
    let mut rng = Rng(2);
    for round in 0..2 {
        let records = random_records(&mut rng);
        // Whole (one segment, its size in the header) and streamed (neither), at every kind of level: 22 declares a
        // window of 128 MiB.
        for level in [-5, 1, 3, 9, 19, 22] {
            let whole = packed_by(&records, Codec::Zstd, |bytes| {
                zstd::bulk::compress(bytes, level).unwrap()
            });
            assert_taken(&format!("{round} whole {level}"), &records, &whole);
            let streamed = packed_by(&records, Codec::Zstd, |bytes| {
                let mut encoder = zstd::stream::Encoder::new(Vec::new(), level).unwrap();
                encoder.include_checksum(level == 3).unwrap();
                bytes.chunks(1000).for_each(|chunk| {
                    encoder.write_all(chunk).unwrap();
                    encoder.flush().unwrap();
                });
                encoder.finish().unwrap()
            });
            assert_taken(&format!("{round} streamed {level}"), &records, &streamed);
        }
        // Frames that follow each other, with one to skip.
        let frames = packed_by(&records, Codec::Zstd, |bytes| {
            let (one, two) = bytes.split_at(bytes.len() / 2);
            let skip = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
            [zstd::bulk::compress(one, 3).unwrap(), skip, zstd::bulk::compress(two, 3).unwrap()]
                .concat()
        });
        assert_taken("frames", &records, &frames);
    }
}

#[test]
fn zstd_of_ours_is_read_by_the_reference() {
    let mut rng = Rng(3);
    for _ in 0..60 {
        let records = random_records(&mut rng);
        let back = zstd::stream::decode_all(&ours(&records, Codec::Zstd)[HEADER_LEN..]).unwrap();
        assert!(back == ours(&records, Codec::None)[HEADER_LEN..]);
    }
}

#[test]
fn a_large_zstd_window_is_kept_in_part() {
    // The second half repeats the first, at a distance of 12 MiB: the reference finds that with its largest window,
    // and we, who keep 8 MiB, refuse it. Nearer repetitions in the same window are read.
    let mut rng = Rng(4);
    for (distance, taken) in [(7 << 20, true), (12 << 20, false)] {
        let value: Vec<u8> = (0..distance / 8).flat_map(|_| rng.next().to_le_bytes()).collect();
        let records = vec![(NOW.0, None, Some([&value[..], &value[..]].concat()), Vec::new())];
        let batch = packed_by(&records, Codec::Zstd, |bytes| {
            let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
            encoder.window_log(27).unwrap();
            encoder.long_distance_matching(true).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        });
        assert!(batch.len() < value.len() * 3 / 2, "the match was found");
        assert_eq!(check(&batch).is_ok(), taken, "{distance}");
    }
}

fn lz4_frame(bytes: &[u8], change: impl Fn(&mut lz4::EncoderBuilder)) -> Vec<u8> {
    let mut builder = lz4::EncoderBuilder::new();
    builder.block_mode(lz4::BlockMode::Independent).checksum(lz4::ContentChecksum::NoChecksum);
    change(&mut builder);
    let mut encoder = builder.build(Vec::new()).unwrap();
    encoder.write_all(bytes).unwrap();
    let (out, result) = encoder.finish();
    result.unwrap();
    out
}

#[test]
fn every_shape_of_lz4() {
    use lz4::liblz4::BlockChecksum;
    use lz4::{BlockMode, BlockSize, ContentChecksum};
    let mut rng = Rng(5);
    for round in 0..10 {
        let records = random_records(&mut rng);
        for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB]
        {
            for level in [0, 9] {
                for (block, content) in [(false, false), (true, false), (false, true), (true, true)]
                {
                    let batch = packed_by(&records, Codec::Lz4, |bytes| {
                        lz4_frame(bytes, |builder| {
                            builder.block_size(size.clone()).level(level);
                            if block {
                                builder.block_checksum(BlockChecksum::BlockChecksumEnabled);
                            }
                            if content {
                                builder
                                    .checksum(ContentChecksum::ChecksumEnabled)
                                    .content_size(bytes.len() as u64);
                            }
                        })
                    });
                    assert_taken(&format!("{round} {level} {block} {content}"), &records, &batch);
                    // Each of the checksums is looked at.
                    if block || content {
                        let mut broken = batch.to_vec();
                        let at = broken.len() - if content { 1 } else { 5 };
                        broken[at] ^= 1;
                        let mut header = BatchHeader::parse(&broken).unwrap();
                        header = header.seal(&mut broken);
                        assert_eq!(header.codec(), Some(Codec::Lz4));
                        assert_eq!(check(&broken).unwrap_err().code.code(), 87);
                    }
                }
            }
        }
        // Java cannot read blocks that lean on each other, so they are not stored.
        let linked = packed_by(&records, Codec::Lz4, |bytes| {
            lz4_frame(bytes, |builder| {
                builder.block_mode(BlockMode::Linked);
            })
        });
        assert_eq!(check(&linked).unwrap_err().code.code(), 87);
    }
}

#[test]
fn every_shape_of_gzip() {
    let mut rng = Rng(6);
    for round in 0..20 {
        let records = random_records(&mut rng);
        for level in [0, 1, 6, 9] {
            let member = |bytes: &[u8]| {
                let builder =
                    flate2::GzBuilder::new().filename("a").comment("b").extra("cd").mtime(9);
                let mut encoder = builder.write(Vec::new(), flate2::Compression::new(level));
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            };
            let batch = packed_by(&records, Codec::Gzip, member);
            assert_taken(&format!("{round} {level}"), &records, &batch);
            let members = packed_by(&records, Codec::Gzip, |bytes| {
                let (one, two) = bytes.split_at(bytes.len() / 2);
                [member(one), member(b""), member(two)].concat()
            });
            assert_taken(&format!("{round} {level} members"), &records, &members);
        }
        let mut back = Vec::new();
        let ours_packed = ours(&records, Codec::Gzip);
        let mut decoder = flate2::write::GzDecoder::new(&mut back);
        decoder.write_all(&ours_packed[HEADER_LEN..]).unwrap();
        decoder.finish().unwrap();
        assert!(back == ours(&records, Codec::None)[HEADER_LEN..]);
    }
}

#[test]
fn every_shape_of_snappy() {
    const XERIAL: &[u8] = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";
    let mut rng = Rng(7);
    for round in 0..20 {
        let records = random_records(&mut rng);
        let block = |bytes: &[u8]| snap::raw::Encoder::new().compress_vec(bytes).unwrap();
        // One bare block, as librdkafka sends it.
        assert_taken(
            &format!("{round} bare"),
            &records,
            &packed_by(&records, Codec::Snappy, block),
        );
        // Blocks of other sizes than ours, and a stream behind a stream.
        for size in [1000, 65_536, 1 << 20] {
            let batch = packed_by(&records, Codec::Snappy, |bytes| {
                let mut out = Vec::new();
                for (i, chunk) in bytes.chunks(size).enumerate() {
                    if i % 5 == 0 {
                        out.extend_from_slice(XERIAL);
                    }
                    let block = block(chunk);
                    out.extend_from_slice(&(block.len() as u32).to_be_bytes());
                    out.extend_from_slice(&block);
                }
                out
            });
            assert_taken(&format!("{round} {size}"), &records, &batch);
        }
    }
}

#[test]
fn what_is_taken_of_damaged_batches_the_reference_reads_too() {
    let mut rng = Rng(10);
    let mut taken = 0;
    for round in 0..400 {
        let records = random_records(&mut rng);
        for codec in CODECS {
            let mut sent = ours(&records, codec);
            for _ in 0..=rng.below(2) {
                let at = HEADER_LEN + rng.below((sent.len() - HEADER_LEN) as u64) as usize;
                sent[at] =
                    if rng.below(2) == 0 { sent[at] ^ 1 << rng.below(8) } else { rng.next() as u8 };
            }
            BatchHeader::parse(&sent).unwrap().seal(&mut sent);
            let Ok(valid) = check(&sent) else { continue };
            taken += 1;
            match oracle::RecordBatchDecoder::decode(&mut valid.bytes.freeze()) {
                Ok(set) => assert_eq!(set.records.len(), records.len(), "{round} {codec:?}"),
                // It wants UTF-8 in the headers' keys. Our zstd does not look at the reserved bits inside a block,
                // which the newest reference does and the one before (1.5.4) does not.
                Err(error) => {
                    let known = codec == Codec::Zstd || format!("{error:#}").contains("utf-8");
                    assert!(known, "{round} {codec:?}: {error:#}");
                }
            }
        }
    }
    assert!(taken > 50, "{taken}");
}
