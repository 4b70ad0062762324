//! A whole broker in one process for tests: bytes in, bytes out, over the store in memory, in virtual time.
//!
//! It does what a host does and nothing more. It must never call a handler directly.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part; a test that cannot go on fails"
)]

use std::collections::BTreeMap;

use bytes::BytesMut;
use logboat_core::chunk::Chunk;
use logboat_core::config::BrokerConfig;
use logboat_core::connection::{CloseReason, Connection, Demand, Endpoint, Workspace};
use logboat_core::memory_store::MemoryStore;
use logboat_core::notice::Notice;
use logboat_core::protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic};
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use logboat_core::protocol::messages::{CreateTopicsRequest, FetchRequest, ProduceRequest};
use logboat_core::protocol::{
    ApiKey, Decoder, ErrorCode, KString, Request, Response, ResponseHeader, Uuid, request_frame,
};
use logboat_core::record::{BatchBuilder, Codec, Scratch};
use logboat_core::shard::input::{ConnectionId, StorageEffect, StoreError};
use logboat_core::shard::{Effect, Input, Settings, Shard, StoreProfile};
use logboat_core::time::{Instant, Now, UnixMillis};
use smallvec::SmallVec;

/// The connection that [`Broker::call`] uses.
pub const FIRST: u64 = 1;

/// When every broker begins, Unix ms.
pub const BEGIN: i64 = 1_700_000_000_000;

/// Takes the answer of the type that the test expects.
#[macro_export]
macro_rules! answer {
    ($response:expr, $kind:ident) => {
        match $response {
            logboat_core::protocol::Response::$kind(response) => response,
            other => panic!("not a {}: {other:?}", stringify!($kind)),
        }
    };
}

pub struct Broker {
    pub now: Now,
    pub store: MemoryStore,
    pub shard: Shard,
    pub workspace: Option<Workspace>,
    connections: BTreeMap<ConnectionId, Connection>,
    asked: BTreeMap<ConnectionId, (ApiKey, i16)>,
    pub closed: Vec<(u64, CloseReason)>,
    pub notices: Vec<Notice>,
    pub ready: bool,
    pub stopped: bool,
    /// Whether every write fails from now on.
    pub broken: bool,
    /// How often the medium was asked to hold what was written.
    pub flushes: u32,
}

impl Broker {
    /// A broker with Kafka's defaults.
    pub fn open(store: MemoryStore) -> Self {
        Self::with(store, &[])
    }

    /// A broker with these keys set.
    pub fn with(store: MemoryStore, config: &[(&str, &str)]) -> Self {
        let now = Now { instant: Instant::from_nanos(1_000_000), wall: UnixMillis(BEGIN) };
        let broker = BrokerConfig::from_pairs(config.iter().copied()).unwrap().into();
        let settings = Settings { broker, profile: StoreProfile::MEMORY, seed: 7 };
        let shard = Shard::open(now, settings, &store.contents()).unwrap();
        let mut broker = Self {
            now,
            store,
            shard,
            workspace: None,
            connections: BTreeMap::new(),
            asked: BTreeMap::new(),
            closed: Vec::new(),
            notices: Vec::new(),
            ready: false,
            stopped: false,
            broken: false,
            flushes: 0,
        };
        broker.turn();
        assert!(broker.ready);
        broker
    }

    /// A new one over nothing.
    pub fn fresh() -> Self {
        Self::open(MemoryStore::new(1 << 30))
    }

    /// Time passes.
    pub fn advance(&mut self, ms: i64) {
        self.now.instant = self.now.instant.plus_millis(ms);
        self.now.wall = UnixMillis(self.now.wall.0 + ms);
        self.shard.handle(self.now, Input::Tick);
        self.turn();
    }

    /// Works until nothing is left to do.
    pub fn turn(&mut self) {
        loop {
            let mut progress = false;
            while let Some(effect) = self.shard.poll_effect() {
                progress = true;
                self.effect(effect);
            }
            let Some(workspace) = &mut self.workspace else { break };
            let mut gone = Vec::new();
            for (id, connection) in &mut self.connections {
                while let Some(demand) = connection.poll_demand(self.now, workspace) {
                    progress = true;
                    match demand {
                        Demand::Request { id, context, operation, .. } => {
                            self.shard.handle(self.now, Input::Request { id, context, operation });
                        }
                        Demand::Close(reason) => {
                            self.closed.push((id.0, reason));
                            gone.push(*id);
                        }
                    }
                }
            }
            for id in gone {
                self.connections.remove(&id);
            }
            if !progress {
                break;
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Storage(effect) => {
                self.flushes += u32::from(matches!(
                    effect,
                    StorageEffect::Append { flush: true, .. } | StorageEffect::Flush { .. }
                ));
                if let Some((operation, result)) = self.store.execute(effect) {
                    let failed = || Err(StoreError::Failed("broken".into()));
                    let result = if self.broken { failed() } else { result };
                    self.shard.handle(self.now, Input::Storage { operation, result });
                }
            }
            Effect::Reply { id, reply } => {
                if let Some(connection) = self.connections.get_mut(&id.connection) {
                    connection.reply(id, reply, self.workspace.as_mut().unwrap());
                }
            }
            Effect::Image(image) => match &mut self.workspace {
                Some(workspace) => workspace.image = image,
                None => self.workspace = Some(Workspace::new(image)),
            },
            Effect::Notice(notice) => self.notices.push(notice),
            Effect::Ready => self.ready = true,
            Effect::Refused(line) => panic!("{line}"),
            Effect::Stopped => self.stopped = true,
        }
    }

    /// Sends a request on a connection, which is opened where it is new, byte by byte: framing must not care.
    pub fn send(&mut self, connection: u64, request: impl Into<Request>, version: i16) {
        let request = request.into();
        let key: ApiKey = request.api_key();
        let client = Some(KString::from_static("t"));
        let (frame, _) = request_frame(&request, version, 42, client, BytesMut::new());
        let id = ConnectionId(connection);
        let endpoint = || Endpoint {
            listener: KString::from_static("PLAINTEXT"),
            host: KString::from_static("127.0.0.1"),
            port: 9092,
            client_host: KString::from_static("/127.0.0.1"),
        };
        let known = self.connections.entry(id).or_insert_with(|| Connection::new(id, endpoint()));
        for chunk in frame {
            let Chunk::Bytes(bytes) = chunk else { panic!("a request has no stored bytes") };
            for byte in bytes {
                let mut piece = BytesMut::from(&[byte][..]);
                known.receive(&mut piece, self.workspace.as_ref().unwrap());
            }
        }
        self.asked.insert(id, (key, version));
        self.turn();
    }

    /// The answer to the last request of a connection, if it is there.
    pub fn answer(&mut self, connection: u64) -> Option<Response> {
        let id = ConnectionId(connection);
        let known = self.connections.get_mut(&id)?;
        let mut answer = BytesMut::new();
        while let Some(chunk) = known.poll_transmit() {
            match chunk {
                Chunk::Bytes(b) => answer.extend_from_slice(&b),
                Chunk::Stored { object, at, len } => {
                    for slice in self.store.slices(object, at, len) {
                        answer.extend_from_slice(&slice);
                    }
                }
            }
        }
        if answer.is_empty() {
            return None;
        }
        let len = i32::from_be_bytes(answer[..4].try_into().unwrap()) as usize;
        assert_eq!(len + 4, answer.len());
        let (key, version) = self.asked[&id];
        let mut decoder = Decoder::new(answer.split_off(4));
        let header = ResponseHeader::decode(key, version, &mut decoder).unwrap();
        assert_eq!(header.correlation_id, 42);
        Some(Response::decode(key, version, &mut decoder).unwrap())
    }

    /// Sends a request and takes its answer.
    pub fn call(&mut self, request: impl Into<Request>, version: i16) -> Response {
        self.send(FIRST, request, version);
        self.answer(FIRST).unwrap_or_else(|| panic!("no answer; closed: {:?}", self.closed))
    }

    /// Makes a topic with these configurations.
    pub fn create(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Uuid {
        let config = |(name, value): &(&str, &str)| CreatableTopicConfig {
            name: KString::from(*name),
            value: Some(KString::from(*value)),
        };
        let topic = CreatableTopic {
            name: KString::from(name),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.iter().map(config).collect(),
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let response = answer!(self.call(Box::new(request), 7), CreateTopics);
        let topic = &response.topics[0];
        assert_eq!(topic.error_code, ErrorCode::NONE, "{topic:?}");
        topic.topic_id
    }

    /// Produces one record to partition 0; gives its offset.
    pub fn produce(&mut self, topic: &str, value: &[u8]) -> i64 {
        let (error, offset) = self.try_produce(topic, value);
        assert_eq!(error, ErrorCode::NONE, "{topic}");
        offset
    }

    /// Produces one record to partition 0; gives the error, and its offset.
    pub fn try_produce(&mut self, topic: &str, value: &[u8]) -> (ErrorCode, i64) {
        let mut batch = BatchBuilder::new(Codec::None);
        batch.append(BEGIN, None, Some(value), &[]);
        let records = batch.build(&mut Scratch::default()).unwrap();
        let data = PartitionProduceData { index: 0, records: Some(records) };
        let request = ProduceRequest {
            acks: -1,
            topic_data: SmallVec::from_iter([TopicProduceData {
                name: KString::from(topic),
                partition_data: SmallVec::from_iter([data]),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let response = answer!(self.call(request, 9), Produce);
        let answer = &response.responses[0].partition_responses[0];
        (answer.error_code, answer.base_offset)
    }
}

/// A fetch of partition 0 of a topic, by name (version 12 and below).
pub fn fetch(topic: &str, offset: i64, max_wait_ms: i32) -> FetchRequest {
    let partition =
        FetchPartition { fetch_offset: offset, partition_max_bytes: 1 << 20, ..Default::default() };
    FetchRequest {
        max_wait_ms,
        max_bytes: 1 << 20,
        min_bytes: 1,
        topics: SmallVec::from_iter([FetchTopic {
            topic: KString::from(topic),
            partitions: SmallVec::from_iter([partition]),
            ..Default::default()
        }]),
        ..Default::default()
    }
}

/// A name as it goes over the wire.
pub fn name(text: &str) -> KString {
    KString::from(text)
}
