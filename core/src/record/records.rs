//! The records of a stored batch, one by one, with keys, values and headers.
//!
//! For batches that have been validated; bytes that lie end in an error, never in a panic. Nothing is allocated per
//! record: an uncompressed batch lends its own bytes, a compressed one those of the scratch.

use super::batch::{BatchHeader, HEADER_LEN};
use super::compression::{Inflate, InflateScratch, Scratch, trim};
use super::error::RecordsError;
use super::source::{Frame, SliceSource, Source, Span, read_body};
use alloc::vec::Vec;

/// A record, its bytes lent.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The record's own attributes, which no client uses.
    pub attributes: u8,
    /// Its offset.
    pub offset: i64,
    /// Its timestamp in milliseconds; the batch's with LogAppendTime.
    pub timestamp: i64,
    /// Its key; `None` for null.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` for null, which is a tombstone in a compacted topic.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order.
    pub headers: Headers<'a>,
}

/// A header of a record (KIP-82).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its key: UTF-8 by convention, not checked, as in Kafka.
    pub key: &'a [u8],
    /// Its value; `None` for null.
    pub value: Option<&'a [u8]>,
}

/// The headers of a record.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    bytes: &'a [u8],
    left: i32,
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        self.left = self.left.checked_sub(1).filter(|left| *left >= 0)?;
        let mut source = SliceSource::new(self.bytes);
        let mut field = || -> Option<Option<&'a [u8]>> {
            let len = source.varint().ok()?;
            let at = source.position();
            source.skip(len.max(0) as usize).ok()?;
            Some(slice(self.bytes, Span { at, len }))
        };
        let (key, value) = (field()??, field()?);
        self.bytes = self.bytes.get(source.position() as usize..)?;
        Some(Header { key, value })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // They have been walked over before they are handed out, so the count is the true one.
        let left = usize::try_from(self.left).unwrap_or_default();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// The bytes of a nullable field; a length below 0 is null.
fn slice(bytes: &[u8], span: Span) -> Option<&[u8]> {
    let len = usize::try_from(span.len).ok()?;
    bytes.get(span.at as usize..)?.get(..len)
}

/// The records of one batch, lent one at a time (`DefaultRecordBatch.streamingIterator`).
#[derive(Debug)]
pub struct Records<'a> {
    header: BatchHeader,
    left: i32,
    body: Body<'a>,
}

#[derive(Debug)]
enum Body<'a> {
    Plain { bytes: &'a [u8], at: usize },
    Packed { inflate: Inflate<'a>, carry: &'a mut Vec<u8> },
}

impl<'a> Records<'a> {
    /// Starts at the first record of `batch`, which is one whole batch. At most `cap` bytes are unpacked.
    ///
    /// # Errors
    /// [`RecordsError::Malformed`] where the batch has no header, an unknown codec or a negative count.
    pub fn new(batch: &'a [u8], cap: u64, scratch: &'a mut Scratch) -> Result<Self, RecordsError> {
        Self::lent(batch, cap, &mut scratch.inflate, &mut scratch.bytes)
    }

    /// [`Records::new`] with the parts of the scratch that it needs, where the rest is used meanwhile.
    pub(super) fn lent(
        batch: &'a [u8],
        cap: u64,
        inflate: &'a mut InflateScratch,
        carry: &'a mut Vec<u8>,
    ) -> Result<Self, RecordsError> {
        let header = BatchHeader::parse(batch).ok_or(RecordsError::Malformed)?;
        let payload = batch.get(HEADER_LEN..).ok_or(RecordsError::Malformed)?;
        let codec = header.codec().ok_or(RecordsError::Malformed)?;
        if header.record_count < 0 {
            return Err(RecordsError::Malformed);
        }
        let body = if codec == super::Codec::None || header.record_count == 0 {
            Body::Plain { bytes: payload, at: 0 }
        } else {
            let inflate = Inflate::new(codec, payload, header.magic, cap, inflate)?;
            Body::Packed { inflate, carry }
        };
        Ok(Self { header, left: header.record_count, body })
    }

    /// The batch's header.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The next record; `None` after the last.
    ///
    /// # Errors
    /// [`RecordsError::Malformed`] where the bytes are not records, [`RecordsError::TooLarge`] past the cap.
    #[allow(
        clippy::should_implement_trait,
        reason = "what is lent ends with the next call, which Iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, RecordsError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let body = match &mut self.body {
            Body::Plain { bytes, at } => {
                let mut source = SliceSource::new(bytes.get(*at..).unwrap_or_default());
                let len = body_len(&mut source)?;
                let start = *at + source.position() as usize;
                *at = start.checked_add(len).ok_or(RecordsError::Malformed)?;
                bytes.get(start..*at).ok_or(RecordsError::Malformed)?
            }
            Body::Packed { inflate, carry } => {
                let len = body_len(inflate)?;
                inflate.take(len, carry)?
            }
        };
        let frame = read_body(&mut SliceSource::new(body), body.len() as u64)?;
        Ok(Some(record(&self.header, body, &frame)))
    }
}

fn body_len(source: &mut impl Source) -> Result<usize, RecordsError> {
    usize::try_from(source.varint()?).map_err(|_| RecordsError::Malformed)
}

/// The record that `frame` describes in `body`.
fn record<'b>(header: &BatchHeader, body: &'b [u8], frame: &Frame) -> Record<'b> {
    Record {
        attributes: frame.attributes,
        offset: header.base_offset.wrapping_add(i64::from(frame.offset_delta)),
        timestamp: header.timestamp_of(frame.timestamp_delta),
        key: slice(body, frame.key),
        value: slice(body, frame.value),
        headers: Headers {
            bytes: body.get(frame.headers_at as usize..).unwrap_or_default(),
            left: frame.header_count,
        },
    }
}

impl Drop for Records<'_> {
    fn drop(&mut self) {
        if let Body::Packed { carry, .. } = &mut self.body {
            trim(carry);
        }
    }
}
