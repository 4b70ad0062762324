//! The native server: sockets, files, clocks and threads around the broker core.
//!
//! Linux only. It carries inputs and effects and has no semantics of its own: whatever a client sees is decided in
//! `logboat_core`.
#![deny(unsafe_code)]

pub mod arena;
pub mod clock;
pub mod disk_store;
pub mod helper;
pub mod log;
pub mod reactor;
pub mod signals;
pub mod uninit_io;
