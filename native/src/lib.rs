//! The native server: sockets, files, clocks and threads around the broker core.

pub mod cli;
pub mod environment;
pub mod server_properties;
