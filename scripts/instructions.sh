#!/usr/bin/env bash
# Compares the speed of two revisions by the instructions that they take, which a busy machine does
# not blur: runs the same work under callgrind and fails where the newer one takes over 5 % more.
# Needs valgrind. It takes five minutes, and a minute less for a revision that was built before.
#   scripts/instructions.sh              # the last commit against the one before
#   scripts/instructions.sh v1 main      # any two revisions
# What is measured are commands of the program, so that both revisions are asked the same, however
# they are built inside; traces to audit are written by the older one. A command that the older one
# does not have is shown and not judged. Instructions are not time: a change that saves waiting for
# memory may cost some; `cargo bench` measures time.
set -euo pipefail
cd "$(dirname "$0")/.."
old=$(git rev-parse --short "${1:-HEAD~1}^{commit}")
new=$(git rev-parse --short "${2:-HEAD}^{commit}")
most_percent=5
command -v valgrind >/dev/null || {
    echo "valgrind is missing: apt-get install valgrind" >&2
    exit 2
}
work=$PWD/target/instructions
mkdir -p "$work"

# build REVISION: its program, where it stays for the next comparison.
build() {
    local program=$work/$1/swarmbound
    if [ ! -x "$program" ]; then
        local source=$work/source
        rm -rf "$source"
        mkdir -p "$source" "$work/$1"
        git archive "$1" | tar -x -C "$source"
        # Cargo tells what is new by its time, and an archive has that of its commit.
        find "$source" -type f -exec touch {} +
        CARGO_TARGET_DIR=$work/build cargo build --quiet --release --manifest-path "$source/Cargo.toml"
        cp "$work/build/release/swarmbound" "$program"
    fi
    echo "$program"
}

# instructions PROGRAM ARGUMENT ...: how many it takes; nothing where the program refuses.
instructions() {
    local log=$work/callgrind.log
    local valgrind=(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log")
    "${valgrind[@]}" "$@" >/dev/null 2>&1 || return 0
    sed -n 's/.*Collected : //p' "$log"
}

old_program=$(build "$old")
new_program=$(build "$new")
cat >"$work/swarm.toml" <<'END'
name = "swarm"
[file]
size = "25 MiB"
chunk = "256 KiB"
[source]
upload = "10 Mbit/s"
[[peers]]
count = 60
upload = "1 Mbit/s"
download = "20 Mbit/s"
joins = "every 2 s"
[[peers]]
count = 40
upload = "3 Mbit/s"
download = "20 Mbit/s"
leaves = "30 s after completion"
END
"$old_program" run "$work/swarm.toml" --trace "$work/trace.jsonl" >/dev/null

work_to_do=(
    "run $work/swarm.toml"
    "run figure"
    "audit $work/trace.jsonl"
    "bounds weights"
    "plan homework --budget 0"
    "check churn --peers 4 --chunks 3 --threads 1"
    "check schedule --peers 4 --chunks 4 --threads 1"
)
printf '%-48s %16s %16s %8s\n' command "$old" "$new" ratio
worse=0
for command in "${work_to_do[@]}"; do
    read -ra arguments <<<"$command"
    before=$(instructions "$old_program" "${arguments[@]}")
    after=$(instructions "$new_program" "${arguments[@]}")
    shown=${command//"$work/"/}
    if [ -z "$after" ]; then
        printf '%-48s %16s %16s %8s\n' "$shown" "${before:--}" refused -
        worse=1
        continue
    elif [ -z "$before" ]; then
        printf '%-48s %16s %16s %8s\n' "$shown" 'not there' "$after" -
        continue
    fi
    # In whole numbers: thousandths, rounded up, so that what is just too much does not pass.
    ratio=$(((after * 1000 + before - 1) / before))
    note=
    if [ $((before * (100 + most_percent))) -lt $((after * 100)) ]; then
        note=" more than $most_percent %"
        worse=1
    fi
    printf '%-48s %16s %16s %4d.%03d%s\n' "$shown" "$before" "$after" \
        $((ratio / 1000)) $((ratio % 1000)) "$note"
done
exit "$worse"
