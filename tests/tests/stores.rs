//! Every store driver against the one suite.

/// The store in memory.
mod memory {
    use logboat_core::chunk::ObjectId;
    use logboat_core::memory_store::{Completion, MemoryStore};
    use logboat_core::shard::StoreContents;
    use logboat_core::shard::input::StorageEffect;
    use logboat_tests::store_conformance::Driver;

    struct Memory {
        store: MemoryStore,
        ended: Vec<Completion>,
    }

    impl Driver for Memory {
        const DURABLE: bool = false;

        fn create() -> Self {
            Self { store: MemoryStore::new(1 << 30), ended: Vec::new() }
        }

        fn execute(&mut self, effect: StorageEffect) {
            self.ended.extend(self.store.execute(effect));
        }

        fn wait(&mut self) -> Vec<Completion> {
            std::mem::take(&mut self.ended)
        }

        fn pin(
            &mut self,
            object: ObjectId,
            at: u64,
            len: u32,
        ) -> Option<Box<dyn FnOnce() -> Vec<u8>>> {
            self.store
                .contents()
                .objects
                .iter()
                .find(|(there, end)| *there == object && *end >= at + u64::from(len))?;
            let slices: Vec<_> = self.store.slices(object, at, len).collect();
            Some(Box::new(move || slices.concat()))
        }

        fn reopen(self) -> (Self, StoreContents) {
            unreachable!("memory keeps nothing")
        }
    }

    logboat_tests::store_conformance!(Memory);
}

/// The store on a disk.
mod disk {
    use std::os::unix::fs::FileExt;
    use std::time::Duration;

    use logboat::disk_store::DiskStore;
    use logboat::reactor::{Reactor, Waker};
    use logboat_core::chunk::ObjectId;
    use logboat_core::memory_store::Completion;
    use logboat_core::shard::StoreContents;
    use logboat_core::shard::input::StorageEffect;
    use logboat_tests::store_conformance::Driver;

    /// With journal files that are written ahead, and after the start, when slow work goes to helpers.
    struct Disk {
        directory: tempfile::TempDir,
        store: DiskStore,
        reactor: Reactor,
        ended: Vec<Completion>,
    }

    fn open(directory: tempfile::TempDir) -> (Disk, StoreContents) {
        let waker = Waker::new().expect("a descriptor");
        let reactor = Reactor::new(waker.clone()).expect("a descriptor");
        let opened =
            DiskStore::open(directory.path(), true, &waker).expect("the directory is ours");
        assert_eq!(opened.foreign, Vec::<String>::new());
        let mut store = opened.store;
        store.started();
        (Disk { directory, store, reactor, ended: Vec::new() }, opened.contents)
    }

    impl Driver for Disk {
        const DURABLE: bool = true;

        fn create() -> Self {
            open(tempfile::tempdir().expect("a directory")).0
        }

        fn execute(&mut self, effect: StorageEffect) {
            self.store.execute(effect, &mut self.ended);
        }

        fn wait(&mut self) -> Vec<Completion> {
            while self.ended.is_empty() {
                self.store.poll(&mut self.ended, &mut Vec::new());
                if self.ended.is_empty() {
                    self.reactor
                        .wait(Some(Duration::from_secs(60)), &mut Vec::new())
                        .expect("epoll");
                }
            }
            std::mem::take(&mut self.ended)
        }

        fn pin(
            &mut self,
            object: ObjectId,
            at: u64,
            len: u32,
        ) -> Option<Box<dyn FnOnce() -> Vec<u8>>> {
            let file = self.store.open_object(object).ok()?;
            Some(Box::new(move || {
                let file = std::fs::File::from(
                    rustix::fd::AsFd::as_fd(&*file).try_clone_to_owned().expect("a descriptor"),
                );
                let mut bytes = vec![0; len as usize];
                file.read_exact_at(&mut bytes, at).expect("the range is there");
                bytes
            }))
        }

        fn reopen(self) -> (Self, StoreContents) {
            let Self { directory, store, .. } = self;
            drop(store);
            open(directory)
        }
    }

    logboat_tests::store_conformance!(Disk);
}
