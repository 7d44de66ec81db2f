#!/usr/bin/env bash
# Builds the proofs, and fails unless every theorem that README.md names is proved from nothing but
# what `axioms` allows. Needs Coq 8.16 or later; installs Debian's where it may.
#
#   check.sh              says `proofs: SKIPPED` and why when there is no Coq
#   check.sh --require    that is a failure
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

require=no
for argument in "$@"; do
    case $argument in
        --require) require=yes ;;
        *)
            echo "usage: check.sh [--require]" >&2
            exit 2
            ;;
    esac
done

# In the order of their imports.
discrete=(Slots Pipeline)
real=(Sums Model Lower Formulas Laws Thin_air Fastest Warm_up Warm_up_bound)

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
    case " ${discrete[*]} ${real[*]} " in
        *" ${file%.v} "*) ;;
        *) refuse "$file is not in the list of files" ;;
    esac
done

# `Print Assumptions` below sees these too, but not in a lemma that nobody uses.
if grep -nE '\b(Admitted|admit|Axioms?|Parameters?|Conjecture|Abort|Unset +Guard|bypass_check)\b' ./*.v; then
    refuse "a proof is missing, or something is taken for granted"
fi

for file in "${discrete[@]}" "${real[@]}"; do
    coqc -q -Q . Swarm "$file.v" || refuse "$file.v does not build"
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
