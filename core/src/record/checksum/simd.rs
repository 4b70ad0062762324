//! crc-fast: the processor's own instructions.

use crc_fast::{CrcAlgorithm, Digest};

pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iso_hdlc(bytes)
}

#[derive(Debug)]
pub(super) struct Running(Digest);

impl Running {
    pub(super) fn crc32c() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc32Iscsi))
    }

    pub(super) fn crc32() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc32IsoHdlc))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn value(&self) -> u32 {
        // The digest is generic over widths: a sum of 32 bits is in the low half.
        self.0.finalize() as u32
    }
}
