#!/usr/bin/env bash
# Compares the speed of runs in virtual time of two revisions: builds `examples/speed.rs` of both, each as
# that revision has it, and runs them in turns, five times each, so that a busy machine slows both alike.
#   scripts/compare.sh e75809d HEAD                    # 1000 peers x 400 chunks
#   scripts/compare.sh e75809d HEAD 100x400 10000x60   # other sizes
# Prints transfers a CPU-second of both in each pair, and the least, middle and greatest ratio. What is built
# lies in a temporary folder, which goes at the end. ROUNDS=1 runs each once.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -lt 2 ]; then
    echo "usage: scripts/compare.sh OLD NEW [PEERSxCHUNKS ...]" >&2
    exit 2
fi
rounds=${ROUNDS:-5}
old=$(git rev-parse --short "$1^{commit}")
new=$(git rev-parse --short "$2^{commit}")
shift 2
[ $# -gt 0 ] || set -- 1000x400
work=$(mktemp -d)
clean() {
    for tree in "$work"/*/source; do
        [ ! -d "$tree" ] || git worktree remove --force "$tree"
    done
    rm -rf "$work"
}
trap clean EXIT

# build REVISION: the example, built in a worktree of its own; its path.
build() {
    mkdir "$work/$1"
    git worktree add --quiet --detach "$work/$1/source" "$1"
    CARGO_TARGET_DIR=$work/build cargo build --quiet --release --no-default-features \
        --manifest-path "$work/$1/source/Cargo.toml" --example speed
    cp "$work/build/release/examples/speed" "$work/$1/speed"
}

# speed REVISION PEERS CHUNKS: transfers a CPU-second.
speed() {
    "$work/$1/speed" "$2" "$3" | sed -n 's/^simulated: .* \([0-9]*\) a CPU-second$/\1/p'
}

build "$old"
[ "$old" = "$new" ] || build "$new"
for size in "$@"; do
    peers=${size%x*} chunks=${size#*x}
    printf '%s peers x %s chunks, transfers a CPU-second: %s, %s\n' "$peers" "$chunks" "$old" "$new"
    ratios=()
    for ((round = 0; round < rounds; round++)); do
        before=$(speed "$old" "$peers" "$chunks")
        after=$(speed "$new" "$peers" "$chunks")
        # In whole thousandths, rounded down: what is not quite reached is not shown as reached.
        ratio=$((after * 1000 / before))
        ratios+=("$ratio")
        printf '  %9d %9d  %d.%03d\n' "$before" "$after" $((ratio / 1000)) $((ratio % 1000))
    done
    mapfile -t ratios < <(printf '%s\n' "${ratios[@]}" | sort -n)
    for name in least middle greatest; do
        case $name in
        least) ratio=${ratios[0]} ;;
        middle) ratio=${ratios[${#ratios[@]} / 2]} ;;
        greatest) ratio=${ratios[-1]} ;;
        esac
        printf '  %-8s ratio %d.%03d\n' "$name" $((ratio / 1000)) $((ratio % 1000))
    done
done
