//! A server that is watched: its resident memory, its descriptors, and how long others wait for their answers.

use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use logboat_core::protocol::messages::describe_configs::DescribeConfigsResource;
use logboat_core::protocol::messages::{ApiVersionsRequest, DescribeConfigsRequest};
use logboat_core::record::Codec;
use tempfile::TempDir;

use crate::frames::{create, delete_records, frame, produce};
use crate::support::{PATIENCE, Server, answer, connect};

pub(crate) const TOPIC: &str = "watched";

/// What memory may have grown by when a case is over: freed pieces between others that are not.
const AFTERWARDS: u64 = 16 << 20;
/// How much the server may work while others wait for an answer. On a machine of its own that is how long they wait; the
/// time of a busy machine is not the server's.
const OTHERS: Duration = Duration::from_secs(1);

/// A server that somebody else uses all the time.
pub(crate) struct Watched {
    server: Server,
    /// It goes with the server.
    _directory: TempDir,
    stop: Arc<AtomicBool>,
    /// The most that the server's thread has worked while somebody else waited, nanoseconds.
    longest: Arc<AtomicU64>,
    /// How often somebody else was answered.
    rounds: Arc<AtomicU64>,
    other: JoinHandle<()>,
}

impl Watched {
    /// On a disk, with a topic of two partitions, after it has done a little of everything.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::in_directory(directory.path());
        let address = server.address();
        let mut client = connect(address);
        client.write_all(&create(TOPIC, 2)).expect("it reads");
        answer(&mut client);
        for _ in 0..100 {
            client.write_all(&produce(TOPIC, 0, Codec::None, &vec![1; 900_000])).expect("it reads");
            answer(&mut client);
            empty(&mut client);
        }
        let (stop, longest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let rounds = Arc::new(AtomicU64::new(0));
        let other = std::thread::spawn({
            let (stop, longest) = (Arc::clone(&stop), Arc::clone(&longest));
            let rounds = Arc::clone(&rounds);
            let process = server.process.id();
            move || {
                let ask = frame(Box::new(ApiVersionsRequest::default()), 0);
                let mut known = connect(address);
                while !stop.load(Ordering::Relaxed) {
                    let start = worked(process);
                    known.write_all(&ask).expect("it reads");
                    answer(&mut known);
                    let mut new = connect(address);
                    new.write_all(&ask).expect("it reads");
                    answer(&mut new);
                    longest.fetch_max(worked(process) - start, Ordering::Relaxed);
                    rounds.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        });
        Self { server, _directory: directory, stop, longest, rounds, other }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Runs a case: memory grows by `most` bytes at most, is soon what it was, and others are answered meanwhile.
    pub(crate) fn under(&self, case: &str, most: u64, run: impl FnOnce(SocketAddr)) {
        let before = self.resident();
        self.others();
        self.longest.store(0, Ordering::Relaxed);
        let over = Arc::new(AtomicBool::new(false));
        let sampler = std::thread::spawn({
            let (over, process) = (Arc::clone(&over), self.status());
            move || {
                let mut highest = 0;
                while !over.load(Ordering::Relaxed) {
                    highest = highest.max(resident(&process));
                    std::thread::sleep(Duration::from_millis(2));
                }
                highest
            }
        });
        run(self.address());
        self.others();
        over.store(true, Ordering::Relaxed);
        let highest = sampler.join().expect("no panic").saturating_sub(before);
        let start = Instant::now();
        while self.resident() > before + AFTERWARDS {
            let grown = self.resident() - before;
            assert!(start.elapsed() < PATIENCE, "{case}: {} KiB are kept", grown >> 10);
            std::thread::sleep(Duration::from_millis(20));
        }
        let longest = Duration::from_nanos(self.longest.load(Ordering::Relaxed));
        println!(
            "{case}: +{} KiB, afterwards {} KiB; others waited for {longest:?} of work",
            highest >> 10,
            (self.resident() as i64 - before as i64) >> 10,
        );
        assert!(highest <= most, "{case}: +{} KiB", highest >> 10);
        assert!(longest < OTHERS, "{case}: others waited for {longest:?} of work");
    }

    /// Waits until somebody else, who asks from now on, was answered.
    pub(crate) fn others(&self) {
        let (start, rounds) = (Instant::now(), self.rounds.load(Ordering::Relaxed));
        while self.rounds.load(Ordering::Relaxed) < rounds + 2 {
            assert!(!self.other.is_finished() && start.elapsed() < PATIENCE, "nobody is answered");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The server's descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        let path = format!("/proc/{}/fd", self.server.process.id());
        std::fs::read_dir(path).expect("it runs").count()
    }

    fn status(&self) -> PathBuf {
        format!("/proc/{}/status", self.server.process.id()).into()
    }

    fn resident(&self) -> u64 {
        resident(&self.status())
    }

    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.other.join().expect("others are always answered");
        self.server.stop();
    }
}

/// How long the server's first thread, its loop, has run so far, nanoseconds.
fn worked(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// Resident memory, bytes.
fn resident(status: &PathBuf) -> u64 {
    let text = std::fs::read_to_string(status).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.expect("a size") << 10
}

/// A request's header without its length: a null client id, and no tags in a flexible version of the larger ones.
pub(crate) fn header(key: i16, version: i16) -> Vec<u8> {
    use logboat_core::protocol::ApiKey;
    let mut header = [key.to_be_bytes(), version.to_be_bytes()].concat();
    header.extend([0, 0, 0, 7, 0xff, 0xff]);
    if ApiKey::from_code(key).is_some_and(|key| key.is_flexible(version)) {
        header.push(0);
    }
    header
}

/// Deletes all records of the first partition.
pub(crate) fn empty(client: &mut TcpStream) {
    client.write_all(&delete_records(TOPIC, 1)).expect("it reads");
    answer(client);
}

/// Asks for the broker's whole configuration.
pub(crate) fn describe_broker() -> Vec<u8> {
    let resource = DescribeConfigsResource {
        resource_type: 4,
        resource_name: "0".into(),
        configuration_keys: None,
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        ..Default::default()
    };
    frame(Box::new(request), 1)
}
