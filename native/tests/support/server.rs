//! A server as a process, driven by hand: for the tests beside this file.

#![allow(dead_code, reason = "no test file needs all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_logboat");
/// Longer than anything here takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is killed when the test ends.
pub(crate) struct Server {
    pub(crate) process: Child,
    output: BufReader<ChildStdout>,
    pub(crate) ready: String,
}

impl Server {
    pub(crate) fn start<'a>(args: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = Command::new(BINARY);
        command.args(args);
        Self::spawn(command)
    }

    /// Runs a command that ends in a server.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the binary is there");
        let output = process.stdout.take().expect("it was asked for");
        let mut server = Self { process, output: BufReader::new(output), ready: String::new() };
        server.ready = server.line_with("is ready");
        server
    }

    /// In memory, at a port that the system chooses.
    pub(crate) fn in_memory(overrides: &[&str]) -> Self {
        let overrides = overrides.iter().flat_map(|one| ["--override", one]);
        Self::start(["--memory"].into_iter().chain(overrides))
    }

    /// In a directory, at a port that the system chooses.
    pub(crate) fn in_directory(path: &Path) -> Self {
        Self::start(["--data-dir", path.to_str().expect("plain names"), "--port", "0"])
    }

    /// Reads the output up to a line that has `text`.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).expect("it is text");
            assert_ne!(read, 0, "the server ended without a line with {text:?}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The addresses that the ready line names, by listener.
    pub(crate) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let words = self.ready.split([' ', ',']).filter_map(|word| word.split_once("://"));
        // Without what it says that one might try.
        let words = words.filter(|(name, _)| !name.contains('='));
        let addresses = words.filter_map(|(name, address)| {
            Some((name.to_owned(), address.trim_end_matches(';').parse().ok()?))
        });
        addresses.collect()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses().first().expect("the ready line names an address").1
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent =
            Command::new("kill").args(["-s", name, &pid]).status().expect("kill(1) is there");
        assert!(sent.success());
    }

    /// Waits for its end, and gives the rest of what it said.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("it is text");
        (self.process.wait().expect("it can be waited for"), rest)
    }

    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        let (status, rest) = self.end();
        assert!(status.success(), "{status}: {rest}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs the server with arguments that it refuses, and gives the one line that it says.
pub(crate) fn refusal<'a>(args: impl IntoIterator<Item = &'a str>) -> String {
    let output = Command::new(BINARY).args(args).env_clear().output().expect("the binary is there");
    let line = String::from_utf8(output.stderr).expect("it is text");
    assert_eq!(output.status.code(), Some(78), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("logboat: "), "{line}");
    line
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket can");
    stream
}

/// One request by hand: the answer's body behind the correlation id.
pub(crate) fn call(stream: &mut TcpStream, api_key: i16, api_version: i16, body: &[u8]) -> Vec<u8> {
    let mut request = Vec::new();
    request.extend(api_key.to_be_bytes());
    request.extend(api_version.to_be_bytes());
    request.extend(7i32.to_be_bytes());
    request.extend(4i16.to_be_bytes());
    request.extend(b"test");
    request.extend(body);
    let mut frame = i32::try_from(request.len()).expect("small").to_be_bytes().to_vec();
    frame.extend(request);
    stream.write_all(&frame).expect("it reads");
    answer(stream)
}

pub(crate) fn answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).expect("it answers");
    let mut answer = vec![0; u32::from_be_bytes(prefix) as usize];
    stream.read_exact(&mut answer).expect("it answers");
    assert_eq!(answer[..4], 7i32.to_be_bytes());
    answer.split_off(4)
}
