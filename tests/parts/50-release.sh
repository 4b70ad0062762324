# The broker as users run it; the parts after this one test this binary.
cargo build --release -p logboat
