//! Rows 75 to 77: metadata, topics, partitions.

use logboat_core::protocol::messages::MetadataRequest;
use logboat_core::protocol::messages::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use logboat_core::protocol::{ApiKey, ErrorCode, KString};
use logboat_tests::cases;
use logboat_tests::world::World;

cases! {}

/// What Metadata says of one topic, without making it.
pub(crate) fn metadata(w: &mut World, name: &KString) -> MetadataResponseTopic {
    let version = w.newest(ApiKey::Metadata, 12);
    let topic = MetadataRequestTopic { name: Some(name.clone()), ..Default::default() };
    let request = MetadataRequest {
        topics: Some(vec![topic]),
        allow_auto_topic_creation: false,
        ..Default::default()
    };
    w.client().call(Box::new(request), version).topics[0].clone()
}

/// The topic's error in Metadata, without making it.
pub(crate) fn error_of(w: &mut World, name: &KString) -> ErrorCode {
    metadata(w, name).error_code
}
