//! AlterReplicaLogDirs (key 34), versions 0 to 2: there is one log directory, so everything lies there already.
//!
//! Kafka: ReplicaManager.alterReplicaLogDirs: the directory is looked at before the partition, and of a partition that
//! is named twice the last directory counts. Directories are compared as DescribeLogDirs shows them, letter by letter.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::protocol::messages::alter_replica_log_dirs::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult,
};
use crate::protocol::messages::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles an AlterReplicaLogDirs.
    pub(crate) fn alter_replica_log_dirs(
        &mut self,
        id: RequestId,
        request: &AlterReplicaLogDirsRequest,
    ) {
        let here = self.log_dir();
        let mut moves: BTreeMap<&KString, BTreeMap<i32, bool>> = BTreeMap::new();
        for dir in &request.dirs {
            let is_here = dir.path == here.as_str();
            for topic in &dir.topics {
                let wanted = moves.entry(&topic.name).or_default();
                wanted.extend(topic.partitions.iter().map(|index| (*index, is_here)));
            }
        }
        let results = moves.into_iter().map(|(name, wanted)| {
            let partitions = wanted.into_iter().map(|(index, is_here)| {
                let error_code = if !is_here {
                    ErrorCode::LOG_DIR_NOT_FOUND
                } else if self.find_partition(name, index).is_none() {
                    ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                } else {
                    ErrorCode::NONE
                };
                AlterReplicaLogDirPartitionResult { partition_index: index, error_code }
            });
            AlterReplicaLogDirTopicResult {
                topic_name: name.clone(),
                partitions: partitions.collect(),
            }
        });
        let response =
            AlterReplicaLogDirsResponse { results: results.collect(), ..Default::default() };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }
}
