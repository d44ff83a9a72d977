#!/bin/bash
# said.sh - for tests that source it: what the command said last lies in said.out and said.err.

# fails CODE PATTERN COMMAND...: the command ends with CODE, and a line of its errors matches.
fails() {
    local code=$1 pattern=$2 got=0
    shift 2
    "$@" >said.out 2>said.err || got=$?
    test "$got" = "$code" || { echo "exit $got, not $code: $*"; cat said.err; exit 1; }
    grep -qE -- "$pattern" said.err || { echo "not said: $pattern"; cat said.err; exit 1; }
}
# says PATTERN: a line of what went to said.out matches.
says() {
    grep -qE -- "$1" said.out || { echo "not said: $1"; cat said.out; exit 1; }
}
