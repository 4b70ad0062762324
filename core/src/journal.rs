//! The journal: slots of entries, files of slots, and the index that a file ends with.
//!
//! Formats live here and nowhere else. It must never interpret a record, and never trust a byte that it reads back
//! before its checksum has been seen.

pub mod entry;
pub mod index;
pub mod slot;
pub mod tail;

/// Why bytes that were read back are not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalError {
    /// The bytes end before what they announce.
    Short,
    /// Not the magic number: nothing was written here, or something else was.
    Magic,
    /// A format newer than this program: it must not be touched.
    NewerFormat(u16),
    /// Written in a format from before the first release.
    OlderFormat(u16),
    /// A checksum does not fit.
    Checksum,
    /// Not the slot that comes next.
    Sequence,
    /// Lengths or kinds that cannot be.
    Malformed,
}
