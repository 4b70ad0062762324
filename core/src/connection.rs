//! One client's connection: bytes in, requests to shards; replies in, bytes out.
//!
//! Framing, decoding, ApiVersions, checks of batches, the order of answers and back-pressure live here. It must never
//! hold anything that another connection can see, and never wait.

mod demand;
mod endpoint;
mod fetch;
mod framing;
mod pipeline;
mod produce;
mod quotas;
mod split;
mod timers;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::chunk::Chunk;
use crate::image::Image;
use crate::protocol::messages::FetchResponse;
use crate::protocol::{
    ApiKey, Decoder, HeaderError, KString, Request, RequestHeader, response_frame,
};
use crate::record::Scratch;
use crate::shard::input::{ConnectionId, Operation, Reply, RequestContext, RequestId};
use crate::time::{Instant, Now};
pub use demand::{CloseReason, Demand};
pub use endpoint::Endpoint;
use framing::{BadLength, Framing};
use pipeline::{Answer, Pipeline};
pub use quotas::{Admission, ConnectionQuotas};
use timers::Timers;

/// Answers are written into chunks of this size, and cut off.
const ANSWER_ROOM: usize = 64 << 10;
/// No further request is taken up while this many pieces of answers wait to be sent: a client that does not read its
/// answers gets no more of them.
const UNSENT_PIECES: usize = 16;
/// Complete frames wait for up to this many bytes before the socket is left alone.
const QUEUED_BYTES: usize = 1 << 20;

/// Bytes of a client's program's name, and of its version, that are kept.
const SOFTWARE_BYTES: usize = 64;

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
    timers: Timers,
    pipeline: Pipeline,
    demands: VecDeque<Demand>,
    out: VecDeque<Chunk>,
    /// What is wrong with the bytes behind the frames that are complete.
    fault: Option<CloseReason>,
    closing: Option<CloseReason>,
    /// The host was told to close it, for this reason.
    closed: Option<CloseReason>,
    software: Option<Box<Software>>,
}

/// What a client says of its program (KIP-511): name and version, at most [`SOFTWARE_BYTES`] of each.
type Software = (KString, KString);

impl Connection {
    /// A connection that was just accepted. Call [`Self::poll_demand`] once: its clocks start there.
    #[must_use]
    pub fn new(id: ConnectionId, endpoint: Endpoint) -> Self {
        Self {
            id,
            endpoint,
            framing: Framing::default(),
            timers: Timers::default(),
            pipeline: Pipeline::default(),
            demands: VecDeque::new(),
            out: VecDeque::new(),
            fault: None,
            closing: None,
            closed: None,
            software: None,
        }
    }

    /// Takes the bytes in `arena` (its filled part) and leaves its spare capacity behind.
    ///
    /// Frames are cut out without copying. The start of a frame that is not complete keeps, where it is small, its
    /// whole room in the arena, so that the rest can be read into place with [`Self::partial`]; a large one grows in a
    /// buffer of its own as its bytes arrive.
    pub fn receive(&mut self, arena: &mut BytesMut, workspace: &Workspace) {
        let max = workspace.image.broker.socket_request_max_bytes;
        self.timers.heard();
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

    /// Whether a chunk of the arena may be held by frames that are not taken up, or not complete.
    pub fn holds_arena(&mut self) -> bool {
        self.framing.holds_arena()
    }

    /// Copies such frames into memory of their own. A host calls it when the arena has gone on for a while: a peer that
    /// sends slowly, or asks for more than it takes, is to cost its own bytes and not whole chunks.
    pub fn leave_arena(&mut self) {
        self.framing.leave_arena();
    }

    /// Bytes that the incomplete frame still lacks.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.framing.missing()
    }

    /// The next thing to do with what was received. Call until `None` after [`Self::receive`] and [`Self::reply`], after
    /// sending, where [`Self::has_backlog`] says so, and when the time of [`Self::poll_timeout`] has come.
    pub fn poll_demand(&mut self, now: Now, workspace: &mut Workspace) -> Option<Demand> {
        self.framing.complete();
        if self.timers.is_idle(now.instant, workspace.image.broker.connections_max_idle_ms) {
            // Nobody takes what is still to be answered.
            let told = self.closed.replace(CloseReason::Idle) == Some(CloseReason::Idle);
            return (!told).then_some(Demand::Close(CloseReason::Idle));
        }
        loop {
            if let Some(demand) = self.demands.pop_front() {
                return Some(demand);
            }
            self.send_finished(now.instant, workspace);
            if self.closed.is_some() {
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
        if self.timers.is_too_slow(now.instant, self.framing.is_in_header()) {
            self.closing.get_or_insert(CloseReason::TooSlow);
        }
        if self.framing.queued_frames() == 0 {
            self.closing = self.closing.or(self.fault);
        }
        // What was asked before the fault is still answered, in order.
        let reason = self.closing.filter(|_| self.pipeline.is_empty())?;
        self.closed = Some(reason);
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
                let software = (&request.client_software_name, &request.client_software_version);
                if !software.0.is_empty() {
                    self.software = Some(Box::new((beginning(software.0), beginning(software.1))));
                }
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
                self.endpoint.fill(&mut response);
                self.pipeline.convert(id.sequence, &mut response, workspace);
                self.pipeline.answer(id.sequence, response);
            }
            Reply::Close => {
                self.pipeline.forget(id.sequence);
                self.closing.get_or_insert(CloseReason::Refused);
            }
        }
    }

    /// Encodes the answers whose turn it is.
    fn send_finished(&mut self, now: Instant, workspace: &mut Workspace) {
        while let Some(finished) = self.pipeline.pop_finished() {
            match finished {
                Answer::Nothing => {}
                Answer::Close => self.closing = Some(CloseReason::ProduceFailed),
                Answer::Response { response, version, correlation_id } => {
                    let room = core::mem::take(&mut workspace.answers);
                    let room = recycle(room, response.size(version));
                    let (frame, rest) = response_frame(&response, version, correlation_id, room);
                    workspace.answers = rest;
                    self.timers.active(now);
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

    /// Whether complete frames wait to be taken up. Then a host does well to let other connections have their turn before
    /// it calls [`Self::poll_demand`] again.
    #[must_use]
    pub fn has_queue(&self) -> bool {
        self.framing.queued_frames() > 0
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

    /// The peer has taken bytes of an answer. Not to be told is to count from when the answer was ready.
    pub const fn sent(&mut self, now: Now) {
        self.timers.active(now.instant);
    }

    /// When to call [`Self::poll_demand`] again at the latest: it was silent for too long, or a header took too long.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.closed {
            None => self.timers.next(),
            // A peer that does not take its last answers.
            Some(CloseReason::Idle) => None,
            Some(_) => self.timers.idle_at(),
        }
    }

    /// When a byte last came or went.
    #[must_use]
    pub fn last_active(&self) -> Instant {
        self.timers.last_active()
    }

    /// Name and version of the client's program, where it has said them (ApiVersions 3 and later), cut where they are
    /// long. Any bytes: to be shown escaped.
    #[must_use]
    pub fn software(&self) -> Option<(&KString, &KString)> {
        self.software.as_deref().map(|(name, version)| (name, version))
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

/// The first bytes of a text, in memory of their own.
fn beginning(text: &KString) -> KString {
    let bytes = text.as_bytes();
    Bytes::copy_from_slice(bytes.get(..SOFTWARE_BYTES).unwrap_or(bytes)).into()
}

/// Room for an answer without record data: the same chunk as long as it lasts, then the same memory again where nobody
/// holds it any more.
fn recycle(mut room: BytesMut, size: usize) -> BytesMut {
    if room.capacity() < size.min(ANSWER_ROOM / 4) && !room.try_reclaim(ANSWER_ROOM) {
        room = BytesMut::with_capacity(ANSWER_ROOM);
    }
    room
}
