//! Pieces of every kind through a real socket, with sockets that are full and disks that are cold.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use logboat_core::chunk::ObjectId;
use logboat_core::shard::input::{OperationId, StorageEffect};
use rustix::fs::Advice;
use tempfile::TempDir;

use super::*;
use crate::reactor::{Reactor, Waker};

const OBJECT: ObjectId = ObjectId(1);
const LEN: usize = 3 << 20;

struct Store {
    disk: DiskStore,
    reactor: Reactor,
    bytes: Vec<u8>,
    _directory: TempDir,
}

/// A store with one object of 3 MiB that differ everywhere.
fn store() -> Store {
    let directory = tempfile::tempdir().expect("a directory");
    let waker = Waker::new().expect("a descriptor");
    let reactor = Reactor::new(waker.clone()).expect("a descriptor");
    let mut disk = DiskStore::open(directory.path(), false, &waker).expect("it is ours").store;
    disk.started();
    let bytes: Vec<u8> =
        (0..LEN / 4).flat_map(|i| (i as u32).wrapping_mul(0x9e37_79b9).to_be_bytes()).collect();
    let chunks = [Bytes::copy_from_slice(&bytes)].into_iter().collect();
    let mut done = Vec::new();
    disk.execute(
        StorageEffect::Put { operation: OperationId(1), object: OBJECT, chunks },
        &mut done,
    );
    let mut store = Store { disk, reactor, bytes, _directory: directory };
    while done.is_empty() {
        store.disk.poll(&mut done, &mut Vec::new());
    }
    store
}

impl Store {
    fn range(&mut self, at: usize, len: usize) -> Piece {
        let file = self.disk.open_object(OBJECT).expect("it was put");
        Piece::File { file, at: at as u64, len: len as u32 }
    }

    /// Sends everything, reading at the other end as fast as it comes, and gives what came and how often it was cold.
    fn send_all(&mut self, pieces: Vec<Piece>) -> (Vec<u8>, usize) {
        let (ours, mut theirs) = UnixStream::pair().expect("descriptors");
        ours.set_nonblocking(true).expect("a socket can be");
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).expect("it ends in order");
            all
        });
        let mut pieces = VecDeque::from(pieces);
        let mut colds = 0;
        loop {
            match send(ours.as_fd(), &mut pieces, Some(&mut self.disk)).expect("the peer is there")
            {
                Sent::All => break,
                Sent::Blocked => std::thread::yield_now(),
                Sent::Cold { file, at, len } => {
                    colds += 1;
                    self.disk.warm(7, &file, at, len).expect("a thread");
                    let mut warm = Vec::new();
                    while warm.is_empty() {
                        self.reactor
                            .wait(Some(Duration::from_secs(60)), &mut Vec::new())
                            .expect("epoll");
                        self.disk.poll(&mut Vec::new(), &mut warm);
                    }
                    assert!(warm.iter().all(|range| range.token == 7 && range.result.is_ok()));
                }
            }
        }
        assert!(pieces.is_empty());
        drop(ours);
        (reader.join().expect("no panic"), colds)
    }

    /// Whether the page cache could be emptied of the object.
    fn make_cold(&mut self) -> bool {
        let file = self.disk.open_object(OBJECT).expect("it was put");
        rustix::fs::fadvise(&*file, 0, None, Advice::DontNeed).expect("advice");
        matches!(self.disk.read_short(&file, 0, 1), Ok(None))
    }
}

#[test]
fn pieces_of_every_kind_arrive_in_order() {
    let mut store = store();
    let mut expected = Vec::new();
    let mut pieces = Vec::new();
    // More than one call's worth, short ranges, long ones, and empty pieces in every place.
    for i in 0..300 {
        let bytes = vec![i as u8; i * 7 % 1000];
        expected.extend_from_slice(&bytes);
        pieces.push(Piece::Bytes(bytes.into()));
        if i % 3 == 0 {
            let (at, len) = (i * 1001, [1, 5000, 31 * 1024, 32 * 1024, 200_000][i % 5]);
            expected.extend_from_slice(&store.bytes[at..at + len]);
            pieces.push(store.range(at, len));
        }
    }
    pieces.push(store.range(0, LEN));
    pieces.push(Piece::Bytes(Bytes::new()));
    expected.extend_from_slice(&store.bytes);
    let (sent, _) = store.send_all(pieces);
    assert!(sent == expected, "{} bytes came, {} were sent", sent.len(), expected.len());
}

#[test]
fn what_is_on_the_disk_only_is_fetched_by_a_helper() {
    let mut store = store();
    let mut missed = 0;
    let mut lengths = vec![10_000, 2 << 20];
    while let Some(len) = lengths.last().copied() {
        if !store.make_cold() {
            eprintln!("this file system does not tell what is in memory: nothing to see here");
            return;
        }
        let pieces = vec![Piece::Bytes(Bytes::from_static(b"head")), store.range(100_000, len)];
        let mut expected = b"head".to_vec();
        expected.extend_from_slice(&store.bytes[100_000..100_000 + len]);
        let (sent, colds) = store.send_all(pieces);
        assert!(sent == expected);
        // A busy system may have read ahead meanwhile.
        if colds > 0 {
            lengths.pop();
        } else {
            missed += 1;
            assert!(missed < 50, "the helper is never asked");
        }
    }
}

#[test]
fn a_range_behind_the_end_is_an_error_and_no_loop() {
    let mut store = store();
    for (at, len) in [(LEN - 10, 20), (LEN - 10, 100_000), (LEN + 5, 1), (LEN + 5, 100_000)] {
        let (ours, mut theirs) = UnixStream::pair().expect("descriptors");
        ours.set_nonblocking(true).expect("a socket can be");
        let mut pieces = VecDeque::from([store.range(at, len)]);
        let error = loop {
            match send(ours.as_fd(), &mut pieces, Some(&mut store.disk)) {
                Ok(Sent::Cold { file, at, len }) => {
                    store.disk.warm(1, &file, at, len).expect("a thread");
                    let mut warm = Vec::new();
                    while warm.is_empty() {
                        store.disk.poll(&mut Vec::new(), &mut warm);
                    }
                }
                Ok(sent) => panic!("{len} bytes at {at}: {sent:?}"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{len} bytes at {at}");
        theirs.write_all(b"the socket itself is well").expect("it is");
    }
}

#[test]
fn a_peer_that_does_not_read_blocks_and_one_that_is_gone_fails() {
    let mut store = store();
    let (ours, theirs) = UnixStream::pair().expect("descriptors");
    ours.set_nonblocking(true).expect("a socket can be");
    let mut pieces: VecDeque<Piece> =
        (0..50).map(|_| Piece::Bytes(vec![1; 100_000].into())).collect();
    pieces.push_back(store.range(0, LEN));
    assert!(matches!(send(ours.as_fd(), &mut pieces, Some(&mut store.disk)), Ok(Sent::Blocked)));
    let waiting = pieces.len();
    assert!(waiting > 1);
    assert!(matches!(send(ours.as_fd(), &mut pieces, Some(&mut store.disk)), Ok(Sent::Blocked)));
    assert_eq!(pieces.len(), waiting);
    drop(theirs);
    send(ours.as_fd(), &mut pieces, Some(&mut store.disk)).expect_err("nobody is there");
}
