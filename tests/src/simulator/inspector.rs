//! A broker beside the running one: opened on a copy of the store, driven without delay, asked everything, thrown away.
//!
//! What it finds is what a crash at this moment would have left. It must never touch the running broker's store.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::connection::{Connection, Demand, Endpoint, Workspace};
use logboat_core::group::records::GroupRecord;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic};
use logboat_core::protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use logboat_core::protocol::messages::{
    FetchRequest, ListOffsetsRequest, MetadataRequest, OffsetFetchRequest,
};
use logboat_core::protocol::{
    ApiKey, Decoder, ErrorCode, KString, Request, Response, ResponseHeader, request_frame,
};
use logboat_core::shard::input::{ConnectionId, StorageEffect};
use logboat_core::shard::{Effect, Input, Settings, Shard};
use logboat_core::time::Now;
use smallvec::SmallVec;

use super::client::group_name;
use super::model::{Model, Stage, Tp};
use super::store::Store;
use crate::batch::records;

/// Where groups keep their records.
const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// More effects than any step may have: past it the broker is going round in circles.
const POLL_BUDGET: u64 = 200_000;

/// Where a client of the simulator came in.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint {
        listener: KString::from_static("PLAINTEXT"),
        host: KString::from_static("127.0.0.1"),
        port: 9092,
        client_host: KString::from_static("/127.0.0.1"),
    }
}

/// A broker without delays.
#[derive(Debug)]
pub struct Inspector {
    now: Now,
    store: Store,
    shard: Shard,
    workspace: Option<Workspace>,
    connection: Connection,
    ready: bool,
    stopped: bool,
    /// The state's hash when replay had ended and nothing was written yet; none before.
    pub replayed: Option<u64>,
    /// Where the broker is written down at that moment, for people.
    dump: Option<std::path::PathBuf>,
    effects: u64,
    budget: u64,
}

impl Inspector {
    /// Opens the store and recovers.
    ///
    /// # Errors
    /// Where the store is refused, or recovery does not end.
    pub fn open(now: Now, settings: Settings, store: Store) -> Result<Self, String> {
        let mut inspector = Self::begin(now, settings, store)?;
        inspector.turn()?;
        if inspector.ready { Ok(inspector) } else { Err("recovery does not end".into()) }
    }

    /// Opens the store, and stops after so many effects: what is left is the store as a crash then finds it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_partly(
        now: Now,
        settings: Settings,
        store: Store,
        effects: u64,
    ) -> Result<Store, String> {
        let mut inspector = Self::begin(now, settings, store)?;
        inspector.budget = effects;
        inspector.turn()?;
        Ok(inspector.store)
    }

    fn begin(now: Now, settings: Settings, store: Store) -> Result<Self, String> {
        let shard = Shard::open(now, settings, &store.contents())?;
        Ok(Self {
            now,
            store,
            shard,
            workspace: None,
            connection: Connection::new(ConnectionId(u64::MAX), endpoint()),
            ready: false,
            stopped: false,
            replayed: None,
            dump: std::env::var_os("SIMULATE_DUMP")
                .map(|dir| std::path::Path::new(&dir).join("replayed.txt")),
            effects: 0,
            budget: u64::MAX,
        })
    }

    fn turn(&mut self) -> Result<(), String> {
        loop {
            let mut progress = false;
            while self.effects < self.budget {
                let Some(effect) = self.shard.poll_effect() else { break };
                progress = true;
                self.effects += 1;
                if self.effects > POLL_BUDGET {
                    return Err("livelock: the inspector's broker never comes to rest".into());
                }
                self.carry(effect)?;
            }
            if let Some(workspace) = &mut self.workspace {
                while let Some(demand) = self.connection.poll_demand(self.now, workspace) {
                    progress = true;
                    match demand {
                        Demand::Request { id, context, operation, .. } => {
                            self.shard.handle(self.now, Input::Request { id, context, operation });
                        }
                        Demand::Close(reason) => return Err(format!("closed: {reason:?}")),
                    }
                }
            }
            if !progress || self.effects >= self.budget {
                return Ok(());
            }
        }
    }

    fn carry(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Storage(effect) => {
                if matches!(effect, StorageEffect::ReplaceRoot { .. }) && !self.ready {
                    self.replayed = Some(self.shard.state_hash());
                    if let Some(path) = &self.dump {
                        let written = std::fs::write(path, format!("{:#?}", self.shard));
                        written.map_err(|error| error.to_string())?;
                    }
                }
                if self.dump.is_some() {
                    eprintln!("inspector: {}", super::host::brief(&effect));
                }
                if let Some((operation, _)) = self.store.issue(effect)?
                    && let Some((operation, result)) = self.store.complete(operation)
                {
                    self.shard.handle(self.now, Input::Storage { operation, result });
                }
            }
            Effect::Reply { id, reply } => {
                if let Some(workspace) = &mut self.workspace {
                    self.connection.reply(id, reply, workspace);
                }
            }
            Effect::Image(image) => match &mut self.workspace {
                Some(workspace) => workspace.image = image,
                None => self.workspace = Some(Workspace::new(image)),
            },
            Effect::Notice(_) => {}
            Effect::Ready => self.ready = true,
            Effect::Refused(line) => return Err(format!("refused: {line}")),
            Effect::Stopped => self.stopped = true,
        }
        Ok(())
    }

    fn call(&mut self, request: impl Into<Request>, version: i16) -> Result<Response, String> {
        let request = request.into();
        let key: ApiKey = request.api_key();
        let (frame, _) = request_frame(&request, version, 1, None, BytesMut::new());
        let mut bytes = BytesMut::new();
        for chunk in frame {
            if let Chunk::Bytes(b) = chunk {
                bytes.extend_from_slice(&b);
            }
        }
        let workspace = self.workspace.as_ref().ok_or("no image")?;
        self.connection.receive(&mut bytes, workspace);
        self.turn()?;
        let mut answer = BytesMut::new();
        while let Some(chunk) = self.connection.poll_transmit() {
            match chunk {
                Chunk::Bytes(b) => answer.extend_from_slice(&b),
                Chunk::Stored { object, at, len } => {
                    let range = self.store.range(object, at, len).ok_or_else(|| {
                        format!("the answer names {len} bytes at {at} of object {}", object.0)
                    })?;
                    answer.extend_from_slice(&range);
                }
            }
        }
        if answer.len() < 4 {
            return Err(format!("no answer to {key:?}"));
        }
        let mut decoder = Decoder::new(answer.split_off(4));
        ResponseHeader::decode(key, version, &mut decoder).map_err(|e| format!("{e:?}"))?;
        Response::decode(key, version, &mut decoder).map_err(|e| format!("{key:?}: {e:?}"))
    }

    /// The names of all topics with their number of partitions.
    ///
    /// # Errors
    /// Where there is no answer.
    pub fn topics(&mut self) -> Result<Vec<(String, i32)>, String> {
        let request = MetadataRequest { topics: None, ..Default::default() };
        let Response::Metadata(response) = self.call(Box::new(request), 8)? else {
            return Err("not a Metadata answer".into());
        };
        let named = response.topics.into_iter().map(|topic| {
            (topic.name.map_or_else(String::new, |n| n.to_string()), topic.partitions.len() as i32)
        });
        Ok(named.collect())
    }

    /// One offset by timestamp, −1 for the end, −2 for the start.
    fn offset(&mut self, name: &str, partition: i32, timestamp: i64) -> Result<i64, String> {
        let request = ListOffsetsRequest {
            replica_id: -1,
            topics: SmallVec::from_iter([ListOffsetsTopic {
                name: KString::from(name),
                partitions: SmallVec::from_iter([ListOffsetsPartition {
                    partition_index: partition,
                    timestamp,
                    ..Default::default()
                }]),
            }]),
            ..Default::default()
        };
        let Response::ListOffsets(response) = self.call(request, 5)? else {
            return Err("not a ListOffsets answer".into());
        };
        let found = response.topics.first().and_then(|topic| topic.partitions.first());
        let found = found.ok_or("an empty ListOffsets answer")?;
        if found.error_code.is_error() {
            return Err(format!("{name}-{partition}: ListOffsets says {:?}", found.error_code));
        }
        Ok(found.offset)
    }

    /// Reads a whole partition: start, end, and its batches.
    ///
    /// # Errors
    /// Where something cannot be read.
    pub fn read(&mut self, name: &str, partition: i32) -> Result<(i64, i64, Vec<Bytes>), String> {
        let start = self.offset(name, partition, -2)?;
        let end = self.offset(name, partition, -1)?;
        let (mut position, mut all) = (start, Vec::new());
        while position < end {
            let request = FetchRequest {
                max_bytes: 1 << 20,
                min_bytes: 1,
                topics: SmallVec::from_iter([FetchTopic {
                    topic: KString::from(name),
                    partitions: SmallVec::from_iter([FetchPartition {
                        partition,
                        fetch_offset: position,
                        partition_max_bytes: 1 << 16,
                        ..Default::default()
                    }]),
                    ..Default::default()
                }]),
                ..Default::default()
            };
            let Response::Fetch(response) = self.call(request, 11)? else {
                return Err("not a Fetch answer".into());
            };
            let data = response.responses.first().and_then(|topic| topic.partitions.first());
            let data = data.ok_or("an empty Fetch answer")?;
            if data.error_code != ErrorCode::NONE {
                return Err(format!(
                    "{name}-{partition}: a fetch from {position} of {start}–{end} says {:?}",
                    data.error_code
                ));
            }
            let records = bytes_of(data.records.as_ref());
            let last = logboat_core::record::Batches::new(&records).last();
            let Some((last, _)) = last.filter(|(last, _)| last.next_offset() > position) else {
                return Err(format!(
                    "{name}-{partition}: nothing at {position} of {start}–{end}, {} bytes",
                    records.len()
                ));
            };
            position = last.next_offset();
            all.push(records);
        }
        Ok((start, end, all))
    }

    /// Compares committed offsets with the model, and with what `__consumer_offsets` says to those who read it.
    fn audit_groups(&mut self, model: &Model) -> Result<(), String> {
        let now = self.now.instant.as_nanos();
        let mut written = self.written()?;
        for (group, (_, partitions)) in (0_u16..).zip(&model.groups.sizes) {
            let name = group_name(group);
            let request =
                OffsetFetchRequest { group_id: name.clone(), topics: None, ..Default::default() };
            let Response::OffsetFetch(response) = self.call(Box::new(request), 5)? else {
                return Err("not an OffsetFetch answer".into());
            };
            let found: BTreeMap<i32, i64> = response
                .topics
                .iter()
                .flat_map(|topic| &topic.partitions)
                .map(|one| (one.partition_index, one.committed_offset))
                .collect();
            for partition in 0..*partitions {
                let value = found.get(&partition).copied().unwrap_or(-1);
                model.groups.reads((group, partition), value, now, "in the store")?;
            }
            let written = written.remove(&name).unwrap_or_default();
            if written != found {
                return Err(format!("{name} has {found:?}, and its records say {written:?}"));
            }
        }
        Ok(())
    }

    /// The offsets of each group as the records of `__consumer_offsets` have them.
    fn written(&mut self) -> Result<BTreeMap<KString, BTreeMap<i32, i64>>, String> {
        let mut all: BTreeMap<KString, BTreeMap<i32, i64>> = BTreeMap::new();
        let there = self.topics()?;
        let Some((_, count)) = there.iter().find(|(name, _)| name == OFFSETS_TOPIC) else {
            return Ok(all);
        };
        for index in 0..*count {
            let (_, _, pieces) = self.read(OFFSETS_TOPIC, index)?;
            for record in pieces.iter().flat_map(|piece| records(piece)) {
                let key = record.key.ok_or("a record of offsets without a key")?;
                match GroupRecord::decode(&key, record.value.as_deref()) {
                    Some(GroupRecord::Offset { group, partition, value, .. }) => {
                        let offsets = all.entry(group).or_default();
                        match value {
                            Some(value) => offsets.insert(partition, value.offset),
                            None => offsets.remove(&partition),
                        };
                    }
                    Some(GroupRecord::Group { .. }) => {}
                    None => return Err("a record of offsets that nobody understands".into()),
                }
            }
        }
        Ok(all)
    }

    /// Compares everything that is there with the model. Gives each log's end.
    ///
    /// # Errors
    /// What is wrong.
    pub fn audit(&mut self, model: &Model, lossy: bool) -> Result<Vec<(Tp, i64)>, String> {
        let there = self.topics()?;
        let mut ends = Vec::new();
        for tp in model.partitions() {
            let name = model.name(tp.0);
            if !there.iter().any(|(n, count)| n == name && tp.1 < *count) {
                return Err(format!("{name}-{} was created and is not there", tp.1));
            }
        }
        self.audit_groups(model)?;
        for (name, partitions) in there {
            if name == OFFSETS_TOPIC {
                continue;
            }
            let Some(topic) = model.topic_of(name.as_bytes()) else {
                return Err(format!("topic {name} is there, and nobody made it"));
            };
            let stage = model.topics.get(usize::from(topic)).map(|topic| topic.stage);
            let known = stage == Some(Stage::There);
            if stage == Some(Stage::Absent) {
                return Err(format!("topic {name} was deleted and is there"));
            }
            for partition in 0..partitions {
                let tp = (topic, partition);
                let (start, end, records) = self.read(&name, partition)?;
                model.audit(tp, start, end, &records, lossy, known)?;
                ends.push((tp, end));
            }
        }
        Ok(ends)
    }
}

/// The records of an answer that was decoded.
#[must_use]
pub fn bytes_of(records: Option<&logboat_core::chunk::Chunks>) -> Bytes {
    let mut all = BytesMut::new();
    for chunk in records.into_iter().flatten() {
        if let Chunk::Bytes(bytes) = chunk {
            all.extend_from_slice(bytes);
        }
    }
    all.freeze()
}
