//! What checking a batch takes from the allocator: nothing in steady state, and little for a bomb.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

use bytes::BytesMut;
use logboat_core::record::lookup::first_at_or_after;
use logboat_core::record::{BatchBuilder, Codec, Records, Scratch, ValidationRules, validate};
use logboat_core::time::UnixMillis;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn moved(by: isize) {
    let live = LIVE.get() + by;
    LIVE.set(live);
    PEAK.set(PEAK.get().max(live));
}

// SAFETY: every call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        moved(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        moved(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn batch(codec: Codec, count: usize, value: &[u8]) -> BytesMut {
    let mut builder = BatchBuilder::new(codec);
    (0..count).for_each(|i| builder.append(NOW.0 + i as i64, Some(b"key"), Some(value), &[]));
    builder.build(&mut Scratch::default()).unwrap()
}

#[test]
fn checking_and_reading_allocate_nothing_in_steady_state() {
    let mut scratch = Scratch::default();
    let rules = ValidationRules::default();
    for codec in CODECS {
        let sent = batch(codec, 1000, &[b'x'; 150]);
        for round in 0..5 {
            let copy = sent.clone();
            let before = COUNT.get();
            let valid = validate(NOW, 9, copy, &rules, &mut scratch).unwrap();
            let checked = COUNT.get() - before;
            let mut records = Records::new(&valid.bytes, 1 << 30, &mut scratch).unwrap();
            while records.next().unwrap().is_some() {}
            drop(records);
            first_at_or_after(&valid.bytes, NOW.0 + 500, 0, 1 << 30, &mut scratch)
                .unwrap()
                .unwrap();
            let read = COUNT.get() - before - checked;
            // The first rounds fill the scratch.
            assert!(round < 2 || checked + read == 0, "{codec:?} {round}: {checked} and {read}");
        }
    }
}

#[test]
fn a_bomb_takes_little_memory_and_leaves_none() {
    let value = vec![0; 65 << 20];
    let mut scratch = Scratch::default();
    let rules = ValidationRules { max_message_bytes: 1 << 20, ..ValidationRules::default() };
    for (codec, most) in
        [(Codec::None, 1), (Codec::Gzip, 1), (Codec::Snappy, 33), (Codec::Lz4, 1), (Codec::Zstd, 4)]
    {
        let sent = batch(codec, 1, &value);
        // snappy packs 1 MiB out of 22 at best: it is too large packed, unless the topic takes that.
        let rules = ValidationRules {
            max_message_bytes: if codec == Codec::Snappy {
                1 << 22
            } else {
                rules.max_message_bytes
            },
            ..rules
        };
        let before = LIVE.get();
        PEAK.set(before);
        let result = validate(NOW, 9, sent, &rules, &mut scratch);
        let peak = PEAK.get() - before;
        assert!(result.is_ok() == (codec == Codec::Snappy), "{codec:?}");
        assert!(peak < most << 20, "{codec:?}: {peak}");
        drop(result);
        // What stays for the next batch is small.
        assert!(LIVE.get() - before < 3 << 20, "{codec:?}: {}", LIVE.get() - before);
    }
}

#[test]
fn a_zstd_window_of_128_mib_takes_what_is_kept_of_it() {
    // Java's level 22 declares the largest window there is, and 20 MiB are more than is kept of it.
    let mut plain = batch(Codec::Zstd, 1, &vec![0; 20 << 20]);
    // The frame's second byte after the magic number: 2^(10 + 17).
    plain[61 + 5] = 17 << 3;
    logboat_core::record::BatchHeader::parse(&plain).unwrap().seal(&mut plain);
    assert!(plain.len() < 1 << 20);
    let mut scratch = Scratch::default();
    let before = LIVE.get();
    PEAK.set(before);
    validate(NOW, 9, plain.clone(), &ValidationRules::default(), &mut scratch).unwrap();
    let peak = PEAK.get() - before;
    assert!(peak < 28 << 20, "{peak}");
    assert!(LIVE.get() - before < 2 << 20);
}
