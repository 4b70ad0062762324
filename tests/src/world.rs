//! What a case has: a broker to connect to, names of its own, and time.
//!
//! It offers what every target has. It must never show a case which one it meets, but for the versions that it offers.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use logboat_core::protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use logboat_core::protocol::messages::fetch::PartitionData;
use logboat_core::protocol::messages::list_offsets::ListOffsetsPartitionResponse;
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
use logboat_core::protocol::messages::produce::PartitionProduceResponse;
use logboat_core::protocol::messages::{
    ApiVersionsRequest, CreateTopicsRequest, FindCoordinatorRequest, InitProducerIdRequest,
    MetadataRequest, ProduceRequest,
};
use logboat_core::protocol::{ApiKey, ErrorCode, KString, Uuid};

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::Chunk;

use crate::ask;
use crate::client::Client;
use crate::in_process::Broker;
use crate::server::Server;
use crate::table::{Case, Release, Target};

/// A topic that a case made.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: KString,
    /// Its id, zero before Kafka had ids.
    pub id: Uuid,
}

enum Place {
    Process(Rc<RefCell<Broker>>),
    Address(
        SocketAddr,
        #[allow(dead_code, reason = "it lives as long as the case")] Option<Server>,
    ),
}

/// The world of one case.
pub struct World {
    place: Place,
    release: Option<Release>,
    prefix: String,
    topics: u32,
    versions: Vec<(i16, i16, i16)>,
    begun: Instant,
    main: Option<Client>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl World {
    /// The world in which `case` meets `target`.
    #[must_use]
    pub fn new(target: &Target, case: &Case) -> Self {
        let (place, release) = match target {
            Target::InProcess => {
                (Place::Process(Rc::new(RefCell::new(Broker::start(case.config)))), None)
            }
            Target::Server(server) if case.config.is_empty() => {
                (Place::Address(server.address(), None), None)
            }
            Target::Server(server) => {
                let own = Server::start(server.store(), case.config);
                (Place::Address(own.address(), Some(own)), None)
            }
            Target::Kafka(address, release) => (Place::Address(*address, None), Some(*release)),
        };
        // Cases share a broker, and a Kafka may have seen an earlier run.
        let run = match &place {
            Place::Process(_) => 0,
            Place::Address(..) => {
                u128::from(std::process::id()) << 32 | now().as_millis() & 0xffff_ffff
            }
        };
        let name: String =
            case.name.chars().take(40).map(|c| if c == '_' { '-' } else { c }).collect();
        let prefix = format!("{name}-{run:x}");
        let mut world = Self {
            place,
            release,
            prefix,
            topics: 0,
            versions: Vec::new(),
            begun: Instant::now(),
            main: None,
        };
        let mut client = world.connect();
        let versions = client.call(Box::new(ApiVersionsRequest::default()), 0);
        assert_eq!(versions.error_code, ErrorCode::NONE);
        world.versions = versions
            .api_keys
            .iter()
            .map(|api| (api.api_key, api.min_version, api.max_version))
            .collect();
        world.main = Some(client);
        if world.release.is_some() {
            world.wake();
        }
        world
    }

    /// A Kafka that was just started makes its internal topics and loads its coordinators while it answers "later".
    fn wake(&mut self) {
        let find = self.newest(ApiKey::FindCoordinator, 3);
        for (key_type, key) in [(0, "g"), (1, "t")] {
            let find_it =
                FindCoordinatorRequest { key: key.into(), key_type, ..Default::default() };
            for _ in 0..300 {
                if self.client().call(Box::new(find_it.clone()), find).error_code == ErrorCode::NONE
                {
                    break;
                }
                self.sleep(Duration::from_millis(100));
            }
        }
        let init = self.newest(ApiKey::InitProducerId, 4);
        for _ in 0..300 {
            let request = InitProducerIdRequest { transactional_id: None, ..Default::default() };
            if self.client().call(Box::new(request), init).error_code == ErrorCode::NONE {
                return;
            }
            self.sleep(Duration::from_millis(100));
        }
    }

    /// A new connection.
    #[must_use]
    pub fn connect(&self) -> Client {
        match &self.place {
            Place::Process(broker) => Client::in_process(broker.clone()),
            Place::Address(address, _) => Client::tcp(*address),
        }
    }

    /// Whatever a case did, the broker answers others as before.
    ///
    /// # Panics
    /// Where it does not.
    pub fn alive(&self) {
        let answer = self.connect().call(Box::new(ApiVersionsRequest::default()), 0);
        assert_eq!(answer.error_code, ErrorCode::NONE);
    }

    /// The connection for everything that needs none of its own.
    ///
    /// # Panics
    /// Never: it is there after [`World::new`].
    pub fn client(&mut self) -> &mut Client {
        self.main.as_mut().expect("connected at the start")
    }

    /// The release of Apache Kafka that is met; none for ours. For facts that rows do not judge.
    #[must_use]
    pub const fn release(&self) -> Option<Release> {
        self.release
    }

    /// Whether the broker is in this process: time is virtual, and waiting costs nothing.
    #[must_use]
    pub const fn is_virtual(&self) -> bool {
        matches!(self.place, Place::Process(_))
    }

    /// The versions of an API that both this client and the broker know; empty where the broker has none.
    #[must_use]
    pub fn versions(&self, key: ApiKey) -> RangeInclusive<i16> {
        let ours = key.versions();
        match self.versions.iter().find(|(code, ..)| *code == key.code()) {
            Some((_, min, max)) => *ours.start().max(min)..=*ours.end().min(max),
            None => RangeInclusive::new(1, 0),
        }
    }

    /// Whether the broker offers a version.
    #[must_use]
    pub fn offers(&self, key: ApiKey, version: i16) -> bool {
        self.versions(key).contains(&version)
    }

    /// The newest version that both know and that is not above `at_most`.
    #[must_use]
    pub fn newest(&self, key: ApiKey, at_most: i16) -> i16 {
        at_most.min(*self.versions(key).end())
    }

    /// Wall-clock time of the broker, Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        match &self.place {
            Place::Process(broker) => broker.borrow().wall(),
            Place::Address(..) => i64::try_from(now().as_millis()).expect("the clock is right"),
        }
    }

    /// Time since the case began, milliseconds; virtual in process.
    #[must_use]
    pub fn elapsed(&self) -> i64 {
        match &self.place {
            Place::Process(broker) => broker.borrow().wall() - 1_700_000_000_000,
            Place::Address(..) => {
                i64::try_from(self.begun.elapsed().as_millis()).expect("a case is short")
            }
        }
    }

    /// Demands that `expected` ms have passed since `begun`, a time of [`Self::elapsed`], and little more; a real broker
    /// and its machine may be a second late.
    ///
    /// # Panics
    /// Where it was otherwise.
    pub fn expect_elapsed(&self, begun: i64, expected: i64) {
        let passed = self.elapsed() - begun;
        let late = if self.is_virtual() { 50 } else { 1000 };
        // Clocks of two processes are read at different moments.
        assert!((expected - 5..=expected + late).contains(&passed), "{passed} ms, not {expected}");
    }

    /// Lets time pass.
    pub fn sleep(&self, time: Duration) {
        match &self.place {
            Place::Process(broker) => broker.borrow_mut().sleep(time),
            Place::Address(..) => std::thread::sleep(time),
        }
    }

    /// Stops the broker, in order or as a crash does, and starts it again; connections are new.
    ///
    /// # Panics
    /// Over TCP: such a case is marked `virtual_time`.
    pub fn restart(&mut self, in_order: bool) {
        let Place::Process(broker) = &self.place else { panic!("virtual time only") };
        broker.borrow_mut().restart(in_order);
        self.main = Some(self.connect());
    }

    /// A name that no other case has.
    pub fn name(&mut self, what: &str) -> KString {
        self.topics += 1;
        KString::from(format!("{}-{what}{}", self.prefix, self.topics))
    }

    /// A new topic of `partitions` partitions.
    pub fn topic(&mut self, partitions: i32) -> Topic {
        self.topic_with(partitions, &[])
    }

    /// The same, with these configs.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn topic_with(&mut self, partitions: i32, configs: &[(&str, &str)]) -> Topic {
        let name = self.name("t");
        self.create(&name, partitions, configs);
        self.described(&name, partitions)
    }

    /// Makes a topic of this name.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn create(&mut self, name: &KString, partitions: i32, configs: &[(&str, &str)]) {
        let configs = configs.iter().map(|(key, value)| CreatableTopicConfig {
            name: (*key).into(),
            value: Some((*value).into()),
        });
        let topic = CreatableTopic {
            name: name.clone(),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.collect(),
            ..Default::default()
        };
        let version = self.newest(ApiKey::CreateTopics, 7);
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let answer = self.client().call(Box::new(request), version);
        assert_eq!(answer.topics[0].error_code, ErrorCode::NONE, "{answer:?}");
    }

    /// The topic as Metadata shows it, once all its partitions have a leader: at once with ours, after a moment with
    /// Apache Kafka, whose brokers learn of a topic after it was answered.
    ///
    /// # Panics
    /// Where it never does.
    pub fn described(&mut self, name: &KString, partitions: i32) -> Topic {
        let version = self.newest(ApiKey::Metadata, 12);
        for _ in 0..200 {
            let topic = MetadataRequestTopic { name: Some(name.clone()), ..Default::default() };
            let request = MetadataRequest {
                topics: Some(vec![topic]),
                allow_auto_topic_creation: false,
                ..Default::default()
            };
            let answer = self.client().call(Box::new(request), version);
            let topic = &answer.topics[0];
            let led = topic.partitions.iter().filter(|p| p.error_code == ErrorCode::NONE).count();
            if topic.error_code == ErrorCode::NONE
                && led == usize::try_from(partitions).unwrap_or(0)
            {
                let topic = Topic { name: name.clone(), id: topic.topic_id };
                if self.release.is_none() || self.leads(&topic, partitions) {
                    return topic;
                }
            }
            assert!(self.release.is_some(), "not there at once: {answer:?}");
            self.sleep(Duration::from_millis(25));
        }
        panic!("{name} gets no leaders");
    }

    fn leads(&mut self, topic: &Topic, partitions: i32) -> bool {
        (0..partitions)
            .all(|partition| self.list_offsets(topic, partition, -1).error_code == ErrorCode::NONE)
    }

    /// Appends one batch to a partition.
    pub fn produce(
        &mut self,
        topic: &Topic,
        partition: i32,
        records: BytesMut,
    ) -> PartitionProduceResponse {
        let version = self.newest(ApiKey::Produce, 12);
        self.produce_v(version, ask::produce(&topic.name, partition, records))
    }

    /// Appends one batch and demands success; the base offset.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn append(&mut self, topic: &Topic, partition: i32, records: BytesMut) -> i64 {
        let answer = self.produce(topic, partition, records);
        assert_eq!(answer.error_code, ErrorCode::NONE, "{answer:?}");
        answer.base_offset
    }

    /// A Produce in a version; the first partition's answer.
    pub fn produce_v(&mut self, version: i16, request: ProduceRequest) -> PartitionProduceResponse {
        self.client().call(request, version).responses[0].partition_responses[0].clone()
    }

    /// Reads a partition from `offset` without waiting, in the newest version that names topics.
    pub fn fetch(&mut self, topic: &Topic, partition: i32, offset: i64) -> PartitionData {
        let version = self.newest(ApiKey::Fetch, 12);
        let answer = self.client().call(ask::fetch(&topic.name, partition, offset), version);
        answer.responses[0].partitions[0].clone()
    }

    /// Asks for an offset by time.
    pub fn list_offsets(
        &mut self,
        topic: &Topic,
        partition: i32,
        timestamp: i64,
    ) -> ListOffsetsPartitionResponse {
        let version = self.newest(ApiKey::ListOffsets, 11);
        let answer =
            self.client().call(ask::list_offsets(&topic.name, partition, timestamp), version);
        answer.topics[0].partitions[0].clone()
    }

    /// The offset after a partition's last record.
    pub fn end(&mut self, topic: &Topic, partition: i32) -> i64 {
        self.list_offsets(topic, partition, -1).offset
    }
}

/// The bytes of a partition's records in a Fetch.
///
/// # Panics
/// Where they are null: librdkafka does not take that.
#[must_use]
pub fn bytes_of(data: &PartitionData) -> Bytes {
    let mut all = BytesMut::new();
    for chunk in data.records.as_ref().expect("records are never null") {
        let Chunk::Bytes(bytes) = chunk else { panic!("what was decoded is in memory") };
        all.extend_from_slice(bytes);
    }
    all.freeze()
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
