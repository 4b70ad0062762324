//! A consumer: long polls from its own positions, with or without a session.

use std::collections::BTreeMap;

use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic, ForgottenTopic};
use logboat_core::protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use logboat_core::protocol::messages::{FetchRequest, FetchResponse, ListOffsetsRequest};
use logboat_core::protocol::{ErrorCode, KString, Response};
use smallvec::SmallVec;

use super::{Field, Next, Wire};
use crate::simulator::inspector::bytes_of;
use crate::simulator::model::{Model, Tp};
use crate::simulator::network::MS;

/// A poll is answered within this time after an acknowledgement for which it waits, ns: the network's and the store's
/// delays in good times.
const WOKEN_WITHIN: u64 = 100 * MS;

/// A question for one partition's offset.
fn one(model: &Model, tp: Tp, timestamp: i64) -> ListOffsetsTopic {
    ListOffsetsTopic {
        name: KString::from(model.name(tp.0)),
        partitions: SmallVec::from_iter([ListOffsetsPartition {
            partition_index: tp.1,
            timestamp,
            ..Default::default()
        }]),
    }
}

/// A consumer.
#[derive(Debug)]
pub struct Consumer {
    version: i16,
    uses_session: bool,
    /// The next offset of each partition; none where it must be asked for.
    positions: BTreeMap<Tp, Option<i64>>,
    /// The incarnation of each topic when its positions were known last.
    incarnations: BTreeMap<u16, Option<u32>>,
    session: (i32, i32),
    /// What the broker knows of this session.
    told: BTreeMap<Tp, i64>,
    /// Partitions that are read at the moment: a session leaves some out for a while.
    reading: BTreeMap<Tp, i64>,
    high_watermarks: BTreeMap<Tp, i64>,
    asked: Option<Asked>,
    asked_at: u64,
    asked_in_calm: bool,
    max_bytes: i32,
    answers: u64,
    /// Topics as they were when the last request was sent.
    asked_of: BTreeMap<u16, Option<u32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Offsets,
    Time(Tp, i64),
    Fetch { min_bytes: i32 },
}

impl Consumer {
    /// A consumer of these partitions.
    #[must_use]
    pub fn new(version: i16, uses_session: bool, max_bytes: i32, partitions: Vec<Tp>) -> Self {
        Self {
            version,
            uses_session: uses_session && version >= 7,
            positions: partitions.into_iter().map(|tp| (tp, Some(0))).collect(),
            session: (0, 0),
            told: BTreeMap::new(),
            reading: BTreeMap::new(),
            high_watermarks: BTreeMap::new(),
            asked: None,
            asked_at: 0,
            asked_in_calm: false,
            max_bytes,
            answers: 0,
            incarnations: BTreeMap::new(),
            asked_of: BTreeMap::new(),
        }
    }

    pub(super) fn act(&mut self, wire: &mut Wire, field: &mut Field<'_>) -> Option<u64> {
        if self.asked.is_some() {
            return None;
        }
        self.asked_of =
            self.positions.keys().map(|tp| (tp.0, field.model.incarnation(tp.0))).collect();
        let mut changed = false;
        for (topic, incarnation) in &self.asked_of {
            let before = self.incarnations.insert(*topic, *incarnation);
            if before.is_some_and(|before| before != *incarnation) {
                changed = true;
                // Said anew, whatever the session knew of it.
                for (_, told) in self.told.iter_mut().filter(|(tp, _)| tp.0 == *topic) {
                    *told = -1;
                }
                self.high_watermarks.retain(|tp, _| tp.0 != *topic);
                for (_, position) in self.positions.iter_mut().filter(|(tp, _)| tp.0 == *topic) {
                    *position = None;
                }
            }
        }
        if changed && self.version >= 13 {
            self.forget_session();
        }
        let unknown = |topic: &u16| field.model.id(*topic).is_zero();
        if self.version >= 13 && self.asked_of.keys().any(unknown) {
            return Some(field.dice.range(50 * MS, 300 * MS));
        }
        if self.positions.values().any(Option::is_none) {
            self.ask_offsets(wire, field);
        } else if field.dice.per_mille(30) {
            self.ask_time(wire, field);
        } else {
            self.fetch(wire, field);
        }
        None
    }

    /// Whether what was asked of a topic was asked of the one that is there now.
    fn same(&self, topic: u16, model: &Model) -> bool {
        let asked = self.asked_of.get(&topic).copied().flatten();
        asked.is_some() && asked == model.incarnation(topic)
    }

    /// Looks for the first record from some time on.
    fn ask_time(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        let all: Vec<Tp> = self.positions.keys().copied().collect();
        let Some(tp) = field.dice.pick(&all).copied() else { return };
        let now = crate::simulator::host::clocks(field.now).wall.0;
        let timestamp = now - field.dice.below(field.now / MS + 10) as i64;
        self.asked = Some(Asked::Time(tp, timestamp));
        let mut request = ListOffsetsRequest { replica_id: -1, ..Default::default() };
        request.topics.push(one(field.model, tp, timestamp));
        wire.ask(request, 5, true, field);
    }

    fn ask_offsets(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        let mut request = ListOffsetsRequest { replica_id: -1, ..Default::default() };
        for (tp, _) in self.positions.iter().filter(|(_, position)| position.is_none()) {
            request.topics.push(one(field.model, *tp, -2));
        }
        self.asked = Some(Asked::Offsets);
        wire.ask(request, 5, true, field);
    }

    fn fetch(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        let (id, epoch) = self.session;
        let incremental = epoch > 0;
        let mut wanted: BTreeMap<Tp, i64> = BTreeMap::new();
        for (tp, position) in &self.positions {
            // Now and then a partition is left out, as if it were paused.
            if let Some(position) = position
                && !field.dice.per_mille(if field.closing { 0 } else { 50 })
            {
                wanted.insert(*tp, *position);
            }
        }
        let min_bytes = match field.dice.below(4) {
            0 => 0,
            1 | 2 => 1,
            // Whoever reads little at a time and waits for much would not come to an end.
            _ if field.closing => 1,
            _ => field.dice.range(1, 8000) as i32,
        };
        let mut request = FetchRequest {
            max_wait_ms: field.dice.below(1500) as i32,
            min_bytes,
            max_bytes: self.max_bytes,
            session_id: id,
            session_epoch: if self.uses_session { epoch } else { -1 },
            ..Default::default()
        };
        for (tp, position) in &wanted {
            if incremental && self.told.get(tp) == Some(position) {
                continue;
            }
            let partition = FetchPartition {
                partition: tp.1,
                fetch_offset: *position,
                partition_max_bytes: self.max_bytes / 2,
                ..Default::default()
            };
            let name = KString::from(field.model.name(tp.0));
            match request.topics.last_mut().filter(|topic| topic.topic == name) {
                Some(topic) => topic.partitions.push(partition),
                None => request.topics.push(FetchTopic {
                    topic: name,
                    topic_id: field.model.id(tp.0),
                    partitions: SmallVec::from_iter([partition]),
                }),
            }
        }
        if incremental {
            for tp in self.told.keys().filter(|tp| !wanted.contains_key(tp)) {
                request.forgotten_topics_data.push(ForgottenTopic {
                    topic: KString::from(field.model.name(tp.0)),
                    topic_id: field.model.id(tp.0),
                    partitions: vec![tp.1],
                });
            }
        }
        self.told.clone_from(&wanted);
        self.reading = wanted;
        self.asked = Some(Asked::Fetch { min_bytes });
        (self.asked_at, self.asked_in_calm) = (field.now, field.network.calm);
        wire.ask(request, self.version, true, field);
    }

    pub(super) fn take(
        &mut self,
        sent: u64,
        response: Response,
        _version: i16,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        let asked = self.asked.take();
        self.answers += 1;
        match (asked, response) {
            (Some(Asked::Offsets), Response::ListOffsets(response)) => {
                let mut next = Next::Soon;
                for topic in &response.topics {
                    for answer in &topic.partitions {
                        let Some(number) = field.model.topic_of(topic.name.as_bytes()) else {
                            return Err("offsets of an unknown topic".into());
                        };
                        let tp = (number, answer.partition_index);
                        if answer.error_code == ErrorCode::NONE && self.same(number, field.model) {
                            field.model.told_start(tp, answer.offset);
                            self.positions.insert(tp, Some(answer.offset));
                        } else {
                            next = Next::Later;
                        }
                    }
                }
                Ok(next)
            }
            (Some(Asked::Time(tp, timestamp)), Response::ListOffsets(response)) => {
                let found = response.topics.first().and_then(|topic| topic.partitions.first());
                let found = found.ok_or("an empty ListOffsets answer")?;
                if self.same(tp.0, field.model) && !field.failed {
                    if found.error_code != ErrorCode::NONE {
                        return Err(format!("ListOffsets of {tp:?}: {:?}", found.error_code));
                    }
                    field.model.finds(tp, timestamp, found.offset)?;
                }
                Ok(Next::Soon)
            }
            (Some(Asked::Fetch { min_bytes }), Response::Fetch(response)) => {
                self.fetched(sent, min_bytes, &response, field)
            }
            _ => Err("an answer of another kind".into()),
        }
    }

    fn fetched(
        &mut self,
        sent: u64,
        min_bytes: i32,
        response: &FetchResponse,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        if response.error_code != ErrorCode::NONE {
            if !self.uses_session {
                return Err(format!("Fetch without a session says {:?}", response.error_code));
            }
            self.forget_session();
            return Ok(Next::Soon);
        }
        if self.uses_session {
            self.session = match self.session {
                (0, 0) if response.session_id == 0 => (0, 0),
                (0, 0) => (response.session_id, 1),
                (id, epoch) if id == response.session_id => (id, epoch + 1),
                (id, _) => {
                    return Err(format!("session {id} became {}", response.session_id));
                }
            };
        }
        let mut next = Next::Soon;
        let mut anything = false;
        for topic in &response.responses {
            let number = if self.version < 13 {
                field.model.topic_of(topic.topic.as_bytes())
            } else {
                field.model.topic_of_id(topic.topic_id)
            };
            let Some(number) = number.filter(|number| self.same(*number, field.model)) else {
                // Deleted since it was asked for.
                (anything, next) = (true, Next::Later);
                continue;
            };
            for data in &topic.partitions {
                let tp = (number, data.partition_index);
                let Some(position) = self.reading.get(&tp).copied() else {
                    return Err(format!(
                        "records of {tp:?}, not asked for by {}: {data:?}",
                        self.describe()
                    ));
                };
                anything |= data.error_code != ErrorCode::NONE;
                match data.error_code {
                    ErrorCode::NONE => {
                        let records = bytes_of(data.records.as_ref());
                        anything |= !records.is_empty();
                        if !records.is_empty() && min_bytes == 1 && self.asked_in_calm {
                            self.check_woken(tp, position, sent, field.model)?;
                        }
                        let after = field.model.sees(tp, position, &records)?;
                        if after > data.high_watermark && after > position {
                            return Err(format!(
                                "{tp:?}: records up to {after} beyond the high watermark {}",
                                data.high_watermark
                            ));
                        }
                        self.positions.insert(tp, Some(after));
                        field.model.told_start(tp, data.log_start_offset);
                        let before =
                            self.high_watermarks.insert(tp, data.high_watermark).unwrap_or(0);
                        field.model.told_high_watermark(tp, before, data.high_watermark)?;
                    }
                    ErrorCode::OFFSET_OUT_OF_RANGE => {
                        if !field.model.may_be_out_of_range(tp, position) {
                            return Err(format!("{tp:?}: {position} is out of range"));
                        }
                        self.positions.insert(tp, None);
                    }
                    ErrorCode::KAFKA_STORAGE_ERROR if field.failed => next = Next::Later,
                    other => return Err(format!("Fetch of {tp:?} says {other:?}")),
                }
            }
        }
        if !anything {
            self.check_empty(field.model)?;
        }
        Ok(next)
    }

    /// A poll that ended empty must not have missed what a producer had been told before it began. (What came later it
    /// may miss: an answer shows one moment, and may have to wait for a slot.)
    fn check_empty(&self, model: &Model) -> Result<(), String> {
        for (tp, position) in &self.reading {
            if !self.same(tp.0, model) {
                continue;
            }
            let end = model.acknowledged_by(*tp, self.asked_at);
            if end > *position {
                return Err(format!(
                    "{tp:?}: an empty answer from {position}, and {end} had been acknowledged"
                ));
            }
        }
        Ok(())
    }

    /// A poll that waits must be woken by what it waits for, not by its end.
    fn check_woken(&self, tp: Tp, position: i64, sent: u64, model: &Model) -> Result<(), String> {
        let Some(at) = model.acknowledged_at(tp, position) else { return Ok(()) };
        let due = at.max(self.asked_at) + WOKEN_WITHIN;
        if sent > due {
            return Err(format!(
                "{tp:?}: {position} was acknowledged at {at}, and the poll was answered at {sent}"
            ));
        }
        Ok(())
    }

    fn forget_session(&mut self) {
        self.session = (0, 0);
        self.told.clear();
    }

    pub(super) fn lost(&mut self, field: &mut Field<'_>) {
        self.high_watermarks.clear();
        // A session outlives its connection; but the client cannot know whether its last request was seen.
        if self.asked.take().is_some() || field.dice.per_mille(500) {
            self.forget_session();
        }
    }

    pub(super) fn is_done(&self, model: &Model) -> bool {
        self.positions.iter().all(|(tp, position)| {
            position.is_some_and(|position| position >= model.acknowledged_end(*tp))
        })
    }

    pub(super) fn describe(&self) -> String {
        format!(
            "consumer v{} session {:?}, {} answers, at {:?}",
            self.version, self.session, self.answers, self.positions
        )
    }
}
