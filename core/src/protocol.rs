//! Kafka's wire protocol: primitives, messages, headers, in every version.
//!
//! Nothing here knows what a request means. Every length is checked against the bytes that are there; nothing panics,
//! and nothing is allocated by a number that a peer made up.
//!
//! # Names
//! Every API has a file in [`messages`] with its `…Request`, `…Response` and the structures within them, under Kafka's
//! names: `ProduceRequest.TopicData[].PartitionData[].Records` is `request.topic_data[0].partition_data[0].records`,
//! its structures are `messages::produce::{TopicProduceData, PartitionProduceData}`. Nullable fields are `Option`s;
//! strings are [`KString`], error codes [`ErrorCode`], arrays `Vec` (or `SmallVec<[T; 1]>` in Produce, Fetch and
//! ListOffsets), records `BytesMut` on the way in and [`Chunks`](crate::chunk::Chunks) on the way out. `Default` gives
//! what Kafka's schema gives, so an answer is written as what differs; three defaults are what Kafka's handlers write
//! instead: error messages are null, the records of a Fetch are empty, and so are the eligible leaders of a partition.
//!
//! # Example
//! ```
//! use bytes::BytesMut;
//! use logboat_core::protocol::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
//! use logboat_core::protocol::{Decoder, Encoder, ErrorCode, Message, Request, RequestHeader, Response};
//! use logboat_core::protocol::{messages::CreateTopicsResponse, request_frame, response_frame};
//!
//! let topic = CreatableTopic { name: "ships".into(), num_partitions: 3, ..Default::default() };
//! let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
//! let (frame, buf) = request_frame(&Request::CreateTopics(request.into()), 5, 7, Some("me".into()), BytesMut::new());
//!
//! // What the broker does with a frame's bytes, after the length prefix:
//! let logboat_core::chunk::Chunk::Bytes(bytes) = &frame[0] else { unreachable!() };
//! let mut decoder = Decoder::new(BytesMut::from(&bytes[4..]));
//! let header = RequestHeader::decode(&mut decoder)?;
//! let Request::CreateTopics(request) = Request::decode(header.api_key, header.api_version, &mut decoder)? else { unreachable!() };
//! assert_eq!(request.topics[0].name, "ships");
//!
//! let response = Response::CreateTopics(CreateTopicsResponse::default().into());
//! let (frame, _buf) = response_frame(&response, header.api_version, header.correlation_id, buf); // chunks, in order
//! # assert_eq!(frame.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod api;
pub mod decoder;
pub mod encoder;
pub mod error_code;
pub mod header;
pub mod messages;
pub mod string;
pub mod uuid;
pub mod wire;

pub use api::{Api, ApiKey, Request, Response};
pub use decoder::{DecodeError, Decoder};
pub use encoder::{Encoder, Frame};
pub use error_code::ErrorCode;
pub use header::{HeaderError, RequestHeader, ResponseHeader, request_frame, response_frame};
pub use string::KString;
pub use uuid::Uuid;
pub use wire::Message;
