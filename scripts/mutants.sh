#!/usr/bin/env bash
# Mutation testing of the judges: changes the code of a folder in one place after the other and shows
# which changes no test notices. Not a part of CI: a change takes up to ten seconds; there are 1700.
# Needs `cargo install --locked cargo-mutants`; takes the linker `mold` where there is one.
#   scripts/mutants.sh bounds                     # or audit, checker
#   scripts/mutants.sh audit --shard 0/4          # a quarter of it
#   scripts/mutants.sh bounds -F 'in completions' # what to look at, by name
# Two passes: all changes by the quick tests, then those that are left by all tests, so that nothing
# counts as missed that any test notices. What was noticed before is not done again, so an interrupted
# run goes on where it was; `rm -r target/mutants/bounds` forgets it. There, caught.txt and
# unviable.txt are the sum of all runs; missed.txt and timeout.txt are what the last one left.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-}
case $folder in
bounds)
    tests=(bounds:: sim::tests::judged)
    slow=(lawful:: a_hundred_thousand branching_is_the_exact sim::)
    ;;
audit)
    tests=(audit:: sim::tests::judged)
    slow=(lawful:: sim::)
    ;;
checker)
    tests=(checker:: models::)
    slow=(models:: the_number_of_threads the_watch_can_stop)
    ;;
*)
    echo "usage: $0 bounds|audit|checker [OPTION OF CARGO MUTANTS ...]" >&2
    exit 2
    ;;
esac
shift

# Whoever never stops allocating shall not take the machine with it.
ulimit -v 12000000
# A change is noticed or not; the smallest case that shows it would only take time, and what one change
# fails at must not be replayed for the next.
export PROPTEST_MAX_SHRINK_ITERS=0 PROPTEST_DISABLE_FAILURE_PERSISTENCE=1
if command -v mold >/dev/null; then
    export RUSTFLAGS="${RUSTFLAGS:-} -C link-arg=-fuse-ld=mold"
fi
# Both passes share what is built of the dependencies.
export CARGO_TARGET_DIR="$PWD/target/mutants/build"
output=target/mutants/$folder
mkdir -p "$output"

# add NAME: what the last pass wrote under that name joins what earlier ones did.
add() {
    cat "$output/mutants.out/$1.txt" "$output/$1.txt" 2>/dev/null | sort -u >"$output/$1.new" || true
    mv "$output/$1.new" "$output/$1.txt"
}

# pass SECONDS OPTION ... -- ARGUMENT OF THE TESTS ...
pass() {
    local timeout=$1 status=0
    shift
    cargo mutants --no-default-features --features suite,models --profile mutants --baseline skip \
        --timeout "$timeout" --iterate --output "$output" --file "src/$folder/**" "$@" || status=$?
    add caught
    add unviable
    # 2: some were missed, 3: some took too long; both are results.
    case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac
}

# The tests must pass where nothing is changed, or each change seems noticed. Cargo tells copies of
# this package in different folders apart by their times only, and must not take a changed one for it.
touch src/lib.rs
cargo test --no-default-features --features suite,models --profile mutants --lib -- "${tests[@]}"
skip=()
for name in "${slow[@]}"; do skip+=(--skip "$name"); done
PROPTEST_CASES=32 pass 30 "$@" -- --lib -- "${tests[@]}" "${skip[@]}"
pass 90 "$@" -- --lib -- "${tests[@]}"
cp "$output"/mutants.out/{missed,timeout}.txt "$output"
wc -l "$output"/*.txt
