//! DeleteTopics (key 20), versions 0 to 6: removes topics, by name or by id, with all their records.
//!
//! BAD_INPUTS 78. Kafka: ControllerApis.deleteTopics. Deviation: results stand in the order of the request, where Kafka
//! shuffles them; a name or id that is given twice has one result.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::group::Coordinator;
use crate::journal::entry::Entry;
use crate::notice::Notice;
use crate::protocol::messages::delete_topics::{DeletableTopicResult, DeleteTopicState};
use crate::protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::coordination::OFFSETS_TOPIC;
use crate::shard::input::{Effect, Reply, RequestContext, RequestId};

/// How often each topic is named, and what of it: the same topic twice is an error, in whatever form.
type Counts<'a> = BTreeMap<(Option<&'a KString>, crate::protocol::Uuid), u32>;

impl Shard {
    /// Handles a DeleteTopics.
    pub(crate) fn delete_topics(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: DeleteTopicsRequest,
    ) {
        let named = request.topic_names.into_iter();
        let named = named.map(|name| DeleteTopicState { name: Some(name), ..Default::default() });
        let asked: Vec<DeleteTopicState> = named.chain(request.topics).collect();
        let mut response = DeleteTopicsResponse::default();
        if !self.broker.delete_topic_enable {
            let code = if context.version < 3 {
                ErrorCode::INVALID_REQUEST
            } else {
                ErrorCode::TOPIC_DELETION_DISABLED
            };
            response.responses = asked.iter().map(|topic| refused(topic, code, None)).collect();
            self.reply_after(0, id, Reply::Response(Box::new(response).into()));
            return;
        }
        let mut counts = Counts::new();
        for topic in &asked {
            *counts.entry((topic.name.as_ref(), topic.topic_id)).or_default() += 1;
        }
        let (mut seen, mut gone) = (BTreeSet::new(), BTreeMap::new());
        for topic in &asked {
            let key = (topic.name.as_ref(), topic.topic_id);
            let twice = counts.get(&key).is_some_and(|count| *count > 1) && is_either(topic);
            if twice && !seen.insert(key) {
                continue;
            }
            response.responses.push(match self.deletable(topic, twice) {
                Err((code, message)) => refused(topic, code, Some(message)),
                Ok((name, topic_id)) => {
                    gone.entry(name.clone())
                        .or_insert_with(Vec::new)
                        .push(response.responses.len());
                    DeletableTopicResult { name: Some(name), topic_id, ..Default::default() }
                }
            });
        }
        // A name and an id that mean the same topic: nobody knows what was meant.
        for places in gone.values().filter(|places| places.len() > 1) {
            for place in places {
                if let Some(result) = response.responses.get_mut(*place) {
                    result.error_code = ErrorCode::INVALID_REQUEST;
                    result.error_message =
                        Some(KString::from_static("The topic is given by its name and by its id."));
                }
            }
        }
        gone.retain(|_, places| places.len() == 1);
        let gone: Vec<KString> = gone.into_keys().collect();
        self.remove_topics(&gone);
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// The name and id of the topic to be removed, or why there is none.
    fn deletable(
        &self,
        topic: &DeleteTopicState,
        twice: bool,
    ) -> Result<(KString, crate::protocol::Uuid), (ErrorCode, &'static str)> {
        match (&topic.name, topic.topic_id.is_zero()) {
            (None, true) => Err((ErrorCode::INVALID_REQUEST, "Neither a name nor an id is given.")),
            (Some(_), false) => Err((ErrorCode::INVALID_REQUEST, "A name and an id are given.")),
            (Some(_), true) if twice => Err((ErrorCode::INVALID_REQUEST, "Duplicate topic name.")),
            (None, false) if twice => Err((ErrorCode::INVALID_REQUEST, "Duplicate topic id.")),
            (Some(name), true) => self
                .state
                .topics
                .get_key_value(name)
                .map(|(name, topic)| (name.clone(), topic.id))
                .ok_or((ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "There is no such topic.")),
            (None, false) => self
                .image
                .topic_by_id(&topic.topic_id)
                .map(|topic| (topic.name.clone(), topic.id))
                .ok_or((ErrorCode::UNKNOWN_TOPIC_ID, "There is no topic of this id.")),
        }
    }

    /// Removes topics that exist, and answers the fetches that wait for their records.
    fn remove_topics(&mut self, names: &[KString]) {
        if names.is_empty() {
            return;
        }
        let mut waiting = Vec::new();
        for name in names {
            let Some(topic) = self.state.topics.get(name) else { continue };
            for partition in &topic.partitions {
                if let Some(partition) = self.state.partitions.get_mut(partition) {
                    waiting.append(&mut partition.waiting);
                }
            }
            if *name == *OFFSETS_TOPIC {
                self.coordinate_all(Coordinator::unload);
            } else {
                // What groups committed for it goes with it.
                self.coordinate_all(|_, turn| {
                    turn.outcome.records.extend(turn.groups.tombstones(name))
                });
            }
            self.record(&Entry::TopicDeleted { name: name.to_string() });
            self.effects.push_back(Effect::Notice(Notice::TopicDeleted { name: name.to_string() }));
        }
        self.publish();
        self.resume_all(waiting);
        self.drop_dead_files();
    }
}

/// Whether the topic is given by its name or by its id, and not by both or neither.
fn is_either(topic: &DeleteTopicState) -> bool {
    topic.name.is_some() == topic.topic_id.is_zero()
}

fn refused(
    topic: &DeleteTopicState,
    error_code: ErrorCode,
    message: Option<&'static str>,
) -> DeletableTopicResult {
    DeletableTopicResult {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        error_code,
        error_message: message.map(KString::from_static),
    }
}
