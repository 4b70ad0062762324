//! crc: tables of 16 KiB for each of the two polynomials, as fast as WebAssembly gets.

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, Crc, Table};

type Engine = Crc<u32, Table<16>>;

static CRC32C: Engine = Engine::new(&CRC_32_ISCSI);
static CRC32: Engine = Engine::new(&CRC_32_ISO_HDLC);

pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    CRC32C.checksum(bytes)
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    CRC32.checksum(bytes)
}

/// The sum so far, and whose it is.
pub(super) struct Running(&'static Engine, u32);

impl core::fmt::Debug for Running {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Running").field(&self.1).finish()
    }
}

impl Running {
    pub(super) const fn crc32c() -> Self {
        Self(&CRC32C, 0)
    }

    pub(super) const fn crc32() -> Self {
        Self(&CRC32, 0)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        // The library's start is a sum before it is inverted and mirrored, which both of ours are at their end.
        let mut digest = self.0.digest_with_initial((!self.1).reverse_bits());
        digest.update(bytes);
        self.1 = digest.finalize();
    }

    pub(super) const fn value(&self) -> u32 {
        self.1
    }
}
