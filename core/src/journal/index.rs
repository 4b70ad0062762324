//! Where batches lie: the index of the file that is being written, in memory, and that of a sealed file, at its end.
//!
//! Nothing here may read a batch.

use alloc::vec::Vec;

use bytes::{Buf, BufMut, Bytes};
use serde::{Deserialize, Serialize};

use super::JournalError;
use crate::image::PartitionId;
use crate::record::checksum::crc32c;

/// Length of an index entry on disk, bytes.
pub const ENTRY_LEN: usize = 32;
/// Length of a page on disk, bytes: entries are read, checked and cached by pages.
pub const PAGE_LEN: usize = 4096;
/// Entries in a page; the room of one more holds the page's checksum.
pub const PAGE_ENTRIES: u32 = (PAGE_LEN / ENTRY_LEN) as u32 - 1;

/// One batch in a journal file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// Offset of its first record.
    pub base_offset: i64,
    /// Offset of its last record.
    pub last_offset: i64,
    /// First byte in the file.
    pub position: u32,
    /// Length in bytes.
    pub len: u32,
    /// Largest timestamp, Unix ms.
    pub max_timestamp: i64,
}

impl IndexEntry {
    fn encode(&self, partition: PartitionId, out: &mut Vec<u8>) {
        out.put_i64_le(self.base_offset);
        out.put_u32_le((self.last_offset - self.base_offset) as u32);
        out.put_u32_le(self.position);
        out.put_u32_le(self.len);
        out.put_u32_le(partition.0);
        out.put_i64_le(self.max_timestamp);
    }

    /// Reads entry `number` of a page that [`check_page`] has seen.
    ///
    /// # Errors
    /// [`JournalError::Short`] past the page's end; [`JournalError::Malformed`] where it is another partition's.
    pub fn decode(page: &Bytes, number: u32, partition: PartitionId) -> Result<Self, JournalError> {
        let at = number as usize * ENTRY_LEN;
        let mut bytes = page.get(at..at + ENTRY_LEN).ok_or(JournalError::Short)?;
        let base_offset = bytes.get_i64_le();
        let delta = bytes.get_u32_le();
        let (position, len) = (bytes.get_u32_le(), bytes.get_u32_le());
        if bytes.get_u32_le() != partition.0 {
            return Err(JournalError::Malformed);
        }
        let max_timestamp = bytes.get_i64_le();
        Ok(Self {
            base_offset,
            last_offset: base_offset + i64::from(delta),
            position,
            len,
            max_timestamp,
        })
    }
}

/// Builds the pages of a file's index from entries that come sorted by partition and offset.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    out: Vec<u8>,
    entries: u32,
}

impl IndexBuilder {
    /// How many entries were added.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.entries
    }

    /// Whether none was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Adds the next entry.
    pub fn push(&mut self, partition: PartitionId, entry: &IndexEntry) {
        entry.encode(partition, &mut self.out);
        self.entries += 1;
        if self.entries.is_multiple_of(PAGE_ENTRIES) {
            self.close_page();
        }
    }

    fn close_page(&mut self) {
        let begin = self.out.len() / PAGE_LEN * PAGE_LEN;
        self.out.resize(begin + PAGE_LEN - 4, 0);
        let crc = crc32c(&self.out[begin..]);
        self.out.put_u32_le(crc);
    }

    /// The pages.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        if !self.out.len().is_multiple_of(PAGE_LEN) {
            self.close_page();
        }
        Bytes::from(self.out)
    }
}

/// Checks a page that was read back.
///
/// # Errors
/// [`JournalError::Short`], [`JournalError::Checksum`].
pub fn check_page(page: &Bytes) -> Result<(), JournalError> {
    let covered = page.get(..PAGE_LEN - 4).ok_or(JournalError::Short)?;
    let stored = page.get(PAGE_LEN - 4..PAGE_LEN).ok_or(JournalError::Short)?;
    let crc = crc32c(covered);
    if crc.to_le_bytes() == stored { Ok(()) } else { Err(JournalError::Checksum) }
}

#[cfg(test)]
mod tests;
