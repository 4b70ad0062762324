//! crc: tables of 16 KiB for each of the two polynomials, as fast as WebAssembly gets.
//!
//! They are made at first use, in microseconds: tables do not compress, and would be a tenth of the module.

use alloc::boxed::Box;

use crc::{Algorithm, CRC_32_ISCSI, CRC_32_ISO_HDLC, Crc, Table};
use once_cell::race::OnceBox;

type Engine = Crc<u32, Table<16>>;

static CRC32C: OnceBox<Engine> = OnceBox::new();
static CRC32: OnceBox<Engine> = OnceBox::new();

fn made(engine: &'static OnceBox<Engine>, algorithm: &'static Algorithm<u32>) -> &'static Engine {
    engine.get_or_init(|| Box::new(Engine::new(algorithm)))
}

fn castagnoli() -> &'static Engine {
    made(&CRC32C, &CRC_32_ISCSI)
}

fn iso_hdlc() -> &'static Engine {
    made(&CRC32, &CRC_32_ISO_HDLC)
}

pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    castagnoli().checksum(bytes)
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    iso_hdlc().checksum(bytes)
}

/// The sum so far, and whose it is.
pub(super) struct Running(&'static Engine, u32);

impl core::fmt::Debug for Running {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Running").field(&self.1).finish()
    }
}

impl Running {
    pub(super) fn crc32c() -> Self {
        Self(castagnoli(), 0)
    }

    pub(super) fn crc32() -> Self {
        Self(iso_hdlc(), 0)
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
