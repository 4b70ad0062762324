//! The topics that a consumer subscribes to, out of what it says under its protocol.
//!
//! Kafka: ConsumerProtocolSubscription, versions 0 to 3, of which only the beginning is read: a version, then the
//! topics. Nothing else of what members say is ever looked into.

use alloc::vec::Vec;

use bytes::BytesMut;
use logboat_derive::Message;

use crate::protocol::wire::Message as _;
use crate::protocol::{Decoder, KString};

/// The beginning of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[message(versions = "0")]
struct Subscription {
    /// The topics.
    topics: Vec<KString>,
}

/// The topics of a subscription; none where the bytes are not one.
pub(super) fn topics_of(metadata: &[u8]) -> Option<Vec<KString>> {
    let (version, rest) = metadata.split_first_chunk::<2>()?;
    if i16::from_be_bytes(*version) < 0 {
        return None;
    }
    let subscription = Subscription::decode(&mut Decoder::new(BytesMut::from(rest)), 0).ok()?;
    Some(subscription.topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_stand_behind_the_version_whatever_follows() {
        let topics = |names: &[&str]| names.iter().map(|name| KString::from(*name)).collect();
        let bytes = b"\x00\x03\x00\x00\x00\x02\x00\x01a\x00\x02bc\xff\xff\xff\xff more";
        assert_eq!(topics_of(bytes), Some(topics(&["a", "bc"])));
        assert_eq!(topics_of(b"\x00\x00\x00\x00\x00\x00"), Some(topics(&[])));
        for broken in
            [&b""[..], b"\x00", b"\x00\x01\x7f\xff\xff\xff\x00", b"\xff\xff\x00\x00\x00\x00"]
        {
            assert_eq!(topics_of(broken), None, "{broken:?}");
        }
    }
}
