//! What every store must do: one suite, run against each driver.
//!
//! The core relies on exactly this (the contracts stand at [`StorageEffect`]). It must never ask for more than that, so
//! that a store in a browser or a bucket can pass it too.

use bytes::Bytes;
use logboat_core::chunk::ObjectId;
use logboat_core::memory_store::Completion;
use logboat_core::shard::StoreContents;
use logboat_core::shard::input::{OperationId, StorageEffect, StoreError, Stored};

/// A store, as the suite drives it.
pub trait Driver: Sized {
    /// Whether what it stored outlives it.
    const DURABLE: bool;

    /// A new, empty store.
    fn create() -> Self;

    /// Begins what `effect` says.
    fn execute(&mut self, effect: StorageEffect);

    /// Waits until at least one operation has ended, and gives all that have. To be called only while one is under way.
    fn wait(&mut self) -> Vec<Completion>;

    /// Takes hold of a range as an answer that is being sent does: the function reads it whenever it is called. `None`
    /// where the object, or a part of the range, is not there.
    fn pin(&mut self, object: ObjectId, at: u64, len: u32) -> Option<Box<dyn FnOnce() -> Vec<u8>>>;

    /// Ends the store in order and opens it again. Only for durable ones.
    fn reopen(self) -> (Self, StoreContents);
}

/// A store under test, with numbers for its operations.
struct Subject<D> {
    driver: D,
    operations: u64,
    ended: Vec<Completion>,
}

const JOURNAL: ObjectId = ObjectId(3);
const NEXT: ObjectId = ObjectId(4);
const BLOB: ObjectId = ObjectId(11);
const FILE_BYTES: u64 = 1 << 20;

impl<D: Driver> Subject<D> {
    fn new() -> Self {
        Self { driver: D::create(), operations: 0, ended: Vec::new() }
    }

    fn begin(&mut self, effect: impl FnOnce(OperationId) -> StorageEffect) -> OperationId {
        self.operations += 1;
        let operation = OperationId(self.operations);
        self.driver.execute(effect(operation));
        operation
    }

    fn end(&mut self, operation: OperationId) -> Result<Stored, StoreError> {
        loop {
            if let Some(found) = self.ended.iter().position(|(ended, _)| *ended == operation) {
                return self.ended.remove(found).1;
            }
            let ended = self.driver.wait();
            assert!(!ended.is_empty(), "a store says when an operation ends");
            self.ended.extend(ended);
        }
    }

    fn run(
        &mut self,
        effect: impl FnOnce(OperationId) -> StorageEffect,
    ) -> Result<Stored, StoreError> {
        let operation = self.begin(effect);
        self.end(operation)
    }

    fn prepare(&mut self, object: ObjectId) {
        let prepared =
            self.run(|operation| StorageEffect::Prepare { operation, object, bytes: FILE_BYTES });
        assert_eq!(prepared, Ok(Stored::Done));
    }

    fn append(
        &mut self,
        object: ObjectId,
        at: u64,
        bytes: &[u8],
        flush: bool,
    ) -> Result<Stored, StoreError> {
        self.run(|operation| append(operation, object, at, bytes, flush))
    }

    fn read(&mut self, object: ObjectId, at: u64, len: u32) -> Result<Vec<u8>, StoreError> {
        self.run(|operation| StorageEffect::Read { operation, object, at, len }).map(|stored| {
            match stored {
                Stored::Bytes(bytes) => bytes.to_vec(),
                Stored::Done => panic!("a read brings bytes"),
            }
        })
    }

    fn put(&mut self, object: ObjectId, bytes: &[u8]) -> Result<Stored, StoreError> {
        self.run(|operation| StorageEffect::Put { operation, object, chunks: chunks(bytes) })
    }

    fn root(&mut self, bytes: &'static [u8]) {
        let bytes = Bytes::from_static(bytes);
        assert_eq!(
            self.run(|operation| StorageEffect::ReplaceRoot { operation, bytes }),
            Ok(Stored::Done)
        );
    }

    fn reopen(self) -> (Self, StoreContents) {
        let (driver, contents) = self.driver.reopen();
        (Self { driver, operations: self.operations, ended: Vec::new() }, contents)
    }
}

/// In pieces, one of them empty, so that a driver must put them together.
fn chunks(bytes: &[u8]) -> logboat_core::shard::input::SlotChunks {
    let (first, rest) = bytes.split_at(bytes.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    [first, second, &[], third].into_iter().map(Bytes::copy_from_slice).collect()
}

fn append(
    operation: OperationId,
    object: ObjectId,
    at: u64,
    bytes: &[u8],
    flush: bool,
) -> StorageEffect {
    StorageEffect::Append { operation, object, at, chunks: chunks(bytes), flush, waiting: 1 }
}

/// Bytes that differ everywhere.
fn pattern(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add((i >> 8) as u8) ^ seed).collect()
}

/// A prepared journal file takes slots one behind the other, and gives them back whole, in part, and from memory.
pub fn appends_read_back<D: Driver>() {
    let mut store = Subject::<D>::new();
    store.prepare(JOURNAL);
    let mut all = Vec::new();
    for (seed, len, flush) in
        [(1, 10, true), (2, 4096, false), (3, 100_000, true), (4, 1, true), (5, 300_000, false)]
    {
        let bytes = pattern(seed, len);
        assert_eq!(store.append(JOURNAL, all.len() as u64, &bytes, flush), Ok(Stored::Done));
        all.extend(bytes);
    }
    for (at, len) in [(0, all.len()), (0, 1), (9, 2), (5000, 40_000), (all.len() - 7, 7), (100, 0)]
    {
        let expected = &all[at..at + len];
        assert_eq!(
            store.read(JOURNAL, at as u64, len as u32).as_deref(),
            Ok(expected),
            "{len} bytes at {at}"
        );
        let pinned = store.driver.pin(JOURNAL, at as u64, len as u32).expect("the range is there");
        assert_eq!(pinned(), expected, "{len} bytes at {at}");
    }
}

/// Many appends with a flush are under way at once; they end in the order of issue, and each is there.
pub fn appends_end_in_order<D: Driver>() {
    let mut store = Subject::<D>::new();
    store.prepare(JOURNAL);
    let begun: Vec<OperationId> = (0..50u64)
        .map(|i| {
            store.begin(|operation| {
                append(operation, JOURNAL, i * 100, &pattern(i as u8, 100), true)
            })
        })
        .collect();
    let mut ended = Vec::new();
    while ended.len() < begun.len() {
        for (operation, result) in store.driver.wait() {
            assert_eq!(result, Ok(Stored::Done));
            ended.push(operation);
        }
    }
    assert_eq!(ended, begun);
    let expected: Vec<u8> = (0..50).flat_map(|i| pattern(i, 100)).collect();
    assert_eq!(store.read(JOURNAL, 0, 5000), Ok(expected));
}

/// A read ends where the object ends, and finds nothing behind it. A prepared file may be longer than what was appended.
pub fn reads_end_with_the_object<D: Driver>() {
    let mut store = Subject::<D>::new();
    let bytes = pattern(9, 1000);
    assert_eq!(store.put(BLOB, &bytes), Ok(Stored::Done));
    assert_eq!(store.read(BLOB, 900, 1000).as_deref(), Ok(&bytes[900..]));
    assert_eq!(store.read(BLOB, 1000, 10).as_deref(), Ok(&[][..]));
    assert_eq!(store.read(BLOB, 1 << 40, 10).as_deref(), Ok(&[][..]));
}

/// What was never made is missing, and asking for it changes nothing.
pub fn missing_is_said<D: Driver>() {
    let mut store = Subject::<D>::new();
    assert_eq!(store.read(JOURNAL, 0, 10), Err(StoreError::Missing));
    assert_eq!(store.append(JOURNAL, 0, b"slot", true), Err(StoreError::Missing));
    assert_eq!(
        store.run(|operation| StorageEffect::Flush { operation, object: JOURNAL }),
        Err(StoreError::Missing)
    );
    assert!(store.driver.pin(JOURNAL, 0, 1).is_none());
    store.driver.execute(StorageEffect::Drop { object: JOURNAL });
    store.prepare(JOURNAL);
    assert_eq!(store.append(JOURNAL, 0, b"slot", true), Ok(Stored::Done));
}

/// A slot may be written over what an append left that failed or was torn.
pub fn appends_may_overwrite<D: Driver>() {
    let mut store = Subject::<D>::new();
    store.prepare(JOURNAL);
    assert_eq!(store.append(JOURNAL, 0, &pattern(1, 5000), true), Ok(Stored::Done));
    assert_eq!(store.append(JOURNAL, 5000, &pattern(2, 5000), true), Ok(Stored::Done));
    assert_eq!(store.append(JOURNAL, 5000, &pattern(3, 3000), true), Ok(Stored::Done));
    let mut expected = pattern(1, 5000);
    expected.extend(pattern(3, 3000));
    assert_eq!(store.read(JOURNAL, 0, 8000), Ok(expected));
}

/// Blobs are immutable: a second one of the same name is refused, and the first one stays as it is.
pub fn blobs_are_immutable<D: Driver>() {
    let mut store = Subject::<D>::new();
    let bytes = pattern(7, 200_000);
    assert_eq!(store.put(BLOB, &bytes), Ok(Stored::Done));
    assert!(matches!(store.put(BLOB, b"other"), Err(StoreError::Failed(_))));
    assert_eq!(store.read(BLOB, 0, 200_000), Ok(bytes));
}

/// Effects on one object happen in the order of issue, also where the first of them takes long.
pub fn one_object_in_order<D: Driver>() {
    let mut store = Subject::<D>::new();
    let bytes = pattern(5, 1 << 20);
    let put = store.begin(|operation| StorageEffect::Put {
        operation,
        object: BLOB,
        chunks: chunks(&bytes),
    });
    let read =
        store.begin(|operation| StorageEffect::Read { operation, object: BLOB, at: 77, len: 1000 });
    store.driver.execute(StorageEffect::Drop { object: BLOB });
    let gone =
        store.begin(|operation| StorageEffect::Read { operation, object: BLOB, at: 0, len: 1 });
    let prepare = store.begin(|operation| StorageEffect::Prepare {
        operation,
        object: JOURNAL,
        bytes: FILE_BYTES,
    });
    let write = store.begin(|operation| append(operation, JOURNAL, 0, b"slot", true));
    let slot =
        store.begin(|operation| StorageEffect::Read { operation, object: JOURNAL, at: 0, len: 4 });
    assert_eq!(store.end(put), Ok(Stored::Done));
    assert_eq!(store.end(read), Ok(Stored::Bytes(bytes[77..1077].to_vec().into())));
    assert_eq!(store.end(gone), Err(StoreError::Missing));
    assert_eq!(store.end(prepare), Ok(Stored::Done));
    assert_eq!(store.end(write), Ok(Stored::Done));
    assert_eq!(store.end(slot), Ok(Stored::Bytes(Bytes::from_static(b"slot"))));
}

/// An object that is dropped is gone for the core at once, and there for those who are sending it until they are done.
pub fn what_is_sent_outlives_a_drop<D: Driver>() {
    let mut store = Subject::<D>::new();
    store.prepare(JOURNAL);
    let bytes = pattern(6, 100_000);
    assert_eq!(store.append(JOURNAL, 0, &bytes, true), Ok(Stored::Done));
    let pinned = store.driver.pin(JOURNAL, 10, 99_000).expect("the range is there");
    store.driver.execute(StorageEffect::Drop { object: JOURNAL });
    assert_eq!(store.read(JOURNAL, 0, 1), Err(StoreError::Missing));
    assert!(store.driver.pin(JOURNAL, 0, 1).is_none());
    store.prepare(NEXT);
    assert_eq!(store.append(NEXT, 0, &pattern(8, 100_000), true), Ok(Stored::Done));
    assert_eq!(pinned(), bytes[10..99_010]);
}

/// What was flushed, put or made the root is there when the store is opened again, and what was dropped is not.
pub fn what_is_done_is_kept<D: Driver>() {
    if !D::DURABLE {
        return;
    }
    let mut store = Subject::<D>::new();
    store.root(b"first");
    store.prepare(JOURNAL);
    store.prepare(NEXT);
    let (slot, blob) = (pattern(1, 5000), pattern(2, 70_000));
    assert_eq!(store.append(JOURNAL, 0, &slot, true), Ok(Stored::Done));
    assert_eq!(store.append(NEXT, 0, &slot, false), Ok(Stored::Done));
    assert_eq!(
        store.run(|operation| StorageEffect::Flush { operation, object: NEXT }),
        Ok(Stored::Done)
    );
    assert_eq!(store.put(BLOB, &blob), Ok(Stored::Done));
    assert_eq!(store.put(ObjectId(12), &blob), Ok(Stored::Done));
    store.driver.execute(StorageEffect::Drop { object: ObjectId(12) });
    store.root(b"the second root");

    let (mut store, contents) = store.reopen();
    assert_eq!(contents.root.as_deref(), Some(&b"the second root"[..]));
    let objects: Vec<ObjectId> = contents.objects.iter().map(|(object, _)| *object).collect();
    assert_eq!(objects, [JOURNAL, NEXT, BLOB]);
    assert!(contents.objects.iter().all(|(object, len)| match *object {
        BLOB => *len == 70_000,
        _ => *len >= 5000,
    }));
    assert_eq!(store.read(JOURNAL, 0, 5000).as_ref(), Ok(&slot));
    assert_eq!(store.read(NEXT, 0, 5000), Ok(slot));
    assert_eq!(store.read(BLOB, 0, 70_000), Ok(blob));
    // A journal goes on in the file where it ended.
    assert_eq!(store.append(JOURNAL, 5000, b"more", true), Ok(Stored::Done));
    assert_eq!(store.read(JOURNAL, 5000, 4).as_deref(), Ok(&b"more"[..]));
}

/// Makes one test of each check, for one driver.
#[macro_export]
macro_rules! store_conformance {
    ($driver:ty) => {
        $crate::store_conformance!($driver:
            appends_read_back,
            appends_end_in_order,
            reads_end_with_the_object,
            missing_is_said,
            appends_may_overwrite,
            blobs_are_immutable,
            one_object_in_order,
            what_is_sent_outlives_a_drop,
            what_is_done_is_kept,
        );
    };
    ($driver:ty: $($check:ident,)*) => {
        $(
            #[test]
            fn $check() {
                $crate::store_conformance::$check::<$driver>();
            }
        )*
    };
}
