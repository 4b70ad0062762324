//! What must be true: a shadow of every log, fed by what clients were told and by nothing else.
//!
//! It must never be fed from the broker's own state: then a bug would confirm itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use logboat_core::protocol::Uuid;
use logboat_core::record::checksum::{CRC_COVERS_FROM, crc32c};
use logboat_core::record::{BatchHeader, Batches};

use super::groups::Groups;
use super::trace::digest;

/// A topic, by its number, and a partition.
pub type Tp = (u16, i32);

/// What a topic promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Everything acknowledged, for ever.
    All,
    /// Everything acknowledged, until retention or a DeleteRecords takes it.
    Newest,
    /// What is acknowledged is written; a power failure may take it back (`flush.messages`).
    Unflushed,
}

/// A topic as clients know it.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many partitions it was asked to have.
    pub partitions: i32,
    /// What it promises.
    pub keeping: Keeping,
    /// What clients know of it.
    pub stage: Stage,
    /// Its id, where a client was told.
    pub id: Option<Uuid>,
    /// How often it was deleted.
    pub incarnation: u32,
    /// Whether nobody deletes or cuts it, because groups commit offsets of it.
    pub spared: bool,
}

/// What clients know of a topic's being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is not there, and nobody has asked for it.
    Absent,
    /// It may be there or not: somebody has asked to make it.
    Wanted,
    /// It is there.
    There,
    /// It may be there or not: somebody has asked to delete it.
    Doomed,
}

/// A batch that a client was told of, or has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    last: i64,
    digest: u64,
}

/// The shadow of one log.
#[derive(Clone, Debug, Default)]
struct Log {
    /// By base offset.
    known: BTreeMap<i64, Known>,
    /// What follows the last acknowledged offset.
    acknowledged: i64,
    /// When clients were told of the newest acknowledgements, ns, and what followed them.
    told: VecDeque<(u64, i64)>,
    /// The largest first offset that a client was told.
    start: i64,
    /// The largest offset that a DeleteRecords asked for.
    delete_to: i64,
    /// The largest high watermark of this run of the broker.
    high_watermark: i64,
}

/// A batch that was sent.
#[derive(Clone, Copy, Debug)]
struct Sent {
    tp: Tp,
    idempotent: bool,
    times: u32,
    timestamp: i64,
}

/// The model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Topics by number.
    pub topics: Vec<Topic>,
    /// Groups.
    pub groups: Groups,
    logs: BTreeMap<Tp, Log>,
    sent: BTreeMap<u64, Sent>,
    /// How many batches were acknowledged.
    pub acknowledged: u64,
    /// How many batches consumers saw.
    pub seen: u64,
    /// Producer ids that were given out.
    producer_ids: BTreeSet<i64>,
}

/// What a batch is, but for what the broker sets in it.
#[must_use]
pub fn fingerprint(batch: &[u8]) -> u64 {
    digest(batch.get(16..).unwrap_or(batch))
}

impl Model {
    /// A topic's name.
    #[must_use]
    pub fn name(&self, topic: u16) -> &str {
        self.topics.get(usize::from(topic)).map_or("", |topic| &topic.name)
    }

    /// The number of the topic of that name.
    #[must_use]
    pub fn topic_of(&self, name: &[u8]) -> Option<u16> {
        let at = self.topics.iter().position(|topic| topic.name.as_bytes() == name)?;
        u16::try_from(at).ok()
    }

    /// A topic's id, zero where nobody was told.
    #[must_use]
    pub fn id(&self, topic: u16) -> Uuid {
        self.topics.get(usize::from(topic)).and_then(|topic| topic.id).unwrap_or(Uuid::ZERO)
    }

    fn keeping(&self, tp: Tp) -> Keeping {
        self.topics.get(usize::from(tp.0)).map_or(Keeping::All, |topic| topic.keeping)
    }

    /// A batch leaves a producer.
    pub fn sends(&mut self, tp: Tp, fingerprint: u64, idempotent: bool, timestamp: i64) {
        let sent = Sent { tp, idempotent, times: 0, timestamp };
        self.sent.entry(fingerprint).or_insert(sent).times += 1;
    }

    /// A producer was given an id.
    ///
    /// # Errors
    /// Where another one has it.
    pub fn gives_producer_id(&mut self, id: i64) -> Result<(), String> {
        let fresh = self.producer_ids.insert(id);
        if fresh { Ok(()) } else { Err(format!("producer id {id} is given twice")) }
    }

    /// The incarnation of a topic that is there for sure; none otherwise.
    #[must_use]
    pub fn incarnation(&self, topic: u16) -> Option<u32> {
        let topic = self.topics.get(usize::from(topic))?;
        (topic.stage == Stage::There).then_some(topic.incarnation)
    }

    /// The number of the topic of that id.
    #[must_use]
    pub fn topic_of_id(&self, id: Uuid) -> Option<u16> {
        let at = self.topics.iter().position(|topic| topic.id == Some(id))?;
        u16::try_from(at).ok()
    }

    /// A client asks to delete a topic: what was known of its logs counts no more.
    pub fn dooms(&mut self, number: u16) {
        if let Some(topic) = self.topics.get_mut(usize::from(number)) {
            topic.stage = Stage::Doomed;
            topic.id = None;
            topic.incarnation += 1;
        }
        self.logs.retain(|tp, _| tp.0 != number);
    }

    /// Checks what a ListOffsets by time found, −1 for nothing.
    ///
    /// # Errors
    /// Where an earlier batch would have fitted, or what was found does not.
    pub fn finds(&self, tp: Tp, timestamp: i64, found: i64) -> Result<(), String> {
        let Some(log) = self.logs.get(&tp) else { return Ok(()) };
        let keeps = self.keeping(tp) == Keeping::All && log.delete_to == 0;
        for (base, known) in &log.known {
            let Some(sent) = self.sent.get(&known.digest) else { continue };
            let fits = sent.timestamp >= timestamp;
            let wrong = if *base == found { !fits } else { keeps && fits && *base < found };
            if wrong {
                return Err(format!(
                    "{tp:?}: {found} is found for time {timestamp}, and {base} has {}",
                    sent.timestamp
                ));
            }
        }
        Ok(())
    }

    /// A producer was told that its batch of `records` records begins at `base`.
    ///
    /// # Errors
    /// Where something else was there.
    pub fn acknowledges(
        &mut self,
        tp: Tp,
        base: i64,
        records: i64,
        fingerprint: u64,
        now: u64,
    ) -> Result<(), String> {
        self.acknowledged += 1;
        self.learn(tp, base, base + records - 1, fingerprint, "acknowledged")?;
        let log = self.logs.entry(tp).or_default();
        if base + records > log.acknowledged {
            log.acknowledged = base + records;
            log.told.push_back((now, base + records));
            if log.told.len() > 256 {
                log.told.pop_front();
            }
        }
        Ok(())
    }

    /// What followed the last offset that was acknowledged by a time and cannot be taken back.
    #[must_use]
    pub fn acknowledged_by(&self, tp: Tp, time: u64) -> i64 {
        if self.keeping(tp) != Keeping::All {
            return 0;
        }
        let Some(log) = self.logs.get(&tp) else { return 0 };
        log.told.iter().rev().find(|(at, _)| *at < time).map_or(0, |(_, end)| *end)
    }

    /// When a client was first told that `offset` is there; none where that is not known any more.
    #[must_use]
    pub fn acknowledged_at(&self, tp: Tp, offset: i64) -> Option<u64> {
        let told = &self.logs.get(&tp)?.told;
        let at = told.partition_point(|(_, end)| *end <= offset);
        (at > 0).then(|| told.get(at).map(|(time, _)| *time)).flatten()
    }

    /// Whether a power failure may take back what the partition acknowledged.
    #[must_use]
    pub fn is_unflushed(&self, tp: Tp) -> bool {
        self.keeping(tp) == Keeping::Unflushed
    }

    /// Whether a fetch from `position` may be told that it is out of range.
    #[must_use]
    pub fn may_be_out_of_range(&self, tp: Tp, position: i64) -> bool {
        let deleted = self.logs.get(&tp).is_some_and(|log| position < log.delete_to);
        deleted || self.keeping(tp) != Keeping::All
    }

    /// What follows the last acknowledged offset of a partition.
    #[must_use]
    pub fn acknowledged_end(&self, tp: Tp) -> i64 {
        self.logs.get(&tp).map_or(0, |log| log.acknowledged)
    }

    /// A client was told the first offset of a log.
    pub fn told_start(&mut self, tp: Tp, start: i64) {
        let log = self.logs.entry(tp).or_default();
        log.start = log.start.max(start);
    }

    /// A client asks to delete the records before `offset`.
    pub fn deletes_to(&mut self, tp: Tp, offset: i64) {
        let log = self.logs.entry(tp).or_default();
        log.delete_to = log.delete_to.max(offset);
    }

    /// A client was told a high watermark.
    ///
    /// # Errors
    /// Where an earlier answer of the same run of the broker had a larger one. Answers overtake each other on different
    /// connections, so `sent` of one connection only is compared: the caller keeps that.
    pub fn told_high_watermark(&mut self, tp: Tp, before: i64, now: i64) -> Result<(), String> {
        if now < before {
            return Err(format!(
                "the high watermark of {}-{} fell from {before} to {now}",
                self.name(tp.0),
                tp.1
            ));
        }
        let log = self.logs.entry(tp).or_default();
        log.high_watermark = log.high_watermark.max(now);
        Ok(())
    }

    fn learn(
        &mut self,
        tp: Tp,
        base: i64,
        last: i64,
        digest: u64,
        how: &str,
    ) -> Result<(), String> {
        let name = format!("{}-{}", self.name(tp.0), tp.1);
        let log = self.logs.entry(tp).or_default();
        let known = Known { last, digest };
        let before = log.known.range(..=last).next_back();
        if let Some((at, other)) = before.filter(|(_, other)| other.last >= base)
            && (*at != base || *other != known)
        {
            return Err(format!(
                "{name}: {how} batch {digest:x} at {base}–{last}, but {:x} was at {at}–{}",
                other.digest, other.last
            ));
        }
        log.known.insert(base, known);
        Ok(())
    }

    /// Checks the batches of a fetch from `position`, and gives the next position.
    ///
    /// # Errors
    /// Where they are not what was produced, not dense, or not what was there before.
    pub fn sees(&mut self, tp: Tp, position: i64, records: &Bytes) -> Result<i64, String> {
        let name = format!("{}-{}", self.name(tp.0), tp.1);
        let mut next = position;
        let mut first = true;
        let mut batches = Batches::new(records);
        for (header, batch) in &mut batches {
            self.check_batch(tp, &name, &header, batch)?;
            let contains = first && header.base_offset <= next && header.last_offset() >= next;
            if header.base_offset != next && !contains {
                return Err(format!(
                    "{name}: a fetch from {next} gives a batch of {}–{}",
                    header.base_offset,
                    header.last_offset()
                ));
            }
            first = false;
            next = header.next_offset();
            self.seen += 1;
            let (base, last) = (header.base_offset, header.last_offset());
            self.learn(tp, base, last, fingerprint(batch), "seen")?;
        }
        if batches.rest().is_empty() {
            Ok(next)
        } else {
            Err(format!("{name}: {} bytes after the last batch", batches.rest().len()))
        }
    }

    fn check_batch(
        &self,
        tp: Tp,
        name: &str,
        header: &BatchHeader,
        batch: &[u8],
    ) -> Result<(), String> {
        let base = header.base_offset;
        if crc32c(&batch[CRC_COVERS_FROM..]) != header.crc {
            return Err(format!("{name}: the batch at {base} is damaged"));
        }
        match self.sent.get(&fingerprint(batch)) {
            Some(sent) if sent.tp == tp => Ok(()),
            Some(sent) => Err(format!("{name}: the batch at {base} was sent to {:?}", sent.tp)),
            None => Err(format!("{name}: nobody sent the batch at {base}")),
        }
    }

    /// Checks a whole log, from `start` to `end`, against all that is known. `lossy`: a power failure came between;
    /// `known`: the topic is there for sure, and the one that the model knows.
    ///
    /// # Errors
    /// What is wrong.
    pub fn audit(
        &self,
        tp: Tp,
        start: i64,
        end: i64,
        records: &[Bytes],
        lossy: bool,
        known: bool,
    ) -> Result<(), String> {
        let name = format!("{}-{}", self.name(tp.0), tp.1);
        let keeping = self.keeping(tp);
        let empty = Log::default();
        let log = self.logs.get(&tp).unwrap_or(&empty);
        let lossy = lossy && keeping == Keeping::Unflushed;
        if known && start < log.start && !lossy {
            return Err(format!("{name}: its start went back from {} to {start}", log.start));
        }
        if known && keeping != Keeping::Newest && start > log.delete_to {
            return Err(format!("{name}: it starts at {start}, and nobody asked for that"));
        }
        let mut found: BTreeMap<i64, Known> = BTreeMap::new();
        let mut times: BTreeMap<u64, u32> = BTreeMap::new();
        let mut sequences: BTreeMap<i64, i32> = BTreeMap::new();
        let mut next = None;
        for bytes in records {
            let mut batches = Batches::new(bytes);
            for (header, batch) in &mut batches {
                self.check_batch(tp, &name, &header, batch)?;
                let base = header.base_offset;
                let fits =
                    next.map_or(base <= start && header.last_offset() >= start, |n| n == base);
                if !fits {
                    return Err(format!("{name}: a batch at {base} where {next:?} comes next"));
                }
                next = Some(header.next_offset());
                let digest = fingerprint(batch);
                found.insert(base, Known { last: header.last_offset(), digest });
                *times.entry(digest).or_default() += 1;
                if header.producer_id >= 0 {
                    let expected = sequences.insert(header.producer_id, header.last_sequence() + 1);
                    if expected.is_some_and(|expected| expected != header.base_sequence) {
                        return Err(format!(
                            "{name}: producer {} has sequence {} at {base}, not {expected:?}",
                            header.producer_id, header.base_sequence
                        ));
                    }
                }
            }
            if !batches.rest().is_empty() {
                return Err(format!("{name}: bytes after the last batch"));
            }
        }
        if next.unwrap_or(start) != end {
            return Err(format!("{name}: batches end at {next:?}, the log at {end}"));
        }
        for (digest, times) in times {
            let sent = self.sent.get(&digest);
            let allowed = sent.map_or(0, |sent| if sent.idempotent { 1 } else { sent.times });
            if times > allowed {
                return Err(format!(
                    "{name}: batch {digest:x} is there {times} times, not {allowed}"
                ));
            }
        }
        for (base, known) in log.known.range(..) {
            if known.last < start || (lossy && *base >= end) {
                continue;
            }
            if found.get(base) != Some(known) {
                return Err(format!(
                    "{name}: batch {:x} at {base}–{} is lost; there is {:x?}, the log is {start}–{end}",
                    known.digest,
                    known.last,
                    found.get(base)
                ));
            }
        }
        Ok(())
    }

    /// A power failure took back what was not flushed: what is beyond `end` was never there.
    pub fn forgets(&mut self, tp: Tp, end: i64) {
        if self.keeping(tp) == Keeping::Unflushed {
            let log = self.logs.entry(tp).or_default();
            log.known.split_off(&end);
            log.acknowledged = log.acknowledged.min(end);
            log.told.clear();
            log.start = log.start.min(end);
        }
    }

    /// Partitions that must exist.
    #[must_use]
    pub fn partitions(&self) -> BTreeSet<Tp> {
        let mut all = BTreeSet::new();
        for (number, topic) in (0..).zip(&self.topics) {
            if topic.stage == Stage::There {
                all.extend((0..topic.partitions).map(|p| (number, p)));
            }
        }
        all
    }
}
