//! Finding batches in sealed files, in the file that is being written, and across both.

use alloc::vec::Vec;

use super::*;
use crate::journal::index::IndexBuilder;
use crate::partition::FileRange;
use crate::protocol::KString;
use crate::time::UnixMillis;

const ID: PartitionId = PartitionId(4);
const ACTIVE: ObjectId = ObjectId(9);

fn entry(base_offset: i64, records: i64, max_timestamp: i64) -> IndexEntry {
    IndexEntry {
        base_offset,
        last_offset: base_offset + records - 1,
        position: base_offset as u32 * 100,
        len: 100,
        max_timestamp,
    }
}

/// Two sealed files of 300 batches of 2 records each, and 3 batches behind them. The first file holds another
/// partition's batches too. Timestamps are 10 a batch.
fn world() -> (State, PageCache) {
    let mut state = State::default();
    let mut partition = Partition::new(KString::from_static("t"), 0, UnixMillis(0));
    let mut pages = PageCache::default();
    let mut next = 0;
    for object in [ObjectId(1), ObjectId(2)] {
        let mut index = IndexBuilder::default();
        let others = if object.0 == 1 { 100 } else { 0 };
        (0..others).for_each(|n| index.push(PartitionId(1), &entry(n, 1, 0)));
        let first_entry = index.len();
        let entries: Vec<IndexEntry> =
            (0..300).map(|n| entry(next + 2 * n, 2, (next / 2 + n) * 10)).collect();
        entries.iter().for_each(|entry| index.push(ID, entry));
        partition.files.push_back(FileRange {
            object,
            first_entry,
            entries: 300,
            base_offset: next,
            last_offset: next + 599,
            max_timestamp: (next / 2 + 299) * 10,
        });
        next += 600;
        state.index_at.insert(object, 8192);
        let bytes = index.finish();
        for (number, at) in (0..bytes.len()).step_by(PAGE_LEN).enumerate() {
            let key = PageKey { object, at: 8192 + (number * PAGE_LEN) as u64 };
            pages.insert(key, Some(bytes.slice(at..at + PAGE_LEN)));
        }
    }
    partition.active = (0..3).map(|n| entry(1200 + 2 * n, 2, (600 + n) * 10)).collect();
    state.partitions.insert(ID, partition);
    (state, pages)
}

#[test]
fn every_offset_is_found_in_its_batch_and_the_next_one_follows() {
    let (state, mut pages) = world();
    let mut reader = Reader::new(&state, ID, ACTIVE, &mut pages).expect("it is there");
    for offset in 0..1206 {
        let place = reader.find(offset).expect("every page is there");
        let (object, found) = reader.entry(place).expect("readable").expect("a batch");
        assert!(found.base_offset <= offset && found.last_offset >= offset, "{offset}");
        let file = match offset {
            0..600 => ObjectId(1),
            600..1200 => ObjectId(2),
            _ => ACTIVE,
        };
        assert_eq!(object, file, "{offset}");
    }
    let end = reader.find(1206).expect("every page is there");
    assert_eq!(reader.entry(end), Ok(None));
    let mut place = reader.find(0).expect("every page is there");
    let mut count = 0;
    while let Some((_, found)) = reader.entry(place).expect("readable") {
        assert_eq!(found.base_offset, 2 * count);
        count += 1;
        place = reader.next(place);
    }
    assert_eq!(count, 603);
}

#[test]
fn times_are_found_from_an_offset_on() {
    let (state, mut pages) = world();
    let mut reader = Reader::new(&state, ID, ACTIVE, &mut pages).expect("it is there");
    for (offset, timestamp, base) in [
        (0, 0, 0),
        (0, 1, 2),
        (0, 2990, 598),
        (0, 2991, 600),
        (0, 6001, 1202),
        (700, 0, 700),
        (1204, 5, 1204),
    ] {
        let found = reader.find_timestamp(offset, timestamp).expect("every page is there");
        assert_eq!(found.map(|(_, found)| found.base_offset), Some(base), "{offset} {timestamp}");
    }
    assert_eq!(reader.find_timestamp(0, 6021), Ok(None));
    assert_eq!(reader.max_timestamp(0), 6020);
    assert_eq!(reader.max_timestamp(1206), -1);
}

#[test]
fn a_page_that_is_missing_is_named_and_a_damaged_one_said_to_be() {
    let (state, mut pages) = world();
    pages.forget(ObjectId(2));
    let mut reader = Reader::new(&state, ID, ACTIVE, &mut pages).expect("it is there");
    assert!(reader.find(10).is_ok());
    let Err(Unreadable::Page(key)) = reader.find(800) else { panic!("no page is there") };
    assert_eq!(key.object, ObjectId(2));
    pages.insert(key, Some(Bytes::from_static(&[0; PAGE_LEN])));
    let mut reader = Reader::new(&state, ID, ACTIVE, &mut pages).expect("it is there");
    assert_eq!(reader.find(800), Err(Unreadable::Damaged));
}

#[test]
fn the_page_used_longest_ago_makes_room() {
    let mut pages = PageCache::default();
    let key = |n: usize| PageKey { object: ObjectId(1), at: (n * PAGE_LEN) as u64 };
    let page = IndexBuilder::default();
    let mut page = page;
    page.push(ID, &entry(0, 1, 0));
    let page = page.finish();
    (0..MAX_PAGES).for_each(|n| pages.insert(key(n), Some(page.clone())));
    assert!(pages.get(key(0)).is_ok());
    pages.insert(key(MAX_PAGES), Some(page));
    assert!(pages.get(key(0)).is_ok());
    assert_eq!(pages.get(key(1)), Err(Unreadable::Page(key(1))));
}
