//! The order of answers: every request gets its answer after all before it have theirs.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use super::Workspace;
use super::fetch::OldFetch;
use crate::protocol::messages::ProduceResponse;
use crate::protocol::{ApiKey, RequestHeader, Response};

/// How many requests may wait for their answers on one connection.
const MAX_WAITING: usize = 64;

/// What has become of a request.
#[derive(Debug)]
enum State {
    /// Parts are with shards; the first answer is kept until the others are there.
    Waiting { parts: u16, joined: Option<Response> },
    /// Batches are with shards; outcomes are entered into the answer as they come.
    Producing { parts: u16, response: ProduceResponse, acks: i16, failed: bool },
    /// Answered, in this version.
    Answered { response: Response, version: i16 },
    /// Never to be answered.
    Silent,
    /// The connection closes here.
    Close,
}

/// An answer whose turn it is.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives on the stack for a moment; a box would be an allocation for every answer"
)]
pub(super) enum Answer {
    /// None is owed.
    Nothing,
    /// The connection is to be closed instead.
    Close,
    /// This.
    Response {
        /// The body.
        response: Response,
        /// Its version.
        version: i16,
        /// The request's number.
        correlation_id: i32,
    },
}

#[derive(Debug)]
struct Waiting {
    api_key: ApiKey,
    version: i16,
    correlation_id: i32,
    state: State,
    /// What a Fetch of an old version asked for.
    old_fetch: Option<Box<OldFetch>>,
}

/// The requests of one connection that are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    waiting: VecDeque<Waiting>,
    /// The sequence number of the oldest.
    first: u64,
    others: usize,
    closing: bool,
}

impl Pipeline {
    /// Takes up a request and gives its sequence number. It is answered by one of the calls below.
    pub(super) fn begin(&mut self, header: &RequestHeader) -> u64 {
        self.others += usize::from(header.api_key != ApiKey::Produce);
        self.waiting.push_back(Waiting {
            api_key: header.api_key,
            version: header.api_version,
            correlation_id: header.correlation_id,
            state: State::Waiting { parts: 1, joined: None },
            old_fetch: None,
        });
        self.first + self.waiting.len() as u64 - 1
    }

    fn get(&mut self, sequence: u64) -> Option<&mut Waiting> {
        let at = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.waiting.get_mut(at)
    }

    /// Keeps what a Fetch of an old version asked for, until its answer is there.
    pub(super) fn keep_old_fetch(&mut self, sequence: u64, fetch: OldFetch) {
        if let Some(waiting) = self.get(sequence) {
            waiting.old_fetch = Some(Box::new(fetch));
        }
    }

    /// Converts the answer to a Fetch of an old version.
    pub(super) fn convert(
        &mut self,
        sequence: u64,
        response: &mut Response,
        workspace: &mut Workspace,
    ) {
        let old = self.get(sequence).and_then(|waiting| waiting.old_fetch.take());
        if let (Some(old), Response::Fetch(fetch)) = (old, response) {
            old.convert(fetch, workspace);
        }
    }

    /// Expects `parts` answers to the request.
    pub(super) fn await_parts(&mut self, sequence: u64, parts: u16) {
        if let Some(waiting) = self.get(sequence) {
            waiting.state = State::Waiting { parts, joined: None };
        }
    }

    /// Expects `parts` sets of outcomes, to be entered into `response`.
    pub(super) fn await_produce(
        &mut self,
        sequence: u64,
        parts: u16,
        response: ProduceResponse,
        acks: i16,
        failed: bool,
    ) {
        if let Some(waiting) = self.get(sequence) {
            waiting.state = State::Producing { parts, response, acks, failed };
            waiting.settle();
        }
    }

    /// Enters outcomes with `enter`, which tells whether one of them failed.
    pub(super) fn enter_outcomes(
        &mut self,
        sequence: u64,
        enter: impl FnOnce(&mut ProduceResponse) -> bool,
    ) {
        let Some(waiting) = self.get(sequence) else { return };
        if let State::Producing { parts, response, failed, .. } = &mut waiting.state {
            *failed |= enter(response);
            *parts -= 1;
            waiting.settle();
        }
    }

    /// Answers a request, or one part of it.
    pub(super) fn answer(&mut self, sequence: u64, response: Response) {
        let Some(waiting) = self.get(sequence) else { return };
        let version = waiting.version;
        if let State::Waiting { parts, joined } = &mut waiting.state {
            let response = super::split::join(joined.take(), response);
            if *parts > 1 {
                *parts -= 1;
                *joined = Some(response);
            } else {
                waiting.state = State::Answered { response, version };
            }
        }
    }

    /// Answers the newest request in another version than its own.
    pub(super) fn answer_in_version(&mut self, response: Response, version: i16) {
        if let Some(waiting) = self.waiting.back_mut() {
            waiting.state = State::Answered { response, version };
        }
    }

    /// Gives up on a request: it is never answered.
    pub(super) fn forget(&mut self, sequence: u64) {
        if let Some(waiting) = self.get(sequence) {
            waiting.state = State::Close;
        }
    }

    /// The oldest request's answer, if it is there.
    pub(super) fn pop_finished(&mut self) -> Option<Answer> {
        if self.closing
            || matches!(
                self.waiting.front()?.state,
                State::Waiting { .. } | State::Producing { .. }
            )
        {
            return None;
        }
        let done = self.waiting.pop_front()?;
        self.first += 1;
        self.others -= usize::from(done.api_key != ApiKey::Produce);
        Some(match done.state {
            State::Answered { response, version } => {
                Answer::Response { response, version, correlation_id: done.correlation_id }
            }
            State::Close => {
                // Nothing after this is answered, whatever its state.
                self.closing = true;
                self.waiting.clear();
                self.others = 0;
                Answer::Close
            }
            State::Silent | State::Waiting { .. } | State::Producing { .. } => Answer::Nothing,
        })
    }

    /// Whether no request waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether all that wait are Produce.
    pub(super) const fn only_produces(&self) -> bool {
        self.others == 0
    }

    /// Whether one more may be taken up.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING
    }

    /// Whether an answer was to close the connection.
    pub(super) const fn is_closing(&self) -> bool {
        self.closing
    }
}

impl Waiting {
    /// Answers a Produce when the last outcome is there. With acks=0 there is no answer: a failure closes.
    fn settle(&mut self) {
        let version = self.version;
        if let State::Producing { parts: 0, response, acks, failed } = &mut self.state {
            self.state = match (*acks, *failed) {
                (0, true) => State::Close,
                (0, false) => State::Silent,
                _ => State::Answered { response: core::mem::take(response).into(), version },
            };
        }
    }
}
