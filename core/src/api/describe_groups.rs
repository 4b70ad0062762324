//! DescribeGroups (key 15), versions 0 to 6: groups of the classic protocol with their members.
//!
//! A group that is not there is Dead and no error, before version 6 (KIP-1043). What members said and were given is
//! shown while the group is stable. Kafka: GroupMetadataManager.describeGroups.

use alloc::boxed::Box;
use alloc::format;

use super::metadata::NOT_ASKED;
use crate::protocol::messages::describe_groups::{DescribedGroup, DescribedGroupMember};
use crate::protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestContext, RequestId};

/// What may be done to a group where nobody is refused anything: read, delete, describe, and its configuration.
const GROUP_OPERATIONS: i32 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;
/// From this version on a group that is not there is an error.
const NOT_FOUND_FROM: i16 = 6;

impl Shard {
    /// Handles a DescribeGroups.
    pub(crate) fn describe_groups(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: &DescribeGroupsRequest,
    ) {
        let operations =
            if request.include_authorized_operations { GROUP_OPERATIONS } else { NOT_ASKED };
        let groups = request.groups.iter().map(|name| DescribedGroup {
            authorized_operations: operations,
            ..self.described(name, context.version)
        });
        let response = DescribeGroupsResponse { groups: groups.collect(), ..Default::default() };
        let needs = request.groups.iter().map(|name| self.changed_in(name)).max().unwrap_or(0);
        self.reply_after(needs, id, Reply::Response(Box::new(response).into()));
    }

    fn described(&self, name: &KString, version: i16) -> DescribedGroup {
        let group_id = name.clone();
        let stored = self.state.groups.get(name);
        let Some(group) = self.coordinator.get(name) else {
            let Some(stored) = stored else {
                let missing = version >= NOT_FOUND_FROM;
                return DescribedGroup {
                    error_code: if missing {
                        ErrorCode::GROUP_ID_NOT_FOUND
                    } else {
                        ErrorCode::NONE
                    },
                    error_message: missing
                        .then(|| KString::from(format!("Group {name} not found."))),
                    group_id,
                    group_state: KString::from_static("Dead"),
                    ..Default::default()
                };
            };
            let metadata = stored.metadata.as_ref();
            let kind = metadata.map(|metadata| metadata.protocol_type.clone());
            return DescribedGroup {
                group_id,
                group_state: KString::from_static("Empty"),
                protocol_type: kind.unwrap_or_default(),
                ..Default::default()
            };
        };
        let protocol = group.protocol().filter(|_| group.is_stable());
        let members = group.members().map(|member| DescribedGroupMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            member_metadata: member.metadata(protocol),
            // Before the next one is handed out it is the last one, as in Kafka 4.
            member_assignment: member.assignment.clone(),
        });
        DescribedGroup {
            group_id,
            group_state: KString::from_static(group.state_name()),
            protocol_type: group.protocol_type().cloned().unwrap_or_default(),
            protocol_data: protocol.cloned().unwrap_or_default(),
            members: members.collect(),
            ..Default::default()
        }
    }
}
