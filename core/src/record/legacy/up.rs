//! Message sets of Produce 0 to 2 become one v2 batch (`LogValidator.convertAndAssignOffsetsNonCompressed` and
//! `validateMessagesAndAssignOffsetsCompressed`).
//!
//! Held in memory are at most the records unpacked, within the cap. The offsets that a producer wrote are not kept:
//! old clients wrote anything there, and the log gives new ones.

use super::super::batch::{BatchHeader, HEADER_LEN, TimestampType};
use super::super::builder::put_record;
use super::super::compression::{
    Codec, CompressOptions, Inflate, OnePiece, Scratch, deflate_payload,
};
use super::super::error::{BatchError, ErrorCode, RecordsError};
use super::super::source::Source;
use super::super::validate::{
    Faults, StampCheck, ValidationRules, check_size, next_batch, target_codec, too_large,
};
use super::{LOG_OVERHEAD, Message, MessageError};
use crate::time::UnixMillis;
use alloc::vec::Vec;
use bytes::BytesMut;

impl From<MessageError> for BatchError {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Corrupt => {
                Self::new(ErrorCode::CORRUPT_MESSAGE, "The checksum of a message is wrong.")
            }
            MessageError::Malformed => bad("The lengths in a message do not fit its size."),
        }
    }
}

const fn bad(message: &'static str) -> BatchError {
    BatchError::new(ErrorCode::INVALID_RECORD, message)
}

/// Makes one v2 batch of the message set in `records`, whose first message is there in full and of magic 0 or 1.
///
/// # Errors
/// What the partition is answered with.
pub(in super::super) fn up_convert(
    now: UnixMillis,
    records: &[u8],
    rules: &ValidationRules,
    scratch: &mut Scratch,
) -> Result<(BytesMut, BatchHeader), BatchError> {
    let mut messages = 0;
    let mut source = Codec::None;
    let mut first_magic = None;
    // What UnifiedLog.analyzeAndValidateRecords checks, over all messages before any is looked into.
    for message in Shallow(records) {
        let (bytes, magic) = message?;
        check_size(bytes.len(), rules)?;
        if magic > 1 {
            return Err(bad("A message set holds batches of another magic."));
        }
        let message = Message::parse(bytes)?;
        let codec = message.codec().ok_or(bad("The codec of a message is unknown."))?;
        if codec != Codec::None {
            source = codec;
        }
        if *first_magic.get_or_insert(magic) != magic {
            return Err(bad("A message set holds messages of different magic."));
        }
        messages += 1;
    }
    if source != Codec::None && messages != 1 {
        return Err(bad("A message set holds a compressed message and others."));
    }
    let mut payload = core::mem::take(&mut scratch.bytes);
    payload.clear();
    let mut batch = Conversion::new(now, rules, payload);
    for message in Shallow(records) {
        let message = Message::parse(message?.0)?;
        if source == Codec::None {
            batch.add(&message, message.timestamp_type(), message.timestamp)?;
        } else {
            unwrap(&message, source, &mut batch, rules, scratch)?;
        }
    }
    batch.finish(target_codec(source, rules), scratch)
}

/// The messages of a set, whole; what is cut off at the end is left out, as `ByteBufferLogInputStream` does.
struct Shallow<'a>(&'a [u8]);

impl<'a> Iterator for Shallow<'a> {
    type Item = Result<(&'a [u8], i8), BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        match next_batch(self.0) {
            Ok(Some((size, magic))) => {
                let (message, rest) = self.0.split_at_checked(size)?;
                self.0 = rest;
                Some(Ok((message, magic)))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Adds the messages inside a wrapper (`AbstractLegacyRecordBatch.DeepRecordsIterator`).
fn unwrap(
    wrapper: &Message<'_>,
    codec: Codec,
    batch: &mut Conversion<'_>,
    rules: &ValidationRules,
    scratch: &mut Scratch,
) -> Result<(), BatchError> {
    if codec == Codec::Zstd {
        return Err(bad("A message of magic 0 or 1 cannot be packed with zstd."));
    }
    let payload = wrapper.value.ok_or(bad("A compressed message has no value."))?;
    let mut inflate =
        Inflate::new(codec, payload, wrapper.magic, rules.cap(), &mut scratch.inflate)?;
    let mut carry = Vec::new();
    let mut last_inner_offset = None;
    while !inflate.at_end()? {
        // The head first: its size says how much to put together.
        let mut head = [0; LOG_OVERHEAD];
        for byte in &mut head {
            *byte = inflate.byte()?;
        }
        let [.., a, b, c, d] = head;
        let size = i32::from_be_bytes([a, b, c, d]);
        let size = usize::try_from(size).ok().filter(|size| *size >= MIN_MESSAGE);
        let size = size.ok_or(BatchError::from(MessageError::Corrupt))?;
        let body = inflate.take(size, &mut carry)?;
        let message = Message::parse_split(&head, body)?;
        if message.codec() != Some(Codec::None) {
            return Err(bad("A compressed message holds a compressed message."));
        }
        if message.magic != wrapper.magic {
            return Err(bad("A compressed message holds messages of another magic."));
        }
        last_inner_offset = Some(message.offset);
        // With LogAppendTime the wrapper's stamp is every message's (KIP-32).
        let timestamp = match wrapper.timestamp_type() {
            TimestampType::LogAppendTime => wrapper.timestamp,
            TimestampType::CreateTime => message.timestamp,
        };
        batch.add(&message, wrapper.timestamp_type(), timestamp)?;
    }
    let last_inner_offset =
        last_inner_offset.ok_or(bad("A compressed message holds no message."))?;
    // Magic 1 counts inner offsets from 0, and its wrapper has the last one's. Some versions of librdkafka wrote 0.
    if wrapper.magic == 1 && wrapper.offset != 0 && wrapper.offset < last_inner_offset {
        return Err(bad(
            "The offset of a compressed message is less than that of its last message.",
        ));
    }
    Ok(())
}

/// The smallest size of a message: CRC, magic, attributes, two lengths (`LegacyRecord.RECORD_OVERHEAD_V0`).
const MIN_MESSAGE: usize = 14;

/// A v2 batch that messages are added to.
struct Conversion<'a> {
    now: UnixMillis,
    rules: &'a ValidationRules,
    header: BatchHeader,
    payload: Vec<u8>,
    faults: Faults,
}

impl<'a> Conversion<'a> {
    fn new(now: UnixMillis, rules: &'a ValidationRules, payload: Vec<u8>) -> Self {
        Self { now, rules, header: BatchHeader::default(), payload, faults: Faults::default() }
    }

    /// Adds a message; what the topic does not take is noted.
    fn add(
        &mut self,
        message: &Message<'_>,
        stamped: TimestampType,
        timestamp: i64,
    ) -> Result<(), BatchError> {
        let index = self.header.record_count;
        if self.rules.compacted && message.key.is_none() {
            self.faults.no_key(index);
        } else if let Some(fault) = StampCheck::new(stamped, self.now, self.rules).check(timestamp)
        {
            self.faults.timestamp(index, fault);
        }
        if index == 0 {
            self.header.base_timestamp = timestamp;
        }
        self.header.max_timestamp = self.header.max_timestamp.max(timestamp);
        self.header.last_offset_delta = index;
        self.header.record_count = index.checked_add(1).ok_or(RecordsError::TooLarge)?;
        let delta = timestamp.wrapping_sub(self.header.base_timestamp);
        put_record(&mut self.payload, delta, index, message.key, message.value, &[]);
        if self.payload.len() as u64 > self.rules.cap() {
            return Err(RecordsError::TooLarge.into());
        }
        Ok(())
    }

    /// The batch, packed with `codec`. Its buffer goes back to the scratch.
    fn finish(
        mut self,
        codec: Codec,
        scratch: &mut Scratch,
    ) -> Result<(BytesMut, BatchHeader), BatchError> {
        self.faults.result()?;
        let mut batch = BytesMut::zeroed(HEADER_LEN);
        let options = CompressOptions {
            codec,
            gzip_level: self.rules.gzip_level,
            broken_lz4_checksum: false,
            limit: (self.rules.max_message_bytes as usize).saturating_sub(HEADER_LEN),
        };
        deflate_payload(&mut OnePiece(&self.payload), &mut batch, &options, &mut scratch.deflate)
            .map_err(too_large)?;
        self.header.set_codec(codec);
        if self.rules.timestamp_type == TimestampType::LogAppendTime {
            self.header.set_timestamp_type(TimestampType::LogAppendTime);
            self.header.max_timestamp = self.now.0;
        }
        let header = self.header.seal(&mut batch);
        super::super::compression::trim(&mut self.payload);
        scratch.bytes = self.payload;
        Ok((batch, header))
    }
}
