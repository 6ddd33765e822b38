#!/usr/bin/env bash
# Runs the programs of this folder on a machine with a GPU.
#
#   ./run.sh                    all tests and examples
#   ./run.sh --list             what there is
#   ./run.sh NAME [ARGUMENTS..] one program
#
# LIMIT=seconds ends a program that takes longer (300). A line a program tells how it ended; the last line counts them.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
limit=${LIMIT:-300}
skips=$(mktemp) || exit 1
trap 'rm -f "$skips"' EXIT
export RINGKERNEL_SKIP_LOG=$skips
RINGKERNEL_COMMIT=$(cat COMMIT 2>/dev/null)
export RINGKERNEL_COMMIT
# Tests that run on any backend run on the device.
export RINGKERNEL_TEST_BACKEND=${RINGKERNEL_TEST_BACKEND:-cuda}
if [ -d nvrtc ]; then export RINGKERNEL_NVRTC=$PWD/nvrtc; fi

if [ "${1:-}" = --list ]; then
    ls tests/* examples/* benches/* 2>/dev/null
    exit
fi

passed=0 failed=0
run() {
    local program=$1 began=$SECONDS status
    shift
    echo "== $program $*"
    timeout --kill-after=10 "$limit" "$program" "$@"
    status=$?
    case $status in
    0) passed=$((passed + 1)); echo "== $program: ok, $((SECONDS - began)) s" ;;
    124 | 137) failed=$((failed + 1)); echo "== $program: FAILED, ended after $limit s" ;;
    *) failed=$((failed + 1)); echo "== $program: FAILED, status $status, $((SECONDS - began)) s" ;;
    esac
}

if [ $# -gt 0 ]; then
    name=${1##*/}
    shift
    found=
    for program in tests/"$name" examples/"$name" benches/"$name"; do
        if [ -x "$program" ]; then found=yes; run "$program" "$@"; fi
    done
    if [ -z "$found" ]; then echo "there is no program $name; ./run.sh --list shows what there is" >&2; exit 2; fi
else
    # One device, so one test at a time, and its output as it comes.
    for program in tests/*; do if [ -x "$program" ]; then run "$program" --test-threads=1 --nocapture; fi; done
    for program in examples/*; do if [ -x "$program" ]; then run "$program"; fi; done
fi

if [ -s "$skips" ]; then
    echo "skipped inside these programs:"
    sed 's/^/  /' "$skips"
fi
echo "$passed passed, $failed failed, $(wc -l <"$skips" | tr -d ' ') skipped"
[ "$failed" -eq 0 ]
