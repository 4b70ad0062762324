//! FindCoordinator (key 10), versions 0 to 6: who coordinates a group. This broker does.
//!
//! Kafka: KafkaApis.getCoordinator. The connection fills in by which address the broker is reached. Deviations: the
//! coordinator is there at once, where Kafka answers COORDINATOR_NOT_AVAILABLE until it has made `__consumer_offsets`.
//! Missing: transactional ids are refused as in InitProducerId, and there is no coordinator of share partitions.

use alloc::boxed::Box;

use crate::protocol::messages::find_coordinator::Coordinator;
use crate::protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestContext, RequestId};

/// The key is a group.
const GROUP: i8 = 0;
/// The key is a transactional id.
const TRANSACTION: i8 = 1;

/// Why there is no coordinator for keys of that type.
const fn refusal(key_type: i8) -> Option<(ErrorCode, &'static str)> {
    match key_type {
        GROUP => None,
        TRANSACTION => Some((
            ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            "This broker does not coordinate transactions yet.",
        )),
        _ => Some((ErrorCode::INVALID_REQUEST, "There is no coordinator of this type.")),
    }
}

impl Shard {
    /// Handles a FindCoordinator.
    pub(crate) fn find_coordinator(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: FindCoordinatorRequest,
    ) {
        let refusal = refusal(request.key_type);
        if request.key_type == GROUP {
            self.ensure_offsets_topic();
        }
        let error_code = refusal.map_or(ErrorCode::NONE, |(code, _)| code);
        let message = refusal.map(|(_, message)| KString::from_static(message));
        let (node_id, port) = if refusal.is_some() { (-1, -1) } else { (self.image.node_id, 0) };
        let response = if context.version < 4 {
            FindCoordinatorResponse {
                error_code,
                // So Kafka words it where nothing is wrong.
                error_message: message.or(Some(KString::from_static("NONE"))),
                node_id,
                port,
                ..Default::default()
            }
        } else {
            let coordinator = |key| Coordinator {
                key,
                node_id,
                port,
                error_code,
                error_message: message.clone().or(Some(KString::EMPTY)),
                ..Default::default()
            };
            FindCoordinatorResponse {
                coordinators: request.coordinator_keys.into_iter().map(coordinator).collect(),
                ..Default::default()
            }
        };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }
}
