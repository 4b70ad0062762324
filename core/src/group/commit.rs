//! Who may commit offsets for a group, and who may delete them.
//!
//! BEHAVIOURS 61 and 65. Kafka: ClassicGroup.validateOffsetCommit, validateOffsetDelete, validateDeleteGroup.

use super::classic::{ClassicGroup, State};
use super::{Coordinator, MAX_GROUP_ID, Turn};
use crate::protocol::messages::OffsetCommitRequest;
use crate::protocol::{ErrorCode, KString};

/// From this version on a group that is not there is called so.
const NOT_FOUND_FROM: i16 = 9;

impl Coordinator {
    /// Checks who commits; a member's commit is a sign of life.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS; GROUP_ID_NOT_FOUND, before
    /// version 9 ILLEGAL_GENERATION, where only members may commit and the group is not there.
    pub(crate) fn may_commit(
        &mut self,
        turn: &mut Turn<'_>,
        version: i16,
        request: &OffsetCommitRequest,
    ) -> Result<(), ErrorCode> {
        // An empty name is one here: Kafka takes commits under it for the sake of old clients.
        if request.group_id.len() > MAX_GROUP_ID {
            return Err(ErrorCode::INVALID_GROUP_ID);
        }
        let name = &request.group_id;
        let generation = request.generation_id_or_member_epoch;
        let checked = self.work(turn, name, |work| {
            let group = &work.group;
            if generation < 0 && group.state == State::Empty {
                return Ok(());
            }
            let instance = request.group_instance_id.as_ref();
            if generation < 0 && request.member_id.is_empty() && instance.is_none() {
                return Err(ErrorCode::UNKNOWN_MEMBER_ID);
            }
            group.validate(&request.member_id, instance)?;
            if generation != group.generation {
                return Err(ErrorCode::ILLEGAL_GENERATION);
            }
            if group.state == State::CompletingRebalance {
                return Err(ErrorCode::REBALANCE_IN_PROGRESS);
            }
            work.hear_of(&request.member_id);
            Ok(())
        });
        match checked {
            Some(checked) => checked,
            None if generation < 0 => Ok(()),
            None if turn.groups.get(name).is_some() => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            None if version >= NOT_FOUND_FROM => Err(ErrorCode::GROUP_ID_NOT_FOUND),
            None => Err(ErrorCode::ILLEGAL_GENERATION),
        }
    }

    /// Whether a group may be deleted.
    ///
    /// # Errors
    /// GROUP_ID_NOT_FOUND; NON_EMPTY_GROUP where it has members.
    pub(crate) fn may_delete(&self, turn: &Turn<'_>, name: &KString) -> Result<(), ErrorCode> {
        if !self.is_known(turn, name) {
            return Err(ErrorCode::GROUP_ID_NOT_FOUND);
        }
        let empty = self.get(name).is_none_or(|group| group.state == State::Empty);
        empty.then_some(()).ok_or(ErrorCode::NON_EMPTY_GROUP)
    }

    /// Whether single offsets of a group may be deleted.
    ///
    /// # Errors
    /// GROUP_ID_NOT_FOUND; NON_EMPTY_GROUP where its members are not consumers, so that nobody knows what they read.
    pub(crate) fn may_delete_offsets(
        &self,
        turn: &Turn<'_>,
        name: &KString,
    ) -> Result<(), ErrorCode> {
        match self.may_delete(turn, name) {
            Err(ErrorCode::NON_EMPTY_GROUP)
                if self.get(name).is_some_and(ClassicGroup::is_of_consumers) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Whether members of the group subscribe to a topic.
    pub(crate) fn is_subscribed(&self, name: &KString, topic: &KString) -> bool {
        self.get(name)
            .is_some_and(|group| group.state != State::Empty && group.is_subscribed(topic))
    }
}
