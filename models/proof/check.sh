#!/usr/bin/env bash
# Builds the proofs, and fails unless every theorem that README.md names is proved from nothing but
# what `axioms` allows. Then lets the proved auditor and the Rust audit judge the same logs. Needs
# Coq 8.16 or later, and installs Debian's where it may; and cargo for the second part.
#
#   check.sh              says `proofs: SKIPPED` and why when there is no Coq
#   check.sh --require    that is a failure
#   check.sh --proofs     the proofs alone, no audit
#   check.sh --cases N --seed S
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

require=no proofs_only=no cases=1000 seed=1
while [ $# != 0 ]; do
    case $1 in
        --require) require=yes ;;
        --proofs) proofs_only=yes ;;
        --cases | --seed)
            [[ ${2-} =~ ^[1-9][0-9]*$ ]] || { echo "$1 wants a number" >&2 && exit 2; }
            if [ "$1" = --cases ]; then cases=$2; else seed=$2; fi
            shift
            ;;
        *)
            echo "usage: check.sh [--require] [--proofs] [--cases N] [--seed S]" >&2
            exit 2
            ;;
    esac
    shift
done

# In the order of their imports.
discrete=(Slots Pipeline Zsum Edf Edf_complete Log Auditor Audit_sound Audit_complete)
real=(Sums Model Lower Formulas Laws Thin_air Fastest Warm_up Warm_up_bound Fluid Attained Optimum
    Figures)

# All that may be taken for granted: Coq's own construction of the reals, and only there.
axioms='ClassicalDedekindReals.sig_forall_dec
ClassicalDedekindReals.sig_not_dec
FunctionalExtensionality.functional_extensionality_dep
Classical_Prop.classic'

skip() {
    echo "proofs: SKIPPED: $1"
    [ "$require" = no ] || exit 1
    exit 0
}

refuse() {
    echo "proofs: REFUSED: $1" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install() {
    command -v apt-get >/dev/null || skip "no coqc, and no apt-get to install it"
    if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        skip "no coqc, and no right to install it"
    fi
    echo "installing coq"
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends coq; } >"$build/install.log" 2>&1 ||
        skip "no coqc, and installing it failed: $(tail -n 1 "$build/install.log")"
}

build=${CARGO_TARGET_DIR:-$root/target}/proof
mkdir -p "$build"
for tool in coqc ocamlfind; do command -v $tool >/dev/null || { install && break; }; done

# Nothing is left of an earlier build: what is judged is what stands here.
rm -rf "$build/theories" && mkdir "$build/theories"
cp "$here"/*.v "$build/theories"
cd "$build/theories"

for file in *.v; do
    case " ${discrete[*]} ${real[*]} Extract " in
        *" ${file%.v} "*) ;;
        *) refuse "$file is not in the list of files" ;;
    esac
done

# `Print Assumptions` below sees these too, but not in an unused lemma.
if grep -nE '\b(Admitted|admit|Axioms?|Parameters?|Conjecture|Abort|Unset +Guard|bypass_check)\b' ./*.v; then
    refuse "a proof is missing, or something is taken for granted"
fi

for file in "${discrete[@]}" "${real[@]}"; do
    # A hypothesis outside of a section is an axiom, too.
    coqc -q -w +local-declaration -Q . Swarm "$file.v" || refuse "$file.v does not build"
done

# The theorems are those that the README names: File.theorem.
mapfile -t theorems < <(grep -oE '`[A-Z][A-Za-z_]*\.[a-z][A-Za-z_0-9]*`' "$here/README.md" | tr -d '`' |
    grep -v '\.v$' | sort -u)
{
    for file in "${discrete[@]}" "${real[@]}"; do echo "From Swarm Require $file."; done
    for theorem in "${theorems[@]}"; do
        printf 'Goal True. idtac "@ %s". Abort.\nPrint Assumptions %s.\n' "$theorem" "$theorem"
    done
} >../assumptions.v
coqc -q -Q . Swarm ../assumptions.v >../assumptions.txt || refuse "README.md names what is not there"

awk -v allowed="$axioms" -v discrete=" ${discrete[*]} " '
    BEGIN { split(allowed, list, "\n"); for (i in list) known[list[i]] = 1 }
    function tell() { if (theorem != "") print "  " theorem ": " (axioms == "" ? "no axioms" : axioms) }
    /^@ / { tell(); theorem = $2; axioms = ""; file = theorem; sub(/\..*/, "", file); next }
    /^Axioms:/ || /^Closed under/ || /^[ \t]/ || /^$/ { next }
    {
        if (!($1 in known)) { print "REFUSED: " theorem " takes " $1 " for granted"; bad = 1 }
        if (index(discrete, " " file " ")) { print "REFUSED: " theorem " uses " $1; bad = 1 }
        name = $1; sub(/.*\./, "", name); axioms = axioms (axioms == "" ? "" : ", ") name
    }
    END { tell(); exit bad }
' ../assumptions.txt || refuse "see above"

echo "proofs: PASSED: ${#theorems[@]} theorems"
[ "$proofs_only" = no ] || exit 0

# The auditor as a program: first the logs that are checked in, then new ones.
coqc -q -Q . Swarm Extract.v || refuse "Extract.v does not build"
cp "$here/judge.ml" .
ocamlfind ocamlopt -w -a auditor.mli auditor.ml judge.ml -o ../judge || refuse "judge.ml does not build"
"$build/judge" "$here/golden/traces.jsonl" >../golden.txt || refuse "golden/traces.jsonl cannot be read"
diff "$here/golden/verdicts.txt" ../golden.txt >&2 || refuse "golden/verdicts.txt says otherwise"

if ! command -v cargo >/dev/null; then
    echo "audit: SKIPPED: no cargo"
    [ "$require" = no ] || exit 1
    exit 0
fi
cargo build -q --locked --manifest-path "$here/differ/Cargo.toml" --target-dir "$build/differ"
"$build/differ/debug/swarmbound-differ" "$cases" "$seed" ../traces.jsonl ../rust.txt
"$build/judge" ../traces.jsonl >../coq.txt || refuse "a trace cannot be read"
lawful=$(grep -c 'audit=holds$' ../rust.txt || true)
if ! diff ../rust.txt ../coq.txt >&2; then
    refuse "the audits disagree; < is Rust's, > the proved one's (seed $seed)"
fi
# A comparison of one verdict alone would prove little.
[ $((lawful * 10)) -ge $((cases * 3)) ] && [ $((lawful * 10)) -le $((cases * 7)) ] ||
    refuse "$lawful of $cases logs are lawful: neither verdict may have less than 30 %"
echo "audit: PASSED: $cases logs, $lawful lawful, 0 disagreements"
