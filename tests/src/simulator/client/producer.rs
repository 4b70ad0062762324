//! A producer: batches to several partitions, several requests in flight, sent again in order after any trouble.

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;
use logboat_core::protocol::messages::ProduceRequest;
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
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
}

/// A producer.
#[derive(Debug)]
pub struct Producer {
    style: Style,
    partitions: Vec<Tp>,
    producer_id: i64,
    /// How often it took a new producer id.
    renewed: i64,
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
            producer_id: number * 1000,
            renewed: 0,
            number,
            sequences: BTreeMap::new(),
            queue: VecDeque::new(),
            in_flight: 0,
            made: 0,
            refused: 0,
        }
    }

    pub(super) fn act(&mut self, wire: &mut Wire, field: &mut Field<'_>) -> Option<u64> {
        while self.in_flight < self.style.in_flight {
            if self.in_flight == self.queue.len() {
                if self.made >= self.style.quota || field.closing || field.dice.per_mille(300) {
                    break;
                }
                self.make(field);
            }
            let Some(parts) = self.queue.get(self.in_flight) else { break };
            let mut request =
                ProduceRequest { acks: self.style.acks, timeout_ms: 30_000, ..Default::default() };
            for part in parts.iter().filter(|part| !part.done) {
                let print = fingerprint(&part.batch);
                field.model.sends(part.tp, print, self.style.idempotent);
                let data =
                    PartitionProduceData { index: part.tp.1, records: Some(part.batch.clone()) };
                let name = field.model.name(part.tp.0);
                let topics = &mut request.topic_data;
                match topics.iter_mut().find(|topic| topic.name.as_bytes() == name.as_bytes()) {
                    Some(topic) => topic.partition_data.push(data),
                    None => topics.push(TopicProduceData {
                        name: KString::from(name),
                        partition_data: SmallVec::from_iter([data]),
                        ..Default::default()
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
            let mut part = Part { tp, values, timestamp, batch: BytesMut::new(), done: false };
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
            builder = builder.producer(self.producer_id, 0, *next);
            *next += part.values.len() as i32;
        }
        for value in &part.values {
            builder.append(part.timestamp, None, Some(value), &[]);
        }
        part.batch = builder.build(&mut Scratch::default()).unwrap_or_default();
    }

    /// Begins anew under another producer id: what was not acknowledged is numbered from 0.
    fn renew(&mut self) {
        self.renewed += 1;
        self.producer_id = self.number * 1000 + self.renewed;
        self.sequences.clear();
        let mut queue = std::mem::take(&mut self.queue);
        for part in queue.iter_mut().flatten().filter(|part| !part.done) {
            self.build(part);
        }
        self.queue = queue;
    }

    pub(super) fn take(
        &mut self,
        _wire: &mut Wire,
        response: Response,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        let Response::Produce(response) = response else {
            return Err("not a Produce answer".into());
        };
        let mut parts = self.queue.pop_front().ok_or("an answer to no request")?;
        self.in_flight -= 1;
        let mut next = Next::Soon;
        let mut renew = false;
        for topic in &response.responses {
            for answer in &topic.partition_responses {
                let number = field.model.topic_of(topic.name.as_bytes()).unwrap_or(u16::MAX);
                let tp = (number, answer.index);
                let part = parts.iter_mut().find(|part| part.tp == tp && !part.done);
                let part = part.ok_or_else(|| format!("an answer for {tp:?}, not asked for"))?;
                match answer.error_code {
                    ErrorCode::NONE => {
                        part.done = true;
                        let print = fingerprint(&part.batch);
                        let records = part.values.len() as i64;
                        let base = answer.base_offset;
                        field.model.acknowledges(tp, base, records, print, field.now)?;
                        if answer.log_start_offset >= 0 {
                            field.model.told_start(tp, answer.log_start_offset);
                        }
                    }
                    // Not there yet, no space, or the journal failed: once more.
                    ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::KAFKA_STORAGE_ERROR => {
                        self.refused += 1;
                        next = Next::Reconnect;
                        let doomed = field.model.topics.get(usize::from(tp.0));
                        part.done = doomed.is_some_and(|topic| topic.doomed);
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
            self.renew();
        }
        Ok(next)
    }

    pub(super) fn lost(&mut self) {
        self.in_flight = 0;
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
