//! ListGroups (key 16), versions 0 to 5: every group, with or without members.
//!
//! USERS trap 13: classic groups are shown to the oldest and the newest tools alike. Filters of states (KIP-518) and of
//! types (KIP-848) do not look at the case of letters. Kafka: GroupMetadataManager.listGroups.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::protocol::KString;
use crate::protocol::messages::list_groups::ListedGroup;
use crate::protocol::messages::{ListGroupsRequest, ListGroupsResponse};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

/// The only type of group that there is yet.
const CLASSIC: &str = "classic";

impl Shard {
    /// Handles a ListGroups.
    pub(crate) fn list_groups(&mut self, id: RequestId, request: &ListGroupsRequest) {
        let passes = |filter: &[KString], value: &str| {
            let same = |one: &KString| one.as_bytes().eq_ignore_ascii_case(value.as_bytes());
            filter.is_empty() || filter.iter().any(same)
        };
        let mut groups: BTreeMap<&KString, (&str, KString)> = BTreeMap::new();
        for (name, stored) in self.state.groups.iter() {
            let kind = stored.metadata.as_ref().map(|stored| stored.protocol_type.clone());
            groups.insert(name, ("Empty", kind.unwrap_or_default()));
        }
        for (name, group) in self.coordinator.iter() {
            let kind = group.protocol_type().cloned().unwrap_or_default();
            groups.insert(name, (group.state_name(), kind));
        }
        let listed = groups.into_iter().filter(|(_, (state, _))| {
            passes(&request.states_filter, state) && passes(&request.types_filter, CLASSIC)
        });
        let listed = listed.map(|(name, (state, protocol_type))| ListedGroup {
            group_id: name.clone(),
            protocol_type,
            group_state: KString::from_static(state),
            group_type: KString::from_static(CLASSIC),
        });
        let groups: Vec<ListedGroup> = listed.collect();
        let response = ListGroupsResponse { groups, ..Default::default() };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }
}
