//! Pages there and back, over the borders of pages.

use super::*;

fn entry(n: u32) -> IndexEntry {
    IndexEntry {
        base_offset: 1_000_000_000_000 + i64::from(n) * 10,
        last_offset: 1_000_000_000_000 + i64::from(n) * 10 + 9,
        position: n * 100,
        len: 90,
        max_timestamp: 77 + i64::from(n),
    }
}

fn partition_of(n: u32) -> PartitionId {
    PartitionId(n / 50)
}

#[test]
fn entries_come_back_from_their_pages() {
    let count = 3 * PAGE_ENTRIES + 5;
    let mut builder = IndexBuilder::default();
    assert!(builder.is_empty());
    (0..count).for_each(|n| builder.push(partition_of(n), &entry(n)));
    assert_eq!(builder.len(), count);
    let bytes = builder.finish();
    assert_eq!(bytes.len(), 4 * PAGE_LEN);
    for n in 0..count {
        let at = (n / PAGE_ENTRIES) as usize * PAGE_LEN;
        let page = bytes.slice(at..at + PAGE_LEN);
        assert_eq!(check_page(&page), Ok(()));
        let number = n % PAGE_ENTRIES;
        assert_eq!(IndexEntry::decode(&page, number, partition_of(n)), Ok(entry(n)));
        let other = PartitionId(partition_of(n).0 + 1);
        assert_eq!(IndexEntry::decode(&page, number, other), Err(JournalError::Malformed));
    }
}

#[test]
fn full_pages_have_no_empty_one_behind_them() {
    let mut builder = IndexBuilder::default();
    (0..2 * PAGE_ENTRIES).for_each(|n| builder.push(PartitionId(0), &entry(n)));
    assert_eq!(builder.finish().len(), 2 * PAGE_LEN);
    assert!(IndexBuilder::default().finish().is_empty());
}

#[test]
fn a_page_with_any_other_byte_is_refused() {
    let mut builder = IndexBuilder::default();
    builder.push(PartitionId(0), &entry(1));
    let good = builder.finish();
    for at in (0..PAGE_LEN).step_by(7) {
        let mut bad = good.to_vec();
        bad[at] ^= 0x10;
        assert_eq!(check_page(&Bytes::from(bad)), Err(JournalError::Checksum), "byte {at}");
    }
    assert_eq!(check_page(&good.slice(..PAGE_LEN - 1)), Err(JournalError::Short));
}
