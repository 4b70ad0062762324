//! Fetch 0 to 3, on the connection's side: records for clients that know only the old formats.
//!
//! Kafka converted these up to 3.9 (KIP-283, KIP-896). An answer never grows beyond the budget that the client gave,
//! plus one message. It must never touch an answer to a newer version.

use alloc::vec::Vec;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Workspace;
use crate::chunk::{Chunk, Chunks};
use crate::protocol::messages::{FetchRequest, FetchResponse};
use crate::protocol::{ErrorCode, KString};
use crate::record::Batches;
use crate::record::legacy::{DownConversion, Progress};

/// The offset and the size of a message that does not end: the answer's records where the range that was read has none
/// that these formats know. An empty answer would say that the log ends there (Kafka: LazyDownConversionRecords).
const NEVER_ENDS: (i64, i32) = (-1, 61);

/// What an old client asked for: needed again when its answer is converted.
#[derive(Debug)]
pub(super) struct OldFetch {
    version: i16,
    max_bytes: usize,
    partitions: Vec<(KString, i32, i64, usize)>,
}

impl OldFetch {
    /// What a request in version 0 to 3 asks for; `None` for a newer one.
    pub(super) fn of(request: &FetchRequest, version: i16, limit: i32) -> Option<Self> {
        if version > 3 {
            return None;
        }
        let mut partitions = Vec::new();
        for topic in &request.topics {
            for p in &topic.partitions {
                let most = usize::try_from(p.partition_max_bytes).unwrap_or(0);
                partitions.push((topic.topic.clone(), p.partition, p.fetch_offset, most));
            }
        }
        let max_bytes = usize::try_from(request.max_bytes.min(limit)).unwrap_or(0);
        Some(Self { version, max_bytes, partitions })
    }

    /// Converts the records of the answer.
    pub(super) fn convert(&self, response: &mut FetchResponse, workspace: &mut Workspace) {
        let mut left = self.max_bytes;
        let mut first = true;
        for topic in &mut response.responses {
            for data in &mut topic.partitions {
                let Some(chunks) = data.records.take() else { continue };
                let asked = self
                    .partitions
                    .iter()
                    .find(|(t, p, ..)| *t == topic.topic && *p == data.partition_index);
                let (offset, most) = asked.map_or((0, 0), |(_, _, offset, most)| (*offset, *most));
                let budget = left.min(most);
                let converted = if chunks.is_empty() || (budget == 0 && !first) {
                    Ok(BytesMut::new())
                } else {
                    self.convert_partition(&chunks, offset, budget, workspace)
                };
                data.records = Some(match converted {
                    Ok(bytes) => {
                        left = left.saturating_sub(bytes.len());
                        first &= bytes.is_empty();
                        SmallVec::from_iter(
                            (!bytes.is_empty()).then(|| Chunk::Bytes(bytes.freeze())),
                        )
                    }
                    Err(error) => {
                        data.error_code = error;
                        (data.high_watermark, data.last_stable_offset, data.log_start_offset) =
                            (-1, -1, -1);
                        Chunks::new()
                    }
                });
            }
        }
    }

    fn convert_partition(
        &self,
        chunks: &Chunks,
        offset: i64,
        budget: usize,
        workspace: &mut Workspace,
    ) -> Result<BytesMut, ErrorCode> {
        let mut out = BytesMut::new();
        let Some(mut conversion) = DownConversion::new(self.version, offset) else {
            return Ok(out);
        };
        let cap = workspace.image.broker.topic.validation_rules().cap();
        for chunk in chunks {
            // The shard had every stored range read for a client of this age.
            let Chunk::Bytes(bytes) = chunk else { return Err(ErrorCode::KAFKA_STORAGE_ERROR) };
            for (_, batch) in Batches::new(bytes) {
                if !out.is_empty() && out.len() >= budget {
                    return Ok(out);
                }
                let room = budget.saturating_sub(out.len());
                match conversion.convert(batch, room, cap, &mut out, &mut workspace.scratch) {
                    Ok(Progress::Done) => {}
                    Ok(Progress::More) => return Ok(out),
                    Err(_) if !out.is_empty() => return Ok(out),
                    Err(error) => return Err(error),
                }
            }
        }
        if out.is_empty() {
            let (offset, size) = NEVER_ENDS;
            out.extend_from_slice(&offset.to_be_bytes());
            out.extend_from_slice(&size.to_be_bytes());
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
