//! The tail finds what it has, and gives up the oldest.

use super::*;

fn batch(n: usize, len: usize) -> Bytes {
    Bytes::from(alloc::vec![n as u8; len])
}

#[test]
fn the_oldest_goes_first_and_the_rest_is_found() {
    let mut tail = Tail::new(1000);
    for n in 0..20_u32 {
        tail.push(ObjectId(u64::from(n / 10)), n % 10 * 100, &batch(n as usize, 100));
    }
    let found = |n: u32| tail.get(ObjectId(u64::from(n / 10)), n % 10 * 100).cloned();
    assert_eq!((0..10).find_map(found), None);
    for n in 10..20 {
        assert_eq!(found(n), Some(batch(n as usize, 100)));
    }
    assert_eq!(tail.get(ObjectId(1), 50), None);
}

#[test]
fn large_batches_and_tails_without_room_keep_nothing() {
    let mut tail = Tail::new(u32::MAX);
    tail.push(ObjectId(0), 0, &batch(1, LARGE));
    assert_eq!(tail.get(ObjectId(0), 0), None);
    let mut none = Tail::new(0);
    none.push(ObjectId(0), 0, &batch(1, 10));
    assert_eq!(none.get(ObjectId(0), 0), None);
}
