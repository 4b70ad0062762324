//! Each library is tested where it is linked: `cargo test -p logboat-core` has the portable one, with
//! `--features simd` the other.

use super::*;

/// The check values of the catalogue of CRCs, the sums of the digits 1 to 9.
const DIGITS: &[u8] = b"123456789";
const CRC32C_CHECK: u32 = 0xe306_9283;
const CRC32_CHECK: u32 = 0xcbf4_3926;

#[test]
fn sums_are_those_of_the_catalogue() {
    assert_eq!(crc32c(DIGITS), CRC32C_CHECK);
    assert_eq!(crc32(DIGITS), CRC32_CHECK);
    assert_eq!((crc32c(b""), crc32(b"")), (0, 0));
}

#[test]
fn pieces_have_the_sum_of_the_whole() {
    for cut in 0..=DIGITS.len() {
        let (head, tail) = DIGITS.split_at(cut);
        let (mut c, mut iso) = (Crc32c::default(), Crc32::default());
        for piece in [head, &[], tail] {
            c.update(piece);
            iso.update(piece);
        }
        assert_eq!((c.value(), iso.value()), (CRC32C_CHECK, CRC32_CHECK), "cut at {cut}");
    }
    let mut iso = Crc32::default();
    iso.update(b"x");
    iso.reset();
    iso.update(DIGITS);
    assert_eq!(iso.value(), CRC32_CHECK);
}
