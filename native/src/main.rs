//! The native server.
fn main() {}
