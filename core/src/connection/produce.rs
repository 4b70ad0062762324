//! Produce, on the connection's side: checks every batch and hands what is good to the shards that hold the partitions.
//!
//! BEHAVIOURS 10–23. It must never touch a partition's state.

use alloc::vec::Vec;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::{Connection, Demand, Workspace};
use crate::image::TopicImage;
use crate::protocol::messages::produce::{
    BatchIndexAndErrorMessage, PartitionProduceData, PartitionProduceResponse, TopicProduceData,
    TopicProduceResponse,
};
use crate::protocol::messages::{ProduceRequest, ProduceResponse};
use crate::protocol::{ErrorCode, KString};
use crate::record::{BatchError, BatchHeader, ValidBatch, validate};
use crate::shard::input::{
    Operation, ProduceEntry, ProduceOutcome, RequestContext, RequestId, ShardId,
};
use crate::time::Now;

/// Kafka's own administrator may write to internal topics.
const ADMIN_CLIENT: &[u8] = b"__admin_client";

impl Connection {
    pub(super) fn produce(
        &mut self,
        now: Now,
        id: RequestId,
        context: RequestContext,
        request: ProduceRequest,
        workspace: &mut Workspace,
    ) {
        let ProduceRequest { transactional_id, acks, topic_data, .. } = request;
        let image = workspace.image.clone();
        let mut response = ProduceResponse::default();
        let mut shards: SmallVec<[(ShardId, SmallVec<[ProduceEntry; 1]>); 1]> = SmallVec::new();
        let mut failed = false;
        let unnamed = transactional_id.is_none()
            && topic_data
                .iter()
                .flat_map(|topic| &topic.partition_data)
                .any(|data| data.records.as_deref().is_some_and(is_transactional));
        for (t, topic) in topic_data.into_iter().enumerate() {
            let TopicProduceData { name, topic_id, partition_data } = topic;
            let known = if context.version >= 13 {
                image.topic_by_id(&topic_id)
            } else {
                image.topic(name.as_bytes())
            };
            let mut answers = TopicProduceResponse { name, topic_id, ..Default::default() };
            // One allocation for all answers of a topic.
            answers.partition_responses.reserve(partition_data.len());
            for (p, data) in partition_data.into_iter().enumerate() {
                let PartitionProduceData { index, records } = data;
                let mut answer =
                    PartitionProduceResponse { index, base_offset: -1, ..Default::default() };
                // Kafka refuses the whole request (KafkaApis.handleProduceRequest).
                let found = if unnamed {
                    Err(Refusal::from(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED))
                } else {
                    partition_of(known.map(|topic| &**topic), index, &context)
                };
                let place = match found {
                    Ok((topic, at)) => {
                        match check(now, acks, context.version, topic, records, workspace) {
                            Ok(batch) => Some((at, Some(batch))),
                            Err(error) => {
                                failed = true;
                                refuse(&mut answer, &error);
                                error.shows_log_start().then_some((at, None))
                            }
                        }
                    }
                    Err(error) => {
                        failed = true;
                        refuse(&mut answer, &error);
                        None
                    }
                };
                if let Some((partition, batch)) = place {
                    let entry = ProduceEntry {
                        position: (t as u32, p as u32),
                        partition: partition.id,
                        batch,
                    };
                    match shards.iter_mut().find(|(shard, _)| *shard == partition.shard) {
                        Some((_, entries)) => entries.push(entry),
                        None => shards.push((partition.shard, SmallVec::from_iter([entry]))),
                    }
                }
                answers.partition_responses.push(answer);
            }
            response.responses.push(answers);
        }
        self.pipeline.await_produce(id.sequence, shards.len() as u16, response, acks, failed);
        for (shard, entries) in shards {
            let operation =
                Operation::Produce { acks, transactional_id: transactional_id.clone(), entries };
            self.demands.push_back(Demand::Request {
                shard,
                id,
                context: context.clone(),
                operation,
            });
        }
    }

    /// Enters a shard's outcomes into the answer.
    pub(super) fn produced(&mut self, sequence: u64, outcomes: &[ProduceOutcome]) {
        self.pipeline.enter_outcomes(sequence, |response| {
            let mut failed = false;
            for outcome in outcomes {
                let (t, p) = outcome.position;
                let topic = response.responses.get_mut(t as usize);
                let Some(answer) =
                    topic.and_then(|topic| topic.partition_responses.get_mut(p as usize))
                else {
                    continue;
                };
                failed |= outcome.error.is_error();
                answer.log_start_offset = outcome.log_start_offset;
                if answer.error_code.is_error() {
                    // Refused here; the shard was only asked where the log starts.
                    continue;
                }
                answer.error_code = outcome.error;
                answer.base_offset = outcome.base_offset;
                answer.log_append_time_ms = outcome.log_append_time;
                answer.error_message = outcome.message.map(KString::from_static);
            }
            failed
        });
    }
}

/// Why a partition's records go no further.
struct Refusal {
    code: ErrorCode,
    message: Option<&'static str>,
    records: Vec<(i32, Option<&'static str>)>,
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: None, records: Vec::new() }
    }
}

impl From<BatchError> for Refusal {
    fn from(error: BatchError) -> Self {
        Self { code: error.code, message: error.message, records: error.record_errors }
    }
}

impl Refusal {
    /// Whether Kafka answers this with the log's start: what its log validator found does, what was found before does
    /// not.
    fn shows_log_start(&self) -> bool {
        matches!(self.code, ErrorCode::INVALID_RECORD | ErrorCode::INVALID_TIMESTAMP)
    }
}

/// Whether records that nobody has checked yet say of themselves that they belong to a transaction.
fn is_transactional(records: &[u8]) -> bool {
    BatchHeader::parse(records).is_some_and(|header| header.magic == 2 && header.is_transactional())
}

/// Checks the batch of one partition.
fn check(
    now: Now,
    acks: i16,
    version: i16,
    topic: &TopicImage,
    records: Option<BytesMut>,
    workspace: &mut Workspace,
) -> Result<ValidBatch, Refusal> {
    if !matches!(acks, -1..=1) {
        return Err(Refusal::from(ErrorCode::INVALID_REQUIRED_ACKS));
    }
    let records = records.ok_or_else(|| Refusal::from(ErrorCode::INVALID_RECORD))?;
    let rules = topic.config.validation_rules();
    Ok(validate(now.wall, version, records, &rules, &mut workspace.scratch)?)
}

/// The partition that is meant, if it may be written to.
fn partition_of<'a>(
    topic: Option<&'a TopicImage>,
    index: i32,
    context: &RequestContext,
) -> Result<(&'a TopicImage, &'a crate::image::PartitionImage), Refusal> {
    let unknown = if context.version >= 13 {
        ErrorCode::UNKNOWN_TOPIC_ID
    } else {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    };
    let topic = topic.ok_or_else(|| Refusal::from(unknown))?;
    let at = usize::try_from(index).ok().and_then(|index| topic.partitions.get(index));
    let partition = at.ok_or_else(|| Refusal::from(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
    if topic.internal && context.client_id.as_bytes() != ADMIN_CLIENT {
        return Err(Refusal::from(ErrorCode::INVALID_TOPIC_EXCEPTION));
    }
    Ok((topic, partition))
}

fn refuse(answer: &mut PartitionProduceResponse, error: &Refusal) {
    answer.error_code = error.code;
    answer.error_message = error.message.map(KString::from_static);
    answer.record_errors = error
        .records
        .iter()
        .map(|(index, message)| BatchIndexAndErrorMessage {
            batch_index: *index,
            batch_index_error_message: message.map(KString::from_static),
        })
        .collect();
}
