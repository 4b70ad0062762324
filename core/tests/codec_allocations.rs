//! What decoding and encoding allocate, counted: nothing for a Produce or a Fetch of one partition, and little for a frame
//! whose counts lie.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::{Bytes, BytesMut};
use logboat_core::chunk::{Chunk, Chunks};
use logboat_core::protocol::messages::fetch::{
    FetchPartition, FetchTopic, FetchableTopicResponse, PartitionData,
};
use logboat_core::protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic, ListOffsetsTopicResponse,
};
use logboat_core::protocol::messages::produce::{
    PartitionProduceData, PartitionProduceResponse, TopicProduceData, TopicProduceResponse,
};
use logboat_core::protocol::messages::{
    FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, ProduceRequest,
    ProduceResponse,
};
use logboat_core::protocol::{
    ApiKey, Decoder, Request, RequestHeader, Response, request_frame, response_frame,
};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts each thread's allocations on its way to the system's allocator.
#[expect(unsafe_code, reason = "an allocator can be counted only from within")]
// SAFETY: everything is handed on to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + layout.size());
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(place, layout) }
    }
}

/// Runs `work`; how many allocations it made, and of how many bytes.
fn counted<T>(work: impl FnOnce() -> T) -> (T, usize, usize) {
    let (count, bytes) = (COUNT.get(), BYTES.get());
    let result = work();
    (result, COUNT.get() - count, BYTES.get() - bytes)
}

/// A frame cut out of a larger buffer, as a connection cuts it.
fn cut(request: &Request, version: i16) -> BytesMut {
    let (frame, _) = request_frame(request, version, 1, Some("client".into()), BytesMut::new());
    let mut arena = BytesMut::with_capacity(4096);
    for chunk in &frame {
        let Chunk::Bytes(bytes) = chunk else { panic!("nothing is stored") };
        arena.extend_from_slice(bytes);
    }
    let _prefix = arena.split_to(4);
    arena.split_to(arena.len())
}

fn assert_decoding_is_free(request: impl Into<Request>) {
    let request = request.into();
    for version in request.api_key().versions() {
        let frame = cut(&request, version);
        let (read, count, _) = counted(|| {
            let mut decoder = Decoder::new(frame);
            let header = RequestHeader::decode(&mut decoder).expect("a header");
            (
                Request::decode(header.api_key, header.api_version, &mut decoder)
                    .expect("a request"),
                header,
            )
        });
        assert_eq!(count, 0, "{} {version}", request.api_key());
        drop(read);
    }
}

fn assert_encoding_is_free(response: impl Into<Response>) {
    let response = response.into();
    for version in response.api_key().versions() {
        // A buffer that has been split before, as a connection's is.
        let mut buf = BytesMut::with_capacity(4096);
        buf.extend_from_slice(b"before");
        let _before = buf.split();
        let (frame, count, _) = counted(|| response_frame(&response, version, 1, buf));
        assert_eq!(count, 0, "{} {version}", response.api_key());
        drop(frame);
    }
}

#[test]
fn allocations_are_counted() {
    let (_, count, bytes) = counted(|| std::hint::black_box(vec![1_u64, 2]));
    assert_eq!((count, bytes), (1, 16));
}

#[test]
fn decoding_one_partition_allocates_nothing() {
    let records = Some(BytesMut::from(&[7; 100][..]));
    let partition_data = [PartitionProduceData { index: 1, records }].into();
    let topic_data =
        [TopicProduceData { name: "topic".into(), partition_data, ..Default::default() }].into();
    assert_decoding_is_free(ProduceRequest { topic_data, ..Default::default() });

    let partitions = [FetchPartition { fetch_offset: 5, ..Default::default() }].into();
    let topics = [FetchTopic { topic: "topic".into(), partitions, ..Default::default() }].into();
    assert_decoding_is_free(FetchRequest { topics, rack_id: "rack".into(), ..Default::default() });

    let topics = [ListOffsetsTopic {
        name: "topic".into(),
        partitions: [ListOffsetsPartition::default()].into(),
    }];
    assert_decoding_is_free(ListOffsetsRequest { topics: topics.into(), ..Default::default() });
}

#[test]
fn encoding_one_partition_allocates_nothing_where_there_is_room() {
    let partition_responses =
        [PartitionProduceResponse { base_offset: 9, ..Default::default() }].into();
    let responses =
        [TopicProduceResponse { name: "topic".into(), partition_responses, ..Default::default() }]
            .into();
    assert_encoding_is_free(ProduceResponse { responses, ..Default::default() });

    let records: Chunks = [Chunk::Bytes(Bytes::from_static(&[7; 100]))].into_iter().collect();
    let partitions = [PartitionData { records: Some(records), ..Default::default() }].into();
    let responses =
        [FetchableTopicResponse { topic: "topic".into(), partitions, ..Default::default() }].into();
    assert_encoding_is_free(FetchResponse { responses, ..Default::default() });

    let partitions = [ListOffsetsPartitionResponse::default()].into();
    let topics = [ListOffsetsTopicResponse { name: "topic".into(), partitions }].into();
    assert_encoding_is_free(ListOffsetsResponse { topics, ..Default::default() });
}

/// BAD_INPUTS 20, 26 and 33: counts and sizes of 2^31 and thereabouts, in every API and version, at every place that a
/// short frame can reach.
#[test]
fn lying_counts_cost_next_to_nothing() {
    let lies: [&[u8]; 6] = [
        &[0x7f, 0xff, 0xff, 0xff],
        &[0x80, 0x80, 0x80, 0x80, 0x08],
        &[0xff, 0xff, 0xff, 0xff, 0x07],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0x7f, 0xff],
        &[0xff; 10],
    ];
    for key in ApiKey::ALL {
        for version in key.versions() {
            for lie in lies {
                for before in 0..40 {
                    for fill in [0, 1, 2] {
                        let bytes = [&vec![fill; before], lie, &[fill; 16]].concat();
                        let mut decoder = Decoder::new(BytesMut::from(&bytes[..]));
                        let (_, _, allocated) =
                            counted(|| Request::decode(*key, version, &mut decoder));
                        assert!(
                            allocated < 32 << 10,
                            "{key} {version}: {allocated} bytes for {bytes:?}"
                        );
                    }
                }
            }
        }
    }
}
