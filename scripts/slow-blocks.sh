#!/usr/bin/env bash
# Runs the console blocks of README and docs that are marked `<!-- slow -->`, and compares what they print
# with what they show. `cargo test` runs the others.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo test --release --test cli -- every_console_block blocks=slow
