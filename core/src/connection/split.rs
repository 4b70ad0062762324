//! One request, several shards: parts out, one answer back.
//!
//! Clients never see a shard. What is not about partitions goes to shard 0, which holds the metadata, and so does what
//! is about partitions that do not exist: it answers for them.

use alloc::boxed::Box;

use smallvec::SmallVec;

use crate::fetch_session::SHARD_MASK;
use crate::image::Image;
use crate::protocol::messages::fetch::FetchTopic;
use crate::protocol::{ErrorCode, Request, Response};
use crate::shard::input::ShardId;

/// The parts of a request, one a shard.
pub(super) type Parts = SmallVec<[(ShardId, Request); 1]>;

/// The shard of a partition; 0 where it does not exist.
fn shard_of(image: &Image, topic: &[u8], index: i32) -> ShardId {
    let topic = image.topic(topic);
    partition_shard(topic.map(|topic| &**topic), index)
}

fn partition_shard(topic: Option<&crate::image::TopicImage>, index: i32) -> ShardId {
    let at = usize::try_from(index).ok();
    let partition = topic.zip(at).and_then(|(topic, at)| topic.partitions.get(at));
    partition.map_or(ShardId(0), |partition| partition.shard)
}

/// Distributes `topics[].partitions[]` of a request over the shards that hold them. What else the request says is said
/// to each.
macro_rules! by_partition {
    ($image:expr, $request:expr, $name:ident, $index:ident, $wrap:expr) => {{
        let mut request = $request;
        let topics = core::mem::take(&mut request.topics);
        let mut parts: SmallVec<[(ShardId, _); 1]> = SmallVec::new();
        for topic in topics {
            let mut topic = topic;
            for partition in core::mem::take(&mut topic.partitions) {
                let shard = shard_of($image, topic.$name.as_bytes(), partition.$index);
                let at = parts.iter().position(|(s, _)| *s == shard).unwrap_or_else(|| {
                    parts.push((shard, request.clone()));
                    parts.len() - 1
                });
                let part = &mut parts[at].1;
                if part.topics.last().is_none_or(|last| last.$name != topic.$name) {
                    part.topics.push(topic.clone());
                }
                if let Some(last) = part.topics.last_mut() {
                    last.partitions.push(partition);
                }
            }
        }
        if parts.is_empty() {
            parts.push((ShardId(0), request));
        }
        parts.into_iter().map(|(shard, part)| (shard, $wrap(part))).collect()
    }};
}

/// Splits a request by shard.
///
/// # Errors
/// The code of the whole answer, where a fetch session would have to span shards.
pub(super) fn split(image: &Image, request: Request) -> Result<Parts, ErrorCode> {
    if image.shards <= 1 {
        return Ok(SmallVec::from_iter([(ShardId(0), request)]));
    }
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "what is not about partitions is never split"
    )]
    Ok(match request {
        Request::Fetch(request) => return split_fetch(image, request),
        Request::ListOffsets(request) => {
            by_partition!(image, request, name, partition_index, Request::ListOffsets)
        }
        Request::DeleteRecords(request) => {
            by_partition!(image, *request, name, partition_index, |part| Request::DeleteRecords(
                Box::new(part)
            ))
        }
        Request::OffsetForLeaderEpoch(request) => {
            by_partition!(image, *request, topic, partition, |part| Request::OffsetForLeaderEpoch(
                Box::new(part)
            ))
        }
        other => SmallVec::from_iter([(ShardId(0), other)]),
    })
}

/// A session lives on one shard. A full request over several goes without one; a session that would come to span
/// several is refused, and the client begins anew.
fn split_fetch(
    image: &Image,
    mut request: crate::protocol::messages::FetchRequest,
) -> Result<Parts, ErrorCode> {
    let topics = core::mem::take(&mut request.topics);
    let mut parts: SmallVec<[(ShardId, crate::protocol::messages::FetchRequest); 1]> =
        SmallVec::new();
    for topic in topics {
        let by_id = image.topic_by_id(&topic.topic_id);
        let known = by_id.or_else(|| image.topic(topic.topic.as_bytes()));
        for partition in topic.partitions {
            let shard = partition_shard(known.map(|topic| &**topic), partition.partition);
            let at = parts.iter().position(|(s, _)| *s == shard).unwrap_or_else(|| {
                parts.push((shard, request.clone()));
                parts.len() - 1
            });
            let part = &mut parts[at].1;
            let same =
                |last: &FetchTopic| last.topic == topic.topic && last.topic_id == topic.topic_id;
            if !part.topics.last().is_some_and(same) {
                let (topic, topic_id) = (topic.topic.clone(), topic.topic_id);
                part.topics.push(FetchTopic { topic, topic_id, ..Default::default() });
            }
            if let Some(last) = part.topics.last_mut() {
                last.partitions.push(partition);
            }
        }
    }
    if request.session_epoch > 0 {
        let home = ShardId((request.session_id & SHARD_MASK) as u16);
        if parts.iter().any(|(shard, _)| *shard != home) {
            return Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
        }
        if parts.is_empty() {
            parts.push((home, request));
        }
    } else if parts.is_empty() {
        parts.push((ShardId(0), request));
    } else if parts.len() > 1 {
        for (_, part) in &mut parts {
            (part.session_id, part.session_epoch) = (0, -1);
        }
    }
    Ok(parts.into_iter().map(|(shard, part)| (shard, Request::Fetch(part))).collect())
}

/// Adds a shard's part to the parts before it.
pub(super) fn join(joined: Option<Response>, part: Response) -> Response {
    match (joined, part) {
        (Some(Response::Fetch(mut all)), Response::Fetch(part)) => {
            all.responses.extend(part.responses);
            Response::Fetch(all)
        }
        (Some(Response::ListOffsets(mut all)), Response::ListOffsets(part)) => {
            all.topics.extend(part.topics);
            Response::ListOffsets(all)
        }
        (Some(Response::DeleteRecords(mut all)), Response::DeleteRecords(part)) => {
            all.topics.extend(part.topics);
            Response::DeleteRecords(all)
        }
        (Some(Response::OffsetForLeaderEpoch(mut all)), Response::OffsetForLeaderEpoch(part)) => {
            all.topics.extend(part.topics);
            Response::OffsetForLeaderEpoch(all)
        }
        (_, part) => part,
    }
}

#[cfg(test)]
mod tests;
