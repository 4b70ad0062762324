//! A client at the level of frames: it sends exactly what it is told to, and hides nothing.
//!
//! It never retries and never reconnects: how a broker reacts is what cases want to see.

use std::cell::RefCell;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use logboat_core::chunk::Chunk;
use logboat_core::protocol::{
    ApiKey, Decoder, KString, Request, Response, ResponseHeader, request_frame,
};
use logboat_core::shard::input::ConnectionId;

use crate::ask::Ask;
use crate::in_process::Broker;

/// How long an answer may take before a case fails; virtual time in process. A busy machine and a young JVM are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of waiting for a frame.
#[derive(Debug)]
pub enum Read {
    /// A frame, without its length.
    Frame(BytesMut),
    /// The broker closed the connection.
    Closed,
    /// Nothing, for as long as was waited.
    Nothing,
}

enum Wire {
    InProcess { broker: Rc<RefCell<Broker>>, id: ConnectionId },
    Tcp { stream: TcpStream, input: BytesMut, closed: bool },
}

/// One connection.
pub struct Client {
    wire: Wire,
    /// What it calls itself in every request.
    pub client_id: Option<KString>,
    correlation: i32,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Client {
    /// Connects to a broker in this process.
    #[must_use]
    pub fn in_process(broker: Rc<RefCell<Broker>>) -> Self {
        let id = broker.borrow_mut().connect();
        Self::new(Wire::InProcess { broker, id })
    }

    /// Connects over TCP.
    ///
    /// # Panics
    /// Where nobody listens.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a broker listens");
        stream.set_nodelay(true).expect("a socket takes its options");
        Self::new(Wire::Tcp { stream, input: BytesMut::new(), closed: false })
    }

    fn new(wire: Wire) -> Self {
        Self { wire, client_id: Some(KString::from_static("suite")), correlation: 0 }
    }

    /// Sends bytes as they are. What a closed connection swallows is noticed by the next read.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        match &mut self.wire {
            Wire::InProcess { broker, id } => broker.borrow_mut().send(*id, bytes),
            Wire::Tcp { stream, closed, .. } => *closed |= stream.write_all(bytes).is_err(),
        }
    }

    /// Sends a frame of these bytes, its length before it.
    pub fn send_frame(&mut self, frame: &[u8]) {
        let length = i32::try_from(frame.len()).expect("a frame is below 2 GiB");
        self.send_raw(&[&length.to_be_bytes(), frame].concat());
    }

    /// Sends a request and returns its correlation id.
    pub fn send(&mut self, request: impl Into<Request>, version: i16) -> i32 {
        self.correlation += 1;
        let bytes = Self::bytes_of(request, version, self.correlation, self.client_id.clone());
        self.send_raw(&bytes);
        self.correlation
    }

    /// A request's bytes, length and header included.
    ///
    /// # Panics
    /// Never: a request is in memory.
    #[must_use]
    pub fn bytes_of(
        request: impl Into<Request>,
        version: i16,
        correlation: i32,
        client_id: Option<KString>,
    ) -> Vec<u8> {
        let (frame, _) =
            request_frame(&request.into(), version, correlation, client_id, BytesMut::new());
        let mut bytes = Vec::new();
        for chunk in frame {
            let Chunk::Bytes(piece) = chunk else { panic!("a request has no stored pieces") };
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    /// Sends the header of a request and a body of raw bytes.
    pub fn send_body(&mut self, key: i16, version: i16, body: &[u8]) -> i32 {
        self.correlation += 1;
        let frame = raw_request(key, version, self.correlation, body);
        self.send_frame(&frame);
        self.correlation
    }

    /// Waits for the next frame.
    pub fn read(&mut self, patience: Duration) -> Read {
        match &mut self.wire {
            Wire::InProcess { broker, id } => broker.borrow_mut().read(*id, patience),
            Wire::Tcp { stream, input, closed } => read_tcp(stream, input, closed, patience),
        }
    }

    /// The answer to request `correlation` of `key` in `version`, which must come next.
    ///
    /// # Panics
    /// Where something else comes: a close, another number, bytes that are not this response, or more than it.
    pub fn receive(&mut self, key: ApiKey, version: i16, correlation: i32) -> Response {
        let frame = match self.read(PATIENCE) {
            Read::Frame(frame) => frame,
            Read::Closed => panic!("closed instead of answering {key} v{version}"),
            Read::Nothing => panic!("no answer to {key} v{version}"),
        };
        let mut decoder = Decoder::new(frame);
        let header = ResponseHeader::decode(key, version, &mut decoder).expect("a response header");
        assert_eq!(header.correlation_id, correlation, "answers come in the order of requests");
        let response = Response::decode(key, version, &mut decoder)
            .unwrap_or_else(|error| panic!("{key} v{version}: {error}"));
        assert_eq!(
            decoder.remaining(),
            0,
            "{key} v{version} has bytes after its end: {response:?}"
        );
        response
    }

    /// Asks and waits for the answer.
    pub fn call<R: Ask>(&mut self, request: R, version: i16) -> R::Answer {
        let correlation = self.send(request, version);
        self.answer::<R>(version, correlation)
    }

    /// The answer to a request sent before.
    pub fn answer<R: Ask>(&mut self, version: i16, correlation: i32) -> R::Answer {
        R::answer(self.receive(R::KEY, version, correlation))
    }

    /// The broker must close this connection, without sending anything.
    ///
    /// # Panics
    /// Where it answers or keeps the connection.
    pub fn expect_close(&mut self) {
        match self.read(PATIENCE) {
            Read::Closed => {}
            Read::Frame(frame) => {
                panic!("answered instead of closing: {:02x?}", &frame[..frame.len().min(64)])
            }
            Read::Nothing => panic!("neither answered nor closed"),
        }
    }

    /// The broker must say nothing for `time`, and keep the connection.
    ///
    /// # Panics
    /// Where it answers or closes.
    pub fn expect_silence(&mut self, time: Duration) {
        match self.read(time) {
            Read::Nothing => {}
            Read::Frame(frame) => panic!("not silent: {:02x?}", &frame[..frame.len().min(64)]),
            Read::Closed => panic!("not silent: closed"),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Wire::InProcess { broker, id } = &self.wire
            && let Ok(mut broker) = broker.try_borrow_mut()
        {
            broker.disconnect(*id);
        }
    }
}

/// A request header v1 (null client id) or, where the API is flexible in `version`, v2, and a raw body. An unknown key
/// gets v1.
#[must_use]
pub fn raw_request(key: i16, version: i16, correlation: i32, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend_from_slice(&key.to_be_bytes());
    frame.extend_from_slice(&version.to_be_bytes());
    frame.extend_from_slice(&correlation.to_be_bytes());
    frame.extend_from_slice(&(-1_i16).to_be_bytes());
    if ApiKey::from_code(key).is_some_and(|key| key.is_flexible(version)) {
        frame.push(0);
    }
    frame.extend_from_slice(body);
    frame
}

fn read_tcp(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    closed: &mut bool,
    patience: Duration,
) -> Read {
    let deadline = std::time::Instant::now() + patience;
    let mut buffer = vec![0; 64 << 10];
    loop {
        if let Some(frame) = cut(input) {
            return Read::Frame(frame);
        }
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            return Read::Nothing;
        }
        stream.set_read_timeout(Some(left)).expect("a socket takes its options");
        match stream.read(&mut buffer) {
            Ok(0) => *closed = true,
            Ok(count) => input.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Read::Nothing;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A reset is how a close looks where bytes were still unread.
            Err(_) => *closed = true,
        }
        if *closed && cut(&mut input.clone()).is_none() {
            return Read::Closed;
        }
    }
}

/// Cuts the first frame off, where it is whole.
pub(crate) fn cut(input: &mut BytesMut) -> Option<BytesMut> {
    let length = i32::from_be_bytes(*input.first_chunk::<4>()?);
    let length = usize::try_from(length).expect("a response's length is positive");
    if input.len() < 4 + length {
        return None;
    }
    input.advance(4);
    Some(input.split_to(length))
}
