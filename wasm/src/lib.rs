//! The module for JavaScript: a broker whose every turn runs inside one call.
//!
//! This file is the border: it converts arguments and nothing else. It must never decide anything that a client sees,
//! and never throw for what happens in the ordinary course: a thrown error costs as much as a hundred calls.
//!
//! Bytes go in as copies and come out as a place in the module's memory ([`WasmBroker::take`]), to be copied into
//! whatever the caller lends before it calls again. Nothing here reads a clock or draws a random number: every call
//! that may change something brings both times, the constructor the seed.
#![forbid(unsafe_code)]

pub mod broker;
mod memory;
mod panic;
mod turn;

use logboat_core::time::{Instant, Now, UnixMillis};
use wasm_bindgen::prelude::*;

use broker::Broker;
use memory::Growth;

/// What one instance can do for JavaScript. A number of a connection that is gone is ignored everywhere.
#[wasm_bindgen(js_name = Broker)]
#[derive(Debug)]
pub struct WasmBroker(Broker, Growth);

#[wasm_bindgen(js_class = Broker)]
impl WasmBroker {
    /// A broker with an empty store in memory, ready for connections.
    ///
    /// `config` holds keys and values in turn, Kafka's names, laid over the values of Kafka's own file for a single
    /// node. `instant` is a monotonic clock and `wall` the time since 1970, here and everywhere both in milliseconds.
    ///
    /// # Errors
    /// One line that names the key, its value and what is allowed.
    #[wasm_bindgen(constructor)]
    pub fn new(config: Vec<String>, seed: u64, instant: f64, wall: f64) -> Result<Self, JsError> {
        panic::keep_message();
        let pairs = config.as_chunks::<2>().0.iter().map(|[key, value]| (&**key, &**value));
        let broker = Broker::open(now(instant, wall), pairs, seed);
        broker.map(|broker| Self(broker, Growth::default())).map_err(|line| JsError::new(&line))
    }

    /// A new connection: its number, from 1, never used again. `host` and `port` are what its client is told to connect
    /// to, `client_host` is the client's address as Kafka shows it (`/127.0.0.1`).
    pub fn connect(&mut self, host: &str, port: u16, client_host: &str) -> u32 {
        self.0.connect(host, port, client_host)
    }

    /// The client is gone, or is to be cut off.
    pub fn disconnect(&mut self, connection: u32, instant: f64, wall: f64) {
        self.0.disconnect(now(instant, wall), connection);
    }

    /// Bytes from a client, cut anywhere. Not to be called while `state` says that it is not writable.
    pub fn receive(&mut self, connection: u32, bytes: Vec<u8>, instant: f64, wall: f64) {
        self.1.received(bytes.len());
        self.0.receive(now(instant, wall), connection, bytes);
    }

    /// The time has come that `timeout` named.
    pub fn turn(&mut self, instant: f64, wall: f64) {
        self.0.turn(now(instant, wall));
    }

    /// When to call `turn` at the latest, on the monotonic clock.
    pub fn timeout(&self) -> Option<f64> {
        self.0.timeout().map(|at| at.as_nanos() as f64 / NANOS_PER_MILLI)
    }

    /// The next connection whose `state` may have changed since it was last named here; 0 when there is none.
    pub fn changed(&mut self) -> u32 {
        self.0.changed()
    }

    /// What can be done with a connection: the sum of 1 (bytes can be taken), 2 (bytes are welcome) and 4 (it is over:
    /// everything was taken, and nothing will follow).
    pub fn state(&self, connection: u32) -> u32 {
        let state = self.0.state(connection);
        u32::from(state.readable) | u32::from(state.writable) << 1 | u32::from(state.over) << 2
    }

    /// Takes the next bytes for a client: how many there are at `output`, 0 for none. They stay there until the next
    /// call of this function; the memory's `buffer` may be another one after any call.
    pub fn take(&mut self, connection: u32, instant: f64, wall: f64) -> u32 {
        self.0.take(now(instant, wall), connection);
        self.0.output().len() as u32
    }

    /// Where in the module's memory the bytes of the last `take` begin.
    pub fn output(&self) -> usize {
        self.0.output().as_ptr().addr()
    }

    /// Why the broker closed a connection, in words; nothing where it did not.
    #[wasm_bindgen(js_name = closeReason)]
    pub fn close_reason(&self, connection: u32) -> Option<String> {
        self.0.close_reason(connection)
    }

    /// The oldest line for people that was not taken yet, behind the first letter of its level: D, I, W or E.
    pub fn notice(&mut self) -> Option<String> {
        self.0.notice()
    }
}

/// What the panic said that stopped a call with a `RuntimeError`. The instance is not to be used after it.
#[wasm_bindgen(js_name = panicMessage)]
#[must_use]
pub fn panic_message() -> Option<String> {
    panic::message()
}

const NANOS_PER_MILLI: f64 = 1e6;

/// JavaScript's clocks as the core takes them. What is no time counts as 0.
const fn now(instant: f64, wall: f64) -> Now {
    Now {
        instant: Instant::from_nanos((instant * NANOS_PER_MILLI) as u64),
        wall: UnixMillis(wall as i64),
    }
}
