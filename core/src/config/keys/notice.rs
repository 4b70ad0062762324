//! What keys mean here whose job this broker does otherwise, and why some values stop the start.
//!
//! Each stands behind the names of the keys that were set, as one line: `zookeeper.connect: …`.

pub(super) const SEGMENT_MS: &str = "is taken as log.roll.ms, which is the name that Kafka obeys";
pub(super) const ZOOKEEPER: &str = "no ZooKeeper is needed; the broker keeps its own metadata";
pub(super) const KRAFT: &str =
    "no controller is needed; this process is broker and controller in one";
pub(super) const CONTROLLER: &str = "this listener is not opened; no controller connects";
pub(super) const THREADS: &str = "one thread for each data directory does this work";
pub(super) const RECOVERY: &str =
    "recovery reads one journal for each data directory, with one thread each";
pub(super) const SHUTDOWN: &str =
    "a stop always writes out what it holds; there is nobody to hand over to";
pub(super) const PURGATORY: &str = "a finished request is dropped at once";
pub(super) const QUEUE: &str = "requests wait in their connection, not in a queue between threads";
pub(super) const REQUESTS: &str = "one broker alone sends no requests to others";
pub(super) const SOCKET: &str = "the system sizes these buffers by itself";
pub(super) const BACKLOG: &str = "as many connections may wait as the system allows";
pub(super) const ONE_COPY: &str = "never asks for more copies than there are, and there is one";
pub(super) const SEGMENT_FILES: &str =
    "a segment is no file; its room is free when its journal file goes";
pub(super) const STARTUP: &str = "the start takes as long as reading the journal takes";
pub(super) const REPLICA: &str = "there is one copy of each partition, on this broker";
pub(super) const CHECKPOINT: &str = "the journal needs no such file";
pub(super) const INDEX: &str = "the journal keeps an index of its own";
pub(super) const PREALLOCATE: &str = "the journal's files always have their full size";
pub(super) const CLEANER: &str = "compaction sizes its buffers by itself";
pub(super) const GATHER: &str = "records are gathered while the flush before them runs";
pub(super) const BUFFERS: &str = "buffers are recycled within one bound for the whole broker";
pub(super) const LOAD: &str = "state is read from the journal, not from the topic";
pub(super) const COMMIT: &str = "it is answered when it is as durable as any other write";
pub(super) const METRICS: &str = "there is no JMX, and no Java class reports metrics";
pub(super) const VERSIONS: &str =
    "every version is spoken, and records are stored in the newest format";
pub(super) const VERSIONS_GROUP: &str = "there is one group coordinator, for both protocols";
pub(super) const GENERATED_ID: &str = "a broker without a number keeps its directory's, or is 0";
pub(super) const OLD_LISTENER: &str =
    "is used only where listeners and advertised.listeners do not say it";
pub(super) const ENCODER: &str = "no secret is kept, so none is encoded";
pub(super) const TIERED: &str = "there is no tiered storage, so nothing uses it";
pub(super) const SASL: &str = "no listener with SASL is served yet, so nothing uses it";
pub(super) const TLS: &str = "no listener with TLS is served yet, so nothing uses it";
pub(super) const AUTHORIZER_FIRST: &str = "there is no authorizer to wait for";
pub(super) const CLASSES_NOTE: &str = "no policy class is served, so nothing uses it";

pub(super) const TLS_SASL: &str = "only PLAINTEXT is served yet";
pub(super) const AUTHORIZER: &str =
    "access control is not served yet, and nothing that is meant to be closed is served open";
pub(super) const CLASSES: &str = "Java classes cannot be loaded here";
pub(super) const PROVIDERS: &str = "values cannot be fetched from elsewhere";
pub(super) const QUOTAS: &str = "default quotas are not enforced";
pub(super) const NO_TIERED: &str = "tiered storage is not served yet";
pub(super) const MIGRATION: &str = "metadata cannot be taken over from ZooKeeper";
