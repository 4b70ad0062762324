//! The checksums of records and of the journal: CRC-32C over a v2 batch and over what the journal writes, CRC-32 over
//! a message of magic 0 and 1 and in gzip.
//!
//! Only thin names over two libraries, with the same results. With the feature `simd` crc-fast picks the processor's
//! own instructions; but it links tables for a hundred polynomials where a processor has none, 620 KiB compressed. So
//! the module for JavaScript leaves the feature off and has the tables of two polynomials. No other file may name
//! either library.

#[cfg(not(feature = "simd"))]
mod portable;
#[cfg(feature = "simd")]
mod simd;

#[cfg(not(feature = "simd"))]
use portable as engine;
#[cfg(feature = "simd")]
use simd as engine;

/// First byte that a v2 batch's CRC covers: the attributes (`DefaultRecordBatch.ATTRIBUTES_OFFSET`). Base offset,
/// length, leader epoch, magic and the CRC itself lie before it, so a broker may set offset and epoch freely.
pub const CRC_COVERS_FROM: usize = 21;

/// CRC-32C (Castagnoli, as in iSCSI) of `bytes`.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    engine::crc32c(bytes)
}

/// CRC-32 (ISO-HDLC, as in zlib and `java.util.zip.CRC32`) of `bytes`.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    engine::crc32(bytes)
}

/// A running CRC-32, for streams.
#[derive(Debug)]
pub struct Crc32(engine::Running);

impl Default for Crc32 {
    fn default() -> Self {
        Self(engine::Running::crc32())
    }
}

impl Crc32 {
    /// Takes in `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Starts anew.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// The sum of everything taken in.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.0.value()
    }
}

/// A running CRC-32C, for what lies in pieces.
#[derive(Debug)]
pub struct Crc32c(engine::Running);

impl Default for Crc32c {
    fn default() -> Self {
        Self(engine::Running::crc32c())
    }
}

impl Crc32c {
    /// Takes in `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of everything taken in.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.0.value()
    }
}

/// The CRC that a v2 batch (the whole of it, header included) ought to carry; 0 for what is shorter than a header.
#[must_use]
pub fn batch_crc(batch: &[u8]) -> u32 {
    batch.get(CRC_COVERS_FROM..).map_or(0, crc32c)
}

#[cfg(test)]
mod tests;
