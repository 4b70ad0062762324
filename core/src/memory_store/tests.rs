//! What the store driver suite cannot see from outside: sharing, gaps and overwrites of pieces.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

const JOURNAL: ObjectId = ObjectId(7);

fn append(
    store: &mut MemoryStore,
    at: u64,
    chunks: &[&'static [u8]],
) -> Result<Stored, StoreError> {
    let chunks = chunks.iter().map(|chunk| Bytes::from_static(chunk)).collect();
    let operation = OperationId(1);
    let effect =
        StorageEffect::Append { operation, object: JOURNAL, at, chunks, flush: true, waiting: 1 };
    store.execute(effect).expect("appends are answered").1
}

fn prepare(store: &mut MemoryStore, bytes: u64) -> Result<Stored, StoreError> {
    let effect = StorageEffect::Prepare { operation: OperationId(0), object: JOURNAL, bytes };
    store.execute(effect).expect("preparations are answered").1
}

fn new(capacity: u64) -> MemoryStore {
    let mut store = MemoryStore::new(capacity);
    prepare(&mut store, 0).expect("nothing needs no room");
    store
}

fn all(store: &MemoryStore, at: u64, len: u32) -> Vec<u8> {
    store.slices(JOURNAL, at, len).flat_map(|slice| slice.to_vec()).collect()
}

#[test]
fn bytes_are_shared_not_copied() {
    let mut store = new(u64::MAX);
    static DATA: &[u8] = b"some records";
    append(&mut store, 0, &[DATA]).expect("there is room");
    let slice = store.slices(JOURNAL, 5, 7).next().expect("one piece");
    assert_eq!(slice.as_ptr(), DATA[5..].as_ptr());
    let Some((_, Ok(Stored::Bytes(read)))) = store.execute(StorageEffect::Read {
        operation: OperationId(2),
        object: JOURNAL,
        at: 5,
        len: 99,
    }) else {
        panic!("a read of what is there succeeds");
    };
    assert_eq!(read.as_ptr(), DATA[5..].as_ptr());
    assert_eq!(read.len(), 7);
}

#[test]
fn every_overwrite_reads_as_a_file_would() {
    static PATTERN: &[u8] = b"ABCDEFGHIJKLMNOP";
    for at in 0..14 {
        for len in 1..8 {
            let mut store = new(u64::MAX);
            let mut file = b"0123456789".to_vec();
            append(&mut store, 0, &[b"012", b"", b"3456", b"789"]).expect("there is room");
            append(&mut store, at as u64, &[&PATTERN[..len]]).expect("there is room");
            if file.len() < at + len {
                file.resize(at + len, 0);
            }
            file[at..at + len].copy_from_slice(&PATTERN[..len]);
            assert_eq!(all(&store, 0, 99), file, "{len} bytes at {at}");
            assert_eq!(store.owned_bytes(), file.len() as u64);
            for from in 0..file.len() {
                for n in 0..file.len() - from {
                    assert_eq!(all(&store, from as u64, n as u32), file[from..from + n]);
                }
            }
        }
    }
}

#[test]
fn a_large_gap_reads_as_zeros() {
    let mut store = new(u64::MAX);
    append(&mut store, 10_000, &[b"end"]).expect("there is room");
    let mut expected = vec![0; 10_000];
    expected.extend_from_slice(b"end");
    assert_eq!(all(&store, 0, 20_000), expected);
}

#[test]
fn full_changes_nothing_and_a_drop_makes_room() {
    let mut store = new(8);
    append(&mut store, 0, &[b"12345"]).expect("there is room");
    assert_eq!(append(&mut store, 5, &[b"6789"]), Err(StoreError::Full));
    assert_eq!(append(&mut store, u64::MAX, &[b"6"]), Err(StoreError::Full));
    assert_eq!(all(&store, 0, 99), b"12345");
    assert_eq!(store.execute(StorageEffect::Drop { object: JOURNAL }), None);
    assert_eq!(store.owned_bytes(), 0);
    assert_eq!(prepare(&mut store, 9), Err(StoreError::Full));
    prepare(&mut store, 8).expect("there is room again");
    append(&mut store, 0, &[b"12345678"]).expect("it is owned");
}
