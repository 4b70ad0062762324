//! One request, several shards: parts out, one answer back.
//!
//! Clients never see a shard. What cannot be split goes to shard 0, which holds the metadata.

use crate::protocol::Response;

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
        (_, part) => part,
    }
}
