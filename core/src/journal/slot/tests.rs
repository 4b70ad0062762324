//! Slots there and back; every byte that counts is covered; padding goes to the file's alignment.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::record::{BatchBuilder, Codec, Scratch};

const SALT: u64 = 0x5eed;

fn stamp(sequence: u64) -> SlotStamp {
    SlotStamp { epoch: 3, sequence, durable: 6, wall: UnixMillis(99), owner: 1, salt: SALT }
}

fn batch(value: &[u8]) -> Bytes {
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(5, None, Some(value), &[]);
    builder.build(&mut Scratch::default()).expect("a small batch").freeze()
}

fn flat(slot: &Slot) -> Vec<u8> {
    slot.chunks.iter().flat_map(|chunk| chunk.iter().copied()).collect()
}

/// What was read: partition and bytes of a batch, or an entry.
#[derive(Debug, PartialEq)]
enum Seen {
    Batch(u32, Vec<u8>),
    Entry(Vec<u8>),
}

fn read_all(bytes: &[u8]) -> Result<(SlotHeader, Vec<Seen>), JournalError> {
    let mut seen = Vec::new();
    let header = read(bytes, SALT, |entry| match entry {
        SlotEntry::Batch { partition, at, bytes: batch } => {
            assert_eq!(&bytes[at as usize..at as usize + batch.len()], batch);
            seen.push(Seen::Batch(partition.0, batch.to_vec()));
        }
        SlotEntry::Entry(entry) => seen.push(Seen::Entry(entry.to_vec())),
    })?;
    Ok((header, seen))
}

fn mixed() -> (Vec<u8>, Vec<Seen>) {
    let mut builder = SlotBuilder::default();
    let (one, two) = (batch(b"one"), batch(b"two"));
    builder.push_batch(PartitionId(9), one.clone());
    builder.push_entry(b"entry");
    builder.push_batch(PartitionId(2), two.clone());
    builder.push_first_entry(b"first");
    let slot = builder.finish(stamp(7), 0, 1, &mut BytesMut::new(), |_, _, _| {});
    assert!(builder.is_empty());
    let expected = vec![
        Seen::Entry(b"first".to_vec()),
        Seen::Batch(9, one.to_vec()),
        Seen::Entry(b"entry".to_vec()),
        Seen::Batch(2, two.to_vec()),
    ];
    (flat(&slot), expected)
}

#[test]
fn what_is_pushed_comes_back_in_order() {
    let (bytes, expected) = mixed();
    let (header, seen) = read_all(&bytes).expect("a good slot");
    assert_eq!(seen, expected);
    assert_eq!(header.total_bytes as usize, bytes.len());
    assert_eq!((header.epoch, header.sequence, header.durable, header.owner), (3, 7, 6, 1));
    assert_eq!(header.wall, UnixMillis(99));
}

#[test]
fn batches_alone_stand_together_by_partition() {
    let mut builder = SlotBuilder::default();
    for (partition, value) in [(5, b"a"), (1, b"b"), (5, b"c"), (1, b"d")] {
        builder.push_batch(PartitionId(partition), batch(value));
    }
    let mut placed = Vec::new();
    let slot = builder.finish(stamp(1), 0, 1, &mut BytesMut::new(), |partition, at, bytes| {
        placed.push((partition.0, at, bytes.clone()));
    });
    let bytes = flat(&slot);
    assert_eq!(placed.iter().map(|(p, ..)| *p).collect::<Vec<_>>(), [1, 1, 5, 5]);
    for (_, at, batch) in &placed {
        assert_eq!(&bytes[*at as usize..*at as usize + batch.len()], &batch[..]);
    }
    // Within a partition they stay in order.
    assert_eq!(placed[0].2, batch(b"b"));
    assert_eq!(placed[2].2, batch(b"a"));
}

#[test]
fn no_byte_can_change_unseen() {
    let (good, expected) = mixed();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        if let Ok((_, seen)) = read_all(&bad) {
            panic!("byte {at} changed unseen: {seen:?}");
        }
    }
    assert!(read_all(&good).is_ok_and(|(_, seen)| seen == expected));
}

#[test]
fn a_slot_that_is_cut_is_none() {
    let (good, _) = mixed();
    for len in 0..good.len() {
        assert!(read_all(&good[..len]).is_err(), "{len} bytes of {}", good.len());
    }
}

#[test]
fn another_store_s_slot_is_none() {
    let (good, _) = mixed();
    assert!(peek(&good, SALT).is_ok());
    assert!(peek(&good, SALT + 1).is_err());
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let (mut bytes, _) = mixed();
    bytes[4] = 2;
    // The header's own checksum comes first: only a slot of this store can be newer.
    let found = peek(&bytes, SALT);
    assert!(found.is_err());
    assert_eq!(peek(&[0; HEADER_LEN], SALT), Err(JournalError::Magic));
    assert_eq!(peek(&[0; 3], SALT), Err(JournalError::Short));
}

#[test]
fn what_follows_is_aligned_in_the_file_wherever_the_slot_begins() {
    for position in [0_u64, 1, 64, 4095, 4096, 5000] {
        for alignment in [1_u32, 512, 4096] {
            let mut builder = SlotBuilder::default();
            builder.push_batch(PartitionId(1), batch(&vec![7; 700]));
            let slot =
                builder.finish(stamp(1), position, alignment, &mut BytesMut::new(), |_, _, _| {});
            let bytes = flat(&slot);
            assert_eq!(bytes.len() as u64, slot.padded_bytes);
            assert!((position + slot.padded_bytes).is_multiple_of(u64::from(alignment)));
            assert!(slot.padded_bytes - u64::from(slot.total_bytes) < u64::from(alignment));
            assert!(bytes[slot.total_bytes as usize..].iter().all(|byte| *byte == 0));
        }
    }
}
