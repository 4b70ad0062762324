#!/usr/bin/env bash
# Instruction counts of a fixed script, with the change since the committed figures. They inform; they do not fail.
set -euo pipefail
tests/bench/instructions
