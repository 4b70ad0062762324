//! IncrementalAlterConfigs (key 44), versions 0 and 1: sets, forgets and extends single configurations (KIP-339).
//!
//! BEHAVIOURS 78. Kafka: ConfigAdminManager, ConfigurationControlManager.incrementalAlterConfigs. The rules are in
//! [`super::config_resources`].

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::config_resources::{Change, text};
use crate::protocol::KString;
use crate::protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles an IncrementalAlterConfigs.
    pub(crate) fn incremental_alter_configs(
        &mut self,
        id: RequestId,
        request: &IncrementalAlterConfigsRequest,
    ) {
        let changes: Vec<(i8, &KString, Change)> = request
            .resources
            .iter()
            .map(|resource| {
                let configs = resource.configs.iter().map(|config| {
                    (text(&config.name), config.config_operation, config.value.as_ref().map(text))
                });
                let change = Change::Alter(configs.collect());
                (resource.resource_type, &resource.resource_name, change)
            })
            .collect();
        let responses = self.change_configs(&changes, request.validate_only);
        let response = IncrementalAlterConfigsResponse { responses, throttle_time_ms: 0 };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }
}
