//! One client's connection: bytes in, requests to shards; replies in, bytes out.
//!
//! Framing, decoding, ApiVersions, checks of batches, the order of answers and back-pressure live here. It must never
//! hold anything that another connection can see, and never wait.

mod demand;
mod fetch;
mod framing;
mod pipeline;
mod produce;
mod split;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;

use bytes::BytesMut;

use crate::chunk::Chunk;
use crate::image::Image;
use crate::protocol::messages::FetchResponse;
use crate::protocol::{
    ApiKey, Decoder, HeaderError, KString, Request, RequestHeader, Response, response_frame,
};
use crate::record::Scratch;
use crate::shard::input::{ConnectionId, Operation, Reply, RequestContext, RequestId};
use crate::time::{Instant, Now};
pub use demand::{CloseReason, Demand};
use framing::{BadLength, Framing};
use pipeline::{Answer, Pipeline};

/// Answers are written into chunks of this size, and cut off.
const ANSWER_ROOM: usize = 64 << 10;
/// A header that has begun must be complete within this time.
const HEADER_TIMEOUT_MS: i64 = 30_000;
/// No further request is taken up while this many pieces of answers wait to be sent: a client that does not read its
/// answers gets no more of them.
const UNSENT_PIECES: usize = 16;
/// Complete frames wait for up to this many bytes before the socket is left alone.
const QUEUED_BYTES: usize = 1 << 20;

/// Where a connection came in.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The listener's name, `PLAINTEXT` where there is only one.
    pub listener: KString,
    /// Host that clients are told: the listener's advertised one, else the address that this client connected to.
    pub host: KString,
    /// Port that clients are told.
    pub port: u16,
    /// The client's address as Kafka shows it, `/127.0.0.1`.
    pub client_host: KString,
}

/// What connections of one thread share: recycled buffers and the current image. One for each thread.
#[derive(Debug)]
pub struct Workspace {
    /// The newest [`Effect::Image`](crate::shard::input::Effect::Image).
    pub image: Arc<Image>,
    /// Buffers of the batch checks.
    pub scratch: Scratch,
    /// Answers are written here and cut off.
    pub answers: BytesMut,
}

impl Workspace {
    /// A workspace that begins with `image`.
    #[must_use]
    pub fn new(image: Arc<Image>) -> Self {
        Self { image, scratch: Scratch::default(), answers: BytesMut::new() }
    }
}

/// One connection. See the module.
#[derive(Debug)]
pub struct Connection {
    id: ConnectionId,
    endpoint: Endpoint,
    framing: Framing,
    frame_begun: Option<Instant>,
    pipeline: Pipeline,
    demands: VecDeque<Demand>,
    out: VecDeque<Chunk>,
    /// What is wrong with the bytes behind the frames that are complete.
    fault: Option<CloseReason>,
    closing: Option<CloseReason>,
    closed: bool,
}

impl Connection {
    /// A connection that was just accepted.
    #[must_use]
    pub fn new(id: ConnectionId, endpoint: Endpoint) -> Self {
        Self {
            id,
            endpoint,
            framing: Framing::default(),
            frame_begun: None,
            pipeline: Pipeline::default(),
            demands: VecDeque::new(),
            out: VecDeque::new(),
            fault: None,
            closing: None,
            closed: false,
        }
    }

    /// Takes the bytes in `arena` (its filled part) and leaves its spare capacity behind.
    ///
    /// Frames are cut out without copying. The start of a frame that is not complete keeps, where it is small, its
    /// whole room in the arena, so that the rest can be read into place with [`Self::partial`]; a large one grows in a
    /// buffer of its own as its bytes arrive.
    pub fn receive(&mut self, arena: &mut BytesMut, workspace: &Workspace) {
        let max = workspace.image.broker.socket_request_max_bytes;
        if self.closing.is_some() || self.fault.is_some() {
            arena.clear();
        } else if let Err(BadLength(length)) =
            self.framing.receive(arena, usize::try_from(max).unwrap_or(0))
        {
            arena.clear();
            self.fault = Some(CloseReason::FrameSize(length));
        }
    }

    /// The incomplete frame: its spare capacity, up to [`Self::missing`] bytes, is to be filled before the arena's; a
    /// host may read into both at once (`readv`). `None` at a frame boundary.
    pub fn partial(&mut self) -> Option<&mut BytesMut> {
        self.framing.partial()
    }

    /// Bytes that the incomplete frame still lacks.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.framing.missing()
    }

    /// The next thing to do with what was received. Call until `None` after [`Self::receive`] and [`Self::reply`], and
    /// after sending, where [`Self::has_backlog`] says so.
    pub fn poll_demand(&mut self, now: Now, workspace: &mut Workspace) -> Option<Demand> {
        self.framing.complete();
        loop {
            if let Some(demand) = self.demands.pop_front() {
                return Some(demand);
            }
            self.send_finished(workspace);
            if self.closed {
                return None;
            }
            if self.closing.is_some() {
                break;
            }
            let Some(frame) = self.next_frame() else { break };
            if let Err(reason) = self.request(now, frame, workspace) {
                self.closing = Some(reason);
            }
        }
        self.watch_header(now);
        if self.framing.queued_frames() == 0 {
            self.closing = self.closing.or(self.fault);
        }
        // What was asked before the fault is still answered, in order.
        let reason = self.closing.filter(|_| self.pipeline.is_empty())?;
        self.closed = true;
        Some(Demand::Close(reason))
    }

    /// Whether the oldest complete frame may be taken up now.
    fn may_take_up(&self) -> bool {
        if self.framing.queued_frames() == 0
            || self.pipeline.is_closing()
            || !self.pipeline.has_room()
            || self.out.len() >= UNSENT_PIECES
        {
            return false;
        }
        // Requests take effect one after another: only produces may follow each other before they are answered.
        self.pipeline.is_empty()
            || (self.pipeline.only_produces() && self.framing.peek_is(ApiKey::Produce.code()))
    }

    fn next_frame(&mut self) -> Option<BytesMut> {
        if !self.may_take_up() {
            return None;
        }
        self.framing.pop()
    }

    fn watch_header(&mut self, now: Now) {
        if !self.framing.is_in_header() {
            self.frame_begun = None;
            return;
        }
        let begun = *self.frame_begun.get_or_insert(now.instant);
        if now.instant >= begun.plus_millis(HEADER_TIMEOUT_MS) {
            self.closing.get_or_insert(CloseReason::TooSlow);
        }
    }

    fn request(
        &mut self,
        now: Now,
        frame: BytesMut,
        workspace: &mut Workspace,
    ) -> Result<(), CloseReason> {
        let mut decoder = Decoder::new(frame);
        let header = RequestHeader::decode(&mut decoder).map_err(|error| match error {
            HeaderError::UnknownApi(api_key) => {
                CloseReason::Unsupported { api_key, api_version: -1 }
            }
            HeaderError::Decode(_) => CloseReason::Malformed,
        })?;
        let (key, version) = (header.api_key, header.api_version);
        if !crate::api::served(key).is_some_and(|versions| versions.contains(&version)) {
            if key == ApiKey::ApiVersions {
                self.pipeline.begin(&header);
                let response = crate::api::api_versions_unsupported();
                self.pipeline.answer_in_version(Box::new(response).into(), 0);
                return Ok(());
            }
            return Err(CloseReason::Unsupported { api_key: key.code(), api_version: version });
        }
        let request =
            Request::decode(key, version, &mut decoder).map_err(|_| CloseReason::Malformed)?;
        let id = RequestId { connection: self.id, sequence: self.pipeline.begin(&header) };
        let context = RequestContext {
            version,
            client_id: header.client_id.unwrap_or_default(),
            client_host: self.endpoint.client_host.clone(),
        };
        #[allow(clippy::wildcard_enum_match_arm, reason = "all others go to a shard as they are")]
        match request {
            Request::ApiVersions(request) => {
                let response = crate::api::api_versions(&request, version);
                self.pipeline.answer(id.sequence, Box::new(response).into());
            }
            Request::SaslHandshake(_) | Request::SaslAuthenticate(_) => {
                self.pipeline.answer(id.sequence, crate::api::sasl_out_of_turn(key));
            }
            Request::Produce(request) => self.produce(now, id, context, request, workspace),
            request => {
                if let Request::Fetch(fetch) = &request {
                    let limit = workspace.image.broker.fetch_max_bytes;
                    if let Some(old) = fetch::OldFetch::of(fetch, version, limit) {
                        self.pipeline.keep_old_fetch(id.sequence, old);
                    }
                }
                self.pass_on(id, &context, request, workspace);
            }
        }
        Ok(())
    }

    /// Hands a request to the shards that it concerns.
    fn pass_on(
        &mut self,
        id: RequestId,
        context: &RequestContext,
        request: Request,
        workspace: &Workspace,
    ) {
        let parts = match split::split(&workspace.image, request) {
            Ok(parts) => parts,
            Err(error_code) => {
                let response = FetchResponse { error_code, ..Default::default() };
                self.pipeline.answer(id.sequence, response.into());
                return;
            }
        };
        self.pipeline.await_parts(id.sequence, parts.len() as u16);
        for (shard, request) in parts {
            let operation = Operation::Request(request);
            self.demands.push_back(Demand::Request {
                shard,
                id,
                context: context.clone(),
                operation,
            });
        }
    }

    /// A shard's answer. Call [`Self::poll_demand`] afterwards.
    pub fn reply(&mut self, id: RequestId, reply: Reply, workspace: &mut Workspace) {
        match reply {
            Reply::Produce(outcomes) => self.produced(id.sequence, &outcomes),
            Reply::Response(mut response) => {
                self.fill_endpoint(&mut response);
                self.pipeline.convert(id.sequence, &mut response, workspace);
                self.pipeline.answer(id.sequence, response);
            }
            Reply::Close => {
                self.pipeline.forget(id.sequence);
                self.closing.get_or_insert(CloseReason::Refused);
            }
        }
    }

    /// Where clients find this broker depends on the listener by which they came.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other answer names a broker's address")]
    fn fill_endpoint(&self, response: &mut Response) {
        let (host, port) = (&self.endpoint.host, i32::from(self.endpoint.port));
        match response {
            Response::Metadata(metadata) => {
                for broker in &mut metadata.brokers {
                    (broker.host, broker.port) = (host.clone(), port);
                }
            }
            Response::DescribeCluster(cluster) => {
                for broker in &mut cluster.brokers {
                    (broker.host, broker.port) = (host.clone(), port);
                }
            }
            Response::DescribeQuorum(quorum) => {
                for listener in quorum.nodes.iter_mut().flat_map(|node| &mut node.listeners) {
                    listener.name = self.endpoint.listener.clone();
                    (listener.host, listener.port) = (host.clone(), self.endpoint.port);
                }
            }
            Response::FindCoordinator(found) => {
                if found.node_id >= 0 && found.coordinators.is_empty() {
                    (found.host, found.port) = (host.clone(), port);
                }
                for one in found.coordinators.iter_mut().filter(|one| one.node_id >= 0) {
                    (one.host, one.port) = (host.clone(), port);
                }
            }
            _ => {}
        }
    }

    /// Encodes the answers whose turn it is.
    fn send_finished(&mut self, workspace: &mut Workspace) {
        while let Some(finished) = self.pipeline.pop_finished() {
            match finished {
                Answer::Nothing => {}
                Answer::Close => self.closing = Some(CloseReason::ProduceFailed),
                Answer::Response { response, version, correlation_id } => {
                    let room = core::mem::take(&mut workspace.answers);
                    let room = recycle(room, response.size(version));
                    let (frame, rest) = response_frame(&response, version, correlation_id, room);
                    workspace.answers = rest;
                    self.out.extend(frame);
                }
            }
        }
    }

    /// The next piece to send, in order. A piece taken is the host's to finish sending.
    pub fn poll_transmit(&mut self) -> Option<Chunk> {
        self.out.pop_front()
    }

    /// Whether requests wait that can be taken up, now that answers were sent: then [`Self::poll_demand`] is to be called
    /// again.
    #[must_use]
    pub fn has_backlog(&self) -> bool {
        self.closing.is_none() && self.may_take_up()
    }

    /// Whether the host should read from the socket now: false while answers wait to be sent or requests to be
    /// answered beyond the budget.
    #[must_use]
    pub fn wants_read(&self) -> bool {
        self.closing.is_none()
            && self.fault.is_none()
            && self.out.is_empty()
            && self.framing.queued() < QUEUED_BYTES
            && self.pipeline.has_room()
    }

    /// When to call [`Self::poll_demand`] again at the latest: a frame was started too long ago.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        Some(self.frame_begun?.plus_millis(HEADER_TIMEOUT_MS))
    }

    /// The number that the host gave.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Where it came in.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

/// Room for an answer without record data: the same chunk as long as it lasts, then the same memory again where nobody
/// holds it any more.
fn recycle(mut room: BytesMut, size: usize) -> BytesMut {
    if room.capacity() < size.min(ANSWER_ROOM / 4) && !room.try_reclaim(ANSWER_ROOM) {
        room = BytesMut::with_capacity(ANSWER_ROOM);
    }
    room
}
