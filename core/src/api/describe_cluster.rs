//! DescribeCluster (key 60), versions 0 to 2: this broker, and what the client may do to the cluster (KIP-700, KIP-919).
//!
//! Kafka: AuthHelper.computeDescribeClusterResponse. The connection fills in by which address the broker is reached.

use alloc::boxed::Box;
use alloc::vec;

use super::metadata::{CLUSTER_OPERATIONS, NOT_ASKED};
use crate::protocol::messages::describe_cluster::DescribeClusterBroker;
use crate::protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestContext, RequestId};

/// Asks for the brokers.
const BROKERS: i8 = 1;
/// Asks for the controllers, of a controller.
const CONTROLLERS: i8 = 2;

impl Shard {
    /// Handles a DescribeCluster.
    pub(crate) fn describe_cluster(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &DescribeClusterRequest,
    ) {
        let response = match request.endpoint_type {
            BROKERS => DescribeClusterResponse {
                endpoint_type: BROKERS,
                cluster_id: self.image.cluster_id.clone(),
                controller_id: self.image.node_id,
                brokers: vec![DescribeClusterBroker {
                    broker_id: self.image.node_id,
                    rack: self.broker.broker_rack.as_deref().map(KString::from),
                    ..Default::default()
                }],
                cluster_authorized_operations: if request.include_cluster_authorized_operations {
                    CLUSTER_OPERATIONS
                } else {
                    NOT_ASKED
                },
                ..Default::default()
            },
            other => {
                let (code, message) = if other == CONTROLLERS {
                    (ErrorCode::MISMATCHED_ENDPOINT_TYPE, "This is a broker, not a controller.")
                } else {
                    (ErrorCode::UNSUPPORTED_ENDPOINT_TYPE, "Unsupported endpoint type.")
                };
                DescribeClusterResponse {
                    error_code: if context.version == 0 {
                        ErrorCode::INVALID_REQUEST
                    } else {
                        code
                    },
                    error_message: Some(KString::from_static(message)),
                    ..Default::default()
                }
            }
        };
        self.reply_after(0, id, Reply::Response(Box::new(response).into()));
    }
}
