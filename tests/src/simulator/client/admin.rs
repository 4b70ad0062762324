//! An administrator: makes topics, deletes some, and cuts the beginning off logs.

use logboat_core::protocol::messages::CreateTopicsRequest;
use logboat_core::protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use logboat_core::protocol::{ErrorCode, KString, Response};

use super::{Field, Next, Wire};
use crate::simulator::model::Keeping;
use crate::simulator::network::MS;

/// An administrator.
#[derive(Debug, Default)]
pub struct Admin {
    asked: bool,
}

impl Admin {
    /// An administrator of the model's topics.
    #[must_use]
    pub const fn new() -> Self {
        Self { asked: false }
    }

    pub(super) fn act(&mut self, wire: &mut Wire, field: &mut Field<'_>) -> Option<u64> {
        if self.asked {
            return None;
        }
        let Some(topic) = field.model.topics.iter().find(|topic| !topic.created) else {
            return None;
        };
        let pairs: &[(&str, &str)] = match topic.keeping {
            Keeping::All => &[("retention.ms", "-1")],
            Keeping::Newest => &[
                ("retention.ms", "4000"),
                ("internal.segment.bytes", "16384"),
                ("retention.bytes", "60000"),
            ],
            Keeping::Unflushed => &[("retention.ms", "-1"), ("flush.messages", "1000000")],
        };
        let config = |(name, value): &(&str, &str)| CreatableTopicConfig {
            name: KString::from(*name),
            value: Some(KString::from(*value)),
        };
        let topic = CreatableTopic {
            name: KString::from(topic.name.as_str()),
            num_partitions: topic.partitions,
            replication_factor: 1,
            configs: pairs.iter().map(config).collect(),
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        self.asked = true;
        wire.ask(Box::new(request), 5, true, field);
        Some(field.dice.range(100 * MS, 1000 * MS))
    }

    pub(super) fn take(
        &mut self,
        response: Response,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        self.asked = false;
        let Response::CreateTopics(response) = response else {
            return Err("not a CreateTopics answer".into());
        };
        for answer in &response.topics {
            match answer.error_code {
                ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS => {
                    let number = field.model.topic_of(answer.name.as_bytes());
                    let topic = number.and_then(|n| field.model.topics.get_mut(usize::from(n)));
                    topic.ok_or("an answer for another topic")?.created = true;
                }
                other => return Err(format!("CreateTopics says {other:?}")),
            }
        }
        Ok(Next::Soon)
    }

    pub(super) fn lost(&mut self) {
        self.asked = false;
    }

    pub(super) const fn is_done(&self) -> bool {
        !self.asked
    }

    pub(super) fn describe(&self) -> String {
        format!("admin, asked {}", self.asked)
    }
}
