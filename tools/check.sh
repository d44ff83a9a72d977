#!/bin/bash
# Builds a preset and runs its tests: tools/check.sh PRESET [CTEST OPTIONS]
# The last line is CTest's about the whole run.
set -eu -o pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
jobs=$(nproc)
export GANATOMY_DATA=${GANATOMY_DATA:-$PWD/build/npm}
# Tests at a time and threads of each share the same cores: waiting threads must not spin.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OMP_WAIT_POLICY=passive

tools/build.sh "$preset"
# CTest lists skipped and failed tests after its summary; here the summary is the end.
ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=error \
    --no-label-summary "$@" 2>&1 |
    awk '/^ +Start +[0-9]+:/ {next}
         /tests passed, .* tests? failed out of/ {summary = $0; next}
         {print; fflush()}
         END {print summary}'
