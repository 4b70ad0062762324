//! DeleteGroups (key 42), versions 0 to 2: removes groups without members, with their offsets.
//!
//! BEHAVIOURS 65, USERS trap 5: a group of dead members has members until their sessions end. Kafka:
//! GroupCoordinatorShard.deleteGroups.

use alloc::boxed::Box;

use crate::group::records::GroupRecord;
use crate::protocol::ErrorCode;
use crate::protocol::messages::delete_groups::DeletableGroupResult;
use crate::protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse};
use crate::shard::Shard;
use crate::shard::input::RequestId;

impl Shard {
    /// Handles a DeleteGroups.
    pub(crate) fn delete_groups(&mut self, id: RequestId, request: &DeleteGroupsRequest) {
        self.coordinate_all(|groups, turn| {
            let mut response = DeleteGroupsResponse::default();
            let mut seen = alloc::collections::BTreeSet::new();
            for name in request.groups_names.iter().filter(|name| seen.insert(*name)) {
                let checked = groups.may_delete(turn, name);
                response.results.push(DeletableGroupResult {
                    group_id: name.clone(),
                    error_code: checked.err().unwrap_or(ErrorCode::NONE),
                });
                if checked.is_err() {
                    continue;
                }
                groups.forget(name);
                if let Some(group) = turn.groups.get(name) {
                    let gone = group.offsets.iter().map(|offset| offset.tombstone(name));
                    turn.outcome.records.extend(gone);
                    turn.record(GroupRecord::Group { group: name.clone(), value: None });
                }
            }
            turn.reply(id, Box::new(response));
        });
    }
}
