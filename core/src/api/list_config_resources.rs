//! ListConfigResources (key 74), versions 0 and 1: what has a configuration (KIP-1142). Version 0 lists client metrics
//! only.
//!
//! Kafka: KafkaApis.handleListConfigResources. Missing: groups and client metrics can not be configured yet, so there
//! are none to list.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::ToString;

use super::config_resources::{BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC};
use crate::gather::Gather as _;
use crate::protocol::messages::list_config_resources::ConfigResource;
use crate::protocol::messages::{ListConfigResourcesRequest, ListConfigResourcesResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestContext, RequestId};

/// What is listed where nothing is asked for.
const ALL: [i8; 5] = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP];

impl Shard {
    /// Handles a ListConfigResources.
    pub(crate) fn list_config_resources(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &ListConfigResourcesRequest,
    ) {
        let types: BTreeSet<i8> = match request.resource_types.as_slice() {
            _ if context.version == 0 => [CLIENT_METRICS].into_iter().gather(),
            [] => ALL.into_iter().gather(),
            types => types.iter().copied().gather(),
        };
        let mut response = ListConfigResourcesResponse::default();
        if types.iter().all(|wanted| ALL.contains(wanted)) {
            let node = KString::from(self.image.node_id.to_string());
            for resource_type in types {
                let resource =
                    |name: &KString| ConfigResource { resource_name: name.clone(), resource_type };
                let resources = &mut response.config_resources;
                match resource_type {
                    TOPIC => resources.extend(self.state.topics.keys().map(resource)),
                    BROKER | BROKER_LOGGER => resources.push(resource(&node)),
                    _ => {}
                }
            }
        } else {
            response.error_code = ErrorCode::UNSUPPORTED_VERSION;
        }
        // Topics that another client has just made are shown when they are durable.
        self.reply(id, Reply::Response(Box::new(response).into()));
    }
}
