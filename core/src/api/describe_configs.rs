//! DescribeConfigs (key 32), versions 0 to 4: every key with its value, where it comes from, and what it is for.
//!
//! BEHAVIOURS 78, USERS traps 10, 12, 15 and 16. Kafka: ConfigHelper.describeConfigs. Deviations: a broker has no
//! loggers to describe; a resource that is named twice is refused the second time, so that an answer is bounded.
//! Missing: a group's own configuration, which is answered as empty.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::config_resources::{BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC};
use super::create_topics::{Refusal, refusal};
use super::topics::check_name;
use crate::config::describe::{self, ConfigEntry};
use crate::gather::Gather as _;
use crate::protocol::messages::describe_configs::{
    DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult,
    DescribeConfigsSynonym,
};
use crate::protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles a DescribeConfigs.
    pub(crate) fn describe_configs(&mut self, id: RequestId, request: &DescribeConfigsRequest) {
        // Kafka's authorizer is asked first, and does not know what to say of other types.
        let known = |resource: &DescribeConfigsResource| {
            let types = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP];
            types.contains(&resource.resource_type)
        };
        let all_known = request.resources.iter().all(known);
        let mut response = DescribeConfigsResponse::default();
        let mut seen = BTreeSet::new();
        for resource in &request.resources {
            let described = if !seen.insert((resource.resource_type, &resource.resource_name)) {
                refusal(ErrorCode::INVALID_REQUEST, "Each resource must appear at most once.")
            } else if all_known {
                self.describe_resource(resource)
            } else {
                refusal(ErrorCode::INVALID_REQUEST, "Unexpected resource type.")
            };
            let mut result = DescribeConfigsResult {
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
                // Kafka's schema has no null here where nothing is wrong.
                error_message: Some(KString::EMPTY),
                ..Default::default()
            };
            match described {
                Ok(entries) => {
                    let entries = entries.into_iter().map(|entry| answer(entry, request));
                    result.configs = entries.collect();
                }
                Err(Refusal { code, message }) => {
                    result.error_code = code;
                    result.error_message = Some(KString::from(message));
                }
            }
            response.results.push(result);
        }
        // What another client has just set is shown when it is durable.
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    fn describe_resource(
        &self,
        resource: &DescribeConfigsResource,
    ) -> Result<Vec<ConfigEntry>, Refusal> {
        let keys = resource.configuration_keys.iter().flatten();
        let keys: BTreeSet<&[u8]> = keys.map(KString::as_bytes).gather();
        let wanted = |name: &str| keys.is_empty() || keys.contains(name.as_bytes());
        let name = &resource.resource_name;
        match resource.resource_type {
            TOPIC => {
                if let Err(bad) = check_name(name.as_bytes()) {
                    return refusal(ErrorCode::INVALID_TOPIC_EXCEPTION, bad.message(name));
                }
                let Some(topic) = self.state.topics.get(name) else {
                    // Without words: so Kafka's tools print it.
                    return refusal(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "");
                };
                Ok(describe::describe_topic(&self.broker, &topic.configs, wanted))
            }
            BROKER if name.is_empty() => Ok(describe::describe_cluster(&self.broker, wanted)),
            BROKER => {
                self.check_node(name)?;
                Ok(describe::describe_broker(&self.broker, wanted))
            }
            BROKER_LOGGER => {
                self.check_node(name)?;
                Ok(Vec::new())
            }
            _ if name.is_empty() => {
                refusal(ErrorCode::INVALID_REQUEST, "The resource's name must not be empty.")
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// A name without a copy, where it is one of Kafka's.
pub(crate) fn shared(name: Cow<'static, str>) -> KString {
    match name {
        Cow::Borrowed(name) => KString::from_static(name),
        Cow::Owned(name) => KString::from(name),
    }
}

fn answer(entry: ConfigEntry, request: &DescribeConfigsRequest) -> DescribeConfigsResourceResult {
    let synonyms = if request.include_synonyms { entry.synonyms } else { Vec::new() };
    let synonym = |synonym: describe::ConfigSynonym| DescribeConfigsSynonym {
        name: shared(synonym.name),
        value: synonym.value.map(KString::from),
        source: synonym.source.code(),
    };
    let documentation = entry.documentation.filter(|_| request.include_documentation);
    DescribeConfigsResourceResult {
        is_default: entry.source == describe::ConfigSource::DefaultConfig,
        name: shared(entry.name),
        value: entry.value.map(KString::from),
        read_only: entry.read_only,
        config_source: entry.source.code(),
        is_sensitive: entry.sensitive,
        synonyms: synonyms.into_iter().map(synonym).collect(),
        config_type: entry.config_type.map_or(0, |config_type| config_type.code()),
        documentation: documentation.map(KString::from_static),
    }
}
