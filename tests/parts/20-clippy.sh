# The workspace's lints, every target, no warning left.
cargo clippy --workspace --all-targets -- -D warnings
