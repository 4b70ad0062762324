# The module for JavaScript and the package around it: linted, built, measured, and tested in Node.
set -euo pipefail
target=wasm32-unknown-unknown
tools=$LOGBOAT_TESTS_CACHE/wasm
PATH=$tools/bin:$tools/node_modules/.bin:$PATH

tests/clients/setup.sh apt
# Debian 12 has Node 18: the package needs 20.
node --eval 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' ||
  npm install --prefix "$tools" --no-audit --no-fund node@20
# wasm-bindgen's tool must have the version of the crate exactly. Not --locked: its lock file wants releases of crates
# that a registry may not have yet. Unoptimised it takes half the time to build, once on a machine.
version=$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' wasm/Cargo.toml)
if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $version" ]; then
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --quiet --root "$tools" --no-default-features "wasm-bindgen-cli@$version"
fi

cargo clippy --target $target -p logboat-core -p logboat-wasm -- -D warnings
cargo clippy --target $target -p logboat-wasm --tests -- -D warnings
# The runner's default of 20 s is short on a busy machine. It knows no -q.
WASM_BINDGEN_TEST_TIMEOUT=120 cargo test --target $target -p logboat-wasm --test broker

cargo build -p logboat-wasm --example replay
cd npm
npm ci --ignore-scripts --no-audit --no-fund
npm run build
LOGBOAT_REPLAY=${CARGO_TARGET_DIR:-$PWD/../target}/debug/examples/replay npm test
