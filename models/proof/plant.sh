#!/usr/bin/env bash
# Plants a fault at a time in a copy of the proofs and fails unless check.sh refuses each copy, and
# accepts one without a fault. Takes some minutes; run it after changing check.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What, the file, and what sed does to it.
plants=(
    'nothing|README.md|'
    'a proof left out|Lower.v|0,/  Qed\./s//  Admitted./'
    'an axiom|Laws.v|$aAxiom more : forall x : R, (x <= x + 1)%R.'
    'a hypothesis outside of a section|Laws.v|$aHypothesis more : forall x : R, (x <= x + 1)%R.'
    'a theorem that is not there|README.md|s/`Lower\.origin`/`Lower.origins`/'
    'one peer too many in the fluid bound|Formulas.v|s|(INR n \* F / (us + U))|((INR n + 1) * F / (us + U))|'
    'one peer too few in the fluid bound|Formulas.v|s|(INR n \* F / (us + U))|((INR n - 1) * F / (us + U))|'
    'one peer too many in client and server|Formulas.v|s|Rmax (INR n \* F / us)|Rmax ((INR n + 1) * F / us)|'
    'one chunk too many in the warm-up bound|Warm_up_bound.v|s|(M - 1) \* c \* Rmax (1|M * c * Rmax (1|'
    'one slot too many|Slots.v|s|M - 1 + Nat.log2_up (S (length J)) <= T|M + Nat.log2_up (S (length J)) <= T|'
    'peers without the source among the slots|Slots.v|s|Nat.log2_up (S (length J)) <= T\.|Nat.log2_up (S (S (length J))) <= T.|'
    'an auditor that lets a sender forward while it receives|Auditor.v|s/Some t => t <=? start e/Some t => t <=? finish e/'
    'an auditor that gives links more time|Auditor.v|s/deadline := rate \* snd w e + nanobits burst/deadline := rate * snd w e + nanobits burst + 1/'
    'an auditor that gives links less time|Auditor.v|s/deadline := rate \* snd w e + nanobits burst/deadline := rate * snd w e + nanobits burst - 1/'
    'an auditor that makes senders wait|Auditor.v|s/Some t => t <=? start e/Some t => t <? start e/'
    'an auditor that lets chunks arrive before their delay|Auditor.v|s/if whole e then start e + delay p (to e) <=? finish e/if whole e then start e <=? finish e/'
    'an auditor that forgets aborted bytes|Auditor.v|s/work := nanobits (bytes e)/work := if whole e then nanobits (bytes e) else 0/'
    'a model in which nothing must be held|Model.v|s/src e = 0%nat \\\/ holds (src e) (piece e) t\./True./'
)

for plant in "${plants[@]}"; do
    what=${plant%%|*} file=${plant#*|} change=${file#*|} file=${file%%|*}
    rm -rf "$work/models" && mkdir -p "$work/models/proof"
    cp "$here"/*.v "$here"/README.md "$here"/check.sh "$work/models/proof"
    sed -i "$change" "$work/models/proof/$file"
    if [ -n "$change" ] && cmp -s "$here/$file" "$work/models/proof/$file"; then
        echo "$what: sed changed nothing" >&2
        exit 1
    fi
    if CARGO_TARGET_DIR="$work/target" "$work/models/proof/check.sh" --require --proofs >"$work/log" 2>&1; then
        said=accepted
    else
        said=refused
    fi
    echo "$what: $said: $(tail -n 1 "$work/log")"
    if [ -z "$change" ]; then expected=accepted; else expected=refused; fi
    [ $said = $expected ] || { cat "$work/log" >&2; exit 1; }
done
echo 'plant: PASSED'
