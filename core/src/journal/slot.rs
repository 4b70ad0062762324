//! A slot: one group commit, as it lies in a journal file.
//!
//! ```text
//! header 64 | index 12 × entries | payloads of the entries that are not batches | batches | padding
//! ```
//!
//! Little-endian but for the batches, which are the clients' bytes. The checksum covers the header up to itself, the
//! index, the payloads, and the first 21 bytes of each batch, which the batch's own CRC leaves out; the batch's CRC
//! covers the rest: no byte is unsummed. The header has a checksum of its own besides, under a secret of the store's, so
//! that nothing that a client sends can be taken for a slot. Padding is not covered.

use alloc::vec::Vec;

use bytes::{BufMut, Bytes, BytesMut};

use super::JournalError;
use crate::image::PartitionId;
use crate::record::checksum::{Crc32c, crc32c};
use crate::shard::input::SlotChunks;
use crate::time::UnixMillis;

/// Length of a slot's header in bytes.
pub const HEADER_LEN: usize = 64;
/// Length of an index entry in bytes.
const INDEX_LEN: usize = 12;
/// The header's fields; their checksum and the slot's follow.
const SALTED_LEN: usize = HEADER_LEN - 8;
/// The bytes of a batch that its own CRC does not cover.
const UNCOVERED: usize = 21;
/// «LGBJ».
const MAGIC: u32 = u32::from_le_bytes(*b"LGBJ");
/// The newest format that this program writes and reads.
const FORMAT: u16 = 1;
/// Kind of an index entry: a batch of records.
const KIND_BATCH: u8 = 0;
/// Kind of an index entry: an encoded [`Entry`](super::entry::Entry).
const KIND_ENTRY: u8 = 1;
/// Slots are never larger than this, so that a reader can bound what it believes.
pub const MAX_SLOT_BYTES: usize = 160 << 20;

/// What a slot's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotHeader {
    /// How often the store had been opened when the slot was written.
    pub epoch: u64,
    /// The slot's number in the journal; dense.
    pub sequence: u64,
    /// The last slot that was known durable when this one was written.
    pub durable: u64,
    /// Wall-clock time of the append.
    pub wall: UnixMillis,
    /// The node that wrote it.
    pub owner: i32,
    /// Number of entries.
    pub entries: u32,
    /// Bytes of index and payloads.
    pub index_bytes: u32,
    /// Bytes of header, index, payloads and batches, without padding.
    pub total_bytes: u32,
}

/// One entry of a slot that is being read.
#[derive(Debug)]
pub enum SlotEntry<'a> {
    /// A batch, with its partition and where it begins, counted from the slot's first byte.
    Batch {
        /// Whose batch it is.
        partition: PartitionId,
        /// Its first byte in the slot.
        at: u32,
        /// The batch.
        bytes: &'a [u8],
    },
    /// An encoded entry.
    Entry(&'a [u8]),
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    kind: u8,
    partition: PartitionId,
    len: u32,
    batch: u32,
}

/// A slot in the making. Recycled: building one allocates nothing in steady state.
#[derive(Debug, Default)]
pub struct SlotBuilder {
    pending: Vec<Pending>,
    payloads: Vec<u8>,
    batches: Vec<Bytes>,
    batch_bytes: usize,
}

/// A finished slot.
#[derive(Debug)]
pub struct Slot {
    /// What to write.
    pub chunks: SlotChunks,
    /// Bytes without padding.
    pub total_bytes: u32,
    /// Bytes with padding.
    pub padded_bytes: u64,
}

/// What the header of a finished slot is to say.
#[derive(Clone, Copy, Debug)]
pub struct SlotStamp {
    /// See [`SlotHeader::epoch`].
    pub epoch: u64,
    /// See [`SlotHeader::sequence`].
    pub sequence: u64,
    /// See [`SlotHeader::durable`].
    pub durable: u64,
    /// See [`SlotHeader::wall`].
    pub wall: UnixMillis,
    /// See [`SlotHeader::owner`].
    pub owner: i32,
    /// The store's secret: without it nobody can write what looks like a slot, not even into a record.
    pub salt: u64,
}

/// Zeros for padding.
static ZEROS: [u8; 4096] = [0; 4096];

impl SlotBuilder {
    /// Whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many entries were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Bytes that the slot will take, without padding.
    #[must_use]
    pub fn bytes(&self) -> usize {
        HEADER_LEN + INDEX_LEN * self.pending.len() + self.payloads.len() + self.batch_bytes
    }

    /// Adds a batch whose base offset and leader epoch are in place.
    pub fn push_batch(&mut self, partition: PartitionId, batch: Bytes) {
        let len = batch.len() as u32;
        self.pending.push(Pending {
            kind: KIND_BATCH,
            partition,
            len,
            batch: self.batches.len() as u32,
        });
        self.batch_bytes += batch.len();
        self.batches.push(batch);
    }

    /// Adds an encoded entry.
    pub fn push_entry(&mut self, encoded: &[u8]) {
        self.pending.push(Pending {
            kind: KIND_ENTRY,
            partition: PartitionId(0),
            len: encoded.len() as u32,
            batch: u32::MAX,
        });
        self.payloads.extend_from_slice(encoded);
    }

    /// Adds an encoded entry in front of everything else.
    pub fn push_first_entry(&mut self, encoded: &[u8]) {
        self.pending.insert(
            0,
            Pending {
                kind: KIND_ENTRY,
                partition: PartitionId(0),
                len: encoded.len() as u32,
                batch: u32::MAX,
            },
        );
        self.payloads.splice(0..0, encoded.iter().copied());
    }

    /// Finishes the slot and empties the builder. It will lie at byte `position` of its file, and is padded so that what
    /// follows begins at a multiple of `alignment`. `placed` is told each batch's partition, bytes and first byte,
    /// counted from the slot's beginning. Header and index are written into `arena`.
    pub fn finish(
        &mut self,
        stamp: SlotStamp,
        position: u64,
        alignment: u32,
        arena: &mut BytesMut,
        mut placed: impl FnMut(PartitionId, u32, &Bytes),
    ) -> Slot {
        let only_batches = self.payloads.is_empty();
        // Neighbours on disk are read together, so batches of one partition stand together; with other entries among
        // them the order is what counts.
        if only_batches && !self.pending.is_sorted_by_key(|p| p.partition) {
            self.pending.sort_by_key(|p| p.partition);
        }
        let index_bytes = INDEX_LEN * self.pending.len() + self.payloads.len();
        let total = HEADER_LEN + index_bytes + self.batch_bytes;
        arena.reserve(HEADER_LEN + index_bytes);
        arena.put_u32_le(MAGIC);
        arena.put_u16_le(FORMAT);
        arena.put_u16_le(0);
        arena.put_u64_le(stamp.epoch);
        arena.put_u64_le(stamp.sequence);
        arena.put_u64_le(stamp.durable);
        arena.put_i64_le(stamp.wall.0);
        arena.put_i32_le(stamp.owner);
        arena.put_u32_le(self.pending.len() as u32);
        arena.put_u32_le(index_bytes as u32);
        arena.put_u32_le(total as u32);
        arena.put_u32_le(0);
        arena.put_u32_le(0);
        for p in &self.pending {
            arena.put_u32_le(u32::from(p.kind));
            arena.put_u32_le(p.partition.0);
            arena.put_u32_le(p.len);
        }
        arena.put_slice(&self.payloads);

        let crc = header_crc(&arena[..SALTED_LEN], stamp.salt);
        if let Some(field) = arena.get_mut(SALTED_LEN..SALTED_LEN + 4) {
            field.copy_from_slice(&crc.to_le_bytes());
        }
        let mut digest = Crc32c::default();
        digest.update(&arena[..HEADER_LEN - 4]);
        digest.update(&arena[HEADER_LEN..]);
        let mut chunks = SlotChunks::new();
        chunks.push(Bytes::new());
        let mut at = (HEADER_LEN + index_bytes) as u32;
        for p in &self.pending {
            if let Some(batch) = self.batches.get_mut(p.batch as usize) {
                let batch = core::mem::take(batch);
                digest.update(batch.get(..UNCOVERED).unwrap_or(&batch));
                placed(p.partition, at, &batch);
                at += p.len;
                chunks.push(batch);
            }
        }
        let crc = digest.value();
        if let Some(field) = arena.get_mut(HEADER_LEN - 4..HEADER_LEN) {
            field.copy_from_slice(&crc.to_le_bytes());
        }
        if let Some(first) = chunks.first_mut() {
            *first = arena.split().freeze();
        }
        let end = position + total as u64;
        let mut pad = (end.next_multiple_of(u64::from(alignment.max(1))) - end) as usize;
        let padded_bytes = (total + pad) as u64;
        while pad > 0 {
            let piece = pad.min(ZEROS.len());
            chunks.push(Bytes::from_static(&ZEROS[..piece]));
            pad -= piece;
        }
        self.pending.clear();
        self.payloads.clear();
        self.batches.clear();
        self.batch_bytes = 0;
        Slot { chunks, total_bytes: total as u32, padded_bytes }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The checksum of the header's fields under the store's secret.
fn header_crc(fields: &[u8], salt: u64) -> u32 {
    let mut digest = Crc32c::default();
    digest.update(&salt.to_le_bytes());
    digest.update(fields);
    digest.value()
}

/// Reads a header, to learn how many bytes the slot has. Bytes of a client's never pass for one: its own checksum is
/// taken under the store's secret.
///
/// # Errors
/// [`JournalError::Short`], [`JournalError::Magic`], [`JournalError::Checksum`], [`JournalError::NewerFormat`],
/// [`JournalError::Malformed`].
pub fn peek(bytes: &[u8], salt: u64) -> Result<SlotHeader, JournalError> {
    let read = || -> Option<(u32, u16, SlotHeader)> {
        let format = u16::from_le_bytes(bytes.get(4..6)?.try_into().ok()?);
        let header = SlotHeader {
            epoch: u64_at(bytes, 8)?,
            sequence: u64_at(bytes, 16)?,
            durable: u64_at(bytes, 24)?,
            wall: UnixMillis(u64_at(bytes, 32)?.cast_signed()),
            owner: u32_at(bytes, 40)?.cast_signed(),
            entries: u32_at(bytes, 44)?,
            index_bytes: u32_at(bytes, 48)?,
            total_bytes: u32_at(bytes, 52)?,
        };
        bytes.get(..HEADER_LEN)?;
        Some((u32_at(bytes, 0)?, format, header))
    };
    let (magic, format, header) = read().ok_or(JournalError::Short)?;
    if magic != MAGIC {
        return Err(JournalError::Magic);
    }
    if Some(header_crc(&bytes[..SALTED_LEN], salt)) != u32_at(bytes, SALTED_LEN) {
        return Err(JournalError::Checksum);
    }
    if format != FORMAT {
        return Err(JournalError::NewerFormat(format));
    }
    let index = header.entries as usize * INDEX_LEN;
    let fits = header.total_bytes as usize <= MAX_SLOT_BYTES
        && index <= header.index_bytes as usize
        && HEADER_LEN + header.index_bytes as usize <= header.total_bytes as usize;
    if fits { Ok(header) } else { Err(JournalError::Malformed) }
}

/// Reads a whole slot and gives its entries, in order, to `entry`. Nothing is given before every checksum was seen.
///
/// # Errors
/// As [`peek`], and [`JournalError::Checksum`] where the slot's or a batch's checksum does not fit.
pub fn read<'a>(
    bytes: &'a [u8],
    salt: u64,
    mut entry: impl FnMut(SlotEntry<'a>),
) -> Result<SlotHeader, JournalError> {
    let header = peek(bytes, salt)?;
    let slot = bytes.get(..header.total_bytes as usize).ok_or(JournalError::Short)?;
    let index_end = HEADER_LEN + header.entries as usize * INDEX_LEN;
    let body = HEADER_LEN + header.index_bytes as usize;
    for checking in [true, false] {
        let mut digest = Crc32c::default();
        if checking {
            digest.update(&slot[..HEADER_LEN - 4]);
            digest.update(&slot[HEADER_LEN..body]);
        }
        let (mut payload, mut batch) = (index_end, body);
        for number in 0..header.entries as usize {
            let at = HEADER_LEN + number * INDEX_LEN;
            let field = |n: usize| u32_at(slot, at + 4 * n).ok_or(JournalError::Malformed);
            let (kind, partition, len) = (field(0)?, PartitionId(field(1)?), field(2)? as usize);
            if kind == u32::from(KIND_BATCH) {
                let end = batch.checked_add(len).ok_or(JournalError::Malformed)?;
                let bytes = slot.get(batch..end).ok_or(JournalError::Malformed)?;
                if checking {
                    let covered = bytes.get(UNCOVERED..).ok_or(JournalError::Malformed)?;
                    digest.update(&bytes[..UNCOVERED]);
                    let crc = crc32c(covered);
                    if crc.to_be_bytes() != bytes[17..UNCOVERED] {
                        return Err(JournalError::Checksum);
                    }
                } else {
                    entry(SlotEntry::Batch { partition, at: batch as u32, bytes });
                }
                batch = end;
            } else if kind == u32::from(KIND_ENTRY) {
                let end = payload
                    .checked_add(len)
                    .filter(|end| *end <= body)
                    .ok_or(JournalError::Malformed)?;
                if !checking {
                    entry(SlotEntry::Entry(&slot[payload..end]));
                }
                payload = end;
            } else {
                return Err(JournalError::Malformed);
            }
        }
        if checking && Some(digest.value()) != u32_at(slot, HEADER_LEN - 4) {
            return Err(JournalError::Checksum);
        }
    }
    Ok(header)
}

#[cfg(test)]
mod tests;
