# Rust is formatted as rustfmt.toml says.
cargo fmt --all --check
