//! DescribeLogDirs (key 35), versions 0 to 5: where the data lies, and how much of it each partition has.
//!
//! Kafka: ReplicaManager.describeLogDirs. There is one directory: that of `log.dirs`, or `memory`. How large its volume
//! is the core does not know. USERS trap 16: version 0 is still asked for.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::protocol::messages::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use crate::protocol::messages::{DescribeLogDirsRequest, DescribeLogDirsResponse};
use crate::protocol::{ErrorCode, KString};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

impl Shard {
    /// Handles a DescribeLogDirs.
    pub(crate) fn describe_log_dirs(&mut self, id: RequestId, request: &DescribeLogDirsRequest) {
        let topics = match &request.topics {
            None => {
                let all = self.state.topics.iter();
                let all = all.map(|(name, topic)| {
                    self.sizes(name, 0..i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX))
                });
                all.collect()
            }
            Some(topics) => {
                let mut asked: Vec<(&KString, i32)> = Vec::new();
                for topic in topics {
                    asked.extend(topic.partitions.iter().map(|index| (&topic.topic, *index)));
                }
                asked.sort_unstable();
                asked.dedup();
                let asked = asked.chunk_by(|(a, _), (b, _)| a == b);
                let sizes = asked.filter_map(|topic| {
                    let (name, _) = topic.first()?;
                    Some(self.sizes(name, topic.iter().map(|(_, index)| *index)))
                });
                sizes.filter(|topic| !topic.partitions.is_empty()).collect()
            }
        };
        let response = DescribeLogDirsResponse {
            results: alloc::vec![DescribeLogDirsResult {
                error_code: ErrorCode::NONE,
                log_dir: KString::from(self.log_dir()),
                topics,
                total_bytes: -1,
                usable_bytes: -1,
                ..Default::default()
            }],
            ..Default::default()
        };
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    /// The sizes of those of a topic's partitions that exist.
    fn sizes(&self, name: &KString, indexes: impl Iterator<Item = i32>) -> DescribeLogDirsTopic {
        let partition = |index| {
            let id = self.find_partition(name, index)?;
            let bytes = self.state.partitions.get(&id)?.bytes();
            Some(DescribeLogDirsPartition {
                partition_index: index,
                partition_size: i64::try_from(bytes).unwrap_or(i64::MAX),
                ..Default::default()
            })
        };
        DescribeLogDirsTopic {
            name: name.clone(),
            partitions: indexes.filter_map(partition).collect(),
        }
    }

    /// What the log directory is called: the first one that is configured.
    pub(crate) fn log_dir(&self) -> String {
        if self.is_in_memory() {
            return "memory".into();
        }
        let dirs = self.broker.get("log.dirs").or_else(|| self.broker.get("log.dir"));
        let dirs = dirs.unwrap_or_default();
        dirs.split(',').next().unwrap_or_default().trim().into()
    }
}
