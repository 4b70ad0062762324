//! Snapshots while the shard runs, and the journal files that go because of them.
//!
//! A file goes only when nothing alive is in it, replay does not need it, and both are durable.

use alloc::vec::Vec;

use super::input::{Effect, OperationId, StorageEffect};
use super::snapshot::{self, Root};
use super::{Phase, Shard, Snapshotting};

impl Shard {
    /// A snapshot for which there is no room is not taken: replay is longer, and nothing is lost. False where the
    /// operation is another one.
    pub(super) fn abandon_snapshot(&mut self, operation: OperationId) -> bool {
        let (Snapshotting::Blob(waited, root) | Snapshotting::Root(waited, root)) =
            &self.snapshotting
        else {
            return false;
        };
        if *waited != operation {
            return false;
        }
        if let Some(object) = root.snapshot {
            self.storage(StorageEffect::Drop { object });
        }
        self.snapshotting = Snapshotting::No;
        self.stop_without_snapshot();
        true
    }

    /// Ends an ordered stop whose snapshot found no room, as soon as everything is durable.
    pub(super) fn stop_without_snapshot(&mut self) {
        let over = matches!((&self.phase, &self.snapshotting), (Phase::Stopping, Snapshotting::No));
        if over && self.writer.durable() >= self.writer.last_slot() {
            self.phase = Phase::Stopped;
            self.effects.push_back(Effect::Stopped);
        }
    }

    /// Takes the snapshot: state stands exactly behind the slot that was just closed.
    pub(super) fn snapshot(&mut self) {
        let (operation, object) = (self.numbers.operation(), self.numbers.object());
        let root = Root {
            snapshot: Some(object),
            replay: self.writer.end(),
            next_object: self.numbers.next_object,
            ..self.root.clone()
        };
        self.snapshotting = Snapshotting::Blob(operation, root);
        self.journaled_since_snapshot = 0;
        let chunks = core::iter::once(snapshot::encode(&self.state)).collect();
        self.storage(StorageEffect::Put { operation, object, chunks });
    }

    /// Goes on with the snapshot when its blob, its slot or its root is durable.
    pub(super) fn advance_snapshot(&mut self, done: Option<OperationId>) {
        let step = core::mem::replace(&mut self.snapshotting, Snapshotting::No);
        #[allow(clippy::wildcard_enum_match_arm, reason = "all others stay as they are")]
        let step = match step {
            Snapshotting::Blob(operation, root) if done == Some(operation) => {
                Snapshotting::Slot(root)
            }
            Snapshotting::Root(operation, root) if done == Some(operation) => {
                self.installed(root);
                return;
            }
            other => other,
        };
        #[allow(clippy::wildcard_enum_match_arm, reason = "all others stay as they are")]
        let next = match step {
            Snapshotting::Slot(root) if root.replay.sequence <= self.writer.durable() => {
                let operation = self.numbers.operation();
                self.storage(StorageEffect::ReplaceRoot { operation, bytes: root.encode() });
                Snapshotting::Root(operation, root)
            }
            other => other,
        };
        self.snapshotting = next;
    }

    /// The root names a new snapshot: what only the old one needed goes.
    fn installed(&mut self, root: Root) {
        let old = core::mem::replace(&mut self.root, root);
        if let Some(object) = old.snapshot {
            self.storage(StorageEffect::Drop { object });
        }
        self.drop_dead_files();
        if matches!(self.phase, Phase::Stopping) {
            self.phase = Phase::Stopped;
            self.effects.push_back(Effect::Stopped);
        }
    }

    /// Drops sealed files in which nothing is alive and which replay does not need, once that is durable: until then a
    /// crash takes back what emptied them.
    pub(crate) fn drop_dead_files(&mut self) {
        let replay = self.root.replay.object;
        let mut kept = Vec::with_capacity(self.sealed.len());
        for object in core::mem::take(&mut self.sealed) {
            if object < replay && !self.state.live.contains_key(&object) {
                self.dying.push_back((self.writer.last_slot(), object));
            } else {
                kept.push(object);
            }
        }
        self.sealed = kept;
        self.drop_dying();
    }

    pub(super) fn drop_dying(&mut self) {
        let durable = self.writer.durable();
        while let Some((_, object)) = self.dying.pop_front_if(|(slot, _)| *slot <= durable) {
            self.pages.forget(object);
            self.storage(StorageEffect::Drop { object });
        }
    }
}
