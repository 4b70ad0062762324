//! Making and removing files, and what follows when a helper is done with one.
//!
//! A name must never mean a file that is only half made.

use super::*;

impl DiskStore {
    /// Has a new object made by a helper.
    pub(super) fn make(
        &mut self,
        operation: OperationId,
        object: ObjectId,
        kind: Kind,
        task: Task,
        done: &mut Vec<Completion>,
    ) {
        if self.objects.contains_key(&object) {
            done.push((
                operation,
                Err(StoreError::Failed("an object of that name exists".to_owned())),
            ));
            return;
        }
        match self.post(task) {
            Ok(()) => {
                self.objects.insert(object, Entry { kind, file: None, used: 0, making: true });
            }
            Err(error) => done.push((operation, Err(store_error(&error)))),
        }
    }

    pub(super) fn made(&mut self, object: ObjectId, file: ObjectFile) {
        self.uses += 1;
        if let Some(entry) = self.objects.get_mut(&object) {
            (entry.file, entry.used, entry.making) = (Some(Arc::new(file)), self.uses, false);
            self.opened_one();
        }
    }

    pub(super) fn remove(&mut self, object: ObjectId) {
        let Some(entry) = self.objects.remove(&object) else { return };
        if entry.file.is_some() {
            self.open_files -= 1;
        }
        let task = Task::Remove { kind: entry.kind, object };
        if self.post(task).is_err() {
            let _ = self.directory.remove(&file_name(entry.kind, object));
        }
    }

    pub(super) fn work_ended(
        &mut self,
        ended: Done,
        done: &mut Vec<Completion>,
        warm: &mut Vec<Warmed>,
    ) {
        match ended {
            Done::Operation { operation, result } => done.push((operation, result)),
            Done::Made { operation, object, result } => {
                // In front of what waited for it.
                match result {
                    Ok(file) => {
                        done.push((operation, Ok(Stored::Done)));
                        self.made(object, file);
                    }
                    Err(error) => {
                        done.push((operation, Err(error)));
                        self.objects.remove(&object);
                    }
                }
                for effect in std::mem::take(&mut self.deferred) {
                    self.execute(effect, done);
                }
            }
            Done::Warm(range) => warm.push(range),
            Done::Removed { kind, object, result } => {
                if let Err(error) = result {
                    log::warn!(
                        "cannot remove {}: {error}",
                        self.path().join(file_name(kind, object)).display()
                    );
                }
            }
        }
    }
}
