//! Writing variable-length integers as records do: zig-zag, seven bits a byte, least significant first
//! (`ByteUtils.writeVarint`, `writeVarlong`). Reading them is in [`super::source`].

use alloc::vec::Vec;

/// Appends a zig-zag varint of 32 bits.
pub(super) fn put_varint(out: &mut Vec<u8>, value: i32) {
    put_unsigned(out, u64::from(((value << 1) ^ (value >> 31)) as u32));
}

/// Appends a zig-zag varint of 64 bits.
pub(super) fn put_varlong(out: &mut Vec<u8>, value: i64) {
    put_unsigned(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Bytes that [`put_varint`] takes for `value`.
pub(super) const fn varint_len(value: i32) -> usize {
    unsigned_len(((value << 1) ^ (value >> 31)) as u32 as u64)
}

/// Bytes that [`put_varlong`] takes for `value`.
pub(super) const fn varlong_len(value: i64) -> usize {
    unsigned_len(((value << 1) ^ (value >> 63)) as u64)
}

const fn unsigned_len(value: u64) -> usize {
    // One byte for every started group of seven bits, and one for zero.
    ((70 - (value | 1).leading_zeros()) / 7) as usize
}

fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
