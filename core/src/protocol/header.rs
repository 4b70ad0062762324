//! The headers before every request and response, and whole frames.
//!
//! A frame is an `int32` length and so many bytes: header, then body. Nothing here reads a length prefix; the
//! connection cuts frames.

use core::fmt;

use bytes::BytesMut;

use super::api::{ApiKey, Request, Response};
use super::decoder::{DecodeError, Decoder};
use super::encoder::{Encoder, Frame, unsigned_varint_size};
use super::string::KString;
use super::wire::{Nullable, Wire};

/// What stands before a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// The API that is asked.
    pub api_key: ApiKey,
    /// The version in which the request is written and its answer is expected; not checked yet.
    pub api_version: i16,
    /// Any number; the answer has the same one.
    pub correlation_id: i32,
    /// What the client calls itself. It may be anything or nothing.
    pub client_id: Option<KString>,
}

/// Why a header cannot be read. Kafka closes the connection over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// An API that is not declared; with its key.
    UnknownApi(i16),
    /// The bytes are no header.
    Decode(DecodeError),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownApi(key) => write!(f, "unknown API key {key}"),
            Self::Decode(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for HeaderError {}

impl From<DecodeError> for HeaderError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl RequestHeader {
    /// Reads a header. The version need not be a declared one: ApiVersions answers those it does not know (KIP-511).
    ///
    /// # Errors
    /// Where the API is not declared or the bytes are no header; the connection is then closed.
    #[inline]
    pub fn decode(decoder: &mut Decoder) -> Result<Self, HeaderError> {
        let key = i16::from_be_bytes(decoder.array()?);
        let api_version = i16::from_be_bytes(decoder.array()?);
        let correlation_id = i32::from_be_bytes(decoder.array()?);
        let api_key = ApiKey::from_code(key).ok_or(HeaderError::UnknownApi(key))?;
        // Never compact, in no version: a broker has to read it before it knows whether it knows the version.
        let client_id = KString::read_nullable(decoder, 0, false)?;
        if api_key.is_flexible(api_version) {
            decoder.skip_tags()?;
        }
        Ok(Self { api_key, api_version, correlation_id, client_id })
    }

    /// Writes the header.
    pub fn encode(&self, encoder: &mut Encoder) {
        self.api_key.code().write(encoder, 0, false);
        self.api_version.write(encoder, 0, false);
        self.correlation_id.write(encoder, 0, false);
        KString::write_nullable(self.client_id.as_ref(), encoder, 0, false);
        if self.api_key.is_flexible(self.api_version) {
            encoder.put_unsigned_varint(0);
        }
    }

    /// How many bytes [`Self::encode`] writes.
    #[must_use]
    pub fn size(&self) -> usize {
        8 + KString::nullable_size(self.client_id.as_ref(), 0, false)
            + if self.api_key.is_flexible(self.api_version) { unsigned_varint_size(0) } else { 0 }
    }
}

/// What stands before a response's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHeader {
    /// The number of the request that is answered.
    pub correlation_id: i32,
}

impl ResponseHeader {
    /// Reads the header of an answer to `api_key` in `version`.
    ///
    /// # Errors
    /// Where the bytes are no header.
    pub fn decode(
        api_key: ApiKey,
        version: i16,
        decoder: &mut Decoder,
    ) -> Result<Self, DecodeError> {
        let correlation_id = i32::from_be_bytes(decoder.array()?);
        if api_key.response_header_version(version) > 0 {
            decoder.skip_tags()?;
        }
        Ok(Self { correlation_id })
    }

    /// Writes the header of an answer to `api_key` in `version`.
    #[inline]
    pub fn encode(self, api_key: ApiKey, version: i16, encoder: &mut Encoder) {
        self.correlation_id.write(encoder, 0, false);
        if api_key.response_header_version(version) > 0 {
            encoder.put_unsigned_varint(0);
        }
    }

    /// How many bytes [`Self::encode`] writes.
    #[must_use]
    #[inline]
    pub fn size(self, api_key: ApiKey, version: i16) -> usize {
        4 + usize::from(api_key.response_header_version(version) > 0)
    }
}

/// Writes a whole response with its length prefix; `buf` is what it is written into, and what is left of it comes back.
/// Where `buf` has room, nothing is allocated, up to one partition of records.
#[must_use]
#[inline]
pub fn response_frame(
    response: &Response,
    version: i16,
    correlation_id: i32,
    buf: BytesMut,
) -> (Frame, BytesMut) {
    let (header, key) = (ResponseHeader { correlation_id }, response.api_key());
    let size = header.size(key, version) + response.size(version);
    let mut encoder = Encoder::new(buf);
    // Records are not copied, so a Fetch needs little of its size.
    if key != ApiKey::Fetch {
        encoder.reserve(size_of::<i32>() + size);
    }
    encoder.put_slice(&prefix(size));
    header.encode(key, version, &mut encoder);
    response.encode(version, &mut encoder);
    encoder.finish()
}

/// Writes a whole request with its length prefix: what a client sends.
#[must_use]
pub fn request_frame(
    request: &Request,
    version: i16,
    correlation_id: i32,
    client_id: Option<KString>,
    buf: BytesMut,
) -> (Frame, BytesMut) {
    let header = RequestHeader {
        api_key: request.api_key(),
        api_version: version,
        correlation_id,
        client_id,
    };
    let mut encoder = Encoder::new(buf);
    encoder.put_slice(&prefix(header.size() + request.size(version)));
    header.encode(&mut encoder);
    request.encode(version, &mut encoder);
    encoder.finish()
}

fn prefix(size: usize) -> [u8; 4] {
    i32::try_from(size).unwrap_or(i32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests;
