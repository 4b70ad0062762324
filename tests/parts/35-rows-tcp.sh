# The rows of the behaviours and of the bad inputs over TCP, against the server in memory and on a disk.
set -e
cargo build --package logboat
LOGBOAT_TARGET=tcp cargo test --package logboat-tests --no-fail-fast --test behaviours --test bad_inputs
