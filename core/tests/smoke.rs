//! The first slice end to end, in one process: bytes in, bytes out, over the store in memory, and opened again.
use bytes::{Bytes, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::config::BrokerConfig;
use logboat_core::connection::{Connection, Demand, Endpoint, Workspace};
use logboat_core::memory_store::MemoryStore;
use logboat_core::protocol::messages::create_topics::CreatableTopic;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic};
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use logboat_core::protocol::messages::{CreateTopicsRequest, FetchRequest, ProduceRequest};
use logboat_core::protocol::{
    ApiKey, Decoder, KString, Request, Response, ResponseHeader, request_frame,
};
use logboat_core::record::{BatchBuilder, Codec, Scratch};
use logboat_core::shard::input::ConnectionId;
use logboat_core::shard::{Effect, Input, Settings, Shard, StoreProfile};
use logboat_core::time::{Instant, Now, UnixMillis};
use smallvec::SmallVec;

struct Broker {
    now: Now,
    store: MemoryStore,
    shard: Shard,
    workspace: Option<Workspace>,
    connection: Connection,
    ready: bool,
    stopped: bool,
}

impl Broker {
    fn open(store: MemoryStore) -> Self {
        let now =
            Now { instant: Instant::from_nanos(1_000_000), wall: UnixMillis(1_700_000_000_000) };
        let broker = BrokerConfig::from_pairs([]).unwrap().into();
        let settings = Settings { broker, profile: StoreProfile::MEMORY, seed: 7 };
        let shard = Shard::open(now, settings, &store.contents()).unwrap();
        let endpoint = Endpoint {
            listener: KString::from_static("PLAINTEXT"),
            host: KString::from_static("127.0.0.1"),
            port: 9092,
            client_host: KString::from_static("/127.0.0.1"),
        };
        let connection = Connection::new(ConnectionId(1), endpoint);
        let mut broker =
            Self { now, store, shard, workspace: None, connection, ready: false, stopped: false };
        broker.turn();
        assert!(broker.ready);
        broker
    }

    fn turn(&mut self) {
        loop {
            let mut progress = false;
            while let Some(effect) = self.shard.poll_effect() {
                progress = true;
                match effect {
                    Effect::Storage(effect) => {
                        if let Some(done) = self.store.execute(effect) {
                            let (operation, result) = done;
                            self.shard.handle(self.now, Input::Storage { operation, result });
                        }
                    }
                    Effect::Reply { id, reply } => {
                        self.connection.reply(id, reply, self.workspace.as_mut().unwrap());
                    }
                    Effect::Image(image) => match &mut self.workspace {
                        Some(workspace) => workspace.image = image,
                        None => self.workspace = Some(Workspace::new(image)),
                    },
                    Effect::Notice(notice) => println!("{notice}"),
                    Effect::Ready => self.ready = true,
                    Effect::Refused(line) => panic!("{line}"),
                    Effect::Stopped => self.stopped = true,
                }
            }
            if let Some(workspace) = &mut self.workspace {
                while let Some(demand) = self.connection.poll_demand(self.now, workspace) {
                    progress = true;
                    match demand {
                        Demand::Request { id, context, operation, .. } => {
                            self.shard.handle(self.now, Input::Request { id, context, operation });
                        }
                        Demand::Close(reason) => panic!("closed: {reason:?}"),
                    }
                }
            }
            if !progress {
                break;
            }
        }
    }

    fn call(&mut self, request: impl Into<Request>, version: i16) -> Response {
        let request = request.into();
        let key: ApiKey = request.api_key();
        let (frame, _) =
            request_frame(&request, version, 42, Some(KString::from_static("t")), BytesMut::new());
        let mut bytes = BytesMut::new();
        for chunk in frame {
            let Chunk::Bytes(b) = chunk else { panic!() };
            bytes.extend_from_slice(&b);
        }
        // One byte at a time: framing must not care.
        for byte in bytes {
            let mut piece = BytesMut::from(&[byte][..]);
            self.connection.receive(&mut piece, self.workspace.as_ref().unwrap());
        }
        self.turn();
        let mut answer = BytesMut::new();
        while let Some(chunk) = self.connection.poll_transmit() {
            match chunk {
                Chunk::Bytes(b) => answer.extend_from_slice(&b),
                Chunk::Stored { object, at, len } => {
                    for slice in self.store.slices(object, at, len) {
                        answer.extend_from_slice(&slice);
                    }
                }
            }
        }
        let len = i32::from_be_bytes(answer[..4].try_into().unwrap()) as usize;
        assert_eq!(len + 4, answer.len());
        let mut decoder = Decoder::new(answer.split_off(4));
        let header = ResponseHeader::decode(key, version, &mut decoder).unwrap();
        assert_eq!(header.correlation_id, 42);
        Response::decode(key, version, &mut decoder).unwrap()
    }

    fn produce(&mut self, value: &[u8]) -> i64 {
        let mut batch = BatchBuilder::new(Codec::None);
        batch.append(1_700_000_000_000, None, Some(value), &[]);
        let records = batch.build(&mut Scratch::default()).unwrap();
        let request = ProduceRequest {
            acks: -1,
            topic_data: SmallVec::from_iter([TopicProduceData {
                name: KString::from_static("t"),
                partition_data: SmallVec::from_iter([PartitionProduceData {
                    index: 0,
                    records: Some(records),
                }]),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let Response::Produce(response) = self.call(request, 9) else { panic!() };
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code.code(), 0, "{answer:?}");
        answer.base_offset
    }

    fn fetch(&mut self, offset: i64) -> Bytes {
        let request = FetchRequest {
            max_bytes: 1 << 20,
            min_bytes: 1,
            topics: SmallVec::from_iter([FetchTopic {
                topic: KString::from_static("t"),
                partitions: SmallVec::from_iter([FetchPartition {
                    fetch_offset: offset,
                    partition_max_bytes: 1 << 20,
                    ..Default::default()
                }]),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let Response::Fetch(response) = self.call(request, 12) else { panic!() };
        let data = &response.responses[0].partitions[0];
        assert_eq!(data.error_code.code(), 0);
        let chunks = data.records.as_ref().unwrap();
        let Some(Chunk::Bytes(bytes)) = chunks.first() else { return Bytes::new() };
        bytes.clone()
    }
}

#[test]
fn a_record_comes_back_and_survives_both_kinds_of_restart() {
    let mut broker = Broker::open(MemoryStore::new(1 << 30));
    let topic = CreatableTopic {
        name: KString::from_static("t"),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    let Response::CreateTopics(response) = broker.call(Box::new(request), 7) else { panic!() };
    assert_eq!(response.topics[0].error_code.code(), 0);
    assert_eq!(broker.produce(b"one"), 0);
    assert_eq!(broker.produce(b"two"), 1);
    assert!(broker.fetch(0).windows(3).any(|w| w == b"two"));
    let hash = broker.shard.state_hash();

    // A crash: only the store is left.
    let mut broker = Broker::open(broker.store);
    assert_ne!(broker.shard.state_hash(), hash, "the epoch rises");
    assert!(broker.fetch(1).windows(3).any(|w| w == b"two"));
    assert_eq!(broker.produce(b"three"), 2);

    // A clean stop.
    broker.shard.handle(broker.now, Input::Shutdown);
    broker.turn();
    assert!(broker.stopped);
    let mut broker = Broker::open(broker.store);
    assert!(broker.fetch(2).windows(5).any(|w| w == b"three"));
    assert_eq!(broker.produce(b"four"), 3);
}
