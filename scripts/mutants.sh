#!/usr/bin/env bash
# Mutation testing of the judges: bounds, audit and checker. Not a part of CI: all 1530 mutants take
# hours. Needs `cargo install cargo-mutants`. With arguments, only a part is done:
#   scripts/mutants.sh --shard 0/20
#   scripts/mutants.sh -f src/bounds/branching.rs
# Results stand in mutants.out: caught.txt, missed.txt, timeout.txt, unviable.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
case " $* " in
*" -f "* | *" --file "*) files=() ;;
*) files=(-f 'src/bounds/**' -f 'src/audit/**' -f 'src/checker/**') ;;
esac
exec cargo mutants --no-default-features --features models --minimum-test-timeout 120 \
    "${files[@]}" "$@" -- --lib -- bounds:: audit:: checker:: sim::tests::judged
