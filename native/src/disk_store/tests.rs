//! What the store driver suite cannot see: the directory itself, its lock, and disks that fail.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::{TempDir, tempdir};

use super::*;

fn directory() -> TempDir {
    tempdir().expect("a directory")
}

fn open(path: &Path) -> Result<Opened, OpenError> {
    let opened = DiskStore::open(path, false, &Waker::new().expect("a descriptor"));
    opened.map(|mut opened| {
        opened.store.started();
        opened
    })
}

fn wait(store: &mut DiskStore, mut done: Vec<Completion>) -> Vec<Completion> {
    while done.is_empty() {
        store.poll(&mut done, &mut Vec::new());
        std::thread::yield_now();
    }
    done
}

fn run(store: &mut DiskStore, effect: StorageEffect) -> Result<Stored, StoreError> {
    let mut done = Vec::new();
    store.execute(effect, &mut done);
    wait(store, done).pop().expect("one operation").1
}

fn append(object: ObjectId, flush: bool) -> StorageEffect {
    let chunks = [Bytes::from_static(b"slot")].into_iter().collect();
    StorageEffect::Append { operation: OperationId(1), object, at: 0, chunks, flush, waiting: 1 }
}

fn prepare(store: &mut DiskStore, object: ObjectId) {
    let effect = StorageEffect::Prepare { operation: OperationId(2), object, bytes: 8192 };
    assert_eq!(run(store, effect), Ok(Stored::Done));
}

fn read(store: &mut DiskStore, object: ObjectId) -> Result<Stored, StoreError> {
    run(store, StorageEffect::Read { operation: OperationId(3), object, at: 0, len: 4 })
}

/// Puts a device in the place of an object's file.
fn replace_by(store: &mut DiskStore, object: ObjectId, device: &str) {
    let file =
        fs::OpenOptions::new().read(true).write(true).open(device).expect("every Linux has it");
    store.objects.get_mut(&object).expect("it was prepared").file =
        Some(Arc::new(ObjectFile::new(object, file)));
}

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).expect("it can be read");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

const JOURNAL: ObjectId = ObjectId(1);
const OTHER: ObjectId = ObjectId(2);

#[test]
fn after_a_failed_flush_nothing_is_written_any_more() {
    let directory = directory();
    let mut store = open(directory.path()).expect("it is ours").store;
    prepare(&mut store, JOURNAL);
    prepare(&mut store, OTHER);
    assert_eq!(run(&mut store, append(OTHER, true)), Ok(Stored::Done));
    // It takes bytes, and cannot flush them.
    replace_by(&mut store, JOURNAL, "/dev/null");
    assert!(matches!(run(&mut store, append(JOURNAL, true)), Err(StoreError::Failed(_))));
    for effect in [
        append(OTHER, true),
        append(OTHER, false),
        StorageEffect::Flush { operation: OperationId(4), object: OTHER },
    ] {
        assert!(matches!(run(&mut store, effect), Err(StoreError::Failed(_))));
    }
    assert_eq!(read(&mut store, OTHER), Ok(Stored::Bytes(Bytes::from_static(b"slot"))));
}

#[test]
fn a_full_disk_is_no_failure() {
    let directory = directory();
    let mut store = open(directory.path()).expect("it is ours").store;
    prepare(&mut store, JOURNAL);
    prepare(&mut store, OTHER);
    replace_by(&mut store, JOURNAL, "/dev/full");
    assert_eq!(run(&mut store, append(JOURNAL, true)), Err(StoreError::Full));
    assert_eq!(run(&mut store, append(OTHER, true)), Ok(Stored::Done));
}

#[test]
fn a_prepared_file_owns_its_space_before_it_has_its_name() {
    let directory = directory();
    let mut store = open(directory.path()).expect("it is ours").store;
    let more_than_any_disk =
        StorageEffect::Prepare { operation: OperationId(1), object: JOURNAL, bytes: 1 << 50 };
    assert_eq!(run(&mut store, more_than_any_disk), Err(StoreError::Full));
    assert_eq!(names(directory.path()), [".lock"]);
    prepare(&mut store, JOURNAL);
    let length = fs::metadata(directory.path().join("journal-1")).expect("it is there").len();
    assert_eq!(length, 8192);
}

#[test]
fn leftovers_go_and_what_is_foreign_stays() {
    let directory = directory();
    let path = directory.path();
    for leftover in ["root.new", "blob-7.new", "journal-8.new"] {
        fs::write(path.join(leftover), "half").expect("it can be written");
    }
    for foreign in
        ["notes.txt", "journal-01", "journal-+1", "blob-", "blob-99999999999999999999", "x.new"]
    {
        fs::write(path.join(foreign), "mine").expect("it can be written");
    }
    fs::write(path.join("elsewhere"), "slot").expect("it can be written");
    symlink(path.join("elsewhere"), path.join("journal-5")).expect("it can be made");
    fs::create_dir(path.join("blob-6")).expect("it can be made");
    let Opened { mut store, contents, foreign } = open(path).expect("it is ours");
    assert_eq!(contents.objects, []);
    let expected = [
        "blob-",
        "blob-6",
        "blob-99999999999999999999",
        "elsewhere",
        "journal-+1",
        "journal-01",
        "journal-5",
        "notes.txt",
        "x.new",
    ];
    assert_eq!(foreign, expected);
    assert_eq!(read(&mut store, ObjectId(5)), Err(StoreError::Missing));
    drop(store);
    let mut left = vec![".lock".to_owned()];
    left.extend(foreign);
    assert_eq!(names(path), left);
}

#[test]
fn a_file_that_was_replaced_by_a_link_is_not_followed() {
    let directory = directory();
    let path = directory.path();
    fs::write(path.join("journal-5"), "slot").expect("it can be written");
    let Opened { mut store, contents, .. } = open(path).expect("it is ours");
    assert_eq!(contents.objects, [(ObjectId(5), 4)]);
    fs::rename(path.join("journal-5"), path.join("elsewhere")).expect("it can be moved");
    symlink(path.join("elsewhere"), path.join("journal-5")).expect("it can be made");
    assert!(matches!(read(&mut store, ObjectId(5)), Err(StoreError::Failed(_))));
}

#[test]
fn a_directory_of_kafkas_is_refused_and_untouched() {
    for file in
        ["meta.properties", "recovery-point-offset-checkpoint", "orders-0/00000000000000000000.log"]
    {
        let directory = directory();
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        fs::write(path, "").expect("it can be written");
        let before = names(directory.path());
        let error = open(directory.path()).expect_err("it is Kafka's").to_string();
        assert!(error.contains(file.split('/').next().expect("a name")), "{error}");
        assert!(error.contains(&directory.path().display().to_string()), "{error}");
        assert_eq!(names(directory.path()), before);
    }
}

#[test]
fn a_directory_has_one_holder() {
    let directory = directory();
    let first = open(directory.path()).expect("it is ours");
    let error = open(directory.path()).expect_err("it has a holder").to_string();
    assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
    drop(first);
    open(directory.path()).expect("it is free again");
}

#[test]
fn a_living_holder_without_flock_counts_and_a_dead_one_does_not() {
    let directory = directory();
    let lock = directory.path().join(".lock");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("every Linux has it");
    let stat = fs::read_to_string("/proc/1/stat").expect("every Linux has it");
    let started = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().nth(19))
        .expect("field 22");
    fs::write(&lock, format!("1 {} {started}\n", boot.trim())).expect("it can be written");
    assert!(matches!(open(directory.path()), Err(OpenError::InUse { holder: Some(1), .. })));
    // The same process id, another process; another boot; nonsense; nothing.
    for holder in [
        format!("1 {} {started}7\n", boot.trim()),
        format!("1 other-boot {started}\n"),
        "?".into(),
        String::new(),
    ] {
        fs::write(&lock, holder).expect("it can be written");
        open(directory.path()).expect("its holder is gone");
    }
}

#[test]
fn a_linked_directory_is_resolved_once() {
    let directory = directory();
    let (real, link) = (directory.path().join("real"), directory.path().join("link"));
    fs::create_dir(&real).expect("it can be made");
    symlink(&real, &link).expect("it can be made");
    let opened = open(&link).expect("it is ours");
    assert_eq!(opened.store.path(), real.canonicalize().expect("it is there"));
    assert!(matches!(open(&real), Err(OpenError::InUse { .. })));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "").expect("it can be written");
    let error = open(&file.join("data")).expect_err("a file is no directory").to_string();
    assert!(error.contains("file/data"), "{error}");
    let error = open(&file).expect_err("a file is no directory").to_string();
    assert!(error.contains("/file"), "{error}");
}

#[test]
fn many_objects_need_few_descriptors() {
    let directory = directory();
    let mut store = open(directory.path()).expect("it is ours").store;
    let objects: Vec<ObjectId> = (1..=2 * OPEN_FILES_MAX as u64).map(ObjectId).collect();
    for object in &objects {
        let chunks = [Bytes::copy_from_slice(&object.0.to_be_bytes())].into_iter().collect();
        let put = StorageEffect::Put { operation: OperationId(1), object: *object, chunks };
        assert_eq!(run(&mut store, put), Ok(Stored::Done));
    }
    for object in objects.iter().chain(objects.iter().rev()) {
        let read =
            StorageEffect::Read { operation: OperationId(2), object: *object, at: 0, len: 8 };
        assert_eq!(
            run(&mut store, read),
            Ok(Stored::Bytes(Bytes::copy_from_slice(&object.0.to_be_bytes())))
        );
        let open = store.objects.values().filter(|entry| entry.file.is_some()).count();
        assert_eq!(open, store.open_files);
        assert!(open <= OPEN_FILES_MAX);
    }
    for object in &objects {
        store.execute(StorageEffect::Drop { object: *object }, &mut Vec::new());
    }
    assert_eq!(store.open_files, 0);
    drop(store);
    assert_eq!(names(directory.path()), [".lock"]);
}
