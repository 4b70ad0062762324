//! The broker as a state machine over a journal, without I/O.
//!
//! Everything enters as an input with its time, everything leaves as an effect. This crate must never open a socket
//! or a file, read a clock, start a thread, take a lock or draw a random number by itself: hosts do that.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod api;
pub mod chunk;
pub mod config;
pub mod connection;
mod fetch_session;
mod gather;
pub mod group;
pub mod image;
pub mod journal;
pub mod memory_store;
pub mod notice;
mod partition;
pub mod protocol;
mod random;
pub mod record;
pub mod shard;
pub mod time;
