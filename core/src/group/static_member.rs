//! A static member (KIP-345) comes back under its name: it gets a new id, and who still uses the old one is fenced.
//!
//! BEHAVIOURS 63. Kafka: GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin.

use alloc::vec::Vec;

use super::classic::State;
use super::join::{Joiner, SKIPS_FROM};
use super::rebalance::Work;
use crate::protocol::messages::JoinGroupResponse;
use crate::protocol::{ErrorCode, KString};

impl Work<'_, '_> {
    /// Puts the joiner in the place of the member `old`. In a stable group whose protocol stays, nobody else notices.
    pub(super) fn replace_static(&mut self, joiner: &Joiner<'_>, old: &KString, new: &KString) {
        let old_leader = self.group.leader.clone();
        if let Some(before) = self.group.replace_static(old, new) {
            self.turn.turn_away(&before, old, ErrorCode::FENCED_INSTANCE_ID);
        }
        self.update(joiner, new);
        self.hear_of(new);
        match self.group.state {
            State::Stable if self.group.select_protocol() == self.group.protocol => {
                let record = self.group.to_record(self.name);
                self.turn.record(record);
                let leads = self.group.is_leader(new);
                let response = if joiner.context.version >= SKIPS_FROM {
                    let members = if leads { self.group.told() } else { Vec::new() };
                    self.joined(new, members, leads)
                } else {
                    // The old leader's id: so the client, which is not that, asks for its assignment as a follower.
                    JoinGroupResponse {
                        leader: old_leader.unwrap_or_default(),
                        ..self.joined(new, Vec::new(), false)
                    }
                };
                self.answer_join(new, response);
            }
            State::Stable => self.rebalance(),
            // The leader may already assign to the old id.
            State::CompletingRebalance => self.prepare(),
            State::PreparingRebalance | State::Empty => self.maybe_complete_join(),
        }
    }
}
