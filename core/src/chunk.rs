//! Pieces of an answer: bytes in memory, or a range of a stored object that the host sends itself.
//!
//! Nothing here may copy record bytes.

use bytes::Bytes;
use smallvec::SmallVec;

/// The name of a stored object: a journal file or a blob. Numbers are never reused within one store.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct ObjectId(pub u64);

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Bytes in memory, shared and not copied.
    Bytes(Bytes),
    /// A range of a stored object: `sendfile` natively, a slice in wasm. The object stays alive until the range is sent
    /// or its connection is gone.
    Stored {
        /// The object that holds the range.
        object: ObjectId,
        /// First byte of the range.
        at: u64,
        /// Length of the range in bytes.
        len: u32,
    },
}

impl Chunk {
    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Stored { len, .. } => *len as usize,
        }
    }

    /// Whether the piece holds no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A sequence of pieces that belong together: the records of one partition in an answer, or a whole answer.
pub type Chunks = SmallVec<[Chunk; 2]>;
