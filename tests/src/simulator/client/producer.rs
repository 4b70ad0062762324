//! A producer: batches to several partitions, several requests in flight, sent again in order after any trouble.

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use logboat_core::protocol::messages::{InitProducerIdRequest, ProduceRequest};
use logboat_core::protocol::{ErrorCode, KString, Response};
use logboat_core::record::{BatchBuilder, Codec, Scratch};
use smallvec::SmallVec;

use super::{Field, Next, Wire};
use crate::simulator::model::{Tp, fingerprint};
use crate::simulator::network::MS;
use crate::simulator::random::Stream;

/// How a producer works.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// −1, 1 or 0.
    pub acks: i16,
    /// Whether it numbers its batches.
    pub idempotent: bool,
    /// How many requests may be unanswered.
    pub in_flight: usize,
    /// How many requests it sends in all.
    pub quota: u32,
    /// Which version of Produce it speaks.
    pub version: i16,
    /// The largest record, bytes.
    pub largest: u64,
}

/// One partition's batch.
#[derive(Clone, Debug)]
struct Part {
    tp: Tp,
    values: Vec<Vec<u8>>,
    timestamp: i64,
    batch: BytesMut,
    done: bool,
    /// The topic's incarnation when it was sent last, where it was there for sure.
    incarnation: Option<u32>,
}

/// A producer.
#[derive(Debug)]
pub struct Producer {
    style: Style,
    partitions: Vec<Tp>,
    /// None where it must be asked for.
    producer_id: Option<i64>,
    asks_id: bool,
    number: i64,
    sequences: BTreeMap<Tp, i32>,
    queue: VecDeque<Vec<Part>>,
    in_flight: usize,
    made: u32,
    refused: u32,
}

impl Producer {
    /// A producer to these partitions; `number` tells it from others.
    #[must_use]
    pub const fn new(number: i64, style: Style, partitions: Vec<Tp>) -> Self {
        Self {
            style,
            partitions,
            producer_id: None,
            asks_id: false,
            number,
            sequences: BTreeMap::new(),
            queue: VecDeque::new(),
            in_flight: 0,
            made: 0,
            refused: 0,
        }
    }

    pub(super) fn act(&mut self, wire: &mut Wire, field: &mut Field<'_>) -> Option<u64> {
        if self.style.idempotent && self.producer_id.is_none() {
            if !self.asks_id && self.in_flight == 0 {
                self.asks_id = true;
                let request = InitProducerIdRequest {
                    transactional_id: None,
                    producer_id: -1,
                    producer_epoch: -1,
                    ..Default::default()
                };
                wire.ask(Box::new(request), 4, true, field);
            }
            return None;
        }
        while self.in_flight < self.style.in_flight {
            if self.in_flight == self.queue.len() {
                if self.made >= self.style.quota || field.closing || field.dice.per_mille(300) {
                    break;
                }
                self.make(field);
            }
            let by_id = self.style.version >= 13;
            let Some(parts) = self.queue.get_mut(self.in_flight) else { break };
            let unknown = |part: &Part| field.model.id(part.tp.0).is_zero();
            if by_id && parts.iter().any(|part| !part.done && unknown(part)) {
                return Some(field.dice.range(50 * MS, 500 * MS));
            }
            let mut request =
                ProduceRequest { acks: self.style.acks, timeout_ms: 30_000, ..Default::default() };
            for part in parts.iter_mut().filter(|part| !part.done) {
                let print = fingerprint(&part.batch);
                part.incarnation = field.model.incarnation(part.tp.0);
                field.model.sends(part.tp, print, self.style.idempotent, part.timestamp);
                let data =
                    PartitionProduceData { index: part.tp.1, records: Some(part.batch.clone()) };
                let name = field.model.name(part.tp.0);
                let topics = &mut request.topic_data;
                match topics.iter_mut().find(|topic| topic.name.as_bytes() == name.as_bytes()) {
                    Some(topic) => topic.partition_data.push(data),
                    None => topics.push(TopicProduceData {
                        name: KString::from(name),
                        topic_id: field.model.id(part.tp.0),
                        partition_data: SmallVec::from_iter([data]),
                    }),
                }
            }
            let answered = self.style.acks != 0;
            wire.ask(request, self.style.version, answered, field);
            if answered {
                self.in_flight += 1;
            } else {
                self.queue.pop_front();
            }
        }
        (self.made < self.style.quota).then(|| field.dice.range(MS / 2, 40 * MS))
    }

    /// Makes a request: one batch for each of some partitions.
    fn make(&mut self, field: &mut Field<'_>) {
        self.made += 1;
        let count = field.dice.range(1, self.partitions.len().min(4) as u64);
        let mut parts: Vec<Part> = Vec::new();
        for _ in 0..count {
            let Some(tp) = field.dice.pick(&self.partitions).copied() else { continue };
            if parts.iter().any(|part| part.tp == tp) {
                continue;
            }
            let values: Vec<Vec<u8>> =
                (0..field.dice.range(1, 4)).map(|n| self.value(n, field.dice)).collect();
            let timestamp = crate::simulator::host::clocks(field.now).wall.0;
            let batch = BytesMut::new();
            let mut part = Part { tp, values, timestamp, batch, done: false, incarnation: None };
            self.build(&mut part);
            parts.push(part);
        }
        self.queue.push_back(parts);
    }

    /// A record that no other equals.
    fn value(&self, n: u64, dice: &mut Stream) -> Vec<u8> {
        let mut value = format!("{}/{}/{n} ", self.number, self.made).into_bytes();
        let filler = match dice.below(20) {
            0 => dice.below(self.style.largest),
            _ => dice.below(self.style.largest.min(600)),
        };
        let byte = dice.next() as u8;
        value.resize(value.len() + filler as usize, byte);
        value
    }

    fn build(&mut self, part: &mut Part) {
        let mut builder = BatchBuilder::new(Codec::None);
        if self.style.idempotent {
            let next = self.sequences.entry(part.tp).or_default();
            builder = builder.producer(self.producer_id.unwrap_or(0), 0, *next);
            *next += part.values.len() as i32;
        }
        for value in &part.values {
            builder.append(part.timestamp, None, Some(value), &[]);
        }
        part.batch = builder.build(&mut Scratch::default()).unwrap_or_default();
    }

    /// Begins anew under another producer id: what was not acknowledged is numbered from 0.
    fn renew(&mut self, id: i64) {
        self.producer_id = Some(id);
        self.asks_id = false;
        self.sequences.clear();
        let mut queue = std::mem::take(&mut self.queue);
        for part in queue.iter_mut().flatten().filter(|part| !part.done) {
            self.build(part);
        }
        self.queue = queue;
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an answer of any other kind is wrong")]
    pub(super) fn take(
        &mut self,
        _wire: &mut Wire,
        response: Response,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        let response = match response {
            Response::Produce(response) => response,
            Response::InitProducerId(response) => {
                if response.error_code != ErrorCode::NONE {
                    return Err(format!("InitProducerId says {:?}", response.error_code));
                }
                field.model.gives_producer_id(response.producer_id)?;
                self.renew(response.producer_id);
                return Ok(Next::Soon);
            }
            _ => return Err("not a Produce answer".into()),
        };
        let mut parts = self.queue.pop_front().ok_or("an answer to no request")?;
        self.in_flight -= 1;
        let mut next = Next::Soon;
        let mut renew = false;
        for topic in &response.responses {
            for answer in &topic.partition_responses {
                let number = if self.style.version < 13 {
                    field.model.topic_of(topic.name.as_bytes())
                } else {
                    field.model.topic_of_id(topic.topic_id)
                };
                let Some(number) = number else {
                    // The id that was asked for is forgotten by now.
                    next = Next::Reconnect;
                    continue;
                };
                let tp = (number, answer.index);
                let part = parts.iter_mut().find(|part| part.tp == tp && !part.done);
                let part = part.ok_or_else(|| format!("an answer for {tp:?}, not asked for"))?;
                let same =
                    part.incarnation.is_some() && part.incarnation == field.model.incarnation(tp.0);
                match answer.error_code {
                    ErrorCode::NONE => {
                        part.done = true;
                        let print = fingerprint(&part.batch);
                        let records = part.values.len() as i64;
                        let base = answer.base_offset;
                        if same {
                            field.model.acknowledges(tp, base, records, print, field.now)?;
                        }
                        if same && answer.log_start_offset >= 0 {
                            field.model.told_start(tp, answer.log_start_offset);
                        }
                    }
                    // Not there yet, no space, or the journal failed: once more.
                    ErrorCode::KAFKA_STORAGE_ERROR => {
                        self.refused += 1;
                        next = Next::Reconnect;
                    }
                    ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID => {
                        if same {
                            return Err(format!("Produce to {tp:?} says {:?}", answer.error_code));
                        }
                        self.refused += 1;
                        next = Next::Reconnect;
                    }
                    ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER if self.style.idempotent => {
                        next = Next::Reconnect;
                        renew = true;
                    }
                    other => return Err(format!("Produce to {tp:?} says {other:?}")),
                }
            }
        }
        if parts.iter().any(|part| !part.done) {
            if next == Next::Soon {
                return Err("a Produce answer leaves a partition out".into());
            }
            self.queue.push_front(parts);
        }
        if renew {
            self.producer_id = None;
        }
        Ok(next)
    }

    pub(super) fn lost(&mut self) {
        self.in_flight = 0;
        self.asks_id = false;
    }

    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn describe(&self) -> String {
        format!(
            "producer {:?}, {} of {} made, {} queued, refused {}",
            self.style,
            self.made,
            self.style.quota,
            self.queue.len(),
            self.refused
        )
    }
}
