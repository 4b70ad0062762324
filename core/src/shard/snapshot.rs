//! The snapshot: hard state after one slot, as a blob; and the root, which names it.
//!
//! Formats are versioned: a newer one is refused, and so is an older one, of which no release has gone out. Nothing here may be read before its checksum.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::state::State;
use crate::chunk::ObjectId;
use crate::journal::JournalError;
use crate::protocol::KString;
use crate::record::checksum::crc32c;

const SNAPSHOT_MAGIC: &[u8; 4] = b"LGBS";
const ROOT_MAGIC: &[u8; 4] = b"LGBR";
/// 2: groups as the fold of `__consumer_offsets`.
const FORMAT: u16 = 2;
/// Magic, format, two unused bytes, checksum.
const HEADER_LEN: usize = 12;

/// Where replay begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The journal file.
    pub object: ObjectId,
    /// The first byte after the last slot that is contained.
    pub at: u64,
    /// That slot.
    pub sequence: u64,
}

/// The only thing that is ever overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// How often the store was opened: fences everything written before.
    pub epoch: u64,
    /// The cluster's id.
    pub cluster_id: KString,
    /// The node that the data belongs to.
    pub node_id: i32,
    /// The newest snapshot, if there is one.
    pub snapshot: Option<ObjectId>,
    /// Where replay begins.
    pub replay: Position,
    /// The store's secret, drawn once: what is not written under it is no slot.
    pub salt: u64,
    /// No object has this number or a higher one.
    pub next_object: u64,
}

fn seal<T: Serialize>(magic: &[u8; 4], value: &T) -> Bytes {
    let mut out = BytesMut::new();
    out.put_slice(magic);
    out.put_u16_le(FORMAT);
    out.put_u16_le(0);
    out.put_u32_le(0);
    let body: Vec<u8> = postcard::to_allocvec(value).expect("plain data always encodes");
    let crc = crc32c(&body);
    if let Some(field) = out.get_mut(HEADER_LEN - 4..HEADER_LEN) {
        field.copy_from_slice(&crc.to_le_bytes());
    }
    out.put_slice(&body);
    out.freeze()
}

fn open<T: DeserializeOwned>(magic: &[u8; 4], bytes: &[u8]) -> Result<T, JournalError> {
    let (header, body) = bytes.split_at_checked(HEADER_LEN).ok_or(JournalError::Short)?;
    if &header[..4] != magic {
        return Err(JournalError::Magic);
    }
    let format = u16::from_le_bytes([header[4], header[5]]);
    if format > FORMAT {
        return Err(JournalError::NewerFormat(format));
    }
    if format < FORMAT {
        return Err(JournalError::OlderFormat(format));
    }
    let crc = crc32c(body);
    if crc.to_le_bytes() != header[8..] {
        return Err(JournalError::Checksum);
    }
    postcard::from_bytes(body).map_err(|_| JournalError::Malformed)
}

/// Encodes a snapshot.
#[must_use]
pub fn encode(state: &State) -> Bytes {
    seal(SNAPSHOT_MAGIC, state)
}

/// Reads a snapshot.
///
/// # Errors
/// [`JournalError`], [`JournalError::NewerFormat`] above all: then nothing may be written.
pub fn decode(bytes: &[u8]) -> Result<State, JournalError> {
    let mut state: State = open(SNAPSHOT_MAGIC, bytes)?;
    state.derive_rest();
    Ok(state)
}

impl Root {
    /// Encodes the root.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        seal(ROOT_MAGIC, self)
    }

    /// Reads a root.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, JournalError> {
        open(ROOT_MAGIC, bytes)
    }
}

/// Words for a start that was refused.
#[must_use]
pub fn refusal(what: &str, error: JournalError) -> String {
    #[allow(clippy::wildcard_enum_match_arm, reason = "all others read alike")]
    match error {
        JournalError::NewerFormat(format) => alloc::format!(
            "{what} has format {format}, this program reads up to {FORMAT}: start the newer release again; nothing was written"
        ),
        JournalError::OlderFormat(format) => alloc::format!(
            "{what} has format {format}, from before the first release; this program reads {FORMAT}: use an empty directory; nothing was written"
        ),
        error => alloc::format!("{what} cannot be read ({error:?}); nothing was written"),
    }
}
