//! AlterConfigs (key 33), versions 0 to 2: replaces a resource's whole configuration; what is not named returns to its
//! default.
//!
//! Kafka: ConfigAdminManager, ControllerApis.handleLegacyAlterConfigs. The rules are in [`super::config_resources`].

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::config_resources::{Change, text};
use crate::protocol::KString;
use crate::protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles an AlterConfigs.
    pub(crate) fn alter_configs(&mut self, id: RequestId, request: &AlterConfigsRequest) {
        let changes: Vec<(i8, &KString, Change)> = request
            .resources
            .iter()
            .map(|resource| {
                let configs = resource.configs.iter();
                let configs =
                    configs.map(|config| (text(&config.name), config.value.as_ref().map(text)));
                let change = Change::Replace(configs.collect());
                (resource.resource_type, &resource.resource_name, change)
            })
            .collect();
        let responses = self.change_configs(&changes, request.validate_only);
        let response = AlterConfigsResponse { responses, throttle_time_ms: 0 };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }
}
