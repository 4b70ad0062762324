//! The message formats of magic 0 and 1 (`LegacyRecord`), on their way in (one v2 batch, as Kafka stores them since
//! 3.0) and out (for Fetch 0 to 3, down from v2).
//!
//! A message set is messages one behind the other: offset (8 bytes), size (4), then CRC-32 (4), magic (1),
//! attributes (1), with magic 1 a timestamp (8), key and value with their lengths (4 each, -1 for null). A message
//! with a codec in its attributes is a wrapper, whose value is a message set, packed. Nothing here may be stored.

mod down;
mod up;

pub use down::{DownConversion, Progress};
pub(super) use up::up_convert;

use super::batch::{LOG_OVERHEAD, TimestampType};
use super::checksum::crc32;
use super::compression::Codec;

const CODEC_MASK: u8 = 0x07;
const TIMESTAMP_TYPE_BIT: u8 = 0x08;

/// Where a message's CRC starts to count, from the end of offset and size.
const CRC_LEN: usize = 4;

/// A message of magic 0 or 1, its bytes lent.
#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    offset: i64,
    magic: i8,
    attributes: u8,
    /// -1 with magic 0.
    timestamp: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MessageError {
    /// The size or the CRC is wrong.
    Corrupt,
    /// The fields do not fit the size.
    Malformed,
}

impl<'a> Message<'a> {
    /// Reads one message, offset and size included, whose size says what the slice's length says.
    fn parse(message: &'a [u8]) -> Result<Self, MessageError> {
        let (overhead, body) =
            message.split_first_chunk::<LOG_OVERHEAD>().ok_or(MessageError::Corrupt)?;
        Self::parse_split(overhead, body)
    }

    /// Reads one message whose offset and size lie elsewhere.
    fn parse_split(overhead: &[u8; LOG_OVERHEAD], body: &'a [u8]) -> Result<Self, MessageError> {
        let (crc, covered) = body.split_first_chunk::<CRC_LEN>().ok_or(MessageError::Corrupt)?;
        if u32::from_be_bytes(*crc) != crc32(covered) {
            return Err(MessageError::Corrupt);
        }
        Self::fields(overhead, covered).ok_or(MessageError::Malformed)
    }

    fn fields(overhead: &[u8; LOG_OVERHEAD], covered: &'a [u8]) -> Option<Self> {
        let ([magic, attributes], mut rest) = covered.split_first_chunk::<2>()?;
        let timestamp = match magic {
            0 => super::NO_TIMESTAMP,
            1 => i64::from_be_bytes(*take::<8>(&mut rest)?),
            _ => return None,
        };
        let key = nullable(&mut rest)?;
        let value = nullable(&mut rest)?;
        let offset = i64::from_be_bytes(*overhead.first_chunk()?);
        rest.is_empty().then_some(Self {
            offset,
            magic: *magic as i8,
            attributes: *attributes,
            timestamp,
            key,
            value,
        })
    }

    /// The codec of a wrapper; `None` for a number that no codec has.
    fn codec(&self) -> Option<Codec> {
        Codec::from_id(self.attributes & CODEC_MASK)
    }

    /// Who stamped it; magic 0 has no stamps, which counts as the producer's.
    fn timestamp_type(&self) -> TimestampType {
        if self.magic > 0 && self.attributes & TIMESTAMP_TYPE_BIT != 0 {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        }
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(bytes)
}

/// A field with a length of four bytes: the inner `None` is null, for which Java takes every negative length.
fn nullable<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let len = i32::from_be_bytes(*take::<4>(rest)?);
    let Ok(len) = usize::try_from(len) else { return Some(None) };
    let (bytes, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(Some(bytes))
}
