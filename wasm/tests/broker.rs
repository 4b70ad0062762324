//! The module's broker in Node, through its exports: what a client sends, and what it gets.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::protocol::messages::create_topics::CreatableTopic;
use logboat_core::protocol::messages::fetch::{FetchPartition, FetchTopic};
use logboat_core::protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use logboat_core::protocol::messages::{
    ApiVersionsRequest, CreateTopicsRequest, FetchRequest, ProduceRequest,
};
use logboat_core::protocol::{
    ApiKey, Decoder, KString, Request, Response, ResponseHeader, request_frame,
};
use logboat_core::record::{BatchBuilder, Codec, Scratch};
use logboat_wasm::WasmBroker;
use smallvec::SmallVec;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const READABLE: u32 = 1;
const WRITABLE: u32 = 2;
const OVER: u32 = 4;
const WALL: f64 = 1_700_000_000_000.0;

#[wasm_bindgen(inline_js = "
export function bytesAt(memory, at, length) { return new Uint8Array(memory.buffer, at, length).slice(); }
export function caught(f) { try { f(); return ''; } catch (error) { return error.constructor.name; } }
")]
extern "C" {
    #[wasm_bindgen(js_name = bytesAt)]
    fn bytes_at(memory: JsValue, at: usize, length: u32) -> Vec<u8>;
    fn caught(f: &Closure<dyn FnMut()>) -> String;
}

struct Client {
    broker: WasmBroker,
    connection: u32,
    at: f64,
}

impl Client {
    fn new(config: &[&str]) -> Self {
        let config = config.iter().map(ToString::to_string).collect();
        let Ok(mut broker) = WasmBroker::new(config, 7, 1.0, WALL) else { panic!("not opened") };
        let connection = broker.connect("127.0.0.1", 9092, "/127.0.0.1");
        Self { broker, connection, at: 1.0 }
    }

    fn send(&mut self, request: impl Into<Request>, version: i16) -> ApiKey {
        let request = request.into();
        let id = Some(KString::from_static("t"));
        let (frame, _) = request_frame(&request, version, 42, id, BytesMut::new());
        let mut bytes = Vec::new();
        for chunk in frame {
            let Chunk::Bytes(piece) = chunk else { panic!() };
            bytes.extend_from_slice(&piece);
        }
        // In two pieces: framing must not care.
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        self.broker.receive(self.connection, head.to_vec(), self.at, WALL);
        self.broker.receive(self.connection, tail.to_vec(), self.at, WALL);
        request.api_key()
    }

    fn answer(&mut self, key: ApiKey, version: i16) -> Response {
        assert_eq!(self.broker.changed(), self.connection);
        assert_eq!(self.broker.state(self.connection), READABLE);
        let mut answer = BytesMut::new();
        loop {
            let length = self.broker.take(self.connection, self.at, WALL);
            if length == 0 {
                break;
            }
            // As JavaScript does it: a view on the memory.
            let piece = bytes_at(wasm_bindgen::memory(), self.broker.output(), length);
            answer.extend_from_slice(&piece);
        }
        assert_eq!(self.broker.state(self.connection), WRITABLE);
        let length = i32::from_be_bytes(answer[..4].try_into().unwrap()) as usize;
        assert_eq!(length + 4, answer.len());
        let mut decoder = Decoder::new(answer.split_off(4));
        let header = ResponseHeader::decode(key, version, &mut decoder).unwrap();
        assert_eq!(header.correlation_id, 42);
        Response::decode(key, version, &mut decoder).unwrap()
    }

    fn call(&mut self, request: impl Into<Request>, version: i16) -> Response {
        let key = self.send(request, version);
        self.answer(key, version)
    }

    fn create_topic(&mut self) {
        let topic = CreatableTopic {
            name: KString::from_static("t"),
            num_partitions: 1,
            replication_factor: 1,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let Response::CreateTopics(response) = self.call(Box::new(request), 7) else { panic!() };
        assert_eq!(response.topics[0].error_code.code(), 0);
    }

    fn produce(&mut self, value: &[u8], codec: Codec) -> i64 {
        let request = produce_request(value, codec);
        let Response::Produce(response) = self.call(request, 9) else { panic!() };
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code.code(), 0, "{answer:?}");
        answer.base_offset
    }

    fn fetched(response: &Response) -> Bytes {
        let Response::Fetch(response) = response else { panic!() };
        let data = &response.responses[0].partitions[0];
        assert_eq!(data.error_code.code(), 0);
        let Some(Chunk::Bytes(bytes)) = data.records.as_ref().unwrap().first() else {
            return Bytes::new();
        };
        bytes.clone()
    }
}

fn fetch(offset: i64) -> FetchRequest {
    let partition =
        FetchPartition { fetch_offset: offset, partition_max_bytes: 1 << 20, ..Default::default() };
    let topic = FetchTopic {
        topic: KString::from_static("t"),
        partitions: SmallVec::from_iter([partition]),
        ..Default::default()
    };
    FetchRequest {
        max_bytes: 1 << 20,
        min_bytes: 1,
        max_wait_ms: 500,
        topics: SmallVec::from_iter([topic]),
        ..Default::default()
    }
}

#[wasm_bindgen_test]
fn api_versions_names_what_is_served() {
    let mut client = Client::new(&[]);
    let request = ApiVersionsRequest {
        client_software_name: KString::from_static("test"),
        client_software_version: KString::from_static("1"),
    };
    let Response::ApiVersions(response) = client.call(Box::new(request), 3) else { panic!() };
    assert_eq!(response.error_code.code(), 0);
    for key in [ApiKey::Produce, ApiKey::Fetch, ApiKey::CreateTopics] {
        assert!(response.api_keys.iter().any(|api| api.api_key == key.code()), "{key:?}");
    }
}

#[wasm_bindgen_test]
fn records_come_back_in_every_codec() {
    let mut client = Client::new(&["log.retention.hours", "-1"]);
    client.create_topic();
    let codecs = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
    for (offset, codec) in codecs.into_iter().enumerate() {
        assert_eq!(client.produce(b"abcabcabcabcabcabc", codec), offset as i64);
    }
    let response = client.call(fetch(0), 12);
    let plain = Client::fetched(&response);
    assert!(plain.windows(18).any(|w| w == b"abcabcabcabcabcabc"));
    // A large one takes the way of large pieces.
    let large = vec![b'x'; 100_000];
    assert_eq!(client.produce(&large, Codec::None), codecs.len() as i64);
    let response = client.call(fetch(codecs.len() as i64), 12);
    assert!(Client::fetched(&response).len() > large.len());
}

#[wasm_bindgen_test]
fn a_fetch_waits_until_its_time_or_for_records() {
    let mut client = Client::new(&[]);
    client.create_topic();
    let key = client.send(fetch(0), 12);
    assert_eq!(client.broker.take(client.connection, client.at, WALL), 0);
    assert_eq!(client.broker.timeout(), Some(501.0));
    client.at = 501.0;
    client.broker.turn(client.at, WALL);
    let response = client.answer(key, 12);
    assert!(Client::fetched(&response).is_empty());

    client.send(fetch(0), 12);
    while client.broker.changed() != 0 {}
    let waiting = client.connection;
    client.connection = client.broker.connect("127.0.0.1", 9092, "/127.0.0.1");
    let producing = client.connection;
    client.send(produce_request(b"woken", Codec::None), 9);
    // The producer's answer and the woken fetch, whichever comes first.
    let mut changed = [client.broker.changed(), client.broker.changed()];
    changed.sort_unstable();
    assert_eq!(changed, [waiting, producing]);
    assert_eq!(client.broker.changed(), 0);
    client.broker.disconnect(producing, client.at, WALL);
    client.connection = waiting;
    client.broker.turn(client.at, WALL);
    let length = client.broker.take(waiting, client.at, WALL);
    let bytes = bytes_at(wasm_bindgen::memory(), client.broker.output(), length);
    assert!(bytes.windows(5).any(|w| w == b"woken"));
}

fn produce_request(value: &[u8], codec: Codec) -> ProduceRequest {
    let mut batch = BatchBuilder::new(codec);
    batch.append(WALL as i64, None, Some(value), &[]);
    let records = batch.build(&mut Scratch::default()).unwrap();
    let data = PartitionProduceData { index: 0, records: Some(records) };
    let topic = TopicProduceData {
        name: KString::from_static("t"),
        partition_data: SmallVec::from_iter([data]),
        ..Default::default()
    };
    ProduceRequest { acks: -1, topic_data: SmallVec::from_iter([topic]), ..Default::default() }
}

#[wasm_bindgen_test]
fn what_cannot_be_read_ends_the_connection() {
    let mut client = Client::new(&[]);
    client.broker.receive(client.connection, vec![0xff; 4], client.at, WALL);
    assert_eq!(client.broker.changed(), client.connection);
    assert_eq!(client.broker.state(client.connection), OVER);
    let reason = client.broker.close_reason(client.connection).unwrap();
    assert!(reason.contains("socket.request.max.bytes"), "{reason}");
    client.broker.disconnect(client.connection, client.at, WALL);
    assert_eq!(client.broker.state(client.connection), OVER);
}

#[wasm_bindgen_test]
fn a_bad_key_is_refused_in_one_line() {
    let error = WasmBroker::new(vec!["log.retention.hour".into(), "1".into()], 7, 1.0, WALL);
    let line = JsValue::from(error.unwrap_err());
    let line = format!("{line:?}");
    assert!(line.contains("log.retention.hour"), "{line}");
    assert!(line.contains("log.retention.hours"), "{line}");
}

#[wasm_bindgen_test]
fn a_panic_leaves_its_message() {
    drop(Client::new(&[]));
    let panics = Closure::<dyn FnMut()>::new(|| panic!("a bug of ours"));
    assert_eq!(caught(&panics), "RuntimeError");
    let message = logboat_wasm::panic_message().unwrap();
    assert!(message.contains("a bug of ours"), "{message}");
    std::mem::forget(panics);
}
