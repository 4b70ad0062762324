//! The server as a process of its own.
//!
//! It must never outlive its owner, and never meet a client from outside: loopback only.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Where a server keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Nowhere.
    Memory,
    /// In a new directory, which goes with it.
    Disk,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    directory: Option<PathBuf>,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1 and waits until it answers there. It logs to standard error, with
    /// `LOGBOAT_TESTS_LOG=1` only.
    ///
    /// # Panics
    /// Where the program is not built, ends at once, or does not listen within half a minute.
    #[must_use]
    pub fn start(store: Store, config: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut command = Command::new(program());
        command.arg("--port").arg(port.to_string());
        let directory = match store {
            Store::Memory => None,
            Store::Disk => Some(
                std::env::temp_dir().join(format!("logboat-tests-{}-{port}", std::process::id())),
            ),
        };
        match &directory {
            None => command.arg("--memory"),
            Some(directory) => command.arg("--data-dir").arg(directory),
        };
        for (key, value) in config {
            command.arg("--override").arg(format!("{key}={value}"));
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program().display()));
        let loud = std::env::var_os("LOGBOAT_TESTS_LOG").is_some();
        if let Some(lines) = child.stdout.take() {
            // A pipe that nobody reads would stop the server.
            std::thread::spawn(move || {
                for line in BufReader::new(lines).lines().map_while(Result::ok).filter(|_| loud) {
                    eprintln!("{line}");
                }
            });
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut server = Self { child, address, directory };
        while TcpStream::connect(address).is_err() {
            let ended = server.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(Instant::now() < deadline, "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Where clients find it.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its data is.
    #[must_use]
    pub const fn store(&self) -> Store {
        if self.directory.is_some() { Store::Disk } else { Store::Memory }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing that can be done about it would be worth failing for.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(directory) = &self.directory {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

/// `LOGBOAT_BIN`, or the program that was built beside this one.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("LOGBOAT_BIN") {
        return path.into();
    }
    let mut path = std::env::current_exe().expect("a program knows itself");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.join(format!("logboat{}", std::env::consts::EXE_SUFFIX))
}

/// A port below those that the system gives to clients: one of those could be taken before it is used.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 4000) as u16;
    for _ in 0..4000 {
        let port = 22_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 4000 * 2;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}
