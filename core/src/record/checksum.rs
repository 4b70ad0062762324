//! The checksums of records: CRC-32C over a v2 batch, CRC-32 over a message of magic 0 and 1 and in gzip.
//!
//! Only thin names over the library that picks the processor's own instructions; no polynomial arithmetic of ours.

use crc_fast::{CrcAlgorithm, Digest};

/// First byte that a v2 batch's CRC covers: the attributes (`DefaultRecordBatch.ATTRIBUTES_OFFSET`). Base offset,
/// length, leader epoch, magic and the CRC itself lie before it, so a broker may set offset and epoch freely.
pub const CRC_COVERS_FROM: usize = 21;

/// CRC-32C (Castagnoli, as in iSCSI) of `bytes`.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// CRC-32 (ISO-HDLC, as in zlib and `java.util.zip.CRC32`) of `bytes`.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iso_hdlc(bytes)
}

/// A running CRC-32, for streams.
#[derive(Debug)]
pub struct Crc32(Digest);

impl Default for Crc32 {
    fn default() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc32IsoHdlc))
    }
}

impl Crc32 {
    /// Takes in `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Starts anew.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// The sum of everything taken in.
    #[must_use]
    pub fn value(&self) -> u32 {
        // The digest is generic over widths: a CRC-32 is in the low half.
        self.0.finalize() as u32
    }
}

/// The CRC that a v2 batch (the whole of it, header included) ought to carry; 0 for what is shorter than a header.
#[must_use]
pub fn batch_crc(batch: &[u8]) -> u32 {
    batch.get(CRC_COVERS_FROM..).map_or(0, crc32c)
}
