# Unit tests and whole brokers in process, in virtual time and over TCP.
cargo test --workspace --no-fail-fast
