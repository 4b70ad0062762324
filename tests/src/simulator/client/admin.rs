//! An administrator: makes topics, deletes some and makes them anew, and cuts the beginning off logs.

use logboat_core::protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use logboat_core::protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use logboat_core::protocol::messages::metadata::MetadataRequestTopic;
use logboat_core::protocol::messages::{
    CreateTopicsRequest, DeleteRecordsRequest, DeleteTopicsRequest, MetadataRequest,
};
use logboat_core::protocol::{ErrorCode, KString, Response};

use super::{Field, Next, Wire};
use crate::simulator::model::{Keeping, Stage, Tp};
use crate::simulator::network::MS;

/// An administrator.
#[derive(Debug)]
pub struct Admin {
    asked: bool,
    /// In how many of 1,000 cases it deletes something where it could.
    deletes: u64,
    /// A DeleteRecords that is not answered.
    cutting: Option<(Tp, Option<u32>)>,
}

impl Admin {
    /// An administrator of the model's topics.
    #[must_use]
    pub const fn new(deletes: u64) -> Self {
        Self { asked: false, deletes, cutting: None }
    }

    pub(super) fn act(&mut self, wire: &mut Wire, field: &mut Field<'_>) -> Option<u64> {
        if !self.asked {
            self.ask(wire, field);
        }
        Some(field.dice.range(20 * MS, 600 * MS))
    }

    fn ask(&mut self, wire: &mut Wire, field: &mut Field<'_>) {
        let topics = (0_u16..).zip(&field.model.topics);
        let open = topics.filter(|(_, topic)| topic.stage != Stage::There || topic.id.is_none());
        let open: Vec<(u16, Stage)> = open.map(|(number, topic)| (number, topic.stage)).collect();
        if let Some((number, stage)) = field.dice.pick(&open).copied() {
            match stage {
                Stage::Absent | Stage::Wanted => self.create(number, wire, field),
                Stage::Doomed => self.delete(number, wire, field),
                Stage::There => self.ask_id(number, wire, field),
            }
            return;
        }
        if field.closing {
            return;
        }
        let number = field.dice.below(field.model.topics.len() as u64) as u16;
        if field.model.topics.get(usize::from(number)).is_some_and(|topic| topic.spared) {
            return;
        }
        if field.dice.per_mille(self.deletes) {
            field.model.dooms(number);
            self.delete(number, wire, field);
        } else if field.dice.per_mille(150) {
            self.cut(number, wire, field);
        }
    }

    fn create(&mut self, number: u16, wire: &mut Wire, field: &mut Field<'_>) {
        let Some(topic) = field.model.topics.get_mut(usize::from(number)) else { return };
        topic.stage = Stage::Wanted;
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
        wire.ask(Box::new(request), 7, true, field);
    }

    fn delete(&mut self, number: u16, wire: &mut Wire, field: &mut Field<'_>) {
        let name = KString::from(field.model.name(number));
        let request = DeleteTopicsRequest { topic_names: vec![name], ..Default::default() };
        self.asked = true;
        wire.ask(Box::new(request), 4, true, field);
    }

    fn ask_id(&mut self, number: u16, wire: &mut Wire, field: &mut Field<'_>) {
        let name = Some(KString::from(field.model.name(number)));
        let topic = MetadataRequestTopic { name, ..Default::default() };
        let request = MetadataRequest {
            topics: Some(vec![topic]),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        self.asked = true;
        wire.ask(Box::new(request), 12, true, field);
    }

    fn cut(&mut self, number: u16, wire: &mut Wire, field: &mut Field<'_>) {
        let Some(topic) = field.model.topics.get(usize::from(number)) else { return };
        let partition = field.dice.below(topic.partitions as u64) as i32;
        let tp = (number, partition);
        let end = field.model.acknowledged_end(tp);
        let offset = field.dice.below(end as u64 + 1) as i64;
        field.model.deletes_to(tp, offset);
        let request = DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: KString::from(field.model.name(number)),
                partitions: vec![DeleteRecordsPartition { partition_index: partition, offset }],
            }],
            ..Default::default()
        };
        self.asked = true;
        self.cutting = Some((tp, field.model.incarnation(number)));
        wire.ask(Box::new(request), 2, true, field);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an answer of any other kind is wrong")]
    pub(super) fn take(
        &mut self,
        response: Response,
        field: &mut Field<'_>,
    ) -> Result<Next, String> {
        self.asked = false;
        match response {
            Response::CreateTopics(response) => {
                for answer in &response.topics {
                    let number = field.model.topic_of(answer.name.as_bytes());
                    let topic = number.and_then(|n| field.model.topics.get_mut(usize::from(n)));
                    let topic = topic.ok_or("an answer for another topic")?;
                    match answer.error_code {
                        ErrorCode::NONE => topic.id = Some(answer.topic_id),
                        ErrorCode::TOPIC_ALREADY_EXISTS => topic.id = None,
                        other => return Err(format!("CreateTopics says {other:?}")),
                    }
                    topic.stage = Stage::There;
                }
            }
            Response::DeleteTopics(response) => {
                for answer in &response.responses {
                    let name = answer.name.clone().unwrap_or_default();
                    let number = field.model.topic_of(name.as_bytes());
                    let topic = number.and_then(|n| field.model.topics.get_mut(usize::from(n)));
                    let topic = topic.ok_or("an answer for another topic")?;
                    match answer.error_code {
                        ErrorCode::NONE | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
                            topic.stage = Stage::Absent;
                        }
                        other => return Err(format!("DeleteTopics says {other:?}")),
                    }
                }
            }
            Response::Metadata(response) => {
                for answer in &response.topics {
                    let name = answer.name.clone().unwrap_or_default();
                    let number = field.model.topic_of(name.as_bytes());
                    let topic = number.and_then(|n| field.model.topics.get_mut(usize::from(n)));
                    let topic = topic.ok_or("an answer for another topic")?;
                    if answer.error_code != ErrorCode::NONE {
                        return Err(format!("Metadata of {name} says {:?}", answer.error_code));
                    }
                    topic.id = Some(answer.topic_id);
                }
            }
            Response::DeleteRecords(response) => {
                let Some((tp, incarnation)) = self.cutting.take() else {
                    return Err("an answer to no DeleteRecords".into());
                };
                let same = incarnation.is_some() && incarnation == field.model.incarnation(tp.0);
                for answer in response.topics.iter().flat_map(|topic| &topic.partitions) {
                    match answer.error_code {
                        ErrorCode::NONE if same => {
                            field.model.told_start(tp, answer.low_watermark);
                        }
                        ErrorCode::NONE => {}
                        ErrorCode::KAFKA_STORAGE_ERROR if field.failed => {}
                        // What a power failure took back was never there.
                        ErrorCode::OFFSET_OUT_OF_RANGE if field.model.is_unflushed(tp) => {}
                        other => return Err(format!("DeleteRecords of {tp:?} says {other:?}")),
                    }
                }
            }
            _ => return Err("an answer of another kind".into()),
        }
        Ok(Next::Soon)
    }

    pub(super) fn lost(&mut self) {
        self.asked = false;
        self.cutting = None;
    }

    pub(super) fn is_done(&self, model: &crate::simulator::model::Model) -> bool {
        !self.asked && model.topics.iter().all(|t| t.stage == Stage::There && t.id.is_some())
    }

    pub(super) fn describe(&self) -> String {
        format!("admin, asked {}", self.asked)
    }
}
