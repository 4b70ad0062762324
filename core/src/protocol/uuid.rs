//! Kafka's UUIDs, and how Kafka spells them: URL-safe base64 without padding, 22 characters.

use core::fmt;
use core::str::FromStr;

/// A topic id, a directory id, a member's id. Made by the host's seeded generator, never here.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Uuid(pub [u8; 16]);

/// Why a text is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseUuidError;

impl fmt::Display for ParseUuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID is 22 characters of URL-safe base64")
    }
}

impl core::error::Error for ParseUuidError {}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// 128 bits in groups of six: 22 characters, the last of which holds two bits.
const TEXT_LEN: usize = 22;

impl Uuid {
    /// The UUID that stands for none.
    pub const ZERO: Self = Self([0; 16]);

    /// Whether it stands for none.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(self.0);
        let mut text = [0_u8; TEXT_LEN];
        for (index, character) in text.iter_mut().enumerate() {
            let six = (bits.unbounded_shl(6 * index as u32) >> 122) as usize;
            *character = ALPHABET.get(six).copied().unwrap_or(b'A');
        }
        f.write_str(core::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, ParseUuidError> {
        if text.len() != TEXT_LEN {
            return Err(ParseUuidError);
        }
        let mut bits = 0_u128;
        for (index, character) in text.bytes().enumerate() {
            let six = ALPHABET.iter().position(|known| *known == character).ok_or(ParseUuidError)?
                as u128;
            // The last character holds the two bits that are left; as Java does, the four below them are not looked at.
            bits = if index + 1 == TEXT_LEN { bits << 2 | six >> 4 } else { bits << 6 | six };
        }
        Ok(Self(bits.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests;
